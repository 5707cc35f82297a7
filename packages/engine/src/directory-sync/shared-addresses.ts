import { foldAddress, type PlatformIdentity } from './match-identity.ts';

/**
 * Who claims whose address: by id, the ids of the others with the same mail or sign-in name (PRV-111). Found without
 * asking Microsoft, so both are told at once and nobody's guess decides who of them is meant.
 */
export function sharedAddresses(people: readonly PlatformIdentity[]): ReadonlyMap<string, readonly string[]> {
  const claims = new Map<string, Set<string>>();
  for (const { id, mail, upn } of people) {
    for (const text of [mail, upn]) {
      if (text === undefined || text.trim() === '') continue;
      const key = foldAddress(text);
      const known = claims.get(key);
      if (known) known.add(id);
      else claims.set(key, new Set([id]));
    }
  }
  const shared = new Map<string, Set<string>>();
  for (const ids of claims.values()) {
    if (ids.size < 2) continue;
    for (const id of ids) {
      const others = shared.get(id) ?? new Set<string>();
      for (const other of ids) if (other !== id) others.add(other);
      shared.set(id, others);
    }
  }
  return new Map([...shared].map(([id, others]) => [id, [...others]]));
}

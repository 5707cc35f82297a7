import type { PersonId } from '@tandem/domain';
import { needsConfirmation } from './decide-events.ts';
import { type Entry, standsInTeams } from './entry.ts';
import type { MicrosoftFacts } from './facts.ts';
import type { ProvisioningSettings } from './settings.ts';

/** A change of many people at once that waits for an admin (product-behaviour 1.4). */
export interface HeldRemoval {
  readonly sinceWallMs: number;
  readonly source: 'own-facts' | 'microsoft';
  readonly people: ReadonlySet<PersonId>;
  readonly linked: number;
}

/** Our own decision that takes the person away: with it the link goes to REMOVING. */
export function leavesByOwnFacts({ person, link }: Pick<Entry, 'person' | 'link'>): boolean {
  if (!standsInTeams(link)) return false;
  return !person?.teamsToggle || !person.active || person.numbers.length === 0;
}

/** Who would go because Microsoft says that they are in no enable group, or not there at all. */
export function leavingAtMicrosoft(
  entries: ReadonlyMap<PersonId, Entry>,
  facts: ReadonlyMap<PersonId, MicrosoftFacts>,
): { readonly leaving: readonly PersonId[]; readonly linked: number } {
  const stand = [...entries].filter(([, { link }]) => standsInTeams(link));
  const leaving = stand.filter(([personId, { link }]) => {
    const one = facts.get(personId);
    return link.state !== 'DEGRADED' && (one?.inEnableGroup === false || one?.user === null);
  });
  return { leaving: leaving.map(([personId]) => personId), linked: stand.length };
}

/** Facts with nobody leaving among those who are held: a list without its users says nothing about any of them. */
export function withoutLeaving(
  facts: ReadonlyMap<PersonId, MicrosoftFacts>,
  held: Iterable<PersonId>,
): ReadonlyMap<PersonId, MicrosoftFacts> {
  const kept = new Map(facts);
  for (const personId of held) {
    const one = kept.get(personId);
    if (one?.user === null) kept.delete(personId);
    else if (one?.inEnableGroup === false) kept.set(personId, { ...one, inEnableGroup: 'unread' });
  }
  return kept;
}

export const tooMany = (leaving: number, linked: number, guard: ProvisioningSettings['guard']): boolean =>
  needsConfirmation(leaving, linked, guard);

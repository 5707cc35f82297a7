import type { NumberStockStore } from '@tandem/adapters/postgres/number-stock-store.ts';
import type { AccountId, E164, LeaverForward, Person, PersonId } from '@tandem/domain';
import { forwardFor, type MicrosoftFacts, rungBy } from '@tandem/engine';
import type { AuditLog } from '@tandem/engine/ports/audit.ts';

export interface ReleasedNumber {
  readonly accountId: AccountId;
  readonly personId: PersonId;
  readonly number: E164;
  /**
   * Set when Entra does not have the person any more, who is still in our directory. Who only left the group, or was
   * switched off, keeps the number: their phones go on ringing, and coming back needs nobody.
   */
  readonly leaver?: Leaver;
}

interface Leaver {
  readonly name: string;
  readonly forward?: LeaverForward;
}

/** Somebody whom Entra does not have any more while we do; undefined for everybody else, and where nobody has looked. */
export function leaverOf(
  entry:
    | { readonly person: Person | undefined; readonly facts: Pick<MicrosoftFacts, 'user'> | undefined }
    | undefined,
  settings: Parameters<typeof forwardFor>[1],
): Leaver | undefined {
  const user = entry?.facts?.user;
  if (!entry?.person || user === undefined || user === 'unread') return undefined;
  if (user !== null && user.deletedOn === undefined) return undefined;
  const forward = rungBy(forwardFor(entry.person, settings));
  return { name: entry.person.displayName, ...(forward && { forward }) };
}

/** What becomes of a number that Microsoft gave back: the time of its rest begins, by the leaver rule of the account. */
export function createNumberRelease(parts: {
  readonly stock: Pick<NumberStockStore, 'release'>;
  readonly audit: AuditLog;
  /** Calls and provisioning follow what was changed. */
  readonly refresh: () => Promise<unknown>;
}): (released: ReleasedNumber) => Promise<void> {
  return async ({ accountId, personId, number, leaver }) => {
    if (!(await parts.stock.release(accountId, number, personId, leaver))) return;
    await parts.refresh();
    if (!leaver) return;
    await parts.audit.note({
      accountId,
      actor: { kind: 'system', name: 'provisioning' },
      action: 'number.release',
      object: { kind: 'number', id: number },
      before: { person: leaver.name },
      after: { held: 'quarantine', ...(leaver.forward && { forward: leaver.forward }) },
      reason: `${leaver.name} is gone in Entra.`,
    });
  };
}

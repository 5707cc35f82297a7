import { createHash } from 'node:crypto';
import type { TakeOverAsk } from '@tandem/adapters/http/provisioning-board.ts';
import type { Person } from '@tandem/domain';
import type { Entry } from '@tandem/engine/provisioning/entry.ts';

/** What is looked at of a connection. */
interface Looked {
  readonly accountId: Person['accountId'];
  readonly tenantId: string;
  readonly provisioner: {
    entries(): ReadonlyMap<Person['id'], Readonly<Pick<Entry, 'link' | 'person' | 'facts'>>>;
  };
}

const standing: Readonly<Record<string, string>> = {
  disabled: ', whose sign-in is blocked,',
  unlicensed: ', who has no phone licence any more,',
  deleted: ', who is deleted in Entra,',
};

/** From whom the wanted number would be taken, or why it cannot be (PRV-304). Answers from what was read last. */
export function takeOverOf(all: readonly Looked[], one: Looked | undefined, person: Person): TakeOverAsk {
  const entry = one?.provisioner.entries().get(person.id);
  if (!one || !entry) return { kind: 'not-provisioned' };
  const no = (detail: string): TakeOverAsk => ({ kind: 'nothing-to-decide', detail });
  const seen = entry.facts?.number;
  const [number] = person.numbers;
  if (number === undefined || !seen || seen === 'unread' || seen.holder.is !== 'other')
    return no('No other Microsoft user has the number, as it was read last.');
  if (entry.link.state !== 'FAILED' || entry.link.code !== 'PRV-304')
    return no('What is under way has to end first.');
  const { upn, state, objectId } = seen.holder;
  if (seen.onPremises) return no('The number is managed on premises: clear the line value there.');
  if (objectId === undefined) return no(`The number belongs to ${upn}: take it away there first.`);
  if (seen.type !== null && seen.type !== 'directRouting')
    return no('Microsoft has the number as one of another type; it cannot be taken over.');
  for (const other of all) {
    if (other.tenantId !== one.tenantId) continue;
    for (const { link, person: whose } of other.provisioner.entries().values()) {
      if (link.objectId?.toLowerCase() !== objectId || link.assignedNumber === undefined) continue;
      return other.accountId === one.accountId
        ? no(`${whose?.displayName ?? upn} has the number by this account: change it for them.`)
        : no('The holder belongs to another account of this platform: it has to be settled there.');
    }
  }
  const digest = createHash('sha256').update(JSON.stringify([person.id, number, objectId, state]));
  return {
    kind: 'preview',
    preview: {
      preview: digest.digest('base64url').slice(0, 32),
      number,
      holder: { entraObjectId: objectId, upn, state },
      sentence: `${upn}${standing[state] ?? ''} loses ${number} in Teams; ${person.displayName} gets it. Microsoft is asked once more before.`,
    },
  };
}

import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import type { AccountNumber } from '@tandem/adapters/postgres/number-store.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import { differing } from '@tandem/adapters/tenant-file/differing.ts';
import {
  type NumberUse,
  type SpeedSettings,
  type StoredOwn,
  sourceKey,
  type TenantState,
} from '@tandem/adapters/tenant-file/state.ts';
import { type StoredHold, useOfHold } from '@tandem/adapters/tenant-file/stock.ts';
import type { WebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import type { PresenceSyncSettings } from '@tandem/contract';
import {
  type AccountId,
  type E164,
  type Person,
  type PersonId,
  type VoicemailOwner,
  voicemailDefaults,
} from '@tandem/domain';
import { noExceptions, type PresenceExceptions } from '@tandem/engine';
import type { PresenceSyncDesk } from '@tandem/engine/presence-sync/presence-desk.ts';
import { ownCarrier } from './make-carriers.ts';

export interface ReadingParts {
  readonly stores: Pick<
    Stores,
    | 'accounts'
    | 'people'
    | 'numbers'
    | 'numberStock'
    | 'queues'
    | 'devices'
    | 'tags'
    | 'carriers'
    | 'users'
    | 'voicemail'
  >;
  readonly provisioning: Pick<ProvisioningBoard, 'list'>;
  readonly presence: Pick<PresenceSyncDesk, 'settingsOf' | 'choiceOf'>;
  readonly speed: { settingsOf(accountId: AccountId): SpeedSettings };
  readonly own: { exceptionsOf(personId: PersonId): PresenceExceptions };
  readonly webhooks: Pick<WebhookBoard, 'list'>;
  readonly microsoft: { of(accountId: AccountId): TenantState['microsoft'] };
}

const pageOfPeople = 500;
const pageOfNumbers = 1000;

/** What of an account a file can name, as it stands; undefined: there is no such account. */
export async function readAccount(
  parts: ReadingParts,
  accountId: AccountId,
): Promise<TenantState | undefined> {
  const { stores } = parts;
  const account = await stores.accounts.get(accountId);
  if (!account) return undefined;
  const scope = { kind: 'account', accountId } as const;
  const [
    people,
    { uses: numbers, stock },
    ranges,
    webhooks,
    queues,
    phones,
    tagged,
    carriers,
    signIns,
    messages,
    owners,
  ] = await Promise.all([
    allPeople(stores, accountId),
    allNumbers(stores, accountId),
    stores.numberStock.ranges(accountId),
    parts.webhooks.list(scope, accountId),
    stores.queues.list(accountId),
    stores.devices.list(accountId),
    stores.tags.people(accountId),
    stores.carriers.listAllCarriersForPlatform(),
    stores.users.list(accountId),
    stores.voicemail.settings(accountId),
    stores.voicemail.owners(accountId),
  ]);
  const own = carriers.filter(({ owner }) => owner === accountId);
  const elsewhere = carriers.filter((one) => !own.includes(one));
  const presence = {
    ...(parts.presence.settingsOf(accountId).settings as PresenceSyncSettings),
    ...parts.speed.settingsOf(accountId),
  };
  const connections = parts.provisioning
    .list(scope)
    .map(({ connectionId, tenantId, settings }) => ({ id: connectionId, tenantId, settings }));
  const tags = new Map(tagged.map(({ id, tags }) => [id, tags.toSorted()]));
  return {
    account,
    people,
    tags,
    numbers,
    stock,
    microsoft: parts.microsoft.of(accountId),
    ranges,
    webhooks,
    connections,
    queues,
    phones,
    presence,
    voicemail: {
      owner: messages.owner ?? voicemailDefaults.owner,
      maxSeconds: messages.maxSeconds ?? voicemailDefaults.maxSeconds,
      retentionDays: messages.retentionDays ?? voicemailDefaults.retentionDays,
    },
    own: ownOf(parts, people, owners),
    carriers: own.map(ownCarrier),
    sharedCarriers: elsewhere.filter(({ owner }) => owner === 'operator'),
    sourcesElsewhere: new Set(elsewhere.flatMap(({ sources }) => sources.map(sourceKey))),
    signIns,
  };
}

/** Of those who have something of their own: most of an account has nothing. */
function ownOf(
  { presence, own }: Pick<ReadingParts, 'presence' | 'own'>,
  people: readonly Person[],
  owners: ReadonlyMap<PersonId, VoicemailOwner>,
): TenantState['own'] {
  const all = new Map<PersonId, StoredOwn>();
  for (const { id } of people) {
    const voicemail = owners.get(id);
    const choice = presence.choiceOf(id);
    const { timeBoxed: _, ...exceptions } = own.exceptionsOf(id);
    const stored: StoredOwn = {
      ...(voicemail && { voicemail }),
      ...(choice !== 'inherit' && { presence: choice }),
      ...(differing({ ...unexceptional }, exceptions) && { exceptions }),
    };
    if (Object.keys(stored).length > 0) all.set(id, stored);
  }
  return all;
}

const { timeBoxed: _, ...unexceptional } = noExceptions;

export async function allPeople(
  stores: Pick<Stores, 'people'>,
  accountId: AccountId,
): Promise<readonly Person[]> {
  const people: Person[] = [];
  for (;;) {
    const afterUpn = people.at(-1)?.upn;
    const page = await stores.people.list(accountId, {
      limit: pageOfPeople,
      ...(afterUpn !== undefined && { afterUpn }),
    });
    people.push(...page);
    if (page.length < pageOfPeople) return people;
  }
}

async function allNumbers(
  stores: Pick<Stores, 'numbers'>,
  accountId: AccountId,
): Promise<{ readonly uses: ReadonlyMap<E164, NumberUse>; readonly stock: TenantState['stock'] }> {
  const uses = new Map<E164, NumberUse>();
  const stock = new Map<E164, StoredHold | null>();
  for (let after: string | undefined; ; ) {
    const page = await stores.numbers.list(accountId, {
      limit: pageOfNumbers,
      ...(after !== undefined && { afterNumber: after }),
    });
    for (const one of page) {
      const hold = holdOf(one.held);
      const use = useOf(one, hold);
      if (use) uses.set(one.number, use);
      if (!use || (use.by === 'hold' && hold)) stock.set(one.number, hold ?? null);
    }
    if (page.length < pageOfNumbers) return { uses, stock };
    after = page.at(-1)?.number;
  }
}

/** Undefined: it is simply free. */
function useOf(
  { number, personId, deviceId, queueId, held }: AccountNumber,
  hold: StoredHold | undefined,
): NumberUse | undefined {
  if (personId !== undefined) return { by: 'person', personId };
  if (deviceId !== undefined) return { by: 'device' };
  if (queueId !== undefined) return { by: 'queue' };
  if (hold) return useOfHold(number, hold);
  if (!held) return undefined;
  const until =
    held.untilWallMs === undefined ? '' : ` until ${new Date(held.untilWallMs).toISOString().slice(0, 10)}`;
  return {
    by: 'hold',
    say: `${number} rests${until}${held.formerOwner === undefined ? '' : `; ${held.formerOwner} had it`}.`,
    ...(held.formerPersonId !== undefined && { formerPersonId: held.formerPersonId }),
  };
}

/** Of a number that does not rest. */
function holdOf(held: AccountNumber['held']): StoredHold | undefined {
  const why = held?.reason === undefined ? {} : { reason: held.reason };
  if (held?.kind === 'ported') return { ported: true, ...why };
  if (held?.kind !== 'reserved' || held.untilWallMs === undefined) return undefined;
  return {
    reservedFor: (held.reservedFor ?? '').toLowerCase(),
    until: new Date(held.untilWallMs).toISOString(),
    ...why,
  };
}

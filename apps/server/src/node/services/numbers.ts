import { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import type { GraphNumberAssignment } from '@tandem/adapters/graph/graph-types.ts';
import { phonePlans } from '@tandem/adapters/graph/licence-plans.ts';
import { readNumber } from '@tandem/adapters/graph/numbers.ts';
import type { NumberBoard, NumberRefusal } from '@tandem/adapters/http/number-board.ts';
import { type Scope, seesAccount, seesPerson } from '@tandem/adapters/http/scope.ts';
import type { Directory } from '@tandem/adapters/http/services.ts';
import { whoseNumber } from '@tandem/adapters/http/whose-number.ts';
import type { Workplace } from '@tandem/adapters/postgres/number-stock-store.ts';
import type { Refusal } from '@tandem/adapters/postgres/outcome.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { NumberWho } from '@tandem/contract';
import {
  type AccountId,
  asPersonId,
  asQueueId,
  type ConnectionId,
  type E164,
  isE164,
  type LeaverForward,
  type Person,
} from '@tandem/domain';
import { type LeaverCalls, rungBy } from '@tandem/engine';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import type { DirectoryView } from '@tandem/engine/ports/directory-view.ts';
import { rangesByPlace } from './job-plans.ts';
import type { MicrosoftConnections } from './microsoft-connections.ts';

type Holder = NumberWho['holders'][number];

export interface NumberParts {
  readonly stores: Pick<Stores, 'numberStock' | 'numbers' | 'people' | 'devices' | 'queues' | 'accounts'>;
  readonly directory: Pick<Directory, 'numbers' | 'person'>;
  readonly connections: Pick<MicrosoftConnections, 'all'>;
  readonly viewOf: (connectionId: ConnectionId) => DirectoryView | undefined;
  readonly audit: AuditLog;
  readonly newId: () => string;
  /** Calls and provisioning follow what was changed. */
  readonly refresh: () => Promise<unknown>;
  readonly wall: () => number;
  /** What Entra says of where the person works. */
  readonly workplaceOf?: (person: Person) => Workplace | undefined;
  /** Who is rung for this person by the account's leaver rule, should they leave. */
  readonly leaverForward?: (person: Person) => LeaverCalls | undefined;
}

/** The stock of numbers, and people who come and leave with theirs. */
export function createNumberBoard(parts: NumberParts): NumberBoard {
  const { stores, audit } = parts;
  const { numberStock } = stores;

  async function accountOf(scope: Scope, number: E164): Promise<AccountId | undefined> {
    if (scope.kind === 'person') return undefined;
    const found =
      scope.kind === 'platform'
        ? await stores.numbers.findOwnerForPlatform(number)
        : await stores.numbers.get(scope.accountId, number);
    return found?.accountId;
  }
  async function entryOf(accountId: AccountId, number: E164) {
    const page = await parts.directory.numbers({ kind: 'account', accountId }, { limit: 50, search: number });
    return page.items.find((one) => one.number === number);
  }
  const note = (
    accountId: AccountId,
    by: AuditActor,
    action: string,
    object: { kind: string; id: string; label?: string },
    more: { before?: Record<string, unknown>; after?: Record<string, unknown>; reason?: string } = {},
  ): Promise<void> => audit.note({ accountId, actor: by, action, object, ...more });

  /** Who is rung for somebody who leaves, with a name; none: callers hear that the number is not in service. */
  async function forwardFor(
    leaver: Person,
    asked: string | undefined,
  ): Promise<
    | { readonly kind: 'ok'; readonly forward?: LeaverForward; readonly name?: string }
    | { readonly kind: 'invalid'; readonly field: string; readonly say: string }
  > {
    const { accountId } = leaver;
    const wanted: LeaverForward | undefined =
      asked === undefined
        ? // A mailbox goes with the person.
          rungBy(parts.leaverForward?.(leaver))
        : asked === 'nobody'
          ? undefined
          : isE164(asked)
            ? { kind: 'number', number: asked }
            : (await stores.queues.list(accountId)).some(({ id }) => id === asked)
              ? { kind: 'queue', queueId: asQueueId(asked) }
              : { kind: 'person', personId: asPersonId(asked) };
    if (!wanted) return { kind: 'ok' };
    const no = (say: string) =>
      // A rule whose person has left in the meantime must not keep anybody from leaving.
      asked === undefined ? ({ kind: 'ok' } as const) : ({ kind: 'invalid', field: 'forward', say } as const);
    if (wanted.kind === 'number') {
      const entry = await entryOf(accountId, wanted.number);
      const whose = entry?.device?.name ?? entry?.queue?.name ?? entry?.person?.displayName;
      if (whose === undefined || entry?.person?.id === leaver.id)
        return no(`${wanted.number} belongs to nobody else of the account`);
      return { kind: 'ok', forward: wanted, name: `${whose} (${wanted.number})` };
    }
    if (wanted.kind === 'queue') {
      const queue = (await stores.queues.list(accountId)).find(({ id }) => id === wanted.queueId);
      return queue
        ? { kind: 'ok', forward: wanted, name: `the queue ${queue.name}` }
        : no('this queue is gone; name another one');
    }
    const person = await stores.people.get(accountId, wanted.personId);
    if (!person?.active || person.id === leaver.id)
      return no('give the id of an active person or a queue of the account, one of its numbers, or `nobody`');
    return { kind: 'ok', forward: wanted, name: person.displayName };
  }

  /** Where the person's number comes from: by where Entra says that they work, as in a bulk job. */
  async function rangeOf(person: Person): Promise<string | undefined> {
    const ranges = await numberStock.ranges(person.accountId);
    if (ranges.every(({ when }) => when === undefined)) return undefined;
    return rangesByPlace(ranges)(parts.workplaceOf?.(person))?.id;
  }

  return {
    async ranges(scope, accountId) {
      if (scope.kind === 'person') return [];
      const wanted = scope.kind === 'platform' ? accountId : scope.accountId;
      if (wanted !== undefined) return await numberStock.ranges(wanted);
      const all = await stores.accounts.listAllAccountsForPlatform();
      return (await Promise.all(all.map(({ id }) => numberStock.ranges(id)))).flat();
    },

    async createRange({ accountId, name, first, last, when }, by) {
      const made = await numberStock.createRange({
        id: parts.newId(),
        accountId,
        name,
        first,
        last,
        ...(when && { when }),
      });
      if (!made.ok) return refusalOf(made.refusal, 'first', `a number from ${first} to ${last}`);
      await note(
        accountId,
        by,
        'number-range.create',
        { kind: 'number-range', id: made.value.id, label: name },
        {
          after: { name, first, last, ...(when && { when }) },
        },
      );
      return { kind: 'done', range: made.value };
    },

    async changeRange(scope, id, change, by) {
      const range = await numberStock.findRangeForPlatform(id);
      if (!range || scope.kind === 'person' || !seesAccount(scope, range.accountId))
        return { kind: 'unknown' };
      const outcome = await numberStock.changeRange(range.accountId, id, change);
      if (!outcome.ok) return refusalOf(outcome.refusal, 'id', range.name);
      const { name, when = null } = outcome.value;
      await note(
        range.accountId,
        by,
        'number-range.change',
        { kind: 'number-range', id, label: name },
        { before: { name: range.name, when: range.when ?? null }, after: { name, when } },
      );
      return { kind: 'done', range: outcome.value };
    },

    async removeRange(scope, id, by) {
      const range = await numberStock.findRangeForPlatform(id);
      if (!range || scope.kind === 'person' || !seesAccount(scope, range.accountId))
        return { kind: 'unknown' };
      const outcome = await numberStock.removeRange(range.accountId, id);
      if (!outcome.ok) return refusalOf(outcome.refusal, 'id', range.name);
      await note(
        range.accountId,
        by,
        'number-range.delete',
        { kind: 'number-range', id, label: range.name },
        {
          before: { name: range.name, first: range.first, last: range.last },
        },
      );
      return { kind: 'done' };
    },

    async add(accountId, numbers, by) {
      const outcome = await numberStock.add(accountId, numbers);
      if (!outcome.ok) return refusalOf(outcome.refusal, 'numbers', 'one of the numbers');
      await note(
        accountId,
        by,
        'number.add',
        { kind: 'account', id: accountId },
        {
          after: { numbers: numbers.length > 20 ? `${numbers.length} numbers` : numbers },
        },
      );
      return { kind: 'done', added: outcome.value };
    },

    async hold(scope, number, hold, by) {
      const accountId = await accountOf(scope, number);
      const before = accountId && (await entryOf(accountId, number));
      if (accountId === undefined || !before) return { kind: 'unknown' };
      const outcome = await numberStock.hold(accountId, number, hold);
      if (!outcome.ok) return refusalOf(outcome.refusal, 'id', number);
      const entry = await entryOf(accountId, number);
      if (!entry) return { kind: 'unknown' };
      await note(
        accountId,
        by,
        `number.${hold.kind}`,
        { kind: 'number', id: number },
        {
          before: { held: before.held ?? null },
          after: { held: entry.held ?? null },
          ...(hold.reason !== undefined && { reason: hold.reason }),
        },
      );
      return { kind: 'done', entry };
    },

    async remove(scope, number, by) {
      const accountId = await accountOf(scope, number);
      if (accountId === undefined) return { kind: 'unknown' };
      const outcome = await numberStock.remove(accountId, number);
      if (!outcome.ok) return refusalOf(outcome.refusal, 'id', number);
      await note(accountId, by, 'number.remove', { kind: 'number', id: number });
      return { kind: 'done' };
    },

    async suggest(scope, accountId, { rangeId, personId }) {
      const wanted =
        scope.kind === 'platform' ? accountId : scope.kind === 'account' ? scope.accountId : undefined;
      if (wanted === undefined) return undefined;
      const person =
        personId === undefined ? undefined : await stores.people.get(wanted, asPersonId(personId));
      const own = rangeId ?? (person && (await rangeOf(person)));
      return await numberStock.nextFree(wanted, own);
    },

    async who(scope, number) {
      const holders: Holder[] = [];
      const unread: NumberWho['unread'] = [];
      const accountId = await accountOf(scope, number);
      const entry = accountId && (await entryOf(accountId, number));
      if (entry) holders.push(heldHere(entry));
      const accounts =
        scope.kind === 'platform'
          ? (await stores.accounts.listAllAccountsForPlatform()).map(({ id }) => id)
          : scope.kind === 'account'
            ? [scope.accountId]
            : [];
      await Promise.all(
        accounts
          .flatMap((id) => [...parts.connections.all(id)])
          .map(async (connection) => {
            const view = parts.viewOf(connection.connectionId);
            try {
              const found = await readNumber(connection.graph, number);
              if (!found) return;
              const wanted = entry?.person
                ? await stores.people.get(entry.accountId, entry.person.id)
                : undefined;
              holders.push({
                ...heldThere(found, view, wanted),
                accountId: connection.accountId as string,
                connectionId: connection.connectionId as string,
                ...(connection.domains[0] !== undefined && { tenant: connection.domains[0] }),
              });
            } catch (error) {
              if (!(error instanceof GraphError)) throw error;
              unread.push({
                what: `numbers of the tenant ${connection.domains[0] ?? connection.tenantId}`,
                why: error.message,
              });
            }
          }),
      );
      return { number, holders, unread };
    },

    async createPerson(wanted, by) {
      const { accountId, number, ...facts } = wanted;
      const upn = facts.upn.trim().toLowerCase();
      const mail = facts.mail?.trim();
      const reserved = await numberStock.reservedFor(accountId, [upn, ...(mail === undefined ? [] : [mail])]);
      const numbers = number !== undefined && number !== 'next' ? [number] : reserved.slice(0, 1);
      const person: Person = {
        id: asPersonId(parts.newId()),
        accountId,
        displayName: facts.displayName,
        upn,
        ...(mail !== undefined && { mail }),
        ...(facts.extension !== undefined && { extension: facts.extension }),
        numbers,
        active: true,
        teamsToggle: facts.teamsToggle,
        platformLicence: facts.platformLicence,
      };
      const made = await stores.people.create(accountId, person);
      if (!made.ok) {
        const { refusal } = made;
        const [wantedNumber] = numbers;
        if (refusal.kind === 'taken' && refusal.what === 'number' && wantedNumber !== undefined)
          return { kind: 'number-taken', say: await whoseNumber(stores, accountId, wantedNumber) };
        return refusalOf(refusal, 'upn', upn);
      }
      if (number === 'next' && numbers.length === 0) {
        const taken = await numberStock.takeNextFree(accountId, person.id, await rangeOf(person));
        if (taken === undefined) {
          await stores.people.remove(accountId, person.id);
          return { kind: 'no-free-number' };
        }
      }
      const created = (await stores.people.get(accountId, person.id)) ?? made.value;
      await parts.refresh();
      await note(
        accountId,
        by,
        'person.create',
        { kind: 'person', id: person.id, label: person.displayName },
        {
          after: {
            upn,
            ...(mail !== undefined && { mail }),
            numbers: created.numbers,
            teamsToggle: created.teamsToggle,
          },
        },
      );
      return { kind: 'done', person: created };
    },

    async leave(scope, personId, asked) {
      const person = await parts.directory.person(scope, personId);
      if (!person) return { kind: 'unknown' };
      const chosen = await forwardFor(person, asked);
      if (chosen.kind === 'invalid') return chosen;
      const { quarantineDays } = await numberStock.leaverRule(person.accountId);
      const until = parts.wall() + quarantineDays * 86_400_000;
      const heard =
        chosen.name === undefined
          ? 'callers hear that the number is not in service'
          : `callers reach ${chosen.name}`;
      const numbers = person.numbers.map((number) =>
        quarantineDays === 0
          ? { number, fate: 'free at once' }
          : { number, fate: `rests for ${quarantineDays} days; ${heard}`, untilWallMs: until },
      );
      return { kind: 'done', numbers };
    },

    async deletePerson(scope, personId, { reason, forward }, by) {
      const person = await parts.directory.person(scope, personId);
      if (!person || !seesPerson(scope, { accountId: person.accountId, personId: person.id }))
        return { kind: 'unknown' };
      const chosen = await forwardFor(person, forward);
      if (chosen.kind === 'invalid') return chosen;
      await numberStock.setLeaverForward(person.accountId, person.id, chosen.forward);
      const outcome = await stores.people.remove(person.accountId, person.id);
      if (!outcome.ok) return { kind: 'unknown' };
      await parts.refresh();
      await note(
        person.accountId,
        by,
        'person.delete',
        { kind: 'person', id: person.id, label: person.displayName },
        {
          before: { upn: person.upn, numbers: person.numbers },
          ...(chosen.forward && { after: { forward: chosen.forward } }),
          ...(reason !== undefined && { reason }),
        },
      );
      return { kind: 'done' };
    },
  };
}

function heldHere(entry: NonNullable<Awaited<ReturnType<Directory['numbers']>>['items'][number]>): Holder {
  const { number, person, device, held } = entry;
  const base = { where: 'platform' as const, accountId: entry.accountId as string };
  if (person)
    return {
      ...base,
      holder: 'person',
      name: person.displayName,
      personId: person.id,
      conflict: false,
      sentence: `${person.displayName} has ${number} on the platform.`,
    };
  if (device)
    return {
      ...base,
      holder: 'device',
      name: device.name,
      conflict: false,
      sentence: `The phone ${device.name} has ${number}.`,
    };
  const until =
    held?.untilWallMs === undefined ? '' : ` until ${new Date(held.untilWallMs).toISOString().slice(0, 10)}`;
  const words = {
    reserved: `is reserved for ${held?.reservedFor ?? 'somebody'}${until}`,
    quarantine: `rests${until}${held?.formerOwner === undefined ? '' : `; ${held.formerOwner} had it`}`,
    ported: 'is with another carrier',
  };
  return {
    ...base,
    holder: 'stock',
    conflict: held !== undefined,
    sentence: held ? `${number} ${words[held.kind]}.` : `${number} is free.`,
    ...(held && {
      fix:
        held.kind === 'ported'
          ? 'Mark it as back if it is yours again.'
          : 'End the hold to use the number now.',
    }),
  };
}

/** The kinds of conflict of which Microsoft speaks only as "already assigned", each with its own way out. */
function heldThere(
  found: GraphNumberAssignment,
  view: DirectoryView | undefined,
  wanted: Person | undefined,
): Omit<Holder, 'accountId' | 'connectionId' | 'tenant'> {
  const number = found.telephoneNumber ?? '';
  const numberType: Holder['numberType'] =
    found.numberType === 'directRouting' ||
    found.numberType === 'callingPlan' ||
    found.numberType === 'operatorConnect'
      ? found.numberType
      : undefined;
  const onPremises = found.numberSource === 'onPremises';
  const base: Pick<Holder, 'where' | 'numberType' | 'onPremises'> = {
    where: 'microsoft',
    ...(numberType !== undefined && { numberType }),
    ...(onPremises && { onPremises }),
  };
  const target = found.assignmentTargetId?.toLowerCase();
  const wrongType = numberType !== undefined && numberType !== 'directRouting';
  const typeFix = 'Release the number from its plan at Microsoft, or choose another number.';
  if (onPremises)
    return {
      ...base,
      holder: 'user',
      conflict: true,
      sentence: `${number} is managed in the customer's own Active Directory.`,
      fix: 'Clear the on-premises line value, wait for the sync, then retry.',
    };
  // Before the target: a bridge is no object of the directory.
  if (found.assignmentStatus === 'conferenceAssigned')
    return {
      ...base,
      holder: 'conference',
      conflict: true,
      sentence: `${number} is a dial-in number of a conference bridge.`,
      fix: 'Take it from the bridge in the Teams admin centre, or choose another number.',
    };
  if (target === undefined)
    return {
      ...base,
      holder: 'nobody',
      conflict: wrongType,
      sentence: wrongType
        ? `${number} is a ${typeName[numberType]} number of the tenant; nobody has it.`
        : `Nobody has ${number} in Teams.`,
      ...(wrongType && { fix: typeFix }),
    };
  const user = view?.user(target);
  const known = user !== undefined && user !== 'unread' && user !== null ? user : undefined;
  const name = known?.upn !== undefined && known.upn !== '' ? known.upn : target;
  if (found.assignmentStatus === 'voiceApplicationAssigned' || known?.resource)
    return {
      ...base,
      holder: 'resource-account',
      name,
      conflict: true,
      sentence: `The resource account ${name} (a queue or menu of Teams) has ${number}.`,
      fix: 'Take it from the resource account first.',
    };
  if (known?.deletedOn !== undefined || user === null)
    return {
      ...base,
      holder: 'deleted-user',
      name,
      conflict: true,
      sentence: `${name}, deleted in Entra${known?.deletedOn ? ` on ${known.deletedOn.slice(0, 10)}` : ''}, still has ${number}.`,
      fix: 'Restore the user and take the number away, or wait until Entra deletes the user for good (30 days).',
    };
  const mine =
    wanted !== undefined &&
    known !== undefined &&
    [wanted.upn, wanted.mail].some((one) => one?.toLowerCase() === known.upn.toLowerCase());
  const conflict = !mine || wrongType;
  const licensed =
    known === undefined || known.plans === 'unread'
      ? undefined
      : known.plans.some((plan) => phonePlans.has(plan.servicePlanId) && plan.capabilityStatus === 'Enabled');
  const state = known?.enabled === false ? 'disabled-user' : licensed === false ? 'unlicensed-user' : 'user';
  const which = {
    user: '',
    'disabled-user': ', whose sign-in is blocked,',
    'unlicensed-user': ', who has no phone licence any more,',
  }[state];
  return {
    ...base,
    holder: state,
    name,
    conflict,
    sentence: wrongType
      ? `${name}${which} has ${number} as a ${typeName[numberType]} number.`
      : `${name}${which} has ${number} in Teams.`,
    ...(conflict && {
      fix: wrongType
        ? typeFix
        : state === 'unlicensed-user'
          ? 'Give the licence back for a while and unassign the number, or unassign it in the Teams admin centre.'
          : 'Unassign it there, or choose another number.',
    }),
  };
}

const typeName = {
  directRouting: 'Direct Routing',
  callingPlan: 'Calling Plan',
  operatorConnect: 'Operator Connect',
};

function refusalOf(refusal: Refusal, field: string, what: string): NumberRefusal {
  switch (refusal.kind) {
    case 'taken':
      return refusal.what === 'number'
        ? { kind: 'number-taken', say: `${what} belongs to somebody else.` }
        : { kind: 'name-in-use', say: `The ${refusal.what} is in use.` };
    case 'held':
      return { kind: 'number-held', say: refusal.say };
    case 'in-use':
      return { kind: 'number-in-use' };
    case 'invalid':
      return { kind: 'invalid', field, say: refusal.detail };
    default:
      return { kind: 'unknown' };
  }
}

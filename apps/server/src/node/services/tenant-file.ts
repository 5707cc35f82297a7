import type { AccountDesk } from '@tandem/adapters/http/connection-board.ts';
import type { NumberBoard, NumberRefusal } from '@tandem/adapters/http/number-board.ts';
import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import type { TenantFileBoard } from '@tandem/adapters/http/tenant-file-board.ts';
import { needsConfirmation } from '@tandem/adapters/http/views/presence-sync-view.ts';
import type { BulkWrite } from '@tandem/adapters/postgres/bulk-writes.ts';
import type { AccountNumber } from '@tandem/adapters/postgres/number-store.ts';
import type { Refusal, Versioned } from '@tandem/adapters/postgres/outcome.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { Inside } from '@tandem/adapters/postgres/together.ts';
import { createTenantFileBoard, type TenantGround } from '@tandem/adapters/tenant-file/board.ts';
import { differing, type Step } from '@tandem/adapters/tenant-file/plan-file.ts';
import type { NumberUse, TenantState } from '@tandem/adapters/tenant-file/state.ts';
import { personFacts, phoneFacts, queueFacts } from '@tandem/adapters/tenant-file/write-file.ts';
import type { WebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import type { PresenceSyncSettings } from '@tandem/contract';
import {
  type AccountId,
  asDeviceId,
  asPersonId,
  asQueueId,
  type E164,
  type Person,
  type PersonId,
  queueDefaults,
} from '@tandem/domain';
import type { AuditActor, AuditEntry, AuditLog } from '@tandem/engine/ports/audit.ts';
import type { PresenceSyncDesk } from '@tandem/engine/presence-sync/presence-desk.ts';
import type { ChangeLog } from './change-log.ts';

export interface TenantFileParts {
  readonly stores: Pick<
    Stores,
    'accounts' | 'people' | 'numbers' | 'numberStock' | 'queues' | 'devices' | 'tags' | 'together'
  >;
  /** The boards that everybody uses, on stores that write within one transaction; refreshing is left to us. */
  readonly boardsOn: (
    stores: Stores,
    audit: AuditLog,
  ) => {
    readonly numbers: Pick<NumberBoard, 'createRange' | 'removeRange'>;
    readonly webhooks: Pick<WebhookBoard, 'create' | 'change' | 'remove'>;
    readonly accountDesk: Pick<AccountDesk, 'change'>;
  };
  readonly provisioning: Pick<ProvisioningBoard, 'list' | 'change' | 'preview'>;
  readonly presence: Pick<PresenceSyncDesk, 'settingsOf' | 'change' | 'preview'>;
  /** What a new phone proves itself with; nobody can read its password later. */
  readonly phones: { readonly realm: string; readonly newPassword: () => string };
  readonly webhooks: Pick<WebhookBoard, 'list'>;
  readonly audit: AuditLog;
  /** Entries of the audit that stand in the chain with what they tell of. */
  readonly stored: ChangeLog['stored'];
  readonly refresh: () => Promise<unknown>;
  readonly newId: () => string;
  readonly wall: () => number;
}

const reason = 'tenant file';
const pageOfPeople = 500;
const pageOfNumbers = 1000;

/** Accounts as files, on the boards and stores of everybody else: the audit and the routing facts follow. */
export function createTenantFiles(parts: TenantFileParts): TenantFileBoard {
  const { stores, audit } = parts;

  async function read(accountId: AccountId): Promise<TenantState | undefined> {
    const account = await stores.accounts.get(accountId);
    if (!account) return undefined;
    const scope = { kind: 'account', accountId } as const;
    const [people, numbers, ranges, webhooks, queues, phones, tagged] = await Promise.all([
      allPeople(accountId),
      allNumbers(accountId),
      stores.numberStock.ranges(accountId),
      parts.webhooks.list(scope, accountId),
      stores.queues.list(accountId),
      stores.devices.list(accountId),
      stores.tags.people(accountId),
    ]);
    const presence = parts.presence.settingsOf(accountId).settings as PresenceSyncSettings;
    const connections = parts.provisioning
      .list(scope)
      .map(({ connectionId, tenantId, settings }) => ({ id: connectionId, tenantId, settings }));
    const tags = new Map(tagged.map(({ id, tags }) => [id, tags.toSorted()]));
    return { account, people, tags, numbers, ranges, webhooks, connections, queues, phones, presence };
  }

  async function allPeople(accountId: AccountId): Promise<readonly Person[]> {
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

  async function allNumbers(accountId: AccountId): Promise<ReadonlyMap<E164, NumberUse>> {
    const uses = new Map<E164, NumberUse>();
    for (let after: string | undefined; ; ) {
      const page = await stores.numbers.list(accountId, {
        limit: pageOfNumbers,
        ...(after !== undefined && { afterNumber: after }),
      });
      for (const one of page) {
        const use = useOf(one);
        if (use) uses.set(one.number, use);
      }
      if (page.length < pageOfNumbers) return uses;
      after = page.at(-1)?.number;
    }
  }

  /** People and their numbers in a handful of statements, whatever their count. */
  async function makePeople(
    accountId: AccountId,
    steps: readonly PersonStep[],
    { inside, note, by, words, refusals, spared }: Making,
  ): Promise<void> {
    const ids = steps.flatMap((step) => (step.do === 'create-person' ? [] : [step.person.id]));
    const now = new Map((await inside.lockPeople({ ids, upns: [] })).map((one) => [one.id, one]));
    const writes = new Map<BulkWrite, PersonStep>();
    for (const step of steps) {
      const write = writeOf(step, accountId, now, parts.newId);
      if (write) writes.set(write, step);
      else refusals.set(step, 'The person is not there any more.');
    }
    const faults = new Map<BulkWrite, Error>();
    const outcomes = await inside.write([...writes.keys()], faults, spared);
    const [fault] = faults.values();
    if (fault) throw fault;
    for (const [write, step] of writes) {
      const outcome = outcomes.get(write);
      if (!outcome?.ok) {
        refusals.set(step, outcome ? wordsOf(outcome.refusal) : 'Refused.');
        continue;
      }
      note(auditOf(accountId, by, write, outcome.person));
      if (step.do !== 'remove-person' && step.wish.tags) {
        const { id, displayName } = outcome.person;
        const made = await inside.stores.tags.set(accountId, id, step.wish.tags);
        if (!made.ok) refusals.set(step, wordsOf(made.refusal));
        else
          note({
            accountId,
            actor: by,
            action: 'person.tag',
            object: { kind: 'person', id, label: displayName },
            reason,
            before: { tags: made.value.before },
            after: { tags: step.wish.tags },
          });
      }
      if (write.do !== 'remove' && write.next) words.set(step, `Has ${outcome.person.numbers[0]}.`);
    }
  }

  async function makeOne(accountId: AccountId, step: OtherStep, making: Making): Promise<void> {
    const { by, boards, words, refusals } = making;
    const scope = { kind: 'account', accountId } as const;
    const refuse = (why: string): void => void refusals.set(step, why);
    switch (step.do) {
      case 'change-account': {
        const made = await boards.accountDesk.change(accountId, step.change, { ...by, session: reason });
        if (!made.ok) refuse(made.detail ?? `Refused: ${made.code}.`);
        return;
      }
      case 'create-range': {
        const { name, first, last } = step;
        const made = await boards.numbers.createRange({ accountId, name, first, last }, by);
        if (made.kind !== 'done') refuse(refusedAs(made));
        return;
      }
      case 'remove-range': {
        const made = await boards.numbers.removeRange(scope, step.id, by);
        if (made.kind !== 'done') refuse(refusedAs(made));
        return;
      }
      case 'create-webhook': {
        const { active, ...wanted } = step.wanted;
        const made = await boards.webhooks.create(accountId, wanted, by);
        if (made.kind === 'refused') return refuse(`${made.field}: ${made.say}`);
        if (!active) await boards.webhooks.change(scope, made.webhook.id, { active }, by);
        words.set(step, `Deliveries are signed with ${made.secret}; it is shown this once.`);
        return;
      }
      case 'change-webhook': {
        const made = await boards.webhooks.change(scope, step.id, step.change, by);
        if (!made) refuse('The webhook is not there any more.');
        else if (made.kind === 'refused') refuse(`${made.field}: ${made.say}`);
        return;
      }
      case 'remove-webhook':
        if (!(await boards.webhooks.remove(scope, step.id, by))) refuse('The webhook was removed already.');
        return;
      default:
        await makeLine(accountId, step, making);
    }
  }

  /** Numbers and extensions that change hands are let go of before anybody gets one. */
  async function letGo(accountId: AccountId, steps: readonly Step[], { inside }: Making): Promise<void> {
    for (const step of steps) {
      if (step.do !== 'change-queue' && step.do !== 'change-phone') continue;
      const change = {
        ...(step.wish.number !== undefined && { number: null }),
        ...(step.wish.extension !== undefined && { extension: null }),
      };
      if (Object.keys(change).length === 0) continue;
      if (step.do === 'change-queue')
        await inside.stores.queues.change(accountId, step.queue.id, undefined, change);
      else await inside.stores.devices.change(accountId, step.phone.id, change);
    }
  }

  async function makeLine(accountId: AccountId, step: LineStep, making: Making): Promise<void> {
    const { inside, note, by, words, refusals } = making;
    const { queues, devices } = inside.stores;
    const refuse = (refusal: Refusal): void => void refusals.set(step, wordsOf(refusal));
    const named = [
      ...('wish' in step && 'members' in step.wish ? (step.wish.members ?? []) : []),
      ...('wish' in step && 'person' in step.wish && typeof step.wish.person === 'string'
        ? [step.wish.person]
        : []),
    ];
    const people = named.length === 0 ? [] : await inside.lockPeople({ ids: [], upns: named });
    const idOf = new Map(people.map(({ upn, id }) => [upn.toLowerCase(), id]));
    const missing = named.find((upn) => !idOf.has(upn));
    if (missing !== undefined) return void refusals.set(step, `${missing} is not there any more.`);
    const idsOf = (upns: readonly string[]): PersonId[] => upns.flatMap((upn) => idOf.get(upn) ?? []);
    const entry = (action: string, object: AuditEntry['object'], rest: object): void =>
      note({ accountId, actor: by, action, object, reason, ...rest });
    const queueObject = ({ id, name }: { id: string; name: string }) => ({ kind: 'queue', id, label: name });
    const phoneObject = ({ id, name }: { id: string; name: string }) => ({ kind: 'device', id, label: name });
    switch (step.do) {
      case 'remove-queue': {
        const gone = await queues.remove(accountId, step.queue.id);
        if (!gone.ok) return refuse(gone.refusal);
        return entry('queue.remove', queueObject(step.queue), {
          before: queueFacts(step.queue, making.people),
        });
      }
      case 'remove-phone': {
        const gone = await devices.remove(accountId, step.phone.id);
        if (!gone.ok) return refuse(gone.refusal);
        return entry('device.remove', phoneObject(step.phone), {
          before: phoneFacts(step.phone, making.people),
        });
      }
      case 'create-queue':
      case 'change-queue': {
        const { members, overflowTo, number, extension, ...settings } = step.wish;
        const overflow =
          overflowTo === undefined
            ? {}
            : {
                overflow:
                  overflowTo === null
                    ? ({ kind: 'refuse' } as const)
                    : ({ kind: 'forward', to: overflowTo } as const),
              };
        if (step.do === 'create-queue') {
          const made = await queues.create({
            ...queueDefaults,
            ...settings,
            ...overflow,
            id: asQueueId(parts.newId()),
            accountId,
            name: step.name,
            members: idsOf(members ?? []).map((personId) => ({ personId, loggedIn: true })),
            ...(typeof number === 'string' && { number }),
            ...(typeof extension === 'string' && { extension }),
          });
          if (!made.ok) return refuse(made.refusal);
          return entry('queue.create', queueObject(made.value), { after: queueFacts(made.value, people) });
        }
        const made = await queues.change(accountId, step.queue.id, undefined, {
          ...settings,
          ...overflow,
          number,
          extension,
          members: members && idsOf(members),
        });
        if (!made.ok) return refuse(made.refusal);
        const all = [...making.people, ...people];
        return entry('queue.change', queueObject(made.value), {
          ...differing(queueFacts(step.queue, all), queueFacts(made.value, all)),
        });
      }
      case 'create-phone': {
        const { kind = 'desk-phone', sipUser, extension, number, person } = step.wish;
        const personId = typeof person === 'string' ? idOf.get(person) : undefined;
        const password = parts.phones.newPassword();
        const made = await devices.create(
          accountId,
          {
            id: asDeviceId(parts.newId()),
            accountId,
            name: step.name,
            kind,
            sipUser,
            ...(typeof number === 'string' && { number }),
            ...(typeof extension === 'string' && { extension }),
            ...(personId !== undefined && { personId }),
          },
          { realm: parts.phones.realm, password },
        );
        if (!made.ok) return refuse(made.refusal);
        words.set(step, `Registers as ${sipUser} with the password ${password}; it is shown this once.`);
        return entry('device.create', phoneObject(made.value), { after: phoneFacts(made.value, people) });
      }
      case 'change-phone': {
        const { kind, extension, number, person } = step.wish;
        const made = await devices.change(accountId, step.phone.id, {
          ...(kind !== undefined && { kind }),
          ...(extension !== undefined && { extension }),
          ...(number !== undefined && { number }),
          ...(person !== undefined && { personId: person === null ? null : (idOf.get(person) ?? null) }),
        });
        if (!made.ok) return refuse(made.refusal);
        const all = [...making.people, ...people];
        return entry('device.change', phoneObject(made.value), {
          ...differing(phoneFacts(step.phone, all), phoneFacts(made.value, all)),
        });
      }
    }
  }

  /** Somebody else may have changed other settings since: what the file names is set on top of what stands. */
  async function changePresence(
    accountId: AccountId,
    change: Partial<PresenceSyncSettings>,
    by: AuditActor,
  ): Promise<string | undefined> {
    for (let turn = 0; ; turn += 1) {
      const { version, settings } = parts.presence.settingsOf(accountId);
      const made = await parts.presence.change(accountId, version, { ...settings, ...change }, by);
      if (made.is === 'done') return undefined;
      if (made.is !== 'changed-meanwhile' || turn === 2)
        return `Not written: ${made.say} All else of the file was made; apply it again.`;
    }
  }

  const ground: TenantGround = {
    read,
    async make(accountId, steps, by) {
      const scope = { kind: 'account', accountId } as const;
      const words = new Map<Step, string>();
      const refusals = new Map<Step, string>();
      const settings = steps.filter((step) => step.do === 'change-provisioning');
      const presence = steps.filter((step) => step.do === 'change-presence');
      const connected = new Set<string>(
        parts.provisioning.list(scope).map(({ connectionId }) => connectionId),
      );
      for (const step of settings)
        if (!connected.has(step.connectionId)) refusals.set(step, 'The tenant is not connected any more.');
      if (refusals.size > 0) return { kind: 'refused', refusals };
      try {
        const entries = await stores.together.all(accountId, async (inside) => {
          const noted: AuditEntry[] = [];
          const note = (entry: AuditEntry): void => void noted.push(entry);
          const boards = parts.boardsOn(inside.stores, { note: async (entry) => note(entry) });
          const changing = steps.flatMap((step) =>
            step.do === 'change-queue' || step.do === 'remove-queue'
              ? step.queue.members.map(({ personId }) => personId)
              : (step.do === 'change-phone' || step.do === 'remove-phone') && step.phone.personId
                ? [step.phone.personId]
                : [],
          );
          const making: Making = {
            inside,
            boards,
            note,
            by,
            words,
            refusals,
            people: changing.length === 0 ? [] : await inside.lockPeople({ ids: changing, upns: [] }),
            spared: new Set(
              steps.flatMap((step) =>
                'wish' in step && 'number' in step.wish && typeof step.wish.number === 'string'
                  ? [step.wish.number]
                  : [],
              ),
            ),
          };
          await letGo(accountId, steps, making);
          const people = steps.filter(isPersonStep);
          let peopleMade = false;
          for (const step of steps) {
            if (step.do === 'change-provisioning' || step.do === 'change-presence') continue;
            if (!isPersonStep(step)) await makeOne(accountId, step, making);
            else if (!peopleMade) {
              peopleMade = true;
              await makePeople(accountId, people, making);
            }
          }
          if (refusals.size > 0) throw new NothingMade();
          return await inside.append(noted, parts.wall());
        });
        parts.stored(accountId, entries);
      } catch (error) {
        if (error instanceof NothingMade) return { kind: 'refused', refusals };
        throw error;
      }
      // They restart what provisions, which reads what was committed.
      for (const step of settings) await parts.provisioning.change(scope, step.connectionId, step.change, by);
      // The first queue may have come by this file, and the rules count only where there is one.
      if (presence.length > 0) await parts.refresh();
      for (const step of presence) {
        const fault = await changePresence(accountId, step.change, by);
        if (fault !== undefined) words.set(step, fault);
      }
      return { kind: 'made', words };
    },
    async consequence(accountId, step) {
      if (step.do === 'change-presence' && step.change.mode !== undefined) {
        const { settings } = parts.presence.settingsOf(accountId);
        const preview = await parts.presence.preview(accountId, { ...settings, ...step.change });
        return needsConfirmation(preview)
          ? `Sync of presence begins for ${preview.begins} people and ends for ${preview.ends} at once.`
          : undefined;
      }
      if (step.do !== 'change-provisioning') return undefined;
      const scope = { kind: 'account', accountId } as const;
      const preview = parts.provisioning.preview(scope, step.connectionId, step.change);
      return preview?.needsConfirmation
        ? `This takes the numbers of ${preview.leave} people away at once.`
        : undefined;
    },
    settled: async () => void (await parts.refresh()),
  };
  return createTenantFileBoard({ ground, audit });
}

/** Thrown so that nothing of the transaction stays. */
class NothingMade extends Error {}

type PersonStep = Extract<Step, { do: 'create-person' | 'change-person' | 'remove-person' }>;
type LineStep = Extract<
  Step,
  {
    do: 'create-queue' | 'change-queue' | 'remove-queue' | 'create-phone' | 'change-phone' | 'remove-phone';
  }
>;
type OtherStep = Exclude<Step, PersonStep | { do: 'change-provisioning' | 'change-presence' }>;
const isPersonStep = (step: Step): step is PersonStep => step.do.endsWith('-person');

interface Making {
  readonly inside: Inside;
  readonly boards: ReturnType<TenantFileParts['boardsOn']>;
  readonly note: (entry: AuditEntry) => void;
  readonly by: AuditActor;
  readonly words: Map<Step, string>;
  readonly refusals: Map<Step, string>;
  /** Who belongs to queues and phones before, for the entries of the audit. */
  readonly people: readonly Person[];
  /** Numbers that a queue or a phone asks for by name. */
  readonly spared: ReadonlySet<string>;
}

/** Undefined: the person is gone. What somebody else changed since stays, but for what is wanted here. */
function writeOf(
  step: PersonStep,
  accountId: AccountId,
  now: ReadonlyMap<Person['id'], Versioned<Person>>,
  newId: () => string,
): BulkWrite | undefined {
  if (step.do === 'create-person') {
    const { displayName, mail, extension, numbers, active, teamsToggle, platformLicence } = step.wish;
    return {
      do: 'create',
      next: numbers === 'next',
      // The file says that they have none.
      ...(Array.isArray(numbers) && { withoutReserved: true }),
      person: {
        id: asPersonId(newId()),
        accountId,
        upn: step.upn,
        displayName,
        ...(typeof mail === 'string' && { mail }),
        ...(typeof extension === 'string' && { extension }),
        numbers: numbers === 'next' || numbers === undefined ? [] : numbers,
        active: active ?? true,
        teamsToggle: teamsToggle ?? true,
        platformLicence: platformLicence ?? true,
      },
    };
  }
  const person = now.get(step.person.id);
  if (!person) return undefined;
  if (step.do === 'remove-person') return { do: 'remove', person };
  const { numbers, tags: _, ...rest } = step.wish;
  const change = { ...rest, ...(numbers !== undefined && numbers !== 'next' && { numbers }) };
  return { do: 'change', person, change, next: numbers === 'next' };
}

function auditOf(accountId: AccountId, actor: AuditActor, write: BulkWrite, person: Person): AuditEntry {
  const base = {
    accountId,
    actor,
    object: { kind: 'person', id: person.id, label: person.displayName },
    reason,
  };
  if (write.do === 'create') return { ...base, action: 'person.create', after: personFacts(person) };
  if (write.do === 'remove') return { ...base, action: 'person.delete', before: personFacts(person) };
  return { ...base, action: 'person.change', ...differing(personFacts(write.person), personFacts(person)) };
}

function useOf({ number, personId, deviceId, queueId, held }: AccountNumber): NumberUse | undefined {
  if (personId !== undefined) return { by: 'person', personId };
  if (deviceId !== undefined) return { by: 'device' };
  if (queueId !== undefined) return { by: 'queue' };
  if (!held) return undefined;
  const until =
    held.untilWallMs === undefined ? '' : ` until ${new Date(held.untilWallMs).toISOString().slice(0, 10)}`;
  const words = {
    reserved: `${number} is reserved for ${held.reservedFor ?? 'somebody'}${until}.`,
    quarantine: `${number} rests${until}${held.formerOwner === undefined ? '' : `; ${held.formerOwner} had it`}.`,
    ported: `${number} is with another carrier.`,
  };
  return {
    by: 'hold',
    say: words[held.kind],
    ...(held.reservedFor !== undefined && { reservedFor: held.reservedFor }),
    ...(held.kind === 'quarantine' &&
      held.formerPersonId !== undefined && { formerPersonId: held.formerPersonId }),
  };
}

function wordsOf(refusal: Refusal | { readonly kind: 'no-free-number' }): string {
  switch (refusal.kind) {
    case 'taken':
      return `The ${refusal.what} belongs to somebody else.`;
    case 'held':
      return refusal.say;
    case 'invalid':
      return refusal.detail;
    case 'no-free-number':
      return 'The account has no free number.';
    default:
      return `Refused: ${refusal.kind}.`;
  }
}

function refusedAs(refusal: NumberRefusal): string {
  if ('say' in refusal) return refusal.say;
  return refusal.kind === 'no-free-number'
    ? 'The account has no free number.'
    : refusal.kind === 'number-in-use'
      ? 'Somebody has a number of it, or one is held back.'
      : 'It is not there any more.';
}

import type { AccountDesk } from '@tandem/adapters/http/connection-board.ts';
import type { NumberBoard, NumberRefusal } from '@tandem/adapters/http/number-board.ts';
import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import type { TenantFileBoard } from '@tandem/adapters/http/tenant-file-board.ts';
import type { BulkWrite } from '@tandem/adapters/postgres/bulk-writes.ts';
import type { AccountNumber } from '@tandem/adapters/postgres/number-store.ts';
import type { Refusal, Versioned } from '@tandem/adapters/postgres/outcome.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { Inside } from '@tandem/adapters/postgres/together.ts';
import { createTenantFileBoard, type TenantGround } from '@tandem/adapters/tenant-file/board.ts';
import { differing, type Step } from '@tandem/adapters/tenant-file/plan-file.ts';
import type { NumberUse, TenantState } from '@tandem/adapters/tenant-file/state.ts';
import { personFacts } from '@tandem/adapters/tenant-file/write-file.ts';
import type { WebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import { type AccountId, asPersonId, type E164, type Person } from '@tandem/domain';
import type { AuditActor, AuditEntry, AuditLog } from '@tandem/engine/ports/audit.ts';
import type { ChangeLog } from './change-log.ts';

export interface TenantFileParts {
  readonly stores: Pick<Stores, 'accounts' | 'people' | 'numbers' | 'numberStock' | 'together'>;
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
    const [people, numbers, ranges, webhooks] = await Promise.all([
      allPeople(accountId),
      allNumbers(accountId),
      stores.numberStock.ranges(accountId),
      parts.webhooks.list(scope, accountId),
    ]);
    const connections = parts.provisioning
      .list(scope)
      .map(({ connectionId, tenantId, settings }) => ({ id: connectionId, tenantId, settings }));
    return { account, people, numbers, ranges, webhooks, connections };
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
    { inside, note, by, words, refusals }: Making,
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
    const outcomes = await inside.write([...writes.keys()], faults);
    const [fault] = faults.values();
    if (fault) throw fault;
    for (const [write, step] of writes) {
      const outcome = outcomes.get(write);
      if (!outcome?.ok) {
        refusals.set(step, outcome ? wordsOf(outcome.refusal) : 'Refused.');
        continue;
      }
      note(auditOf(accountId, by, write, outcome.person));
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
    }
  }

  const ground: TenantGround = {
    read,
    async make(accountId, steps, by) {
      const scope = { kind: 'account', accountId } as const;
      const words = new Map<Step, string>();
      const refusals = new Map<Step, string>();
      const settings = steps.filter((step) => step.do === 'change-provisioning');
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
          const making: Making = { inside, boards, note, by, words, refusals };
          const people = steps.filter(isPersonStep);
          let peopleMade = false;
          for (const step of steps) {
            if (step.do === 'change-provisioning') continue;
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
      return { kind: 'made', words };
    },
    consequence(accountId, step) {
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
type OtherStep = Exclude<Step, PersonStep | { do: 'change-provisioning' }>;
const isPersonStep = (step: Step): step is PersonStep => step.do.endsWith('-person');

interface Making {
  readonly inside: Inside;
  readonly boards: ReturnType<TenantFileParts['boardsOn']>;
  readonly note: (entry: AuditEntry) => void;
  readonly by: AuditActor;
  readonly words: Map<Step, string>;
  readonly refusals: Map<Step, string>;
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
  const { numbers, ...rest } = step.wish;
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
  if (queueId !== undefined) return { by: 'hold', say: `A queue has ${number}.` };
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

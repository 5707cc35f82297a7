import type { AccountDesk } from '@tandem/adapters/http/connection-board.ts';
import type { NumberBoard, NumberRefusal } from '@tandem/adapters/http/number-board.ts';
import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import type { TenantFileBoard } from '@tandem/adapters/http/tenant-file-board.ts';
import type { AccountNumber } from '@tandem/adapters/postgres/number-store.ts';
import type { Refusal } from '@tandem/adapters/postgres/outcome.ts';
import type { PersonChange } from '@tandem/adapters/postgres/person-store.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import {
  createTenantFileBoard,
  type StepOutcome,
  type TenantGround,
} from '@tandem/adapters/tenant-file/board.ts';
import { differing, type PersonWish, type Step } from '@tandem/adapters/tenant-file/plan-file.ts';
import type { NumberUse, TenantState } from '@tandem/adapters/tenant-file/state.ts';
import { personFacts } from '@tandem/adapters/tenant-file/write-file.ts';
import type { WebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import type { AccountId, E164, Person } from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';

export interface TenantFileParts {
  readonly stores: Pick<Stores, 'accounts' | 'people' | 'numbers' | 'numberStock'>;
  /** One that leaves the refreshing to us: thousands of people are created in one go. */
  readonly numbers: Pick<NumberBoard, 'createRange' | 'removeRange' | 'createPerson' | 'deletePerson'>;
  readonly provisioning: Pick<ProvisioningBoard, 'list' | 'change'>;
  readonly webhooks: WebhookBoard;
  readonly accountDesk: AccountDesk;
  readonly audit: AuditLog;
  readonly refresh: () => Promise<unknown>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const reason = 'tenant file';
const pageOfPeople = 500;
const pageOfNumbers = 1000;
const mostConflicts = 3;

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

  /** What somebody else changed at the same moment stays, but for what is wanted here. */
  async function update(
    accountId: AccountId,
    person: Person,
    change: PersonChange,
  ): Promise<StepOutcome & { readonly before?: Person; readonly after?: Person }> {
    for (let attempt = 0; attempt < mostConflicts; attempt++) {
      const before = await stores.people.get(accountId, person.id);
      if (!before) return { ok: false, words: 'The person is not there any more.' };
      const outcome = await stores.people.update(accountId, person.id, before.version, change);
      if (outcome.ok) return { ok: true, before, after: outcome.value };
      if (outcome.refusal.kind !== 'conflict') return { ok: false, words: wordsOf(outcome.refusal) };
    }
    return { ok: false, words: 'Others change this person all the time; apply again.' };
  }

  async function changePerson(
    accountId: AccountId,
    person: Person,
    { numbers, ...rest }: PersonWish,
    by: AuditActor,
  ): Promise<StepOutcome> {
    const change: PersonChange = { ...rest, ...(numbers !== undefined && numbers !== 'next' && { numbers }) };
    let after: Person = person;
    if (Object.keys(change).length > 0) {
      const outcome = await update(accountId, person, change);
      if (!outcome.ok) return outcome;
      after = outcome.after ?? person;
    }
    let taken: E164 | undefined;
    if (numbers === 'next') {
      taken = await stores.numberStock.takeNextFree(accountId, person.id);
      if (taken !== undefined) after = { ...after, numbers: [taken, ...after.numbers] };
    }
    const found = differing(personFacts(person), personFacts(after));
    if (found)
      await audit.note({
        accountId,
        actor: by,
        action: 'person.change',
        object: { kind: 'person', id: person.id, label: person.displayName },
        ...found,
        reason,
      });
    if (numbers !== 'next') return { ok: true };
    return taken === undefined
      ? { ok: false, words: 'The account has no free number.' }
      : { ok: true, words: `Has ${taken}.` };
  }

  async function createPerson(
    accountId: AccountId,
    { upn, wish }: Extract<Step, { do: 'create-person' }>,
    by: AuditActor,
  ): Promise<StepOutcome> {
    const {
      displayName,
      mail,
      extension,
      numbers,
      active,
      teamsToggle = true,
      platformLicence = true,
    } = wish;
    const number = numbers === 'next' ? numbers : numbers?.[0];
    const made = await parts.numbers.createPerson(
      {
        accountId,
        upn,
        displayName,
        teamsToggle,
        platformLicence,
        ...(typeof mail === 'string' && { mail }),
        ...(typeof extension === 'string' && { extension }),
        ...(number !== undefined && { number }),
      },
      by,
    );
    if (made.kind !== 'done') return { ok: false, words: refusedAs(made) };
    const { person } = made;
    const others = Array.isArray(numbers) && numbers.length > 1;
    // A number that was reserved for the address, and which the file does not want.
    const without = Array.isArray(numbers) && numbers.length === 0 && person.numbers.length > 0;
    if (active === false || others || without) {
      const rest = await changePerson(
        accountId,
        person,
        {
          ...(active === false && { active }),
          ...((others || without) && { numbers }),
        },
        by,
      );
      if (!rest.ok) return { ok: false, words: `Created, but: ${rest.words}` };
    }
    return number === 'next' ? { ok: true, words: `Has ${person.numbers[0] ?? 'no number'}.` } : { ok: true };
  }

  const ground: TenantGround = {
    read,
    async make(accountId, step, by) {
      const scope = { kind: 'account', accountId } as const;
      switch (step.do) {
        case 'change-account': {
          const made = await parts.accountDesk.change(accountId, step.change, { ...by, session: reason });
          return made.ok ? { ok: true } : { ok: false, words: made.detail ?? `Refused: ${made.code}.` };
        }
        case 'change-provisioning': {
          const made = await parts.provisioning.change(scope, step.connectionId, step.change, by);
          return made ? { ok: true } : { ok: false, words: 'The tenant is not connected any more.' };
        }
        case 'create-range': {
          const { name, first, last } = step;
          const made = await parts.numbers.createRange({ accountId, name, first, last }, by);
          return made.kind === 'done' ? { ok: true } : { ok: false, words: refusedAs(made) };
        }
        case 'remove-range': {
          const made = await parts.numbers.removeRange(scope, step.id, by);
          return made.kind === 'done' ? { ok: true } : { ok: false, words: refusedAs(made) };
        }
        case 'create-person':
          return await createPerson(accountId, step, by);
        case 'change-person':
          return await changePerson(accountId, step.person, step.wish, by);
        case 'remove-person':
          return (await parts.numbers.deletePerson(scope, step.person.id, { reason }, by)).kind === 'done'
            ? { ok: true }
            : { ok: false, words: 'The person was removed already.' };
        case 'create-webhook': {
          const { active, ...wanted } = step.wanted;
          const made = await parts.webhooks.create(accountId, wanted, by);
          if (made.kind === 'refused') return { ok: false, words: `${made.field}: ${made.say}` };
          if (!active) await parts.webhooks.change(scope, made.webhook.id, { active }, by);
          return { ok: true, words: `Deliveries are signed with ${made.secret}; it is shown this once.` };
        }
        case 'change-webhook': {
          const made = await parts.webhooks.change(scope, step.id, step.change, by);
          if (!made) return { ok: false, words: 'The webhook is not there any more.' };
          return made.kind === 'changed' ? { ok: true } : { ok: false, words: `${made.field}: ${made.say}` };
        }
        case 'remove-webhook':
          return (await parts.webhooks.remove(scope, step.id, by))
            ? { ok: true }
            : { ok: false, words: 'The webhook was removed already.' };
      }
    },
    release: (accountId, person, keep) =>
      update(accountId, person, {
        numbers: keep.numbers,
        ...(!keep.extension && { extension: null }),
      }),
    settled: async () => void (await parts.refresh()),
  };
  return createTenantFileBoard({ ground, audit, now: parts.now });
}

function useOf({ number, personId, deviceId, held }: AccountNumber): NumberUse | undefined {
  if (personId !== undefined) return { by: 'person', personId };
  if (deviceId !== undefined) return { by: 'device' };
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
  };
}

function wordsOf(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'taken':
      return `The ${refusal.what} belongs to somebody else.`;
    case 'held':
      return refusal.say;
    case 'invalid':
      return refusal.detail;
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

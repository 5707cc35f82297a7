import { createHash } from 'node:crypto';
import type { TenantFilePlan } from '@tandem/contract';
import type { AccountId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import type {
  TenantFileAsk,
  TenantFileAsker,
  TenantFileBoard,
  TenantFileOutcome,
} from '../http/tenant-file-board.ts';
import { canonical, type Planned, planTenantFile, type Step } from './plan-file.ts';
import { readTenantFileAside } from './read-aside.ts';
import type { TenantState } from './state.ts';
import { writeTenantFile } from './write-file.ts';

export type StepOutcome =
  /** `words`: what whoever applies has to know, for example a secret that is shown once. */
  { readonly ok: true; readonly words?: string } | { readonly ok: false; readonly words: string };

/** What the board stands on: reads an account whole, and makes one change after another as everybody else does. */
export interface TenantGround {
  read(accountId: AccountId): Promise<TenantState | undefined>;
  make(accountId: AccountId, step: Step, by: AuditActor): Promise<StepOutcome>;
  /**
   * Takes from a person what somebody else gets in the same plan: their numbers but these, and their extension.
   * Their own step follows and says what they get instead.
   */
  release(
    accountId: AccountId,
    person: Extract<Step, { do: 'change-person' }>['person'],
    keep: { readonly numbers: TenantState['people'][number]['numbers']; readonly extension: boolean },
  ): Promise<StepOutcome>;
  /** Calls and provisioning follow what was changed. */
  settled(accountId: AccountId): Promise<void>;
}

/** Ranges before those who take numbers from them; whoever leaves before whoever comes; `next` after all named numbers. */
const order: readonly ((step: Step) => boolean)[] = [
  (step) => step.do === 'change-account' || step.do === 'change-provisioning',
  (step) => step.do === 'remove-range',
  (step) => step.do === 'create-range',
  (step) => step.do === 'remove-person',
  (step) => (step.do === 'change-person' || step.do === 'create-person') && step.wish.numbers !== 'next',
  (step) => (step.do === 'change-person' || step.do === 'create-person') && step.wish.numbers === 'next',
  (step) => step.do.endsWith('-webhook'),
];
/** Numbers that change hands are let go of before the first person gets any. */
const releasesBefore = 4;

/** Connections that say nothing for a minute are closed: an answer comes well before. */
const budgetMs = 30_000;

export function createTenantFileBoard(parts: {
  readonly ground: TenantGround;
  readonly audit: AuditLog;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}): TenantFileBoard {
  const { ground } = parts;
  /** One file at a time is applied to an account: what the second one was planned on is then not there any more. */
  const turns = new Map<AccountId, Promise<unknown>>();

  type Made = { readonly planned: readonly Planned[]; readonly plan: TenantFilePlan };
  async function planFor(
    accountId: AccountId,
    ask: TenantFileAsk,
    by: TenantFileAsker,
  ): Promise<TenantFileOutcome<Made>> {
    const reading = await readTenantFileAside(ask.file);
    if (reading.kind === 'faults') return reading;
    const state = await ground.read(accountId);
    if (!state) return { kind: 'unknown' };
    const name = reading.file.account?.name;
    if (name !== undefined && name !== state.account.name)
      return {
        kind: 'faults',
        faults: [
          {
            ...lineOf(ask.file, name),
            say: `account.name says ${name}, and this is another account. To use the file here, take that line out`,
          },
        ],
      };
    const planned = planTenantFile(reading.file, state, { prune: ask.prune, may: by.may });
    return { kind: 'done', value: { planned, plan: planOf(accountId, ask.prune, planned) } };
  }

  /** Undefined for a change whose turn did not come in time. */
  async function carryOut(accountId: AccountId, planned: readonly Planned[], by: AuditActor) {
    const outcomes = new Map<Planned, StepOutcome>();
    const steps = planned.filter((one): one is Planned & { step: Step } => one.step !== undefined);
    const deadline = parts.now() + budgetMs;
    const handedOn = taken(steps.map(({ step }) => step));
    /** Who gave something up gets what comes instead, however long it takes. */
    const owed = new Set<Planned>();
    for (const [turn, mine] of order.entries()) {
      if (turn === releasesBefore && parts.now() < deadline)
        for (const one of steps) {
          if (one.step.do !== 'change-person') continue;
          const { person } = one.step;
          const numbers = person.numbers.filter((number) => !handedOn.numbers.has(number));
          const extension = person.extension === undefined || !handedOn.extensions.has(person.extension);
          if (numbers.length === person.numbers.length && extension) continue;
          await ground.release(accountId, person, { numbers, extension });
          owed.add(one);
        }
      const now = steps.filter(({ step }) => mine(step));
      for (const one of [...now.filter((two) => owed.has(two)), ...now.filter((two) => !owed.has(two))])
        if (owed.has(one) || parts.now() < deadline)
          outcomes.set(one, await ground.make(accountId, one.step, by));
    }
    return planned.map((one): TenantFilePlan['changes'][number] | undefined => {
      if (!one.step) return shown(one.change);
      const outcome = outcomes.get(one);
      if (!outcome) return undefined;
      if (!outcome.ok) return shown({ ...one.change, action: 'refused', words: outcome.words });
      return shown({ ...one.change, ...(outcome.words !== undefined && { words: outcome.words }) });
    });
  }

  async function apply(
    accountId: AccountId,
    ask: TenantFileAsk & { readonly preview: string },
    by: TenantFileAsker,
  ): ReturnType<TenantFileBoard['apply']> {
    const made = await planFor(accountId, ask, by);
    if (made.kind !== 'done') return made;
    const { planned, plan } = made.value;
    if (plan.preview !== ask.preview) return { kind: 'preview-outdated' };
    const { may: _, ...actor } = by;
    const outcomes = await carryOut(accountId, planned, actor);
    const applied = outcomes.filter((one) => one !== undefined);
    const left = outcomes.length - applied.length;
    const counts = countsOf(applied);
    const changed = counts.create + counts.change + counts.remove;
    if (changed > 0) {
      await ground.settled(accountId);
      await parts.audit.note({
        accountId,
        actor,
        action: 'tenant-file.apply',
        object: { kind: 'account', id: accountId },
        after: { ...counts, left, prune: ask.prune },
      });
    }
    return { kind: 'done', value: { applied, left, sentence: sentenceOf(counts, left) } };
  }

  return {
    async read(accountId) {
      const state = await ground.read(accountId);
      return state && writeTenantFile(state);
    },
    async plan(accountId, ask, by) {
      const made = await planFor(accountId, ask, by);
      return made.kind === 'done' ? { kind: 'done', value: made.value.plan } : made;
    },
    apply(accountId, ask, by) {
      const before = turns.get(accountId) ?? Promise.resolve();
      const mine = before.then(
        () => apply(accountId, ask, by),
        () => apply(accountId, ask, by),
      );
      turns.set(accountId, mine);
      const over = (): void => {
        if (turns.get(accountId) === mine) turns.delete(accountId);
      };
      mine.then(over, over);
      return mine;
    },
  };
}

/** Numbers and extensions that come to somebody who does not have them: whoever has them gives them up first. */
function taken(steps: readonly Step[]) {
  const numbers = new Set<string>();
  const extensions = new Set<string>();
  for (const step of steps) {
    if (step.do !== 'change-person' && step.do !== 'create-person') continue;
    const had = step.do === 'change-person' ? step.person.numbers : [];
    const wanted = step.wish.numbers ?? [];
    for (const number of wanted === 'next' ? [] : wanted) if (!had.includes(number)) numbers.add(number);
    if (typeof step.wish.extension === 'string') extensions.add(step.wish.extension);
  }
  return { numbers, extensions };
}

function shown(change: Planned['change']): TenantFilePlan['changes'][number] {
  const { before, after, ...rest } = change;
  return { ...rest, ...(before && { before: { ...before } }), ...(after && { after: { ...after } }) };
}

function planOf(accountId: AccountId, prune: boolean, planned: readonly Planned[]): TenantFilePlan {
  const changes = planned.map(({ change }) => shown(change));
  return { preview: previewOf(accountId, prune, changes), changes, counts: countsOf(changes) };
}

/** Names exactly these changes of this account: whatever else would happen has another name. */
export const previewOf = (accountId: AccountId, prune: boolean, changes: TenantFilePlan['changes']): string =>
  createHash('sha256')
    .update(canonical([accountId, prune, changes]))
    .digest('base64url');

function countsOf(changes: TenantFilePlan['changes']): TenantFilePlan['counts'] {
  const counts = { create: 0, change: 0, remove: 0, refused: 0 };
  for (const { action } of changes) counts[action] += 1;
  return counts;
}

function sentenceOf({ create, change, remove, refused }: TenantFilePlan['counts'], left: number): string {
  const done = [
    create > 0 && `${create} created`,
    change > 0 && `${change} changed`,
    remove > 0 && `${remove} removed`,
    refused > 0 && `${refused} refused`,
  ].filter((one) => one !== false);
  if (left > 0) done.push(`${left} left: plan and apply the file again`);
  return done.length === 0 ? 'Nothing to change: the account is as the file says.' : `${done.join(', ')}.`;
}

/** Where a value stands in the text, for a fault that only the account's present state shows. */
function lineOf(text: string, value: string): { readonly line: number; readonly column: number } {
  const lines = text.split('\n');
  const index = lines.findIndex((one) => one.includes('name') && one.includes(value));
  return { line: Math.max(0, index) + 1, column: Math.max(0, lines[index]?.indexOf('name') ?? 0) + 1 };
}

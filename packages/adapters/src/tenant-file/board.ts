import { createHash } from 'node:crypto';
import type { TenantFilePlan, TenantFileResult } from '@tandem/contract';
import type { AccountId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import type {
  TenantFileAsk,
  TenantFileAsker,
  TenantFileBoard,
  TenantFileOutcome,
} from '../http/tenant-file-board.ts';
import { canonical } from './differing.ts';
import { type Planned, planTenantFile, type Step } from './plan-file.ts';
import { readTenantFileAside } from './read-aside.ts';
import type { FileLine, FileReading } from './read-file.ts';
import type { TenantState } from './state.ts';
import { writeTenantFile } from './write-file.ts';

export type StepsOutcome =
  /** `words`: what whoever applies has to know, for example a secret that is shown once. */
  | { readonly kind: 'made'; readonly words: ReadonlyMap<Step, string> }
  /** Nothing was made; why, for each step that would not go. */
  | { readonly kind: 'refused'; readonly refusals: ReadonlyMap<Step, string> };

/** What the board stands on: reads an account whole, and makes one change after another as everybody else does. */
export interface TenantGround {
  read(accountId: AccountId): Promise<TenantState | undefined>;
  /** All of the steps, in their order, or none of them. */
  make(accountId: AccountId, steps: readonly Step[], by: AuditActor): Promise<StepsOutcome>;
  /** What else a change of settings does at once, in words: for example whose numbers it takes away. */
  consequence(accountId: AccountId, step: Step): Promise<string | undefined>;
  /** Calls and provisioning follow what was changed. */
  settled(accountId: AccountId): Promise<void>;
}

/**
 * Carriers before calls go over them; ranges and stock before those who take numbers from them; whoever leaves before whoever comes; `next` after all named numbers;
 * queues, phones and sign-ins after the people who belong to them; what is somebody's own, which may name a queue, after those.
 */
const order: readonly ((step: Step) => boolean)[] = [
  (step) => step.do === 'create-carrier' || step.do === 'change-carrier',
  (step) => step.do === 'change-account',
  (step) => step.do === 'remove-carrier',
  (step) => step.do === 'remove-sign-in',
  (step) => step.do === 'change-number' && step.hold === null,
  (step) => step.do === 'remove-number' && !step.released,
  (step) => step.do === 'remove-range',
  (step) => step.do === 'create-range' || step.do === 'change-range',
  (step) => step.do === 'create-number' || (step.do === 'change-number' && step.hold !== null),
  (step) => step.do === 'remove-queue' || step.do === 'remove-phone',
  (step) => step.do === 'remove-person',
  (step) => (step.do === 'change-person' || step.do === 'create-person') && step.wish.numbers !== 'next',
  (step) => (step.do === 'change-person' || step.do === 'create-person') && step.wish.numbers === 'next',
  (step) => step.do === 'change-queue' || step.do === 'create-queue',
  (step) => step.do === 'change-phone' || step.do === 'create-phone',
  (step) => step.do === 'remove-number' && step.released === true,
  (step) => step.do === 'change-sign-in' || step.do === 'create-sign-in',
  (step) => step.do === 'change-voicemail' || step.do === 'change-own',
  (step) => step.do.endsWith('-webhook'),
  (step) => step.do === 'change-features' || step.do === 'choose-music',
  (step) => step.do === 'change-provisioning',
  (step) => step.do === 'change-presence' || step.do === 'change-own-connections',
];

export function createTenantFileBoard(parts: {
  readonly ground: TenantGround;
  readonly audit: AuditLog;
  readonly wall: () => number;
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
    const planned: Planned[] = [];
    const planAsk = {
      prune: ask.prune,
      may: by.may,
      nowWallMs: parts.wall(),
      ...(by.kind === 'user' && { own: by.name }),
    };
    const placeOf = placesIn(reading);
    for (const refusedOrNot of planTenantFile(reading.file, state, planAsk)) {
      const one = placed(refusedOrNot, placeOf);
      const words = one.step && (await ground.consequence(accountId, one.step));
      planned.push(words === undefined ? one : { ...one, change: { ...one.change, words } });
    }
    return { kind: 'done', value: { planned, plan: planOf(accountId, ask.prune, planned) } };
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
    const steps = planned.flatMap(({ step }) => (step ? [step] : []));
    // A file is made whole or not at all: what a rule forbids is mended in the file first.
    if (steps.length < planned.length) {
      const refusedOnes = plan.changes.filter(({ action }) => action === 'refused');
      return { kind: 'done', value: notMade(refusedOnes, planned.length) };
    }
    const outcome = await ground.make(accountId, inOrder(steps), actor);
    if (outcome.kind === 'refused') {
      const refusedOnes = planned.flatMap(({ change, step }) => {
        const words = step && outcome.refusals.get(step);
        return words === undefined ? [] : [shown({ ...change, action: 'refused', words })];
      });
      return { kind: 'done', value: notMade(refusedOnes, planned.length) };
    }
    const applied = planned.map(({ change, step }) => {
      const words = step && outcome.words.get(step);
      return shown({ ...change, ...(words !== undefined && { words }) });
    });
    const counts = countsOf(applied);
    if (applied.length > 0) {
      await ground.settled(accountId);
      await parts.audit.note({
        accountId,
        actor,
        action: 'tenant-file.apply',
        object: { kind: 'account', id: accountId },
        after: { ...counts, prune: ask.prune },
      });
    }
    return { kind: 'done', value: { applied, left: 0, sentence: sentenceOf(counts) } };
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

type Reading = Extract<FileReading, { kind: 'file' }>;

/** The line of each value of the file that a plan can refuse. */
function placesIn({ file, lines }: Reading): ReadonlyMap<object, FileLine> {
  const places = new Map<object, FileLine>();
  for (const [section, value] of Object.entries(file)) {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const [i, one] of all.entries()) {
      const line = lines[section]?.[i];
      if (typeof one === 'object' && one !== null && line) places.set(one, line);
    }
  }
  return places;
}

/** With the line and the field of the file that is refused. */
function placed(planned: Planned, places: ReadonlyMap<object, FileLine>): Planned {
  const place = planned.at && places.get(planned.at.of);
  if (!place) return planned;
  const { field } = planned.at ?? {};
  const line = (field === undefined ? undefined : place.fields[field]) ?? place.line;
  return { ...planned, change: { ...planned.change, line, ...(field !== undefined && { field }) } };
}

const inOrder = (steps: readonly Step[]): readonly Step[] =>
  order.flatMap((mine) => steps.filter((step) => mine(step)));

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

function sentenceOf({ create, change, remove }: TenantFilePlan['counts']): string {
  const done = [
    create > 0 && `${create} created`,
    change > 0 && `${change} changed`,
    remove > 0 && `${remove} removed`,
  ].filter((one) => one !== false);
  return done.length === 0 ? 'Nothing to change: the account is as the file says.' : `${done.join(', ')}.`;
}

function notMade(refusedOnes: TenantFilePlan['changes'], all: number): TenantFileResult {
  const left = all - refusedOnes.length;
  return {
    applied: refusedOnes,
    left,
    sentence: `Nothing was changed: ${refusedOnes.length} refused${left > 0 ? `, and so ${left} more were not made` : ''}.`,
  };
}

/** Where a value stands in the text, for a fault that only the account's present state shows. */
function lineOf(text: string, value: string): { readonly line: number; readonly column: number } {
  const lines = text.split('\n');
  const index = lines.findIndex((one) => one.includes('name') && one.includes(value));
  return { line: Math.max(0, index) + 1, column: Math.max(0, lines[index]?.indexOf('name') ?? 0) + 1 };
}

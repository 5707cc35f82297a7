import type { OwnPresenceBoard } from '@tandem/adapters/http/own-presence-board.ts';
import type { FileTarget } from '@tandem/adapters/tenant-file/common-shape.ts';
import type { FileOwn } from '@tandem/adapters/tenant-file/own-shape.ts';
import type { Step } from '@tandem/adapters/tenant-file/plan-file.ts';
import type { ChangeExceptions, VoicemailAccountChange } from '@tandem/contract';
import type { AccountId, E164, LeaverChoice, LeaverForward, Person } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { PresenceSyncDesk } from '@tandem/engine/presence-sync/presence-desk.ts';
import type { ChoiceAction, PresenceChoice } from '@tandem/engine/presence-sync/settings.ts';
import { entryOf, type Making, type StepOf, wordsOf } from './making.ts';

/** Somebody or something by name, as it is once the file is made; undefined: it is not there any more. */
export async function forwardOf(
  target: FileTarget,
  { accountId, inside }: Pick<Making, 'accountId' | 'inside'>,
): Promise<LeaverForward | undefined> {
  if ('number' in target) return { kind: 'number', number: target.number as E164 };
  if ('queue' in target) {
    const queue = (await inside.stores.queues.list(accountId)).find(({ name }) => name === target.queue);
    return queue && { kind: 'queue', queueId: queue.id };
  }
  const [person] = await inside.lockPeople({ ids: [], upns: [target.person] });
  return person && { kind: 'person', personId: person.id };
}

/** Who takes messages in the account. */
export async function makeVoicemail(change: VoicemailAccountChange, making: Making): Promise<void> {
  const { accountId, inside, note } = making;
  const before = await inside.stores.voicemail.settings(accountId);
  const after = await inside.stores.voicemail.change(accountId, undefined, change);
  const object = { kind: 'account', id: accountId };
  note(entryOf(making, 'voicemail.choose', object, { before: { ...before }, after: { ...after } }));
}

/** What of a person's own stands in the same transaction as the person: leaver rule and mailbox. */
export async function makeOwn(step: StepOf<'change-own'>, making: Making): Promise<void> {
  const { accountId, inside, note, refusals } = making;
  const { leaver, voicemail } = step.wish;
  if (leaver === undefined && voicemail === undefined) return;
  const [person] = await inside.lockPeople({ ids: [], upns: [step.upn] });
  if (!person) return void refusals.set(step, 'The person is not there any more.');
  const object = { kind: 'person', id: person.id, label: person.displayName };
  if (leaver !== undefined) {
    const rule: LeaverChoice | null | undefined =
      leaver === null
        ? null
        : typeof leaver === 'string'
          ? { kind: leaver }
          : await forwardOf(leaver, making);
    if (rule === undefined)
      return void refusals.set(step, 'Who is rung once the person left is not there any more.');
    const made = await inside.stores.people.update(accountId, person.id, person.version, { leaver: rule });
    if (!made.ok) return void refusals.set(step, wordsOf(made.refusal));
    note(
      entryOf(making, 'person.change', object, {
        before: { leaver: person.leaver ?? null },
        after: { leaver: rule },
      }),
    );
  }
  if (voicemail !== undefined) {
    const before = await inside.stores.voicemail.settings(accountId, person.id);
    const after = await inside.stores.voicemail.change(accountId, person.id, { owner: voicemail });
    note(entryOf(making, 'voicemail.choose', object, { before: { ...before }, after: { ...after } }));
  }
}

export interface OwnPresenceParts {
  readonly presence: Pick<PresenceSyncDesk, 'choose' | 'choiceOf'>;
  readonly own: Pick<OwnPresenceBoard, 'changeExceptions'>;
}

/**
 * What of a person's own is kept in memory of presence and is written after the commit, by the desks that everybody uses.
 * Whatever one of them refuses is told with its step; the file applied again writes what is missing.
 */
export async function keepOwn(
  steps: readonly StepOf<'change-own'>[],
  { presence, own }: OwnPresenceParts,
  accountId: AccountId,
  people: ReadonlyMap<string, Person>,
  by: AuditActor,
): Promise<ReadonlyMap<Step, string>> {
  const words = new Map<Step, string>();
  const chosen = new Map<ChoiceAction, Person[]>();
  for (const step of steps) {
    const person = people.get(step.upn);
    if (!person) {
      words.set(step, 'The person is not there any more.');
      continue;
    }
    const action = actionFor(step.wish.presence, presence.choiceOf(person.id));
    if (action) chosen.set(action, [...(chosen.get(action) ?? []), person]);
    const change = exceptionsOf(step.wish, people);
    if (Object.keys(change).length === 0) continue;
    const made = await own.changeExceptions(person, change, by);
    if (!made.ok)
      words.set(
        step,
        `Not written: ${made.is === 'invalid' ? `${made.path}: ${made.message}` : made.say}. All else of the file was made; apply it again.`,
      );
  }
  for (const [action, them] of chosen) await presence.choose(accountId, them, action, by);
  return words;
}

/** The action of the page that makes this choice of the one that stands; undefined: it stands already. */
function actionFor(wanted: FileOwn['presence'], now: PresenceChoice): ChoiceAction | undefined {
  if (wanted === 'selected') return now === 'on' ? undefined : 'select';
  if (wanted === 'unsynced') return now === 'unsynced' ? undefined : 'unsync';
  if (wanted === undefined || now === 'inherit') return undefined;
  return now === 'on' ? 'deselect' : 'resync';
}

function exceptionsOf(
  { important, quietHours, unavailable, rules }: FileOwn,
  people: ReadonlyMap<string, Person>,
): ChangeExceptions {
  return {
    ...(important && {
      important: important.map((one) =>
        'number' in one
          ? { kind: 'number' as const, ...one }
          : { kind: 'person' as const, personId: people.get(one.person)?.id ?? '' },
      ),
    }),
    ...(quietHours !== undefined && { quietHours: quietHours ?? { spans: [] } }),
    ...(unavailable && { unavailable }),
    ...(rules && { rules }),
  };
}

import type { NumberRefusal } from '@tandem/adapters/http/number-board.ts';
import type { PresenceSyncSettings } from '@tandem/contract';
import type { AccountId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { PresenceSyncDesk } from '@tandem/engine/presence-sync/presence-desk.ts';
import { carrierIds } from './make-carriers.ts';
import { type Making, reason, type StepOf } from './making.ts';

export type SettingsStep = StepOf<
  | 'change-account'
  | 'create-range'
  | 'change-range'
  | 'remove-range'
  | 'create-webhook'
  | 'change-webhook'
  | 'remove-webhook'
>;

/** By the boards that everybody uses, which write the audit too. */
export async function makeSettings(step: SettingsStep, making: Making): Promise<void> {
  const { accountId, by, boards, words, refusals } = making;
  const scope = { kind: 'account', accountId } as const;
  const refuse = (why: string): void => void refusals.set(step, why);
  switch (step.do) {
    case 'change-account': {
      const ids = step.carriers && (await carrierIds(step.carriers, making));
      const unknown = step.carriers?.find((_, i) => ids?.[i] === undefined);
      if (unknown !== undefined) return refuse(`There is no carrier ${unknown} any more.`);
      const { teams } = step.change;
      // Ended without a time: now, as by the API.
      const ends = teams && !teams.enabled && { teams: { endsAtWallMs: making.wall(), ...teams } };
      const change = { ...step.change, ...ends, ...(ids && { carriers: ids.flatMap((id) => id ?? []) }) };
      const made = await boards.accountDesk.change(accountId, change, { ...by, session: reason });
      if (!made.ok) refuse(made.detail ?? `Refused: ${made.code}.`);
      return;
    }
    case 'create-range': {
      const { do: _, ...range } = step;
      const made = await boards.numbers.createRange({ accountId, ...range }, by);
      if (made.kind !== 'done') refuse(refusedAs(made));
      return;
    }
    case 'change-range': {
      const made = await boards.numbers.changeRange(scope, step.id, step.change, by);
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

/** Somebody else may have changed other settings since: what the file names is set on top of what stands. */
export async function changePresence(
  desk: Pick<PresenceSyncDesk, 'settingsOf' | 'change'>,
  accountId: AccountId,
  change: Partial<PresenceSyncSettings>,
  by: AuditActor,
): Promise<string | undefined> {
  for (let turn = 0; ; turn += 1) {
    const { version, settings } = desk.settingsOf(accountId);
    const made = await desk.change(accountId, version, { ...settings, ...change }, by);
    if (made.is === 'done') return undefined;
    if (made.is !== 'changed-meanwhile' || turn === 2)
      return `Not written: ${made.say} All else of the file was made; apply it again.`;
  }
}

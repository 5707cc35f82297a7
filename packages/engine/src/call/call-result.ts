import type { Clock } from '../ports/clock.ts';
import type { CallFailure, LegRole } from './call-failure.ts';
import type { Ending } from './ending.ts';
import { completedElsewhere, q850Reason } from './reason.ts';
import type { RecordDraft } from './record-draft.ts';
import { normalEnd, verdictOf } from './verdicts.ts';

/** What the record says about the end; gives the Reason header for whoever still has to be told. */
export function writeResult(
  record: RecordDraft,
  ending: Ending,
  clock: Clock,
  answeredAt: number | undefined,
  calledRole: LegRole,
): string {
  const answered = answeredAt !== undefined;
  record.endedAt = clock.wall();
  if (answered) record.talkMs = Math.round(clock.now() - answeredAt);
  record.closedBy = 'normal';
  if (ending.kind === 'hung-up' && answered) {
    record.endedBy = ending.by;
    record.q850 = ending.q850 ?? normalEnd.q850;
    record.code = normalEnd.code;
    record.sentence = normalEnd.say;
    record.result = 'answered';
    record.status = 200;
    return q850Reason(record.q850, 'Normal call clearing');
  }
  const failure = ending.kind === 'failure' ? ending.failure : tooSoon(ending.by, calledRole);
  const verdict = verdictOf(failure);
  record.endedBy = ending.by;
  record.q850 = ending.q850 ?? verdict.q850;
  record.code = verdict.code;
  record.sentence = verdict.say;
  record.result = answered ? 'answered' : verdict.result;
  record.status = answered ? 200 : verdict.sip;
  // The decision may have said it already, with the code before it.
  if (record.why.at(-1)?.endsWith(verdict.say) !== true) record.why.push(verdict.say);
  if (verdict.code === 'completed-elsewhere') return completedElsewhere;
  return q850Reason(record.q850, verdict.tell ?? verdict.say);
}

/** A BYE before the caller got the answer (RFC 3261 §15): nobody talked, so it is not a normal end. */
function tooSoon(by: 'caller' | 'callee', role: LegRole): CallFailure {
  if (by === 'caller') return { kind: 'caller-cancelled', elsewhere: false };
  return { kind: 'peer-rejected', role, status: 487 };
}

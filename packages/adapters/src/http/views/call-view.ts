import type { Call, CallSummary } from '@tandem/contract';
import type { CallRecord } from '@tandem/domain';
import type { CallPhase } from '../services.ts';
import { compact, instant } from './shape.ts';

/** A record as the API shows it: wall milliseconds become UTC texts, the rest keeps its names. */
export function toCallSummary(record: CallRecord, phase?: CallPhase): CallSummary {
  const live = phase !== undefined;
  return compact({
    id: record.callId,
    accountId: record.accountId,
    state: live ? ('live' as const) : ('finished' as const),
    phase,
    direction: record.direction,
    emergency: record.emergency,
    from: record.from,
    callerName: record.callerName && { ...record.callerName },
    to: record.to,
    personId: record.personId,
    carrierId: record.carrierId,
    hub: record.hub,
    invitedAt: instant(record.invitedAt),
    ringingMs: record.ringingMs,
    answeredMs: record.answeredMs,
    endedAt: record.endedAt === undefined ? undefined : instant(record.endedAt),
    talkMs: record.talkMs,
    result: record.result,
    status: record.status,
    q850: record.q850,
    code: record.code,
    sentence: record.sentence,
    queue: record.queue && { ...record.queue },
  });
}

export function toCall(record: CallRecord, phase?: CallPhase): Call {
  return compact({
    ...toCallSummary(record, phase),
    fromAsReceived: record.fromAsReceived,
    toAsDialled: record.toAsDialled,
    legs: record.legs.map((leg) => ({
      ...leg,
      media: leg.media && { ...leg.media, rejected: { ...leg.media.rejected } },
    })),
    attempts: record.attempts.map((attempt) => ({ ...attempt })),
    setupMs: record.setupMs,
    endedBy: record.endedBy,
    closedBy: record.closedBy,
    why: [...record.why],
    microsoftCorrelationId: record.microsoftCorrelationId,
  });
}

import type {
  CallDirection,
  CallId,
  CallLegRecord,
  CallRecord,
  EndedBy,
  LegMedia,
  ResultClass,
  RouteAttempt,
} from '@tandem/domain';
import type { Decision } from '../routing/decision.ts';
import type { LegRole } from './call-failure.ts';

/** The record while it grows. `toRecord` gives the value that leaves the engine. */
export class RecordDraft {
  readonly callId: CallId;
  readonly direction: CallDirection;
  readonly decision: Decision;
  readonly fromAsReceived: string;
  readonly toAsDialled: string;
  readonly invitedAt: number;
  readonly attempts: RouteAttempt[] = [];
  readonly why: string[];
  readonly a: { role: LegRole; sipCallId: string; peer?: string; media?: LegMedia };
  readonly b: { role: LegRole; sipCallId: string; peer?: string; media?: LegMedia };
  carrierId: CallRecord['carrierId'];
  /** Of a queue: who is rung now, and at last who answered. */
  memberId: CallRecord['personId'];
  hub: string | undefined;
  setupMs?: number;
  ringingMs?: number;
  answeredMs?: number;
  endedAt?: number;
  talkMs?: number;
  result?: ResultClass;
  status?: number;
  q850?: number;
  code?: string;
  sentence?: string;
  endedBy?: EndedBy;
  closedBy?: 'normal' | 'crash' | 'sweeper';
  microsoftCorrelationId?: string;

  constructor(start: {
    callId: CallId;
    direction: CallDirection;
    decision: Decision;
    fromAsReceived: string;
    toAsDialled: string;
    invitedAt: number;
    aRole: LegRole;
    bRole: LegRole;
    sipCallId: string;
  }) {
    this.callId = start.callId;
    this.direction = start.direction;
    this.decision = start.decision;
    this.fromAsReceived = start.fromAsReceived;
    this.toAsDialled = start.toAsDialled;
    this.invitedAt = start.invitedAt;
    this.carrierId = start.decision.carrierId;
    this.why = [...start.decision.why];
    this.a = { role: start.aRole, sipCallId: start.sipCallId };
    this.b = { role: start.bRole, sipCallId: '' };
  }

  /** Of several branches the record names one as its B leg: the one that answered, or that had the last word. */
  calledAt(leg: {
    readonly role: LegRole;
    readonly sipCallId: string;
    readonly peer: string | undefined;
  }): void {
    this.b.role = leg.role;
    this.b.sipCallId = leg.sipCallId;
    if (leg.peer !== undefined) this.b.peer = leg.peer;
  }

  toRecord(): CallRecord {
    const { decision, a, b } = this;
    const legs: CallLegRecord[] = [{ side: 'a', ...a }];
    if (b.sipCallId !== '') legs.push({ side: 'b', ...b });
    const record: { -readonly [K in keyof CallRecord]: CallRecord[K] } = {
      version: 1,
      callId: this.callId,
      direction: this.direction,
      emergency: decision.emergency,
      from: decision.from,
      fromAsReceived: this.fromAsReceived,
      to: decision.to,
      toAsDialled: this.toAsDialled,
      legs,
      attempts: this.attempts.slice(),
      invitedAt: this.invitedAt,
      why: this.why.slice(),
    };
    if (decision.accountId !== undefined) record.accountId = decision.accountId;
    const route = decision.outcome === 'route' ? decision.route : undefined;
    if (decision.callerName) record.callerName = decision.callerName;
    if (decision.personId !== undefined) record.personId = decision.personId;
    if (route?.kind === 'to-queue') {
      const { id: queueId, name } = route.queue;
      const answered = this.answeredMs !== undefined;
      record.queue = { queueId, name, ...(answered && { waitedMs: this.answeredMs }) };
      // Whose call it was: the member who talked.
      if (answered && this.memberId !== undefined && record.personId === undefined)
        record.personId = this.memberId;
      if (answered && this.memberId !== undefined)
        record.queue = { ...record.queue, memberId: this.memberId };
    }
    if (this.carrierId !== undefined) record.carrierId = this.carrierId;
    if (this.hub !== undefined) record.hub = this.hub;
    if (this.setupMs !== undefined) record.setupMs = this.setupMs;
    if (this.ringingMs !== undefined) record.ringingMs = this.ringingMs;
    if (this.answeredMs !== undefined) record.answeredMs = this.answeredMs;
    if (this.endedAt !== undefined) record.endedAt = this.endedAt;
    if (this.talkMs !== undefined) record.talkMs = this.talkMs;
    if (this.result !== undefined) record.result = this.result;
    if (this.status !== undefined) record.status = this.status;
    if (this.q850 !== undefined) record.q850 = this.q850;
    if (this.code !== undefined) record.code = this.code;
    if (this.sentence !== undefined) record.sentence = this.sentence;
    if (this.endedBy !== undefined) record.endedBy = this.endedBy;
    if (this.closedBy !== undefined) record.closedBy = this.closedBy;
    if (this.microsoftCorrelationId !== undefined)
      record.microsoftCorrelationId = this.microsoftCorrelationId;
    return record;
  }
}

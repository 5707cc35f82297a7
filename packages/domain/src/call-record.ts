import type { AccountId, CallId, CarrierId, PersonId, QueueId } from './ids.ts';

/** One per call, opened at INVITE and closed once, crash or not (I4). Times are wall ms; durations are monotonic ms. */
/**
 * `to-teams`, `to-phone`, `to-person` (phone and Teams ring together), `to-queue`: in from a carrier. `from-teams`, `from-phone`:
 * out to a carrier. `internal`: both ends are on the platform.
 */
export type CallDirection =
  | 'from-teams'
  | 'from-phone'
  | 'to-teams'
  | 'to-phone'
  | 'to-person'
  | 'to-queue'
  | 'internal';
export type ResultClass = 'answered' | 'busy' | 'no-answer' | 'cancelled' | 'refused' | 'failed';
export type EndedBy = 'caller' | 'callee' | 'platform' | 'node-crash' | 'sweeper';

export interface RouteAttempt {
  /** For example `hub sip.pstnhub.microsoft.com:5061` or `carrier Rehearsal 127.0.0.1:5080`. */
  readonly target: string;
  readonly atMs: number; // since INVITE
  readonly result: string; // `200`, `503`, `no answer in 3 s`, `connect refused`, ...
}

export interface LegMedia {
  readonly codec?: string;
  readonly srtpSuite?: string;
  readonly localAddress?: string;
  readonly remoteAddress?: string;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly lostIn: number;
  readonly jitterMs: number;
  readonly rejected: Readonly<Record<string, number>>;
}

export interface CallLegRecord {
  readonly side: 'a' | 'b';
  readonly role: 'teams' | 'carrier' | 'phone';
  readonly sipCallId: string;
  readonly peer?: string;
  readonly media?: LegMedia;
}

/** Whose word a caller's name is: ours, the customer's directory at Microsoft, or what the network sent, which proves nothing. */
export interface CallerName {
  readonly text: string;
  readonly source: 'platform' | 'directory' | 'network';
}

export interface CallRecord {
  readonly version: 1;
  readonly callId: CallId;
  /** Unset only when nobody could be told to be the customer (unknown host or number). */
  readonly accountId?: AccountId;
  readonly direction: CallDirection;
  readonly emergency: boolean;
  readonly from: string; // as presented, E.164 where known
  readonly fromAsReceived: string;
  /** Absent: nobody knows it, or the caller hides. */
  readonly callerName?: CallerName;
  readonly to: string;
  readonly toAsDialled: string;
  readonly personId?: PersonId;
  /** The queue that was called; `memberId`: who answered, after `waitedMs` since the INVITE. */
  readonly queue?: {
    readonly queueId: QueueId;
    readonly name: string;
    readonly waitedMs?: number;
    readonly memberId?: PersonId;
  };
  readonly carrierId?: CarrierId;
  readonly hub?: string;
  readonly legs: readonly CallLegRecord[];
  readonly attempts: readonly RouteAttempt[];
  readonly invitedAt: number;
  readonly setupMs?: number; // INVITE in -> INVITE out
  readonly ringingMs?: number; // INVITE in -> first 18x
  readonly answeredMs?: number; // INVITE in -> 200
  readonly endedAt?: number;
  readonly talkMs?: number;
  readonly result?: ResultClass;
  readonly status?: number; // SIP final towards the caller
  readonly q850?: number;
  /** Stable code of the verdict, for example `no-route`, `PRV-303`. */
  readonly code?: string;
  /** The verdict in a sentence. */
  readonly sentence?: string;
  readonly endedBy?: EndedBy;
  readonly closedBy?: 'normal' | 'crash' | 'sweeper';
  /** In words, in order: why it went where it went. */
  readonly why: readonly string[];
  /** Microsoft's correlation id, from x-i or the REASON text: the handle for their support. */
  readonly microsoftCorrelationId?: string;
}

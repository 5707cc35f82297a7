import type { CallId, CallRecord } from '@tandem/domain';
import type { DialogSnapshot } from '@tandem/sip/ua/types.ts';

/** One line of a ladder: a SIP message or one of our own steps. */
export interface LadderEntry {
  /** Monotonic ms since the call's first INVITE. */
  readonly atMs: number;
  readonly leg: 'a' | 'b';
  readonly direction: 'in' | 'out';
  /** Peer as `TLS 127.0.0.1:16111`, or `step` for internal ones. */
  readonly peer: string;
  /** The whole message as sent (latin1), keys and credentials already redacted. For steps a sentence. */
  readonly text: string;
}

export interface CallCheckpoint {
  readonly callId: CallId;
  readonly a: DialogSnapshot;
  /** Absent while the caller waits in a queue. */
  readonly b?: DialogSnapshot;
  readonly record: CallRecord;
}

/**
 * Where a call's facts go (I4, I5). `opened` and `closed` are in the journal before the database knows of them; they
 * never wait and never throw: a journal that cannot be written is counted and alarmed, the call goes on (I1).
 */
export interface CallLog {
  opened(record: CallRecord): void;
  /**
   * Resolves when the confirmed checkpoint is on disk (budget 5 ms), or when the log has given up: then `false`.
   */
  confirmed(checkpoint: CallCheckpoint): Promise<boolean>;
  closed(record: CallRecord, ladder: readonly LadderEntry[]): void;
}

import type { UserAgent } from '@tandem/sip/ua/types.ts';
import type { PeerBook } from '../health/peer-book.ts';
import type { CallLog } from '../ports/call-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { MediaPort } from '../ports/media-port.ts';
import type { EngineSettings } from '../settings.ts';
import type { Call } from './call.ts';

/** What every call shares. */
export interface CallDeps {
  readonly ua: UserAgent;
  readonly media: MediaPort;
  readonly log: CallLog;
  readonly clock: Clock;
  readonly peers: PeerBook;
  readonly settings: EngineSettings;
  fraction(): number;
  /** A branch of the B side got a Call-ID: messages with it belong to this call's ladder. */
  onLegId(call: Call, sipCallId: string): void;
  onAnswered(call: Call): void;
  onChange(call: Call): void;
  onOver(call: Call): void;
  onBug(call: Call, error: unknown): void;
}

export const sdpType = 'application/sdp';

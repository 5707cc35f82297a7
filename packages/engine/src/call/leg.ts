import { type Direction, directionOf } from '@tandem/sip/sdp/direction.ts';
import { parseSdp } from '@tandem/sip/sdp/sdp.ts';
import type { SessionTerms } from '@tandem/sip/session-timer/negotiate.ts';
import type { Dialog } from '@tandem/sip/ua/types.ts';
import type { LegRole } from './call-failure.ts';

/** One side of a call once it has a dialog. */
export class Leg {
  readonly side: 'a' | 'b';
  readonly role: LegRole;
  sipCallId = '';
  /** For the record, as `TLS 127.0.0.1:16111`. */
  peer: string | undefined;
  dialog: Dialog | undefined;
  /** The peer's last SDP, byte for byte: the same again is a refresh. */
  sdp: Buffer | undefined;
  /** Our last SDP towards the peer: a refresh says it again, byte for byte (RFC 4028 7.4, teams-direct-routing 5.2). */
  sent: Buffer | undefined;
  direction: Direction = 'sendrecv';
  timer: SessionTerms | undefined;
  stopTimer: (() => void) | undefined;

  constructor(side: 'a' | 'b', role: LegRole) {
    this.side = side;
    this.role = role;
  }

  /** Remembers what the peer said last. */
  heard(sdp: Buffer): void {
    this.sdp = sdp;
    this.direction = audioDirection(sdp);
  }

  /** This side has put the other one on hold (RFC 3264 §8.4); `recvonly` is how the other one says yes to that. */
  get holds(): boolean {
    return this.direction === 'sendonly' || this.direction === 'inactive';
  }

  get alive(): boolean {
    return this.dialog !== undefined && this.dialog.state !== 'ended';
  }
}

/** Direction of the first audio line as its sender sees it; what cannot be read is taken for sendrecv. */
export function audioDirection(sdp: Buffer): Direction {
  // Most SDP has no direction at all: not worth parsing.
  if (!sdp.includes('only') && !sdp.includes('inactive') && !sdp.includes('0.0.0.0')) return 'sendrecv';
  const outcome = parseSdp(sdp);
  if (!outcome.ok) return 'sendrecv';
  const audio = outcome.sdp.media.find((media) => media.kind === 'audio');
  return audio ? directionOf(outcome.sdp, audio) : 'sendrecv';
}

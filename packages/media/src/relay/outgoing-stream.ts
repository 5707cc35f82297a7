/**
 * The one RTP stream that we send on a leg. Its SSRC stays, its sequence numbers and timestamps run on, whoever is
 * heard behind it: the other party, its successor after a transfer, a prompt, DTMF. Call {@link OutgoingStream.relay} or
 * {@link OutgoingStream.local}, then read `sequence`, `timestamp` and `marker`.
 */

/** Beyond these a source has started over (RFC 3550 A.1 uses the same). */
const MAX_AHEAD = 3000;
const MAX_BEHIND = 100;
const FRAME = 160;
const NO_SOURCE = -1;
const LOCAL_SOURCE = -2;

export class OutgoingStream {
  readonly ssrc: number;
  sequence = 0;
  timestamp = 0;
  marker = false;
  packets = 0;
  octets = 0;

  #source = NO_SOURCE;
  #highest: number;
  #lastTimestamp: number;
  #lastMs = -1;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #clock = 8000;
  #suspect = -1;

  /** `firstSequence` below 2^15: RFC 3711 §3.3.1, the rollover counter is not signalled. */
  constructor(ssrc: number, firstSequence: number, firstTimestamp: number) {
    this.ssrc = ssrc;
    this.#highest = (firstSequence - 1) & 0xffff;
    this.#lastTimestamp = firstTimestamp;
  }

  /** A packet of the other party. False: leave it out (a lone jump, until its successor confirms it). */
  relay(ssrc: number, sequence: number, timestamp: number, nowMs: number, clock: number): boolean {
    if (ssrc !== this.#source) this.#rebase(ssrc, sequence, timestamp, nowMs, clock);
    let ahead = ((sequence + this.#sequenceOffset - this.#highest) << 16) >> 16;
    if (ahead > MAX_AHEAD || ahead < -MAX_BEHIND) {
      if (sequence !== this.#suspect) {
        this.#suspect = (sequence + 1) & 0xffff;
        return false;
      }
      this.#rebase(ssrc, sequence, timestamp, nowMs, clock);
      ahead = 1;
    }
    this.sequence = (sequence + this.#sequenceOffset) & 0xffff;
    this.timestamp = (timestamp + this.#timestampOffset) >>> 0;
    if (ahead > 0) {
      this.#highest = this.sequence;
      this.#lastTimestamp = this.timestamp;
      this.#lastMs = nowMs;
      this.#clock = clock;
    }
    return true;
  }

  /** A packet of the other party that is deliberately not passed on must not look like loss. */
  skip(ssrc: number, sequence: number): void {
    if (ssrc === this.#source && ((sequence + this.#sequenceOffset - this.#highest) & 0xffff) === 1)
      this.#sequenceOffset -= 1;
  }

  /** The other party is kept out for reasons of ours (hold); when it is heard again it starts a new talk spurt. */
  interruptRelay(): void {
    if (this.#source !== LOCAL_SOURCE) this.#source = NO_SOURCE;
  }

  /** One 20 ms frame of our own making. */
  local(nowMs: number): void {
    if (this.#source !== LOCAL_SOURCE) {
      this.#source = LOCAL_SOURCE;
      this.#lastTimestamp = this.#elapsed(nowMs);
      this.#clock = 8000;
      this.marker = true;
    } else {
      this.#lastTimestamp = (this.#lastTimestamp + FRAME) >>> 0;
      this.marker = false;
    }
    this.#highest = (this.#highest + 1) & 0xffff;
    this.sequence = this.#highest;
    this.timestamp = this.#lastTimestamp;
    this.#lastMs = nowMs;
  }

  /** A frame of our own in which nothing is sent (the pause between two DTMF digits). */
  pause(nowMs: number): void {
    if (this.#source !== LOCAL_SOURCE) return;
    this.#lastTimestamp = (this.#lastTimestamp + FRAME) >>> 0;
    this.#lastMs = nowMs;
  }

  sent(octets: number): void {
    this.packets += 1;
    this.octets += octets;
  }

  /** What the RTP clock shows now, for sender reports. */
  timestampAt(nowMs: number): number {
    if (this.#lastMs < 0) return this.#lastTimestamp;
    return (this.#lastTimestamp + Math.round(((nowMs - this.#lastMs) * this.#clock) / 1000)) >>> 0;
  }

  #rebase(ssrc: number, sequence: number, timestamp: number, nowMs: number, clock: number): void {
    this.#source = ssrc;
    this.#suspect = -1;
    this.#sequenceOffset = (this.#highest + 1 - sequence) & 0xffff;
    this.#timestampOffset = (this.#elapsed(nowMs) - timestamp) | 0;
    this.#clock = clock;
    this.marker = true;
  }

  /** The first timestamp of a new source: as much later as time has passed, at least a frame. */
  #elapsed(nowMs: number): number {
    if (this.#lastMs < 0) return this.#lastTimestamp;
    const samples = Math.max(FRAME, Math.round(((nowMs - this.#lastMs) * this.#clock) / 1000));
    return (this.#lastTimestamp + samples) >>> 0;
  }
}

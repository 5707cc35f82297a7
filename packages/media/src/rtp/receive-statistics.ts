/**
 * What a receiver knows about one party's stream: RFC 3550 A.1 (sequence numbers), A.3 (loss) and A.8 (jitter). It
 * survives a change of SSRC or a restart of the numbers: what was counted before is kept in the totals.
 */

const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;

export interface ReportBlock {
  readonly ssrc: number;
  /** Of 256, since the last report. */
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly extendedHighestSequence: number;
  /** In timestamp units. */
  readonly jitter: number;
  readonly lastSenderReport: number;
  /** In 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

export class ReceiveStatistics {
  ssrc = -1;
  /** All packets, whatever their SSRC. */
  received = 0;

  #base = 0;
  #max = 0;
  #cycles = 0;
  #count = 0;
  #bad = -1;
  #earlierLost = 0;
  #earlierExpected = 0;
  #priorExpected = 0;
  #priorReceived = 0;
  #transit = 0;
  #hasTransit = false;
  #jitter = 0;
  #clock = 8000;

  /**
   * `nowMs`: arrival, monotonic. `clockRate`: of this packet's payload type; 0 for packets whose timestamp stands still
   * (telephone events), which count but say nothing about jitter.
   */
  update(ssrc: number, sequence: number, timestamp: number, nowMs: number, clockRate: number): void {
    this.received += 1;
    if (ssrc !== this.ssrc) {
      this.#closeRun();
      this.ssrc = ssrc;
      this.#start(sequence);
    } else if (!this.#advance(sequence)) return;
    this.#count += 1;
    if (clockRate > 0) this.#updateJitter(timestamp, nowMs, clockRate);
  }

  get lost(): number {
    return this.#earlierLost + Math.max(0, this.#expected - this.#count);
  }

  get lossFraction(): number {
    const expected = this.#earlierExpected + this.#expected;
    return expected === 0 ? 0 : this.lost / expected;
  }

  get jitterMs(): number {
    return (this.#jitter * 1000) / this.#clock;
  }

  /** The block for our next RTCP report; closes the interval that `fractionLost` speaks about. */
  report(lastSenderReport: number, delaySinceLastSenderReport: number): ReportBlock {
    const expected = this.#expected;
    const expectedNow = expected - this.#priorExpected;
    const receivedNow = this.#count - this.#priorReceived;
    this.#priorExpected = expected;
    this.#priorReceived = this.#count;
    const lostNow = expectedNow - receivedNow;
    return {
      ssrc: this.ssrc >>> 0,
      fractionLost:
        expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      cumulativeLost: expected - this.#count,
      extendedHighestSequence: (this.#cycles + this.#max) >>> 0,
      jitter: Math.floor(this.#jitter),
      lastSenderReport,
      delaySinceLastSenderReport,
    };
  }

  get #expected(): number {
    return this.#count === 0 ? 0 : this.#cycles + this.#max - this.#base + 1;
  }

  #start(sequence: number): void {
    this.#base = sequence;
    this.#max = sequence;
    this.#cycles = 0;
    this.#count = 0;
    this.#bad = -1;
    this.#priorExpected = 0;
    this.#priorReceived = 0;
    this.#hasTransit = false;
  }

  #closeRun(): void {
    this.#earlierLost += Math.max(0, this.#expected - this.#count);
    this.#earlierExpected += this.#expected;
    this.#count = 0;
  }

  /** A.1. False for a packet that does not count (a jump that only its successor would confirm). */
  #advance(sequence: number): boolean {
    const delta = (sequence - this.#max) & 0xffff;
    if (delta < MAX_DROPOUT) {
      if (sequence < this.#max) this.#cycles += 0x1_0000;
      this.#max = sequence;
    } else if (delta <= 0x1_0000 - MAX_MISORDER) {
      if (sequence !== this.#bad) {
        this.#bad = (sequence + 1) & 0xffff;
        return false;
      }
      this.#closeRun();
      this.#start(sequence);
    }
    return true;
  }

  #updateJitter(timestamp: number, nowMs: number, clockRate: number): void {
    if (clockRate !== this.#clock) {
      this.#clock = clockRate;
      this.#hasTransit = false;
    }
    const transit = ((nowMs * clockRate) / 1000 - timestamp) % 0x1_0000_0000;
    if (this.#hasTransit) {
      let difference = Math.abs(transit - this.#transit);
      if (difference > 0x8000_0000) difference = Math.abs(0x1_0000_0000 - difference);
      // A jump of more than ten seconds is a new time base, not jitter.
      if (difference < clockRate * 10) this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#transit = transit;
    this.#hasTransit = true;
  }
}

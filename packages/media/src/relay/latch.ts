import type { LatchPolicy } from './relay-commands.ts';

/** After signalling, how long a party behind NAT has to show itself (reliability T08). */
export const LATCH_WINDOW_MS = 3000;
const CONSECUTIVE = 5;

/**
 * Decides whose plain packets are heard on one port (reliability T08): latches once, then only that source; a re-latch
 * needs new signalling.
 */
export class Latch {
  address: string | undefined;
  port = 0;

  #policy: LatchPolicy = 'sdp';
  #sdpAddress: string | undefined;
  #sdpPort = 0;
  #openUntilMs = -Infinity;
  #candidateAddress: string | undefined;
  #candidatePort = 0;
  #candidateSsrc = -1;
  #candidateNext = -1;
  #candidateCount = 0;

  /** New signalling. Keeps what is latched when the party did not move. */
  signal(policy: LatchPolicy, address: string, port: number, nowMs: number, relatch: boolean): void {
    const moved = address !== this.#sdpAddress || port !== this.#sdpPort || policy !== this.#policy;
    this.#policy = policy;
    this.#sdpAddress = address;
    this.#sdpPort = port;
    this.#openUntilMs = nowMs + LATCH_WINDOW_MS;
    if (moved || relatch) {
      this.address = undefined;
      this.port = 0;
      this.#candidateCount = 0;
    }
  }

  /** Nobody may be heard until signalled again. */
  close(): void {
    this.address = undefined;
    this.#sdpAddress = undefined;
    this.#sdpPort = 0;
  }

  accepts(address: string, port: number, ssrc: number, sequence: number, nowMs: number): boolean {
    if (this.address !== undefined) return port === this.port && address === this.address;
    if (this.#sdpAddress === undefined) return false;
    if (port === this.#sdpPort && address === this.#sdpAddress) return this.#fix(address, port);
    if (this.#policy !== 'first-source' || nowMs > this.#openUntilMs) return false;
    return this.#isFifthInARow(address, port, ssrc, sequence) && this.#fix(address, port);
  }

  /** On a protected leg the tag has already decided; a party behind NAT is then answered where it is. */
  acceptsAuthenticated(address: string, port: number): void {
    if (this.address === undefined && this.#policy === 'first-source') this.#fix(address, port);
  }

  /** One source at a time may try, so that a spray from many cannot add up. */
  #isFifthInARow(address: string, port: number, ssrc: number, sequence: number): boolean {
    const continues =
      sequence === this.#candidateNext &&
      ssrc === this.#candidateSsrc &&
      port === this.#candidatePort &&
      address === this.#candidateAddress;
    this.#candidateCount = continues ? this.#candidateCount + 1 : 1;
    this.#candidateAddress = address;
    this.#candidatePort = port;
    this.#candidateSsrc = ssrc;
    this.#candidateNext = (sequence + 1) & 0xffff;
    return this.#candidateCount >= CONSECUTIVE;
  }

  #fix(address: string, port: number): boolean {
    this.address = address;
    this.port = port;
    return true;
  }
}

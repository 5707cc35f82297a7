import type { Flow } from '@tandem/sip/ua/types.ts';
import { flowKey, keyOfFlow } from './bindings.ts';
import { BoundedMap } from './bounded-map.ts';
import type { UnprovenBudget } from './unproven-budget.ts';

/** Why something that came to a phones' listener was met with silence. */
export type DoorFault = 'too-fast' | 'scanner' | 'not-for-strangers';

/** How long a flow that proved whose it is stays known without proving it again. */
const knownMs = 2 * 3_600_000;
const knownFlows = 50_000;

/**
 * What strangers may say: REGISTER, INVITE and SUBSCRIBE begin with a challenge and pay there; ACK and CANCEL belong to a
 * challenged INVITE, and a phone on a new connection may say BYE, or refresh a lamp that nobody knows any more, before it
 * registers again: that is answered without a challenge, so it pays here.
 */
const openers = /^(?:(?:REGISTER|INVITE|ACK)|(BYE|CANCEL|SUBSCRIBE)) /;
/**
 * Tools that look for platforms to break into name themselves; no phone is called so. No two repetitions may take the same
 * characters: a stranger's line of spaces must cost no more than its length (T04).
 */
const scanners =
  /\n(?:User-Agent|Server)[ \t]*:[^\r\n]*(?:friendly-scanner|sipvicious|sundayddr|sip-?scan|sipcli|sipsak|smap|pplsip|vaxsipuseragent|iwar|siparmyknife|eyebeam-scan|voipscan)/i;
const scannedBytes = 4_096;

/**
 * Whom the phones' listeners listen to at all, before anything is parsed: flows that proved themselves, and strangers
 * who open with REGISTER, INVITE or SUBSCRIBE while their address has points left. Everybody else gets silence (T02).
 */
export class PhoneDoor {
  readonly #now: () => number;
  readonly #budget: UnprovenBudget;
  readonly #known = new BoundedMap<string, number>(knownFlows);
  readonly #onFault: (fault: DoorFault) => void;

  constructor(now: () => number, budget: UnprovenBudget, onFault: (fault: DoorFault) => void) {
    this.#now = now;
    this.#budget = budget;
    this.#onFault = onFault;
  }

  /** This flow proved whose phone it is. */
  prove(flow: string): void {
    this.#known.set(flow, this.#now() + knownMs);
  }

  readonly keyOf: (flow: Pick<Flow, 'protocol' | 'remote'>) => string = keyOfFlow;

  forget(flow: string): void {
    this.#known.delete(flow);
  }

  knows(flow: string): boolean {
    return (this.#known.get(flow) ?? Number.NEGATIVE_INFINITY) > this.#now();
  }

  /** A datagram, unread; a new connection. */
  admitsAddress(address: string, port: number, protocol: 'UDP' | 'TCP' | 'TLS' = 'UDP'): boolean {
    if (this.knows(flowKey(protocol, address, port)) || this.#budget.hasPoints(address, this.#now()))
      return true;
    this.#onFault('too-fast');
    return false;
  }

  /** A message, unparsed. False: as if it had never come. */
  admitsMessage(bytes: Buffer, flow: Pick<Flow, 'protocol' | 'remote'>): boolean {
    if (this.knows(keyOfFlow(flow))) return true;
    const fault = this.#faultOf(bytes, flow.remote.host);
    if (fault) this.#onFault(fault);
    return fault === undefined;
  }

  #faultOf(bytes: Buffer, address: string): DoorFault | undefined {
    if (!this.#budget.hasPoints(address, this.#now())) return 'too-fast';
    const text = bytes.toString('latin1', 0, scannedBytes);
    const opener = openers.exec(text);
    if (!opener) return 'not-for-strangers';
    if (opener[1]) this.#budget.spend(address, 1, this.#now());
    return scanners.test(text) ? 'scanner' : undefined;
  }
}

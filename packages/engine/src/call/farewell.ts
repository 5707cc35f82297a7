import { Headers } from '@tandem/sip';
import type { IncomingInvite } from '@tandem/sip/ua/types.ts';
import type { Branch } from './branch.ts';
import { sdpType } from './call-deps.ts';
import type { Ending } from './ending.ts';
import type { Leg } from './leg.ts';

/** What the record of a call that ends still waits for. */
type Awaited = 'a' | 'a-ack' | 'media' | Branch;

export interface FarewellCaller {
  readonly invite: IncomingInvite;
  readonly leg: Leg;
  /** Our Contact towards the caller. */
  readonly contact: string;
}

/** Both sides are told that the call is over, and who has not said so yet is waited for: the record closes after the last. */
export class Farewell {
  readonly #caller: FarewellCaller;
  /** Nobody and nothing is waited for any more. */
  readonly #over: () => void;
  readonly #awaited = new Set<Awaited>();

  constructor(caller: FarewellCaller, over: () => void) {
    this.#caller = caller;
    this.#over = over;
  }

  get waits(): boolean {
    return this.#awaited.size > 0;
  }

  awaits(what: Awaited): void {
    this.#awaited.add(what);
  }

  /** This much is over. */
  quiet(what: Awaited): void {
    if (this.#awaited.delete(what) && this.#awaited.size === 0) this.#over();
  }

  /** The final answer to who has none yet, else BYE. `status`: what the record says. */
  toCaller(ending: Ending, reason: string, status: number | undefined): void {
    const { invite, leg, contact } = this.#caller;
    if (invite.state === 'proceeding') {
      const headers = Headers.of([['Reason', reason]]);
      if (status === 415) headers.append('Accept', sdpType); // RFC 3261 §21.4.13
      this.awaits('a-ack');
      invite.reject(status === undefined || status < 300 ? 480 : status, { headers, contact });
      return;
    }
    if (!leg.alive || (ending.kind === 'hung-up' && ending.by === 'caller')) return;
    this.#bye(leg, 'a', reason);
  }

  /** CANCEL to who still rings, BYE to who answered. */
  toCalled(branches: readonly Branch[], winner: Branch | undefined, ending: Ending, reason: string): void {
    for (const branch of branches) {
      if (branch !== winner) {
        branch.cancel(reason, false);
        if (branch.pending) this.awaits(branch);
      } else if (branch.leg.alive && !(ending.kind === 'hung-up' && ending.by === 'callee')) {
        this.#bye(branch.leg, branch, reason);
      }
    }
  }

  #bye(leg: Leg, what: Awaited, reason: string): void {
    this.awaits(what);
    if (!leg.dialog) return;
    leg.dialog.onEnded = () => this.quiet(what);
    leg.dialog.bye(reason);
  }
}

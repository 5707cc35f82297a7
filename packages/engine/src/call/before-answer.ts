import { type SipResponse, toTagOf } from '@tandem/sip';
import { sessionBodyOf } from '@tandem/sip/body/session-body.ts';
import type { IncomingInvite } from '@tandem/sip/ua/types.ts';
import type { Branch } from './branch.ts';
import type { CallState } from './call.machine.ts';
import { sdpType } from './call-deps.ts';
import type { Leg } from './leg.ts';

export interface Caller {
  readonly invite: IncomingInvite;
  readonly leg: Leg;
  /** Our Contact towards the caller. */
  readonly contact: string;
  /** The state of the call now. */
  state(): CallState;
  guard(work: () => void | Promise<void>): void;
}

/**
 * What the caller hears before somebody answers. With one branch its early media is passed on, and our own ringback fills
 * what is silent. With several nobody knows whose media it should be: the caller gets 18x without SDP and plays its own
 * ringback.
 */
export class BeforeAnswer {
  /** The caller has an SDP from us in an 18x: it hears what we send, so nothing but media must be told it. */
  earlyMedia = false;
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Nothing to hear for too long: the caller gets a sign of life (S8, DESIGN 6.1). `only`: the one branch there is. */
  soothe(only: Branch | undefined): void {
    const { invite, leg, contact, guard, state } = this.#caller;
    if (leg.role === 'teams' || leg.sdp === undefined || !only) {
      invite.progress(183, { contact, reason: 'Session Progress' });
      return;
    }
    guard(async () => {
      const { media } = only;
      const answer = await media?.answerLocally('a');
      if (!answer?.ok || state() !== 'soothing') return;
      leg.sent = answer.value;
      this.earlyMedia = true;
      invite.progress(183, { contact, body: answer.value, contentType: sdpType });
      media?.playRingback('a');
    });
  }

  /** 18x of a branch. `first`: of the whole call. What may follow it depends on who called and who is called. */
  progress(branch: Branch, alone: boolean, response: SipResponse, first: boolean): void {
    const { invite, leg, contact, guard } = this.#caller;
    if (!alone) {
      if (first) invite.progress(180, { contact });
      return;
    }
    if (this.earlyMedia) return; // it hears us already: our ringback gives way to the first RTP
    const body = sessionBodyOf(response);
    if (body.kind === 'sdp' && leg.sdp !== undefined && (first || branch.leg.role === 'carrier')) {
      this.earlyMedia = true;
      guard(() => this.#relay(branch, body.bytes, toTagOf(response) ?? ''));
    } else if (first) invite.progress(response.status === 183 ? 183 : 180, { contact });
  }

  /**
   * MICROSOFT: a 183 whose media is silent is normal (teams-direct-routing 4.7): the caller gets our ringback until
   * RTP really arrives.
   */
  async #relay(branch: Branch, sdp: Buffer, fork: string): Promise<void> {
    const { invite, contact, state } = this.#caller;
    const { media } = branch;
    const answer = await media?.answer('b', sdp, fork);
    if (state() !== 'ringing') return;
    if (!answer?.ok) {
      this.earlyMedia = false;
      invite.progress(180, { contact });
      return;
    }
    invite.progress(183, { contact, body: answer.value, contentType: sdpType });
    if (branch.leg.role === 'teams') media?.playRingback('a');
  }
}

import { Headers, type SipResponse, toTagOf } from '@tandem/sip';
import { sessionBodyOf } from '@tandem/sip/body/session-body.ts';
import { glareDelayMs } from '@tandem/sip/dialog/glare.ts';
import { parseMinSe } from '@tandem/sip/header/number.ts';
import {
  negotiateSessionTimer,
  type SessionTerms,
  sessionDelayMs,
  sessionTermsOf,
} from '@tandem/sip/session-timer/negotiate.ts';
import type { DialogEnd, IncomingRequest } from '@tandem/sip/ua/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { MediaSession } from '../ports/media-port.ts';
import { allowHeader } from '../settings.ts';
import type { Ending } from './ending.ts';
import { audioDirection, type Leg } from './leg.ts';
import { q850CauseOf } from './reason.ts';
/** What the answered part of a call needs from the call. */
export interface SessionOwner {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  fraction(): number;
  readonly media: MediaSession;
  talking(): boolean;
  end(ending: Ending): void;
  /** Runs `work`; a bug in it ends this call and nothing else. */
  guard(work: () => void | Promise<void>): void;
  noted(side: 'a' | 'b', sentence: string): void;
  /** The call is on hold now, or not any more. */
  heldChanged(): void;
}

const sdpType = 'application/sdp';
/** A refresh that could not be sent is tried again: half of the shortest session leaves time for it. */
const unsentRefreshMs = 10_000;
/** Attempts to repeat a re-INVITE after 491 before the change stays on its own leg. */
const glareTries = 3;

/** A change of one side that the other one is told. */
interface Change {
  readonly leg: Leg;
  readonly other: Leg;
  readonly incoming: IncomingRequest;
  /** What the peer on `leg` had said before. */
  readonly before: Buffer | undefined;
  readonly offer: Buffer;
  readonly headers: Headers;
}

/**
 * The answered part of a call: re-INVITEs (hold, resume, refresh, moved media), session timers, and what ends a
 * dialog. A refresh and a moved address end on their own leg; only a change of direction is told to the other side
 * (teams-direct-routing 5.1, 5.2: a carrier's refresh passed on makes Teams hang up).
 */
export class Session {
  readonly #owner: SessionOwner;
  readonly #legs: { readonly a: Leg; readonly b: Leg };
  /** A change of one side on its way to the other; a second one meanwhile gets 491. */
  #changing: IncomingRequest | undefined;
  #stopRetry: (() => void) | undefined;

  constructor(owner: SessionOwner, legs: { readonly a: Leg; readonly b: Leg }) {
    this.#owner = owner;
    this.#legs = legs;
  }

  /** From now on this leg's dialog is ours to answer. */
  attach(leg: Leg): void {
    const { dialog } = leg;
    if (!dialog) return;
    dialog.onRequest = (request) => this.#owner.guard(() => this.#receive(leg, request));
    dialog.onEnded = (why) => this.#owner.guard(() => this.#dialogEnded(leg, why));
  }

  get onHold(): boolean {
    return this.#legs.a.direction !== 'sendrecv' || this.#legs.b.direction !== 'sendrecv';
  }

  /** One side, or both, put the other on hold. */
  get held(): boolean {
    return this.#legs.a.holds || this.#legs.b.holds;
  }

  #turned(turn: () => void): void {
    const before = this.held;
    turn();
    if (this.held !== before) this.#owner.heldChanged();
  }

  stop(): void {
    this.#stopRetry?.();
    for (const leg of [this.#legs.a, this.#legs.b]) {
      leg.stopTimer?.();
      leg.stopTimer = undefined;
    }
    this.#changing = undefined;
  }

  // ---------------------------------------------------------------- requests of a peer

  #receive(leg: Leg, incoming: IncomingRequest): void {
    const { method } = incoming.request;
    if (method === 'OPTIONS') incoming.respond(200);
    else if (method !== 'INVITE') {
      // UPDATE, INFO, REFER and the rest: not in our Allow, so whoever sends them has not read it.
      incoming.respond(405, { headers: Headers.of([['Allow', allowHeader]]) });
    } else if (!this.#owner.talking() || this.#changing) incoming.respond(491);
    else this.#owner.guard(() => this.#reinvite(leg, incoming));
  }

  async #reinvite(leg: Leg, incoming: IncomingRequest): Promise<void> {
    const offered = negotiateSessionTimer(incoming.request);
    if (offered.kind === 'too-small') {
      incoming.respond(422, { headers: Headers.of([['Min-SE', String(offered.minSeconds)]]) });
      return;
    }
    const headers = Headers.of(offered.kind === 'on' ? offered.headers : []);
    if (offered.kind === 'on') this.startTimer(leg, offered.terms);

    const body = sessionBodyOf(incoming.request);
    if (body.kind === 'unsupported' || body.kind === 'broken') {
      const accept = Headers.of([['Accept', sdpType]]);
      incoming.respond(body.kind === 'broken' ? 400 : 415, { headers: accept });
      return;
    }
    this.#changing = incoming;
    try {
      if (body.kind === 'none') await this.#lateOffer(leg, incoming, headers);
      else await this.#offer(leg, incoming, body.bytes, headers);
    } finally {
      if (this.#changing === incoming && incoming.answered) this.#changing = undefined;
    }
  }

  /** Offerless re-INVITE: our offer goes out in the 200, the answer comes in the ACK. The other leg hears nothing. */
  async #lateOffer(leg: Leg, incoming: IncomingRequest, headers: Headers): Promise<void> {
    const { dialog } = leg;
    const outcome = await this.#owner.media.offerTo(leg.side);
    if (incoming.answered || !dialog) return;
    if (!outcome.ok) {
      incoming.respond(488);
      return;
    }
    dialog.onAck = (ack) => {
      dialog.onAck = undefined;
      const answer = sessionBodyOf(ack);
      if (answer.kind !== 'sdp') return;
      this.#owner.guard(async () => {
        this.#turned(() => leg.heard(answer.bytes));
        await this.#owner.media.answer(leg.side, answer.bytes, '');
      });
    };
    leg.sent = outcome.value;
    incoming.respond(200, { headers, body: outcome.value, contentType: sdpType });
  }

  async #offer(leg: Leg, incoming: IncomingRequest, sdp: Buffer, headers: Headers): Promise<void> {
    const { media } = this.#owner;
    const refresh = leg.sdp?.equals(sdp) ?? false;
    const direction = audioDirection(sdp);
    const turned = !refresh && direction !== leg.direction;
    const before = leg.sdp;
    const outcome = await media.offer(leg.side, sdp);
    if (incoming.answered) {
      await this.#takeBack(leg, before, undefined);
      return;
    }
    if (!outcome.ok) {
      incoming.respond(488); // the session stays as it was (RFC 3261 14.2)
      return;
    }
    this.#turned(() => leg.heard(sdp));
    const other = leg.side === 'a' ? this.#legs.b : this.#legs.a;
    if (!turned || !other.alive) {
      await this.#answerHere(leg, incoming, headers);
      return;
    }
    this.#owner.noted(
      other.side,
      direction === 'sendrecv' ? 'The call is taken off hold.' : 'The call is put on hold.',
    );
    this.#passOn({ leg, other, incoming, before, offer: outcome.value, headers }, glareTries);
  }

  #passOn(change: Change, tries: number): void {
    const { leg, other, incoming, before, offer, headers } = change;
    const settle = (work: () => Promise<void>): void =>
      this.#owner.guard(async () => {
        await work();
        if (this.#changing === incoming) this.#changing = undefined;
      });
    if (incoming.answered) {
      settle(() => this.#takeBack(leg, before, undefined));
      return;
    }
    other.dialog?.request({
      method: 'INVITE',
      body: offer,
      contentType: sdpType,
      headers: this.#timerHeaders(other),
      onFinal: (final) => {
        const response = final.kind === 'response' ? final.response : undefined;
        if (response?.status === 491 && tries > 1) {
          const wait = glareDelayMs(other.side === 'b', this.#owner.fraction());
          this.#stopRetry = this.#owner.clock.after(wait, () =>
            this.#owner.guard(() => this.#passOn(change, tries - 1)),
          );
          return;
        }
        settle(async () => {
          const answer = response && response.status < 300 ? sessionBodyOf(response) : undefined;
          if (response && answer?.kind === 'sdp') {
            const back = await this.#owner.media.answer(other.side, answer.bytes, toTagOf(response) ?? '');
            this.#agreeTimer(other, response);
            other.sdp = answer.bytes;
            // Whoever was held and refreshed meanwhile said `inactive` only because of that.
            if (leg.direction === 'sendrecv' && audioDirection(answer.bytes) === 'sendrecv')
              this.#turned(() => {
                other.direction = 'sendrecv';
              });
            other.sent = offer;
            if (incoming.answered) {
              await this.#takeBack(leg, before, other);
              return;
            }
            if (back.ok && !incoming.answered) {
              leg.sent = back.value;
              incoming.respond(200, { headers, body: back.value, contentType: sdpType });
              return;
            }
          }
          if (incoming.answered) await this.#takeBack(leg, before, undefined);
          // The other side would not follow: the change stays on the leg that wanted it.
          else if (this.#owner.talking()) await this.#answerHere(leg, incoming, headers);
        });
      },
    });
  }

  /**
   * The peer took its re-INVITE back (CANCEL, RFC 3261 §14.1: as if it had never been): media and, where it had been told
   * already, the other side (`told`) are as before.
   */
  async #takeBack(leg: Leg, before: Buffer | undefined, told: Leg | undefined): Promise<void> {
    const { media } = this.#owner;
    if (!before || !this.#owner.talking()) return;
    this.#turned(() => leg.heard(before));
    const offer = await media.offer(leg.side, before);
    const { dialog } = told ?? {};
    if (!offer.ok || !told?.alive || !dialog) {
      await media.answerLocally(leg.side);
      return;
    }
    this.#owner.noted(told.side, 'The change was taken back, so the other side is told again.');
    await new Promise<void>((done) => {
      dialog.request({
        method: 'INVITE',
        body: offer.value,
        contentType: sdpType,
        headers: this.#timerHeaders(told),
        onFinal: (final) =>
          this.#owner.guard(async () => {
            const response = final.kind === 'response' ? final.response : undefined;
            const answer = response && response.status < 300 ? sessionBodyOf(response) : undefined;
            if (response && answer?.kind === 'sdp') {
              told.sdp = answer.bytes;
              told.sent = offer.value;
              await media.answer(told.side, answer.bytes, toTagOf(response) ?? '');
            }
            done();
          }),
      });
    });
  }

  async #answerHere(leg: Leg, incoming: IncomingRequest, headers: Headers): Promise<void> {
    const answer = await this.#owner.media.answerLocally(leg.side);
    if (incoming.answered) return;
    if (answer.ok) {
      leg.sent = answer.value;
      incoming.respond(200, { headers, body: answer.value, contentType: sdpType });
    } else incoming.respond(488);
  }

  // ---------------------------------------------------------------- session timers

  startTimer(leg: Leg, timer: SessionTerms): void {
    leg.timer = timer;
    leg.stopTimer?.();
    leg.stopTimer = this.#owner.clock.after(sessionDelayMs(timer), () => {
      leg.stopTimer = undefined;
      this.#owner.guard(() => {
        if (timer.weRefresh) return this.#refresh(leg);
        this.#owner.end({
          kind: 'failure',
          failure: { kind: 'session-expired', side: leg.side },
          by: 'platform',
        });
      });
    });
  }

  /** `minSeconds`: the peer refused a shorter session, and is asked once more with the one that it wants. */
  #refresh(leg: Leg, minSeconds?: number): void {
    const { dialog, timer, sent } = leg;
    if (!leg.alive || !dialog || !timer || !sent || !this.#owner.talking()) return;
    dialog.request({
      method: 'INVITE',
      body: sent,
      contentType: sdpType,
      headers: this.#timerHeaders(leg, minSeconds),
      onFinal: (final) =>
        this.#owner.guard(async () => {
          if (!this.#owner.talking() || !leg.alive) return;
          if (final.kind === 'transport') {
            // A lost connection says nothing about the peer (RFC 5057 §5.1): once more, later. Silence ends the call.
            leg.stopTimer = this.#owner.clock.after(unsentRefreshMs, () =>
              this.#owner.guard(() => this.#refresh(leg)),
            );
            return;
          }
          // No answer, 408 and 481 end the dialog: onEnded tells.
          if (final.kind !== 'response') return;
          const { response } = final;
          if (response.status === 491) {
            leg.stopTimer = this.#owner.clock.after(
              glareDelayMs(leg.side === 'b', this.#owner.fraction()),
              () => this.#owner.guard(() => this.#refresh(leg)),
            );
            return;
          }
          // RFC 4028 §7.4: 422 names the session that the peer takes; without it the session would run out.
          const wanted = response.status === 422 ? response.headers.decode('min-se', parseMinSe) : undefined;
          if (minSeconds === undefined && wanted !== undefined && wanted > timer.intervalSeconds) {
            leg.timer = { ...timer, intervalSeconds: wanted };
            this.#refresh(leg, wanted);
            return;
          }
          // A refusal other than 408 and 481 still proves that the peer lives.
          this.startTimer(leg, sessionTermsOf(response) ?? timer);
          const answer = sessionBodyOf(response);
          if (response.status >= 300 || answer.kind !== 'sdp' || leg.sdp?.equals(answer.bytes)) return;
          await this.#owner.media.answer(leg.side, answer.bytes, toTagOf(response) ?? '');
        }),
    });
  }

  #agreeTimer(leg: Leg, response: SipResponse): void {
    const timer = sessionTermsOf(response);
    if (timer) this.startTimer(leg, timer);
  }

  #timerHeaders(leg: Leg, minSeconds?: number): Headers {
    const headers = new Headers();
    if (minSeconds !== undefined) headers.append('Min-SE', String(minSeconds));
    if (leg.timer) {
      const refresher = leg.timer.weRefresh ? 'uac' : 'uas';
      headers.append('Session-Expires', `${leg.timer.intervalSeconds};refresher=${refresher}`);
    }
    return headers;
  }

  // ---------------------------------------------------------------- the end of a dialog

  #dialogEnded(leg: Leg, why: DialogEnd): void {
    const by = leg.side === 'a' ? 'caller' : 'callee';
    switch (why.kind) {
      case 'bye-received':
        this.#owner.end({ kind: 'hung-up', by, q850: q850CauseOf(why.request) });
        return;
      case 'gone':
        this.#owner.end({
          kind: 'failure',
          failure: { kind: 'peer-gone', side: leg.side, status: why.status },
          by: 'platform',
        });
        return;
      case 'session-expired':
        this.#owner.end({
          kind: 'failure',
          failure: { kind: 'session-expired', side: leg.side },
          by: 'platform',
        });
        return;
      case 'bye-sent':
        return;
    }
  }
}

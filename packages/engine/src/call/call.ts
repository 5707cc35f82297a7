import type { EndedBy } from '@tandem/domain';
import {
  cseqOf,
  fromTagOf,
  Headers,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  toTagOf,
} from '@tandem/sip';
import { sessionBodyOf } from '@tandem/sip/body/session-body.ts';
import { routeSetOf } from '@tandem/sip/dialog/route-set.ts';
import type {
  Destination,
  Dialog,
  DialogSnapshot,
  FinalOutcome,
  Flow,
  IncomingInvite,
  OutgoingInvite,
  UserAgent,
} from '@tandem/sip/ua/types.ts';
import type { PeerBook } from '../health/peer-book.ts';
import type { CallLog } from '../ports/call-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { MediaEvent, MediaPort, MediaProfile, MediaRefusal, MediaSession } from '../ports/media-port.ts';
import type { Route } from '../routing/decision.ts';
import type { EngineSettings } from '../settings.ts';
import { type CallAction, type CallInput, type CallState, stepCall } from './call.machine.ts';
import type { CallFailure } from './call-failure.ts';
import type { Ending } from './ending.ts';
import { type Ladder, peerName, type UnclaimedMessages } from './ladder.ts';
import { Leg } from './leg.ts';
import type { CallParty } from './party.ts';
import { mayTryNext } from './peer-status.ts';
import {
  completedElsewhere,
  microsoftCorrelationId,
  q850CauseOf,
  q850Reason,
  saysCompletedElsewhere,
} from './reason.ts';
import type { RecordDraft } from './record-draft.ts';
import { Session } from './session.ts';
import { acceptedTimer, answerTimer, type OfferedTimer, writeTimer } from './session-timer.ts';
import type { Target } from './target.ts';
import { normalEnd, verdictOf } from './verdicts.ts';

export interface CallDeps {
  readonly ua: UserAgent;
  readonly media: MediaPort;
  readonly log: CallLog;
  readonly clock: Clock;
  readonly peers: PeerBook;
  readonly settings: EngineSettings;
  fraction(): number;
  /** The B leg got a Call-ID: messages with it belong to this call's ladder. */
  onLegId(call: Call, sipCallId: string): void;
  onAnswered(call: Call): void;
  onChange(call: Call): void;
  onOver(call: Call): void;
  onBug(call: Call, error: unknown): void;
}

const sdpType = 'application/sdp';
/** Most calls of a load test and many real ones are over by then, and never pay for it. */
const compactAfterMs = 20_000;

/** One call. Inputs come from the user agent, from media and from timers; `call.machine.ts` says what they mean. */
export class Call {
  readonly record: RecordDraft;
  readonly a: Leg;
  readonly b: Leg;
  readonly startedAt: number;
  readonly #deps: CallDeps;
  readonly #invite: IncomingInvite;
  readonly #contact: string;
  readonly #ladder: Ladder;
  #targets: Iterator<Target> | undefined;
  #state: CallState = 'opening';
  #media: MediaSession | undefined;
  #session: Session | undefined;
  #offeredTimer: OfferedTimer = { kind: 'none' };
  /** The offer for the called side; the same for every target. */
  #offer: Buffer | undefined;
  #outgoing: OutgoingInvite | undefined;
  #tried = 0;
  /** SDP of early forks: a 200 without SDP means the one said before. */
  #forkSdp: Map<string, Buffer> | undefined;
  /** The caller has an SDP from us in an 18x: it hears what we send, so nothing but media must be told it. */
  #earlyMedia = false;
  #timers: (() => void)[] = [];
  #answeredAt: number | undefined;
  /** What the record still waits for. */
  readonly #quiet = new Set<'a' | 'b' | 'a-ack' | 'media'>();

  constructor(
    deps: CallDeps,
    start: {
      readonly invite: IncomingInvite;
      readonly record: RecordDraft;
      readonly startedAt: number;
      readonly ladder: Ladder;
      readonly targets: Iterator<Target> | undefined;
      /** Our Contact towards the caller. */
      readonly contact: string;
    },
  ) {
    this.#deps = deps;
    this.#invite = start.invite;
    this.record = start.record;
    this.startedAt = start.startedAt;
    this.#ladder = start.ladder;
    this.#targets = start.targets;
    this.#contact = start.contact;
    this.a = new Leg('a', start.record.a.role);
    this.b = new Leg('b', start.record.b.role);
    start.record.a.peer = peerName(start.invite.flow);
    this.#noteCorrelation(start.invite.request);
    start.invite.onCancel = (cancel) =>
      this.guard(() => {
        const failure: CallFailure = { kind: 'caller-cancelled', elsewhere: saysCompletedElsewhere(cancel) };
        this.end({ kind: 'failure', failure, by: 'caller' });
      });
    start.invite.onAckTimeout = () => this.guard(() => this.#fail({ kind: 'no-ack' }));
    start.invite.onAck = (ack) => this.guard(() => this.#acked(ack));
  }

  get state(): CallState {
    return this.#state;
  }

  /** Who talks now, as far as they are people of the platform. */
  get parties(): readonly CallParty[] {
    return [];
  }

  get fromTeams(): boolean {
    return this.a.role === 'teams';
  }

  /** A message with one of this call's Call-IDs passed. */
  saw(
    leg: 'a' | 'b',
    direction: 'in' | 'out',
    message: SipMessage,
    peer: Flow | Destination,
    now: number,
    bytes: Buffer,
  ): void {
    this.#ladder.message(leg, direction, bytes, peer, now);
    if (message.kind === 'request' && message.method === 'ACK' && leg === 'a') this.#quieter('a-ack');
  }

  claimLadder(unclaimed: UnclaimedMessages, sipCallId: string): void {
    unclaimed.claim(sipCallId, this.#ladder, 'b');
  }

  // ---------------------------------------------------------------- opening

  /** Routed: get ports and make the offer for the called side. */
  start(route: Route): void {
    this.guard(async () => {
      const { budgets } = this.#deps.settings;
      this.#offeredTimer = answerTimer(this.#invite.request);
      if (this.#offeredTimer.kind === 'too-small') this.#offeredTimer = { kind: 'none' };
      this.#after(this.fromTeams ? budgets.soothTeamsMs : budgets.soothCarrierMs, () => this.#silence());
      this.#after(budgets.ringMs, () =>
        this.#fail({ kind: 'no-answer', afterSeconds: budgets.ringMs / 1000 }),
      );

      const body = sessionBodyOf(this.#invite.request);
      if (body.kind === 'unsupported') return this.#fail({ kind: 'body-unsupported' });
      if (body.kind === 'broken') return this.#fail({ kind: 'sdp-malformed', detail: body.why });
      // MICROSOFT: an offer is always there (teams-direct-routing 4.2); carriers may leave it to us.
      if (body.kind === 'none' && this.fromTeams) return this.#fail({ kind: 'offer-missing' });

      const allocated = await this.#deps.media.allocate(
        this.record.callId,
        { a: this.#profile(this.a.role), b: this.#profile(route.kind === 'to-teams' ? 'teams' : 'carrier') },
        (event) => this.guard(() => this.#mediaEvent(event)),
      );
      if (!allocated.ok) return this.#refuseMedia(allocated.refusal);
      if (this.#state !== 'opening') {
        void allocated.value.release();
        return;
      }
      this.#media = allocated.value;
      if (body.kind === 'sdp') this.a.heard(body.bytes);
      const offer = await (body.kind === 'sdp'
        ? this.#media.offer('a', body.bytes)
        : this.#media.offerTo('b'));
      if (!offer.ok) return this.#refuseMedia(offer.refusal);
      this.#offer = offer.value;
      if (this.#step('offerReady')) this.#callNext(undefined);
    });
  }

  #profile(role: 'teams' | 'carrier'): MediaProfile {
    const { teams, carriers } = this.#deps.settings;
    return role === 'teams'
      ? { role, transport: 'RTP/SAVP', advertisedAddress: teams.mediaAddress }
      : { role, transport: 'RTP/AVP', advertisedAddress: carriers.mediaAddress };
  }

  // ---------------------------------------------------------------- calling the other side

  /** The next target, or the verdict when there is none. `last` is what the previous one said. */
  #callNext(last: FinalOutcome | undefined): void {
    const { budgets } = this.#deps.settings;
    const late = this.#deps.clock.now() - this.startedAt >= budgets.routingMs;
    // I15: an emergency call ends when there is nobody left to ask, not when a budget is spent.
    const spent = !this.#emergency && (late || this.#tried > budgets.furtherTargets);
    const next = spent ? undefined : this.#targets?.next();
    const target = next && !next.done ? next.value : undefined;
    if (target) this.#callTarget(target);
    else this.#noTargetLeft(last);
  }

  #callTarget(target: Target): void {
    const { budgets } = this.#deps.settings;
    this.#tried++;
    const { carrier } = target;
    if (target.hub) this.record.hub = `${target.hub.name}:${target.hub.port}`;
    if (carrier) this.record.carrierId = carrier.carrier.id;
    const now = this.#deps.clock.now();
    this.record.setupMs ??= Math.round((now - this.startedAt) * 10) / 10;
    const credentials = carrier?.carrier.credentials;
    let outgoing: OutgoingInvite | undefined;
    const current = (): boolean => outgoing === undefined || this.#outgoing === outgoing;
    outgoing = this.#deps.ua.invite(
      {
        requestUri: target.requestUri,
        from: target.from,
        to: target.to,
        contact: target.contact,
        headers: target.headers,
        body: this.#offer ?? Buffer.alloc(0),
        contentType: sdpType,
        maxForwards: this.#maxForwards(),
        destination: target.destination,
        firstResponseMs: budgets.firstResponseMs,
        only100Ms: budgets.only100Ms,
        ...(credentials && {
          // T07: only on the trunk whose realm it is.
          credentials: (challenge: { realm: string }) =>
            credentials.realm === undefined || credentials.realm === challenge.realm
              ? credentials
              : undefined,
        }),
        handlers: {
          onProvisional: (response) => {
            if (current()) this.guard(() => this.#progress(response));
          },
          onAccepted: (response, dialog, extra) => {
            if (!extra) this.guard(() => this.#accepted(response, dialog, target));
          },
          onFailed: (outcome) => this.guard(() => this.#targetFailed(outcome, target, current())),
        },
      },
      now,
    );
    this.#outgoing = outgoing;
    this.#quiet.add('b');
    const sipCallId = outgoing.request.headers.get('call-id') ?? '';
    this.record.b.sipCallId = sipCallId;
    this.record.b.peer = peerName(target.destination);
    this.#deps.onLegId(this, sipCallId);
    this.#deps.onChange(this);
  }

  #maxForwards(): number {
    const received = Number(this.#invite.request.headers.get('max-forwards') ?? 70);
    return Math.max(0, Math.min(Number.isInteger(received) ? received : 70, 70) - 1);
  }

  #targetFailed(outcome: FinalOutcome, target: Target, current: boolean): void {
    this.#attempt(target, outcomeText(outcome));
    const { peers } = this.#deps;
    peers.targetOutcome(target, outcome);
    if (outcome.kind === 'response') this.#noteCorrelation(outcome.response);
    if (!current) return;
    this.#outgoing = undefined;
    if (this.#state === 'ending') {
      this.#quieter('b');
      return;
    }
    const final = outcome.kind === 'response' && !mayTryNext(target.role, outcome.response.status);
    if ((!final || this.#emergency) && this.#step('targetFailed')) {
      this.record.why.push(`${target.name} could not take the call (${outcomeText(outcome)}).`);
      this.#callNext(outcome);
      return;
    }
    this.#noTargetLeft(outcome);
  }

  #noTargetLeft(last: FinalOutcome | undefined): void {
    if (last?.kind === 'response') {
      const { response } = last;
      const failure: CallFailure = { kind: 'peer-rejected', role: this.b.role, status: response.status };
      this.end({ kind: 'failure', failure, by: 'callee', q850: q850CauseOf(response) });
      return;
    }
    const kind = this.b.role === 'teams' ? 'teams-unreachable' : 'carrier-unreachable';
    this.#fail({ kind, tried: this.#tried });
  }

  get #emergency(): boolean {
    return this.record.decision.emergency;
  }

  #attempt(target: Target, result: string): void {
    const atMs = Math.round(this.#deps.clock.now() - this.startedAt);
    this.record.attempts.push({ target: target.name, atMs, result });
  }

  // ---------------------------------------------------------------- ringing

  /** Nothing to hear for too long: the caller gets a sign of life (S8, DESIGN 6.1). */
  #silence(): void {
    // Towards Teams only when the call progresses: an 18x ends Microsoft's own failover.
    if (this.fromTeams && this.#outgoing?.state !== 'proceeding') return;
    if (!this.#step('silence')) return;
    if (this.fromTeams || this.a.sdp === undefined) {
      this.#invite.progress(183, { contact: this.#contact, reason: 'Session Progress' });
      return;
    }
    this.guard(async () => {
      const media = this.#media;
      const answer = await media?.answerLocally('a');
      if (!answer?.ok || this.#state !== 'soothing') return;
      this.a.sent = answer.value;
      this.#earlyMedia = true;
      this.#invite.progress(183, { contact: this.#contact, body: answer.value, contentType: sdpType });
      media?.playRingback('a');
    });
  }

  /** 18x of the called side. The first is passed on; what may follow depends on who called. */
  #progress(response: SipResponse): void {
    if (response.status === 199) return;
    const action = this.#step('progress');
    if (!action) return;
    this.#noteCorrelation(response);
    this.record.ringingMs ??= Math.round(this.#deps.clock.now() - this.startedAt);
    const body = sessionBodyOf(response);
    const fork = toTagOf(response) ?? '';
    if (body.kind === 'sdp') {
      this.#forkSdp ??= new Map();
      if (this.#forkSdp.size < 16) this.#forkSdp.set(fork, body.bytes);
    }
    const first = action === 'relayProgress';
    if (first) this.#deps.onChange(this);
    if (this.#earlyMedia) return; // it hears us already: our ringback gives way to the first RTP
    if (body.kind === 'sdp' && this.a.sdp !== undefined && (first || this.b.role === 'carrier')) {
      this.#earlyMedia = true;
      this.guard(() => this.#relayEarlyMedia(body.bytes, fork));
    } else if (first) {
      this.#invite.progress(response.status === 183 ? 183 : 180, { contact: this.#contact });
    }
  }

  /**
   * MICROSOFT: a 183 whose media is silent is normal (teams-direct-routing 4.7): the caller gets our ringback until
   * RTP really arrives.
   */
  async #relayEarlyMedia(sdp: Buffer, fork: string): Promise<void> {
    const media = this.#media;
    const answer = await media?.answer('b', sdp, fork);
    if (this.#state !== 'ringing') return;
    if (!answer?.ok) {
      this.#earlyMedia = false;
      this.#invite.progress(180, { contact: this.#contact });
      return;
    }
    this.#invite.progress(183, { contact: this.#contact, body: answer.value, contentType: sdpType });
    if (this.b.role === 'teams') media?.playRingback('a');
  }

  // ---------------------------------------------------------------- answered

  #accepted(response: SipResponse, dialog: Dialog, target: Target): void {
    dialog.ack();
    this.b.dialog = dialog;
    this.b.sent = this.#offer;
    const session = this.#sessionOf();
    session?.attach(this.b);
    this.#attempt(target, String(response.status));
    this.#deps.peers.targetOutcome(target, { kind: 'response', response });
    this.#noteCorrelation(response);
    if (!this.#step('accepted')) {
      dialog.bye(q850Reason(16, 'Call already ended'));
      return;
    }
    const timer = acceptedTimer(response);
    if (timer) session?.startTimer(this.b, timer);
    this.guard(() => this.#takeAnswer(response, dialog));
  }

  async #takeAnswer(response: SipResponse, dialog: Dialog): Promise<void> {
    const media = this.#media;
    if (!media) return;
    const body = sessionBodyOf(response);
    const fork = toTagOf(response) ?? '';
    const sdp = body.kind === 'sdp' ? body.bytes : this.#forkSdp?.get(fork);
    if (!sdp) return this.#fail({ kind: 'sdp-malformed', detail: 'answered without a media description' });
    this.b.heard(sdp);
    const answer = await media.answer('b', sdp, fork);
    if (!answer.ok) return this.#refuseMedia(answer.refusal);
    if (this.#earlyMedia) media.stop('a');
    const offerless = this.a.sdp === undefined;
    const forCaller = offerless ? await media.offerTo('a') : answer;
    if (!forCaller.ok) return this.#refuseMedia(forCaller.refusal);
    if (this.#state !== 'answering') return;

    await this.#checkpoint(dialog);
    if (!this.#step('answerReady')) return;
    const now = this.#deps.clock.now();
    this.#answeredAt = now;
    this.record.answeredMs = Math.round(now - this.startedAt);
    this.#stopTimers();
    this.a.sent = forCaller.value;
    const headers = new Headers();
    writeTimer(headers, this.#offeredTimer);
    this.a.dialog = this.#invite.accept({
      body: forCaller.value,
      contentType: sdpType,
      contact: this.#contact,
      headers,
    });
    const session = this.#sessionOf();
    session?.attach(this.a);
    if (this.#offeredTimer.kind === 'timer') session?.startTimer(this.a, this.#offeredTimer.timer);
    // A call may last for hours: keep only what its end needs (the targets hold a whole snapshot).
    this.#targets = undefined;
    this.#offer = undefined;
    this.#forkSdp = undefined;
    this.#after(compactAfterMs, () => this.#ladder.compact());
    this.#deps.onAnswered(this);
    this.#deps.onChange(this);
  }

  /** Both dialogs on disk before the caller hears 200 (reliability 2); a slow disk does not hold the call up (I1). */
  async #checkpoint(b: Dialog): Promise<void> {
    const { log, clock, settings } = this.#deps;
    let stop = (): void => {};
    const late = new Promise<void>((resolve) => {
      stop = clock.after(settings.budgets.checkpointMs, resolve);
    });
    const { callId } = this.record;
    const saved = log.confirmed({
      callId,
      a: this.#callerSnapshot(),
      b: b.snapshot,
      record: this.record.toRecord(),
    });
    await Promise.race([saved.then(() => undefined), late]);
    stop();
  }

  /** The A dialog as it will be once our 200 is out. */
  #callerSnapshot(): DialogSnapshot {
    const { request, localTag } = this.#invite;
    const { headers } = request;
    const contact = headers.get('contact') ?? '';
    return {
      callId: headers.get('call-id') ?? '',
      localTag,
      remoteTag: fromTagOf(request) ?? '',
      localUri: withoutTag(headers.get('to') ?? ''),
      remoteUri: withoutTag(headers.get('from') ?? ''),
      remoteTarget: /<([^>]*)>/.exec(contact)?.[1] ?? contact,
      routeSet: routeSetOf(request, 'uas'),
      localCseq: 0,
      remoteCseq: cseqOf(request)?.number,
      localContact: this.#contact,
      secure: request.uri.startsWith('sips:'),
    };
  }

  #acked(ack: SipRequest): void {
    if (this.a.sdp !== undefined || this.#state !== 'talking') return;
    const body = sessionBodyOf(ack);
    if (body.kind !== 'sdp') {
      this.#fail({ kind: 'sdp-malformed', detail: 'our offer was not answered in the ACK' });
      return;
    }
    this.a.heard(body.bytes);
    this.guard(async () => {
      const answer = await this.#media?.answer('a', body.bytes, fromTagOf(ack) ?? '');
      if (answer && !answer.ok) this.#refuseMedia(answer.refusal);
    });
  }

  #sessionOf(): Session | undefined {
    const media = this.#media;
    if (!media) return undefined;
    if (!this.#session) {
      const call = this;
      this.#session = new Session(
        {
          clock: this.#deps.clock,
          fraction: () => this.#deps.fraction(),
          media,
          get talking() {
            return call.#state === 'talking';
          },
          end: (ending) => this.end(ending),
          guard: (work) => this.guard(work),
          noted: (side, sentence) => this.#ladder.step(side, sentence, this.#deps.clock.now()),
        },
        { a: this.a, b: this.b },
      );
    }
    return this.#session;
  }

  // ---------------------------------------------------------------- media

  #mediaEvent(event: MediaEvent): void {
    if (event.kind === 'engine-lost') {
      this.#fail({ kind: 'engine-lost' });
      return;
    }
    if (event.kind !== 'silent' || this.#state !== 'talking') return;
    const { silentMs, silentOnHoldMs } = this.#deps.settings.budgets;
    if (event.forMs < (this.#session?.onHold ? silentOnHoldMs : silentMs)) return;
    this.#fail({ kind: 'media-silent', side: event.side, forSeconds: Math.round(event.forMs / 1000) });
  }

  #refuseMedia(refusal: MediaRefusal): void {
    this.#fail(refusal);
  }

  // ---------------------------------------------------------------- the end

  #fail(failure: CallFailure, by: EndedBy = 'platform'): void {
    this.end({ kind: 'failure', failure, by });
  }

  /** The only way out. Teardown order, once: timers, caller, called side, media, record. */
  end(ending: Ending): void {
    if (!this.#step('ended')) {
      // A leg went quiet while the call was ending: that is what the record waits for.
      if (ending.kind === 'hung-up') this.#quieter(ending.by === 'caller' ? 'a' : 'b');
      return;
    }
    const { clock, settings } = this.#deps;
    this.#stopTimers();
    this.#session?.stop();
    const reason = this.#writeResult(ending);
    this.#endCaller(ending, reason);
    this.#endCalled(ending, reason);
    this.#quiet.add('media');
    void this.#releaseMedia();
    this.#timers.push(clock.after(settings.budgets.farewellMs, () => this.#close()));
    if (this.#quiet.size === 0) this.#close();
    this.#deps.onChange(this);
  }

  /** What the record says about the end; gives the Reason header for whoever still has to be told. */
  #writeResult(ending: Ending): string {
    const { record } = this;
    const { clock } = this.#deps;
    const answered = this.#answeredAt !== undefined;
    record.endedAt = clock.wall();
    if (this.#answeredAt !== undefined) record.talkMs = Math.round(clock.now() - this.#answeredAt);
    record.closedBy = 'normal';
    if (ending.kind === 'hung-up' && answered) {
      record.endedBy = ending.by;
      record.q850 = ending.q850 ?? normalEnd.q850;
      record.code = normalEnd.code;
      record.sentence = normalEnd.say;
      record.result = 'answered';
      record.status = 200;
      return q850Reason(record.q850, 'Normal call clearing');
    }
    const failure = ending.kind === 'failure' ? ending.failure : this.#gaveUp(ending.by);
    const verdict = verdictOf(failure);
    record.endedBy = ending.by;
    record.q850 = ending.q850 ?? verdict.q850;
    record.code = verdict.code;
    record.sentence = verdict.say;
    record.result = answered ? 'answered' : verdict.result;
    record.status = answered ? 200 : verdict.sip;
    record.why.push(verdict.say);
    if (verdict.code === 'completed-elsewhere') return completedElsewhere;
    return q850Reason(record.q850, verdict.say);
  }

  /** A BYE before the caller got the answer (RFC 3261 §15): nobody talked, so it is not a normal end. */
  #gaveUp(by: 'caller' | 'callee'): CallFailure {
    if (by === 'caller') return { kind: 'caller-cancelled', elsewhere: false };
    return { kind: 'peer-rejected', role: this.b.role === 'teams' ? 'teams' : 'carrier', status: 487 };
  }

  #endCaller(ending: Ending, reason: string): void {
    const invite = this.#invite;
    if (invite.state === 'proceeding') {
      const { status } = this.record;
      const headers = Headers.of([['Reason', reason]]);
      if (status === 415) headers.append('Accept', sdpType); // RFC 3261 §21.4.13
      this.#quiet.add('a-ack');
      invite.reject(status === undefined || status < 300 ? 480 : status, { headers, contact: this.#contact });
      return;
    }
    if (!this.a.alive || (ending.kind === 'hung-up' && ending.by === 'caller')) return;
    this.#quiet.add('a');
    this.#listenToEnd('a');
    this.a.dialog?.bye(reason);
  }

  #endCalled(ending: Ending, reason: string): void {
    const outgoing = this.#outgoing;
    if (this.b.dialog) {
      if (!this.b.alive || (ending.kind === 'hung-up' && ending.by === 'callee')) {
        this.#quieter('b');
        return;
      }
      this.#listenToEnd('b');
      this.b.dialog.bye(reason);
    } else if (outgoing) outgoing.cancel(reason);
    else this.#quieter('b');
  }

  #listenToEnd(side: 'a' | 'b'): void {
    const { dialog } = this[side];
    if (dialog) dialog.onEnded = () => this.#quieter(side);
  }

  async #releaseMedia(): Promise<void> {
    try {
      const counters = await this.#media?.release();
      if (counters?.a) this.record.a.media = counters.a;
      if (counters?.b) this.record.b.media = counters.b;
    } catch (error) {
      this.#deps.onBug(this, error);
    }
    this.#quieter('media');
  }

  #quieter(what: 'a' | 'b' | 'a-ack' | 'media'): void {
    if (this.#quiet.delete(what) && this.#quiet.size === 0 && this.#state === 'ending') this.#close();
  }

  #close(): void {
    if (!this.#step('released')) return;
    this.#stopTimers();
    this.#deps.log.closed(this.record.toRecord(), this.#ladder.render());
    this.#ladder.clear();
    this.#session = undefined;
    this.#media = undefined;
    this.#targets = undefined;
    this.#offer = undefined;
    this.#deps.onOver(this);
  }

  // ---------------------------------------------------------------- plumbing

  /** A bug ends this call cleanly and nothing else. */
  guard(work: () => void | Promise<void>): void {
    try {
      const running = work();
      if (running) running.catch((error: unknown) => this.#bug(error));
    } catch (error) {
      this.#bug(error);
    }
  }

  #bug(error: unknown): void {
    this.#deps.onBug(this, error);
    try {
      this.#fail({ kind: 'bug', detail: String(error) });
    } catch (again) {
      this.#deps.onBug(this, again);
      this.#close();
    }
  }

  #step(input: CallInput): CallAction | undefined {
    const step = stepCall(this.#state, input);
    if (!step) return undefined;
    this.#state = step[0];
    return step[1];
  }

  #after(ms: number, fire: () => void): void {
    this.#timers.push(this.#deps.clock.after(ms, () => this.guard(fire)));
  }

  #stopTimers(): void {
    for (const stop of this.#timers) stop();
    this.#timers = [];
  }

  #noteCorrelation(message: SipMessage): void {
    if (this.record.microsoftCorrelationId !== undefined) return;
    if (message === this.#invite?.request ? !this.fromTeams : this.b?.role !== 'teams') return;
    const id = microsoftCorrelationId(message);
    if (id !== undefined) this.record.microsoftCorrelationId = id;
  }
}

function withoutTag(value: string): string {
  const close = value.lastIndexOf('>');
  if (close >= 0) return value.slice(0, close + 1);
  const semicolon = value.indexOf(';');
  return semicolon < 0 ? value : value.slice(0, semicolon);
}

function outcomeText(outcome: FinalOutcome): string {
  if (outcome.kind === 'response') return String(outcome.response.status);
  return outcome.kind === 'timeout'
    ? 'no answer in time'
    : `${outcome.failure.kind}: ${outcome.failure.detail}`;
}

import type { DeviceId, EndedBy } from '@tandem/domain';
import { fromTagOf, Headers, type SipMessage, type SipRequest, type SipResponse } from '@tandem/sip';
import { sessionBodyOf } from '@tandem/sip/body/session-body.ts';
import {
  negotiateSessionTimer,
  type SessionTimerOutcome,
  sessionTermsOf,
} from '@tandem/sip/session-timer/negotiate.ts';
import type { Destination, DialogSnapshot, Flow, IncomingInvite } from '@tandem/sip/ua/types.ts';
import { BridgedMedia, insideProfile } from '../media/bridged-media.ts';
import type { MediaEvent, MediaRefusal, MediaSession } from '../ports/media-port.ts';
import { type AnnouncementSeat, longestAnnouncementMs } from './announcement-seat.ts';
import { BeforeAnswer } from './before-answer.ts';
import { Branch, type BranchOwner } from './branch.ts';
import { type BranchEnd, bestEnd, endsAll } from './branch-end.ts';
import type { BranchPlan } from './branch-plan.ts';
import { type CallAction, type CallInput, type CallState, stepCall } from './call.machine.ts';
import { type CallDeps, sdpType } from './call-deps.ts';
import { type CallEnd, endsOf } from './call-end.ts';
import type { CallFailure } from './call-failure.ts';
import { writeResult } from './call-result.ts';
import { callerSnapshot, nextMaxForwards } from './caller-dialog.ts';
import { type CallersOffer, callersOffer } from './callers-offer.ts';
import { checkpointed } from './checkpoint.ts';
import type { Ending } from './ending.ts';
import { Farewell } from './farewell.ts';
import { type Ladder, peerName, type UnclaimedMessages } from './ladder.ts';
import { Leg } from './leg.ts';
import type { MailboxSeat } from './mailbox-seat.ts';
import { profileOf } from './media-profile.ts';
import { type CallParty, partiesOf } from './party.ts';
import type { QueueSeat } from './queue-seat.ts';
import { completedElsewhere, microsoftCorrelationId, q850Reason, saysCompletedElsewhere } from './reason.ts';
import type { RecordDraft } from './record-draft.ts';
import type { SeatedCall } from './seated-call.ts';
import { Session } from './session.ts';
import type { Target } from './target.ts';
import { verdictOf } from './verdicts.ts';

/** Most calls of a load test and many real ones are over by then, and never pay for it. */
const compactAfterMs = 20_000;
/** A caller may wait for an hour, and be offered hundreds of times. */
const mostSentences = 200;

/**
 * One call: who calls (A) and the branches to the called side, of which the first that answers becomes B. Inputs come
 * from the user agent, from media and from timers; `call.machine.ts` says what they mean.
 */
export class Call implements SeatedCall {
  readonly record: RecordDraft;
  readonly a: Leg;
  readonly startedAt: number;
  readonly #deps: CallDeps;
  readonly #invite: IncomingInvite;
  readonly #contact: string;
  readonly #ladder: Ladder;
  readonly #owner: BranchOwner;
  readonly #before: BeforeAnswer;
  #branches: readonly Branch[];
  #winner: Branch | undefined;
  /** How the branches ended that are over without an answer. */
  readonly #ends: { readonly branch: Branch; readonly end: BranchEnd }[] = [];
  #state: CallState = 'opening';
  #session: Session | undefined;
  #timer: SessionTimerOutcome = { kind: 'off' };
  #timers: (() => void)[] = [];
  readonly #seat: QueueSeat | undefined;
  /** Answers when nobody else does. */
  readonly #mailbox: MailboxSeat | undefined;
  /** The call is refused, after the caller has heard this. */
  readonly #announcement: AnnouncementSeat | undefined;
  /** The caller's media while it waits, and its half of the bridge afterwards. */
  #hold: MediaSession | undefined;
  /** The branch whose media it was, when a mailbox took over. */
  #held: Branch | undefined;
  #bridge: MediaSession | undefined;
  readonly #nobody = new Leg('b', 'phone');
  #branchesMade = 0;
  #answeredAt: number | undefined;
  readonly #farewell: Farewell;

  constructor(
    deps: CallDeps,
    start: {
      readonly invite: IncomingInvite;
      readonly record: RecordDraft;
      readonly startedAt: number;
      readonly ladder: Ladder;
      /** Empty: the call is refused, or waits in a queue. */
      readonly branches: readonly BranchPlan[];
      readonly seat?: QueueSeat;
      readonly mailbox?: MailboxSeat | undefined;
      readonly announcement?: AnnouncementSeat | undefined;
      /** Our Contact towards the caller. */
      readonly contact: string;
    },
  ) {
    this.#deps = deps;
    this.#invite = start.invite;
    this.record = start.record;
    this.startedAt = start.startedAt;
    this.#ladder = start.ladder;
    this.#contact = start.contact;
    this.a = new Leg('a', start.record.a.role);
    this.#before = new BeforeAnswer({
      invite: start.invite,
      leg: this.a,
      contact: start.contact,
      state: () => this.#state,
      guard: (work) => this.guard(work),
    });
    this.#farewell = new Farewell({ invite: start.invite, leg: this.a, contact: start.contact }, () => {
      if (this.#state === 'ending') this.#close();
    });
    this.#seat = start.seat;
    this.#mailbox = start.mailbox;
    this.#announcement = start.announcement;
    this.#owner = this.#ownerOfBranches(start.startedAt);
    this.#branches = start.branches.map(
      ({ route, targets }) => new Branch(this.#owner, this.#branchesMade++, route, targets),
    );
    // The first media session of a call that waits is the caller's own.
    if (this.#seat) this.#branchesMade = 1;
    start.record.a.peer = peerName(start.invite.flow);
    if (this.fromTeams) this.#noteCorrelation(start.invite.request);
    start.invite.onCancel = (cancel) =>
      this.guard(() => {
        const failure: CallFailure = { kind: 'caller-cancelled', elsewhere: saysCompletedElsewhere(cancel) };
        this.end({ kind: 'failure', failure, by: 'caller' });
      });
    start.invite.onAckTimeout = () => this.guard(() => this.#fail({ kind: 'no-ack' }));
    start.invite.onAck = (ack) => this.guard(() => this.#acked(ack));
  }

  #ownerOfBranches(seekingSince: number): BranchOwner {
    return {
      deps: this.#deps,
      record: this.record,
      startedAt: this.startedAt,
      seekingSince,
      emergency: this.record.decision.emergency,
      maxForwards: nextMaxForwards(this.#invite.request),
      guard: (work) => this.guard(work),
      calling: (branch, target, sipCallId) => this.#calling(branch, target, sipCallId),
      progress: (branch, response) => this.#progress(branch, response),
      accepted: (branch, response) => this.#accepted(branch, response),
      gaveUp: (branch, end) => this.#gaveUp(branch, end),
      quiet: (branch) => this.#farewell.quiet(branch),
      mediaEvent: (branch, event) => this.#mediaEvent(branch, event),
      heard: (branch, response) => {
        if (branch.leg.role === 'teams') this.#noteCorrelation(response);
      },
    };
  }

  get state(): CallState {
    return this.#state;
  }

  /** Who talks now, as far as they are people of the platform. */
  get parties(): readonly CallParty[] {
    // Who hears music is on the phone as well.
    const route = this.#state === 'talking' ? this.#winner?.route : undefined;
    if (!route && !(this.#hold && this.a.alive)) return [];
    const parties = partiesOf(this.record.decision, this.a.role, route);
    return route && this.#session?.held ? parties.map((party) => ({ ...party, held: true })) : parties;
  }

  /** Who of ours rings or talks now; `deviceId`: the phone that made the call. */
  ends(deviceId: DeviceId | undefined): readonly CallEnd[] {
    const ringing = this.#branches.map(({ route, state }) => ({ route, rings: state === 'ringing' }));
    const caller = { role: this.a.role, deviceId };
    const waitsIn = this.#state === 'waiting' ? this.#seat?.route.queue : undefined;
    return endsOf(this.#state, this.record.decision, caller, ringing, this.#winner?.route, waitsIn);
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
    if (message.kind === 'request' && message.method === 'ACK' && leg === 'a') this.#farewell.quiet('a-ack');
  }

  claimLadder(unclaimed: UnclaimedMessages, sipCallId: string): void {
    unclaimed.claim(sipCallId, this.#ladder, 'b');
  }

  // ---------------------------------------------------------------- opening

  /** Routed: get ports and make the offers for the called side. */
  start(): void {
    if (this.#announcement) {
      this.#announce(this.#announcement);
      return;
    }
    if (this.#seat || this.#mailbox?.straight) {
      this.#wait();
      return;
    }
    this.guard(async () => {
      const { budgets } = this.#deps.settings;
      this.#timer = negotiateSessionTimer(this.#invite.request);
      this.#after(this.fromTeams ? budgets.soothTeamsMs : budgets.soothCarrierMs, () => this.#silence());
      const { ringMs } = this.#mailbox ?? budgets;
      this.#after(ringMs, () => this.#fail({ kind: 'no-answer', afterSeconds: ringMs / 1000 }));

      const offered = this.#heardCaller();
      if (!offered) return;
      const { sdp } = offered;
      const refusals = await this.#prepare(sdp);
      if (this.#state !== 'opening') return;
      const ready = this.#branches.filter((_, at) => !refusals[at]);
      const [refusal] = refusals.filter((each) => each !== undefined);
      if (ready.length === 0 && refusal) return this.#fail(refusal);
      if (!this.#step('offerReady')) return;
      if (ready.length < this.#branches.length) {
        this.record.why.push('There was no media for all endpoints at once.');
        this.#letGo(this.#branches.filter((branch) => !ready.includes(branch)));
        this.#branches = ready;
      }
      for (const branch of ready) if (branch.state === 'seeking') branch.begin();
    });
  }

  /** Undefined: it cannot be used, and the call is over. */
  #heardCaller(): (CallersOffer & { kind: 'offer' }) | undefined {
    const offered = callersOffer(this.#invite.request, this.fromTeams);
    if (offered.kind === 'unusable') {
      this.#fail(offered.failure);
      return undefined;
    }
    if (offered.sdp) this.a.heard(offered.sdp);
    return offered;
  }

  async #prepare(sdp: Buffer | undefined): Promise<readonly (MediaRefusal | undefined)[]> {
    const [only] = this.#branches;
    const caller = profileOf(this.a.role, this.#deps.settings);
    if (only && this.#branches.length === 1) return [await only.prepare(sdp, caller)];
    return Promise.all(this.#branches.map((branch) => branch.prepare(sdp, caller)));
  }

  // ---------------------------------------------------------------- refused, after an announcement

  /** Nobody is rung. Whatever keeps the caller from hearing something, the refusal is the same. */
  #announce(announcement: AnnouncementSeat): void {
    const over = (): void => this.#fail(announcement.failure);
    this.guard(async () => {
      const body = sessionBodyOf(this.#invite.request);
      if (body.kind !== 'sdp') return over();
      this.a.heard(body.bytes);
      const { media, settings } = this.#deps;
      const profiles = { a: profileOf(this.a.role, settings), b: insideProfile };
      const allocated = await media.allocate(this.record.callId, profiles, (event) =>
        this.guard(() => announcement.heard(event)),
      );
      if (!allocated.ok) return over();
      const hold = allocated.value;
      if (this.#state !== 'opening') {
        await hold.release();
        return;
      }
      this.#hold = hold;
      const taken = await hold.offer('a', body.bytes);
      const answer = taken.ok ? await hold.answerLocally('a') : taken;
      if (!answer.ok) return over();
      if (!this.#step('announced')) return;
      this.a.sent = answer.value;
      this.#invite.progress(183, { contact: this.#contact, body: answer.value, contentType: sdpType });
      this.#after(longestAnnouncementMs, over);
      announcement.play(this, hold, over);
    });
  }

  // ---------------------------------------------------------------- waiting in a queue, or before a mailbox

  /** The caller is answered and hears music until somebody of the queue answers, or speaks to the mailbox. */
  #wait(): void {
    this.guard(async () => {
      this.#timer = negotiateSessionTimer(this.#invite.request);
      const offered = this.#heardCaller();
      if (!offered) return;
      const { media, settings } = this.#deps;
      const profiles = { a: profileOf(this.a.role, settings), b: insideProfile };
      const allocated = await media.allocate(this.record.callId, profiles, (event) =>
        this.guard(() => this.#holdEvent(event)),
      );
      if (!allocated.ok) return this.#fail(allocated.refusal);
      const hold = allocated.value;
      if (this.#state !== 'opening') {
        await hold.release();
        return;
      }
      this.#hold = hold;
      if (this.#mailbox && !(await this.#mailbox.ready(this)))
        return this.#fail({ kind: 'no-answer', afterSeconds: 0 });
      await this.#answerAlone(hold);
    });
  }

  /** Nobody but us is there for the caller; what was agreed on with the caller before stays what it is. */
  async #answerAlone(hold: MediaSession): Promise<void> {
    const { sdp } = this.a;
    const taken = sdp ? await hold.offer('a', sdp) : undefined;
    if (taken && !taken.ok) return this.#fail(taken.refusal);
    const answer = await (sdp ? hold.answerLocally('a') : hold.offerTo('a'));
    if (!answer.ok) return this.#fail(answer.refusal);
    await this.#checkpoint(undefined);
    if (!this.#step('held')) return;
    this.#session = this.#newSession();
    this.#answerCaller(answer.value);
    if (!this.#mailbox) hold.playMusic('a');
    // Before its answer to our offer the caller has no codec to hear us in: see #acked.
    else if (sdp) this.#mailbox.answered(this, hold);
    this.#deps.onAnswered(this);
    this.#deps.onChange(this);
    this.#seat?.waiting(this);
  }

  /**
   * Nobody took the call: whoever still rings is told, and the mailbox answers over the media that the caller may be hearing
   * already. False: it does not, and the call ends as `asked` says.
   */
  #turned(asked: Ending): boolean {
    const mailbox = this.#mailbox;
    const first = this.#branches.find(({ media }) => media);
    if (!first?.media || !mailbox?.takes(asked) || !this.#step('unanswered')) return false;
    const hold = first.media;
    first.media = undefined;
    this.#held = first;
    this.#hold = hold;
    this.#stopTimers();
    if (asked.kind === 'failure') this.record.why.push(verdictOf(asked.failure).say);
    this.#letGo(this.#branches, q850Reason(19, 'No answer from the user'));
    hold.leave('b');
    this.#deps.onChange(this);
    this.guard(async () => {
      if (!(await mailbox.ready(this))) return this.end(asked);
      if (this.#state === 'turning') await this.#answerAlone(hold);
    });
    return true;
  }

  /** Rings these for the caller who waits. */
  offer(plans: readonly BranchPlan[]): void {
    this.guard(async () => {
      const hold = this.#hold;
      if (this.#state !== 'waiting' || !hold) return;
      const owner = this.#ownerOfBranches(this.#deps.clock.now());
      const branches = plans.map(
        ({ route, targets }) => new Branch(owner, this.#branchesMade++, route, targets),
      );
      this.#branches = branches;
      this.#ends.length = 0;
      const inner = await hold.offerTo('b');
      if (!inner.ok) return this.#fail(inner.refusal);
      const refusals = await Promise.all(
        branches.map((branch) => branch.prepare(inner.value, insideProfile)),
      );
      if (this.#branches !== branches || this.#state !== 'waiting') return;
      const ready = branches.filter((_, at) => !refusals[at]);
      this.#letGo(branches.filter((branch) => !ready.includes(branch)));
      this.#branches = ready;
      const [refusal] = refusals.filter((each) => each !== undefined);
      if (ready.length === 0) this.#seat?.offerEnded(this, refusal ?? { kind: 'no-ports' });
      for (const branch of ready) if (branch.state === 'seeking') branch.begin();
    });
  }

  /** Nobody rings for the caller any more; the caller waits on. */
  withdraw(): void {
    const branches = this.#branches;
    if (this.#state !== 'waiting') return;
    this.#branches = [];
    this.#letGo(branches, q850Reason(19, 'No answer from the user'));
  }

  /** What the queue did, for the record and the ladder. */
  noted(sentence: string): void {
    if (this.record.why.length >= mostSentences) return;
    this.record.why.push(sentence);
    this.#ladder.step('b', sentence, this.#deps.clock.now());
  }

  #offerOver(failure: CallFailure): void {
    const branches = this.#branches;
    this.#branches = [];
    this.#letGo(branches);
    this.#seat?.offerEnded(this, failure);
  }

  /** Who answered is gone before the two could talk: the caller waits on. */
  #slip(branch: Branch, failure: CallFailure): void {
    // A second member may have answered meanwhile: that is another conversation.
    if (branch !== this.#winner || !this.#step('slipped')) return;
    this.#winner = undefined;
    this.#bridge = undefined;
    if (branch.leg.alive) branch.leg.dialog?.bye(q850Reason(47, verdictOf(failure).say));
    this.#offerOver(failure);
  }

  #holdEvent(event: MediaEvent): void {
    if (event.kind === 'engine-lost') this.#fail({ kind: 'engine-lost' });
    else if (event.kind !== 'silent') this.#mailbox?.heard(event);
    // The other side of this session is our own.
    else if (event.side === 'a') this.#silent(event.side, event.forMs);
  }

  // ---------------------------------------------------------------- the branches

  #calling(branch: Branch, target: Target, sipCallId: string): void {
    const { record } = this;
    if (target.hub) record.hub = `${target.hub.name}:${target.hub.port}`;
    if (target.carrier) record.carrierId = target.carrier.carrier.id;
    record.setupMs ??= Math.round((this.#deps.clock.now() - this.startedAt) * 10) / 10;
    branch.leg.sipCallId = sipCallId;
    branch.leg.peer = peerName(target.destination);
    if (this.#alone || record.b.sipCallId === '') record.calledAt(branch.leg);
    this.#deps.onLegId(this, sipCallId);
    this.#deps.onChange(this);
  }

  #gaveUp(branch: Branch, end: BranchEnd): void {
    this.#ends.push({ branch, end });
    const others = this.#branches.some((other) => other.state !== 'over');
    if (others && !endsAll(end)) {
      this.record.why.push(`${branch.name}: ${verdictOf(end.failure).say}`);
      this.#deps.onChange(this);
      return;
    }
    const said = endsAll(end) ? end : (bestEnd(this.#ends.map((each) => each.end)) ?? end);
    const by = this.#ends.find((each) => each.end === said)?.branch ?? branch;
    if (by.leg.sipCallId !== '') this.record.calledAt(by.leg);
    if (this.#seat) {
      this.#offerOver(said.failure);
      return;
    }
    this.end({ kind: 'failure', ...said });
  }

  /** One endpoint is called: the caller may hear what it sends before the answer. */
  get #alone(): boolean {
    return this.#branches.length === 1;
  }

  // ---------------------------------------------------------------- ringing

  #silence(): void {
    // Towards Teams only when the call progresses: an 18x ends Microsoft's own failover.
    if (this.fromTeams && !this.#branches.some((branch) => branch.proceeding)) return;
    if (this.#step('silence')) this.#before.soothe(this.#alone ? this.#branches[0] : undefined);
  }

  #progress(branch: Branch, response: SipResponse): void {
    const action = this.#step('progress');
    if (!action) return;
    this.record.ringingMs ??= Math.round(this.#deps.clock.now() - this.startedAt);
    if (this.#seat) {
      // The caller hears music; the member's lamp begins to blink.
      this.#deps.onChange(this);
      return;
    }
    const first = action === 'relayProgress';
    // A further endpoint may have begun to ring.
    if (first || !this.#alone) this.#deps.onChange(this);
    this.#before.progress(branch, this.#alone, response, first);
  }

  // ---------------------------------------------------------------- answered

  /** The first branch that answers is the call; the others are told so before anything else is done (5.8). */
  #accepted(branch: Branch, response: SipResponse): void {
    const { dialog } = branch.leg;
    if (!dialog) return;
    if (!this.#step('accepted')) {
      dialog.bye(this.#winner ? completedElsewhere : q850Reason(16, 'Call already ended'));
      return;
    }
    this.#winner = branch;
    if (!this.#alone) {
      this.#letGo(this.#branches.filter((other) => other !== branch));
      this.record.why.push(`${branch.name} answered first.`);
      if (branch.leg.role !== 'teams') this.record.hub = undefined;
    }
    this.record.calledAt(branch.leg);
    this.#session ??= branch.media && this.#newSession();
    const session = this.#session;
    session?.attach(branch.leg);
    const terms = sessionTermsOf(response);
    if (terms) session?.startTimer(branch.leg, terms);
    this.guard(() => this.#takeAnswer(branch, response));
  }

  /** Branches that are not the call's other leg: no phone goes on ringing, no port stays open. */
  #letGo(branches: readonly Branch[], reason = completedElsewhere): void {
    for (const branch of branches) {
      branch.cancel(reason, reason === completedElsewhere);
      branch.forget();
      const { media } = branch;
      branch.media = undefined;
      if (!media) continue;
      this.guard(async () => {
        await media.release();
      });
    }
  }

  async #takeAnswer(branch: Branch, response: SipResponse): Promise<void> {
    const { media, leg } = branch;
    const { dialog } = leg;
    if (!media || !dialog) return;
    const { sdp, fork } = branch.answerOf(response);
    const hold = this.#hold;
    const failed = (failure: CallFailure): void => (hold ? this.#slip(branch, failure) : this.#fail(failure));
    if (!sdp) return failed({ kind: 'sdp-malformed', detail: 'answered without a media description' });
    leg.heard(sdp);
    const answer = await media.answer('b', sdp, fork);
    if (!answer.ok) return failed(answer.refusal);
    if (hold) return this.#join(branch, hold, media, dialog.snapshot, answer.value, fork);
    if (this.#before.earlyMedia) media.stop('a');
    const offerless = this.a.sdp === undefined;
    const forCaller = offerless ? await media.offerTo('a') : answer;
    if (!forCaller.ok) return this.#fail(forCaller.refusal);
    if (this.#state !== 'answering') return;

    await this.#checkpoint(dialog.snapshot);
    if (!this.#step('answerReady')) return;
    this.#stopTimers();
    this.#answerCaller(forCaller.value);
    this.#talking(branch);
    this.#deps.onAnswered(this);
    this.#deps.onChange(this);
  }

  /** Somebody of the queue answered: the two halves are told of each other, and the music ends. */
  async #join(
    branch: Branch,
    hold: MediaSession,
    called: MediaSession,
    dialog: DialogSnapshot,
    answer: Buffer,
    fork: string,
  ): Promise<void> {
    const joined = await hold.answer('b', answer, fork);
    if (!joined.ok) {
      this.#slip(branch, joined.refusal);
      return;
    }
    // While a slow disk or media kept us, this member may have hung up, and another one answered.
    if (this.#winner !== branch || this.#state !== 'answering') return;
    await this.#checkpoint(dialog);
    if (this.#winner !== branch || !this.#step('answerReady')) return;
    this.#bridge = new BridgedMedia(hold, called);
    hold.stop('a');
    this.#talking(branch);
    this.#seat?.taken(this);
    this.#deps.onChange(this);
  }

  #answerCaller(body: Buffer): void {
    const timer = this.#timer;
    const headers = Headers.of(timer.kind === 'on' ? timer.headers : []);
    this.a.sent = body;
    this.a.dialog = this.#invite.accept({ body, contentType: sdpType, contact: this.#contact, headers });
    // A phone behind NAT is reached the way it reached us, whatever its Contact says.
    if (this.a.role === 'phone') this.a.dialog.setNextHop(this.#invite.flow);
    this.#session?.attach(this.a);
    if (timer.kind === 'on') this.#session?.startTimer(this.a, timer.terms);
    this.#after(compactAfterMs, () => this.#ladder.compact());
  }

  #talking(branch: Branch): void {
    const now = this.#deps.clock.now();
    this.#answeredAt = now;
    this.record.answeredMs = Math.round(now - this.startedAt);
    branch.forget();
  }

  #checkpoint(b: DialogSnapshot | undefined): Promise<void> {
    const { callId } = this.record;
    const a = callerSnapshot(this.#invite, this.#contact);
    return checkpointed(this.#deps, { callId, a, ...(b && { b }), record: this.record.toRecord() });
  }

  #acked(ack: SipRequest): void {
    if (this.a.sdp !== undefined || (this.#state !== 'talking' && !this.#hold)) return;
    const body = sessionBodyOf(ack);
    if (body.kind !== 'sdp') {
      this.#fail({ kind: 'sdp-malformed', detail: 'our offer was not answered in the ACK' });
      return;
    }
    this.a.heard(body.bytes);
    this.guard(async () => {
      const answer = await (this.#hold ?? this.#winner?.media)?.answer('a', body.bytes, fromTagOf(ack) ?? '');
      if (answer && !answer.ok) return this.#fail(answer.refusal);
      if (this.#hold) this.#mailbox?.answered(this, this.#hold);
    });
  }

  /** Media as the answered part of the call sees it; whoever waits has the caller's half only. */
  get #media(): MediaSession {
    const media = this.#bridge ?? this.#hold ?? this.#winner?.media;
    if (!media) throw new Error('an answered call without media');
    return media;
  }

  /** Made once, when the caller is answered: who is on the other side may still change. */
  #newSession(): Session {
    const media = (): MediaSession => this.#media;
    const called = (): Leg => this.#winner?.leg ?? this.#nobody;
    return new Session(
      {
        clock: this.#deps.clock,
        fraction: () => this.#deps.fraction(),
        get media() {
          return media();
        },
        talking: () => this.#state === 'talking' || this.#state === 'waiting',
        end: (ending) => this.end(ending),
        guard: (work) => this.guard(work),
        noted: (side, sentence) => this.#ladder.step(side, sentence, this.#deps.clock.now()),
        heldChanged: () => this.#deps.onChange(this),
      },
      {
        a: this.a,
        get b() {
          return called();
        },
      },
    );
  }

  // ---------------------------------------------------------------- media

  #mediaEvent(branch: Branch, event: MediaEvent): void {
    if (branch === this.#held) {
      this.#holdEvent(event);
      return;
    }
    if (this.#winner && branch !== this.#winner) return;
    if (event.kind === 'engine-lost') {
      this.#fail({ kind: 'engine-lost' });
      return;
    }
    if (event.kind !== 'silent') return;
    // The caller's half of a bridge is watched where the caller is, and who is only rung has nothing to say yet.
    if (this.#hold && (event.side === 'a' || branch !== this.#winner)) return;
    this.#silent(event.side, event.forMs);
  }

  #silent(side: 'a' | 'b', forMs: number): void {
    if (this.#state !== 'talking' && this.#state !== 'waiting') return;
    const { silentMs, silentOnHoldMs } = this.#deps.settings.budgets;
    if (forMs < (this.#session?.onHold ? silentOnHoldMs : silentMs)) return;
    this.#fail({ kind: 'media-silent', side, forSeconds: Math.round(forMs / 1000) });
  }

  // ---------------------------------------------------------------- the end

  #fail(failure: CallFailure, by: EndedBy = 'platform'): void {
    this.end({ kind: 'failure', failure, by });
  }

  /** The only way out. Teardown order, once: timers, caller, called side, media, record. */
  end(asked: Ending): void {
    if (this.#mailbox && this.#turned(asked)) return;
    const ending = this.#seat ? this.#endOfWaiting(asked) : this.#endBehindMailbox(asked);
    if (!ending) return;
    if (!this.#step('ended')) {
      // A leg went quiet while the call was ending: that is what the record waits for.
      if (ending.kind !== 'hung-up') return;
      const quiet = ending.by === 'caller' ? 'a' : this.#winner;
      if (quiet) this.#farewell.quiet(quiet);
      return;
    }
    const { clock, settings } = this.#deps;
    this.#stopTimers();
    this.#session?.stop();
    const calledRole = this.#winner?.leg.role ?? this.record.b.role;
    const reason = writeResult(this.record, ending, clock, this.#answeredAt, calledRole);
    this.#farewell.toCaller(ending, reason, this.record.status);
    this.#farewell.toCalled(this.#branches, this.#winner, ending, reason);
    this.#farewell.awaits('media');
    void this.#releaseMedia();
    this.#timers.push(clock.after(settings.budgets.farewellMs, () => this.#close()));
    if (!this.#farewell.waits) this.#close();
    this.#deps.onChange(this);
  }

  /** Somebody hung up before the two talked. Undefined: only the member did, and the caller waits on. */
  #endOfWaiting(ending: Ending): Ending | undefined {
    if (ending.kind !== 'hung-up' || this.#answeredAt !== undefined || this.#state === 'ending')
      return ending;
    if (ending.by === 'caller') {
      const afterSeconds = Math.round((this.#deps.clock.now() - this.startedAt) / 1000);
      return { kind: 'failure', failure: { kind: 'queue-abandoned', afterSeconds }, by: 'caller' };
    }
    const branch = this.#winner;
    if (!branch || this.#state !== 'answering') return ending;
    this.#slip(branch, { kind: 'peer-rejected', role: branch.leg.role, status: 487 });
    return undefined;
  }

  #endBehindMailbox(asked: Ending): Ending {
    return this.#mailbox && this.#state === 'waiting' ? this.#mailbox.endOf(asked) : asked;
  }

  async #releaseMedia(): Promise<void> {
    const answered = this.#winner ?? this.#branches[0];
    await this.#mailbox?.closed().catch((error: unknown) => this.#deps.onBug(this, error));
    const held = await this.#hold?.release().catch((error: unknown) => this.#deps.onBug(this, error));
    if (held?.a) this.record.a.media = held.a;
    for (const branch of this.#branches) {
      try {
        const counters = await branch.media?.release();
        if (branch !== answered) continue;
        if (counters?.a && !this.#hold) this.record.a.media = counters.a;
        if (counters?.b) this.record.b.media = counters.b;
      } catch (error) {
        this.#deps.onBug(this, error);
      }
    }
    this.#farewell.quiet('media');
  }

  #close(): void {
    if (!this.#step('released')) return;
    this.#stopTimers();
    this.#deps.log.closed(this.record.toRecord(), this.#ladder.render());
    this.#ladder.clear();
    this.#session = undefined;
    for (const branch of this.#branches) branch.forget();
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
    const id = microsoftCorrelationId(message);
    if (id !== undefined) this.record.microsoftCorrelationId = id;
  }
}

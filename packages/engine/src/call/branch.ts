import { asCallId, type CallId } from '@tandem/domain';
import { type SipResponse, toTagOf } from '@tandem/sip';
import { sessionBodyOf } from '@tandem/sip/body/session-body.ts';
import type { Dialog, FinalOutcome, OutgoingInvite } from '@tandem/sip/ua/types.ts';
import type { MediaEvent, MediaProfile, MediaRefusal, MediaSession } from '../ports/media-port.ts';
import type { Branch as BranchRoute } from '../routing/decision.ts';
import { type BranchInput, type BranchState, stepBranch } from './branch.machine.ts';
import { type BranchEnd, endOfSearch } from './branch-end.ts';
import { type CallDeps, sdpType } from './call-deps.ts';
import type { LegRole } from './call-failure.ts';
import { Leg } from './leg.ts';
import { profileOf } from './media-profile.ts';
import { mayTryNext } from './peer-status.ts';
import { completedElsewhere } from './reason.ts';
import type { RecordDraft } from './record-draft.ts';
import type { Target } from './target.ts';

/** What a branch needs of its call, and what it tells it. */
export interface BranchOwner {
  readonly deps: CallDeps;
  readonly record: RecordDraft;
  readonly startedAt: number;
  /** Since when this side is looked for; a queue looks long after the call began. */
  readonly seekingSince: number;
  readonly emergency: boolean;
  readonly maxForwards: number;
  /** Runs `work`; a bug in it ends this call and nothing else. */
  guard(work: () => void | Promise<void>): void;
  /** An INVITE is out. */
  calling(branch: Branch, target: Target, sipCallId: string): void;
  progress(branch: Branch, response: SipResponse): void;
  accepted(branch: Branch, response: SipResponse): void;
  /** Nobody left to ask. */
  gaveUp(branch: Branch, end: BranchEnd): void;
  /** Its last INVITE is over, and the branch too. */
  quiet(branch: Branch): void;
  mediaEvent(branch: Branch, event: MediaEvent): void;
  /** A response from this branch's side, before anything is done about it. */
  heard(branch: Branch, response: SipResponse): void;
}

/**
 * One way to the called side: its targets in their order, the INVITE that is out, and a media session of its own until
 * it is known who answers. A call has one, or one for each endpoint of a person; the first that answers becomes the
 * call's other leg.
 */
export class Branch {
  readonly leg: Leg;
  /** For the record: `Teams`, `phone dana-desk`, `carrier`. */
  readonly name: string;
  readonly route: BranchRoute;
  media: MediaSession | undefined;
  readonly #owner: BranchOwner;
  readonly #mediaId: CallId;
  #targets: Iterator<Target> | undefined;
  #state: BranchState = 'seeking';
  /** The offer for the called side; the same for every target. */
  #offer: Buffer | undefined;
  #outgoing: OutgoingInvite | undefined;
  /** Who is asked now. */
  #target: Target | undefined;
  #tried = 0;
  /** SDP of early forks: a 200 without SDP means the one said before. */
  #forkSdp: Map<string, Buffer> | undefined;
  #elsewhere = false;

  constructor(owner: BranchOwner, at: number, route: BranchRoute, targets: Iterator<Target>) {
    this.#owner = owner;
    this.route = route;
    const { role, name } = endpointOf(route);
    this.leg = new Leg('b', role);
    this.name = name;
    const { callId } = owner.record;
    this.#mediaId = at === 0 ? callId : asCallId(`${callId}.${at + 1}`);
    this.#targets = targets;
  }

  get state(): BranchState {
    return this.#state;
  }

  /** Something was heard from the target that is asked now. */
  get proceeding(): boolean {
    return this.#outgoing?.state === 'proceeding';
  }

  /** An INVITE of this branch is not over yet: its answer belongs to the call's ladder and record. */
  get pending(): boolean {
    return this.#outgoing !== undefined;
  }

  // ---------------------------------------------------------------- media

  /** Ports, and the offer for the called side. `sdp` is the caller's; undefined: the caller left the offer to us. */
  async prepare(sdp: Buffer | undefined, caller: MediaProfile): Promise<MediaRefusal | undefined> {
    const { deps, guard } = this.#owner;
    const { settings } = deps;
    const allocated = await deps.media.allocate(
      this.#mediaId,
      { a: caller, b: profileOf(this.leg.role, settings) },
      (event) => guard(() => this.#owner.mediaEvent(this, event)),
    );
    if (!allocated.ok) return allocated.refusal;
    if (this.#state === 'over') {
      void allocated.value.release();
      return undefined;
    }
    this.media = allocated.value;
    const offer = await (sdp ? this.media.offer('a', sdp) : this.media.offerTo('b'));
    if (!offer.ok) return offer.refusal;
    this.#offer = offer.value;
    return undefined;
  }

  /** The called side's media description in its 2xx: said there, or before by the same fork. */
  answerOf(response: SipResponse): { readonly sdp: Buffer | undefined; readonly fork: string } {
    const body = sessionBodyOf(response);
    const fork = toTagOf(response) ?? '';
    return { sdp: body.kind === 'sdp' ? body.bytes : this.#forkSdp?.get(fork), fork };
  }

  // ---------------------------------------------------------------- calling

  /** The first target. */
  begin(): void {
    this.#callNext(undefined);
  }

  /** The next target, or the end of the search. `last` is what the previous one said. */
  #callNext(last: FinalOutcome | undefined): void {
    const { deps, emergency, seekingSince } = this.#owner;
    const { budgets } = deps.settings;
    const late = deps.clock.now() - seekingSince >= budgets.routingMs;
    // I15: an emergency call ends when there is nobody left to ask, not when a budget is spent.
    const spent = !emergency && (late || this.#tried > budgets.furtherTargets);
    const next = spent ? undefined : this.#targets?.next();
    const target = next && !next.done ? next.value : undefined;
    if (target) this.#call(target);
    else this.#giveUp(last);
  }

  #call(target: Target): void {
    const { deps, guard, maxForwards } = this.#owner;
    const { budgets } = deps.settings;
    this.#tried++;
    this.#target = target;
    const credentials = target.carrier?.carrier.credentials;
    let outgoing: OutgoingInvite | undefined;
    const current = (): boolean => outgoing === undefined || this.#outgoing === outgoing;
    outgoing = deps.ua.invite(
      {
        requestUri: target.requestUri,
        from: target.from,
        to: target.to,
        contact: target.contact,
        headers: target.headers,
        body: this.#offer ?? Buffer.alloc(0),
        contentType: sdpType,
        maxForwards,
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
            if (current()) guard(() => this.#progress(response));
          },
          onAccepted: (response, dialog, extra) => {
            if (!extra) guard(() => this.#accepted(response, dialog, target));
          },
          onFailed: (outcome) => guard(() => this.#targetFailed(outcome, target, current())),
        },
      },
      deps.clock.now(),
    );
    this.#outgoing = outgoing;
    this.#owner.calling(this, target, outgoing.request.headers.get('call-id') ?? '');
  }

  #targetFailed(outcome: FinalOutcome, target: Target, current: boolean): void {
    const { deps, emergency, record } = this.#owner;
    if (!this.#elsewhere) this.#attempt(target, outcomeText(outcome));
    deps.peers.targetOutcome(target, outcome);
    if (outcome.kind === 'response') this.#owner.heard(this, outcome.response);
    if (!current) return;
    this.#outgoing = undefined;
    if (this.#state === 'over') {
      this.#owner.quiet(this);
      return;
    }
    const final = outcome.kind === 'response' && !mayTryNext(target.role, outcome.response.status);
    if ((!final || emergency) && this.#step('failed') === 'callNext') {
      record.why.push(`${target.name} could not take the call (${outcomeText(outcome)}).`);
      this.#callNext(outcome);
      return;
    }
    this.#giveUp(outcome);
  }

  #giveUp(last: FinalOutcome | undefined): void {
    this.#step('refused');
    this.#owner.gaveUp(this, endOfSearch(this.leg.role, this.#tried, last));
  }

  #progress(response: SipResponse): void {
    if (response.status === 199 || this.#step('progress') === undefined) return;
    this.#owner.heard(this, response);
    const body = sessionBodyOf(response);
    if (body.kind === 'sdp') {
      this.#forkSdp ??= new Map();
      if (this.#forkSdp.size < 16) this.#forkSdp.set(toTagOf(response) ?? '', body.bytes);
    }
    this.#owner.progress(this, response);
  }

  #accepted(response: SipResponse, dialog: Dialog, target: Target): void {
    // A phone is reached the way its registration came, whatever its Contact says (RFC 5626).
    if (target.role === 'phone') dialog.setNextHop(target.destination);
    dialog.ack();
    this.leg.dialog = dialog;
    this.leg.sent = this.#offer;
    this.#attempt(target, String(response.status));
    this.#owner.deps.peers.targetOutcome(target, { kind: 'response', response });
    this.#owner.heard(this, response);
    this.#outgoing?.forgetOwner();
    this.#outgoing = undefined;
    if (this.#step('accepted')) this.#owner.accepted(this, response);
    else dialog.bye(completedElsewhere);
  }

  // ---------------------------------------------------------------- the end

  /** Not this one: answered elsewhere, or the call is over. `reason` goes into CANCEL. */
  cancel(reason: string, elsewhere: boolean): void {
    if (!this.#step('ended')) return;
    if (!this.#outgoing) return;
    // At once: a phone that is gone never says 487, and the record must not wait for it.
    if (elsewhere && this.#target) this.#attempt(this.#target, 'answered elsewhere');
    this.#elsewhere = elsewhere;
    this.#outgoing.cancel(reason);
  }

  /** A call may last for hours: keep only what its end needs (the targets hold a whole snapshot). */
  forget(): void {
    this.#targets = undefined;
    this.#target = undefined;
    this.#offer = undefined;
    this.#forkSdp = undefined;
  }

  #attempt(target: Target, result: string): void {
    const { deps, record, startedAt } = this.#owner;
    record.attempts.push({ target: target.name, atMs: Math.round(deps.clock.now() - startedAt), result });
  }

  #step(input: BranchInput): ReturnType<typeof actionOf> {
    const step = stepBranch(this.#state, input);
    if (step) this.#state = step[0];
    return actionOf(step);
  }
}

const actionOf = (step: ReturnType<typeof stepBranch>) => step?.[1];

function endpointOf(route: BranchRoute): { readonly role: LegRole; readonly name: string } {
  if (route.kind === 'to-teams') return { role: 'teams', name: 'Teams' };
  if (route.kind === 'to-phone') return { role: 'phone', name: `The phone ${route.device.name}` };
  return { role: 'carrier', name: 'The carrier' };
}

function outcomeText(outcome: FinalOutcome): string {
  if (outcome.kind === 'response') return String(outcome.response.status);
  return outcome.kind === 'timeout'
    ? 'no answer in time'
    : `${outcome.failure.kind}: ${outcome.failure.detail}`;
}

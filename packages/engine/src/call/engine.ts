import type { CallId, Carrier, Device, PersonId, QueueId, RoutingSnapshot } from '@tandem/domain';
import { callIdOf, Headers, type SipMessage } from '@tandem/sip';
import type {
  Destination,
  Flow,
  IncomingInvite,
  IncomingRequest,
  UserAgent,
  UserAgentPorts,
} from '@tandem/sip/ua/types.ts';
import { PeerBook, type PeerView } from '../health/peer-book.ts';
import { Probes } from '../health/probes.ts';
import type { Announcements } from '../ports/announcements.ts';
import type { CallCheckpoint, CallLog } from '../ports/call-log.ts';
import type { CallerNames } from '../ports/caller-names.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { MediaPort } from '../ports/media-port.ts';
import type { PhoneAuth } from '../ports/phone-auth.ts';
import type { PresenceGate } from '../ports/presence-gate.ts';
import { forgetfulProbeMemory, type ProbeMemory } from '../ports/probe-memory.ts';
import { noRegistrations, type Registrations } from '../ports/registrations.ts';
import type { SnapshotSource } from '../ports/snapshot.ts';
import { ownFactsOnly, type TeamsAccess } from '../ports/teams-access.ts';
import type { VoicemailStore } from '../ports/voicemail-store.ts';
import { createQueueDesk, type QueueDesk } from '../queue/queue-desk.ts';
import type { QueueView } from '../queue/queue-view.ts';
import { type CallFacts, callFactsOf } from '../routing/call-facts.ts';
import type { Reach } from '../routing/called-party.ts';
import { decideFromPhone } from '../routing/decide-from-phone.ts';
import { decideFromTeams } from '../routing/decide-from-teams.ts';
import { decideInbound } from '../routing/decide-inbound.ts';
import type { Decision } from '../routing/decision.ts';
import { mailboxBehind } from '../routing/mailbox.ts';
import { carrierBySource, type Source } from '../routing/source.ts';
import { allowHeader, type EngineSettings } from '../settings.ts';
import { AnnouncementSeat } from './announcement-seat.ts';
import { Call } from './call.ts';
import type { CallDeps } from './call-deps.ts';
import type { CallFailure } from './call-failure.ts';
import { CallLimits, type Held } from './call-limits.ts';
import { calledRole, directionOf, hopsOf, instead, maxForwardsOf, sourceKey } from './call-origin.ts';
import { EmergencyCallers } from './emergency-callers.ts';
import { Ladder, UnclaimedMessages } from './ladder.ts';
import { CallView, type LiveCall } from './live-call.ts';
import { MailboxSeat } from './mailbox-seat.ts';
import { contactInOptions, contactTowardsCaller } from './our-contact.ts';
import { peopleIn } from './party.ts';
import { queueSeat } from './queue-seat.ts';
import { q850Reason } from './reason.ts';
import { RecordDraft } from './record-draft.ts';
import { endRestored } from './restore.ts';
import { plansOf } from './routing-plan.ts';
import { verdictOf } from './verdicts.ts';

/** The user agent's callbacks that the engine answers. */
export type EngineHandlers = Required<Pick<UserAgentPorts, 'onInvite' | 'onRequest' | 'onMessage'>>;

export interface CallEngineDeps {
  /** Makes the user agent that this engine drives; the handlers are the engine's. Called once, at creation. */
  userAgent(handlers: EngineHandlers): UserAgent;
  readonly media: MediaPort;
  readonly log: CallLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly snapshots: SnapshotSource;
  readonly settings: EngineSettings;
  /** Uniform in [0, 1): jitter and weights, nothing secret. */
  fraction(): number;
  /** Whether this connection proved to be Microsoft (certificate verified by the transport). */
  isTeams(flow: Flow): boolean;
  readonly probeMemory?: ProbeMemory;
  /** What provisioning says of a person's calls in Teams. Absent: only our own facts count. */
  readonly access?: TeamsAccess;
  /** Where registered phones are. Absent: no phone is registered. */
  readonly registrations?: Registrations;
  /** Whether presence lets a call ring. Absent: it always does. */
  readonly gate?: PresenceGate;
  /** Where messages are kept. Absent: nobody has a mailbox here. */
  readonly voicemail?: VoicemailStore;
  /** Who calls from outside. Absent: only what the carrier sends and who has the number here. */
  readonly callerNames?: CallerNames;
  /** Absent: who is refused hears nothing. */
  readonly announcements?: Announcements;
  /** Who a phone is. Absent: every call from a phone is refused. */
  readonly authenticatePhone?: PhoneAuth['authenticatePhone'];
  /** REGISTER that arrived on a phones' listener. Absent: 405. */
  onRegister?(incoming: IncomingRequest): void;
  /** SUBSCRIBE outside dialogs that arrived on a phones' listener. Absent: 405. */
  onSubscribe?(incoming: IncomingRequest): void;
  /** For live views. Cheap: ask `call.record()` only when somebody looks. */
  onEvent?(event: EngineEvent): void;
  onBug?(error: unknown, callId: CallId | undefined): void;
}

export type EngineEvent =
  | { readonly kind: 'call-started' | 'call-changed' | 'call-ended'; readonly call: LiveCall }
  | { readonly kind: 'call-shed'; readonly failure: CallFailure }
  | { readonly kind: 'peer-changed'; readonly peer: PeerView }
  /** Who waits, whose turn it is, or what a member does: ask `queues.viewOf` when somebody looks. */
  | { readonly kind: 'queue-changed'; readonly queueId: QueueId };

export interface CallEngine {
  readonly ua: UserAgent;
  activeCalls(): readonly LiveCall[];
  /** Ends a call for an operator: both sides get BYE (or the final answer). False when there is no such call. */
  hangUp(callId: CallId): boolean;
  /** No new calls from now on but emergency ones; probing stops. Resolves when the last call is over. */
  drain(): Promise<void>;
  /** Calls that a crash left behind: both legs are ended, the records closed as `node-crash`. */
  restore(
    checkpoints: Iterable<CallCheckpoint>,
    lastMediaWallMs?: (callId: CallId) => number | undefined,
  ): number;
  peers(): readonly PeerView[];
  readonly queues: {
    viewOf(queueId: QueueId): QueueView | undefined;
    /** Callers who wait, in all queues. */
    readonly waiting: number;
  };
  /** Wall ms of the last OPTIONS from Microsoft; undefined: none since the start (S20). */
  readonly microsoftLastHeardAt: number | undefined;
  /** Starts probing. */
  start(): void;
  /** Stops probing; calls go on. */
  stop(): void;
  /** A new snapshot is there: new peers are probed. */
  snapshotChanged(): void;
}

interface Live extends Held {
  readonly call: Call;
  readonly view: LiveCall;
  readonly sipCallIds: string[];
}

/** Times the call went through us already; more is a loop (T15: at most two passes). */
const mostHops = 2;

export function createCallEngine(deps: CallEngineDeps): CallEngine {
  const { clock, settings, snapshots, log } = deps;
  const live = new Map<CallId, Live>();
  /** SIP Call-ID to the call and leg it belongs to, for the ladder. */
  const byLeg = new Map<string, { readonly call: Call; readonly leg: 'a' | 'b' }>();
  const limits = new CallLimits();
  const full = (carrier: Carrier): boolean => limits.full(carrier);
  const unclaimed = new UnclaimedMessages();
  const peers = new PeerBook(clock, deps.fraction);
  peers.onChange = (peer) => deps.onEvent?.({ kind: 'peer-changed', peer });
  const emergencies = new EmergencyCallers(clock);
  // Presence remembers it over a restart.
  const awaitsCallback = (personId: PersonId): boolean =>
    emergencies.awaitsCallback(personId) || deps.gate?.awaitsCallback?.(personId) === true;
  const reach: Reach = {
    access: deps.access ?? ownFactsOnly,
    registrations: deps.registrations ?? noRegistrations,
    ...(deps.gate && { gate: deps.gate }),
    awaitsCallback,
    ...(deps.callerNames && { callerNames: deps.callerNames }),
    queueShut: (queue) => desk.shut(queue),
  };
  const desk: QueueDesk = createQueueDesk({
    clock,
    reach,
    ...(deps.gate && { gate: deps.gate }),
    current: () => snapshots.current(),
    plansOf: (route) => plansOf(route, { snapshot: snapshots.current(), peers, settings, hops: 1, full }),
    onChange: (queueId) => deps.onEvent?.({ kind: 'queue-changed', queueId }),
  });
  const phoneListeners = new Set(Object.values(settings.phones?.via ?? {}));
  let draining = false;
  let drained: (() => void) | undefined;

  const ua = deps.userAgent({
    // A bug of ours ends this call, not leaves it ringing for ever: its 100 has gone out.
    onInvite: (invite) => guarded(undefined, () => onInvite(invite)) || invite.reject(500),
    onRequest: (request) => guarded(undefined, () => onRequest(request)) || request.respond(500),
    onMessage,
  });
  const probes = new Probes({
    ua,
    clock,
    snapshots,
    settings,
    memory: deps.probeMemory ?? forgetfulProbeMemory(),
    peers,
    fraction: deps.fraction,
  });
  const callDeps: CallDeps = {
    ua,
    media: deps.media,
    log,
    clock,
    peers,
    settings,
    fraction: deps.fraction,
    onLegId: (call, sipCallId) => {
      claim(call, 'b', sipCallId);
      const entry = live.get(call.record.callId);
      if (entry) limits.isAt(entry, call.record.carrierId);
    },
    onAnswered: (call) => {
      const entry = live.get(call.record.callId);
      if (entry) limits.settled(entry);
    },
    onChange: (call) => {
      const entry = live.get(call.record.callId);
      if (!entry) return;
      // A carrier has more phones ringing at once than T04's 64; what a flood costs us is what nobody has taken up.
      if (call.state === 'ringing' && call.a.role !== 'phone') limits.settled(entry);
      if (call.state === 'ending') desk.over(call.record.callId);
      // Whom the call was for is free again while the caller speaks to the mailbox.
      else if (call.state === 'turning') onlyCallerIsBusy(call);
      deps.onEvent?.({ kind: 'call-changed', call: entry.view });
    },
    onOver,
    onBug: (call, error) => deps.onBug?.(error, call.record.callId),
  };

  // ---------------------------------------------------------------- new calls

  function sourceOf(flow: Flow, snapshot: RoutingSnapshot): Source {
    if (deps.isTeams(flow)) return { kind: 'teams' };
    if (phoneListeners.has(flow.listener)) return { kind: 'phone' };
    const carrier = carrierBySource(snapshot, flow);
    return carrier ? { kind: 'carrier', carrierId: carrier.id } : { kind: 'unknown' };
  }

  function onInvite(invite: IncomingInvite): void {
    const startedAt = clock.now();
    const snapshot = snapshots.current();
    const source = sourceOf(invite.flow, snapshot);
    if (source.kind === 'unknown') {
      // The transport keeps strangers out in silence (T02). One who got here has been told 100 already: end it.
      invite.reject(403);
      return;
    }
    let device: Device | undefined;
    if (source.kind === 'phone') {
      device = phoneOf(invite);
      if (!device) return;
    }
    const facts = callFactsOf(invite.request);
    let decision = decide(source, device, snapshot, facts);
    const hops = hopsOf(invite.request);
    const trouble = decision.emergency ? undefined : shedding(source, device, decision, snapshot);
    if (trouble) {
      shed(invite, trouble);
      return;
    }
    if (maxForwardsOf(invite.request) <= 0) decision = instead(decision, { kind: 'too-many-hops' });
    else if (hops >= mostHops && !decision.emergency) decision = instead(decision, { kind: 'loop-detected' });

    const route = decision.outcome === 'route' ? decision.route : undefined;
    const sipCallId = callIdOf(invite.request) ?? '';
    const record = new RecordDraft({
      callId: deps.ids.callId(),
      direction: directionOf(source, decision),
      decision,
      fromAsReceived: facts.from.user,
      toAsDialled: facts.called,
      invitedAt: clock.wall(),
      aRole: source.kind,
      bRole: calledRole(source, decision),
      sipCallId,
    });
    const ladder = new Ladder(startedAt);
    const announcement = announcementOf(decision);
    const call: Call = new Call(callDeps, {
      invite,
      record,
      startedAt,
      ladder,
      ...(route?.kind === 'to-queue' && { seat: queueSeat(route, desk) }),
      mailbox: mailboxOf(snapshot, decision),
      announcement,
      branches: route ? plansOf(route, { snapshot, peers, settings, hops: hops + 1, full }) : [],
      contact: contactTowardsCaller(invite.request, invite.flow, source, snapshot, settings),
    });
    register(call, source, device, sipCallId, ladder);
    emergencies.note(decision);
    call.guard(() => {
      log.opened(record.toRecord());
      if (route) call.start();
      else if (announcement) call.start();
      else if (decision.outcome === 'refuse')
        call.end({ kind: 'failure', failure: decision.failure, by: 'platform' });
    });
  }

  /** The phone that made the call, by its digest alone; undefined: it has been answered (RFC 3261 §22.2). */
  function phoneOf(invite: IncomingInvite): Device | undefined {
    const verdict = deps.authenticatePhone?.(invite.request, invite.flow) ?? { kind: 'refused', status: 403 };
    if (verdict.kind === 'device') return verdict.device;
    if (verdict.kind === 'refused') invite.reject(verdict.status);
    else invite.reject(verdict.status, { headers: Headers.of(verdict.headers) });
    return undefined;
  }

  function decide(
    source: Exclude<Source, { kind: 'unknown' }>,
    device: Device | undefined,
    snapshot: RoutingSnapshot,
    facts: CallFacts,
  ): Decision {
    if (device) return decideFromPhone(snapshot, device, facts, reach);
    if (source.kind === 'carrier') return decideInbound(snapshot, source.carrierId, facts, reach);
    return decideFromTeams(snapshot, facts, reach);
  }

  /** Limits and draining, answered before anything else is spent on the call (T04, reliability 3). */
  function shedding(
    source: Source,
    device: Device | undefined,
    decision: Decision,
    snapshot: RoutingSnapshot,
  ): CallFailure | undefined {
    if (draining) return { kind: 'draining' };
    const key = sourceKey(source, device, decision);
    const limit = settings.budgets.unansweredPerSource;
    if (limits.unansweredOf(key) >= limit) return { kind: 'too-many-calls', limit, of: key };
    if (source.kind !== 'carrier') return undefined;
    const carrier = snapshot.carriers.get(source.carrierId);
    if (carrier && full(carrier)) return { kind: 'too-many-calls', limit: carrier.maxCalls ?? 0, of: key };
    return undefined;
  }

  /** Who called for help is called back until somebody answers: no machine takes that call (4.2 item 1). */
  function mailboxOf(snapshot: RoutingSnapshot, decision: Decision): MailboxSeat | undefined {
    const { voicemail: store } = deps;
    const route = store && mailboxBehind(snapshot, decision);
    if (!route) return undefined;
    const straight = decision.outcome === 'route' && decision.route === route;
    if (!straight && awaitsCallback(route.person.id)) return undefined;
    return new MailboxSeat(route, straight, snapshot, { clock, store });
  }

  function announcementOf(decision: Decision): AnnouncementSeat | undefined {
    const { announcements } = deps;
    if (!announcements || decision.outcome !== 'refuse' || !decision.announce) return undefined;
    return new AnnouncementSeat(decision.failure, decision.announce, announcements);
  }

  function onlyCallerIsBusy({ record: { callId, decision } }: Call): void {
    desk.over(callId);
    const { callingPersonId } = decision;
    if (callingPersonId !== undefined) desk.busy(callId, [callingPersonId]);
  }

  function shed(invite: IncomingInvite, failure: CallFailure): void {
    const verdict = verdictOf(failure);
    const headers = Headers.of([['Reason', q850Reason(verdict.q850, verdict.tell ?? verdict.say)]]);
    // MICROSOFT: no Retry-After towards Teams; its failover list contains 503 (reliability 3, item 5).
    if (failure.kind === 'draining' && !deps.isTeams(invite.flow))
      headers.append('Retry-After', String(5 + Math.floor(deps.fraction() * 11)));
    invite.reject(verdict.sip, { headers });
    deps.onEvent?.({ kind: 'call-shed', failure });
  }

  // ---------------------------------------------------------------- requests without a dialog

  function onRequest(incoming: IncomingRequest): void {
    const snapshot = snapshots.current();
    const source = sourceOf(incoming.flow, snapshot);
    const { request } = incoming;
    if (source.kind === 'unknown') {
      incoming.respond(403);
      return;
    }
    if (source.kind === 'phone' && request.method === 'REGISTER' && deps.onRegister) {
      deps.onRegister(incoming);
      return;
    }
    if (source.kind === 'phone' && request.method === 'SUBSCRIBE' && deps.onSubscribe) {
      deps.onSubscribe(incoming);
      return;
    }
    if (request.method !== 'OPTIONS') {
      // BYE and the like to dialogs that are gone; what else a peer asks is not ours.
      if (request.method === 'BYE' || request.method === 'NOTIFY') incoming.respond(481);
      else incoming.respond(405, { headers: Headers.of([['Allow', allowHeader]]) });
      return;
    }
    if (source.kind === 'teams') peers.heardFromMicrosoft();
    const carrier = source.kind === 'carrier' ? snapshot.carriers.get(source.carrierId) : undefined;
    if (carrier) peers.heardFromCarrier(carrier);
    // S10: Contact and Allow, or Microsoft does not count it.
    incoming.respond(200, {
      contact: contactInOptions(request, incoming.flow, source, snapshot, settings),
      headers: Headers.of([
        ['Allow', allowHeader],
        ['Accept', 'application/sdp'],
      ]),
    });
  }

  // ---------------------------------------------------------------- bookkeeping

  function onMessage(
    direction: 'in' | 'out',
    message: SipMessage,
    peer: Flow | Destination,
    now: number,
    bytes: Buffer,
  ): void {
    const sipCallId = callIdOf(message);
    if (sipCallId === undefined) return;
    const known = byLeg.get(sipCallId);
    if (known) known.call.saw(known.leg, direction, message, peer, now, bytes);
    else unclaimed.add(direction, sipCallId, bytes, peer, now);
  }

  function register(
    call: Call,
    source: Source,
    device: Device | undefined,
    sipCallId: string,
    ladder: Ladder,
  ): void {
    const { record } = call;
    const key = sourceKey(source, device, record.decision);
    const carrier = source.kind === 'carrier' ? source.carrierId : undefined;
    const view = new CallView(call, ladder, device?.id);
    const entry: Live = { call, view, sipCallIds: [], source: undefined, carrier: undefined };
    live.set(record.callId, entry);
    limits.came(entry, key);
    limits.isAt(entry, carrier);
    unclaimed.claim(sipCallId, ladder, 'a');
    claim(call, 'a', sipCallId);
    desk.busy(record.callId, peopleIn(record.decision));
    deps.onEvent?.({ kind: 'call-started', call: view });
  }

  function claim(call: Call, leg: 'a' | 'b', sipCallId: string): void {
    const entry = live.get(call.record.callId);
    // A Call-ID chosen by a stranger must not take over another call's ladder.
    if (!entry || byLeg.has(sipCallId)) return;
    byLeg.set(sipCallId, { call, leg });
    entry.sipCallIds.push(sipCallId);
    if (leg === 'b') call.claimLadder(unclaimed, sipCallId);
  }

  function onOver(call: Call): void {
    const { callId } = call.record;
    const entry = live.get(callId);
    if (!entry) return;
    live.delete(callId);
    limits.over(entry);
    for (const sipCallId of entry.sipCallIds) byLeg.delete(sipCallId);
    desk.over(callId);
    deps.onEvent?.({ kind: 'call-ended', call: entry.view });
    if (live.size === 0) drained?.();
  }

  /** False: a bug, told to whoever keeps them. */
  function guarded(callId: CallId | undefined, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      deps.onBug?.(error, callId);
      return false;
    }
  }

  return {
    ua,
    activeCalls: () => [...live.values()].map((entry) => entry.view),
    hangUp(callId) {
      const entry = live.get(callId);
      if (!entry) return false;
      entry.call.end({ kind: 'failure', failure: { kind: 'hung-up-by-operator' }, by: 'platform' });
      return true;
    },
    drain() {
      draining = true;
      probes.stop();
      if (live.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        drained = resolve;
      });
    },
    restore(checkpoints, lastMediaWallMs) {
      let count = 0;
      for (const checkpoint of checkpoints) {
        guarded(checkpoint.callId, () => {
          endRestored(checkpoint, { ua, log, clock, settings }, lastMediaWallMs?.(checkpoint.callId));
        });
        count++;
      }
      return count;
    },
    peers() {
      const { hubs, carriers } = snapshots.current();
      return peers.view(hubs, carriers.values());
    },
    get microsoftLastHeardAt() {
      return peers.microsoftLastHeardAt;
    },
    queues: {
      viewOf: (queueId) => desk.viewOf(queueId),
      get waiting() {
        return desk.waiting;
      },
    },
    start() {
      probes.start();
      desk.start();
    },
    stop() {
      probes.stop();
      desk.stop();
    },
    snapshotChanged() {
      probes.refresh();
      desk.snapshotChanged();
    },
  };
}

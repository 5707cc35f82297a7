/**
 * Lamps on desk phones (RFC 4235 dialog, RFC 3856 presence): a phone that proves itself by digest watches people, phones and
 * queues of its own account, and is told of our own calls at once and of Teams as the platform knows it.
 */
import type { AccountId, Device, DeviceId, PersonId, PresenceLabel, RoutingSnapshot } from '@tandem/domain';
import {
  type Destination,
  dialogInfoType,
  dialogPackage,
  type Flow,
  Headers,
  type IncomingRequest,
  type Notification,
  Notifier,
  type NotifyOutcome,
  presencePackage,
  printDialogInfo,
  printPidf,
  type SubscribeFault,
  type Subscription,
} from '@tandem/sip';
import type { CallEnd } from '../call/call-end.ts';
import type { Clock } from '../ports/clock.ts';
import type { PhoneAuth } from '../ports/phone-auth.ts';
import type { PresenceWatch } from '../ports/presence-watch.ts';
import type { Registrations } from '../ports/registrations.ts';
import { keyOfFlow } from '../registrar/bindings.ts';
import { UnprovenBudget } from '../registrar/unproven-budget.ts';
import { userOfUri } from '../routing/call-facts.ts';
import { devicesOf } from '../routing/devices.ts';
import { liveDialogs, personShown, placeShown, uriUser, withEnded } from './lamp.ts';
import { Lines, leftTheCall } from './lines.ts';
import { notifySettings, type PhoneWatchSettings } from './settings.ts';
import { isThere, keyOfWatched, personKey, type Watched, watchedAs } from './watched.ts';

/** Why a SUBSCRIBE came to nothing; a closed set, for metrics. A challenge is no fault. */
export type WatchFault = SubscribeFault | 'not-proven' | 'not-active' | 'not-own' | 'not-found' | 'too-fast';

export interface PhoneWatchDeps {
  readonly clock: Clock;
  readonly settings: PhoneWatchSettings;
  readonly authenticatePhone: PhoneAuth['authenticatePhone'];
  readonly registrations: Registrations;
  snapshot(): RoutingSnapshot;
  /** Calls that ring or talk now, for the first who watches. */
  activeCalls(): Iterable<WatchedCall>;
  /** What is known of people besides our own calls. Absent: only our own calls are shown. */
  readonly presence?: PresenceWatch;
  /** Uniform in [0, 1): spreads who comes back after a stop. */
  fraction(): number;
  onFault?(why: WatchFault): void;
  onNotified?(packageName: string, outcome: NotifyOutcome): void;
}

/** The part of a live call that a lamp needs. */
export interface WatchedCall {
  readonly callId: string;
  ends(): readonly CallEnd[];
}

export interface PhoneWatch {
  /** SUBSCRIBE outside dialogs from a phones' listener. Always answered. */
  onSubscribe(incoming: IncomingRequest): void;
  /** For each event of the engine; does nothing while nobody watches. */
  callChanged(call: WatchedCall): void;
  callEnded(callId: string): void;
  /** Phones came, left or were forgotten. */
  registrationsChanged(): void;
  /** People, phones or accounts may have gone. */
  snapshotChanged(): void;
  /** A connection is gone, and with it who was told over it. */
  flowClosed(flow: Flow): void;
  /** Subscriptions now, by package. */
  counts(): Readonly<Record<string, number>>;
  /** Tells everybody to come back later. */
  stop(): void;
}

interface Watcher {
  readonly deviceId: DeviceId;
  readonly accountId: AccountId;
  readonly watched: Watched;
  /** Where its NOTIFYs go. */
  flow: string;
}

/** People on watched lamps are read often, so their state is asked for again before that lapses (a minute). */
const lookEveryMs = 30_000;
/** Many phones register at once; their lamps are looked at once for all. */
const registrationsMs = 2_000;
/**
 * MICROSOFT: Teams goes on showing a call for a moment after its end, and is read every few seconds only. What it says of a
 * call until then is about the one that our own signalling saw end.
 */
const teamsLagMs = 3_000;
const nextReadMs = 10_000;
/** After a stop phones come back within this, not all at once. */
const comeBackSeconds = [5, 30] as const;

export function createPhoneWatch(deps: PhoneWatchDeps): PhoneWatch {
  const { clock, settings, presence } = deps;
  const watchers = new Map<Subscription, Watcher>();
  const byFlow = new Map<string, Set<Subscription>>();
  const lines = new Lines();
  /** Calls as they were seen last, while somebody watches. */
  const calls = new Map<string, readonly CallEnd[]>();
  /** When somebody's last call of ours ended, for as long as Teams may not have noticed. */
  const ended = new Map<PersonId, { readonly wallMs: number }>();
  const pace = new UnprovenBudget({
    perAddress: settings.pace.perPhone,
    all: settings.pace.all,
    challenge: 1,
    wrong: 1,
    remembered: 20_000,
  });
  let tracking = false;
  let stopLooking: (() => void) | undefined;
  let stopRegistrations: (() => void) | undefined;

  const notifier = new Notifier({
    clock,
    packages: [dialogPackage, presencePackage],
    limits: settings.limits,
    settings: notifySettings,
    mayRefresh,
    onNotified: (name, outcome) => deps.onNotified?.(name, outcome),
    onRefused: (why) => deps.onFault?.(why),
    onOver(subscription) {
      const watcher = watchers.get(subscription);
      watchers.delete(subscription);
      if (watcher) leaveFlow(subscription, watcher.flow);
      if (notifier.count === 0) rest();
    },
  });

  // ---------------------------------------------------------------- who asks

  /** The phone, by its digest alone; undefined: it has been answered. */
  function phoneOf(incoming: IncomingRequest): Device | undefined {
    const verdict = deps.authenticatePhone(incoming.request, incoming.flow);
    if (verdict.kind !== 'device') {
      if (verdict.kind === 'refused') deps.onFault?.('not-proven');
      incoming.respond(verdict.status, { headers: Headers.of(verdict.headers ?? []) });
      return undefined;
    }
    const { device } = verdict;
    if (deps.snapshot().accounts.get(device.accountId)?.status !== 'active')
      return refused(incoming, 403, 'not-active');
    if (!pace.hasPoints(device.id, clock.now())) {
      deps.onFault?.('too-fast');
      incoming.respond(503, { headers: Headers.of([['Retry-After', '10']]) });
      return undefined;
    }
    pace.spend(device.id, 1, clock.now());
    return device;
  }

  function refused(incoming: IncomingRequest, status: number, why: WatchFault): undefined {
    deps.onFault?.(why);
    incoming.respond(status);
  }

  function onSubscribe(incoming: IncomingRequest): void {
    const device = phoneOf(incoming);
    if (!device) return;
    const wish = notifier.read(incoming);
    if (!wish) return;
    const { request, flow } = incoming;
    const user = userOfUri(request.uri);
    const watched = watchedAs(deps.snapshot(), device.accountId, user);
    if (!watched) {
      refused(incoming, 404, 'not-found');
      return;
    }
    track();
    const uri = `sip:${uriUser(user)}@${settings.realm}`;
    const subscription = notifier.open(incoming, wish, {
      owner: device.id,
      resource: keyOfWatched(watched),
      contact: contactFor(flow, user),
      nextHop: hopOf(flow),
      tell: teller(watched, uri, device),
    });
    if (!subscription) {
      if (notifier.count === 0) rest();
      return;
    }
    // A fetch may be over already when its only NOTIFY could not be sent.
    if (subscription.phase === 'over') return;
    const watcher = { deviceId: device.id, accountId: device.accountId, watched, flow: keyOfFlow(flow) };
    watchers.set(subscription, watcher);
    joinFlow(subscription, watcher.flow);
    look(watched);
  }

  function mayRefresh(incoming: IncomingRequest, subscription: Subscription): boolean {
    const device = phoneOf(incoming);
    if (!device) return false;
    const watcher = watchers.get(subscription);
    if (!watcher || device.id !== watcher.deviceId) {
      refused(incoming, 403, 'not-own');
      return false;
    }
    const flow = keyOfFlow(incoming.flow);
    if (flow !== watcher.flow) {
      leaveFlow(subscription, watcher.flow);
      watcher.flow = flow;
      joinFlow(subscription, flow);
    }
    subscription.moveTo(hopOf(incoming.flow));
    return true;
  }

  /** A phone behind NAT is reached the way it reached us, and nobody is sent NOTIFYs who did not ask (T02). */
  function hopOf({ protocol, remote }: Flow): Destination {
    return { protocol, host: remote.host, port: remote.port, via: settings.via[protocol] };
  }

  function contactFor({ protocol }: Flow, user: string): string {
    const { host, port } = settings.contact[protocol];
    const transport = protocol === 'UDP' ? '' : `;transport=${protocol.toLowerCase()}`;
    return `<sip:${uriUser(user)}@${host}:${port}${transport}>`;
  }

  function joinFlow(subscription: Subscription, flow: string): void {
    const there = byFlow.get(flow);
    if (there) there.add(subscription);
    else byFlow.set(flow, new Set([subscription]));
  }

  function leaveFlow(subscription: Subscription, flow: string): void {
    const there = byFlow.get(flow);
    there?.delete(subscription);
    if (there?.size === 0) byFlow.delete(flow);
  }

  // ---------------------------------------------------------------- what is told

  function teller(watched: Watched, uri: string, watcher: Device): (contentType: string) => Notification {
    const key = keyOfWatched(watched);
    /** Who watches the own line sees who calls. */
    const showsRemote = watched.kind === 'person' && watched.personId === watcher.personId;
    const face = { uri, showsRemote, realm: settings.realm };
    let toldIds: readonly string[] = [];
    return (contentType) => {
      const personId = watched.kind === 'person' ? watched.personId : undefined;
      if (contentType === dialogInfoType) {
        const label = personId === undefined ? undefined : besidesOurCalls(personId);
        const live = liveDialogs(lines.of(key), label, face);
        return {
          same: live.map(({ id, state }) => `${id} ${state}`).join(),
          body(version) {
            const told = withEnded(live, toldIds);
            toldIds = live.map(({ id }) => id);
            return printDialogInfo(uri, version, told);
          },
        };
      }
      const shown =
        watched.kind === 'person'
          ? personShown(lines.of(key), besidesOurCalls(watched.personId), hasPhone(watched.personId))
          : placeShown(lines.of(key), isStaffed(watched));
      return {
        same: `${shown.basic} ${shown.note} ${shown.activities.join()}`,
        body: () => printPidf(uri, shown),
      };
    };
  }

  const isRegistered = (deviceId: DeviceId): boolean => deps.registrations.contactOf(deviceId) !== undefined;
  const isStaffed = (place: Exclude<Watched, { kind: 'person' }>): boolean =>
    place.kind === 'device'
      ? isRegistered(place.deviceId)
      : (deps
          .snapshot()
          .queues.get(place.queueId)
          ?.members.some(({ loggedIn }) => loggedIn) ?? false);
  const hasPhone = (personId: PersonId): boolean =>
    devicesOf(deps.snapshot(), personId).some(({ id }) => isRegistered(id));

  /** The person's state, but for what our own lines know better and sooner. */
  function besidesOurCalls(personId: PersonId): PresenceLabel | undefined {
    const seen = presence?.of(personId);
    if (!seen || seen.source === 'platform-call') return undefined;
    const end = ended.get(personId);
    const lags =
      end !== undefined &&
      seen.label === 'on_call' &&
      (seen.teams?.readAtWallMs ?? 0) < end.wallMs + teamsLagMs;
    return lags ? undefined : seen.label;
  }

  // ---------------------------------------------------------------- what happens

  /** The first who watches: from now on calls are followed. */
  function track(): void {
    if (tracking) return;
    tracking = true;
    for (const call of deps.activeCalls()) {
      const ends = call.ends();
      calls.set(call.callId, ends);
      lines.update(call.callId, ends);
    }
    stopLooking = clock.after(lookEveryMs, lookAtAll);
  }

  /** Nobody watches any more. */
  function rest(): void {
    tracking = false;
    stopLooking?.();
    stopLooking = undefined;
    lines.clear();
    calls.clear();
    ended.clear();
  }

  function lookAtAll(): void {
    const people = new Set<PersonId>();
    for (const { watched } of watchers.values()) if (watched.kind === 'person') people.add(watched.personId);
    for (const personId of people) presence?.watched(personId);
    stopLooking = clock.after(lookEveryMs, lookAtAll);
  }

  function look(watched: Watched): void {
    if (watched.kind === 'person') presence?.watched(watched.personId);
  }

  function follow(callId: string, ends: readonly CallEnd[]): void {
    if (!tracking) return;
    const before = calls.get(callId);
    if (ends.length === 0) calls.delete(callId);
    else calls.set(callId, ends);
    for (const personId of leftTheCall(before, ends)) {
      const end = { wallMs: clock.wall() };
      ended.set(personId, end);
      clock.after(nextReadMs, () => {
        if (ended.get(personId) !== end) return;
        ended.delete(personId);
        notifier.news(personKey(personId), false);
      });
    }
    for (const key of lines.update(callId, ends)) notifier.news(key, true);
  }

  const stopPresence = presence?.onChange((personId) => notifier.news(personKey(personId), false));

  return {
    onSubscribe,
    callChanged(call) {
      if (tracking) follow(call.callId, call.ends());
    },
    callEnded: (callId) => follow(callId, []),
    registrationsChanged() {
      if (!tracking) return;
      stopRegistrations ??= clock.after(registrationsMs, () => {
        stopRegistrations = undefined;
        for (const subscription of [...notifier])
          if (subscription.event.type === presencePackage.name) subscription.news(false);
      });
    },
    snapshotChanged() {
      const snapshot = deps.snapshot();
      for (const [subscription, { deviceId, accountId, watched }] of [...watchers]) {
        const device = snapshot.devices.get(deviceId);
        const active = snapshot.accounts.get(accountId)?.status === 'active';
        if (device?.accountId !== accountId || !active) subscription.end('rejected');
        else if (!isThere(snapshot, accountId, watched)) subscription.end('noresource');
        else if (watched.kind === 'queue') subscription.news(false);
      }
    },
    flowClosed(flow) {
      if (flow.protocol === 'UDP') return;
      for (const subscription of [...(byFlow.get(keyOfFlow(flow)) ?? [])]) subscription.lost();
    },
    counts() {
      const counts: Record<string, number> = { [dialogPackage.name]: 0, [presencePackage.name]: 0 };
      for (const { event } of notifier) counts[event.type] = (counts[event.type] ?? 0) + 1;
      return counts;
    },
    stop() {
      stopPresence?.();
      stopRegistrations?.();
      const [soonest, latest] = comeBackSeconds;
      notifier.end('probation', undefined, () => Math.round(soonest + deps.fraction() * (latest - soonest)));
      stopLooking?.();
      stopLooking = undefined;
    },
  };
}

/**
 * All subscriptions that we notify (RFC 6665 §4.2), without I/O: SUBSCRIBEs come in as the user agent hands them over,
 * NOTIFYs go out in the dialogs that they made, time is a port. Who may watch what is its owner's business.
 */
import { Headers } from '../message/headers.ts';
import type { Destination, Dialog, Flow, IncomingRequest } from '../ua/types.ts';
import {
  allowEvents,
  type EventPackage,
  readSubscribe,
  type SubscribeLimits,
  type SubscribeRefusal,
  type SubscribeWish,
} from './subscribe.ts';
import {
  type NotifyOutcome,
  Subscription,
  type SubscriptionClock,
  type SubscriptionDeps,
  type SubscriptionParts,
  type SubscriptionSettings,
} from './subscription.ts';
import type { EndReason } from './subscription-state.ts';

export interface NotifierLimits extends SubscribeLimits {
  /** Subscriptions of one owner, and of all. */
  readonly perOwner: number;
  readonly all: number;
}

export interface NotifierDeps {
  readonly clock: SubscriptionClock;
  readonly packages: readonly EventPackage[];
  readonly limits: NotifierLimits;
  readonly settings: SubscriptionSettings;
  /**
   * Whether this SUBSCRIBE inside a dialog is really the owner's. False: it has been answered. Also the moment to look
   * whether the owner may still watch.
   */
  mayRefresh(incoming: IncomingRequest, subscription: Subscription): boolean;
  onNotified?(packageName: string, outcome: NotifyOutcome): void;
  /** A request in a dialog was refused; a closed set of words, for metrics. */
  onRefused?(why: SubscribeFault): void;
  onOver?(subscription: Subscription): void;
}

/** Why a SUBSCRIBE came to nothing. */
export type SubscribeFault =
  | 'bad-request'
  | 'bad-event'
  | 'not-acceptable'
  | 'too-brief'
  | 'unknown'
  | 'too-many-of-one'
  | 'too-many';

export interface OpenParts extends SubscriptionParts {
  /** Our Contact in the dialog, as a header value. */
  readonly contact: string;
  /** Where its NOTIFYs go physically: where the subscriber proved to be, never where its Contact points. */
  readonly nextHop: Flow | Destination;
}

export class Notifier {
  readonly #deps: NotifierDeps;
  readonly #each: SubscriptionDeps;
  readonly #allowEvents: string;
  readonly #all = new Set<Subscription>();
  readonly #byResource = new Map<string, Set<Subscription>>();
  readonly #byOwner = new Map<string, Set<Subscription>>();

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#allowEvents = allowEvents(deps.packages);
    this.#each = {
      clock: deps.clock,
      settings: deps.settings,
      allowEvents: this.#allowEvents,
      onNotified: (name, outcome) => deps.onNotified?.(name, outcome),
      onOver: (subscription) => this.#forget(subscription),
    };
  }

  get count(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<Subscription> {
    return this.#all.values();
  }

  isWatched(resource: string): boolean {
    return this.#byResource.has(resource);
  }

  watchedResources(): IterableIterator<string> {
    return this.#byResource.keys();
  }

  /** What a SUBSCRIBE outside a dialog asks for. Undefined: it has been refused. */
  read(incoming: IncomingRequest): SubscribeWish | undefined {
    const read = readSubscribe(incoming.request, this.#deps.packages, this.#deps.limits);
    if (read.kind === 'wish') return read;
    this.#refuse(incoming, read);
    return undefined;
  }

  /** Answers 200 and sends the first NOTIFY; undefined: there is no room, and it has been refused. */
  open(incoming: IncomingRequest, wish: SubscribeWish, parts: OpenParts): Subscription | undefined {
    const { limits } = this.#deps;
    if ((this.#byOwner.get(parts.owner)?.size ?? 0) >= limits.perOwner) {
      this.#deps.onRefused?.('too-many-of-one');
      incoming.respond(403, { reason: 'Too Many Subscriptions' });
      return undefined;
    }
    if (this.#all.size >= limits.all) {
      this.#deps.onRefused?.('too-many');
      incoming.respond(503, { headers: Headers.of([['Retry-After', String(limits.lowestSeconds)]]) });
      return undefined;
    }
    const dialog = incoming.accept({ contact: parts.contact, headers: this.#granted(wish) });
    if (!dialog) return undefined;
    dialog.setNextHop(parts.nextHop);
    const subscription = new Subscription(this.#each, dialog, wish, parts);
    this.#all.add(subscription);
    put(this.#byResource, subscription.resource, subscription);
    put(this.#byOwner, subscription.owner, subscription);
    dialog.onRequest = (again) => this.#inDialog(again, subscription, dialog);
    subscription.granted(wish);
    return subscription;
  }

  /** What is watched changed: everybody who watches it is told. */
  news(resource: string, urgent: boolean): void {
    for (const subscription of this.#byResource.get(resource) ?? []) subscription.news(urgent);
  }

  /** Ends those that `which` names, or all. */
  end(
    reason: EndReason,
    which: (subscription: Subscription) => boolean = () => true,
    retryAfterSeconds?: () => number,
  ): void {
    for (const subscription of [...this.#all])
      if (which(subscription)) subscription.end(reason, retryAfterSeconds?.());
  }

  // ------------------------------------------------------------

  #inDialog(incoming: IncomingRequest, subscription: Subscription, dialog: Dialog): void {
    const { request } = incoming;
    if (request.method !== 'SUBSCRIBE') {
      // RFC 5057 §5: there is nothing else in this dialog.
      incoming.respond(request.method === 'OPTIONS' ? 200 : 481);
      return;
    }
    if (!this.#deps.mayRefresh(incoming, subscription)) return;
    const read = readSubscribe(request, this.#deps.packages, this.#deps.limits);
    if (read.kind === 'refusal') {
      this.#refuse(incoming, read);
      return;
    }
    // One subscription a dialog: sharing it is of the past (RFC 6665 §4.5.2), and another event is not known in here.
    const { type, id } = subscription.event;
    if (!subscription.alive || read.event.type !== type || read.event.id !== id) {
      this.#deps.onRefused?.('unknown');
      incoming.respond(481, { reason: 'Subscription Does Not Exist' });
      return;
    }
    incoming.respond(200, { headers: this.#granted(read), contact: dialog.snapshot.localContact });
    subscription.granted(read);
  }

  #granted(wish: SubscribeWish): Headers {
    return Headers.of([
      ['Expires', String(wish.seconds)],
      ['Allow-Events', this.#allowEvents],
    ]);
  }

  #refuse(incoming: IncomingRequest, { status, why, headers }: SubscribeRefusal): void {
    this.#deps.onRefused?.(faults[status]);
    incoming.respond(status, { reason: why, headers });
  }

  #forget(subscription: Subscription): void {
    this.#all.delete(subscription);
    take(this.#byResource, subscription.resource, subscription);
    take(this.#byOwner, subscription.owner, subscription);
    this.#deps.onOver?.(subscription);
  }
}

const faults = {
  400: 'bad-request',
  406: 'not-acceptable',
  415: 'bad-request',
  423: 'too-brief',
  489: 'bad-event',
} as const satisfies Record<SubscribeRefusal['status'], SubscribeFault>;

function put(index: Map<string, Set<Subscription>>, key: string, subscription: Subscription): void {
  const there = index.get(key);
  if (there) there.add(subscription);
  else index.set(key, new Set([subscription]));
}

function take(index: Map<string, Set<Subscription>>, key: string, subscription: Subscription): void {
  const there = index.get(key);
  there?.delete(subscription);
  if (there?.size === 0) index.delete(key);
}

/** One subscription at work: `subscription.machine.ts` says what happens, this class does it. */
import { parseRetryAfter } from '../header/number.ts';
import { Headers } from '../message/headers.ts';
import type { SipResponse } from '../message/message.ts';
import type { Destination, Dialog, FinalOutcome, Flow } from '../ua/types.ts';
import { printEvent, type SipEvent } from './event.ts';
import type { SubscribeWish } from './subscribe.ts';
import {
  type SubscriptionAction,
  type SubscriptionInput,
  type SubscriptionPhase,
  subscriptionMachine,
} from './subscription.machine.ts';
import { type EndReason, printSubscriptionState, type SubscriptionState } from './subscription-state.ts';

/** What one NOTIFY says. */
export interface Notification {
  /** Equal texts tell the same state: it is not told again. */
  readonly same: string;
  /**
   * The body, for the state that `same` stands for.
   *
   * @param version 0 in a subscription's first NOTIFY, then one more each time (the `version` of RFC 4235 §4.1)
   */
  body(version: number): string;
}

/** Time, monotonic. */
export interface SubscriptionClock {
  now(): number;
  after(ms: number, fire: () => void): () => void;
}

/** How a NOTIFY ended; a closed set, for metrics. */
export type NotifyOutcome = 'taken' | 'missed' | 'gone';

export interface SubscriptionSettings {
  /** Least time between two NOTIFYs of one subscription, but for what must be seen at once. */
  readonly gapMs: number;
  /** How long after a NOTIFY that was not taken the next one goes out, when the subscriber does not say (Retry-After). */
  readonly retryMs: number;
  /** So many NOTIFYs in a row that were not taken, and the subscription is over. */
  readonly mostMissed: number;
}

export interface SubscriptionParts {
  /** Who watches, and what is watched: keys of the owner's own. */
  readonly owner: string;
  readonly resource: string;
  /** The newest state, asked for whenever a NOTIFY may go out. */
  tell(contentType: string): Notification;
}

export interface SubscriptionDeps {
  readonly clock: SubscriptionClock;
  readonly settings: SubscriptionSettings;
  readonly allowEvents: string;
  onNotified(packageName: string, outcome: NotifyOutcome): void;
  /** It is over, and its dialog with it. */
  onOver(subscription: Subscription): void;
}

/** A NOTIFY that says when to come back is believed up to this. */
const longestRetryMs = 60_000;

/**
 * RFC 6665 §4.2.2 with RFC 5057 §5: answers that end the subscription. Others say that this one NOTIFY was not taken.
 */
const endsIt: ReadonlySet<number> = new Set([
  404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
]);

export class Subscription {
  readonly owner: string;
  readonly resource: string;
  readonly event: SipEvent;
  readonly #deps: SubscriptionDeps;
  readonly #dialog: Dialog;
  readonly #tell: SubscriptionParts['tell'];
  #contentType: string;
  #phase: SubscriptionPhase = 'quiet';
  #version = 0;
  #expiresAt = 0;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  /** The last NOTIFY told this. */
  #told: string | undefined;
  /** What is owed does not wait for the gap. */
  #urgent = false;
  /** What is owed is told even if it is what was told last. */
  #whatever = false;
  #missed = 0;
  /** The subscriber did not take the last NOTIFY: the next waits until then. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #end: SubscriptionState & { kind: 'terminated' } = { kind: 'terminated', reason: 'timeout' };
  #stopDue: (() => void) | undefined;
  #stopExpiry: (() => void) | undefined;

  constructor(deps: SubscriptionDeps, dialog: Dialog, wish: SubscribeWish, parts: SubscriptionParts) {
    this.#deps = deps;
    this.#dialog = dialog;
    this.owner = parts.owner;
    this.resource = parts.resource;
    this.event = wish.event;
    this.#contentType = wish.contentType;
    this.#tell = parts.tell;
  }

  get phase(): SubscriptionPhase {
    return this.#phase;
  }

  /** It can be refreshed. */
  get alive(): boolean {
    return this.#phase !== 'lastly' && this.#phase !== 'leaving' && this.#phase !== 'over';
  }

  /** A SUBSCRIBE was accepted, the first or a later one: its answer has gone out. */
  granted(wish: SubscribeWish): void {
    if (!this.alive) return;
    this.#contentType = wish.contentType;
    this.#stopExpiry?.();
    this.#stopExpiry = undefined;
    if (wish.seconds === 0) {
      this.end('timeout');
      return;
    }
    const { clock } = this.#deps;
    this.#expiresAt = clock.now() + wish.seconds * 1000;
    this.#stopExpiry = clock.after(wish.seconds * 1000, () => this.end('timeout'));
    this.#urgent = this.#whatever = true;
    this.#step('asked');
  }

  /** What is watched changed. `urgent`: somebody waits for this lamp. */
  news(urgent: boolean): void {
    if (!this.alive) return;
    this.#urgent ||= urgent;
    this.#step('news');
  }

  end(reason: EndReason, retryAfterSeconds?: number): void {
    if (!this.alive) return;
    this.#end = { kind: 'terminated', reason, retryAfterSeconds };
    this.#step('ended');
  }

  /** The way to the subscriber is gone: there is nobody to tell. */
  lost(): void {
    this.#step('gone');
  }

  moveTo(hop: Flow | Destination): void {
    this.#dialog.setNextHop(hop);
  }

  // ------------------------------------------------------------

  #step(input: SubscriptionInput): void {
    const step = subscriptionMachine[this.#phase][input];
    if (!step) return;
    const [next, action] = step;
    this.#phase = next;
    if (action) this.#do(action);
  }

  #do(action: SubscriptionAction): void {
    switch (action) {
      case 'send':
        this.#send({ kind: 'active', expiresSeconds: (this.#expiresAt - this.#deps.clock.now()) / 1000 });
        return;
      case 'sendLast':
        this.#stop();
        this.#send(this.#end);
        return;
      case 'hurry':
        return; // `granted` has noted it; what is under way comes first.
      case 'schedule': {
        const { clock, settings } = this.#deps;
        const dueAt = this.#urgent ? clock.now() : this.#lastSentAt + settings.gapMs;
        this.#dueIn(Math.max(dueAt, this.#notBefore) - clock.now());
        return;
      }
      case 'retry':
        this.#whatever = true;
        this.#dueIn(this.#notBefore - this.#deps.clock.now());
        return;
      case 'forget':
        this.#stop();
        this.#dialog.close();
        this.#deps.onOver(this);
        return;
    }
  }

  #dueIn(ms: number): void {
    this.#stopDue?.();
    this.#stopDue = undefined;
    if (ms <= 0) this.#due();
    else
      this.#stopDue = this.#deps.clock.after(ms, () => {
        this.#stopDue = undefined;
        this.#due();
      });
  }

  #due(): void {
    const same = !this.#whatever && this.#tell(this.#contentType).same === this.#told;
    if (same) this.#urgent = false;
    this.#step(same ? 'same' : 'due');
  }

  #send(state: SubscriptionState): void {
    const { clock, allowEvents } = this.#deps;
    this.#stopDue?.();
    this.#stopDue = undefined;
    this.#urgent = this.#whatever = false;
    this.#lastSentAt = clock.now();
    const { same, body } = this.#tell(this.#contentType);
    this.#told = same;
    this.#dialog.request({
      method: 'NOTIFY',
      headers: Headers.of([
        ['Event', printEvent(this.event)],
        ['Subscription-State', printSubscriptionState(state)],
        ['Allow-Events', allowEvents],
      ]),
      contentType: this.#contentType,
      body: Buffer.from(body(this.#version++), 'utf8'),
      onFinal: (outcome) => this.#answered(outcome),
    });
  }

  #answered(outcome: FinalOutcome): void {
    const kind = this.#judge(outcome);
    this.#deps.onNotified(this.event.type, kind);
    this.#step(kind);
  }

  #judge(outcome: FinalOutcome): NotifyOutcome {
    if (outcome.kind !== 'response') return 'gone';
    const { response } = outcome;
    if (response.status < 300) {
      this.#missed = 0;
      this.#notBefore = Number.NEGATIVE_INFINITY;
      return 'taken';
    }
    this.#missed++;
    if (endsIt.has(response.status) || this.#missed >= this.#deps.settings.mostMissed) return 'gone';
    const { clock, settings } = this.#deps;
    this.#notBefore = clock.now() + (retryAfterMs(response) ?? settings.retryMs);
    return 'missed';
  }

  #stop(): void {
    this.#stopDue?.();
    this.#stopExpiry?.();
    this.#stopDue = this.#stopExpiry = undefined;
  }
}

function retryAfterMs(response: SipResponse): number | undefined {
  const value = response.headers.get('retry-after');
  const seconds = value === undefined ? undefined : parseRetryAfter(value)?.seconds;
  return seconds === undefined ? undefined : Math.min(longestRetryMs, Math.max(1, seconds) * 1000);
}

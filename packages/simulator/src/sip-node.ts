import {
  createUserAgent,
  SipFramer,
  type UserAgent,
  type UserAgentOptions,
  type UserAgentPorts,
} from '@tandem/sip';
import type { Framer } from '@tandem/wire';
import type { Clock } from './clock.ts';
import type { TwinRandom } from './random.ts';

/** A user agent and the clock that drives it. `kick` must follow whatever may have set a timer. */
export class SipNode {
  readonly ua: UserAgent;
  readonly #clock: Clock;
  #cancelTimer: (() => void) | undefined;
  #kicked = false;
  #closed = false;

  constructor(
    options: UserAgentOptions,
    ports: Omit<UserAgentPorts, 'random' | 'now'>,
    clock: Clock,
    random: TwinRandom,
  ) {
    this.#clock = clock;
    this.ua = createUserAgent(options, {
      ...ports,
      now: () => clock.now(),
      random: {
        branch: () => `z9hG4bK${random.hex(8)}`,
        tag: () => random.hex(16),
        callId: () => random.hex(16),
        fraction: random.fraction,
      },
    });
  }

  get now(): number {
    return this.#clock.now();
  }

  /** Fires what is due and sets the alarm for what comes next; at most once per turn of the loop. */
  kick(): void {
    if (this.#kicked || this.#closed) return;
    this.#kicked = true;
    queueMicrotask(() => {
      this.#kicked = false;
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      if (this.#closed) return;
      const due = this.ua.advance(this.now);
      if (due !== undefined) {
        this.#cancelTimer = this.#clock.after(Math.max(1, due - this.now), () => {
          this.#cancelTimer = undefined;
          this.kick();
        });
      }
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }
}

/** The SIP framer has the shape that the transport asks for. */
export const streamFramer = (): Framer => new SipFramer();

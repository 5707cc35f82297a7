import { contactExpires, Headers, parseContacts, parseNumber } from '@tandem/sip';
import type { Destination, FinalOutcome, OutOfDialogOptions } from '@tandem/sip/ua/types.ts';
import type { Clock } from '../clock.ts';

/** A phone's side of RFC 3261 §10.2: registers, refreshes at half its time, leaves. */

export interface RegistrationWorld {
  readonly clock: Clock;
  readonly user: string;
  readonly password: string;
  readonly realm: string;
  readonly callId: string;
  request(options: OutOfDialogOptions): void;
}

export interface Place {
  readonly destination: Destination;
  /** The phone's Contact, as name-addr. */
  readonly contact: string;
}

const wantedSeconds = 300;
const againMs = 5_000;

export class Registration {
  /** Why the last try failed, in words. */
  lastFault: string | undefined;
  /** Monotonic; undefined: not registered. */
  expiresAt: number | undefined;
  readonly #world: RegistrationWorld;
  #place: Place | undefined;
  #cseq = 1;
  #cancelTimer: (() => void) | undefined;

  constructor(world: RegistrationWorld) {
    this.#world = world;
  }

  get registered(): boolean {
    return this.expiresAt !== undefined && this.expiresAt > this.#world.clock.now();
  }

  /** What it should be: registered from there, until it leaves. */
  get wanted(): boolean {
    return this.#place !== undefined;
  }

  /** Resolves with what went wrong, or undefined when it is registered. Refreshes go on by themselves. */
  async register(place: Place): Promise<string | undefined> {
    this.#place = place;
    return await this.#send(place, wantedSeconds);
  }

  async leave(): Promise<string | undefined> {
    const place = this.#place;
    this.#place = undefined;
    this.#stopTimer();
    if (!place || !this.registered) {
      this.expiresAt = undefined;
      return undefined;
    }
    return await this.#send(place, 0);
  }

  /** The connection broke: register again over a new one. */
  connectionLost(): void {
    this.expiresAt = undefined;
    if (this.#place) this.#sendIn(1_000);
  }

  close(): void {
    this.#place = undefined;
    this.#stopTimer();
  }

  #send({ destination, contact }: Place, seconds: number): Promise<string | undefined> {
    const { user, password, realm, callId, clock, request } = this.#world;
    const address = `<sip:${user}@${realm}>`;
    const cseq = this.#cseq;
    // One for the request, one for its repetition with credentials (§10.2: rising by one in all of a phone's REGISTERs).
    this.#cseq += 2;
    this.#stopTimer();
    return new Promise((resolve) => {
      request({
        method: 'REGISTER',
        requestUri: `sip:${realm}`,
        from: address,
        to: address,
        callId,
        cseq,
        contact,
        destination,
        headers: Headers.of([['Expires', String(seconds)]]),
        credentials: (challenge) => (challenge.realm === realm ? { username: user, password } : undefined),
        onFinal: (outcome) => {
          const granted = seconds === 0 ? undefined : grantedBy(outcome);
          this.lastFault = faultOf(outcome);
          this.expiresAt = granted === undefined ? undefined : clock.now() + granted * 1000;
          if (this.#place && seconds > 0) this.#sendIn(granted === undefined ? againMs : granted * 500);
          resolve(this.lastFault);
        },
      });
    });
  }

  #sendIn(ms: number): void {
    this.#stopTimer();
    this.#cancelTimer = this.#world.clock.after(ms, () => {
      if (this.#place) void this.#send(this.#place, wantedSeconds);
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

function grantedBy(outcome: FinalOutcome): number | undefined {
  if (outcome.kind !== 'response' || outcome.response.status !== 200) return undefined;
  const { headers } = outcome.response;
  const [first] = headers.getAll('contact').flatMap((value) => {
    const contacts = parseContacts(value);
    return contacts === undefined || contacts === '*' ? [] : contacts;
  });
  return first && (contactExpires(first) ?? parseNumber(headers.get('expires') ?? '') ?? wantedSeconds);
}

function faultOf(outcome: FinalOutcome): string | undefined {
  if (outcome.kind === 'timeout') return 'no answer to REGISTER';
  if (outcome.kind === 'transport') return `${outcome.failure.kind}: ${outcome.failure.detail}`;
  const { status, reason } = outcome.response;
  return status === 200 ? undefined : `${status} ${reason}`;
}

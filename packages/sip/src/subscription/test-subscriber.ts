/**
 * A kit for tests: a platform's user agent on a virtual clock, and phones that watch over SIP text. Nothing waits.
 */
import { fromTagOf, toTagOf } from '../message/access.ts';
import { Headers } from '../message/headers.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import { printMessage } from '../message/print.ts';
import { countingRandom, seededRandom } from '../ua/test-network.ts';
import type { Flow, IncomingRequest, Protocol, UserAgent } from '../ua/types.ts';
import { createUserAgent } from '../ua/user-agent.ts';

/** What a phone does with a NOTIFY: a status, with Retry-After if it names one, or nothing at all. */
export type Habit = { readonly status: number; readonly retryAfter?: number } | 'silence';

export class WatchWorld {
  now = 1_000_000;
  readonly ua: UserAgent;
  readonly phones: WatchingPhone[] = [];
  /** Answers what comes outside dialogs. */
  onRequest: (incoming: IncomingRequest) => void = (incoming) => incoming.respond(404);
  #timers: { at: number; fire: () => void }[] = [];

  readonly clock = {
    now: (): number => this.now,
    wall: (): number => 1_790_000_000_000 + this.now,
    after: (ms: number, fire: () => void): (() => void) => {
      const timer = { at: this.now + Math.max(0, ms), fire };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    },
  };

  constructor() {
    this.ua = createUserAgent(
      {
        allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'],
        alsoAnswered: ['SUBSCRIBE'],
        supported: [],
        viaFor: (to) => ({ sentBy: '192.0.2.1:5060', params: to.protocol === 'UDP' ? ';rport' : '' }),
      },
      {
        send: (to, bytes, message, failed) => {
          const { host, port } = 'remote' in to ? to.remote : to;
          const phone = this.phones.find((one) => one.host === host && one.port === port);
          if (phone) phone.heard(message, bytes);
          else failed({ kind: 'connect', detail: `nobody at ${host}:${port}` });
        },
        onInvite: (invite) => invite.reject(404),
        onRequest: (incoming) => this.onRequest(incoming),
        random: countingRandom('us', seededRandom(1)),
        now: () => this.now,
      },
    );
  }

  phone(name: string, protocol: Protocol = 'UDP'): WatchingPhone {
    const phone = new WatchingPhone(this, name, `192.0.2.${10 + this.phones.length}`, protocol);
    this.phones.push(phone);
    return phone;
  }

  /** Lets time pass, and what is due happen in its order. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const timer = this.#timers.reduce<{ at: number; fire: () => void } | undefined>(
        (first, other) => (!first || other.at < first.at ? other : first),
        undefined,
      );
      const inUa = this.ua.advance(this.now) ?? Number.POSITIVE_INFINITY;
      const due = Math.min(timer?.at ?? Number.POSITIVE_INFINITY, inUa);
      if (due > end) break;
      this.now = Math.max(this.now, due);
      if (timer && timer.at <= this.now) {
        this.#timers = this.#timers.filter((other) => other !== timer);
        timer.fire();
      } else this.ua.advance(this.now);
    }
    this.now = end;
    this.ua.advance(end);
  }
}

export interface SubscribeText {
  readonly user?: string;
  readonly event?: string | undefined;
  readonly expires?: number | string | undefined;
  readonly accept?: string;
  readonly contact?: string;
  readonly body?: string;
  readonly authorization?: string;
  readonly more?: readonly (readonly [string, string])[];
}

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
}

export interface Heard {
  readonly at: number;
  readonly request: SipRequest;
  readonly state: string;
  readonly event: string;
  readonly body: string;
}

/** One phone with any number of subscriptions, each a dialog. */
export class WatchingPhone {
  readonly name: string;
  readonly host: string;
  readonly port = 5060;
  readonly flow: Flow;
  /** NOTIFYs, in order; those that came again are not counted again. */
  readonly notifies: Heard[] = [];
  /** Each NOTIFY as it came over the wire, repeated ones too. */
  packets = 0;
  habit: Habit = { status: 200 };
  readonly #world: WatchWorld;
  readonly #answers = new Map<string, SipResponse>();
  #count = 0;

  constructor(world: WatchWorld, name: string, host: string, protocol: Protocol) {
    this.#world = world;
    this.name = name;
    this.host = host;
    this.flow = {
      id: world.phones.length + 1,
      protocol,
      listener: `phones-${protocol.toLowerCase()}`,
      local: { host: '192.0.2.1', port: 5060 },
      remote: { host, port: this.port },
      open: true,
    };
  }

  /** A SUBSCRIBE outside dialogs; its answer. */
  subscribe(text: SubscribeText = {}, callId = `${this.name}-call-${++this.#count}`, cseq = 1): Watching {
    const watching = new Watching(this, callId, text.user ?? '1001');
    watching.send(text, cseq);
    return watching;
  }

  say(bytes: Buffer | string): void {
    this.#world.ua.receive(
      typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
      this.flow,
      this.#world.now,
    );
  }

  nextBranch(): string {
    return `z9hG4bK-${this.name}-${++this.#count}`;
  }

  answerTo(branch: string): Answer {
    const response = this.#answers.get(branch);
    if (!response) throw new Error('not answered');
    return response;
  }

  heard(message: SipMessage, bytes: Buffer): void {
    if (message.kind === 'response') {
      const branch = /branch=([^;,\s]+)/.exec(message.headers.get('via') ?? '')?.[1] ?? '';
      this.#answers.set(branch, message);
      return;
    }
    this.packets++;
    // Parsed again: what counts is what is on the wire.
    const parsed = parseMessage(bytes);
    if (!parsed.ok || parsed.message.kind !== 'request') throw new Error('sent what cannot be read');
    const request = parsed.message;
    const cseq = request.headers.get('cseq');
    const again = this.notifies.some(
      ({ request: { headers } }) =>
        headers.get('cseq') === cseq && headers.get('call-id') === request.headers.get('call-id'),
    );
    if (!again)
      this.notifies.push({
        at: this.#world.now,
        request,
        state: request.headers.get('subscription-state') ?? '',
        event: request.headers.get('event') ?? '',
        body: request.body.toString('utf8'),
      });
    const { habit } = this;
    if (habit === 'silence') return;
    const headers = Headers.of(
      ['via', 'from', 'to', 'call-id', 'cseq'].flatMap((name) =>
        request.headers.getAll(name).map((value): [string, string] => [name, value]),
      ),
    );
    if (habit.retryAfter !== undefined) headers.append('Retry-After', String(habit.retryAfter));
    const response = printMessage({
      kind: 'response',
      status: habit.status,
      reason: 'As it likes',
      headers,
      body: Buffer.alloc(0),
    });
    // Not before the platform is done with sending.
    this.#world.clock.after(1, () => this.say(response));
  }
}

/** One subscription as the phone sees it. */
export class Watching {
  readonly callId: string;
  readonly user: string;
  readonly #phone: WatchingPhone;
  #branch = '';
  #cseq = 0;
  #toTag: string | undefined;

  constructor(phone: WatchingPhone, callId: string, user: string) {
    this.#phone = phone;
    this.callId = callId;
    this.user = user;
  }

  get answer(): Answer {
    return this.#phone.answerTo(this.#branch);
  }

  get notifies(): readonly Heard[] {
    return this.#phone.notifies.filter(({ request }) => request.headers.get('call-id') === this.callId);
  }

  /** Again in its dialog. */
  refresh(text: SubscribeText = {}): Answer {
    this.send(text);
    return this.answer;
  }

  send(text: SubscribeText, cseq = this.#cseq + 1, method = 'SUBSCRIBE'): void {
    this.#cseq = cseq;
    this.#branch = this.#phone.nextBranch();
    const { name, host, port } = this.#phone;
    const event = 'event' in text ? text.event : 'dialog';
    const expires = 'expires' in text ? text.expires : 600;
    const { body = '' } = text;
    const lines = [
      `${method} sip:${this.user}@platform.example SIP/2.0`,
      `Via: SIP/2.0/${this.#phone.flow.protocol} ${host}:${port};branch=${this.#branch};rport`,
      'Max-Forwards: 70',
      `From: <sip:${name}@platform.example>;tag=${this.callId}`,
      `To: <sip:${this.user}@platform.example>${this.#toTag === undefined ? '' : `;tag=${this.#toTag}`}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${cseq} ${method}`,
      ...(text.contact === '' ? [] : [`Contact: ${text.contact ?? `<sip:${name}@${host}:${port}>`}`]),
      ...(event === undefined ? [] : [`Event: ${event}`]),
      ...(expires === undefined ? [] : [`Expires: ${expires}`]),
      ...(text.accept === undefined ? [] : [`Accept: ${text.accept}`]),
      ...(text.authorization === undefined ? [] : [`Authorization: ${text.authorization}`]),
      ...(text.more ?? []).map(([header, value]) => `${header}: ${value}`),
      `Content-Length: ${body.length}`,
      '',
      body,
    ];
    this.#phone.say(lines.join('\r\n'));
    try {
      const { status, headers } = this.answer;
      if (status < 300)
        this.#toTag ??= toTagOf({ kind: 'response', status, reason: '', headers, body: Buffer.alloc(0) });
    } catch {
      // Not answered at once.
    }
  }
}

/** Whose dialog a NOTIFY is in, for asserting on tags. */
export const tagsOf = (request: SipRequest): readonly [from: string | undefined, to: string | undefined] => [
  fromTagOf(request),
  toTagOf(request),
];

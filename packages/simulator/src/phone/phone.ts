import {
  callIdOf,
  type Destination,
  type Flow,
  fromOf,
  type IncomingInvite,
  parseMessage,
  parseUri,
  printMessage,
  type SipMessage,
  toTagOf,
} from '@tandem/sip';
import { MessageTransport } from '@tandem/wire';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { parseHostPort, type TwinPhone } from '../config.ts';
import type { Party } from '../media/party.ts';
import { readAudioSdp } from '../media/sdp.ts';
import type { TwinRandom } from '../random.ts';
import { SipNode, streamFramer } from '../sip-node.ts';
import { PhoneCall } from './phone-call.ts';
import { Registration } from './registration.ts';

/** One softphone: registers by digest over UDP, TCP or TLS, rings, answers by habit, calls, says its tone and listens. */

export type PhoneTransport = 'udp' | 'tcp' | 'tls';
export type PhoneHabit =
  | { readonly kind: 'answer'; readonly afterMs: number }
  | { readonly kind: 'ring' }
  | { readonly kind: 'decline'; readonly afterMs: number }
  | { readonly kind: 'busy'; readonly afterMs: number };

export interface PhoneOptions {
  readonly login: TwinPhone;
  /** As others dial it. */
  readonly extension: string;
  readonly number?: string;
  readonly address: string;
  readonly toneHz: number;
  readonly registrar: { readonly sip: string; readonly tls: string };
  /** PEM of the roots that the registrar's certificate must chain to. */
  readonly roots: readonly string[];
  readonly clock: Clock;
  readonly random: TwinRandom;
  readonly audit: Audit;
  openParty(toneHz: number): Promise<Party>;
}

export interface PhoneHistory {
  readonly direction: 'in' | 'out';
  readonly other: string;
  readonly sipCallId: string;
  /** Wall ms of its end. */
  readonly at: number;
  readonly connected: boolean;
  readonly status?: number;
  /** Reason header of what ended it. */
  readonly reason?: string;
}

const protocols = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' } as const;
const side = (transport: PhoneTransport): string => `phone-${transport}`;
const patientMs = 3_900_000;
const historyLength = 100;

export class Phone {
  readonly login: TwinPhone;
  readonly toneHz: number;
  readonly calls = new Map<string, PhoneCall>();
  readonly history: PhoneHistory[] = [];
  readonly inboundListeners = new Set<(call: PhoneCall) => void>();
  transport: PhoneTransport = 'udp';
  answers: PhoneHabit = { kind: 'answer', afterMs: 1_000 };
  readonly #options: PhoneOptions;
  readonly #transport: MessageTransport;
  readonly #node: SipNode;
  readonly #registration: Registration;
  #port = 0;
  /** What is asked of the registration comes one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PhoneOptions) {
    const { clock, random, address, login } = options;
    this.#options = options;
    this.login = login;
    this.toneHz = options.toneHz;
    this.#transport = new MessageTransport({
      framer: streamFramer,
      resolve: async (host) => [host],
      onMessage: (bytes, flow) => this.#receive(bytes, flow),
      onFlowClosed: (flow) => {
        this.#node.ua.flowClosed(flow, clock.now());
        if (flow.listener === side(this.transport)) this.#registration.connectionLost();
      },
    });
    this.#node = new SipNode(
      {
        userAgent: 'Rehearsal Phone',
        allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'],
        supported: [],
        viaFor: () => ({ sentBy: `${address}:${this.#port}`, params: 'rport' }),
      },
      {
        send: (to, bytes, message, failed) => {
          this.#note('sent', message, to);
          this.#transport.send(to, bytes, failed);
          this.#node.kick();
        },
        onInvite: (invite) => this.#invited(invite),
        onRequest: (request) => request.respond(request.request.method === 'OPTIONS' ? 200 : 405),
        onAnomaly: (what) =>
          options.audit.add({ kind: 'warning', where: `phone ${login.name}`, summary: what }),
      },
      clock,
      random,
    );
    this.#registration = new Registration({
      clock,
      user: login.user,
      password: login.password,
      realm: login.realm,
      callId: random.hex(12),
      request: (request) => {
        this.#node.ua.request(request, clock.now());
        this.#node.kick();
      },
    });
  }

  get name(): string {
    return this.login.name;
  }

  /** What others dial to reach it: the number, or else the extension. */
  get dialled(): string {
    return this.#options.number ?? this.#options.extension;
  }

  get registered(): boolean {
    return this.#registration.registered;
  }

  async open(): Promise<void> {
    const { address, roots } = this.#options;
    this.#port = await this.#transport.listenUdp({ name: side('udp'), address, port: 0 });
    const limits = { idleMs: patientMs, firstMessageMs: patientMs };
    this.#transport.connector({ name: side('tcp'), limits });
    this.#transport.connector({ name: side('tls'), tls: () => ({ ca: [...roots] }), limits });
  }

  async close(): Promise<void> {
    this.#registration.close();
    for (const call of this.calls.values()) call.hangUp();
    this.#node.close();
    await this.#transport.close();
  }

  /** Registers, over another transport if one is named. Resolves with what went wrong, if anything did. */
  register(transport: PhoneTransport = this.transport): Promise<string | undefined> {
    return this.#inTurn(async () => {
      if (this.registered && transport === this.transport) return undefined;
      if (this.registered) await this.#registration.leave();
      this.transport = transport;
      return await this.#registration.register({
        destination: this.#destination(),
        contact: this.#contact(),
      });
    });
  }

  unregister(): Promise<string | undefined> {
    return this.#inTurn(() => this.#registration.leave());
  }

  /** Calls. Resolves when the INVITE is out; a phone need not be registered for it. */
  async place(to: string): Promise<PhoneCall> {
    const { clock, random } = this.#options;
    const { user, password, realm } = this.login;
    const call = this.#newCall('out', random.hex(12), to);
    const party = await this.#options.openParty(this.toneHz);
    call.party = party;
    const destination = this.#destination();
    const invite = this.#node.ua.invite(
      {
        requestUri: `sip:${to}@${realm}`,
        from: `<sip:${user}@${realm}>`,
        to: `<sip:${to}@${realm}>`,
        contact: this.#contact(),
        callId: call.sipCallId,
        destination,
        body: call.sdp('sendrecv'),
        contentType: 'application/sdp',
        credentials: (challenge) => (challenge.realm === realm ? { username: user, password } : undefined),
        handlers: {
          onProvisional: (response) => {
            if (response.status >= 180 && call.state === 'calling') {
              call.state = 'ringing';
              call.ringingAtMs = clock.now();
            }
            if (response.body.length > 0 && call.hear(response.body)) party.start();
          },
          onAccepted: (response, dialog, extra) => {
            if (extra) return;
            call.hear(response.body);
            // The connection of the registration, whatever host the other side's Contact names (RFC 5626's idea).
            dialog.setNextHop(destination);
            dialog.ack();
            call.connected(dialog);
          },
          onFailed: (outcome) => call.refused(outcome),
        },
      },
      clock.now(),
    );
    call.giveUp = () => {
      invite.cancel();
      this.#node.kick();
    };
    this.#node.kick();
    return call;
  }

  view(): Record<string, unknown> {
    const { expiresAt, lastFault } = this.#registration;
    const { clock, extension, number } = this.#options;
    return {
      name: this.name,
      account: this.login.account,
      user: this.login.user,
      extension,
      number: number ?? null,
      transport: this.transport,
      registered: this.registered,
      expiresInSeconds:
        this.registered && expiresAt !== undefined ? Math.round((expiresAt - clock.now()) / 1000) : null,
      ...(lastFault === undefined ? {} : { lastFault }),
      answers: this.answers,
      toneHz: this.toneHz,
      calls: [...this.calls.values()].map((call) => call.view()),
      history: this.history.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() })),
    };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #destination(): Destination {
    const { registrar } = this.#options;
    const { host, port } = parseHostPort(this.transport === 'tls' ? registrar.tls : registrar.sip);
    return {
      protocol: protocols[this.transport],
      host,
      port,
      serverName: this.login.realm,
      via: side(this.transport),
    };
  }

  #contact(): string {
    const transport = this.transport === 'udp' ? '' : `;transport=${this.transport}`;
    return `<sip:${this.login.user}@${this.#options.address}:${this.#port}${transport}>`;
  }

  #newCall(direction: 'in' | 'out', sipCallId: string, other: string): PhoneCall {
    const { clock, address } = this.#options;
    const call = new PhoneCall({
      phone: this.name,
      sipCallId,
      direction,
      own: this.dialled,
      other,
      localAddress: address,
      now: () => clock.now(),
      kick: () => this.#node.kick(),
    });
    this.calls.set(sipCallId, call);
    void call.ended.then(({ connected, status, reason }) => {
      this.calls.delete(sipCallId);
      this.history.push({
        direction,
        other,
        sipCallId,
        at: clock.wall(),
        connected,
        ...(status === undefined ? {} : { status }),
        ...(reason === undefined ? {} : { reason }),
      });
      if (this.history.length > historyLength) this.history.shift();
    });
    return call;
  }

  #invited(invite: IncomingInvite): void {
    const caller = parseUri(fromOf(invite.request)?.uri ?? '');
    const other = caller && caller.scheme !== 'tel' ? (caller.user ?? '') : '';
    const call = this.#newCall('in', callIdOf(invite.request) ?? '', other);
    call.refuse = (status) => {
      invite.reject(status);
      call.finish({ connected: false, by: 'carrier', status });
      this.#node.kick();
    };
    call.giveUp = () => call.refuse?.(603);
    invite.onCancel = (cancel) => {
      const reason = cancel.headers.get('reason');
      call.finish({ connected: false, by: 'sbc', status: 487, ...(reason === undefined ? {} : { reason }) });
    };
    invite.onAckTimeout = () => call.hangUp();
    for (const listener of this.inboundListeners) listener(call);
    void this.#ring(invite, call);
  }

  async #ring(invite: IncomingInvite, call: PhoneCall): Promise<void> {
    const { clock } = this.#options;
    const habit = this.answers;
    const contact = this.#contact();
    const offered = invite.request.body.length > 0 ? readAudioSdp(invite.request.body) : undefined;
    const party = await this.#options.openParty(this.toneHz).catch(() => undefined);
    if (!party || call.done) {
      party?.close();
      if (!call.done) call.refuse?.(503);
      return;
    }
    call.party = party;
    const theirs = offered?.ok ? offered.audio : undefined;
    if (offered && (!theirs || !call.hear(invite.request.body))) {
      call.refuse?.(488);
      return;
    }
    call.state = 'ringing';
    call.ringingAtMs = clock.now();
    invite.progress(180, { contact });
    this.#node.kick();
    call.answer = () => {
      call.answer = undefined;
      call.refuse = undefined;
      if (call.done) return;
      invite.onAck = (ack) => {
        if (!theirs && ack.body.length > 0) call.hear(ack.body);
      };
      const dialog = invite.accept({
        contact,
        body: call.sdp('sendrecv', theirs),
        contentType: 'application/sdp',
      });
      call.connected(dialog);
      this.#node.kick();
    };
    if (habit.kind === 'ring') return;
    clock.after(habit.afterMs, () => {
      if (call.done) return;
      if (habit.kind === 'answer') call.answer?.();
      else call.refuse?.(habit.kind === 'busy' ? 486 : 603);
    });
  }

  #receive(bytes: Buffer, flow: Flow): void {
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.#note('request', parsed.message, flow);
    this.#node.ua.receive(bytes, flow, this.#node.now);
    this.#node.kick();
  }

  #note(kind: 'request' | 'sent', message: SipMessage, at: Flow | Destination): void {
    const callId = callIdOf(message);
    this.#options.audit.add({
      kind: kind === 'request' && message.kind === 'response' ? 'response' : kind,
      where: `phone ${this.name} ${at.protocol}`,
      summary:
        message.kind === 'request'
          ? `${message.method} ${message.uri}${toTagOf(message) ? ' (in dialog)' : ''}`
          : `${message.status} ${message.reason} (${message.headers.get('cseq')})`,
      ...(callId === undefined ? {} : { callId }),
      ...(message.kind === 'request' ? { method: message.method } : { status: message.status }),
      text: printMessage(message).toString('latin1'),
    });
  }
}

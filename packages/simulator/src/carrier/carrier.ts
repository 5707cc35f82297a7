import { createHash } from 'node:crypto';
import {
  callIdOf,
  type Destination,
  type Flow,
  fromOf,
  Headers,
  type IncomingInvite,
  parseMessage,
  parseUri,
  printMessage,
  type SipMessage,
  telDigits,
  toTagOf,
} from '@tandem/sip';
import { MessageTransport } from '@tandem/wire';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { CarrierFault, FaultBoard } from '../faults/fault-board.ts';
import type { Party } from '../media/party.ts';
import { readAudioSdp } from '../media/sdp.ts';
import type { TwinRandom } from '../random.ts';
import { SipNode, streamFramer } from '../sip-node.ts';
import type { CarrierHabit } from '../world/rehearsal-world.ts';
import { CarrierCall } from './carrier-call.ts';
import { carryAcross } from './transit.ts';

/** The rehearsal carrier: three addresses, UDP and TCP, numbers with habits, and bad days on request. */

const addresses = ['first', 'second', 'third'] as const;
type AddressName = (typeof addresses)[number];

export interface CarrierOptions {
  readonly address: string;
  readonly ports: readonly [number, number, number];
  readonly sbc: { readonly host: string; readonly port: number };
  readonly clock: Clock;
  readonly random: TwinRandom;
  readonly audit: Audit;
  readonly faults: FaultBoard;
  readonly numbers: readonly { readonly number: string; readonly habit: CarrierHabit }[];
  readonly defaultHabit: CarrierHabit;
  /** Whether calls to this number are delivered to the platform: it was ported there. */
  isPorted(number: string): boolean;
  openParty(toneHz: number): Promise<Party>;
}

export interface PlaceCarrierCall {
  readonly from: string;
  readonly to: string;
  readonly toneHz?: number;
  readonly protocol?: 'UDP' | 'TCP';
}

const realm = 'carrier.example.net';
const credentials = { username: 'tandem', password: 'rehearsal' };

export class Carrier {
  readonly calls = new Map<string, CarrierCall>();
  readonly habits = new Map<string, CarrierHabit>();
  defaultHabit: CarrierHabit;
  toneHz = 1000;
  readonly inboundListeners = new Set<(call: CarrierCall) => void>();
  readonly #options: CarrierOptions;
  readonly #transport: MessageTransport;
  readonly #node: SipNode;
  readonly #nonce: string;
  #ports: number[];
  /** Call-IDs whose first 200 was lost already. */
  readonly #lost = new Set<string>();

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.defaultHabit = options.defaultHabit;
    this.#ports = [...options.ports];
    for (const { number, habit } of options.numbers) this.habits.set(number, habit);
    const { clock, random } = options;
    this.#nonce = random.hex(16);
    this.#transport = new MessageTransport({
      framer: streamFramer,
      resolve: async (host) => [host],
      onMessage: (bytes, flow) => this.#receive(bytes, flow),
      onFlowClosed: (flow) => this.#node.ua.flowClosed(flow, clock.now()),
    });
    this.#node = new SipNode(
      {
        userAgent: 'Rehearsal Carrier',
        allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'],
        supported: [],
        viaFor: (to) => ({
          sentBy: `${options.address}:${this.#portOf('via' in to ? to.via : to.listener)}`,
          params: to.protocol === 'UDP' ? 'rport' : '',
        }),
      },
      {
        send: (to, bytes, message, failed) => {
          this.#send(to, bytes, message, failed);
          this.#node.kick();
        },
        onInvite: (invite) => this.#invited(invite),
        onRequest: (request) => request.respond(request.request.method === 'OPTIONS' ? 200 : 405),
        onAnomaly: (what) => options.audit.add({ kind: 'warning', where: 'carrier', summary: what }),
      },
      clock,
      random,
    );
  }

  async open(): Promise<void> {
    const { address } = this.#options;
    for (const [index, name] of addresses.entries()) {
      const port = this.#ports[index] ?? 0;
      // TCP first: where the system chooses, outgoing connections of others hold many more TCP ports than UDP ones.
      const bound = await this.#transport.listenStream({
        name: `carrier-${name}-tcp`,
        protocol: 'TCP',
        address,
        port,
      });
      await this.#transport.listenUdp({ name: `carrier-${name}-udp`, address, port: bound });
      this.#ports[index] = bound;
    }
    this.#transport.connector({ name: 'carrier-first-tcp' });
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  async close(): Promise<void> {
    for (const call of this.calls.values()) call.hangUp();
    this.#node.close();
    await this.#transport.close();
  }

  /** A party at the carrier calls. Resolves when the INVITE is out. */
  async place(request: PlaceCarrierCall): Promise<CarrierCall> {
    const { clock, random, sbc, address } = this.#options;
    const protocol = request.protocol ?? 'UDP';
    const call = this.#newCall({
      sipCallId: `${random.hex(12)}@${realm}`,
      direction: 'out',
      own: request.from,
      other: request.to,
      address: 'first',
    });
    const party = await this.#options.openParty(request.toneHz ?? this.toneHz);
    call.party = party;
    const offerless = this.#fault('offerless');
    const user = (number: string, host: string): string => `<sip:${number}@${host};user=phone>`;
    const offer = offerless ? undefined : call.sdp('sendrecv');
    const destination: Destination = {
      protocol,
      host: sbc.host,
      port: sbc.port,
      via: `carrier-first-${protocol.toLowerCase()}`,
    };
    const here = `${address}:${this.#ports[0]}`;
    const invite = this.#node.ua.invite(
      {
        requestUri: `sip:${request.to}@${sbc.host}:${sbc.port};user=phone${protocol === 'TCP' ? ';transport=tcp' : ''}`,
        from: user(request.from, here),
        to: user(request.to, `${sbc.host}:${sbc.port}`),
        contact: `<sip:${request.from}@${here}${protocol === 'TCP' ? ';transport=tcp' : ''}>`,
        callId: call.sipCallId,
        destination,
        headers: Headers.of([['P-Asserted-Identity', `<sip:${request.from}@${here}>`]]),
        ...(offer ? { body: offer, contentType: 'application/sdp' } : {}),
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
            const usable = call.hear(response.body);
            if (!this.#fault('never-ack')) {
              dialog.ack(
                offerless && usable
                  ? {
                      body: call.sdp('sendrecv', sdpOf(response.body)),
                      contentType: 'application/sdp',
                    }
                  : {},
              );
            }
            call.connected(dialog);
            this.#bendCall(call);
          },
          onFailed: (outcome) => call.refused(outcome),
        },
      },
      clock.now(),
    );
    call.giveUp = () => {
      if (this.#fault('late-cancel')) {
        // CANCEL and 200 cross: the user agent ACKs and ends the answer that was too late.
        call.whenConnected(() => call.hangUp());
        return;
      }
      invite.cancel();
      this.#node.kick();
    };
    this.#node.kick();
    return call;
  }

  #newCall(options: {
    sipCallId: string;
    direction: 'in' | 'out';
    own: string;
    other: string;
    address: AddressName;
  }): CarrierCall {
    const { clock } = this.#options;
    const call = new CarrierCall({
      ...options,
      now: () => clock.now(),
      kick: () => this.#node.kick(),
      localAddress: this.#options.address,
      faults: {
        noCommonCodec: this.#fault('no-common-codec'),
        padding: this.#fault('huge-sdp') ? 20_000 : 0,
      },
    });
    this.calls.set(call.sipCallId, call);
    void call.ended.then(() => this.calls.delete(call.sipCallId));
    return call;
  }

  #invited(invite: IncomingInvite): void {
    const uri = parseUri(invite.request.uri);
    const own = uri && uri.scheme !== 'tel' ? telDigits(uri.user ?? '') : '';
    const caller = parseUri(fromOf(invite.request)?.uri ?? '');
    const other = caller && caller.scheme !== 'tel' ? (caller.user ?? '') : '';
    const address = addresses.find((name) => invite.flow.listener.startsWith(`carrier-${name}-`)) ?? 'first';
    if (this.#fault('digest') && !this.#authorized(invite)) {
      invite.reject(407, {
        headers: Headers.of([
          [
            'Proxy-Authenticate',
            `Digest realm="${realm}", nonce="${this.#nonce}", algorithm=MD5, qop="auth"`,
          ],
        ]),
      });
      return;
    }
    if (this.#fault('503-first') && address === 'first') {
      invite.reject(503);
      return;
    }
    if (this.#options.isPorted(own)) {
      const { sbc, clock, address: here } = this.#options;
      carryAcross(invite, other, own, {
        ua: this.#node.ua,
        now: () => clock.now(),
        kick: () => this.#node.kick(),
        sbc,
        here: `${here}:${this.#ports[0]}`,
        destination: { protocol: 'UDP', host: sbc.host, port: sbc.port, via: 'carrier-first-udp' },
      });
      return;
    }
    const call = this.#newCall({
      sipCallId: callIdOf(invite.request) ?? '',
      direction: 'in',
      own,
      other,
      address,
    });
    call.giveUp = () => {
      invite.reject(486);
      call.finish({ connected: false, by: 'carrier', status: 486 });
      this.#node.kick();
    };
    invite.onCancel = (cancel) => {
      const reason = cancel.headers.get('reason');
      call.finish({ connected: false, by: 'sbc', status: 487, ...(reason === undefined ? {} : { reason }) });
    };
    invite.onAckTimeout = () => call.hangUp();
    for (const listener of this.inboundListeners) listener(call);
    void this.#behave(invite, call, this.habits.get(own) ?? this.defaultHabit);
  }

  async #behave(invite: IncomingInvite, call: CarrierCall, habit: CarrierHabit): Promise<void> {
    const { clock, address } = this.#options;
    const contact = `<sip:${call.own}@${address}:${this.#portOf(invite.flow.listener)}>`;
    if (habit.kind === 'reject') {
      clock.after(habit.afterMs, () => {
        invite.reject(habit.status);
        call.finish({ connected: false, by: 'carrier', status: habit.status });
        this.#node.kick();
      });
      return;
    }
    const offered = invite.request.body.length > 0 ? readAudioSdp(invite.request.body) : undefined;
    if (offered && !offered.ok) {
      invite.reject(488);
      call.finish({ connected: false, by: 'carrier', status: 488 });
      this.#node.kick();
      return;
    }
    const party = await this.#options.openParty(this.toneHz).catch(() => undefined);
    if (!party || call.done) {
      party?.close();
      if (!call.done) invite.reject(503);
      return;
    }
    call.party = party;
    const theirs = offered?.ok ? offered.audio : undefined;
    if (theirs && (!call.hear(invite.request.body) || this.#fault('no-common-codec'))) {
      invite.reject(488);
      call.finish({ connected: false, by: 'carrier', status: 488 });
      this.#node.kick();
      return;
    }
    call.state = 'ringing';
    if (habit.kind === 'early-media') {
      invite.progress(183, { contact, body: call.sdp('sendrecv', theirs), contentType: 'application/sdp' });
      party.start();
    } else invite.progress(180, { contact });
    this.#node.kick();
    if (habit.kind === 'ring') return;
    clock.after(habit.kind === 'early-media' ? habit.answerAfterMs : habit.afterMs, () => {
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
      this.#bendCall(call);
      this.#node.kick();
    });
  }

  #bendCall(call: CarrierCall): void {
    if (!this.#fault('reinvite-hold')) return;
    const { clock } = this.#options;
    clock.after(2_000, () => {
      void call.reoffer('sendonly').then(() => clock.after(2_000, () => void call.reoffer('sendrecv')));
    });
  }

  #fault(fault: CarrierFault): boolean {
    return this.#options.faults.carrier(fault);
  }

  /** RFC 8760/2617 digest, MD5 with qop=auth: our own arithmetic, so that the SIP package's is judged by another. */
  #authorized(invite: IncomingInvite): boolean {
    const header = invite.request.headers.get('proxy-authorization') ?? '';
    const field = (name: string): string =>
      new RegExp(`(?:^|[ ,])${name}=(?:"([^"]*)"|([^, ]+))`)
        .exec(header)
        ?.slice(1)
        .find((v) => v !== undefined) ?? '';
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    if (field('username') !== credentials.username || field('nonce') !== this.#nonce) return false;
    const ha1 = md5(`${credentials.username}:${realm}:${credentials.password}`);
    const ha2 = md5(`INVITE:${field('uri')}`);
    const expected = md5([ha1, this.#nonce, field('nc'), field('cnonce'), field('qop'), ha2].join(':'));
    return field('response') === expected;
  }

  #receive(bytes: Buffer, flow: Flow): void {
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.#note('request', parsed.message, flow);
    if (this.#fault('silent') && flow.listener.startsWith('carrier-first-')) return;
    if (
      parsed.ok &&
      parsed.message.kind === 'request' &&
      this.#fault('never-bye') &&
      parsed.message.method === 'BYE'
    )
      return;
    this.#node.ua.receive(bytes, flow, this.#node.now);
    this.#node.kick();
  }

  #send(
    to: Flow | Destination,
    bytes: Buffer,
    message: SipMessage,
    failed: Parameters<MessageTransport['send']>[2],
  ): void {
    const callId = callIdOf(message) ?? '';
    const isAnswer =
      message.kind === 'response' &&
      message.status === 200 &&
      /INVITE$/.test(message.headers.get('cseq') ?? '');
    if (message.kind === 'request' && message.method === 'BYE' && this.#fault('never-bye')) return;
    if (isAnswer && this.#fault('drop-first-200') && !this.#lost.has(callId)) {
      this.#lost.add(callId);
      this.#note('sent', message, to, ' (lost on purpose)');
      return;
    }
    this.#note('sent', message, to);
    this.#transport.send(to, bytes, failed);
    if (isAnswer && this.#fault('duplicate-200'))
      this.#transport.send(to, Buffer.from(bytes), () => undefined);
  }

  #note(kind: 'request' | 'sent', message: SipMessage, at: Flow | Destination, more = ''): void {
    const callId = callIdOf(message);
    this.#options.audit.add({
      kind: kind === 'request' && message.kind === 'response' ? 'response' : kind,
      where: `carrier ${'via' in at ? at.via : at.listener}`,
      summary:
        (message.kind === 'request'
          ? `${message.method} ${message.uri}${toTagOf(message) ? ' (in dialog)' : ''}`
          : `${message.status} ${message.reason} (${message.headers.get('cseq')})`) + more,
      ...(callId === undefined ? {} : { callId }),
      ...(message.kind === 'request' ? { method: message.method } : { status: message.status }),
      text: printMessage(message).toString('latin1'),
    });
  }

  #portOf(listener: string): number {
    const index = addresses.findIndex((name) => listener.startsWith(`carrier-${name}-`));
    return this.#ports[Math.max(0, index)] ?? 0;
  }
}

function sdpOf(body: Buffer) {
  const reading = readAudioSdp(body);
  return reading.ok ? reading.audio : undefined;
}

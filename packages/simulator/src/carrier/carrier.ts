import {
  callIdOf,
  type Destination,
  fromOf,
  Headers,
  type IncomingInvite,
  parseUri,
  telDigits,
} from '@tandem/sip';
import type { Clock } from '../clock.ts';
import type { CarrierFault } from '../faults/fault-board.ts';
import type { Party } from '../media/party.ts';
import { readAudioSdp } from '../media/sdp.ts';
import type { TwinRandom } from '../random.ts';
import { SipNode } from '../sip-node.ts';
import type { CarrierHabit } from '../world/rehearsal-world.ts';
import { CarrierCall } from './carrier-call.ts';
import { challenge, isAuthorized } from './carrier-digest.ts';
import { type AddressName, addresses, CarrierWire, type CarrierWireOptions } from './carrier-wire.ts';
import { carryAcross } from './transit.ts';

/** The rehearsal carrier: three addresses, UDP and TCP, numbers with habits, and bad days on request. */

export interface CarrierOptions extends CarrierWireOptions {
  readonly sbc: { readonly host: string; readonly port: number };
  readonly clock: Clock;
  readonly random: TwinRandom;
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

export class Carrier {
  readonly calls = new Map<string, CarrierCall>();
  readonly habits = new Map<string, CarrierHabit>();
  defaultHabit: CarrierHabit;
  toneHz = 1000;
  readonly inboundListeners = new Set<(call: CarrierCall) => void>();
  readonly #options: CarrierOptions;
  readonly #wire: CarrierWire;
  readonly #node: SipNode;
  readonly #nonce: string;

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.defaultHabit = options.defaultHabit;
    for (const { number, habit } of options.numbers) this.habits.set(number, habit);
    const { clock, random } = options;
    this.#nonce = random.hex(16);
    this.#wire = new CarrierWire(options, {
      received: (bytes, flow) => {
        this.#node.ua.receive(bytes, flow, this.#node.now);
        this.#node.kick();
      },
      closed: (flow) => this.#node.ua.flowClosed(flow, clock.now()),
    });
    this.#node = new SipNode(
      {
        userAgent: 'Rehearsal Carrier',
        allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'],
        supported: [],
        viaFor: (to) => ({
          sentBy: `${options.address}:${this.#wire.portOf('via' in to ? to.via : to.listener)}`,
          params: to.protocol === 'UDP' ? 'rport' : '',
        }),
      },
      {
        send: (to, bytes, message, failed) => {
          this.#wire.send(to, bytes, message, failed);
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

  open(): Promise<void> {
    return this.#wire.open();
  }

  get ports(): readonly number[] {
    return this.#wire.ports;
  }

  async close(): Promise<void> {
    for (const call of this.calls.values()) call.hangUp();
    this.#node.close();
    await this.#wire.close();
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
    const here = `${address}:${this.ports[0]}`;
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
    if (this.#fault('digest') && !isAuthorized(invite, realm, this.#nonce)) {
      invite.reject(407, { headers: challenge(realm, this.#nonce) });
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
        here: `${here}:${this.ports[0]}`,
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
    const contact = `<sip:${call.own}@${address}:${this.#wire.portOf(invite.flow.listener)}>`;
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
}

function sdpOf(body: Buffer) {
  const reading = readAudioSdp(body);
  return reading.ok ? reading.audio : undefined;
}

/**
 * The rehearsal world in memory, for stories: Acme and Globex, three hubs, two carriers, a media relay that only keeps
 * books, a log that keeps everything, and one virtual clock for all of them.
 */
import {
  type Account,
  asAccountId,
  asCallId,
  asCarrierId,
  asDeviceId,
  asPersonId,
  buildSnapshot,
  type CallId,
  type CallRecord,
  type Carrier,
  type Device,
  type DeviceId,
  type E164,
  type Person,
  type Queue,
  type RoutingSnapshot,
  type VoicemailChoices,
} from '@tandem/domain';
import type { Headers, SipResponse } from '@tandem/sip';
import {
  countingRandom,
  type NetworkWeather,
  TestNetwork,
  type TestPeer,
} from '@tandem/sip/ua/test-network.ts';
import type {
  Dialog,
  FinalOutcome,
  Flow,
  IncomingInvite,
  IncomingRequest,
  InviteOptions,
  OutgoingInvite,
} from '@tandem/sip/ua/types.ts';
import { createUserAgent } from '@tandem/sip/ua/user-agent.ts';
import type { Announcements } from '../ports/announcements.ts';
import type { CallCheckpoint, CallLog, LadderEntry } from '../ports/call-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { MediaEvent, MediaOutcome, MediaPort, MediaRefusal, MediaSession } from '../ports/media-port.ts';
import type { PhoneAuth } from '../ports/phone-auth.ts';
import type { PresenceGate } from '../ports/presence-gate.ts';
import type { PhoneContact } from '../ports/registrations.ts';
import { ownFactsOnly, type TeamsAccess } from '../ports/teams-access.ts';
import type { VoicemailStore } from '../ports/voicemail-store.ts';
import type { Reach } from '../routing/called-party.ts';
import { allowedMethods, defaultBudgets, type EngineSettings } from '../settings.ts';
import { type CallEngine, createCallEngine, type EngineEvent } from './engine.ts';

export const acmeHost = 'sbc1.customers.example.net';
export const globexHost = 'sbc2.customers.example.net';
export const danaNumber = '+12025550142' as E164;
export const samNumber = '+12025550143' as E164;
export const globexNumber = '+12025550162' as E164;
export const outside = '+12025550199' as E164;
export const acmeId = asAccountId('acme');
export const globexId = asAccountId('globex');
export const rehearsal = asCarrierId('rehearsal');
export const second = asCarrierId('second');

export function account(id: string, more: Partial<Account> = {}): Account {
  return {
    id: asAccountId(id),
    name: id === 'acme' ? 'Acme' : 'Globex',
    status: 'active',
    sbcHosts: [id === 'acme' ? acmeHost : globexHost],
    mailDomains: [],
    country: 'US',
    areaCode: '202',
    timeZone: 'America/New_York',
    mainNumber: (id === 'acme' ? '+12025550140' : '+12025550160') as E164,
    unknownCaller: 'reject',
    carriers: [rehearsal, second],
    noAnswerSeconds: 25,
    ...more,
  };
}

export function person(id: string, of: string, number: E164 | undefined, more: Partial<Person> = {}): Person {
  return {
    id: asPersonId(id),
    accountId: asAccountId(of),
    displayName: id,
    upn: `${id.toLowerCase()}@${of}.example`,
    numbers: number === undefined ? [] : [number],
    active: true,
    teamsToggle: true,
    platformLicence: true,
    ...more,
  };
}

export function carrier(id: string, hosts: readonly string[], more: Partial<Carrier> = {}): Carrier {
  return {
    id: asCarrierId(id),
    name: id === 'rehearsal' ? 'Rehearsal' : 'Second',
    owner: 'operator',
    targets: hosts.map((host, at) => ({ host, port: 5060, protocol: 'UDP', priority: at, weight: 1 })),
    sources: hosts.map((address) => ({ address })),
    probeWithOptions: false,
    numberFormat: 'e164',
    emergency: true,
    ...more,
  };
}

export const people = [
  person('Dana', 'acme', danaNumber, { extension: '1001' }),
  person('Sam', 'acme', samNumber, { extension: '1002' }),
  person('Gina', 'globex', globexNumber, { extension: '1001' }),
];

/** A phone; `at` names the peer of the test network where it is. */
export function device(name: string, of: string, more: Partial<Device> = {}): Device {
  return {
    id: asDeviceId(`${of}-${name}`),
    accountId: asAccountId(of),
    name,
    kind: more.personId === undefined ? 'common-area-phone' : 'desk-phone',
    sipUser: `${of}-${name}`,
    ...more,
  };
}

/** For decisions that are not about who is registered. */
export const everyPhoneRegistered: Reach = {
  access: ownFactsOnly,
  registrations: {
    deviceAt: () => undefined,
    contactOf: (id) => ({
      uri: `sip:${id}@192.0.2.50:5060`,
      destination: { protocol: 'UDP', host: '192.0.2.50', port: 5060, via: 'phones-udp' },
      expiresAtWallMs: 9e15,
    }),
  },
};

export const offerSdp = (marks = ''): Buffer =>
  Buffer.from(
    `v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n${marks}`,
  );

/** Keeps books: what is allocated, released, playing. Its "SDP" is the peer's with a line more. */
export class BookkeepingMedia implements MediaPort {
  readonly open = new Map<CallId, { emit: (event: MediaEvent) => void }>();
  allocated = 0;
  released = 0;
  readonly log: string[] = [];
  refuseAllocate: MediaRefusal | undefined;
  refuseOffer: MediaRefusal | undefined;
  refuseAnswer: MediaRefusal | undefined;
  throwOnOffer = false;
  refuseRecording = false;

  async allocate(
    callId: CallId,
    _profiles: unknown,
    emit: (event: MediaEvent) => void,
  ): Promise<MediaOutcome<MediaSession>> {
    if (this.refuseAllocate) return { ok: false, refusal: this.refuseAllocate };
    this.allocated++;
    this.open.set(callId, { emit });
    const own = (what: string) => Buffer.concat([offerSdp(), Buffer.from(`a=x-${what}\r\n`)]);
    const fine = (what: string): MediaOutcome<Buffer> => ({ ok: true, value: own(what) });
    const held = (sdp: Buffer, what: string): MediaOutcome<Buffer> => {
      const direction = /a=(sendonly|recvonly|inactive)/.exec(sdp.toString('latin1'))?.[1];
      return {
        ok: true,
        value: Buffer.concat([own(what), Buffer.from(direction ? `a=${direction}\r\n` : '')]),
      };
    };
    const session: MediaSession = {
      offer: async (from, sdp) => {
        this.log.push(`offer ${from}`);
        if (this.throwOnOffer) throw new Error('a bug on purpose');
        return this.refuseOffer ? { ok: false, refusal: this.refuseOffer } : held(sdp, `offer-from-${from}`);
      },
      answer: async (from, sdp, fork) => {
        this.log.push(`answer ${from} ${fork ? 'fork' : ''}`.trim());
        return this.refuseAnswer
          ? { ok: false, refusal: this.refuseAnswer }
          : held(sdp, `answer-from-${from}`);
      },
      offerTo: async (to) => {
        this.log.push(`offerTo ${to}`);
        return fine(`offer-to-${to}`);
      },
      answerLocally: async (to) => {
        this.log.push(`answerLocally ${to}`);
        return fine(`local-answer-${to}`);
      },
      playMusic: (to) => void this.log.push(`music ${to}`),
      playRingback: (to) => void this.log.push(`ringback ${to}`),
      stop: (to) => void this.log.push(`stop ${to}`),
      play: (to, sound) => void this.log.push(`play ${sound.kind} ${to}`),
      record: async (from, file, maxMs) => {
        this.log.push(`record ${from} ${file} ${maxMs}`);
        return this.refuseRecording ? false : this.open.has(callId);
      },
      stopRecording: async (from) => void this.log.push(`recorded ${from}`),
      leave: (side) => void this.log.push(`leave ${side}`),
      release: async () => {
        if (this.open.delete(callId)) this.released++;
        return {};
      },
    };
    return { ok: true, value: session };
  }

  async list(): Promise<readonly CallId[]> {
    return [...this.open.keys()];
  }
}

export class KeptLog implements CallLog {
  readonly openedRecords: CallRecord[] = [];
  readonly checkpoints: CallCheckpoint[] = [];
  readonly closedRecords: CallRecord[] = [];
  readonly ladders: (readonly LadderEntry[])[] = [];
  neverConfirms = false;

  opened(record: CallRecord): void {
    this.openedRecords.push(record);
  }
  confirmed(checkpoint: CallCheckpoint): Promise<boolean> {
    this.checkpoints.push(checkpoint);
    return this.neverConfirms ? new Promise(() => {}) : Promise.resolve(true);
  }
  closed(record: CallRecord, ladder: readonly LadderEntry[]): void {
    this.closedRecords.push(record);
    this.ladders.push(ladder);
  }
}

class VirtualClock implements Clock {
  readonly #net: TestNetwork;
  timers: { at: number; fire: () => void }[] = [];
  constructor(net: TestNetwork) {
    this.#net = net;
  }
  now(): number {
    return this.#net.now;
  }
  wall(): number {
    return 1_700_000_000_000 + this.#net.now;
  }
  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.#net.now + ms, fire };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }
  fireDue(): void {
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= this.#net.now).sort((a, b) => a.at - b.at)[0];
      if (!due) return;
      this.timers = this.timers.filter((other) => other !== due);
      due.fire();
    }
  }
}

export interface WorldOptions {
  readonly media?: BookkeepingMedia;
  readonly weather?: NetworkWeather;
  readonly accounts?: readonly Account[];
  readonly people?: readonly Person[];
  readonly carriers?: (hosts: { first: string; spare: string; second: string }) => readonly Carrier[];
  readonly budgets?: Partial<EngineSettings['budgets']>;
  /** Each is a peer of the network under its name, registered from the start. */
  readonly devices?: readonly Device[];
  readonly access?: TeamsAccess;
  readonly queues?: readonly Queue[];
  readonly gate?: PresenceGate;
  readonly voicemail?: VoicemailStore;
  readonly announcements?: Announcements;
  /** What accounts and people chose about it. */
  readonly choices?: VoicemailChoices;
  /** The digest check; by default a phone is who it is by its address. */
  readonly authenticatePhone?: PhoneAuth['authenticatePhone'];
}

export class World {
  readonly net: TestNetwork;
  readonly tandem: TestPeer;
  readonly hubs: readonly TestPeer[];
  /** Two addresses of the Rehearsal carrier, one of the Second. */
  readonly first: TestPeer;
  readonly spare: TestPeer;
  readonly second: TestPeer;
  readonly phones = new Map<string, TestPeer>();
  /** Take a phone out and it is not registered. */
  readonly registered = new Map<DeviceId, PhoneContact>();
  readonly media: BookkeepingMedia;
  readonly log = new KeptLog();
  readonly clock: VirtualClock;
  readonly events: EngineEvent[] = [];
  /** Hears each event when it happens: a call is asked for what it is then. */
  heard: (event: EngineEvent) => void = () => undefined;
  readonly bugs: unknown[] = [];
  readonly engine: CallEngine;
  snapshot: RoutingSnapshot;

  constructor(options: WorldOptions = {}) {
    this.media = options.media ?? new BookkeepingMedia();
    this.net = new TestNetwork({ seed: 1, ...options.weather });
    this.clock = new VirtualClock(this.net);
    // The world's DNS: every customer's host is the one machine of ours.
    const carry = this.net.carry.bind(this.net);
    this.net.carry = (from, to, bytes, message, failed) => {
      const ours = 'host' in to && to.host.endsWith('customers.example.net');
      carry(from, ours ? { ...to, host: this.tandem.host } : to, bytes, message, failed);
    };
    const silent = { onInvite() {} };
    this.tandem = this.net.peer('tandem');
    this.hubs = ['hub1', 'hub2', 'hub3'].map((name) => this.net.peer(name, silent));
    this.first = this.net.peer('first', silent);
    this.spare = this.net.peer('spare', silent);
    this.second = this.net.peer('second', silent);
    const devices = options.devices ?? [];
    const deviceByHost = new Map<string, Device>();
    for (const device of devices) {
      const phone = this.net.peer(device.name, silent);
      this.phones.set(device.name, phone);
      deviceByHost.set(phone.host, device);
      this.registered.set(device.id, {
        uri: `sip:line1@${phone.host}:${phone.port}`,
        destination: { ...phone.at('UDP'), via: 'phones-udp' },
        expiresAtWallMs: 9e15,
      });
    }
    /** The network knows one listener; the phones' is told by who sends. */
    const listened = (flow: Flow): void => {
      if (deviceByHost.has(flow.remote.host)) Object.assign(flow, { listener: 'phones-udp' });
    };
    const hosts = { first: this.first.host, spare: this.spare.host, second: this.second.host };
    const { snapshot, faults } = buildSnapshot({
      version: 1,
      builtAtWallMs: 0,
      accounts: options.accounts ?? [account('acme'), account('globex')],
      people: options.people ?? people,
      devices,
      queues: options.queues ?? [],
      carriers: options.carriers?.(hosts) ?? [
        carrier('rehearsal', [hosts.first, hosts.spare]),
        carrier('second', [hosts.second]),
      ],
      hubs: this.hubs.map((hub) => ({ name: hub.host, port: hub.port })),
    });
    if (faults.length > 0) throw new Error(`the test world contradicts itself: ${JSON.stringify(faults)}`);
    this.snapshot = options.choices ? { ...snapshot, voicemail: options.choices } : snapshot;
    const contact = { host: this.tandem.host, port: this.tandem.port };
    let calls = 0;
    const hubHosts = new Set(this.hubs.map((hub) => hub.host));
    this.engine = createCallEngine({
      userAgent: (handlers) => {
        const ua = createUserAgent(
          {
            userAgent: 'Tandem',
            allow: allowedMethods,
            supported: ['timer'],
            viaFor: () => ({ sentBy: `${this.tandem.host}:5060`, params: ';rport' }),
          },
          {
            ...handlers,
            onInvite: (invite) => {
              listened(invite.flow);
              handlers.onInvite(invite);
            },
            onRequest: (request) => {
              listened(request.flow);
              handlers.onRequest(request);
            },
            send: (to, bytes, message, failed) => this.net.carry(this.tandem, to, bytes, message, failed),
            random: countingRandom('tandem', this.net.random),
            now: () => this.net.now,
          },
        );
        Object.defineProperty(this.tandem, 'ua', { value: ua });
        return ua;
      },
      media: this.media,
      log: this.log,
      clock: this.clock,
      ids: { callId: () => asCallId(`call-${++calls}`) },
      snapshots: { current: () => this.snapshot },
      fraction: this.net.random,
      access: options.access ?? ownFactsOnly,
      ...(options.gate && { gate: options.gate }),
      ...(options.voicemail && { voicemail: options.voicemail }),
      ...(options.announcements && { announcements: options.announcements }),
      registrations: { contactOf: (id) => this.registered.get(id), deviceAt: () => undefined },
      authenticatePhone:
        options.authenticatePhone ??
        ((_request, flow) => {
          const device = deviceByHost.get(flow.remote.host);
          return device ? { kind: 'device', device } : { kind: 'refused', status: 403 };
        }),
      isTeams: (flow) => hubHosts.has(flow.remote.host),
      settings: {
        teams: {
          via: 'teams',
          contactPort: 5060,
          trunkHost: 'customers.example.net',
          mediaAddress: '192.0.2.1',
        },
        carriers: { via: { UDP: 'udp' }, contact: { UDP: contact }, mediaAddress: '192.0.2.1' },
        phones: { via: { UDP: 'phones-udp' }, contact: { UDP: contact }, mediaAddress: '192.0.2.1' },
        budgets: { ...defaultBudgets, ...options.budgets },
      },
      onEvent: (event) => {
        this.events.push(event);
        this.heard(event);
      },
      onBug: (error) => this.bugs.push(error),
    });
  }

  /** Moves all clocks on, letting promises settle in between. */
  async run(ms: number, step = 5): Promise<void> {
    const end = this.net.now + ms;
    while (this.net.now < end) {
      this.net.run(Math.min(step, end - this.net.now));
      this.clock.fireDue();
      // More turns than any chain of promises in here is long; what is left goes on in the next step.
      for (let turn = 0; turn < 25; turn++) await undefined;
    }
  }

  /** Longer than every timer of a call that has ended. */
  async settle(): Promise<void> {
    await this.run(200);
    await this.run(200_000, 500);
  }

  /** A call from the carrier `from` to `called`. */
  fromCarrier(
    called: string,
    more: Partial<InviteOptions> & { lateAnswer?: Buffer } = {},
    from = this.first,
  ): PlacedCall {
    return place(from, {
      requestUri: `sip:${called}@${this.tandem.host}:5060`,
      from: `"Pat Example" <sip:${outside}@carrier.example>`,
      to: `<sip:${called}@${this.tandem.host}>`,
      destination: this.tandem.at('UDP'),
      ...more,
    });
  }

  phone(name: string): TestPeer {
    const phone = this.phones.get(name);
    if (!phone) throw new Error(`no phone ${name} in this world`);
    return phone;
  }

  /** A call from a registered phone. What it says of itself is a lie on purpose: only the digest counts. */
  fromPhone(name: string, called: string, more: Partial<InviteOptions> = {}): PlacedCall {
    return place(this.phone(name), {
      requestUri: `sip:${called}@${this.tandem.host}:5060`,
      from: `"Somebody" <sip:+12025550999@phones.example>`,
      to: `<sip:${called}@${this.tandem.host}>`,
      destination: this.tandem.at('UDP'),
      ...more,
    });
  }

  /** A call from a hub on Microsoft's side, to `called` at the customer's `host`. */
  fromTeams(
    called: string,
    more: Partial<InviteOptions> & { host?: string; caller?: string } = {},
  ): PlacedCall {
    const { host = acmeHost, caller = danaNumber, ...rest } = more;
    return place(this.hubs[0] as TestPeer, {
      requestUri: `sip:${called}@${host}:5061;user=phone;transport=tls`,
      from: `Dana Doe<sip:${caller}@sip.pstnhub.microsoft.com:5061;user=phone>`,
      to: `<sip:${called}@${host}:5061;user=phone>`,
      destination: this.tandem.at('TLS'),
      ...rest,
    });
  }
}

export interface PlacedCall {
  readonly invite: OutgoingInvite;
  dialog: Dialog | undefined;
  readonly heard: SipResponse[];
  accepted: SipResponse | undefined;
  failed: FinalOutcome | undefined;
  readonly ends: string[];
  readonly requests: IncomingRequest[];
}

/** 180, 183 … and the final one, as the caller heard them. */
export function statuses(call: PlacedCall): number[] {
  const final =
    call.accepted?.status ?? (call.failed?.kind === 'response' ? call.failed.response.status : undefined);
  return [...call.heard.map((response) => response.status), ...(final === undefined ? [] : [final])];
}

function place(from: TestPeer, options: Partial<InviteOptions> & { lateAnswer?: Buffer }): PlacedCall {
  const placed: Omit<PlacedCall, 'invite'> = {
    dialog: undefined,
    heard: [],
    accepted: undefined,
    failed: undefined,
    ends: [],
    requests: [],
  };
  const invite = from.ua.invite(
    {
      requestUri: '',
      from: '',
      to: '',
      contact: from.contact,
      destination: from.at(),
      body: offerSdp(),
      contentType: 'application/sdp',
      handlers: {
        onProvisional: (response) => void placed.heard.push(response),
        onAccepted: (response, dialog, extra) => {
          if (extra) return;
          call.accepted = response;
          call.dialog = dialog;
          dialog.onEnded = (why) => void call.ends.push(why.kind);
          dialog.onRequest = (request) => {
            call.requests.push(request);
            if (request.request.method === 'INVITE')
              request.respond(200, { body: offerSdp(), contentType: 'application/sdp' });
            else request.respond(200);
          };
          const late = options.lateAnswer ?? offerSdp();
          dialog.ack(options.body?.length === 0 ? { body: late, contentType: 'application/sdp' } : {});
        },
        onFailed: (outcome) => {
          call.failed = outcome;
        },
      },
      ...options,
    },
    from.net.now,
  );
  const call: PlacedCall = Object.assign(placed, { invite });
  return call;
}

export interface Answered {
  invite: IncomingInvite | undefined;
  dialog: Dialog | undefined;
  readonly ends: string[];
  readonly requests: IncomingRequest[];
}

/** `peer` rings (180) and answers every call; what it is asked inside the dialog it does. */
export function answers(peer: TestPeer, ring: readonly number[] = [180]): Answered {
  const state: Answered = { invite: undefined, dialog: undefined, ends: [], requests: [] };
  peer.handlers = {
    ...peer.handlers,
    onInvite: (invite) => {
      state.invite = invite;
      for (const status of ring) invite.progress(status, { contact: peer.contact });
      accept(peer, invite, state);
    },
  };
  return state;
}

export function accept(peer: TestPeer, invite: IncomingInvite, state?: Answered): Dialog {
  const dialog = invite.accept({ contact: peer.contact, body: offerSdp(), contentType: 'application/sdp' });
  if (state) {
    state.dialog = dialog;
    dialog.onEnded = (why) => void state.ends.push(why.kind);
    dialog.onRequest = (request) => {
      state.requests.push(request);
      if (request.request.method === 'INVITE')
        request.respond(200, { body: offerSdp(), contentType: 'application/sdp' });
      else request.respond(200);
    };
  }
  return dialog;
}

export function refuses(peer: TestPeer, status: number, headers?: Headers): void {
  peer.handlers = {
    ...peer.handlers,
    onInvite: (invite) => invite.reject(status, headers ? { headers } : {}),
  };
}

/** `peer` rings and goes on ringing; the test answers, or nobody does. */
export function rings(peer: TestPeer, status = 180): Answered {
  const state: Answered = { invite: undefined, dialog: undefined, ends: [], requests: [] };
  peer.handlers = {
    ...peer.handlers,
    onInvite: (invite) => {
      state.invite = invite;
      invite.onCancel = (cancel) => void state.ends.push(cancel.headers.get('reason') ?? 'cancelled');
      invite.progress(status, { contact: peer.contact });
    },
  };
  return state;
}

/** Picks up a phone that `rings`. */
export function pickUp(peer: TestPeer, state: Answered): Dialog {
  if (!state.invite) throw new Error(`${peer.name} does not ring`);
  return accept(peer, state.invite, state);
}

import { type Account, asAccountId, asDeviceId, type Device } from '@tandem/domain';
import { answerChallenge, challengesOf, Headers, ha1Of, parseMessage, type SipRequest } from '@tandem/sip';
import type { Flow, IncomingRequest, Protocol, ResponseParts } from '@tandem/sip/ua/types.ts';
import { createRegistrar, type KeptRegistration, type RegisterFault, type Registrar } from './registrar.ts';
import { defaultExpires, defaultLockOut, defaultUnproven, type RegistrarSettings } from './settings.ts';

/** A registrar on a clock that only moves when told, and phones that speak to it in SIP text. */

export const realm = 'customers.example.net';
const account: Account['id'] = asAccountId('01890000-0000-7000-8000-000000000001');
export const deviceOf = (name: string): Device => ({
  id: asDeviceId(`device-${name}`),
  accountId: account,
  name,
  kind: 'desk-phone',
  sipUser: name,
});
export const [dana, lobby] = [deviceOf('dana-desk'), deviceOf('lobby')];
export const passwords: Readonly<Record<string, string>> = { 'dana-desk': 'correct horse', lobby: 'staple' };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

export interface Ask {
  readonly user?: string;
  readonly password?: string;
  /** Host and port it comes from. */
  readonly from?: readonly [host: string, port: number];
  readonly protocol?: Protocol;
  /** Values of Contact; absent: none. */
  readonly contacts?: readonly string[];
  readonly expires?: number;
  readonly callId?: string;
  readonly cseq?: number;
  readonly algorithm?: 'MD5' | 'SHA-256';
  readonly agent?: string;
  /** Address of record, if not the user's own. */
  readonly aor?: string;
}

export interface World {
  readonly registrar: Registrar;
  readonly faults: RegisterFault[];
  readonly changes: () => number;
  readonly devices: Set<Device>;
  /** Devices whose customer is suspended. */
  readonly suspended: Set<Device>;
  now: number;
  wall: number;
  /** Lets time pass, and what is due happen. */
  pass(ms: number): void;
  /** One REGISTER, as it is. */
  send(ask: Ask, authorization?: string): Answer;
  /** REGISTER and, when challenged, again with credentials. */
  register(ask: Ask): Answer;
}

export const flowOf = (ask: Ask): Flow => {
  const protocol = ask.protocol ?? 'UDP';
  const [host, port] = ask.from ?? ['192.0.2.10', 5060];
  return {
    id: 1,
    protocol,
    listener: `phones-${protocol.toLowerCase()}`,
    local: { host: '192.0.2.1', port: 5060 },
    remote: { host, port },
    open: true,
  };
};

export function requestOf(ask: Ask, authorization?: string, method = 'REGISTER'): SipRequest {
  const user = ask.user ?? 'dana-desk';
  const lines = [
    `${method} sip:${realm} SIP/2.0`,
    'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1;rport',
    `From: <sip:${user}@${realm}>;tag=1`,
    `To: <sip:${ask.aor ?? user}@${realm}>`,
    `Call-ID: ${ask.callId ?? 'c1'}`,
    `CSeq: ${ask.cseq ?? 1} ${method}`,
    'Max-Forwards: 70',
    ...(ask.agent === undefined ? [] : [`User-Agent: ${ask.agent}`]),
    ...(ask.contacts ?? []).map((contact) => `Contact: ${contact}`),
    ...(ask.expires === undefined ? [] : [`Expires: ${ask.expires}`]),
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    'Content-Length: 0',
    '',
    '',
  ];
  const parsed = parseMessage(Buffer.from(lines.join('\r\n')));
  if (!parsed.ok || parsed.message.kind !== 'request') throw new Error('the test wrote no request');
  return parsed.message;
}

/** The Authorization value for a challenge, in the wanted algorithm or else the first that is offered. */
export function authorizationFor(
  answer: Answer,
  ask: Ask,
  method = 'REGISTER',
  nc = 1,
  uri = `sip:${realm}`,
): string {
  const headers = new Headers();
  for (const value of answer.headers.getAll('www-authenticate'))
    if (ask.algorithm === undefined || value.includes(`algorithm=${ask.algorithm}`))
      headers.append('WWW-Authenticate', value);
  const [challenge] = challengesOf({
    kind: 'response',
    status: 401,
    reason: '',
    headers,
    body: Buffer.alloc(0),
  });
  if (!challenge) throw new Error('no challenge');
  const user = ask.user ?? 'dana-desk';
  return answerChallenge({
    challenge,
    username: user,
    password: ask.password ?? passwords[user] ?? '',
    method,
    uri,
    cnonce: 'c',
    nc,
  }).value;
}

export function phoneWorld(
  change: Partial<RegistrarSettings> = {},
  kept: readonly KeptRegistration[] = [],
  startsAtWallMs = 1_790_000_000_000,
): World {
  const faults: RegisterFault[] = [];
  const devices = new Set([dana, lobby]);
  const suspended = new Set<Device>();
  let changes = 0;
  let salt = 0;
  let timers: { at: number; fire: () => void }[] = [];
  const secrets = new Map(
    Object.entries(passwords).map(([user, password]) => [
      user,
      {
        deviceId: deviceOf(user).id,
        sipUser: user,
        md5: ha1Of('MD5', user, realm, password),
        sha256: ha1Of('SHA-256', user, realm, password),
      },
    ]),
  );
  const world: Omit<World, 'registrar'> = {
    faults,
    devices,
    suspended,
    changes: () => changes,
    now: 1_000_000,
    wall: startsAtWallMs,
    pass(ms) {
      world.now += ms;
      world.wall += ms;
      const due = timers.filter(({ at }) => at <= world.now);
      timers = timers.filter(({ at }) => at > world.now);
      for (const { fire } of due) fire();
    },
    send(ask, authorization) {
      const request = requestOf(ask, authorization);
      const flow = flowOf(ask);
      let answer: Answer | undefined;
      registrar.onRegister({
        request,
        flow,
        answered: false,
        accept: () => undefined,
        respond(status: number, parts: ResponseParts = {}) {
          if (answer) throw new Error('answered twice');
          answer = { status, headers: parts.headers ?? new Headers() };
        },
      } satisfies IncomingRequest);
      if (!answer) throw new Error('not answered');
      return answer;
    },
    register(ask) {
      const first = world.send(ask);
      if (first.status !== 401) return first;
      return world.send({ ...ask, cseq: (ask.cseq ?? 1) + 1 }, authorizationFor(first, ask));
    },
  };
  const registrar = createRegistrar({
    clock: {
      now: () => world.now,
      wall: () => world.wall,
      after(ms, fire) {
        const timer = { at: world.now + ms, fire };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    settings: {
      realm,
      nonceKey: { secret: Buffer.alloc(32, 7), lifetimeMs: 300_000 },
      via: { UDP: 'phones-udp', TCP: 'phones-tcp', TLS: 'phones-tls' },
      expires: defaultExpires,
      lockOut: defaultLockOut,
      unproven: defaultUnproven,
      ...change,
    },
    secrets: { ofUser: (user) => secrets.get(user) },
    deviceOf: (id) => [...devices].find((device) => device.id === id && !suspended.has(device)),
    knownDevice: (id) => [...devices].find((device) => device.id === id),
    secretBytes(count) {
      const bytes = Buffer.alloc(count);
      bytes.writeUInt32BE(salt++);
      return bytes;
    },
    onFault: (fault) => faults.push(fault),
    onChange: () => changes++,
  });
  registrar.restore(kept);
  // Nonces are told apart from those of an earlier run by the millisecond.
  world.pass(1);
  return Object.assign(world, { registrar });
}

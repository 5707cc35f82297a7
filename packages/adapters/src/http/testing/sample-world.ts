import {
  type Account,
  asAccountId,
  asCallId,
  asCarrierId,
  asDeviceId,
  asPersonId,
  type CallRecord,
  type Carrier,
  type E164,
  isE164,
  type Person,
} from '@tandem/domain';
import type { LadderEntry } from '@tandem/engine/ports/call-log.ts';
import type { PeerHealth, PhoneState } from '../services.ts';

/** Two customers with the same extension, as in the rehearsal world, small enough to reason about. */
export const acmeId = asAccountId('01930000-0000-7000-8000-00000000ac3e');
export const globexId = asAccountId('01930000-0000-7000-8000-000000916bec');
export const carrierId = asCarrierId('01930000-0000-7000-8000-00000000ca77');
export const globexCarrierId = asCarrierId('01930000-0000-7000-8000-00000000ca78');

const number = (text: string): E164 => {
  if (!isE164(text)) throw new Error(`${text} is not E.164`);
  return text;
};

const account = (
  id: Account['id'],
  name: string,
  host: string,
  domain: string,
  more: Partial<Account>,
): Account => ({
  id,
  name,
  status: 'active',
  sbcHosts: [host],
  mailDomains: [domain],
  country: 'US',
  areaCode: '202',
  timeZone: 'America/New_York',
  unknownCaller: 'reject',
  carriers: [carrierId],
  noAnswerSeconds: 20,
  ...more,
});

export const accounts = (): Account[] => [
  account(acmeId, 'Acme', 'sbc1.customers.example.net', 'acme.example', {
    entraTenantId: '0b5f7e3a-6f3e-4a0e-9b1e-1f3f5a7c9d21',
    mainNumber: number('+12025550100'),
  }),
  account(globexId, 'Globex', 'sbc2.customers.example.net', 'globex.example', {
    timeZone: 'Europe/Berlin',
    carriers: [carrierId, globexCarrierId],
  }),
];

const person = (
  index: number,
  accountId: Account['id'],
  displayName: string,
  more: Partial<Person> & { readonly tail?: string },
): Person => {
  const { tail, ...rest } = more;
  const first = displayName.split(' ')[0]?.toLowerCase() ?? '';
  const domain = accountId === acmeId ? 'acme.example' : 'globex.example';
  return {
    id: asPersonId(`01930000-0000-7000-8000-0000000000${String(index).padStart(2, '0')}`),
    accountId,
    displayName,
    upn: `${first}@${domain}`,
    mail: `${first}@${domain}`,
    numbers: tail === undefined ? [] : [number(`+120255501${tail}`)],
    active: true,
    teamsToggle: true,
    platformLicence: true,
    ...rest,
  };
};

export const people = (): Person[] => [
  person(1, acmeId, 'Dana Fields', { tail: '42', extension: '1001' }),
  person(2, acmeId, 'Bo Larsen', { tail: '43', extension: '1002' }),
  person(3, acmeId, 'Chidi Okafor', { tail: '44', extension: '1003', teamsToggle: false }),
  person(4, acmeId, 'Ella Brandt', { extension: '1004' }),
  person(5, acmeId, 'Farah Haddad', { tail: '46', extension: '1005', platformLicence: false }),
  person(6, acmeId, 'Gus Moreno', { tail: '47', extension: '1006', active: false }),
  person(7, acmeId, 'Hana Sato', { tail: '48', extension: '1007' }),
  person(8, acmeId, 'Ivo Petrov', { tail: '49', extension: '1008' }),
  person(11, globexId, 'Greta Weiss', { tail: '71', extension: '1001' }),
  person(12, globexId, 'Hugo Klein', { tail: '72', extension: '1002' }),
  person(13, globexId, 'Dana Fields', { tail: '73', extension: '1003' }),
];
export const danaId = people()[0]?.id as Person['id'];
export const boId = people()[1]?.id as Person['id'];
export const gretaId = people()[8]?.id as Person['id'];

const carrier = (id: Carrier['id'], name: string, owner: Carrier['owner'], port: number): Carrier => ({
  id,
  name,
  owner,
  targets: [{ host: '127.0.0.1', port, protocol: 'UDP', priority: 1, weight: 1 }],
  sources: [{ address: '127.0.0.1', port }],
  probeWithOptions: true,
  credentials: { username: 'tandem', password: 'a-carrier-secret', realm: 'carrier.example' },
  numberFormat: 'e164',
  emergency: owner === 'operator',
});
export const carriers = (): Carrier[] => [
  carrier(carrierId, 'Rehearsal carrier', 'operator', 24080),
  carrier(globexCarrierId, 'Globex own carrier', globexId, 24082),
];

const callId = (index: number) =>
  asCallId(`01930000-0000-7000-8000-0000000ca1${String(index).padStart(2, '0')}`);

export function record(index: number, wallMs: number, more: Partial<CallRecord>): CallRecord {
  return {
    version: 1,
    callId: callId(index),
    accountId: acmeId,
    direction: 'to-teams',
    emergency: false,
    from: '+12025550199',
    fromAsReceived: 'sip:+12025550199@carrier.example',
    to: '+12025550142',
    toAsDialled: 'sip:+12025550142@127.0.0.1',
    personId: danaId,
    carrierId,
    hub: 'sip.pstnhub.microsoft.com',
    legs: [
      {
        side: 'a',
        role: 'carrier',
        sipCallId: `a-${index}@carrier.example`,
        peer: 'UDP 127.0.0.1:24080',
        media: {
          codec: 'PCMU',
          localAddress: '127.0.0.1:24600',
          remoteAddress: '127.0.0.1:24700',
          packetsIn: 2610,
          packetsOut: 2604,
          bytesIn: 448920,
          bytesOut: 447888,
          lostIn: 0,
          jitterMs: 0.7,
          rejected: {},
        },
      },
      {
        side: 'b',
        role: 'teams',
        sipCallId: `b-${index}@sbc1.customers.example.net`,
        peer: 'TLS sip.pstnhub.microsoft.com:5061',
        media: {
          codec: 'PCMU',
          srtpSuite: 'AES_CM_128_HMAC_SHA1_80',
          localAddress: '127.0.0.1:24602',
          remoteAddress: '127.0.0.1:24720',
          packetsIn: 2604,
          packetsOut: 2610,
          bytesIn: 473928,
          bytesOut: 475020,
          lostIn: 2,
          jitterMs: 1.1,
          rejected: { replay: 1 },
        },
      },
    ],
    attempts: [{ target: 'hub sip.pstnhub.microsoft.com:5061', atMs: 4, result: '200' }],
    invitedAt: wallMs,
    setupMs: 4,
    ringingMs: 310,
    answeredMs: 4120,
    endedAt: wallMs + 56_300,
    talkMs: 52_180,
    result: 'answered',
    status: 200,
    q850: 16,
    sentence: 'Answered by Dana Fields in Teams; the caller hung up.',
    endedBy: 'caller',
    closedBy: 'normal',
    why: [
      '+12025550142 belongs to Dana Fields of Acme.',
      'Dana Fields may take calls in Teams: active, number, switch and licence are in order.',
      'Acme is sbc1.customers.example.net towards Microsoft; sip.pstnhub.microsoft.com is up and first in order.',
    ],
    ...more,
  };
}

export function finishedCalls(wallMs: number): CallRecord[] {
  const minute = 60_000;
  return [
    record(1, wallMs - 12 * minute, {}),
    record(2, wallMs - 31 * minute, {
      direction: 'from-teams',
      from: '+12025550142',
      to: '+12025550199',
      result: 'no-answer',
      status: 480,
      q850: 19,
      sentence: 'Nobody answered for 20 s.',
      endedBy: 'platform',
      talkMs: 0,
    }),
    record(3, wallMs - 55 * minute, {
      to: '+12025550144',
      result: 'refused',
      status: 480,
      q850: 20,
      code: 'PRV-303',
      sentence: 'Calls in Teams are switched off for Chidi Okafor.',
      personId: people()[2]?.id as Person['id'],
      attempts: [],
      talkMs: 0,
    }),
    record(4, wallMs - 80 * minute, {
      result: 'failed',
      status: 503,
      q850: 38,
      code: 'hubs-unreachable',
      sentence: 'None of the three Microsoft hubs answered.',
      attempts: [
        { target: 'hub sip.pstnhub.microsoft.com:5061', atMs: 4, result: 'no answer in 3 s' },
        { target: 'hub sip2.pstnhub.microsoft.com:5061', atMs: 3004, result: 'connect refused' },
        { target: 'hub sip3.pstnhub.microsoft.com:5061', atMs: 3012, result: '503' },
      ],
      talkMs: 0,
    }),
    record(5, wallMs - 90 * minute, {
      result: 'busy',
      status: 486,
      q850: 17,
      sentence: 'Dana Fields was busy.',
      talkMs: 0,
    }),
    record(6, wallMs - 20 * minute, {
      accountId: globexId,
      personId: gretaId,
      from: '+12025550171',
      to: '+12025550198',
      direction: 'from-teams',
      sentence: 'Answered; Greta Weiss hung up.',
    }),
    record(7, wallMs - 26 * minute, {
      direction: 'from-teams',
      emergency: true,
      from: '+12025550143',
      to: '911',
      toAsDialled: 'sip:911@sbc1.customers.example.net',
      personId: people()[1]?.id as Person['id'],
      sentence: 'Emergency call, answered.',
      why: [
        '911 is an emergency number in US: no other rule applies.',
        'Rehearsal carrier takes emergency calls.',
      ],
    }),
  ];
}

const sip = (lines: readonly string[], body = ''): string =>
  `${[...lines, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;

const sdp = (port: number, profile: string): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} ${profile} 0 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    '',
  ].join('\r\n');

export function ladderOf(index: number): LadderEntry[] {
  const request = (method: string, leg: 'a' | 'b', cseq: number, body = ''): string =>
    sip(
      [
        `${method} sip:+12025550142@${leg === 'a' ? '127.0.0.1:24060' : 'sip.pstnhub.microsoft.com:5061'} SIP/2.0`,
        `Via: SIP/2.0/${leg === 'a' ? 'UDP 127.0.0.1:24080' : 'TLS sbc1.customers.example.net:5061'};branch=z9hG4bK${leg}${cseq}`,
        'Max-Forwards: 70',
        `From: <sip:+12025550199@${leg === 'a' ? 'carrier.example' : 'sbc1.customers.example.net'}>;tag=from${leg}`,
        `To: <sip:+12025550142@${leg === 'a' ? '127.0.0.1' : 'sip.pstnhub.microsoft.com'}>`,
        `Call-ID: ${leg}-${index}@example`,
        `CSeq: ${cseq} ${method}`,
        ...(body ? ['Content-Type: application/sdp'] : []),
      ],
      body,
    );
  const answer = (status: string, leg: 'a' | 'b', cseq: string, body = ''): string =>
    sip(
      [
        `SIP/2.0 ${status}`,
        `Via: SIP/2.0/${leg === 'a' ? 'UDP 127.0.0.1:24080' : 'TLS sbc1.customers.example.net:5061'};branch=z9hG4bK${leg}1`,
        `Call-ID: ${leg}-${index}@example`,
        `CSeq: ${cseq}`,
        ...(body ? ['Content-Type: application/sdp'] : []),
      ],
      body,
    );
  const a = 'UDP 127.0.0.1:24080';
  const b = 'TLS sip.pstnhub.microsoft.com:5061';
  return [
    { atMs: 0, leg: 'a', direction: 'in', peer: a, text: request('INVITE', 'a', 1, sdp(24700, 'RTP/AVP')) },
    { atMs: 1, leg: 'a', direction: 'out', peer: a, text: answer('100 Trying', 'a', '1 INVITE') },
    {
      atMs: 2,
      leg: 'a',
      direction: 'in',
      peer: 'step',
      text: '+12025550142 belongs to Dana Fields of Acme; to Teams.',
    },
    { atMs: 4, leg: 'b', direction: 'out', peer: b, text: request('INVITE', 'b', 1, sdp(24602, 'RTP/SAVP')) },
    { atMs: 36, leg: 'b', direction: 'in', peer: b, text: answer('100 Trying', 'b', '1 INVITE') },
    { atMs: 310, leg: 'b', direction: 'in', peer: b, text: answer('180 Ringing', 'b', '1 INVITE') },
    { atMs: 311, leg: 'a', direction: 'out', peer: a, text: answer('180 Ringing', 'a', '1 INVITE') },
    {
      atMs: 4118,
      leg: 'b',
      direction: 'in',
      peer: b,
      text: answer('200 OK', 'b', '1 INVITE', sdp(24720, 'RTP/SAVP')),
    },
    { atMs: 4119, leg: 'b', direction: 'out', peer: b, text: request('ACK', 'b', 1) },
    {
      atMs: 4120,
      leg: 'a',
      direction: 'out',
      peer: a,
      text: answer('200 OK', 'a', '1 INVITE', sdp(24600, 'RTP/AVP')),
    },
    { atMs: 4140, leg: 'a', direction: 'in', peer: a, text: request('ACK', 'a', 1) },
    { atMs: 56300, leg: 'a', direction: 'in', peer: a, text: request('BYE', 'a', 2) },
    { atMs: 56301, leg: 'a', direction: 'out', peer: a, text: answer('200 OK', 'a', '2 BYE') },
    { atMs: 56302, leg: 'b', direction: 'out', peer: b, text: request('BYE', 'b', 2) },
    { atMs: 56330, leg: 'b', direction: 'in', peer: b, text: answer('200 OK', 'b', '2 BYE') },
  ];
}

export function peerHealth(wallMs: number): PeerHealth[] {
  const hub = (
    n: string,
    state: PeerHealth['state'],
    askedAgo: number,
    heardAgo: number,
    reason?: string,
  ): PeerHealth => ({
    id: `hub-sip${n}`,
    kind: 'hub',
    name: `sip${n}.pstnhub.microsoft.com`,
    address: `TLS sip${n}.pstnhub.microsoft.com:5061`,
    state,
    ...(reason === undefined ? {} : { reason }),
    sinceMs: wallMs - 3_600_000,
    weAsk: { lastAtMs: wallMs - askedAgo * 1000, status: 200, rttMs: 21 + askedAgo },
    theyAsk: { lastAtMs: wallMs - heardAgo * 1000 },
  });
  return [
    hub('', 'up', 12, 31),
    hub('2', 'up', 41, 9),
    hub('3', 'down', 410, 512, 'no answer in 3 s'),
    {
      id: carrierId,
      kind: 'carrier',
      name: 'Rehearsal carrier',
      address: 'UDP 127.0.0.1:24080',
      state: 'up',
      sinceMs: wallMs - 3_600_000,
      weAsk: { lastAtMs: wallMs - 22_000, status: 200, rttMs: 2 },
      theyAsk: { lastAtMs: wallMs - 48_000 },
    },
    {
      id: globexCarrierId,
      kind: 'carrier',
      name: 'Globex own carrier',
      address: 'UDP 127.0.0.1:24082',
      accountId: globexId,
      state: 'unknown',
      weAsk: {},
      theyAsk: {},
    },
  ];
}

/** Dana's desk phone, which is registered, and the phones in the two lobbies, which are not. */
export const phones = (): PhoneState[] => [
  {
    device: {
      id: asDeviceId('01930000-0000-7000-8000-0000000de001'),
      accountId: acmeId,
      name: 'dana-desk',
      kind: 'desk-phone',
      sipUser: 'acme-dana-desk',
      extension: '1101',
      personId: danaId,
    },
    registration: { transport: 'TLS', sinceWallMs: 1_790_000_000_000, expiresAtWallMs: 1_790_000_300_000 },
  },
  ...[acmeId, globexId].map(
    (accountId, index): PhoneState => ({
      device: {
        id: asDeviceId(`01930000-0000-7000-8000-0000000de00${index + 2}`),
        accountId,
        name: 'lobby',
        kind: 'common-area-phone',
        sipUser: `lobby-${index}`,
      },
    }),
  ),
];

/**
 * The work that every parser is measured on: a 2 KB INVITE as Teams sends it, from bytes to eight decoded headers and
 * five decoded URIs. 64 messages that differ, so that no engine can remember one.
 */
import { readFileSync } from 'node:fs';

/** What must come out, flat, so that comparing costs next to nothing. */
export interface Decoded {
  method: string;
  requestUser: string;
  requestHost: string;
  requestPort: number;
  viaTransport: string;
  viaHost: string;
  viaPort: number;
  viaBranch: string;
  fromUser: string;
  fromHost: string;
  fromTag: string;
  toUser: string;
  toHost: string;
  callId: string;
  cseq: number;
  cseqMethod: string;
  contactHost: string;
  contactPort: number;
  contactCorrelation: string;
  recordRouteHost: string;
  recordRoutePort: number;
  maxForwards: number;
}

export interface Sample {
  readonly bytes: Buffer;
  readonly expected: Decoded;
}

const fixture = readFileSync(
  new URL('../../../packages/sip/testdata/teams/invite-from-teams.sip', import.meta.url),
  'latin1',
);

export function makeSamples(count: number): Sample[] {
  return Array.from({ length: count }, (_, index) => makeSample(index));
}

function makeSample(index: number): Sample {
  const hex = (index * 2_654_435_761 + 0x1000_0000).toString(16).slice(-8).padStart(8, '0');
  const callId = `03f0789fb2981e7328b335d5${hex}`;
  const number = `+1202555${String(100 + index).padStart(4, '0')}`;
  // Candidates, as media bypass adds them, bring the message to the 2 KB that are seen in the field.
  const candidates = [1, 2, 3, 4, 5]
    .map(
      (n) =>
        `a=candidate:${n} 1 UDP ${2130706431 - n} 203.0.113.${50 + n} ${52000 + n} typ host generation 0\r\n`,
    )
    .join('');
  const [head = '', body = ''] = fixture.split('\r\n\r\n');
  const text = `${head
    .replaceAll('03f0789fb2981e7328b335d56ff0067e', callId)
    .replaceAll('+12025550199', number)
    .replace('z9hG4bKf12a7aae', `z9hG4bK${hex}`)
    .replace('aabd6efc4c4033ee6c0e8ba6bb995009', `aabd6efc4c4033ee6c0e8ba6${hex}`)
    .replace(
      /CONTENT-LENGTH: \d+/,
      `CONTENT-LENGTH: ${body.length + candidates.length}`,
    )}\r\n\r\n${body}${candidates}`;
  return {
    bytes: Buffer.from(text, 'latin1'),
    expected: {
      method: 'INVITE',
      requestUser: number,
      requestHost: 'sbc1.customers.example.net',
      requestPort: 5061,
      viaTransport: 'TLS',
      viaHost: '203.0.113.10',
      viaPort: 5061,
      viaBranch: `z9hG4bK${hex}`,
      fromUser: '+12025550142',
      fromHost: 'sip.pstnhub.microsoft.com',
      fromTag: `aabd6efc4c4033ee6c0e8ba6${hex}`,
      toUser: number,
      toHost: 'sbc1.customers.example.net',
      callId,
      cseq: 1,
      cseqMethod: 'INVITE',
      contactHost: 'api-du-a-euwe.pstnhub.microsoft.com',
      contactPort: 443,
      contactCorrelation: `${callId}/d/8/450314663562e2cde2c3274d85ebfd5a`,
      recordRouteHost: 'sip-du-a-eu.pstnhub.microsoft.com',
      recordRoutePort: 5061,
      maxForwards: 70,
    },
  };
}

/** Written out, so that the comparison adds next to nothing to what is measured. */
export function isSame(a: Decoded, b: Decoded): boolean {
  return (
    a.method === b.method &&
    a.requestUser === b.requestUser &&
    a.requestHost === b.requestHost &&
    a.requestPort === b.requestPort &&
    a.viaTransport === b.viaTransport &&
    a.viaHost === b.viaHost &&
    a.viaPort === b.viaPort &&
    a.viaBranch === b.viaBranch &&
    a.fromUser === b.fromUser &&
    a.fromHost === b.fromHost &&
    a.fromTag === b.fromTag &&
    a.toUser === b.toUser &&
    a.toHost === b.toHost &&
    a.callId === b.callId &&
    a.cseq === b.cseq &&
    a.cseqMethod === b.cseqMethod &&
    a.contactHost === b.contactHost &&
    a.contactPort === b.contactPort &&
    a.contactCorrelation === b.contactCorrelation &&
    a.recordRouteHost === b.recordRouteHost &&
    a.recordRoutePort === b.recordRoutePort &&
    a.maxForwards === b.maxForwards
  );
}

/** The first field that is wrong, or undefined. */
export function firstDifference(seen: Decoded, expected: Decoded): keyof Decoded | undefined {
  for (const key in expected) {
    const name = key as keyof Decoded;
    if (seen[name] !== expected[name]) return name;
  }
  return undefined;
}

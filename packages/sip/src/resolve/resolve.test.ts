import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseUri } from '../uri/uri.ts';
import {
  type Answer,
  type NaptrRecord,
  type Question,
  type ResolveRequest,
  resolveRequestFor,
  resolveTarget,
} from './resolve.ts';
import { orderSrv, type SrvRecord } from './srv.ts';

interface Zone {
  [name: string]: {
    NAPTR?: NaptrRecord[];
    SRV?: SrvRecord[];
    A?: string[];
    AAAA?: string[];
    fails?: boolean;
  };
}

/** Plays resolver for the machine; returns targets in words and the questions asked. */
function resolve(request: ResolveRequest, zone: Zone, random = () => 0) {
  const asked: string[] = [];
  const answers: Answer[] = [];
  for (let round = 0; round < 10; round++) {
    const step = resolveTarget(request, answers, random);
    if (step.kind === 'nowhere') return { asked, to: [], dnsFailed: step.dnsFailed };
    if (step.kind === 'targets') {
      return {
        asked,
        to: step.targets.map(({ transport, address, port }) => `${transport} ${address} ${port}`),
      };
    }
    for (const question of step.questions) {
      asked.push(`${question.type} ${question.name}`);
      answers.push(answer(question, zone));
    }
  }
  throw new Error('the machine asks for ever');
}

function answer(question: Question, zone: Zone): Answer {
  const entry = zone[question.name];
  if (entry?.fails) return { question, failed: true };
  if (question.type === 'NAPTR')
    return { question: { ...question, type: 'NAPTR' }, records: entry?.NAPTR ?? [] };
  if (question.type === 'SRV') return { question: { ...question, type: 'SRV' }, records: entry?.SRV ?? [] };
  return { question: { ...question, type: question.type }, records: entry?.[question.type] ?? [] };
}

const srv = (priority: number, weight: number, port: number, target: string): SrvRecord => ({
  priority,
  weight,
  port,
  target,
});

describe('resolveTarget (RFC 3263 §4)', () => {
  test('an address needs no DNS', () => {
    assert.deepEqual(resolve({ host: '192.0.2.1', secure: false }, {}), {
      asked: [],
      to: ['UDP 192.0.2.1 5060'],
    });
    assert.deepEqual(resolve({ host: '[2001:db8::1]', port: 5070, secure: true }, {}).to, [
      'TLS 2001:db8::1 5070',
    ]);
    assert.deepEqual(resolve({ host: '192.0.2.1', secure: false, transport: 'TCP' }, {}).to, [
      'TCP 192.0.2.1 5060',
    ]);
  });

  test('a port means no SRV', () => {
    const zone = { 'sip.pstnhub.microsoft.com': { A: ['127.0.0.1', '127.0.0.2'] } };
    const request: ResolveRequest = {
      host: 'sip.pstnhub.microsoft.com',
      port: 5061,
      secure: false,
      transport: 'TLS',
      families: [4],
    };
    assert.deepEqual(resolve(request, zone), {
      asked: ['A sip.pstnhub.microsoft.com'],
      to: ['TLS 127.0.0.1 5061', 'TLS 127.0.0.2 5061'],
    });
  });

  test('a carrier with two SRV priorities and both address families', () => {
    const zone: Zone = {
      '_sip._udp.carrier.example': {
        SRV: [srv(20, 0, 5062, 'b.carrier.example.'), srv(10, 0, 5060, 'a.carrier.example')],
      },
      'a.carrier.example': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
      'b.carrier.example': { A: ['192.0.2.2'] },
    };
    assert.deepEqual(resolve({ host: 'carrier.example', secure: false, transport: 'UDP' }, zone).to, [
      'UDP 192.0.2.1 5060',
      'UDP 2001:db8::1 5060',
      'UDP 192.0.2.2 5062',
    ]);
  });

  test('no SRV: the default port of the transport', () => {
    const zone = { 'c.example': { A: ['192.0.2.3'] } };
    assert.deepEqual(resolve({ host: 'c.example', secure: true, families: [4] }, zone).to, [
      'TLS 192.0.2.3 5061',
    ]);
    assert.deepEqual(
      resolve({ host: 'c.example', secure: false, families: [4], supported: ['TCP'] }, zone).to,
      ['TCP 192.0.2.3 5060'],
    );
  });

  test('NAPTR picks the service by order, among those that we can do', () => {
    const record = (order: number, service: string, replacement: string): NaptrRecord => ({
      order,
      preference: 1,
      flags: 's',
      service,
      replacement,
    });
    const zone: Zone = {
      'n.example': {
        NAPTR: [
          record(3, 'SIP+D2U', '_sip._udp.n.example'),
          record(1, 'SIP+D2S', 'x'),
          record(2, 'SIP+D2T', '_sip._tcp.n.example'),
        ],
      },
      '_sip._tcp.n.example': { SRV: [srv(1, 1, 5070, '192.0.2.9')] },
    };
    assert.deepEqual(resolve({ host: 'n.example', secure: false, useNaptr: true }, zone).to, [
      'TCP 192.0.2.9 5070',
    ]);
  });

  test('a service that says "." is not there; DNS down is told apart from no such name', () => {
    const gone: Zone = { '_sip._udp.d.example': { SRV: [srv(0, 0, 0, '.')] } };
    assert.deepEqual(
      resolve({ host: 'd.example', secure: false, transport: 'UDP', families: [4] }, gone).dnsFailed,
      false,
    );
    const down: Zone = { '_sip._udp.d.example': { fails: true }, 'd.example': { fails: true } };
    assert.deepEqual(
      resolve({ host: 'd.example', secure: false, transport: 'UDP', families: [4] }, down).dnsFailed,
      true,
    );
  });

  test('sips over UDP only is nowhere', () => {
    assert.deepEqual(resolve({ host: 'x', secure: true, supported: ['UDP'] }, {}).to, []);
  });

  test('a hundred SRV records lead to a bounded number of questions, the same in every step', () => {
    const zone: Zone = {
      '_sip._udp.big.example': {
        SRV: Array.from({ length: 100 }, (_, n) => srv(n % 2, n, 5060, `h${n}.example`)),
      },
    };
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const { asked } = resolve(
      { host: 'big.example', secure: false, transport: 'UDP', families: [4] },
      zone,
      random,
    );
    assert.equal(asked.length, 17);
  });

  test('what a URI asks for', () => {
    const request = (text: string) => {
      const uri = parseUri(text);
      return uri && resolveRequestFor(uri);
    };
    assert.deepEqual(request('sip:a@b;transport=tls'), { host: 'b', secure: false, transport: 'TLS' });
    assert.deepEqual(request('sips:a@b:5062;transport=tcp'), {
      host: 'b',
      secure: true,
      port: 5062,
      transport: 'TLS',
    });
    assert.deepEqual(request('sip:a@b;maddr=192.0.2.1'), { host: '192.0.2.1', secure: false });
    assert.equal(request('sip:a@b;transport=sctp'), undefined);
    assert.equal(request('tel:+1'), undefined);
  });
});

describe('orderSrv (RFC 2782)', () => {
  test('priority first, weights by the draw', () => {
    const records = [srv(2, 0, 1, 'last'), srv(1, 10, 1, 'light'), srv(1, 90, 1, 'heavy')];
    assert.deepEqual(
      orderSrv(records, () => 0.05).map(({ target }) => target),
      ['light', 'heavy', 'last'],
    );
    assert.deepEqual(
      orderSrv(records, () => 0.5).map(({ target }) => target),
      ['heavy', 'light', 'last'],
    );
  });

  test('over 10,000 draws the shares follow the weights', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const records = [srv(1, 25, 1, 'a'), srv(1, 75, 1, 'b')];
    let first = 0;
    for (let draw = 0; draw < 10_000; draw++) if (orderSrv(records, random)[0]?.target === 'b') first++;
    // RFC 2782 draws from 0 to the sum inclusive: 75 of 101.
    assert.ok(Math.abs(first / 10_000 - 75 / 101) < 0.02, String(first));
  });
});

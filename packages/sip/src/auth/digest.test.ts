import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { parseChallenge, parseCredentials, printCredentials } from '../header/digest.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { answerChallenge, challengesOf } from './client.ts';
import { digestResponse, ha1Of } from './digest.ts';
import { judgeNonce, mintNonce } from './nonce.ts';
import { ReplayGuard } from './replay.ts';
import { challengeValues, checkDigest, type DigestRealm } from './server.ts';

describe('published vectors', () => {
  test('RFC 2617 §3.5', () => {
    assert.equal(
      digestResponse({
        algorithm: 'MD5',
        ha1: ha1Of('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life'),
        nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
        method: 'GET',
        uri: '/dir/index.html',
        qop: 'auth',
        cnonce: '0a4f113b',
        nc: 1,
      }),
      '6629fae49393a05397450978507c4ef1',
    );
  });

  const rfc7616 = {
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    method: 'GET',
    uri: '/dir/index.html',
    qop: 'auth',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    nc: 1,
  } as const;
  for (const [algorithm, wanted] of [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const) {
    test(`RFC 7616 §3.9.1, ${algorithm}`, () => {
      const ha1 = ha1Of(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
      assert.equal(digestResponse({ ...rfc7616, algorithm, ha1 }), wanted);
    });
  }

  test('without qop, as RFC 2069; auth-int covers the body; -sess binds the key to the nonce', () => {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const ha1 = md5('u:r:p');
    assert.equal(
      digestResponse({ algorithm: 'MD5', ha1, nonce: 'n', method: 'REGISTER', uri: 'sip:r' }),
      md5(`${ha1}:n:${md5('REGISTER:sip:r')}`),
    );
    assert.equal(
      digestResponse({
        algorithm: 'MD5-sess',
        ha1,
        nonce: 'n',
        method: 'M',
        uri: 'u',
        qop: 'auth-int',
        cnonce: 'c',
        nc: 16,
        body: Buffer.from('hi'),
      }),
      md5(`${md5(`${ha1}:n:c`)}:n:00000010:c:auth-int:${md5(`M:u:${md5('hi')}`)}`),
    );
  });
});

describe('headers', () => {
  test('a challenge with blanks, tokens and quotes', () => {
    assert.deepEqual(
      parseChallenge(
        'Digest realm="a, \\"b\\"",nonce="n" , algorithm=sha-256, qop="auth,auth-int", stale=TRUE, opaque=""',
      ),
      {
        realm: 'a, "b"',
        nonce: 'n',
        opaque: '',
        stale: true,
        algorithm: 'SHA-256',
        qop: ['auth', 'auth-int'],
        qopUnusable: false,
      },
    );
  });
  for (const bad of [
    '',
    'Basic realm="x"',
    'Digest',
    'Digest realm="x"',
    'Digest realm="x",nonce="a",nonce="b"',
    'Digest realm="x, nonce="y"',
  ]) {
    test(`${bad || '(empty)'} is refused`, () => assert.equal(parseChallenge(bad), undefined));
  }
  test('credentials print and parse back', () => {
    const credentials = {
      username: 'trunk "7"',
      realm: 'carrier.example',
      nonce: 'n',
      uri: 'sip:carrier.example',
      response: 'ab',
      algorithm: 'SHA-256',
      cnonce: 'c',
      qop: 'auth',
      nc: 17,
    } as const;
    assert.deepEqual(parseCredentials(printCredentials(credentials)), credentials);
  });
});

const realm: DigestRealm = {
  realm: 'phones.customers.example.net',
  key: { secret: Buffer.alloc(32, 9), lifetimeMs: 60_000 },
  algorithms: ['SHA-256', 'MD5'],
};
const users: Record<string, string> = { dana: 'correct horse' };
const salt = Buffer.from('123456');

function register(authorization?: string): SipRequest {
  const headers = Headers.of([['From', '<sip:dana@x>;tag=1']]);
  if (authorization) headers.append('Authorization', authorization);
  return {
    kind: 'request',
    method: 'REGISTER',
    uri: 'sip:phones.customers.example.net',
    headers,
    body: Buffer.alloc(0),
  };
}

/** Challenges at 1,000 ms for one source and has the client answer. */
function answered(password: string, nc = 1, username = 'dana', pick = 0): string {
  const headers = Headers.of([]);
  for (const value of challengeValues(realm, '192.0.2.7', 1_000, salt))
    headers.append('WWW-Authenticate', value);
  const response: SipResponse = { kind: 'response', status: 401, reason: '', headers, body: Buffer.alloc(0) };
  if (pick > 0) headers.set('WWW-Authenticate', headers.getAll('www-authenticate')[pick] ?? '');
  const [challenge] = challengesOf(response);
  assert.ok(challenge);
  return answerChallenge({
    challenge,
    username,
    password,
    method: 'REGISTER',
    uri: 'sip:phones.customers.example.net',
    cnonce: 'abc',
    nc,
  }).value;
}

function check(
  authorization: string | undefined,
  { source = '192.0.2.7', nowMs = 2_000, replay = new ReplayGuard(10) } = {},
) {
  return checkDigest(realm, {
    request: register(authorization),
    header: 'authorization',
    source,
    nowMs,
    replay,
    ha1: (username, algorithm) => {
      const password = users[username];
      return password === undefined ? undefined : ha1Of(algorithm, username, realm.realm, password);
    },
  });
}

describe('a phone registers', () => {
  test('SHA-256 is offered first and taken; the right password is let in', () => {
    const value = answered('correct horse');
    assert.match(value, /algorithm=SHA-256/);
    assert.deepEqual(check(value), { kind: 'ok', username: 'dana' });
  });
  test('an old phone answers the MD5 line', () =>
    assert.equal(check(answered('correct horse', 1, 'dana', 1)).kind, 'ok'));
  test('without credentials it is challenged', () => assert.deepEqual(check(undefined), { kind: 'absent' }));
  test('wrong password and unknown user look the same', () => {
    const wrong = check(answered('wrong'));
    const unknown = check(answered('correct horse', 1, 'eve'));
    assert.ok(wrong.kind === 'rejected' && unknown.kind === 'rejected');
    assert.equal(wrong.why, unknown.why);
  });
  test('the same count twice is a replay, the next one is fine', () => {
    const replay = new ReplayGuard(10);
    assert.equal(check(answered('correct horse', 1), { replay }).kind, 'ok');
    assert.equal(check(answered('correct horse', 1), { replay }).kind, 'stale');
    assert.equal(check(answered('correct horse', 2), { replay }).kind, 'ok');
  });
  test('a nonce dies with its time and does not work from another address', () => {
    assert.equal(check(answered('correct horse'), { nowMs: 62_000 }).kind, 'stale');
    assert.equal(check(answered('correct horse'), { source: '192.0.2.8' }).kind, 'rejected');
  });
  test('credentials for another Request-URI are refused', () => {
    const value = answered('correct horse').replace('uri="sip:phones', 'uri="sip:other');
    assert.equal(check(value).kind, 'rejected');
  });
});

test('a made-up nonce is foreign, ours is not', () => {
  const nonce = mintNonce(realm.key, 'a', 5_000, salt);
  assert.deepEqual(judgeNonce(realm.key, nonce, 'a', 6_000), { kind: 'good', issuedAtMs: 5_000 });
  assert.deepEqual(judgeNonce({ ...realm.key, secret: Buffer.alloc(32, 8) }, nonce, 'a', 6_000), {
    kind: 'foreign',
  });
  for (const bad of ['', 'x', nonce.slice(1), `${nonce}A`, nonce.replace(/.$/, '~')]) {
    assert.equal(judgeNonce(realm.key, bad, 'a', 6_000).kind, 'foreign');
  }
});

test('the replay guard forgets the oldest, and never lets it in again', () => {
  const guard = new ReplayGuard(2);
  assert.ok(guard.use('a', 1, 100) && guard.use('b', 1, 200) && guard.use('c', 1, 300));
  assert.equal(guard.size, 2);
  assert.ok(!guard.use('a', 2, 100));
  assert.ok(guard.use('b', 2, 200));
  guard.expire(250);
  assert.ok(!guard.use('b', 3, 200) && guard.use('c', 2, 300));
});

test('challenges that we cannot answer are passed over', () => {
  const headers = Headers.of([
    ['WWW-Authenticate', 'Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"'],
    ['WWW-Authenticate', 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"'],
    ['Proxy-Authenticate', 'Digest realm="p", nonce="n", qop="other"'],
  ]);
  const found = challengesOf({ kind: 'response', status: 401, reason: '', headers, body: Buffer.alloc(0) });
  assert.deepEqual(
    found.map(({ algorithm, realm }) => [algorithm, realm]),
    [['MD5', 'r']],
  );
});

import assert from 'node:assert/strict';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { MicrosoftSignIn } from '@tandem/engine';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import type { HttpsExchange, HttpsRequest } from '../graph/https-exchange.ts';
import { createMicrosoftSignIn } from './microsoft-sign-in.ts';
import { certificateFault, makeCertificate } from './own-certificate.ts';

const login = 'https://login.microsoftonline.com';
const clientId = 'a1a1a1a1-0000-4000-8000-00000000a001';
const acme = 'acacacac-0000-4000-8000-000000000001';
const globex = '61061061-0000-4000-8000-000000000002';
const now = Date.parse('2026-05-04T10:00:00Z');
const seconds = Math.floor(now / 1000);

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let ours: Keys;
let rolled: Keys;
let attacker: Keys;
before(async () => {
  const pair = () => generateKeyPair('RS256');
  [ours, rolled, attacker] = await Promise.all([pair(), pair(), pair()]);
});

const good = (): JWTPayload => ({
  aud: clientId,
  iss: `${login}/${acme}/v2.0`,
  iat: seconds,
  nbf: seconds,
  exp: seconds + 3600,
  nonce: 'the-nonce',
  tid: acme,
  oid: 'a1ec0000-0000-4000-8000-000000000007',
  sub: 'pairwise',
  name: 'Alex Admin',
  preferred_username: 'alex@acme.example',
  ver: '2.0',
  wids: ['62e90394-69f5-4237-9190-012177145e10'],
});
const signed = (claims: JWTPayload, keys: Keys = ours, kid = 'k1'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(keys.privateKey);

/** A sign-in service that gives this token; the keys that it publishes can roll. */
function microsoft(idToken: string, options: { status?: number; body?: object; down?: boolean } = {}) {
  const seen: HttpsRequest[] = [];
  const published: { keys: { kid: string; keys: Keys }[] } = { keys: [{ kid: 'k1', keys: ours }] };
  const https: HttpsExchange = {
    close: () => undefined,
    async exchange(request) {
      seen.push(request);
      if (options.down) throw new Error('connect refused');
      if (request.url.includes('/discovery/')) {
        const keys = await Promise.all(
          published.keys.map(async ({ kid, keys: pair }) => ({
            ...(await exportJWK(pair.publicKey)),
            kid,
            alg: 'RS256',
            use: 'sig',
          })),
        );
        return { status: 200, headers: {}, body: JSON.stringify({ keys }) };
      }
      const body = options.body ?? { token_type: 'Bearer', id_token: idToken, expires_in: 3600 };
      return { status: options.status ?? 200, headers: {}, body: JSON.stringify(body) };
    },
  };
  const clock = { now };
  const signIn = createMicrosoftSignIn({
    endpoints: { login, graph: 'https://graph.microsoft.com' },
    twinMode: false,
    https,
    wall: () => clock.now,
  });
  return { signIn, seen, published, clock };
}
const redeem = (signIn: MicrosoftSignIn) =>
  signIn.redeem({
    clientId,
    redirectUri: 'https://portal.example.net/connect/callback',
    code: 'a-code',
    verifier: 'the-verifier',
    nonce: 'the-nonce',
    credential: { kind: 'secret', secret: 'a-secret' },
  });

test('an administrator signs in: code, PKCE verifier and proof go to organizations, and the token says who it was', async () => {
  const { signIn, seen } = microsoft(await signed(good()));
  const url = new URL(
    signIn.authorizeUrl({
      clientId,
      redirectUri: 'https://portal.example.net/connect/callback',
      state: 's',
      nonce: 'the-nonce',
      verifier: 'the-verifier',
    }),
  );
  assert.equal(url.pathname, '/organizations/oauth2/v2.0/authorize');
  assert.equal(
    url.searchParams.get('code_challenge'),
    createHash('sha256').update('the-verifier').digest('base64url'),
  );
  assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
  const outcome = await redeem(signIn);
  assert.ok(outcome.ok);
  assert.deepEqual(outcome.person, {
    entraTenantId: acme,
    objectId: 'a1ec0000-0000-4000-8000-000000000007',
    name: 'Alex Admin',
    wids: ['62e90394-69f5-4237-9190-012177145e10'],
  });
  const form = new URLSearchParams(seen.find(({ method }) => method === 'POST')?.body);
  assert.equal(form.get('code_verifier'), 'the-verifier');
  assert.equal(form.get('grant_type'), 'authorization_code');
});

test('the approval is asked of the tenant that was signed in to, never of common', () => {
  const { signIn } = microsoft('');
  const url = new URL(
    signIn.consentUrl({ clientId, redirectUri: 'https://p/cb', state: 's', entraTenantId: acme }),
  );
  assert.equal(url.pathname, `/${acme}/v2.0/adminconsent`);
  assert.equal(url.searchParams.get('scope'), 'https://graph.microsoft.com/.default');
});

describe('T18: wrong tokens are refused', () => {
  const without = (name: string): JWTPayload => {
    const { [name]: _, ...rest } = good();
    return rest;
  };
  const wrong: readonly (readonly [string, () => Promise<string>])[] = [
    ['signed by somebody else under our key id', () => signed(good(), attacker)],
    ['signed by a key that was never published', () => signed(good(), attacker, 'k9')],
    ['not signed at all', async () => new UnsecuredJWT(good()).encode()],
    [
      'signed with the public key as a shared secret',
      async () =>
        await new SignJWT(good())
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(Buffer.from(JSON.stringify(await exportJWK(ours.publicKey)))),
    ],
    ['for another app', () => signed({ ...good(), aud: 'b2b2b2b2-0000-4000-8000-00000000b002' })],
    ["whose issuer is another tenant's", () => signed({ ...good(), iss: `${login}/${globex}/v2.0` })],
    ['whose tid is not its issuer', () => signed({ ...good(), tid: globex })],
    ['of the v1 issuer', () => signed({ ...good(), iss: `https://sts.windows.net/${acme}/`, ver: '1.0' })],
    [
      'with the issuer of another host',
      () => signed({ ...good(), iss: `https://evil.example/${acme}/v2.0` }),
    ],
    ['with the template of an issuer', () => signed({ ...good(), iss: `${login}/{tenantid}/v2.0` })],
    ['of another sign-in: its nonce', () => signed({ ...good(), nonce: 'another-nonce' })],
    ['without a nonce', () => signed(without('nonce'))],
    ['that ended', () => signed({ ...good(), exp: seconds - 61 })],
    ['that is not valid yet', () => signed({ ...good(), nbf: seconds + 120 })],
    ['without an end', () => signed(without('exp'))],
    ['without a tenant', () => signed(without('tid'))],
    ['without an object id', () => signed(without('oid'))],
    [
      'with a tenant that is no GUID',
      () => signed({ ...good(), tid: 'common', iss: `${login}/common/v2.0` }),
    ],
    ['that is an access token for Graph', () => signed({ ...good(), aud: 'https://graph.microsoft.com' })],
    ['that is no token', async () => 'not.a.token'],
  ];
  for (const [title, make] of wrong) {
    test(`a token ${title}`, async () => {
      const { signIn } = microsoft(await make());
      const outcome = await redeem(signIn);
      assert.equal(outcome.ok, false);
      assert.equal(!outcome.ok && outcome.why, 'token', JSON.stringify(outcome));
    });
  }
});

test('a clock that differs is a minute allowed, then named with both times, and is no forged token', async () => {
  const minutesOff = async (minutes: number) => {
    const world = microsoft(await signed(good()));
    world.clock.now = now + minutes * 60_000;
    return await redeem(world.signIn);
  };
  assert.equal((await minutesOff(-1)).ok, true);
  for (const [minutes, ours] of [
    [-12, '09:48:00Z'],
    [75, '11:15:00Z'],
  ] as const) {
    const outcome = await minutesOff(minutes);
    assert.ok(!outcome.ok && outcome.why === 'token');
    assert.equal(outcome.trouble, 'clock-differs');
    assert.match(outcome.detail, new RegExp(`from 2026-05-04T10:00:00Z to .*clock says 2026-05-04T${ours}`));
  }
  const forged = microsoft(await signed(good(), attacker));
  forged.clock.now = now - 12 * 60_000;
  const outcome = await redeem(forged.signIn);
  assert.ok(!outcome.ok && outcome.why === 'token' && outcome.trouble === undefined);
});

test('keys roll without notice: an unknown one is looked for once, and not more often than once a minute', async () => {
  const world = microsoft(await signed(good(), rolled, 'k2'));
  const asks = (): number => world.seen.filter(({ url }) => url.includes('/discovery/')).length;
  assert.equal((await redeem(world.signIn)).ok, false);
  const first = asks();
  world.published.keys = [{ kid: 'k2', keys: rolled }];
  assert.equal((await redeem(world.signIn)).ok, false, 'asked a moment ago');
  assert.equal(asks(), first);
  world.clock.now += 61_000;
  assert.equal((await redeem(world.signIn)).ok, true);
  assert.equal(asks(), first + 1);
});

for (const [number, trouble] of [
  [54005, undefined],
  [7000222, 'credential-expired'],
  [53003, 'blocked-by-policy'],
] as const) {
  test(`the token leg refuses with ${number}`, async () => {
    const body = { error: 'invalid_grant', error_description: 'AADSTS', error_codes: [number] };
    const outcome = await redeem(microsoft('', { status: 400, body }).signIn);
    assert.deepEqual(outcome, {
      ok: false,
      why: 'refused',
      number,
      ...(trouble !== undefined && { trouble }),
    });
  });
}

test('silence and a busy service are no refusal', async () => {
  assert.deepEqual(await redeem(microsoft('', { down: true }).signIn), { ok: false, why: 'unavailable' });
  const busy = microsoft('', {
    status: 503,
    body: { error: 'temporarily_unavailable', error_codes: [90033] },
  });
  assert.deepEqual(await redeem(busy.signIn), { ok: false, why: 'unavailable' });
});

test('a certificate of our making is one that Node and Microsoft read, and its key signs for it', async () => {
  const made = await makeCertificate('Tandem for Acme', now, 730);
  const parsed = new X509Certificate(made.certificate);
  assert.equal(parsed.subject, 'CN=Tandem for Acme');
  assert.ok(parsed.verify(parsed.publicKey), 'signed by itself');
  assert.ok(parsed.checkPrivateKey(createPrivateKey(made.privateKey)));
  assert.equal(parsed.validToDate.getTime(), made.endsWallMs);
  assert.equal(certificateFault(made.certificate, made.privateKey, now), undefined);
  const other = await makeCertificate('Other', now, 730);
  assert.match(certificateFault(made.certificate, other.privateKey, now) ?? '', /does not belong/);
  assert.match(certificateFault('-----BEGIN NOTHING', other.privateKey, now) ?? '', /PEM/);
  assert.match(certificateFault(made.certificate, made.privateKey, made.endsWallMs) ?? '', /ended/);
});

test('a certificate that ends after 2049 carries its date in the longer form', async () => {
  const far = await makeCertificate('Far', Date.parse('2049-06-01T00:00:00Z'), 900);
  assert.equal(new X509Certificate(far.certificate).validToDate.getTime(), far.endsWallMs);
});

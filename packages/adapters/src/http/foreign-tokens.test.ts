import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import type { ApiToken } from '../postgres/token-store.ts';
import { generateToken } from '../security/token.ts';
import { createHarness } from './testing/harness.ts';
import * as world from './testing/sample-world.ts';

/**
 * The API knows its own tokens and sessions, and nobody else's: whatever Microsoft signed, however well, is nothing here (T18).
 * Each is tried at a read, a write and the stream; nothing changes, and each try is counted.
 */
const acme = 'acacacac-0000-4000-8000-000000000001';
const globex = '61061061-0000-4000-8000-000000000002';
const ourApp = 'a1a1a1a1-0000-4000-8000-00000000a001';

type Harness = Awaited<ReturnType<typeof createHarness>>;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
before(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
});

const claims = ({ clock }: Harness, change: JWTPayload = {}): JWTPayload => {
  const now = Math.floor(clock.wall() / 1000);
  return {
    aud: ourApp,
    iss: `https://login.microsoftonline.com/${acme}/v2.0`,
    tid: acme,
    oid: 'a1ec0000-0000-4000-8000-000000000007',
    preferred_username: 'admin@acme.example',
    nbf: now,
    exp: now + 3600,
    ver: '2.0',
    ...change,
  };
};
const signed = (payload: JWTPayload, kid = 'k1') =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(keys.privateKey);
const apiToken = (harness: Harness, change: Partial<ApiToken>): string => {
  const token = generateToken('api');
  harness.access.apiTokens.set(token.text, {
    id: token.prefix,
    prefix: token.prefix,
    name: 'script',
    role: 'admin',
    accountId: world.acmeId,
    scopes: [],
    createdAt: harness.clock.wall(),
    ...change,
  });
  return token.text;
};

const foreign: readonly (readonly [string, (harness: Harness) => string | Promise<string>])[] = [
  ["a person's ID token for our own app", (one) => signed(claims(one))],
  ['one of another tenant', (one) => signed(claims(one, { tid: globex, iss: `https://x/${globex}/v2.0` }))],
  ['one for another app', (one) => signed(claims(one, { aud: 'b2b2b2b2-0000-4000-8000-00000000b002' }))],
  ['an access token for Graph', (one) => signed(claims(one, { aud: 'https://graph.microsoft.com' }))],
  ['one that ended', (one) => signed(claims(one, { exp: 1 }))],
  ['one that is not valid yet', (one) => signed(claims(one, { nbf: 4_000_000_000, exp: 4_000_003_600 }))],
  ['one under a key id that nobody published', (one) => signed(claims(one), 'k9')],
  ['one without a signature', (one) => new UnsecuredJWT(claims(one)).encode()],
  [
    'one signed with the public key as a shared secret',
    async (one) =>
      await new SignJWT(claims(one))
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(Buffer.from(JSON.stringify(await exportJWK(keys.publicKey)))),
  ],
  ['an API token that was never given out', () => generateToken('api').text],
  ['an API token that ended', (one) => apiToken(one, { expiresAt: one.clock.wall() - 1 })],
  ["a session's token", () => generateToken('session').text],
  ['an API token with a letter too many', (one) => `${apiToken(one, {})}x`],
];

describe('T18: tokens of others at the door of the API', () => {
  for (const [title, make] of foreign)
    test(`${title}: 401 at every door, nothing changed, counted`, async () => {
      const harness = await createHarness();
      const headers = { authorization: `Bearer ${await make(harness)}` };
      const person = `/api/v1/people/${world.danaId}`;
      const admin = { authorization: `Bearer ${apiToken(harness, {})}` };
      const before = (await harness.ask(person, { headers: admin })).json();
      const statuses = [
        (await harness.ask('/api/v1/session', { headers })).status,
        (await harness.ask(person, { headers })).status,
        (await harness.ask(person, { method: 'PATCH', body: { teamsToggle: true }, headers })).status,
        (await harness.ask('/api/v1/events', { headers })).status,
      ];
      assert.deepEqual(statuses, [401, 401, 401, 401]);
      assert.deepEqual((await harness.ask(person, { headers: admin })).json(), before);
      const { text } = await harness.ask('/metrics');
      assert.match(text, /auth_failures_total\{reason="refused"\} 4/);
    });
});

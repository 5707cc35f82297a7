import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  type JWTVerifyGetKey,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { changeTrackingAppId, tokenFault } from './validation-tokens.ts';

const login = 'https://login.microsoftonline.com';
const clientId = 'a1a1a1a1-0000-4000-8000-00000000a001';
const acme = 'acacacac-0000-4000-8000-000000000001';
const globex = '61061061-0000-4000-8000-000000000002';
const now = Date.parse('2026-05-04T10:00:00Z');
const seconds = now / 1000;

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let attacker: Awaited<ReturnType<typeof generateKeyPair>>;
let published: JWTVerifyGetKey;
before(async () => {
  [keys, attacker] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  published = createLocalJWKSet({
    keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }],
  });
});

const good = (change: JWTPayload = {}): JWTPayload => ({
  aud: clientId,
  iss: `${login}/${acme}/v2.0`,
  azp: changeTrackingAppId,
  tid: acme,
  nbf: seconds,
  exp: seconds + 3600,
  ver: '2.0',
  ...change,
});
const signed = (payload: JWTPayload, by = keys, kid = 'k1') =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(by.privateKey);
const judge = (tokens: unknown, tenants: readonly string[] = [acme]) =>
  tokenFault(tokens, tenants, { keys: published, clientId, login, wall: () => now });

describe('T16: who may tell us presences', () => {
  test("Microsoft's change tracking service, with a token for each tenant, v2 or v1, within a minute of our clock", async () => {
    assert.equal(await judge([await signed(good())]), undefined);
    const v1 = good({ ver: '1.0', iss: `https://sts.windows.net/${acme}/`, appid: changeTrackingAppId });
    assert.equal(await judge([await signed(v1)]), undefined);
    assert.equal(await judge([await signed(good({ nbf: seconds + 59 }))]), undefined);
    assert.equal(await judge([await signed(good({ exp: seconds - 59 }))]), undefined);
    const other = good({ tid: globex, iss: `${login}/${globex}/v2.0` });
    assert.equal(await judge([await signed(good()), await signed(other)], [acme, globex]), undefined);
  });

  const refused: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['no token', () => [], /no validation tokens/],
    ['a text in place of tokens', () => 'token', /no validation tokens/],
    ['no text among them', () => [7], /no text/],
    ['more than anybody sends', () => Array.from({ length: 51 }, () => 'x'), /too many/],
    ['no JWT', () => ['not.a.token'], /refused/],
    [
      "another tenant's",
      async () => [await signed(good({ tid: globex, iss: `${login}/${globex}/v2.0` }))],
      /without/,
    ],
    ['an issuer that is not its tenant', async () => [await signed(good({ tid: globex }))], /another issuer/],
    [
      'another host as issuer',
      async () => [await signed(good({ iss: `https://evil.example/${acme}/v2.0` }))],
      /another issuer/,
    ],
    ['another app as caller', async () => [await signed(good({ azp: clientId }))], /another caller/],
    [
      'another audience',
      async () => [await signed(good({ aud: 'https://graph.microsoft.com' }))],
      /CLAIM_VALIDATION/,
    ],
    ['an end long ago', async () => [await signed(good({ exp: seconds - 61 }))], /JWT_EXPIRED/],
    [
      'no end',
      async () => [await signed({ ...good(), exp: undefined } as unknown as JWTPayload)],
      /CLAIM_VALIDATION/,
    ],
    [
      'a beginning that is not yet',
      async () => [await signed(good({ nbf: seconds + 61 }))],
      /CLAIM_VALIDATION/,
    ],
    [
      'a signature of somebody else under a known key id',
      async () => [await signed(good(), attacker)],
      /SIGNATURE/,
    ],
    [
      'a key id that was never published',
      async () => [await signed(good(), attacker, 'k9')],
      /NO_MATCHING_KEY/,
    ],
    ['no signature', () => [new UnsecuredJWT(good()).encode()], /refused/],
    [
      'the public key as a shared secret',
      async () => [
        await new SignJWT(good())
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(Buffer.from(JSON.stringify(await exportJWK(keys.publicKey)))),
      ],
      /ALG_NOT_ALLOWED/,
    ],
    [
      'one that is wrong beside a good one',
      async () => [await signed(good()), await signed(good(), attacker)],
      /SIGNATURE/,
    ],
  ];
  for (const [title, make, why] of refused)
    test(`${title}: the whole POST is nothing`, async () => {
      assert.match((await judge(await make())) ?? 'believed', why);
    });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asAccountId, asPersonId } from '@tandem/domain';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { HttpsExchange } from '../../graph/https-exchange.ts';
import { createMicrosoftSignIn } from '../../microsoft-sign-in/microsoft-sign-in.ts';
import type { PlatformUser } from '../../postgres/user-store.ts';
import { createSecretBox } from '../../security/secret-box.ts';
import { createHarness } from '../testing/harness.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMicrosoftDoor, type KnownPerson } from './microsoft-door.ts';

const login = 'https://login.microsoftonline.com';
const clientId = 'a1a1a1a1-0000-4000-8000-00000000a001';
const acmeTenant = 'acacacac-0000-4000-8000-000000000001';
const otherTenant = '61061061-0000-4000-8000-000000000002';
const danaObject = 'da4a0000-0000-4000-8000-000000000001';
const returnTo = 'https://portal.example.net/connect/callback';
const acme = asAccountId('acme');
const dana: KnownPerson = {
  accountId: acme,
  accountName: 'Acme',
  personId: asPersonId('dana'),
  name: 'Dana Doe',
};
const user = (id: string, more: Partial<PlatformUser> = {}): PlatformUser => ({
  id,
  name: `${id}@acme.example`,
  role: 'user',
  accountId: acme,
  personId: dana.personId,
  disabled: false,
  ...more,
});

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
const [ours, attacker]: readonly [Keys, Keys] = await Promise.all([
  generateKeyPair('RS256'),
  generateKeyPair('RS256'),
]);

/** Microsoft with the checks of the real sign-in; `claims` changes what its token says. */
function room(options: { readonly people?: readonly KnownPerson[]; readonly users?: PlatformUser[] } = {}) {
  const clock = createManualClock();
  const world = {
    claims: {} as JWTPayload,
    by: () => ours,
    status: 200,
    error: undefined as number | undefined,
    down: false,
    people: options.people ?? [dana],
    users: options.users ?? [user('dana')],
    made: [] as string[],
    audited: [] as string[],
    opened: [] as string[],
    scopes: [] as (string | null)[],
    nonce: '',
    redeems: 0,
  };
  const https: HttpsExchange = {
    close: () => undefined,
    async exchange(request) {
      if (world.down) throw new Error('connect refused');
      if (request.url.includes('/discovery/')) {
        const key = { ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
        return { status: 200, headers: {}, body: JSON.stringify({ keys: [key] }) };
      }
      world.redeems += 1;
      world.scopes.push(new URLSearchParams(request.body).get('scope'));
      if (world.error !== undefined) {
        const body = { error: 'invalid_grant', error_codes: [world.error] };
        return { status: 400, headers: {}, body: JSON.stringify(body) };
      }
      const seconds = Math.floor(clock.wall() / 1000);
      const claims = {
        aud: clientId,
        iss: `${login}/${acmeTenant}/v2.0`,
        iat: seconds,
        nbf: seconds,
        exp: seconds + 3600,
        nonce: world.nonce,
        tid: acmeTenant,
        oid: danaObject,
        name: 'Dana Doe',
        preferred_username: 'dana@acme.example',
        email: 'dana@acme.example',
        ver: '2.0',
        ...world.claims,
      };
      const id_token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .sign(world.by().privateKey);
      const body = { token_type: 'Bearer', id_token, access_token: 'a', expires_in: 3600 };
      return { status: 200, headers: {}, body: JSON.stringify(body) };
    },
  };
  const door = createMicrosoftDoor({
    clock,
    box: createSecretBox(new Uint8Array(32).fill(7)),
    signIn: createMicrosoftSignIn({
      endpoints: { login, graph: 'https://graph.microsoft.com' },
      twinMode: false,
      https,
      wall: () => clock.wall(),
    }),
    platformApp: { clientId, credential: async () => ({ kind: 'secret', secret: 's' }) },
    redirectUris: () => [returnTo],
    sessions: {
      async openFor(one) {
        world.opened.push(one.id);
        const principal = {
          userId: one.id,
          name: one.name,
          displayName: one.name,
          role: one.role,
          via: 'cookie',
        } as const;
        return { token: 'session', principal };
      },
    },
    peopleOf: (tid, oid) => (tid === acmeTenant ? (oid === danaObject ? world.people : []) : undefined),
    signInsOf: async () => world.users,
    async makeSignIn(person) {
      world.made.push(person.personId);
      return user('made');
    },
    async signedIn(one) {
      world.audited.push(one.id);
    },
    onProblem: () => undefined,
  });
  function begin(choice?: string) {
    const way = door.begin({ returnTo, ...(choice !== undefined && { choice }) });
    assert.ok(way.kind === 'way');
    const asked = new URL(way.url).searchParams;
    world.nonce = asked.get('nonce') ?? '';
    return { way: way.way, state: asked.get('state') ?? '', asked };
  }
  const back = (
    at: { way: string | undefined; state: string },
    more: object = { code: 'c' },
    address = '::1',
  ) => door.complete({ state: at.state, ...more }, { way: at.way, address });
  return { door, world, clock, begin, back };
}
const codeOf = (outcome: { kind: string; code?: string }): string =>
  outcome.kind === 'refused' ? (outcome.code ?? '') : outcome.kind;

test('Dana signs in with Microsoft: asked who she is and nothing else, written down, and her session is her own sign-in', async () => {
  const { world, begin, back } = room();
  const way = begin();
  assert.equal(way.asked.get('scope'), 'openid profile User.Read');
  assert.equal(way.asked.get('code_challenge_method'), 'S256');
  assert.equal(codeOf(await back(way)), 'signed-in');
  assert.deepEqual([world.opened, world.audited, world.made], [['dana'], ['dana'], []]);
  assert.deepEqual(world.scopes, ['openid profile User.Read']);
});

test('a person without a sign-in gets one that is theirs', async () => {
  const { world, begin, back } = room({ users: [] });
  assert.equal(codeOf(await back(begin())), 'signed-in');
  assert.deepEqual([world.made, world.opened], [['dana'], ['made']]);
});

describe('tokens that are not believed, and people who are not let in', () => {
  const cases: readonly (readonly [string, (world: ReturnType<typeof room>['world']) => void, string])[] = [
    [
      "another tenant's token",
      (w) => {
        w.claims = { tid: otherTenant, iss: `${login}/${otherTenant}/v2.0` };
      },
      'microsoft-user-unknown',
    ],
    [
      "another tenant's issuer",
      (w) => {
        w.claims = { iss: `${login}/${otherTenant}/v2.0` };
      },
      'token-refused',
    ],
    [
      'a tid that is not its issuer',
      (w) => {
        w.claims = { tid: otherTenant };
      },
      'token-refused',
    ],
    [
      'a wrong nonce',
      (w) => {
        w.claims = { nonce: 'of another sign-in' };
      },
      'token-refused',
    ],
    [
      'a wrong audience',
      (w) => {
        w.claims = { aud: otherTenant };
      },
      'token-refused',
    ],
    [
      'a key of somebody else',
      (w) => {
        w.by = () => attacker;
      },
      'token-refused',
    ],
    [
      'an object that nobody is linked with, with her mail and her name',
      (w) => {
        w.claims = { oid: 'eeee0000-0000-4000-8000-000000000009' };
      },
      'microsoft-user-unknown',
    ],
    [
      'her object id in another tenant',
      (w) => {
        w.claims = { tid: otherTenant, iss: `${login}/${otherTenant}/v2.0`, oid: danaObject };
      },
      'microsoft-user-unknown',
    ],
    [
      'a code that was redeemed before',
      (w) => {
        w.error = 54005;
      },
      'microsoft-refused',
    ],
    [
      'no answer from Microsoft',
      (w) => {
        w.down = true;
      },
      'microsoft-unavailable',
    ],
    [
      'a person who is disabled in Entra',
      (w) => {
        w.people = [{ ...dana, blocked: 'disabled' }];
      },
      'sign-in-blocked',
    ],
    [
      'a person who is deleted in Entra',
      (w) => {
        w.people = [{ ...dana, blocked: 'deleted' }];
      },
      'sign-in-blocked',
    ],
    [
      'a sign-in that was switched off here',
      (w) => {
        w.users = [user('dana', { disabled: true })];
      },
      'sign-in-blocked',
    ],
  ];
  for (const [title, prepare, code] of cases)
    test(`${title}: ${code}`, async () => {
      const { world, begin, back } = room();
      prepare(world);
      assert.equal(codeOf(await back(begin())), code);
      assert.deepEqual([world.opened, world.made, world.audited], [[], [], []]);
    });
});

describe('the way there and back', () => {
  test('a state comes back once, from the browser that began, within ten minutes; nothing else reaches Microsoft', async () => {
    const { world, clock, begin, back } = room();
    const [mine, theirs] = [begin(), begin()];
    assert.equal(codeOf(await back({ state: mine.state, way: undefined }, undefined, '1')), 'sign-in-over');
    assert.equal(
      codeOf(await back({ state: mine.state, way: `${mine.way}A` }, undefined, '2')),
      'sign-in-over',
    );
    assert.equal(codeOf(await back({ state: theirs.state, way: mine.way }, undefined, '3')), 'other-session');
    assert.equal(
      codeOf(await back({ state: 'portal.forged', way: mine.way }, undefined, '4')),
      'other-session',
    );
    const old = begin();
    clock.advance(600_000);
    assert.equal(codeOf(await back(old, undefined, '5')), 'sign-in-over');
    assert.equal(world.redeems, 0);
    const good = begin();
    assert.equal(codeOf(await back(good, undefined, '6')), 'signed-in');
    assert.equal(codeOf(await back(good, undefined, '7')), 'sign-in-over');
    assert.equal(world.redeems, 1);
  });

  test('only to the addresses of the portal', () => {
    const { door } = room();
    for (const there of [
      'https://evil.example/connect/callback',
      `${returnTo}/x`,
      `${returnTo}?a=b`,
      '//evil',
    ])
      assert.equal(codeOf(door.begin({ returnTo: there })), 'return-address-unknown', there);
  });

  const words: readonly (readonly [string, string | undefined, RegExp])[] = [
    ['access_denied', 'AADSTS65004: declined', /cancelled at Microsoft/],
    ['access_denied', undefined, /cancelled at Microsoft/],
    [
      'consent_required',
      'AADSTS65001: no consent',
      /Global Administrator or Privileged Role.*approves it.*AADSTS65001/,
    ],
    ['access_denied', 'AADSTS90094: admin', /Global Administrator/],
    ['access_denied', 'AADSTS53003: policy', /Conditional Access/],
    ['access_denied', 'AADSTS50105: not assigned', /assigns you/],
    ['server_error', 'AADSTS99999: something', /ended the sign-in \(AADSTS99999\)/],
  ];
  for (const [error, error_description, said] of words)
    test(`${error}, ${error_description}: said in words`, async () => {
      const { begin, back } = room();
      const outcome = await back(begin(), { error, error_description });
      assert.equal(codeOf(outcome), 'microsoft-refused');
      assert.match(JSON.stringify(outcome), said);
    });

  test('who fails five times from one address waits; who cancels does not', async () => {
    const { begin, back } = room();
    for (let i = 0; i < 8; i++) {
      const outcome = await back(begin(), { error: 'access_denied' });
      assert.equal(codeOf(outcome), 'microsoft-refused', `cancelled ${i}`);
    }
    const seen = new Set<string>();
    for (let i = 0; i < 8; i++) seen.add(codeOf(await back({ state: 'portal.x', way: undefined })));
    assert.deepEqual([...seen], ['sign-in-over', 'sign-in-throttled']);
    assert.equal(codeOf(await back(begin(), undefined, '::2')), 'signed-in', 'another address does not');
  });
});

describe('one Microsoft user, several sign-ins', () => {
  const globex: KnownPerson = {
    ...dana,
    accountId: asAccountId('globex'),
    accountName: 'Globex',
    personId: asPersonId('d2'),
  };

  test('they are offered by account and role; the one that was chosen is it; another one is not had by choosing', async () => {
    const users = [user('dana'), user('dana-admin', { role: 'admin' })];
    const { world, begin, back } = room({ users });
    const offered = await back(begin());
    assert.ok(offered.kind === 'choose');
    assert.deepEqual(
      offered.choices.map(({ id, accountName, role }) => [id, accountName, role]),
      [
        ['dana', 'Acme', 'user'],
        ['dana-admin', 'Acme', 'admin'],
      ],
    );
    assert.deepEqual(world.opened, []);
    assert.equal(codeOf(await back(begin('operator'))), 'choose');
    assert.equal(codeOf(await back(begin('dana-admin'))), 'signed-in');
    assert.deepEqual(world.opened, ['dana-admin']);
  });

  test('a person in two accounts of one tenant chooses the account', async () => {
    const { world, begin, back } = room({ people: [dana, globex], users: [] });
    const offered = await back(begin());
    assert.ok(offered.kind === 'choose');
    assert.deepEqual(
      offered.choices.map(({ accountName }) => accountName),
      ['Acme', 'Globex'],
    );
    assert.equal(codeOf(await back(begin(globex.personId))), 'signed-in');
    assert.deepEqual(world.made, ['d2']);
  });
});

test('by HTTP: the cookie of the way goes with the return, a session comes of it, and the way is forgotten', async () => {
  const { ask, server } = await createHarness();
  const begun = await ask('/api/v1/session/microsoft', { method: 'POST', body: { returnTo } });
  assert.equal(begun.status, 201, begun.text);
  const way = String(begun.headers['set-cookie']);
  assert.match(way, /-way=[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax/);
  const state = new URL(String(begun.json().url)).searchParams.get('state');
  const complete = (headers: Record<string, string>) =>
    ask('/api/v1/session/microsoft/return', { method: 'POST', body: { state, code: 'c' }, headers });
  assert.equal((await complete({})).json().code, 'sign-in-over');
  const cookie = way.split(';')[0] ?? '';
  assert.equal((await complete({ cookie, origin: 'https://evil.example' })).status, 403);
  const done = await complete({ cookie });
  assert.equal(done.status, 201, done.text);
  const set = ([] as string[]).concat(done.headers['set-cookie'] as string[]);
  assert.match(set.find((one) => one.includes('-way=')) ?? '', /-way=;/);
  const session = set.find((one) => !one.includes('-way='))?.split(';')[0] ?? '';
  const who = await ask('/api/v1/session', { headers: { cookie: session } });
  assert.equal(who.json().name, 'dana@acme.example');
  await server.close();
});

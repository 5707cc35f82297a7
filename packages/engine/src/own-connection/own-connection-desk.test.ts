import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asAccountId, asPersonId, asSignInId, type Person } from '@tandem/domain';
import type { SignInAttempt } from '../ports/connection-store.ts';
import type { MicrosoftPerson, Redeemed } from '../ports/microsoft-connection.ts';
import type { PersonTokens } from '../ports/own-sign-ins.ts';
import { type LinkedUser, type OwnAsker, OwnConnectionDesk } from './own-connection-desk.ts';
import { SecretText } from './secret-text.ts';
import { SignInKeeper } from './sign-in-keeper.ts';
import { TestSignInStore } from './test-sign-in-store.ts';

const acme = asAccountId('acme');
const acmeTenant = 'acacacac-0000-4000-8000-000000000001';
const globexTenant = '61061061-0000-4000-8000-000000000002';
const danaObject = 'dadadada-0000-4000-8000-000000000142';
const callback = 'https://portal.example.net/connect/callback';
const person = (name: string, change: Partial<Person> = {}): Person => ({
  id: asPersonId(name),
  accountId: acme,
  displayName: `${name[0]?.toUpperCase()}${name.slice(1)} Doe`,
  upn: `${name}@acme.example`,
  numbers: [],
  active: true,
  teamsToggle: true,
  platformLicence: true,
  ...change,
});
const dana = person('dana');
const asDana: OwnAsker = {
  kind: 'user',
  name: 'dana@acme.example',
  role: 'user',
  session: 'danas session',
  personId: dana.id,
  setsUp: () => false,
};
const asAdmin: OwnAsker = {
  kind: 'user',
  name: 'admin@acme.example',
  role: 'admin',
  session: 'admins session',
  setsUp: (accountId) => accountId === acme,
};
const danaAtMicrosoft: MicrosoftPerson = {
  entraTenantId: acmeTenant,
  objectId: danaObject,
  name: 'Dana Doe',
};
const granted = (scopes: readonly string[]): PersonTokens => ({
  accessToken: new SecretText('access'),
  refreshToken: new SecretText('refresh'),
  expiresInSeconds: 3600,
  scopes,
});
const ownScopes = ['Presence.Read', 'Presence.ReadWrite', 'User.Read'];

function room(
  options: { linked?: LinkedUser; tenants?: readonly string[]; upn?: string; mail?: string } = {},
) {
  const store = new TestSignInStore();
  const attempts = new Map<string, SignInAttempt>();
  const world = {
    wall: 1_000_000,
    redeemed: { ok: true, person: danaAtMicrosoft, tokens: granted(ownScopes) } as Redeemed,
    redeems: 0,
    withdrawn: [] as string[],
    holders: new Map<string, Person['id']>(),
    people: new Map([dana, person('bo')].map((one) => [one.id, one])),
  };
  const clock = { now: () => world.wall, wall: () => world.wall, after: () => () => undefined };
  const keeper = new SignInKeeper({
    store,
    service: { refresh: async () => ({ is: 'later' }) },
    credential: async () => ({ kind: 'secret', secret: 'ours' }),
    mailer: { send: async () => undefined },
    audit: { note: async () => undefined },
    clock,
    accountName: () => 'Acme',
    person: (id) => world.people.get(id),
    portal: 'https://portal.example.net',
    onChange: () => undefined,
    onProblem: () => undefined,
  });
  let made = 0;
  const desk = new OwnConnectionDesk({
    keeper,
    clock,
    attempts: {
      open: async (state, attempt) => void attempts.set(state, attempt),
      async take(state, now) {
        const found = attempts.get(state);
        attempts.delete(state);
        return found && found.endsWallMs > now ? found : undefined;
      },
    },
    signIn: {
      authorizeUrl: ({ state, scopes, loginHint }) =>
        `https://login/?${state}&${scopes?.join('+')}&${loginHint}`,
      consentUrl: () => '',
      async redeem() {
        world.redeems++;
        return world.redeemed;
      },
    },
    platformApp: { clientId: 'app', credential: async () => ({ kind: 'secret', secret: 'ours' }) },
    account: () => ({ status: 'active' }),
    person: (id) => world.people.get(id),
    linked: () => options.linked,
    tenantsOf: () => options.tenants ?? [acmeTenant],
    holderOf: (objectId) => world.holders.get(objectId),
    profile: async () => ({
      objectId: danaObject,
      upn: options.upn ?? dana.upn,
      ...(options.mail !== undefined && { mail: options.mail }),
    }),
    withdraw: async ({ id }) => {
      assert.ok(keeper.find(id), 'what was set is taken back while there is a token for it');
      world.withdrawn.push(id);
    },
    redirectUris: () => [callback],
    newId: () => asSignInId(`sign-in-${++made}`),
    secretText: () => `secret-${++made}`,
    onProblem: () => undefined,
  });
  const begin = async (by = asDana): Promise<string> => {
    const way = await desk.begin(dana, { returnTo: callback }, by);
    assert.ok(way.ok, JSON.stringify(way));
    return way.value.url;
  };
  const stateOf = (url: string): string => url.slice('https://login/?'.length).split('&')[0] ?? '';
  return { desk, keeper, store, attempts, world, begin, stateOf };
}
const linked: LinkedUser = { entraTenantId: acmeTenant, objectId: danaObject, shown: 'dana@acme.example' };
const codeOf = (outcome: { ok: boolean; code?: string }): string =>
  outcome.ok ? 'ok' : (outcome.code ?? '');

test('Dana connects her own account: asked for what presence needs and no more, kept with what she agreed to', async () => {
  const { desk, keeper, begin, stateOf } = room({ linked });
  const url = await begin();
  assert.match(
    url,
    /openid\+profile\+email\+offline_access\+User\.Read\+Presence\.Read\+Presence\.ReadWrite&dana@/,
  );
  const outcome = await desk.complete({ state: stateOf(url), code: 'c' }, asDana);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  const kept = keeper.ofPerson(dana.id);
  assert.equal(kept?.life.state, 'CONNECTED');
  assert.deepEqual(kept?.scopes, ownScopes);
});

describe('T18: the way is bound to who began it', () => {
  const wrong: readonly (readonly [string, OwnAsker])[] = [
    ['another session of the same user', { ...asDana, session: 'another' }],
    ['another user', { ...asDana, session: 'bos session', personId: asPersonId('bo') }],
    ['an administrator', asAdmin],
    ['the same session as another person', { ...asDana, personId: asPersonId('bo') }],
  ];
  for (const [who, by] of wrong)
    test(`the return comes from ${who}: refused, and the code is not even redeemed`, async () => {
      const { desk, world, begin, stateOf, keeper } = room({ linked });
      const state = stateOf(await begin());
      assert.equal(codeOf(await desk.complete({ state, code: 'c' }, by)), 'other-session');
      assert.equal(world.redeems, 0);
      assert.equal(
        codeOf(await desk.complete({ state, code: 'c' }, asDana)),
        'sign-in-over',
        'a state is used up',
      );
      assert.deepEqual(keeper.list(), []);
    });

  test('nobody begins it for somebody else, nor after the way has ended, nor towards another address', async () => {
    const { desk, world, begin, stateOf } = room({ linked });
    for (const by of [asAdmin, { ...asDana, personId: asPersonId('bo') }])
      assert.equal(codeOf(await desk.begin(dana, { returnTo: callback }, by)), 'not-found');
    const elsewhere = await desk.begin(dana, { returnTo: 'https://evil.example/' }, asDana);
    assert.equal(codeOf(elsewhere), 'return-address-unknown');
    const state = stateOf(await begin());
    world.wall += 11 * 60_000;
    assert.equal(codeOf(await desk.complete({ state, code: 'c' }, asDana)), 'sign-in-over');
  });

  test('a way that binds a tenant is not taken for one that keeps a sign-in', async () => {
    const { desk, attempts, world } = room({ linked });
    attempts.set('t', { purpose: 'sign-in', boundTo: asDana.session, endsWallMs: 9e12 } as SignInAttempt);
    assert.equal(codeOf(await desk.complete({ state: 't', code: 'c' }, asDana)), 'sign-in-over');
    assert.equal(world.redeems, 0);
  });
});

describe('the token must be the person’s own', () => {
  test('she signs in as somebody else of her organisation: refused, naming both', async () => {
    const { desk, world, begin, stateOf, keeper } = room({ linked });
    world.redeemed = {
      ok: true,
      person: { ...danaAtMicrosoft, objectId: 'b0b0b0b0-0000-4000-8000-000000000001', name: 'Bo Barnes' },
      tokens: granted(ownScopes),
    };
    const outcome = await desk.complete({ state: stateOf(await begin()), code: 'c' }, asDana);
    assert.equal(codeOf(outcome), 'other-person');
    assert.match(JSON.stringify(outcome), /as Bo Barnes, but Dana Doe is linked with dana@acme\.example/);
    assert.deepEqual(keeper.list(), []);
  });

  test('T20: the same object id of another tenant is somebody else', async () => {
    const { desk, world, begin, stateOf } = room({ linked });
    world.redeemed = {
      ok: true,
      person: { ...danaAtMicrosoft, entraTenantId: globexTenant },
      tokens: granted(ownScopes),
    };
    assert.equal(
      codeOf(await desk.complete({ state: stateOf(await begin()), code: 'c' }, asDana)),
      'other-person',
    );
  });

  const unlinked: readonly (readonly [string, Parameters<typeof room>[0], string])[] = [
    ['no tenant is known, her name there is her name here', { tenants: [] }, 'ok'],
    [
      'no tenant is known, and only the mail is hers, which nobody proves',
      { tenants: [], upn: 'x@evil.example', mail: dana.upn },
      'other-person',
    ],
    ['her account has another tenant', { tenants: [globexTenant] }, 'other-person'],
    ['a tenant of her account, the mail is hers', { upn: 'd.doe@acme.example', mail: dana.upn }, 'ok'],
    ['a tenant of her account, nothing is hers', { upn: 'x@acme.example' }, 'other-person'],
  ];
  for (const [title, options, code] of unlinked)
    test(`nobody has linked her yet: ${title}: ${code}`, async () => {
      const { desk, begin, stateOf } = room(options);
      assert.equal(codeOf(await desk.complete({ state: stateOf(await begin()), code: 'c' }, asDana)), code);
    });

  test('the Microsoft user is linked with Bo: refused, naming both', async () => {
    const { desk, world, begin, stateOf } = room({ tenants: [] });
    world.holders.set(danaObject, asPersonId('bo'));
    const outcome = await desk.complete({ state: stateOf(await begin()), code: 'c' }, asDana);
    assert.equal(codeOf(outcome), 'link-taken');
    assert.match(JSON.stringify(outcome), /Bo Doe.*Dana Doe/);
  });

  test('less was agreed to than is needed, or nothing that could be kept: nothing is kept', async () => {
    const { desk, world, begin, stateOf, keeper } = room({ linked });
    world.redeemed = { ok: true, person: danaAtMicrosoft, tokens: granted(['Presence.Read']) };
    const less = await desk.complete({ state: stateOf(await begin()), code: 'c' }, asDana);
    assert.match(JSON.stringify(less), /Presence\.ReadWrite/);
    const { refreshToken: _, ...once } = granted(ownScopes);
    world.redeemed = { ok: true, person: danaAtMicrosoft, tokens: once };
    assert.equal(
      codeOf(await desk.complete({ state: stateOf(await begin()), code: 'c' }, asDana)),
      'microsoft-refused',
    );
    assert.deepEqual(keeper.list(), []);
  });
});

describe('what Microsoft says on the way back', () => {
  const words: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ error: 'access_denied', error_description: 'AADSTS65004: declined' }, /cancelled/],
    [
      { error: 'interaction_required', error_description: 'AADSTS53003: blocked' },
      /Conditional Access.*AADSTS53003/,
    ],
    [{ error: 'server_error' }, /ended the sign-in\. Nothing/],
  ];
  for (const [back, expected] of words)
    test(`${back.error}: said in words, nothing changed`, async () => {
      const { desk, begin, stateOf, world } = room({ linked });
      const outcome = await desk.complete({ state: stateOf(await begin()), ...back }, asDana);
      assert.match(JSON.stringify(outcome), expected);
      assert.equal(world.redeems, 0);
    });
});

test('switched off by the administrator: not begun; disconnected: taken back first, then forgotten', async () => {
  const { desk, keeper, begin, stateOf, world, store } = room({ linked });
  await desk.complete({ state: stateOf(await begin()), code: 'c' }, asDana);
  const kept = keeper.ofPerson(dana.id);
  assert.ok(kept);
  assert.ok((await desk.disconnect(kept.id, asDana)).ok);
  assert.deepEqual(world.withdrawn, [kept.id]);
  assert.equal(store.tokens.size, 0);
  await keeper.change(acme, { ownConnections: 'off', accelerate: false });
  assert.equal(codeOf(await desk.begin(dana, { returnTo: callback }, asDana)), 'wrong-state');
});

test('an accelerator is begun by who sets presence up, of a tenant of the account, and asks for Presence.Read.All alone', async () => {
  const { desk, keeper, world, stateOf } = room({ linked });
  assert.equal(codeOf(await desk.beginAccelerator(acme, callback, asDana)), 'not-found');
  const begin = async (): Promise<string> => {
    const way = await desk.beginAccelerator(acme, callback, asAdmin);
    assert.ok(way.ok);
    assert.match(way.value.url, /User\.Read\+Presence\.Read\.All&/);
    return stateOf(way.value.url);
  };
  const all = granted(['Presence.Read.All']);
  world.redeemed = { ok: true, person: { ...danaAtMicrosoft, entraTenantId: globexTenant }, tokens: all };
  assert.equal(codeOf(await desk.complete({ state: await begin(), code: 'c' }, asAdmin)), 'other-person');
  world.redeemed = { ok: true, person: danaAtMicrosoft, tokens: all };
  for (let i = 0; i < 2; i++)
    assert.equal(codeOf(await desk.complete({ state: await begin(), code: 'c' }, asAdmin)), 'ok');
  assert.equal(keeper.acceleratorsOf(acme).length, 1, 'the same user again is the same sign-in');
  const role = { ...asAdmin, setsUp: () => false };
  assert.equal(codeOf(await desk.complete({ state: await begin(), code: 'c' }, role)), 'other-session');
});

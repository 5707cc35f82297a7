import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { asAccountId, asPersonId, asSignInId } from '@tandem/domain';
import type { AuditEntry } from '../ports/audit.ts';
import type { Mail } from '../ports/mailer.ts';
import type { PersonTokens, RefreshOutcome, StoredSignIn } from '../ports/own-sign-ins.ts';
import { SecretText } from './secret-text.ts';
import { signInEvents, signInMachine, signInStates, stepSignInState } from './sign-in.machine.ts';
import { SignInKeeper } from './sign-in-keeper.ts';
import { signInTroubleOf, signInTroubles, signInTroubleTable } from './sign-in-trouble.ts';
import { TestSignInStore } from './test-sign-in-store.ts';

const minute = 60_000;
const start = Date.parse('2026-03-01T00:00:00Z');
const acme = asAccountId('acme');
const dana = asPersonId('dana');
const id = asSignInId('s1');
const by = { kind: 'user', name: 'dana@acme.example' } as const;

const tokens = (n: number, scopes = ['Presence.Read', 'Presence.ReadWrite']): PersonTokens => ({
  accessToken: new SecretText(`access-${n}`),
  refreshToken: new SecretText(`refresh-${n}`),
  expiresInSeconds: 3_600,
  scopes,
});
const danas: Omit<StoredSignIn, 'life'> = {
  id,
  accountId: acme,
  use: 'own',
  personId: dana,
  entraTenantId: 'acacacac-0000-4000-8000-000000000001',
  objectId: 'dadadada-0000-4000-8000-000000000142',
  name: 'Dana Doe',
  clientId: 'a1a1a1a1-0000-4000-8000-00000000a001',
  scopes: ['Presence.Read', 'Presence.ReadWrite'],
  createdWallMs: start,
};

/** Virtual time; the sign-in service gives what the test wants, by default a new token for the newest one only. */
async function world() {
  const store = new TestSignInStore();
  const mails: Mail[] = [];
  const audit: AuditEntry[] = [];
  const problems: string[] = [];
  const asked: string[] = [];
  let now = start;
  let made = 1;
  let changes = 0;
  let answer: ((token: string) => RefreshOutcome | Promise<RefreshOutcome>) | undefined;
  const make = () =>
    new SignInKeeper({
      store,
      service: {
        async refresh({ refreshToken }) {
          asked.push(refreshToken.reveal());
          if (answer) return await answer(refreshToken.reveal());
          return { is: 'tokens', tokens: tokens(++made) };
        },
      },
      credential: async () => ({ kind: 'secret', secret: 'ours' }),
      mailer: { send: async (mail) => void mails.push(mail) },
      audit: { note: async (entry) => void audit.push(entry) },
      clock: { now: () => now - start, wall: () => now, after: () => () => undefined },
      accountName: () => 'Acme Inc.',
      person: () => ({ displayName: 'Dana Doe', upn: 'dana@acme.example' }),
      portal: 'https://portal.example.net',
      onChange: () => changes++,
      onProblem: (what) => problems.push(what),
    });
  const keeper = make();
  await keeper.load();
  await keeper.put(danas, tokens(1), by);
  return {
    keeper,
    make,
    store,
    mails,
    audit,
    problems,
    asked,
    answers: (next: typeof answer) => {
      answer = next;
    },
    get changes() {
      return changes;
    },
    async pass(ms: number) {
      const end = now + ms;
      while (now < end) {
        now = Math.min(end, now + 5_000);
        await keeper.tick();
      }
    },
  };
}
const state = (keeper: SignInKeeper) => keeper.find(id)?.life;

test('every state answers every event as the table says, and REMOVED is left by a new sign-in alone', () => {
  for (const state of signInStates)
    for (const event of signInEvents) {
      const listed = (signInMachine[state] as Record<string, readonly string[]>)[event];
      assert.deepEqual(stepSignInState(state, event), listed);
      if (listed) assert.ok((signInStates as readonly string[]).includes(listed[0] ?? ''));
    }
  assert.deepEqual(Object.keys(signInMachine.REMOVED), ['signedIn']);
});

test('no number of Microsoft means two troubles', () => {
  const all = signInTroubles.flatMap((trouble) => signInTroubleTable[trouble].numbers);
  assert.equal(new Set(all).size, all.length);
  assert.equal(signInTroubleOf(50173), 'password-changed');
  assert.equal(signInTroubleOf(7000215), undefined, 'our own secret is nobody’s interruption');
});

test('T18, T27: a token shows itself in no log, no JSON and no text', () => {
  const token = new SecretText('eyJ0-secret');
  for (const shown of [`${token}`, JSON.stringify({ token }), inspect({ deep: { token } }, { depth: 9 })])
    assert.doesNotMatch(shown, /eyJ0/);
  assert.equal(token.reveal(), 'eyJ0-secret');
});

test('the token at hand serves until it is old; each renewal replaces the refresh token in the store', async () => {
  const { keeper, store, asked, pass } = await world();
  const first = await keeper.accessToken(id);
  assert.equal(first.ok && first.token.reveal(), 'access-1');
  assert.deepEqual(asked, []);
  await pass(11 * minute);
  assert.deepEqual(asked, ['refresh-1']);
  const second = await keeper.accessToken(id);
  assert.equal(second.ok && second.token.reveal(), 'access-2');
  assert.equal(store.tokens.get(id)?.reveal(), 'refresh-2');
  await pass(10 * minute);
  assert.deepEqual(asked, ['refresh-1', 'refresh-2']);
});

test('many who need a token at one moment cause one request', async () => {
  const { keeper, asked } = await world();
  await Promise.all(Array.from({ length: 20 }, () => keeper.accessToken(id, true)));
  assert.equal(asked.length, 1);
});

test('the store is away while a token is replaced: the new one is used meanwhile, and stored when it is back', async () => {
  const { keeper, store, asked, pass } = await world();
  store.away = true;
  // The old token must be read first: without the store nothing can be renewed, and what is at hand goes on.
  const kept = await keeper.accessToken(id);
  assert.ok(kept.ok);
  await pass(11 * minute);
  assert.deepEqual(asked, []);
  assert.equal(state(keeper)?.state, 'CONNECTED');
  store.away = false;
  const rotate = store.rotate;
  store.rotate = async () => {
    throw new Error('the database is away');
  };
  await pass(2 * minute);
  assert.deepEqual(asked, ['refresh-1']);
  assert.equal(store.tokens.get(id)?.reveal(), 'refresh-1');
  await pass(11 * minute);
  assert.deepEqual(asked, ['refresh-1', 'refresh-2'], 'never the used one again');
  store.rotate = rotate;
  await pass(5_000);
  assert.equal(store.tokens.get(id)?.reveal(), 'refresh-3');
});

describe('interruption', () => {
  test('the password is changed: told once with the reason, tokens are worth nothing here, and nobody asks again', async () => {
    const { keeper, mails, audit, asked, answers, pass, store } = await world();
    answers(() => ({ is: 'refused', trouble: 'password-changed' }));
    await pass(11 * minute);
    assert.equal(state(keeper)?.state, 'INTERRUPTED');
    assert.equal(state(keeper)?.reason, 'password-changed');
    assert.deepEqual(await keeper.accessToken(id), { ok: false, why: 'interrupted' });
    await pass(3 * 60 * minute);
    assert.equal(asked.length, 1);
    assert.equal(mails.length, 1);
    assert.deepEqual(mails[0]?.to, ['dana@acme.example']);
    assert.match(mails[0]?.text ?? '', /password was changed.*\n\nWhat to do: Sign in at Microsoft again\./);
    assert.doesNotMatch(mails[0]?.text ?? '', /refresh-|access-/);
    assert.equal(store.rows.get(id)?.life.state, 'INTERRUPTED');
    assert.deepEqual(
      audit.map(({ action }) => action),
      ['own-connection.sign-in', 'own-connection.interrupted'],
    );
    assert.doesNotMatch(JSON.stringify(audit), /refresh-|access-/);
  });

  test('signing in again goes on in the same place: same id, no second mail, and the next interruption is a new one', async () => {
    const { keeper, mails, answers, pass, store } = await world();
    answers(() => ({ is: 'refused', trouble: 'password-changed' }));
    await pass(11 * minute);
    answers(undefined);
    await keeper.put({ ...danas, createdWallMs: start + 11 * minute }, tokens(50), by);
    assert.equal(state(keeper)?.state, 'CONNECTED');
    assert.equal(state(keeper)?.reason, undefined);
    assert.equal(store.rows.size, 1);
    assert.equal(mails.length, 1);
    answers(() => ({ is: 'refused', trouble: 'token-ended' }));
    await pass(11 * minute);
    assert.equal(mails.length, 2);
    assert.notEqual(mails[0]?.key, mails[1]?.key);
  });

  test('the consent is withdrawn and given back: found by asking now and then, and it goes on by itself', async () => {
    const { keeper, mails, answers, pass } = await world();
    answers(() => ({ is: 'refused', trouble: 'consent-withdrawn' }));
    await pass(11 * minute);
    assert.equal(state(keeper)?.state, 'INTERRUPTED');
    answers(undefined);
    await pass(2 * minute);
    assert.equal(state(keeper)?.state, 'CONNECTED');
    assert.equal(mails.length, 1);
  });

  test('a token that came without a permission that is needed is a withdrawn consent', async () => {
    const { keeper, answers } = await world();
    answers(() => ({ is: 'tokens', tokens: tokens(9, ['Presence.Read']) }));
    assert.deepEqual(await keeper.accessToken(id, true), { ok: false, why: 'interrupted' });
    assert.equal(state(keeper)?.reason, 'consent-withdrawn');
  });

  test('Graph refuses twice running: lost; once, or with an answer between, is nothing', async () => {
    const { keeper } = await world();
    keeper.heard(id, 403);
    keeper.heard(id, 200);
    keeper.heard(id, 403);
    keeper.heard(id, 503);
    assert.equal(state(keeper)?.state, 'CONNECTED');
    keeper.heard(id, 401);
    assert.equal(state(keeper)?.reason, 'access-denied');
  });

  for (const [name, outcome] of [
    ['does not answer', { is: 'later' }],
    ['refuses our own secret', { is: 'ours', detail: 'invalid_client AADSTS7000215' }],
  ] as const)
    test(`the sign-in service ${name}: nobody is told to sign in, and the token at hand goes on to its end`, async () => {
      const { keeper, mails, answers, pass, problems } = await world();
      answers(() => outcome);
      await pass(50 * minute);
      assert.ok((await keeper.accessToken(id)).ok);
      await pass(20 * minute);
      assert.deepEqual(await keeper.accessToken(id), { ok: false, why: 'later' });
      assert.equal(state(keeper)?.state, 'CONNECTED');
      assert.equal(mails.length, 0);
      assert.equal(problems.length > 0, outcome.is === 'ours');
      answers(undefined);
      await pass(2 * minute);
      assert.ok((await keeper.accessToken(id)).ok);
    });

  test('a token sealed under another master key is lost: told, not tried for ever', async () => {
    const { keeper, store, asked, pass, mails } = await world();
    store.tokens.clear();
    await pass(60 * minute);
    assert.equal(state(keeper)?.reason, 'token-ended');
    assert.deepEqual(asked, []);
    assert.equal(mails.length, 1);
  });
});

test('disconnected while a renewal is on its way: its answer brings nothing back', async () => {
  const { keeper, store, answers } = await world();
  let give: (outcome: RefreshOutcome) => void = () => undefined;
  answers(() => new Promise((resolve) => (give = resolve)));
  const asking = keeper.accessToken(id, true);
  await new Promise((resolve) => setImmediate(resolve));
  await keeper.remove(id, by);
  give({ is: 'tokens', tokens: tokens(7) });
  assert.equal((await asking).ok, false);
  assert.equal(store.tokens.size, 0);
  assert.equal(keeper.ofPerson(dana), undefined);
});

test('a restart reads what was kept and goes on; who left is forgotten', async () => {
  const { make, keeper, pass } = await world();
  await pass(11 * minute);
  const next = make();
  await next.load();
  const token = await next.accessToken(id);
  assert.ok(token.ok);
  assert.deepEqual(next.ofPerson(dana)?.id, id);
  keeper.keepOnly(({ personId }) => personId !== dana);
  assert.deepEqual(keeper.list(), []);
});

test('without the database at the start the sign-ins come as soon as it is there', async () => {
  const { make, store } = await world();
  store.away = true;
  const next = make();
  await next.tick();
  assert.deepEqual(next.list(), []);
  store.away = false;
  await next.tick();
  assert.equal(next.list().length, 1);
});

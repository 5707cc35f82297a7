import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createHarness, type Visitor } from '../testing/harness.ts';
import { danasMessageId, sampleGreeting } from '../testing/memory-voicemail.ts';
import * as world from '../testing/sample-world.ts';

let harness: Awaited<ReturnType<typeof createHarness>>;
let dana: Visitor;
let admin: Visitor;
before(async () => {
  harness = await createHarness();
  dana = await harness.visitor('dana@acme.example');
  admin = await harness.visitor('admin@acme.example');
});
after(() => harness.server.close());

const mine = `/api/v1/people/${world.danaId}/voicemail`;
const settings = `/api/v1/people/${world.danaId}/voicemail-settings`;
const account = `/api/v1/accounts/${world.acmeId}/voicemail`;

test('Dana lists her messages in pages: who of ours left one is a card with how they are now', async () => {
  const first = (await dana.ask(`${mine}?limit=2`)).json();
  const items = first.items as { from: string; callerName: string; card?: Record<string, unknown> }[];
  assert.equal(items.length, 2);
  assert.equal(items[0]?.card?.displayName, 'Bo Larsen');
  assert.equal(items[1]?.card, undefined);
  assert.equal(items[1]?.callerName, 'Pat Example');
  const second = (await dana.ask(`${mine}?limit=2&cursor=${first.nextCursor}`)).json();
  assert.deepEqual(
    (second.items as { from: string }[]).map(({ from }) => from),
    ['anonymous'],
  );
  assert.equal(second.nextCursor, undefined);
});

test('what was said is a WAV file, whole or in parts, and kept by nobody in between', async () => {
  const whole = await dana.ask(`${mine}/${danasMessageId}/sound`);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers['content-type'], 'audio/wav');
  assert.equal(whole.headers['cache-control'], 'no-store');
  assert.match(whole.text, /^RIFF/);
  const part = await dana.ask(`${mine}/${danasMessageId}/sound`, { headers: { range: 'bytes=0-3' } });
  assert.deepEqual([part.status, part.text, part.headers['content-range']], [206, 'RIFF', 'bytes 0-3/32044']);
  assert.equal((await dana.ask(`${mine}/no-such/sound`)).status, 404);
});

test('heard, not heard, deleted: the counts follow, and a second time there is nothing', async () => {
  const unheard = async () => (await dana.ask(settings)).json().unheard;
  assert.equal(await unheard(), 2);
  const heard = await dana.ask(`${mine}/${danasMessageId}`, { method: 'PATCH', body: { heard: true } });
  assert.match(String(heard.json().heardAt), /^2026-/);
  assert.equal(await unheard(), 1);
  await dana.ask(`${mine}/${danasMessageId}`, { method: 'PATCH', body: { heard: false } });
  assert.equal(await unheard(), 2);
  const second = `${mine}/${danasMessageId.slice(0, -1)}2`;
  assert.equal((await dana.ask(second, { method: 'DELETE' })).status, 204);
  assert.equal((await dana.ask(second, { method: 'DELETE' })).status, 404);
});

test('an administrator sees how many, and neither lists, hears nor deletes', async () => {
  assert.equal((await admin.ask(account)).json().messages, 2);
  assert.equal((await admin.ask(settings)).json().messages, 2);
  for (const [path, method] of [
    [mine, 'GET'],
    [`${mine}/${danasMessageId}/sound`, 'GET'],
    [`${mine}/${danasMessageId}`, 'DELETE'],
  ] as const)
    assert.equal((await admin.ask(path, { method })).status, 403);
});

test('one owner: the person’s choice before the account’s, and taken back', async () => {
  const owner = async () => {
    const { owner, chosen, ofAccount } = (await dana.ask(settings)).json();
    return [owner, chosen, ofAccount];
  };
  assert.deepEqual(await owner(), ['platform', undefined, 'platform']);
  await dana.ask(settings, { method: 'PATCH', body: { owner: 'teams' } });
  assert.deepEqual(await owner(), ['teams', 'teams', 'platform']);
  await admin.ask(settings, { method: 'PATCH', body: { owner: null } });
  assert.deepEqual(await owner(), ['platform', undefined, 'platform']);
  const changed = await admin.ask(account, { method: 'PATCH', body: { owner: 'teams', maxSeconds: 60 } });
  assert.deepEqual([changed.json().owner, changed.json().maxSeconds], ['teams', 60]);
  await admin.ask(account, { method: 'PATCH', body: { owner: 'platform' } });
  assert.equal((await admin.ask(account, { method: 'PATCH', body: { maxSeconds: 5 } })).status, 400);
});

test('a greeting is judged before it is kept, and the refusal says what is wanted', async () => {
  const path = `/api/v1/people/${world.danaId}/voicemail-greeting`;
  const put = (wav: string) => dana.ask(path, { method: 'PUT', body: { wav } });
  const refused = await put(Buffer.from('hello').toString('base64'));
  assert.equal(refused.status, 400);
  assert.match(refused.text, /not a RIFF\/WAVE file; wanted is a WAV file, 8 kHz, mono/);
  assert.equal((await put('no base64!')).status, 400);
  assert.equal((await put('A'.repeat(1_600_000))).status, 413);
  assert.equal((await put(sampleGreeting)).json().greetingMs, 1_000);
  assert.equal((await dana.ask(path, { method: 'DELETE' })).status, 204);
  assert.equal((await dana.ask(settings)).json().greetingMs, undefined);
});

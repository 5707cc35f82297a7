import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeG711, dominantFrequency, type RelayEvent } from '@tandem/media';
import { MediaClient } from './media-client.ts';
import { freshKeys, Party, type RunningMedia, startMedia, until } from './media-process.fixture.ts';

/** A caller is recorded by a real media process. */

const codecs = { pcma: 8, telephoneEvent: 101, send: 'pcma' } as const;
let media: RunningMedia;
let client: MediaClient;
const events: RelayEvent[] = [];
const folder = mkdtempSync(join(tmpdir(), 'recording-'));
const running: (() => unknown)[] = [];

before(async () => {
  media = await startMedia({ firstPort: 25_200, lastPort: 25_229 });
  client = new MediaClient({ socketPath: media.socketPath, onEvent: (event) => events.push(event) });
  assert.equal(await client.ready(10_000), true);
});
after(async () => {
  for (const stop of running) stop();
  client?.close();
  await media?.stop();
  rmSync(folder, { recursive: true });
});

/** Somebody who speaks at 440 Hz, encrypted, ten times as fast as people do. */
async function caller(session: string): Promise<Party> {
  const { ours, theirs } = freshKeys();
  const party = await Party.open({ codecs, srtp: theirs });
  running.push(() => party.close());
  const a = { remote: { ...party.remote, mux: true }, srtp: ours, codecs };
  const outcome = await client.allocate({ session, a });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  party.target = outcome.value.a;
  party.talk(440);
  return party;
}
const record = (session: string, path: string, maxMs = 60_000) =>
  client.request({ kind: 'record', session, leg: 'a', recordId: 'r', path, maxMs });
const heardIn = (path: string): number =>
  Math.round(dominantFrequency(decodeG711('pcmu', readFileSync(path)), 8000) ?? 0);

test('the caller’s tone is in the file, which is whole when the recording has ended and the owner’s alone', async () => {
  await caller('whole');
  const path = join(folder, 'whole');
  assert.deepEqual(await record('whole', path), { ok: true, value: { recordId: 'r' } });
  await until('two seconds were said', () => statSync(path).size > 8_000);
  const ended = await client.request({ kind: 'stop-recording', session: 'whole', leg: 'a' });
  assert.ok(ended.ok);
  assert.equal(statSync(path).size, ended.value.samples);
  assert.equal(heardIn(path), 440);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const again = await client.request({ kind: 'stop-recording', session: 'whole', leg: 'a' });
  assert.equal(again.ok ? '' : again.detail, 'nothing is recorded');
  await client.release('whole');
});

test('a session that is released in mid-recording leaves what was said in the file', async () => {
  await caller('released');
  const path = join(folder, 'released');
  assert.ok((await record('released', path)).ok);
  const heard = async (): Promise<number> => {
    const report = await client.query('released');
    return report.ok ? report.value.a.counters.packetsReceived : 0;
  };
  const before = await heard();
  while ((await heard()) < before + 20) await new Promise((done) => setTimeout(done, 5));
  assert.ok((await client.release('released')).ok);
  assert.ok(statSync(path).size >= 20 * 160, 'all that was heard, whenever it was written last');
  assert.equal(heardIn(path), 440);
});

test('as long as it may be: said once, and nothing more is written', async () => {
  await caller('full');
  const path = join(folder, 'full');
  assert.ok((await record('full', path, 1_500)).ok);
  const full = () => events.filter((event) => event.kind === 'recorded' && event.session === 'full');
  await until('it is full', () => full().length === 1);
  await client.release('full');
  assert.deepEqual([full().length, statSync(path).size], [1, 12_000]);
});

test('a file that is there already, a folder that is not, and a wrong wish are refused, and nothing is recorded', async () => {
  await caller('refused');
  const there = join(folder, 'there');
  writeFileSync(there, 'mine');
  for (const [path, maxMs, said] of [
    [there, 1_000, /EEXIST/],
    [join(folder, 'no', 'such'), 1_000, /ENOENT/],
    ['relative', 1_000, /not absolute/],
    [join(folder, 'long'), 9e9, /maxMs/],
  ] as const) {
    const outcome = await record('refused', path, maxMs);
    assert.match(outcome.ok ? '' : outcome.detail, said);
  }
  assert.equal(readFileSync(there, 'utf8'), 'mine');
  assert.equal((await record('nobody', join(folder, 'x'))).ok, false);
  await client.release('refused');
});

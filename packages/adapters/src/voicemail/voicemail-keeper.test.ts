import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { asAccountId, asCallId, asPersonId, type VoicemailChoice } from '@tandem/domain';
import type { MessageEnvelope } from '@tandem/engine/ports/voicemail-store.ts';
import { printWav } from '@tandem/media';
import { createManualClock } from '../http/testing/manual-clock.ts';
import type { KeptMessage } from '../postgres/voicemail-store.ts';
import { readGreeting } from './greeting.ts';
import { MessageFiles } from './message-files.ts';
import { createVoicemailKeeper, type VoicemailKeeper, type VoicemailKeeperDeps } from './voicemail-keeper.ts';

const root = mkdtempSync(join(tmpdir(), 'voicemail-'));
after(() => rmSync(root, { recursive: true }));

const accountId = asAccountId(randomUUID());
const dana = asPersonId(randomUUID());

/** A database that can be away, and that somebody can be deleted from. */
class Rows {
  readonly stored = new Map<string, KeptMessage>();
  readonly greetings = new Set<string>();
  away = false;
  gone = false;
  tries = 0;
  async deliver(message: KeptMessage): Promise<boolean> {
    this.tries += 1;
    if (this.away) throw new Error('database unavailable');
    if (this.gone) return false;
    this.stored.set(message.id, message);
    return true;
  }
  async forgetOldForPlatform(): Promise<number> {
    return 0;
  }
  async knownForPlatform() {
    return { messages: new Set(this.stored.keys()), greetings: this.greetings };
  }
}

let dir: string;
let rows: Rows;
let clock: ReturnType<typeof createManualClock>;
let problems: string[];
let files: MessageFiles;
const keeperOn = (more: Partial<VoicemailKeeperDeps> = {}): VoicemailKeeper =>
  createVoicemailKeeper({
    files,
    rows,
    clock,
    choices: () => undefined,
    newId: randomUUID,
    onProblem: (what) => problems.push(what),
    ...more,
  });
beforeEach(() => {
  dir = mkdtempSync(join(root, 'node-'));
  rows = new Rows();
  clock = createManualClock();
  problems = [];
  files = new MessageFiles(dir);
});

const envelope = (): MessageEnvelope => ({
  id: randomUUID(),
  accountId,
  personId: dana,
  callId: asCallId('call'),
  from: '+12025550199',
  atWallMs: 1_700_000_000_000,
});
const speak = (file: string, ms: number): void => writeFileSync(file, Buffer.alloc(ms * 8, 1));
const onDisk = (): string[] =>
  ['incoming', 'messages', 'greetings'].flatMap((folder) =>
    readdirSync(join(dir, folder)).map((name) => `${folder}/${name.replace(/^[0-9a-f-]{36}/, 'id')}`),
  );
/** Five seconds go by. */
const later = (): boolean => {
  clock.advance(5_000);
  return true;
};
const until = async (isTrue: () => boolean): Promise<void> => {
  const give = performance.now() + 10_000;
  while (!isTrue() && performance.now() < give) await new Promise((done) => setTimeout(done, 2));
  assert.ok(isTrue());
};

test('a message becomes a row and one file that is the owner’s alone', async () => {
  const keeper = keeperOn();
  const message = envelope();
  const file = await keeper.begin(message);
  assert.ok(file);
  assert.deepEqual(onDisk(), ['incoming/id.json']);
  speak(file, 2_500);
  assert.deepEqual(await keeper.finish(message.id), { kept: true, lengthMs: 2_500 });
  await until(() => keeper.waiting === 0);
  assert.equal(rows.stored.get(message.id)?.lengthMs, 2_500);
  await until(() => onDisk().length === 1);
  assert.deepEqual(onDisk(), ['messages/id.ulaw']);
  assert.equal((await files.read(message.id))?.length, 20_000);
  assert.equal(statSync(join(dir, 'messages')).mode & 0o077, 0);
  await keeper.stop();
});

test('who says nothing, or less than a second, leaves nothing', async () => {
  const keeper = keeperOn();
  for (const ms of [undefined, 0, 999]) {
    const message = envelope();
    const file = await keeper.begin(message);
    assert.ok(file);
    if (ms !== undefined) speak(file, ms);
    assert.equal((await keeper.finish(message.id)).kept, false);
  }
  assert.deepEqual([onDisk(), rows.tries], [[], 0]);
  await keeper.stop();
});

test('the database is away: the message waits on disk, is tried again, and is there once', async () => {
  const keeper = keeperOn();
  rows.away = true;
  const message = envelope();
  speak((await keeper.begin(message)) ?? '', 3_000);
  await keeper.finish(message.id);
  await until(() => problems.length > 0);
  assert.equal(keeper.waiting, 1);
  // The next try is on the clock as soon as the one before is over.
  await until(() => later() && rows.tries >= 2);
  rows.away = false;
  await until(() => later() && keeper.waiting === 0);
  assert.deepEqual([rows.stored.size, onDisk()], [1, ['messages/id.ulaw']]);
  await keeper.stop();
});

test('killed in mid-message: what was said until then is a message after the restart, and nothing else is left', async () => {
  const killed = keeperOn();
  const spoken = envelope();
  const silent = envelope();
  speak((await killed.begin(spoken)) ?? '', 4_000);
  await killed.begin(silent);
  writeFileSync(join(dir, 'incoming', `${randomUUID()}.ulaw`), Buffer.alloc(80_000));
  writeFileSync(join(dir, 'incoming', `${randomUUID()}.json`), '{"envelope":');
  writeFileSync(join(dir, 'incoming', 'x.json.new'), '{');
  const next = keeperOn();
  await next.recover();
  await until(() => next.waiting === 0);
  assert.deepEqual([...rows.stored.keys()], [spoken.id]);
  assert.deepEqual(onDisk(), ['messages/id.ulaw']);
  await next.stop();
});

test('killed between any two steps: the next start ends with one row and one file', async () => {
  for (const steps of [1, 2, 3, 4]) {
    const message = envelope();
    await files.begin(message);
    speak(files.recording(message.id), 2_000);
    if (steps > 1) await files.seal(message);
    if (steps > 2) await files.keep(message.id);
    if (steps > 3) await rows.deliver({ ...message, lengthMs: 2_000 });
    const next = keeperOn();
    await next.recover();
    await until(() => next.waiting === 0);
    assert.equal(rows.stored.get(message.id)?.lengthMs, 2_000, `${steps}`);
    assert.deepEqual(onDisk(), ['messages/id.ulaw']);
    await files.drop(message.id);
    await next.stop();
  }
});

test('the mailbox’s person was deleted meanwhile: nothing is left, and somebody is told', async () => {
  const keeper = keeperOn();
  rows.gone = true;
  const message = envelope();
  speak((await keeper.begin(message)) ?? '', 2_000);
  await keeper.finish(message.id);
  await until(() => keeper.waiting === 0 && onDisk().length === 0);
  assert.match(problems.join(), /somebody who is gone/);
  await keeper.stop();
});

test('files without a row go with the next sweep, those that wait for theirs stay', async () => {
  const keeper = keeperOn();
  rows.away = true;
  const waits = envelope();
  speak((await keeper.begin(waits)) ?? '', 2_000);
  await keeper.finish(waits.id);
  await until(() => problems.length > 0);
  writeFileSync(join(dir, 'messages', `${randomUUID()}.ulaw`), 'deleted');
  await files.writeGreeting(dana, Buffer.from('RIFF'));
  await files.writeGreeting(accountId, Buffer.from('RIFF'));
  rows.greetings.add(accountId);
  await keeper.sweep();
  assert.deepEqual(onDisk().sort(), ['greetings/id.wav', 'incoming/id.json', 'messages/id.ulaw']);
  await keeper.stop();
});

test('a message that gets its row while files are compared with rows is not taken for nobody’s', async () => {
  const keeper = keeperOn({
    rows: {
      deliver: (message) => rows.deliver(message),
      forgetOldForPlatform: async () => 0,
      async knownForPlatform() {
        const before = await rows.knownForPlatform();
        rows.away = false;
        await until(() => later() && keeper.waiting === 0);
        return before;
      },
    },
  });
  rows.away = true;
  const message = envelope();
  speak((await keeper.begin(message)) ?? '', 2_000);
  await keeper.finish(message.id);
  await until(() => problems.length > 0);
  await keeper.sweep();
  assert.deepEqual([rows.stored.size, onDisk()], [1, ['messages/id.ulaw']]);
  await keeper.stop();
});

test('a folder that cannot be written: nobody is asked to speak', async () => {
  const keeper = keeperOn();
  rmSync(join(dir, 'incoming'), { recursive: true });
  assert.equal(await keeper.begin(envelope()), undefined);
  assert.match(problems.join(), /cannot be recorded/);
  await keeper.stop();
});

test('the person’s greeting before the account’s, and none where nobody recorded one', () => {
  const choices = new Map<typeof accountId | typeof dana, VoicemailChoice>([
    [accountId, { greeting: true }],
    [dana, { greeting: true }],
  ]);
  const both = keeperOn({ choices: () => choices });
  assert.equal(both.greetingOf(accountId, dana), files.greeting(dana));
  assert.equal(both.greetingOf(accountId, asPersonId('bo')), files.greeting(accountId));
  assert.equal(keeperOn().greetingOf(accountId, dana), undefined);
});

const wav = (seconds: number, rate = 8000): Buffer =>
  printWav({ rate, samples: new Int16Array(Math.round(seconds * rate)).fill(100) });
const stereo = (): Buffer => {
  const file = wav(2);
  file.writeUInt16LE(2, 22);
  return file;
};

for (const [what, file, said] of [
  [
    'a text',
    Buffer.from('hello'),
    /cannot be read: not a RIFF\/WAVE file; wanted is a WAV file, 8 kHz, mono/,
  ],
  ['44.1 kHz', wav(1, 44_100), /44100 samples a second/],
  ['stereo', stereo(), /2 channels/],
  ['two minutes', wav(60.5), /61 s long|60 s long/],
  ['a click', wav(0.1), /nothing to hear/],
  ['too many bytes', Buffer.alloc(1024 * 1024 + 1), /more than 1048576 bytes/],
] as const)
  test(`${what} is no greeting, and it is said why`, () => {
    const outcome = readGreeting(file);
    assert.match(outcome.ok ? '' : outcome.say, said);
  });

test('16 bits and G.711 are greetings alike, and become the same kind of file', () => {
  for (const encoding of ['pcm', 'pcma', 'pcmu'] as const) {
    const outcome = readGreeting(printWav({ rate: 8000, samples: new Int16Array(16_000) }, encoding));
    assert.ok(outcome.ok);
    assert.deepEqual([outcome.lengthMs, outcome.wav.length], [2_000, 32_044]);
  }
});

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { asAccountId, asCallId } from '@tandem/domain';
import type { LadderEntry } from '@tandem/engine/ports/call-log.ts';
import fc from 'fast-check';
import { freshId } from '../postgres/test-support/samples.ts';
import { ladderBound, openLadderStore, parseLadder, writeLadder } from './ladder-store.ts';

const home = mkdtempSync('/tmp/tandem-ladder-test-');
after(() => rmSync(home, { recursive: true, force: true }));
let folders = 0;
const freshDir = (): string => {
  folders += 1;
  return path.join(home, `l${folders}`);
};
const acme = asAccountId(freshId());
const globex = asAccountId(freshId());
const fresh = () => asCallId(freshId());
const ladder = (text = 'OPTIONS sip:x SIP/2.0\r\nFrom: "J\u00f6rg" <sip:j@x>\r\n\r\n'): LadderEntry[] => [
  { atMs: 0, leg: 'a', direction: 'in', peer: 'UDP 127.0.0.1:5080', text },
  { atMs: 4.2, leg: 'b', direction: 'out', peer: 'step', text: 'call for \u0141ukasz \u5f20 goes to hub 1' },
];

test('any ladder is read as it was written (property)', () => {
  const entry = fc.record({
    atMs: fc.nat(10_000_000).map((tenths) => tenths / 10),
    leg: fc.constantFrom('a' as const, 'b' as const),
    direction: fc.constantFrom('in' as const, 'out' as const),
    peer: fc.constantFrom('UDP 127.0.0.1:5080', 'TLS [::1]:5061', 'step'),
    text: fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 300,
    }),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), (drawn) => {
      const entries = drawn.map((one) => ({ ...one })); // fast-check draws objects without a prototype
      const buffer = Buffer.alloc(ladderBound(entries));
      const end = writeLadder(buffer, 0, 'call', '-', entries);
      assert.deepEqual(parseLadder(buffer.toString('latin1', 0, end))?.ladder, entries);
    }),
  );
});

test('a ladder can be read at once, after the write and after a restart, by its own account only', async () => {
  const dir = freshDir();
  const callId = fresh();
  const store = openLadderStore({ dir });
  const look = async (from: typeof store) => {
    assert.deepEqual(await from.read(acme, callId), ladder());
    assert.deepEqual(await from.readForPlatform(callId), ladder());
    assert.equal(await from.read(globex, callId), undefined);
    assert.equal(await from.readForPlatform(fresh()), undefined);
  };
  store.append(callId, acme, ladder());
  await look(store);
  await store.flush();
  await look(store);
  await store.close();
  const next = openLadderStore({ dir });
  await look(next);
  await next.close();
});

test('the index is lost or torn: it is made again from the segment', async () => {
  for (const damage of ['lost', 'torn', 'torn segment'] as const) {
    const dir = freshDir();
    const ids = [fresh(), fresh(), fresh()];
    const store = openLadderStore({ dir });
    for (const callId of ids) store.append(callId, acme, ladder(callId));
    await store.close();
    const name = readdirSync(dir).find((file) => file.endsWith('.index'))!;
    if (damage === 'lost') unlinkSync(path.join(dir, name));
    else if (damage === 'torn') appendFileSync(path.join(dir, name), `${fresh()} ${acme} 99`);
    else appendFileSync(path.join(dir, name.replace('index', 'ladder')), 'TANDEM-LADDER x - 00000');
    const next = openLadderStore({ dir });
    for (const callId of ids) assert.deepEqual(await next.read(acme, callId), ladder(callId), damage);
    assert.equal(next.counts.ladders, 3);
    await next.close();
  }
});

test('segments go when they are too many: the newest ladders stay', async () => {
  const store = openLadderStore({ dir: freshDir(), segmentBytes: 2000, keepBytes: 6000 });
  const ids = Array.from({ length: 40 }, fresh);
  for (const callId of ids) {
    store.append(callId, acme, ladder('x'.repeat(400)));
    await store.flush();
  }
  assert.ok(store.counts.bytes <= 9000, `${store.counts.bytes}`);
  assert.equal(await store.read(acme, ids[0]!), undefined);
  assert.deepEqual(await store.read(acme, ids.at(-1)!), ladder('x'.repeat(400)));
  await store.close();
});

test('the disk does not take ladders: the newest wait, the others are counted, nobody is disturbed', async () => {
  const dir = freshDir();
  const store = openLadderStore({ dir, maxQueued: 5 });
  rmSync(dir, { recursive: true });
  for (let at = 0; at < 12; at += 1) store.append(fresh(), acme, ladder());
  await store.flush();
  assert.equal(store.counts.dropped, 12);
  assert.equal(store.counts.failures, 1);
  await store.close();
});

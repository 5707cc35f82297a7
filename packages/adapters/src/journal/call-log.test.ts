import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CallId, CallRecord } from '@tandem/domain';
import type { CallCheckpoint } from '@tandem/engine/ports/call-log.ts';
import { sampleRecord } from '../postgres/test-support/samples.ts';
import { type CallJournal, type CallLogOptions, createCallLog } from './call-log.ts';
import { type JournalFiles, listSegments, realFiles } from './segments.ts';

const home = mkdtempSync('/tmp/tandem-journal-test-');
after(() => rmSync(home, { recursive: true, force: true }));
let folders = 0;
const freshDir = (): string => {
  folders += 1;
  return path.join(home, `j${folders}`);
};

const opened = (): CallRecord => {
  const {
    endedAt: _e,
    talkMs: _t,
    result: _r,
    status: _s,
    endedBy: _b,
    closedBy: _c,
    ...record
  } = sampleRecord();
  return record;
};
const ended = (record: CallRecord): CallRecord => ({
  ...record,
  endedAt: record.invitedAt + 1000,
  result: 'answered',
  closedBy: 'normal',
});
const checkpoint = (record: CallRecord): CallCheckpoint => {
  const dialog = {
    callId: 'x',
    localTag: 'l',
    remoteTag: 'r',
    localUri: 'sip:a@x',
    remoteUri: 'sip:b@y',
    remoteTarget: 'sip:b@y:5061',
    routeSet: [],
    localCseq: 1,
    remoteCseq: undefined,
    localContact: '<sip:x>',
    secure: true,
  };
  return { callId: record.callId, a: dialog, b: dialog, record };
};
const ids = (records: readonly { readonly callId: CallId }[]): string[] =>
  records.map(({ callId }) => callId).sort();

async function withLog<T>(options: CallLogOptions, work: (log: CallJournal) => Promise<T>): Promise<T> {
  const log = await createCallLog({ giveUpMs: 5000, ...options }); // a busy machine is not a broken disk
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

/** Every closed record on disk, in order. */
async function closedOn(dir: string): Promise<string[]> {
  return await withLog({ dir }, async (log) => {
    const batch = await log.source.take(0, 1_000_000);
    return batch.texts.map((text) => (JSON.parse(text) as { record: CallRecord }).record.callId);
  });
}

test('a process ends in order: the next one gets open and confirmed calls back, and not the closed ones', async () => {
  const dir = freshDir();
  const [ringing, talking, over] = [opened(), opened(), opened()];
  await withLog({ dir }, async (log) => {
    for (const record of [ringing, talking, over]) log.opened(record);
    assert.equal(await log.confirmed(checkpoint(talking)), true);
    assert.equal(await log.confirmed(checkpoint(over)), true);
    log.closed(ended(over), []);
  });
  for (let start = 1; start <= 3; start += 1) {
    await withLog({ dir }, async (log) => {
      const { open, confirmed, damage } = log.recover();
      assert.deepEqual(ids(open), [ringing.callId], `start ${start}`);
      assert.deepEqual(confirmed, [JSON.parse(JSON.stringify(checkpoint(talking)))], `start ${start}`);
      assert.deepEqual(damage, []);
      assert.deepEqual(log.unstoredCall(over.callId), ended(over));
      log.opened(opened()); // begins a segment of its own
      assert.equal(await log.confirmed(checkpoint(talking)), true);
      const extra = log.recover().open;
      assert.deepEqual(ids(extra), [ringing.callId]);
    }).then(async () => {
      // What each start opens is closed by the next look, so that the counts stay the same.
      await withLog({ dir }, async (log) => {
        for (const record of log.recover().open)
          if (record.callId !== ringing.callId) log.closed(ended(record), []);
      });
    });
  }
});

test('a call that the next process closes as crashed is not given back to the one after', async () => {
  const dir = freshDir();
  const record = opened();
  await withLog({ dir }, async (log) => {
    log.opened(record);
    await log.confirmed(checkpoint(record));
  });
  await withLog({ dir }, async (log) => {
    assert.equal(log.recover().confirmed.length, 1);
    log.closed({ ...ended(record), closedBy: 'crash', endedBy: 'node-crash' }, []);
  });
  await withLog({ dir }, async (log) => {
    assert.deepEqual(log.recover().open, []);
    assert.deepEqual(log.recover().confirmed, []);
  });
});

test('kill -9 in the middle of writing: every acknowledged checkpoint is given back', async () => {
  const dir = freshDir();
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./test-support/writer.ts', import.meta.url)), dir],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === 200) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.ok(acknowledged.length >= 200);
  await withLog({ dir }, async (log) => {
    const { confirmed, unreadable, damage } = log.recover();
    const found = new Set(ids(confirmed));
    assert.deepEqual(
      acknowledged.filter((callId) => !found.has(callId)),
      [],
    );
    assert.equal(unreadable, 0);
    assert.ok(damage.every(({ kind }) => kind === 'torn-tail'));
  });
});

test('a torn tail: what stands before it is read, the rest is reported as torn, for every length of the tear', async () => {
  const dir = freshDir();
  const [first, second] = [opened(), opened()];
  await withLog({ dir }, async (log) => {
    await log.confirmed(checkpoint(first));
    await log.confirmed(checkpoint(second));
  });
  const file = listSegments(dir)[0]!.file;
  const whole = readFileSync(file);
  const used = whole.length - [...whole].reverse().findIndex((byte) => byte !== 0);
  const secondAt = whole.indexOf(Buffer.from(`{"callId":"${second.callId}"`)) - 9;
  for (const cut of [secondAt + 3, secondAt + 8, secondAt + 9, secondAt + 200, used - 1]) {
    const torn = Buffer.from(whole);
    torn.fill(0, cut, used);
    for (const bytes of [torn, whole.subarray(0, cut)]) {
      const copy = freshDir();
      await withLog({ dir: copy }, async () => undefined);
      writeFileSync(path.join(copy, path.basename(file)), bytes);
      await withLog({ dir: copy }, async (log) => {
        const { confirmed, damage } = log.recover();
        assert.deepEqual(ids(confirmed), [first.callId], `cut at ${cut}`);
        assert.deepEqual(
          damage.map(({ kind, offset }) => [kind, offset]),
          [['torn-tail', secondAt]],
          `cut at ${cut}`,
        );
        assert.equal(await log.confirmed(checkpoint(second)), true, 'writing goes on');
      });
    }
  }
});

test('a flipped bit: reading stops before it with a report, and later segments are still read', async () => {
  const dir = freshDir();
  const records = Array.from({ length: 3 }, opened);
  await withLog({ dir }, async (log) => {
    for (const record of records) log.closed(ended(record), []);
  });
  const later = opened();
  await withLog({ dir }, async (log) => log.closed(ended(later), []));
  const file = listSegments(dir)[0]!.file;
  const bytes = readFileSync(file);
  const at = bytes.indexOf(records[1]!.callId);
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(file, bytes);
  await withLog({ dir }, async (log) => {
    const batch = await log.source.take(0, 100);
    const found = batch.texts.map((text) => (JSON.parse(text) as { record: CallRecord }).record.callId);
    assert.deepEqual(found, [records[0]!.callId, later.callId]);
    assert.deepEqual(
      batch.damage.map(({ kind, detail, file: where }) => [kind, detail, where]),
      [['damaged', 'checksum', file]],
    );
    assert.equal(batch.complete, true);
  });
});

/** A disk that can be filled and emptied. */
interface FaultyDisk {
  readonly files: JournalFiles;
  code: string | undefined;
  hold: boolean;
  release(): void;
}

function faultyDisk(): FaultyDisk {
  const held: (() => void)[] = [];
  const disk: FaultyDisk = {
    code: undefined,
    hold: false,
    release() {
      disk.hold = false;
      for (const go of held.splice(0)) go();
    },
    files: {
      ...realFiles,
      create: (file: string) =>
        disk.code
          ? Promise.reject(Object.assign(new Error('disk'), { code: disk.code }))
          : realFiles.create(file),
      write(
        fd: number,
        buffer: Buffer,
        length: number,
        position: number,
        done: (error: Error | null) => void,
      ) {
        if (disk.hold) held.push(() => realFiles.write(fd, buffer, length, position, done));
        else if (disk.code) {
          // A full disk takes a part of it.
          realFiles.write(fd, buffer, length >> 1, position, () =>
            done(Object.assign(new Error('disk'), { code: disk.code })),
          );
        } else realFiles.write(fd, buffer, length, position, done);
      },
    },
  };
  return disk;
}

/** Resolves when the journal's health is what is wanted. */
function healthWatch(): {
  onHealth: (healthy: boolean) => void;
  becomes: (wanted: boolean) => Promise<void>;
} {
  let healthy = true;
  const waiting: { wanted: boolean; resolve: () => void }[] = [];
  return {
    onHealth(now) {
      healthy = now;
      for (const { wanted, resolve } of waiting) if (wanted === now) resolve();
    },
    becomes: (wanted) =>
      healthy === wanted ? Promise.resolve() : new Promise((resolve) => waiting.push({ wanted, resolve })),
  };
}

for (const code of ['ENOSPC', 'EROFS', 'EIO']) {
  test(`the disk fails with ${code} and heals: calls go on, checkpoints are given up, no record is lost (F18)`, async () => {
    const dir = freshDir();
    const disk = faultyDisk();
    const health = healthWatch();
    const calls = Array.from({ length: 20 }, opened);
    const before = opened();
    await withLog({ dir, files: disk.files, onHealth: health.onHealth }, async (log) => {
      assert.equal(await log.confirmed(checkpoint(before)), true);
      disk.code = code;
      log.opened(calls[0]!);
      await health.becomes(false);
      for (const record of calls) {
        log.opened(record);
        assert.equal(await log.confirmed(checkpoint(record)), false);
        log.closed(ended(record), []);
        assert.deepEqual(log.unstoredCall(record.callId), ended(record));
      }
      assert.ok(log.counts.checkpointsGivenUp >= calls.length && log.counts.failures > 0);
      disk.code = undefined;
      await health.becomes(true);
      assert.equal(await log.confirmed(checkpoint(before)), true, 'checkpoints are written again');
      assert.equal(log.counts.dropped, 0);
    });
    assert.deepEqual((await closedOn(dir)).sort(), ids(calls));
    await withLog({ dir }, async (log) => {
      assert.deepEqual(ids(log.recover().confirmed), [before.callId]);
      assert.deepEqual(log.recover().open, []);
    });
  });
}

test('the disk stays full: memory is bounded, checkpoints go first, then the oldest records, and all is counted (I11)', async () => {
  const dir = freshDir();
  const disk = faultyDisk();
  const health = healthWatch();
  await withLog({ dir, files: disk.files, maxQueued: 50, onHealth: health.onHealth }, async (log) => {
    disk.code = 'ENOSPC';
    log.opened(opened());
    await health.becomes(false);
    const records = Array.from({ length: 120 }, opened);
    for (const record of records) {
      log.opened(record);
      log.closed(ended(record), []);
    }
    const { queued, unstored, dropped, recordsLost } = log.counts;
    assert.ok(queued <= 100 && unstored <= 50, JSON.stringify({ queued, unstored }));
    assert.ok(dropped > 0);
    assert.equal(recordsLost, 70);
    assert.deepEqual([...log.unstored()][0]?.callId, records.at(-1)?.callId);
  });
});

test('a disk that does not answer: the checkpoint is given up in time and the call goes on (I1)', async () => {
  const dir = freshDir();
  const disk = faultyDisk();
  const record = opened();
  await withLog({ dir, files: disk.files, giveUpMs: 20 }, async (log) => {
    disk.hold = true;
    assert.equal(await log.confirmed(checkpoint(record)), false);
    disk.release();
  });
  await withLog({ dir }, async (log) =>
    assert.deepEqual(ids(log.recover().confirmed), [record.callId], 'written when it answered'),
  );
});

test('segments turn over; applied ones go when they are too many, and long calls move on with the journal', async () => {
  const dir = freshDir();
  const long = opened();
  const health = { segmentBytes: 8 << 10, keepBytes: 1, keepMs: 3_600_000 };
  await withLog({ dir, ...health }, async (log) => {
    await log.confirmed(checkpoint(long));
    for (let round = 0; round < 30; round += 1) {
      const record = opened();
      log.opened(record);
      await log.confirmed(checkpoint(record));
      log.closed(ended(record), []);
      await log.confirmed(checkpoint(long));
      log.source.applied(log.source.end);
    }
    const first = listSegments(dir)[0]!;
    assert.ok(first.start > 0, 'the first segment is gone');
  });
  await withLog({ dir }, async (log) => assert.deepEqual(ids(log.recover().confirmed), [long.callId]));
});

test('segments that the database does not have stay, whatever their size', async () => {
  const dir = freshDir();
  const records = Array.from({ length: 40 }, opened);
  await withLog({ dir, segmentBytes: 4 << 10, keepBytes: 1, keepMs: 0 }, async (log) => {
    for (const record of records) {
      log.closed(ended(record), []);
      await log.confirmed(checkpoint(record));
    }
  });
  assert.deepEqual(
    await closedOn(dir),
    records.map(({ callId }) => callId),
  );
});

test('more finished calls than memory holds: the rest comes from disk, each once, in order', async () => {
  const dir = freshDir();
  const records = Array.from({ length: 100 }, opened);
  await withLog({ dir, maxQueued: 10 }, async (log) => {
    for (const record of records) {
      await log.confirmed(checkpoint(record));
      log.closed(ended(record), []);
    }
    await log.confirmed(checkpoint(opened()));
    const taken: string[] = [];
    for (let position = 0; ; ) {
      const batch = await log.source.take(position, 7);
      taken.push(...batch.texts.map((text) => (JSON.parse(text) as { record: CallRecord }).record.callId));
      position = batch.next;
      log.source.applied(position);
      if (batch.complete) break;
    }
    assert.deepEqual(
      taken,
      records.map(({ callId }) => callId),
    );
    assert.equal(log.counts.unstored, 0);
  });
});

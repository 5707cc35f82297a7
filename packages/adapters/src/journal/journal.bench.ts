import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { asCallId, type CallRecord, uuidV7 } from '@tandem/domain';
import type { LadderEntry } from '@tandem/engine/ports/call-log.ts';
import { createCallLog } from './call-log.ts';
import { openLadderStore } from './ladder-store.ts';

/**
 * What the journal and the ladder cost a call: opened, confirmed, closed and a ladder of 14 messages, at 150 calls/s
 * and as fast as it goes. CPU of the whole process, libuv's threads and the kernel's part included.
 *
 *     node packages/adapters/src/journal/journal.bench.ts [calls] [callsPerSecond]
 */
const calls = Number(process.argv[2] ?? 3000);
const rate = Number(process.argv[3] ?? 150);
const dir = mkdtempSync('/tmp/tandem-journal-bench-');

const message = `INVITE sip:+12025550142@sip.pstnhub.microsoft.com;user=phone SIP/2.0\r\n${'X-Header: some value of a usual length\r\n'.repeat(22)}\r\n`;
const ladder: LadderEntry[] = Array.from({ length: 14 }, (_, at) => ({
  atMs: at * 11.3,
  leg: at % 2 ? 'a' : 'b',
  direction: at % 3 ? 'in' : 'out',
  peer: 'TLS 127.0.0.1:16111',
  text: message,
}));
const dialog = (callId: string) => ({
  callId,
  localTag: 'f3a1b2c3',
  remoteTag: '9d8e7f6a5b',
  localUri: 'sip:+12025550199@sbc1.customers.example.net:5061',
  remoteUri: 'sip:+12025550142@sip.pstnhub.microsoft.com;user=phone',
  remoteTarget:
    'sip:api-du-a-euwe.pstnhub.microsoft.com:443;x-i=2f1d3b1e-5c1e-4e39-a6d2-0c8f0a2b9c11;x-c=1/d/8/b1',
  routeSet: ['<sip:sip.pstnhub.microsoft.com:5061;transport=tls;lr>'],
  localCseq: 1,
  remoteCseq: undefined,
  localContact: '<sip:sbc1.customers.example.net:5061;transport=tls>',
  secure: true,
});

function recordOf(index: number): CallRecord {
  return {
    version: 1,
    callId: asCallId(
      uuidV7(1_790_000_000_000 + index, Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, index >> 8, index])),
    ),
    direction: 'to-teams',
    emergency: false,
    from: '+12025550199',
    fromAsReceived: '+12025550199',
    to: '+12025550142',
    toAsDialled: '+12025550142',
    legs: [
      { side: 'a', role: 'carrier', sipCallId: `${index}@127.0.0.1`, peer: 'UDP 127.0.0.1:5080' },
      { side: 'b', role: 'teams', sipCallId: `b-${index}`, peer: 'TLS 127.0.0.1:16111' },
    ],
    attempts: [{ target: 'hub sip.pstnhub.microsoft.com:5061', atMs: 2, result: '200' }],
    invitedAt: 1_790_000_000_000 + index,
    why: ['carrier Rehearsal sent the call', '+12025550142 belongs to Dana Diaz of Acme', 'hub 1 of 3 is up'],
  };
}

/** `empty` runs the same pace and objects without a journal: what the harness itself costs. */
async function run(
  name: string,
  perTick: number,
  tickMs: number,
  count: number,
  empty = false,
): Promise<number> {
  const ladders = openLadderStore({ dir: path.join(dir, `${name}-ladder`) });
  const log = await createCallLog({ dir: path.join(dir, name), ladderStore: ladders });
  const oneCall = async (index: number, waits: number[]): Promise<void> => {
    const record = recordOf(index);
    if (!empty) log.opened(record);
    await new Promise((resolve) => setTimeout(resolve, tickMs > 0 ? 30 : 0));
    const from = performance.now();
    const checkpoint = { callId: record.callId, a: dialog(`a-${index}`), b: dialog(`b-${index}`), record };
    if (!empty) await log.confirmed(checkpoint);
    waits.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, tickMs > 0 ? 60 : 0));
    const closed: CallRecord = { ...record, endedAt: 1, talkMs: 1, result: 'answered', status: 200 };
    if (empty) return;
    log.closed(closed, ladder);
    log.source.applied(log.source.end);
  };
  const paced = async (total: number, waits: number[]): Promise<void> => {
    const running: Promise<void>[] = [];
    const started = performance.now();
    for (let index = 0; index < total; ) {
      for (let at = 0; at < perTick && index < total; at += 1, index += 1)
        running.push(oneCall(index, waits));
      const due = started + (index / perTick) * tickMs;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
    await Promise.all(running);
  };
  await paced(Math.min(500, count), []);
  const syncsBefore = log.counts.syncs;
  const waits: number[] = [];
  const cpu = process.cpuUsage();
  await paced(count, waits);
  const used = process.cpuUsage(cpu);
  waits.sort((a, b) => a - b);
  const at = (part: number): number => Number((waits[Math.floor(waits.length * part)] ?? 0).toFixed(2));
  console.log(
    JSON.stringify({
      bench: `journal ${name}`,
      calls: count,
      cpuMsPerCall: Number(((used.user + used.system) / 1000 / count).toFixed(4)),
      userMsPerCall: Number((used.user / 1000 / count).toFixed(4)),
      syncsPerCall: Number(((log.counts.syncs - syncsBefore) / count).toFixed(2)),
      checkpointMs: { p50: at(0.5), p99: at(0.99) },
    }),
  );
  await log.close();
  await ladders.close();
  return (used.user + used.system) / 1000 / count;
}

const harness = await run('harness', 1, 1000 / rate, calls, true);
const paced = await run('paced', 1, 1000 / rate, calls);
const harnessBurst = await run('harness-burst', 50, 0, calls, true);
const burst = await run('burst', 50, 0, calls);
console.log(
  JSON.stringify({
    bench: 'journal',
    cpuMsPerCall: {
      paced: Number((paced - harness).toFixed(4)),
      burst: Number((burst - harnessBurst).toFixed(4)),
    },
  }),
);
rmSync(dir, { recursive: true });

/**
 * What an established idle call keeps in memory: kB of proportional set size per call over the idle baseline, supervisor,
 * signalling and media process together (database and twin left out), media allocated, RTCP from both parties. Beside it
 * Kamailio (TLS proxy with dialogs) and rtpengine holding as many calls.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import { machine } from './machine.ts';
import { type AnsweringHub, hubCertificates, startAnsweringHub } from './rig/answering-hub.ts';
import { startHoldingCaller } from './rig/holding-caller.ts';
import { type BenchInstance, startInstance } from './rig/instance.ts';
import { type Kamailio, startKamailio } from './rig/kamailio.ts';
import { pssKbOf, treeOf } from './rig/processes.ts';
import { type Rtpengine, startRtpengine } from './rig/rtpengine.ts';

const portBase = 11_000;
const ports = {
  hub: portBase + 145,
  caller: portBase + 150,
  warmCaller: portBase + 151,
  callerMedia: portBase + 160,
  warmMedia: portBase + 162,
  hubMedia: portBase + 164,
  kamailioUdp: portBase + 170,
  kamailioTls: portBase + 171,
  ng: portBase + 180,
};
const rtpengineAddress = '127.0.110.6';
/** First landing (DESIGN, "What is measured"). */
const limitKbPerCall = 150;

interface Plan {
  readonly warmCalls: number;
  readonly calls: number;
  readonly perSecond: number;
  /** Transactions live 32 s after the last message; a quick run does not wait for them. */
  readonly settleSeconds: number;
}

interface Held {
  readonly calls: number;
  readonly failed: number;
  readonly kbPerCall: number;
  readonly shares: Readonly<Record<string, number>>;
  readonly baselineKb: Readonly<Record<string, number>>;
  /** After all calls have ended. */
  readonly afterKb: Readonly<Record<string, number>>;
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const rounded = (value: number): number => Math.round(value * 10) / 10;
const total = (sizes: Readonly<Record<string, number>>): number =>
  Object.values(sizes).reduce((sum, kb) => sum + kb, 0);

/** The lowest of a few readings: what is collected sooner or later is not what a call keeps. */
async function settledSizes(
  read: () => Record<string, number>,
  settleSeconds: number,
): Promise<Record<string, number>> {
  await wait(settleSeconds * 1000);
  let lowest = read();
  for (let again = 0; again < 3; again += 1) {
    await wait(1000);
    const sizes = read();
    if (total(sizes) < total(lowest)) lowest = sizes;
  }
  return lowest;
}

async function hold(targetPort: number, read: () => Record<string, number>, plan: Plan): Promise<Held> {
  // Code compiled, pools grown, connections up: what every later call shares is not a call's.
  const warm = await startHoldingCaller(ports.warmCaller, targetPort, ports.warmMedia);
  await warm.call(plan.warmCalls, plan.perSecond);
  await warm.end();
  await warm.stop();
  const baselineKb = await settledSizes(read, plan.settleSeconds);
  const caller = await startHoldingCaller(ports.caller, targetPort, ports.callerMedia);
  const before = await caller.call(plan.calls, plan.perSecond);
  const heldKb = await settledSizes(read, plan.settleSeconds);
  const ended = await caller.end();
  await caller.stop();
  const afterKb = read();
  const { up } = before;
  return {
    calls: up,
    failed: before.failed + (ended.failed - before.failed),
    kbPerCall: rounded((total(heldKb) - total(baselineKb)) / up),
    shares: Object.fromEntries(
      Object.entries(heldKb).map(([name, kb]) => [name, rounded((kb - (baselineKb[name] ?? 0)) / up)]),
    ),
    baselineKb,
    afterKb,
  };
}

export const run: Bench = async ({ quick, note }) => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  const plan: Plan = quick
    ? { warmCalls: 100, calls: 200, perSecond: 50, settleSeconds: 3 }
    : { warmCalls: 300, calls: 1000, perSecond: 50, settleSeconds: 35 };
  let instance: BenchInstance | undefined;
  let hub: AnsweringHub | undefined;
  let kamailio: Kamailio | undefined;
  let rtpengine: Rtpengine | undefined;
  const told = (name: string, held: Held): string =>
    `${name}: ${held.kbPerCall} kB a call with ${held.calls} calls, ${held.failed} failed; ${JSON.stringify(held.shares)}`;
  try {
    note('starting an instance with a hub of its own ...');
    instance = await startInstance(portBase, {
      TANDEM_HUBS: `sip.pstnhub.microsoft.com:${ports.hub}`,
      TANDEM_LOG_LEVEL: 'warn',
    });
    const files = await hubCertificates(join(instance.data, 'twin', 'trust'), folder);
    hub = await startAnsweringHub(ports.hub, files, 'microsoft', ports.hubMedia);
    const { supervisor, node, media } = instance.pids;
    const ours = await hold(
      Number(instance.carrierUdp.split(':')[1]),
      () => ({ supervisor: pssKbOf(supervisor), node: pssKbOf(node), media: pssKbOf(media) }),
      plan,
    );
    note(told('Tandem', ours));
    if (ours.failed > 0 || [supervisor, node, media].some((pid) => pssKbOf(pid) === 0))
      note(`calls failed or a process ended; the instance said:\n${instance.said()}`);
    await hub.stop();
    await instance.stop();
    instance = undefined;

    hub = await startAnsweringHub(ports.hub, files, 'plain', ports.hubMedia);
    rtpengine = await startRtpengine({
      interfaces: [rtpengineAddress],
      ngPort: ports.ng,
      firstPort: 20_000,
      lastPort: 29_999,
    });
    kamailio = await startKamailio({
      folder: join(folder, 'kamailio'),
      carrierPort: ports.kamailioUdp,
      tlsPort: ports.kamailioTls,
      hubPort: ports.hub,
      cert: files.cert,
      key: files.key,
      ca: files.ca,
      rtpengine: ports.ng,
    });
    const proxy = kamailio.pid;
    const engine = rtpengine.pid;
    const theirs = await hold(
      ports.kamailioUdp,
      () => ({
        kamailio: treeOf(proxy).reduce((sum, pid) => sum + pssKbOf(pid), 0),
        rtpengine: pssKbOf(engine),
      }),
      plan,
    );
    note(told('Kamailio and rtpengine', theirs));
    return {
      pass: ours.kbPerCall <= limitKbPerCall && ours.calls === plan.calls && ours.failed === 0,
      figures: { kbPerCall: ours.kbPerCall, calls: ours.calls },
      peer: { kamailioRtpengine: { kbPerCall: theirs.kbPerCall, calls: theirs.calls } },
      detail: {
        tandem: ours,
        kamailioRtpengine: theirs,
        kamailio: kamailio.version,
        rtpengine: `${rtpengine.version}, user space, allowUnsafeMedia: older than the floor for production`,
      },
    };
  } finally {
    await kamailio?.stop();
    await rtpengine?.stop();
    await hub?.stop().catch(() => undefined);
    await instance?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

// Also runs by itself: node test/bench/memory.ts [--quick]
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const quick = process.argv.includes('--quick');
  const outcome = await run({ quick, seed: 1, note: (line) => process.stderr.write(`${line}\n`) });
  process.stdout.write(
    `${JSON.stringify({ bench: 'memory', ...outcome, quick, machine: machine(), seed: 1 })}\n`,
  );
  process.exitCode = outcome.pass ? 0 : 1;
}

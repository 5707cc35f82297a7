/**
 * `npm run bench -- queue`: a busy day of one queue on the whole engine (user agent, calls, branches, desk), with the world's
 * network and clock virtual and our own work real. Twenty members at phones who answer, decline, do not answer and make
 * calls of their own; callers who come in bursts and hang up. `freeToRingMsP95`: from the end of a member's call to the
 * INVITE at the phone, while somebody waited. `doubleOffers`: INVITEs to a phone that rang or talked already.
 */
import { fileURLToPath } from 'node:url';
import { asPersonId, asQueueId, type E164, queueDefaults } from '@tandem/domain';
import {
  accept,
  acmeId,
  answers,
  device,
  type PlacedCall,
  person,
  World,
} from '@tandem/engine/call/test-world.ts';
import type { IncomingInvite } from '@tandem/sip/ua/types.ts';
import type { Bench } from './bench.ts';
import { machine } from './machine.ts';

const firstLandingMs = 1_000;
const number = '+12025550150' as E164;
const stepMs = 20;
const salesId = asQueueId('sales');
/** A member who dials in the moment of an offer: the two INVITEs cross, and nobody can know. */
const crossingMs = 100;

/** mulberry32: the same day for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Agent {
  readonly name: string;
  ringing: IncomingInvite | undefined;
  talking: boolean;
  freeAt: number | undefined;
  dialledAt: number | undefined;
}

export const run: Bench = async ({ quick, seed, note }) => {
  const random = randomOf(seed);
  const names = Array.from({ length: 20 }, (_, at) => `agent${at + 1}`);
  const world = new World({
    people: names.map((name, at) => person(name, 'acme', undefined, { extension: String(2001 + at) })),
    devices: names.map((name) => device(`${name}-desk`, 'acme', { personId: asPersonId(name) })),
    queues: [
      {
        ...queueDefaults,
        id: salesId,
        accountId: acmeId,
        name: 'Sales',
        number,
        members: names.map((name) => ({ personId: asPersonId(name), loggedIn: true })),
        maxWaitSeconds: 300,
        maxWaiting: 200,
      },
    ],
  });
  // Whom members call themselves.
  answers(world.first);
  const agents: Agent[] = names.map((name) => ({
    name,
    ringing: undefined,
    talking: false,
    freeAt: undefined,
    dialledAt: undefined,
  }));
  const freeToRing: number[] = [];
  let doubleOffers = 0;
  let offers = 0;
  let placed = 0;
  /** What happens when, in virtual time. */
  const later: { readonly at: number; readonly run: () => void }[] = [];
  const after = (ms: number, work: () => void): void =>
    void later.push({ at: world.net.now + ms, run: work });
  const free = (agent: Agent): void => {
    agent.talking = false;
    const line = world.engine.queues.viewOf(salesId)?.waiting ?? [];
    const wanted = line.some(({ offeredTo }) => offeredTo === undefined);
    agent.freeAt = wanted ? world.net.now : undefined;
  };

  for (const agent of agents) {
    const phone = world.phone(`${agent.name}-desk`);
    phone.handlers = {
      ...phone.handlers,
      onInvite: (invite) => {
        offers += 1;
        const dialled = agent.dialledAt !== undefined && world.net.now - agent.dialledAt < crossingMs;
        if (agent.ringing || (agent.talking && !dialled)) doubleOffers += 1;
        if (agent.freeAt !== undefined) freeToRing.push(world.net.now - agent.freeAt);
        agent.freeAt = undefined;
        agent.ringing = invite;
        invite.onCancel = () => {
          agent.ringing = undefined;
        };
        invite.progress(180, { contact: phone.contact });
        const mood = random();
        if (mood < 0.1) after(500 + random() * 3_000, () => end(agent, invite, 603));
        else if (mood < 0.9) after(500 + random() * 5_000, () => answer(agent, invite));
      },
    };
  }
  function end(agent: Agent, invite: IncomingInvite, status: number): void {
    if (agent.ringing !== invite) return;
    agent.ringing = undefined;
    invite.reject(status);
  }
  function answer(agent: Agent, invite: IncomingInvite): void {
    if (agent.ringing !== invite) return;
    agent.ringing = undefined;
    agent.talking = true;
    const dialog = accept(world.phone(`${agent.name}-desk`), invite);
    dialog.onEnded = () => free(agent);
    dialog.onRequest = (request) => request.respond(200);
    after(10_000 + random() * 30_000, () => {
      if (agent.talking) dialog.bye('');
    });
  }
  /** A call of the member's own, which the queue must know of at once. */
  function ownCall(agent: Agent): void {
    if (agent.ringing || agent.talking) return;
    agent.talking = true;
    agent.dialledAt = world.net.now;
    const call: PlacedCall = world.fromPhone(`${agent.name}-desk`, '+12025550199');
    after(5_000 + random() * 10_000, () => {
      if (call.dialog) call.dialog.bye('');
      else call.invite.cancel('');
      free(agent);
    });
  }
  function callQueue(): void {
    placed += 1;
    const call = world.fromCarrier(number);
    if (random() < 0.2) after(1_000 + random() * 60_000, () => call.dialog?.bye(''));
  }

  const minutes = quick ? 4 : 30;
  const started = process.cpuUsage();
  for (let at = 0; at < minutes * 60_000; at += stepMs) {
    if (random() < 0.025) callQueue();
    if (at % 60_000 === 30_000) for (let burst = 0; burst < 15; burst += 1) callQueue();
    if (random() < 0.004) ownCall(agents[Math.floor(random() * agents.length)] as Agent);
    for (let index = 0; index < later.length; ) {
      const one = later[index]!;
      if (one.at > world.net.now) index += 1;
      else {
        later.splice(index, 1);
        one.run();
      }
    }
    await world.run(stepMs, stepMs);
  }
  const cpu = process.cpuUsage(started);
  if (world.bugs.length > 0) throw new Error(`a bug: ${String(world.bugs[0])}`);
  const sorted = freeToRing.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN);
  note(`${placed} callers, ${offers} offers, ${sorted.length} of them right after a call`);
  return {
    pass: at(0.95) <= firstLandingMs && doubleOffers === 0,
    figures: { freeToRingMsP95: at(0.95), doubleOffers, callers: placed, offers },
    detail: {
      members: names.length,
      virtualMinutes: minutes,
      freeToRing: sorted.length,
      freeToRingMsMax: at(1 - 1 / Math.max(1, sorted.length)),
      cpuSeconds: Math.round((cpu.user + cpu.system) / 10_000) / 100,
    },
  };
};

// Also runs by itself: node test/bench/queue.ts [--json] [--quick]
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const quick = process.argv.includes('--quick');
  const outcome = await run({ quick, seed: 1, note: (line) => process.stderr.write(`${line}\n`) });
  const report = { bench: 'queue', ...outcome, quick, machine: machine(), seed: 1 };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stderr.write(`${JSON.stringify(report.figures)} ${JSON.stringify(report.detail)}\n`);
  process.exitCode = outcome.pass ? 0 : 1;
}

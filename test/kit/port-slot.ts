import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { busyPorts } from '../../apps/server/src/supervisor/free-ports.ts';
import { portsAt } from '../../apps/server/src/supervisor/ports.ts';

/** Where the tests of one file start instances and foreign programs, without meeting another file's. */
export interface PortSlot {
  /** For `--port-base`. A second instance, side by side with the first, goes 200 higher, a third 400. */
  readonly base: number;
  /** First of 200 ports that the instance at `base` leaves alone: for SIPp, baresip and hand-made peers. */
  readonly free: number;
}

/**
 * Port bases whose named ports, and 540 from each on, are in nobody's range of RTP ports (see the supervisor's
 * `ports.ts`). Ranges of RTP ports overlap: who finds one of those taken takes the next.
 */
const bases = [8_750, 16_200, 23_600, 1_300] as const;
/** Listening there means that the slot is taken; the system frees it however the process ends. */
const claimOffset = 399;
const patienceMs = 20 * 60_000;

let mine: Promise<PortSlot> | undefined;

/** The slot of this process, from now until it ends; waits while all of them are taken. */
export const portSlot = (): Promise<PortSlot> => {
  if (mine === undefined) {
    mine = claim();
    // A test file that is told to stop ends in order, so that what it started ends too.
    process.once('SIGTERM', () => process.exit(143));
  }
  return mine;
};

async function claim(): Promise<PortSlot> {
  const limit = performance.now() + patienceMs;
  for (;;) {
    for (const base of bases) {
      const held = await listenAt(base + claimOffset);
      if (held === undefined) continue;
      if ((await busyPorts(portsAt(base), '127.0.0.1', () => true)).length === 0)
        return { base, free: base + 180 };
      await new Promise((resolve) => held.close(resolve));
    }
    if (performance.now() > limit)
      throw new Error(`no free ports for a test: instances run at all of ${bases.join(', ')}`);
    await delay(250);
  }
}

/** `undefined`: somebody else listens there. */
const listenAt = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server.unref()));
  });

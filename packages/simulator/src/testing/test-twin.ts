import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubNames, type TwinConfig } from '../config.ts';
import { startTwin, type Twin } from '../twin.ts';

/** Below the ports that the system gives to outgoing connections: those come and go between a look and its use. */
const askedPorts = { first: 28_000, last: 32_700 } as const;

/** A port that was free a moment ago, and that nobody is given without asking for it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(askedPorts.first, askedPorts.last);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/**
 * A twin on ports that the system chose, in a folder that goes away, so that suites and instances run side by side.
 * RTP is taken from 200 ports at `rtpFirst`; busy ones are passed over.
 */
export async function startTestTwin(
  rtpFirst: number,
  change: Partial<TwinConfig> = {},
): Promise<{ twin: Twin; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'twin-test-'));
  const twin = await startTwin({
    dataDir: folder,
    bindAddress: '127.0.0.1',
    ports: {
      twinControl: 0,
      twinHub1: 0,
      twinHub2: 0,
      twinHub3: 0,
      // UDP and TCP on one number: what the system chooses for one may be taken for the other.
      twinCarrier: await freePort(),
      twinCarrierSecond: await freePort(),
      twinCarrierThird: await freePort(),
      twinLogin: 0,
      twinGraph: 0,
      twinDns: 0,
      twinSmtp: 0,
      twinRtp: { first: rtpFirst, last: rtpFirst + 199 },
    },
    seed: 1,
    caFile: join(folder, 'ca.pem'),
    certificateDir: join(folder, 'certificates'),
    sbcBaseDomain: 'customers.example.net',
    sbcTeamsTls: `127.0.0.1:${await freePort()}`,
    sbcCarrier: `127.0.0.1:${await freePort()}`,
    hubNames,
    controlToken: '',
    checkAnswers: true,
    ...change,
  });
  return {
    twin,
    close: async () => {
      await twin.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

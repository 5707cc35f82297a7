import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubNames, type TwinConfig } from '../config.ts';
import { startTwin, type Twin } from '../twin.ts';

/** A twin on its own ports in a folder that goes away. `base`..`base+40` and 400 RTP ports from `base+100` are used. */
export async function startTestTwin(
  base: number,
  change: Partial<TwinConfig> = {},
): Promise<{ twin: Twin; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'twin-test-'));
  const twin = await startTwin({
    dataDir: folder,
    bindAddress: '127.0.0.1',
    ports: {
      twinControl: base,
      twinHub1: base + 1,
      twinHub2: base + 2,
      twinHub3: base + 3,
      twinCarrier: base + 4,
      twinCarrierSecond: base + 5,
      twinCarrierThird: base + 6,
      twinDns: base + 7,
      twinRtp: { first: base + 100, last: base + 299 },
    },
    seed: 1,
    caFile: join(folder, 'ca.pem'),
    certificateDir: join(folder, 'certificates'),
    sbcBaseDomain: 'customers.example.net',
    sbcTeamsTls: `127.0.0.1:${base + 11}`,
    sbcCarrier: `127.0.0.1:${base + 12}`,
    hubNames,
    controlToken: '',
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

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fullChain } from '@tandem/simulator/trust/authority.ts';
import { issueHub } from '@tandem/simulator/trust/trust-store.ts';
import type { Platform } from './instance.ts';

/** Microsoft's certificate, minted by the twin's authority, in the files that a foreign program reads. */
export async function hubCertificate(platform: Platform): Promise<{
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Key and certificate in one file, as baresip wants them. */
  readonly bothFile: string;
  readonly caFile: string;
}> {
  const trust = await platform.trust();
  const issued = await issueHub(trust.microsoft, 'good', Date.now());
  const folder = mkdtempSync(join(tmpdir(), 'tandem-hub-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const files = { bothFile: join(folder, 'both.pem'), caFile: join(folder, 'ca.pem') };
  const ca = trust.microsoft.cert + trust.programmeRoot.cert;
  writeFileSync(files.bothFile, issued.key + fullChain(issued), { mode: 0o600 });
  writeFileSync(files.caFile, ca);
  return { cert: fullChain(issued), key: issued.key, ca, ...files };
}

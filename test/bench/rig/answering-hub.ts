import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTrustStore } from '@tandem/simulator/trust/trust-store.ts';
import { repository } from './instance.ts';

export interface AnsweringHub {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Certificates of the twin's Microsoft side, written where a process that is not the twin can read them. */
export async function hubCertificates(
  trustFolder: string,
  folder: string,
): Promise<{ cert: string; key: string; ca: string }> {
  const trust = await openTrustStore(trustFolder, Date.now());
  const files = {
    cert: join(folder, 'hub.cert.pem'),
    key: join(folder, 'hub.key.pem'),
    ca: join(folder, 'ca.pem'),
  };
  writeFileSync(files.cert, trust.hub.cert);
  writeFileSync(files.key, trust.hub.key, { mode: 0o600 });
  writeFileSync(files.ca, trust.microsoft.cert + trust.programmeRoot.cert);
  return files;
}

export async function startAnsweringHub(
  port: number,
  files: { readonly cert: string; readonly key: string; readonly ca: string },
  contact: 'microsoft' | 'plain',
  /** UDP port from which every call gets SRTCP. */
  keepAlivePort?: number,
): Promise<AnsweringHub> {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      join(repository, 'test/bench/signalling/answering-hub.ts'),
      String(port),
      files.cert,
      files.key,
      files.ca,
      ...(contact === 'plain' ? ['--plain-contact'] : []),
      ...(keepAlivePort === undefined ? [] : [`--keep-alive=${keepAlivePort}`]),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await once(child.stdout!, 'data');
  return {
    pid: child.pid!,
    async stop() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

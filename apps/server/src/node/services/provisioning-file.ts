import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { ProvisioningSettings, StoredLink } from '@tandem/engine';

/** What provisioning needs for a start without the database: who was ready stays ready (I1, I3). */
export interface ProvisioningCopy {
  readonly settings: readonly ProvisioningSettings[];
  readonly links: readonly StoredLink[];
}

/** 2: settings of connections, several groups. An older copy is not read; the database has everything. */
const form = 2;

/** Undefined: there is none, or it cannot be read; then the database's is waited for. */
export function readProvisioningCopy(file: string): ProvisioningCopy | undefined {
  try {
    const copy: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof copy !== 'object' || copy === null) return undefined;
    const { version, settings, links } = copy as Partial<ProvisioningCopy> & { version?: unknown };
    if (version !== form || !Array.isArray(settings) || !Array.isArray(links)) return undefined;
    return { settings, links };
  } catch {
    return undefined;
  }
}

/** Whole or not at all. */
export async function writeProvisioningCopy(file: string, copy: ProvisioningCopy): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify({ version: form, ...copy }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { StoredConnection } from '@tandem/engine';

const form = 1;

/**
 * What is known of connections for a start without the database (I1, I3): whoever was ready stays ready. No credential is in
 * it; own registrations sign in again when the database is back. Undefined: there is none, or it cannot be read.
 */
export function readConnectionsCopy(file: string): readonly StoredConnection[] | undefined {
  try {
    const copy: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof copy !== 'object' || copy === null) return undefined;
    const { version, connections } = copy as { version?: unknown; connections?: unknown };
    return version === form && Array.isArray(connections) ? (connections as StoredConnection[]) : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all. */
export async function writeConnectionsCopy(
  file: string,
  connections: readonly StoredConnection[],
): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify({ version: form, connections }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { PresenceMemory } from '@tandem/engine/presence-sync/presence-memory.ts';

const form = 1;
type Copy = ReturnType<PresenceMemory['dump']>;

/** The setup of presence as it was last, for a start without the database. Undefined: there is none, or it cannot be read. */
export function readPresenceCopy(file: string): Copy | undefined {
  try {
    const copy: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof copy !== 'object' || copy === null) return undefined;
    const { version, settings, people } = copy as Record<string, unknown>;
    return version === form && Array.isArray(settings) && Array.isArray(people)
      ? { settings: settings as Copy['settings'], people: people as Copy['people'] }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all. */
export async function writePresenceCopy(file: string, copy: Copy): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify({ version: form, ...copy }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

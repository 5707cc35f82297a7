import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { AccountId, PersonId } from '@tandem/domain';
import type { PersonState } from '@tandem/engine';

/** Who called for help within the hour, on this machine's disk beside the database: a lost callback may cost a life. */
export interface CallbackWindows {
  /** Those of a process of before that are still open. */
  readonly left: readonly PersonState[];
  keep(accountId: AccountId, personId: PersonId, untilWallMs: number): void;
  /** What was kept is on disk. */
  settled(): Promise<void>;
}

type Row = readonly [AccountId, PersonId, number];

export function openCallbackWindows(
  path: string,
  wall: () => number,
  onProblem: (what: string) => void,
): CallbackWindows {
  const rows = new Map<PersonId, Row>();
  for (const row of read(path)) if (row[2] > wall()) rows.set(row[1], row);
  const left = [...rows.values()].map(([accountId, personId, callbackUntilWallMs]) => ({
    accountId,
    personId,
    callbackUntilWallMs,
  }));
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    for (const [personId, [, , until]] of rows) if (until <= wall()) rows.delete(personId);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify([...rows.values()]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  return {
    left,
    keep(accountId, personId, untilWallMs) {
      rows.set(personId, [accountId, personId, untilWallMs]);
      writing = writing.then(write).catch((error: unknown) => {
        onProblem(`the window for callbacks after an emergency call is not kept on disk: ${String(error)}`);
      });
    },
    settled: () => writing,
  };
}

function read(path: string): readonly Row[] {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(found)
      ? (found as unknown[]).filter(
          (row): row is Row =>
            Array.isArray(row) &&
            typeof row[0] === 'string' &&
            typeof row[1] === 'string' &&
            typeof row[2] === 'number',
        )
      : [];
  } catch {
    return [];
  }
}

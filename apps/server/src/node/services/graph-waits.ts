import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { KeptWaits } from '@tandem/adapters/graph/graph-client.ts';
import type { AppOf } from './microsoft-apps.ts';

interface Wait {
  /** Wall ms. */
  readonly saidAt: number;
  readonly waitMs: number;
}

export interface GraphWaits {
  of(app: AppOf): KeptWaits;
  /** What was said until now is on the disk. */
  settled(): Promise<void>;
}

/**
 * The waits that Microsoft asked for, by app, tenant and kind of request, in a small file: the node that starts after a
 * crash keeps what its predecessor was told (microsoft-graph 7.5). Written when Microsoft says one, which is seldom. Without
 * the file nothing is known, and the first request of a kind goes ahead of the others anyway.
 */
export function openGraphWaits(parts: {
  readonly file: string;
  readonly wall: () => number;
  readonly onProblem: (what: string) => void;
}): GraphWaits {
  const { file, wall } = parts;
  const waits = readWaits(file);
  let writing: Promise<void> | undefined;
  let again = false;

  /** Of a clock that was put back since, no more than the whole wait. */
  const leftMs = ({ saidAt, waitMs }: Wait): number => Math.min(waitMs, saidAt + waitMs - wall());

  async function write(): Promise<void> {
    try {
      do {
        again = false;
        for (const [key, wait] of waits) if (leftMs(wait) <= 0) waits.delete(key);
        mkdirSync(dirname(file), { recursive: true });
        await writeFile(`${file}.new`, JSON.stringify({ version: 1, waits: Object.fromEntries(waits) }));
        await rename(`${file}.new`, file);
      } while (again);
    } catch (error) {
      parts.onProblem(`waits that Microsoft asked for were not kept: ${(error as Error).message}`);
    } finally {
      writing = undefined;
    }
  }

  return {
    of: ({ clientId, entraTenantId }) => {
      const keyOf = (bucket: string): string => `${clientId} ${entraTenantId} ${bucket}`;
      return {
        leftMs(bucket) {
          const wait = waits.get(keyOf(bucket));
          return wait ? Math.max(0, leftMs(wait)) : 0;
        },
        keep(bucket, waitMs) {
          waits.set(keyOf(bucket), { saidAt: wall(), waitMs });
          again = true;
          writing ??= write();
        },
      };
    },
    settled: async () => await writing,
  };
}

function readWaits(file: string): Map<string, Wait> {
  try {
    const { version, waits } = JSON.parse(readFileSync(file, 'utf8')) as {
      version?: unknown;
      waits?: Record<string, Partial<Wait>>;
    };
    if (version !== 1 || typeof waits !== 'object') return new Map();
    return new Map(
      Object.entries(waits).flatMap(([key, { saidAt, waitMs }]) =>
        Number.isFinite(saidAt) && Number.isFinite(waitMs)
          ? [[key, { saidAt, waitMs } as Wait] as const]
          : [],
      ),
    );
  } catch {
    return new Map();
  }
}

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { KeptRegistration } from '@tandem/engine/registrar/registrar.ts';

/**
 * Registrations over a restart: one small file, replaced as a whole, so that a kill in the middle leaves the last whole
 * one. It holds what the phones said anyway (contact and source), no secrets.
 */
export interface RegistrationFile {
  /** Something changed: written soon, many changes at once. */
  changed(): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** The first change is written at once; then a pause: short with few phones, two seconds with ten thousand. */
const pauseMs = (count: number): number => Math.min(2_000, 50 + count / 5);

export function readRegistrations(path: string): readonly KeptRegistration[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch {
    return []; // none yet, or not readable: the phones come back by themselves
  }
}

export function openRegistrationFile(
  path: string,
  kept: () => readonly KeptRegistration[],
  onProblem: (what: string) => void,
): RegistrationFile {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let again = false;
  let closed = false;

  const write = async (): Promise<void> => {
    again = false;
    const list = kept();
    try {
      await writeFile(`${path}.new`, JSON.stringify(list), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      onProblem(`registrations are not kept: ${(error as Error).message}`);
    }
    writing = undefined;
    if (closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (again) writing = write();
    }, pauseMs(list.length));
  };
  return {
    changed() {
      if (writing || timer !== undefined) again = true;
      else if (!closed) writing = write();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await writing;
      await write();
    },
  };
}

function isKept(one: unknown): one is KeptRegistration {
  if (typeof one !== 'object' || one === null) return false;
  const { deviceId, uri, host, port, callId, cseq, sinceWallMs, expiresAtWallMs } = one as Record<
    string,
    unknown
  >;
  return (
    [deviceId, uri, host, callId].every((text) => typeof text === 'string') &&
    [port, cseq, sinceWallMs, expiresAtWallMs].every((number) => Number.isFinite(number))
  );
}

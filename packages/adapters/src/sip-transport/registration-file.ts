import { appendFileSync, closeSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { DeviceId } from '@tandem/domain';
import type { KeptRegistration } from '@tandem/engine/registrar/registrar.ts';

/**
 * Registrations over a restart: a file with one line a change, the last line of a device counts. A line is with the
 * operating system before the phone gets its 200, so that a kill of the process forgets nobody who was told that they
 * are registered. (A power cut may: then the phones come back by themselves.) What the lines hold was said by the phones
 * anyway, contact and source; no secrets.
 */
export interface RegistrationFile {
  /** What is kept of these devices changed. */
  changed(devices: readonly DeviceId[]): void;
  close(): Promise<void>;
}

export interface RegistrationFileOptions {
  readonly path: string;
  /** What is kept of a device now; undefined: nothing. */
  keptOf(deviceId: DeviceId): KeptRegistration | undefined;
  kept(): readonly KeptRegistration[];
  /** Said once until writing works again. */
  onProblem(what: string): void;
  /** The file is written anew, one line a registration, at this many lines or four times those of last time. */
  readonly fewestLines?: number;
}

/** A line that is damaged, as the last one after a power cut may be, is as good as none. */
export function readRegistrations(path: string): readonly KeptRegistration[] {
  const ofDevice = new Map<unknown, KeptRegistration>();
  for (const line of textOf(path).split('\n')) {
    const entry = entryOf(line);
    if (isKept(entry)) ofDevice.set(entry.deviceId, entry);
    else if (entry?.gone === true) ofDevice.delete(entry.deviceId);
  }
  return [...ofDevice.values()];
}

export function openRegistrationFile(options: RegistrationFileOptions): RegistrationFile {
  const { path, keptOf, kept, onProblem } = options;
  const fewestLines = options.fewestLines ?? 1_000;
  const found = textOf(path);
  let descriptor: number | undefined;
  /** The last line may have no end: nothing may be written on to it. */
  let torn = found !== '' && !found.endsWith('\n');
  let lines = found.split('\n').length - 1;
  let linesOfLastTime = 0;
  let rewriting: Promise<void> | undefined;
  /** What is said while the new file is being written goes into both. */
  let meanwhile = '';
  let troubled = false;

  const trouble = (error: unknown): void => {
    if (!troubled) onProblem(`registrations are not kept: ${(error as Error).message}`);
    troubled = true;
  };
  const append = (text: string): void => {
    try {
      descriptor ??= openSync(path, 'a', 0o600);
      writeSync(descriptor, torn ? `\n${text}` : text);
      torn = false;
      troubled = false;
    } catch (error) {
      torn = true;
      trouble(error);
    }
  };
  const rewrite = async (): Promise<void> => {
    meanwhile = '';
    const list = kept();
    try {
      await writeFile(`${path}.new`, list.map(lineOf).join(''), { mode: 0o600 });
      appendFileSync(`${path}.new`, meanwhile);
      renameSync(`${path}.new`, path);
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      torn = false;
      troubled = false;
    } catch (error) {
      trouble(error);
    }
    lines = list.length;
    linesOfLastTime = list.length;
    rewriting = undefined;
  };

  return {
    changed(devices) {
      const text = devices
        .map((deviceId) => lineOf(keptOf(deviceId) ?? { deviceId, gone: true as const }))
        .join('');
      append(text);
      if (rewriting) meanwhile += text;
      lines += devices.length;
      if (!rewriting && lines >= Math.max(fewestLines, 4 * linesOfLastTime)) rewriting = rewrite();
    },
    async close() {
      await rewriting;
      await rewrite();
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

const lineOf = (entry: KeptRegistration | { readonly deviceId: DeviceId; readonly gone: true }): string =>
  `${JSON.stringify(entry)}\n`;

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // none yet, or not readable: the phones come back by themselves
  }
}

function entryOf(line: string): { readonly deviceId?: unknown; readonly gone?: unknown } | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? entry : undefined;
  } catch {
    return undefined;
  }
}

function isKept(entry: unknown): entry is KeptRegistration {
  if (typeof entry !== 'object' || entry === null) return false;
  const { deviceId, uri, host, port, callId, cseq, sinceWallMs, expiresAtWallMs } = entry as Record<
    string,
    unknown
  >;
  return (
    [deviceId, uri, host, callId].every((text) => typeof text === 'string') &&
    [port, cseq, sinceWallMs, expiresAtWallMs].every((number) => Number.isFinite(number))
  );
}

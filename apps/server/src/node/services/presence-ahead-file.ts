import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { JournalAhead, PresenceChange } from '@tandem/engine';

export interface AheadFile extends JournalAhead {
  close(): void;
}

/** More than that is what an outage of the database of many hours leaves; what comes then is in memory only. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Lines of the presence journal that the database does not have yet, on this machine's disk: written before the turn of the
 * event loop ends, so that a node that is killed loses none, whether the database is there or not. A loss of power may
 * take the last second's.
 */
export function openAheadFile(path: string, onProblem: (what: string) => void): AheadFile {
  const left = readLines(path);
  let fd: number | undefined;
  let bytes = 0;
  let lines: string[] = [];
  let planned = false;
  let said = false;

  function trouble(error: unknown): void {
    if (!said) onProblem(`what the presence journal has to tell is not kept on disk: ${String(error)}`);
    said = true;
  }

  try {
    fd = openSync(path, 'a', 0o600);
    bytes = left.bytes;
  } catch (error) {
    trouble(error);
  }

  function write(): void {
    planned = false;
    if (fd === undefined || lines.length === 0 || bytes > mostBytes) return;
    const text = lines.join('');
    lines = [];
    try {
      bytes += writeSync(fd, text);
    } catch (error) {
      trouble(error);
    }
  }

  return {
    left: () => left.changes,
    add(change) {
      lines.push(`${JSON.stringify(change)}\n`);
      if (planned) return;
      planned = true;
      // One write for all that one turn says: a busy moment costs no more than a quiet one.
      setImmediate(write);
    },
    allStored() {
      lines = [];
      if (fd === undefined || bytes === 0) return;
      try {
        ftruncateSync(fd, 0);
        bytes = 0;
        said = false;
      } catch (error) {
        trouble(error);
      }
    },
    close() {
      if (fd === undefined) return;
      write();
      try {
        fsyncSync(fd);
        closeSync(fd);
      } catch (error) {
        trouble(error);
      }
      fd = undefined;
    },
  };
}

/** A line that was cut off by the end of its process was told to nobody. */
function readLines(path: string): { readonly changes: readonly PresenceChange[]; readonly bytes: number } {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { changes: [], bytes: 0 };
  }
  const changes = text.split('\n').flatMap((line): PresenceChange[] => {
    try {
      const change = JSON.parse(line) as PresenceChange;
      return typeof change.personId === 'string' && typeof change.atWallMs === 'number' ? [change] : [];
    } catch {
      return [];
    }
  });
  return { changes, bytes: Buffer.byteLength(text) };
}

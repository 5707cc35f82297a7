import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Append-only journal of what Microsoft told us: one line an accepted POST, on disk before its 202 (T16). Nothing of a person is in
 * it. Lines of one moment go to disk in one write; what waits is bounded, and past the bound, or while the disk fails, an entry is
 * refused, so that Microsoft sends it again.
 */
export interface HintJournal {
  /** Resolves when the line is on disk; rejects when it cannot be stored in time. */
  append(hint: JournalledHint): Promise<void>;
  /** Wall ms of the newest line of each connection, also of an earlier start. */
  lastHeard(connectionId: string): number | undefined;
  close(): Promise<void>;
}

export interface JournalledHint {
  readonly atWallMs: number;
  readonly connectionId: string;
  readonly items: readonly { readonly subscriptionId: string; readonly what: string }[];
}

export interface HintJournalOptions {
  readonly dir: string;
  readonly mostBytes?: number;
  readonly mostWaiting?: number;
  /** For tests of a disk that fails. */
  readonly write?: (file: FileHandle, text: string) => Promise<void>;
}

const defaultMostBytes = 4 << 20;
const defaultMostWaiting = 2_000;

export class JournalFull extends Error {
  readonly code = 'hint-journal-full';
}

const durable = async (file: FileHandle, text: string): Promise<void> => {
  await file.appendFile(text, 'utf8');
  await file.datasync();
};

export async function openHintJournal(options: HintJournalOptions): Promise<HintJournal> {
  const { dir, mostBytes = defaultMostBytes, mostWaiting = defaultMostWaiting, write = durable } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, 'notifications.jsonl');
  const heard = new Map<string, number>();
  for (const text of [await textOf(`${path}.1`), await textOf(path)])
    for (const line of text.split('\n')) {
      const hint = readLine(line);
      if (hint) heard.set(hint.connectionId, Math.max(hint.atWallMs, heard.get(hint.connectionId) ?? 0));
    }

  let file: FileHandle | undefined;
  let bytes = (await stat(path).catch(() => undefined))?.size ?? 0;
  let waiting: { readonly line: string; readonly done: (error?: Error) => void }[] = [];
  let writing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const text = batch.map(({ line }) => line).join('');
      try {
        if (bytes > mostBytes) {
          await file?.close();
          file = undefined;
          await rename(path, `${path}.1`);
          bytes = 0;
        }
        // A line that was torn by a crash ends here, and is passed over when it is read.
        file ??= await open(path, 'a', 0o600);
        await write(file, bytes === 0 ? text : `\n${text}`);
        bytes += text.length;
        for (const { done } of batch) done();
      } catch (cause) {
        await file?.close().catch(() => undefined);
        file = undefined;
        const error = new JournalFull('a notification cannot be stored', { cause });
        for (const { done } of batch) done(error);
      }
    }
    // In the same turn as the look at what waits: an entry that comes right after it begins the next write.
    writing = undefined;
  }

  return {
    append(hint) {
      if (waiting.length >= mostWaiting) return Promise.reject(new JournalFull('too many wait to be stored'));
      return new Promise<void>((resolve, reject) => {
        const done = (error?: Error): void => {
          if (error) reject(error);
          else {
            heard.set(hint.connectionId, hint.atWallMs);
            resolve();
          }
        };
        waiting.push({ line: `${JSON.stringify(hint)}\n`, done });
        writing ??= Promise.resolve().then(flush);
      });
    },
    lastHeard: (connectionId) => heard.get(connectionId),
    async close() {
      await writing;
      await file?.close();
      file = undefined;
    },
  };
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

function readLine(line: string): JournalledHint | undefined {
  if (line === '') return undefined;
  try {
    const hint = JSON.parse(line) as Partial<JournalledHint>;
    return typeof hint.atWallMs === 'number' && typeof hint.connectionId === 'string'
      ? (hint as JournalledHint)
      : undefined;
  } catch {
    return undefined;
  }
}

import { close, constants, fsync, open, readdirSync, statSync, unlink, write } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * The journal's files. A position counts bytes over all segments; a segment is named by the position of its first
 * byte, 16 hex digits, so that the names sort and any position finds its file.
 */
export interface Segment {
  readonly start: number;
  readonly file: string;
  /** Bytes on disk, zeros ahead of the writer included. */
  readonly bytes: number;
  readonly changedAtMs: number;
}

const nameShape = /^([0-9a-f]{16})\.journal$/;
export const segmentFile = (dir: string, start: number): string =>
  path.join(dir, `${start.toString(16).padStart(16, '0')}.journal`);

/** By position. */
export function listSegments(dir: string): Segment[] {
  const segments: Segment[] = [];
  for (const name of readdirSync(dir)) {
    const match = nameShape.exec(name);
    if (!match) continue;
    const file = path.join(dir, name);
    const { size, mtimeMs } = statSync(file);
    segments.push({
      start: Number.parseInt(match[1] as string, 16),
      file,
      bytes: size,
      changedAtMs: mtimeMs,
    });
  }
  return segments.sort((a, b) => a.start - b.start);
}

/** The calls to the file system that matter for durability; a test puts faults in. */
export interface JournalFiles {
  /** Opens a new file whose writes are on disk when they return (O_DSYNC: one call instead of write and fdatasync). */
  create(file: string): Promise<number>;
  /** An ordinary handle on the same file, for writing zeros ahead. */
  reopen(file: string): Promise<number>;
  /** Calls back with an error unless all bytes were written. */
  write(
    fd: number,
    buffer: Buffer,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void;
  close(fd: number): Promise<void>;
  remove(file: string): Promise<void>;
  /** Makes a new or removed name durable. */
  syncFolder(dir: string): Promise<void>;
}

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fsync);
const removeFile = promisify(unlink);
// Windows has no O_DSYNC in Node; it falls back to fdatasync after each write.
const dsync: number = constants.O_DSYNC ?? 0;

export const realFiles: JournalFiles = {
  create: (file) => openFile(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | dsync, 0o600),
  reopen: (file) => openFile(file, constants.O_WRONLY),
  write(fd, buffer, length, position, done) {
    write(fd, buffer, 0, length, position, (error, written) => {
      if (error) done(error);
      else if (written !== length)
        done(Object.assign(new Error(`${written} of ${length} bytes written`), { code: 'ENOSPC' }));
      else if (dsync === 0) fsync(fd, done);
      else done(null);
    });
  },
  close: (fd) => closeFile(fd),
  remove: (file) => removeFile(file),
  async syncFolder(dir) {
    if (process.platform === 'win32') return;
    const fd = await openFile(dir, 'r');
    await syncFile(fd).finally(() => closeFile(fd));
  },
};

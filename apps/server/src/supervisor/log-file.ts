import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

/**
 * A child's log: appended line by line, moved to `FILE.1` when it reaches its bound, so that at most twice the bound is
 * on disk. A disk that does not take a line costs that line, never the child.
 */
export interface LogFile {
  write(line: string): void;
  close(): void;
}

const boundBytes = 8 * 1024 * 1024;
const longestLine = 16 * 1024;

export const openLogFile = (path: string): LogFile => {
  let size = existsSync(path) ? statSync(path).size : 0;
  let descriptor: number | undefined;
  const open = (): void => {
    descriptor = openSync(path, 'a', 0o600);
  };
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  return {
    write(line) {
      try {
        if (size > boundBytes) {
          close();
          renameSync(path, `${path}.1`);
          size = 0;
        }
        if (descriptor === undefined) open();
        size += writeSync(descriptor!, `${line.slice(0, longestLine)}\n`);
      } catch {
        close(); // full or read-only: the next line tries again
      }
    },
    close,
  };
};

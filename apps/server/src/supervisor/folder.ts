import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What the system says, for people who chose the place. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'it belongs to another user',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EEXIST: 'a file is in the way',
  ENOTDIR: 'a file is in the way',
  ENOENT: 'no folders can be made there',
};

/** What `make` throws of the disk, as a sentence that names the data directory and the next step. */
export const sayingWhere = <T>(path: string, make: () => T): T => {
  try {
    return make();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(
      `The data directory ${path} cannot be used: ${reasons[code] ?? message}. Mend that, or choose another place with --data.`,
      { cause: error },
    );
  }
};

/**
 * Makes a folder with those above it, one by one: Node's own recursive mkdir calls a read-only disk ENOENT, and never
 * returns where the system makes no folders (below /proc).
 */
export const makeFolder = (path: string, mode: number): void => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (!found && dirname(path) !== path) makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody made it in the same moment.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
};

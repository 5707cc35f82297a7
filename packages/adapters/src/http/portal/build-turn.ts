import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * One at a time among processes that share a folder: whoever makes the directory has the turn. A holder that died is
 * known by its pid and loses it.
 */
export async function takeTurn(
  directory: string,
  /** Asked while waiting; true = the turn is not needed any more, and none is taken. */
  needless: () => boolean,
  waitMs = 250,
): Promise<{ giveBack(): Promise<void> }> {
  const holder = join(directory, 'pid');
  const nothing = { giveBack: () => Promise.resolve() };
  for (;;) {
    if (needless()) return nothing;
    try {
      await mkdir(directory);
      await writeFile(holder, String(process.pid));
      return { giveBack: () => rm(directory, { recursive: true, force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = Number(await readFile(holder, 'utf8').catch(() => ''));
    // Without a pid the holder is between two steps: it gets one more look before it counts as dead.
    await new Promise((look) => setTimeout(look, waitMs));
    const still = Number(await readFile(holder, 'utf8').catch(() => ''));
    if (pid === still && !isAlive(still)) await rm(directory, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

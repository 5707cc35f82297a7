import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountId } from '@tandem/domain';
import type { Announcements } from '@tandem/engine/ports/announcements.ts';

const named = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.wav$/;
/** As `printWav` writes it: 44 bytes before the sound, 16 bits a sample, 8 kHz. */
const lengthOf = (bytes: number): number => Math.max(0, Math.floor((bytes - 44) / 16));

/** Recordings that callers of a number out of service hear, one an account, on the disk of this node. Known from memory. */
export class AnnouncementFiles implements Announcements {
  readonly #dir: string;
  readonly #lengths = new Map<string, number>();

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(dir)) {
      const id = named.exec(name)?.[1];
      if (id !== undefined) this.#lengths.set(id, lengthOf(statSync(join(dir, name)).size));
    }
  }

  fileOf(accountId: AccountId): string | undefined {
    return this.#lengths.has(accountId) ? this.#path(accountId) : undefined;
  }

  lengthMs(accountId: AccountId): number | undefined {
    return this.#lengths.get(accountId);
  }

  /** Holds for the next call when it resolves; replaced as a whole. */
  async write(accountId: AccountId, wav: Buffer): Promise<void> {
    const path = this.#path(accountId);
    await writeFile(`${path}.new`, wav, { mode: 0o600 });
    await rename(`${path}.new`, path);
    this.#lengths.set(accountId, lengthOf(wav.length));
  }

  async remove(accountId: AccountId): Promise<void> {
    this.#lengths.delete(accountId);
    await rm(this.#path(accountId), { force: true });
  }

  #path(accountId: AccountId): string {
    return join(this.#dir, `${accountId}.wav`);
  }
}

import { mkdirSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { shortestMessageMs } from '@tandem/domain';
import type { MessageEnvelope } from '@tandem/engine/ports/voicemail-store.ts';

/** Below this nobody is asked to speak: the journal of calls needs the rest of the disk more. */
const leastFreeBytes = 64 * 1024 * 1024;
/** Mu-law at 8 kHz: a byte a sample. */
const bytesPerMs = 8;

const named = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(json|ulaw|wav)$/;

/** An envelope as it stands on disk; with its length once the caller has gone. */
export interface SpooledMessage {
  readonly envelope: MessageEnvelope;
  readonly lengthMs?: number;
}

/**
 * What was said, on disk: `incoming` while it is recorded or waits for its row, `messages` afterwards, `greetings` by account or
 * person. All of it is the owner's alone (0600). A file is moved or replaced as a whole.
 */
export class MessageFiles {
  readonly #incoming: string;
  readonly #messages: string;
  readonly #greetings: string;

  constructor(dir: string) {
    this.#incoming = join(dir, 'incoming');
    this.#messages = join(dir, 'messages');
    this.#greetings = join(dir, 'greetings');
    for (const each of [this.#incoming, this.#messages, this.#greetings])
      mkdirSync(each, { recursive: true, mode: 0o700 });
  }

  /** Where the sound of a message goes while it comes in. */
  recording(id: string): string {
    return join(this.#incoming, `${id}.ulaw`);
  }

  greeting(subjectId: string): string {
    return join(this.#greetings, `${subjectId}.wav`);
  }

  /** The envelope is on the disk when this resolves; it rejects when the disk takes no more. */
  async begin(envelope: MessageEnvelope): Promise<void> {
    const { bavail, bsize } = await statfs(this.#incoming);
    if (bavail * bsize < leastFreeBytes) throw new Error('the disk is nearly full');
    await this.#spool({ envelope });
  }

  /** Its length is on the disk, too: from now on it is a message. Undefined: too short to be one, and gone. */
  async seal(envelope: MessageEnvelope): Promise<number | undefined> {
    const lengthMs = await this.#lengthMs(envelope.id);
    if (lengthMs < shortestMessageMs) {
      await this.drop(envelope.id);
      return undefined;
    }
    await this.#spool({ envelope, lengthMs });
    return lengthMs;
  }

  /** How much was said so far. */
  lengthMs(id: string): Promise<number> {
    return this.#lengthMs(id);
  }

  /** Everything in `incoming` that has an envelope; sound without one is dropped, for nobody knows whose it is. */
  async spooled(): Promise<SpooledMessage[]> {
    const found: SpooledMessage[] = [];
    const names = await readdir(this.#incoming);
    for (const name of names) {
      const [, id, kind] = named.exec(name) ?? [];
      if (id === undefined) await rm(join(this.#incoming, name), { force: true });
      else if (kind === 'ulaw' && !names.includes(`${id}.json`)) await this.drop(id);
      else if (kind === 'json') {
        const message = await readSpooled(join(this.#incoming, name));
        if (message) found.push(message);
        else await this.drop(id);
      }
    }
    return found;
  }

  /** The sound is where messages are kept. Done twice it is done once. */
  async keep(id: string): Promise<void> {
    await rename(this.recording(id), this.#message(id)).catch(ignoreAbsent);
  }

  /** The row stands: the envelope is not needed any more. */
  async forgetEnvelope(id: string): Promise<void> {
    await rm(join(this.#incoming, `${id}.json`), { force: true });
  }

  /** Nothing is left of it, envelope last, so that a crash in between is seen by the next start. */
  async drop(id: string): Promise<void> {
    for (const file of [this.recording(id), this.#message(id), join(this.#incoming, `${id}.json`)])
      await rm(file, { force: true });
  }

  /** Undefined: there is no sound (any more). */
  async read(id: string): Promise<Buffer | undefined> {
    return await readFile(this.#message(id)).catch(() => undefined);
  }

  async writeGreeting(subjectId: string, wav: Buffer): Promise<void> {
    await writeWhole(this.greeting(subjectId), wav);
  }

  async removeGreeting(subjectId: string): Promise<void> {
    await rm(this.greeting(subjectId), { force: true });
  }

  /** Ids of messages and greetings on disk. */
  async kept(): Promise<{ readonly messages: readonly string[]; readonly greetings: readonly string[] }> {
    const idsIn = async (folder: string): Promise<string[]> =>
      (await readdir(folder)).flatMap((name) => named.exec(name)?.[1] ?? []);
    return { messages: await idsIn(this.#messages), greetings: await idsIn(this.#greetings) };
  }

  #message(id: string): string {
    return join(this.#messages, `${id}.ulaw`);
  }

  async #spool(message: SpooledMessage): Promise<void> {
    const { id } = message.envelope;
    await writeWhole(join(this.#incoming, `${id}.json`), Buffer.from(JSON.stringify(message)));
  }

  async #lengthMs(id: string): Promise<number> {
    for (const file of [this.recording(id), this.#message(id)]) {
      const size = await stat(file).then(
        (seen) => seen.size,
        () => undefined,
      );
      if (size !== undefined) return Math.floor(size / bytesPerMs);
    }
    return 0;
  }
}

/** Beside, flushed, renamed: a crash leaves the old or the new one. */
async function writeWhole(file: string, bytes: Buffer): Promise<void> {
  const beside = `${file}.new`;
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
}

async function readSpooled(file: string): Promise<SpooledMessage | undefined> {
  try {
    const read: SpooledMessage = JSON.parse(await readFile(file, 'utf8'));
    return typeof read.envelope.id === 'string' ? read : undefined;
  } catch {
    return undefined;
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

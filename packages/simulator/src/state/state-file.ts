import { readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * What the twin must not forget when it is started again on its data: numbers, licences, groups, consents. One JSON file,
 * written whole and put in place by rename, so that it is the old one or the new one whenever the twin dies. Each part
 * of the twin owns a section and gives it back what it was; what a part cannot read it leaves out, and starts over.
 */

export interface StateSection {
  /** Raised when an older form can no longer be restored; an older one is then dropped. */
  readonly version: number;
  /** Everything that differs from the twin's start, as JSON. */
  save(): unknown;
  /** What `save` gave, in the same version. Called once, before anybody is served. */
  restore(value: unknown): void;
}

interface Written {
  readonly format: 1;
  readonly sections: Readonly<Record<string, { readonly version: number; readonly value: unknown }>>;
}

export interface StateFileOptions {
  readonly path: string;
  /** Runs `fire` once after `ms`; the returned function cancels it. */
  readonly after: (ms: number, fire: () => void) => () => void;
  /** Told when the file cannot be read or written, in words. */
  readonly onTrouble: (what: string) => void;
}

/** Changes come in bursts; a twin that dies loses at most this, or a little more when there is much to write. */
const debounceMs = 150;
/** Of its time the twin spends no more than this part on its memory. */
const share = 1 / 20;

export class StateFile {
  readonly #options: StateFileOptions;
  readonly #sections = new Map<string, StateSection>();
  readonly #found: Written['sections'];
  #cancel: (() => void) | undefined;
  #lastTookMs = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: StateFileOptions) {
    this.#options = options;
    this.#found = this.#read();
  }

  /** Takes a section in and restores it at once from what the file held. Returns what to call after every change. */
  register(name: string, section: StateSection): () => void {
    this.#sections.set(name, section);
    const held = this.#found[name];
    if (held?.version === section.version) {
      try {
        section.restore(held.value);
      } catch (error) {
        this.#options.onTrouble(`section ${name} was not restored: ${(error as Error).message}`);
      }
    }
    return () => this.changed();
  }

  changed(): void {
    this.#cancel ??= this.#options.after(Math.max(debounceMs, this.#lastTookMs / share), () => {
      this.#cancel = undefined;
      void this.flush();
    });
  }

  /** Writes now what may still be due. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  #read(): Written['sections'] {
    try {
      const held = JSON.parse(readFileSync(this.#options.path, 'utf8')) as Partial<Written>;
      if (held.format === 1 && typeof held.sections === 'object' && held.sections) return held.sections;
      this.#options.onTrouble(`${this.#options.path} has another format and is not used`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#options.onTrouble(`${this.#options.path} cannot be read: ${(error as Error).message}`);
    }
    return {};
  }

  async #write(): Promise<void> {
    const { path } = this.#options;
    const started = performance.now();
    const sections: Record<string, { version: number; value: unknown }> = {};
    for (const [name, section] of this.#sections)
      sections[name] = { version: section.version, value: section.save() };
    try {
      const text = JSON.stringify({ format: 1, sections } satisfies Written);
      this.#lastTookMs = performance.now() - started;
      await mkdir(dirname(path), { recursive: true });
      const file = await open(`${path}.new`, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    } catch (error) {
      this.#options.onTrouble(`${path} cannot be written: ${(error as Error).message}`);
    }
  }
}

import { type FileHandle, open } from 'node:fs/promises';
import type { LegSide, Recording } from '@tandem/media';

/**
 * A recording on its way to the disk, a second at a time: what the process had heard before it died is there. The file is the
 * owner's alone and must not exist yet.
 */
export class RecordingFile {
  readonly side: LegSide;
  readonly recording: Recording;
  readonly #file: FileHandle;
  readonly #onFailure: () => void;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  private constructor(side: LegSide, recording: Recording, file: FileHandle, onFailure: () => void) {
    this.side = side;
    this.recording = recording;
    this.#file = file;
    this.#onFailure = onFailure;
  }

  /** A sentence when it cannot be written. */
  static async create(
    path: string,
    side: LegSide,
    recording: Recording,
    onFailure: () => void,
  ): Promise<RecordingFile | string> {
    try {
      return new RecordingFile(side, recording, await open(path, 'wx', 0o600), onFailure);
    } catch (error) {
      return `the file cannot be made (${codeOf(error)})`;
    }
  }

  /** Writes what came since the last time. Never rejects: a disk that is full is told once. */
  flush(): Promise<void> {
    const codes = this.recording.take();
    if (codes.length > 0)
      this.#writing = this.#writing
        .then(async () => void (this.#failed || (await this.#file.appendFile(codes))))
        .catch(() => this.#fail());
    return this.#writing;
  }

  /** All of it is on the disk. */
  async end(): Promise<void> {
    await this.flush();
    await this.#file.datasync().catch(() => this.#fail());
    await this.#file.close().catch(() => undefined);
  }

  #fail(): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#onFailure();
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';

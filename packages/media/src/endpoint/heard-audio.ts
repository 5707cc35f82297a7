/** What one party heard, laid out by RTP timestamp: lost packets are silence, reordered ones land where they belong. */
export class HeardAudio {
  readonly #limit: number;
  #samples = new Int16Array(8000);
  #length = 0;
  #origin = -1;
  #base = 0;

  /** `limitSamples`: what comes later is not kept. */
  constructor(limitSamples: number) {
    this.#limit = limitSamples;
  }

  /** A new source starts a new time base, placed right after what was heard so far. */
  rebase(): void {
    this.#origin = -1;
    this.#base = this.#length;
  }

  add(timestamp: number, pcm: Int16Array): void {
    if (this.#origin < 0) this.#origin = timestamp;
    let offset = (timestamp - this.#origin) | 0;
    // A jump of more than a minute either way is a source that started over.
    if (Math.abs(offset) > 480_000) {
      this.#origin = timestamp;
      this.#base = this.#length;
      offset = 0;
    }
    const at = this.#base + offset;
    if (at < 0 || at + pcm.length > this.#limit) return;
    if (at + pcm.length > this.#samples.length) this.#grow(at + pcm.length);
    this.#samples.set(pcm, at);
    this.#length = Math.max(this.#length, at + pcm.length);
  }

  /** A view, valid until the next packet. */
  samples(): Int16Array {
    return this.#samples.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.#samples.fill(0);
    this.rebase();
  }

  #grow(size: number): void {
    const next = new Int16Array(Math.min(this.#limit, Math.max(size, this.#samples.length * 2)));
    next.set(this.#samples.subarray(0, this.#length));
    this.#samples = next;
  }
}

/** RFC 3711 §3.3.2 asks for at least 64; ours is 128 (reliability T08). */
export const REPLAY_WINDOW = 128;

/** Which of the last 128 packet indexes were seen. The bit of index i is i mod 128. */
export class ReplayWindow {
  #bits0 = 0;
  #bits1 = 0;
  #bits2 = 0;
  #bits3 = 0;
  highest = -1;

  /** Not seen and not too old to tell. */
  isFresh(index: number): boolean {
    if (index > this.highest) return true;
    if (index <= this.highest - REPLAY_WINDOW) return false;
    return (this.#word((index >>> 5) & 3) & (1 << (index & 31))) === 0;
  }

  /** Call only after the packet proved authentic. */
  mark(index: number): void {
    if (index > this.highest) {
      if (this.highest < 0 || index - this.highest >= REPLAY_WINDOW) {
        this.#bits0 = 0;
        this.#bits1 = 0;
        this.#bits2 = 0;
        this.#bits3 = 0;
      } else {
        for (let i = this.highest + 1; i < index; i += 1) this.#write(i, false);
      }
      this.highest = index;
    }
    this.#write(index, true);
  }

  #word(word: number): number {
    return word === 0 ? this.#bits0 : word === 1 ? this.#bits1 : word === 2 ? this.#bits2 : this.#bits3;
  }

  #write(index: number, seen: boolean): void {
    const word = (index >>> 5) & 3;
    const bit = 1 << (index & 31);
    const value = seen ? this.#word(word) | bit : this.#word(word) & ~bit;
    if (word === 0) this.#bits0 = value;
    else if (word === 1) this.#bits1 = value;
    else if (word === 2) this.#bits2 = value;
    else this.#bits3 = value;
  }
}

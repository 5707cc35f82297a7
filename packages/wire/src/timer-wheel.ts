/**
 * Many short timers for the price of one: a hashed wheel with 10 ms slots, driven by one Node timer that stops when
 * nothing is pending. A call has a handful of timers that are almost always cancelled, which is a linked-list unlink.
 */
const slotMs = 10;
const slots = 1024;

interface Entry {
  dueTick: number;
  fire: (() => void) | undefined;
}

export class TimerWheel {
  readonly #wheel: Entry[][] = Array.from({ length: slots }, () => []);
  readonly #now: () => number;
  #tick: number;
  #pending = 0;
  #driver: NodeJS.Timeout | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#tick = Math.floor(now() / slotMs);
  }

  get pending(): number {
    return this.#pending;
  }

  /** Fires once, not before `ms` and usually within 10 ms after. The returned function cancels it. */
  after(ms: number, fire: () => void): () => void {
    if (this.#pending === 0) this.#tick = Math.floor(this.#now() / slotMs);
    const dueTick = Math.max(this.#tick + 1, Math.ceil((this.#now() + ms) / slotMs));
    const entry: Entry = { dueTick, fire };
    (this.#wheel[dueTick % slots] as Entry[]).push(entry);
    this.#pending += 1;
    this.#driver ??= setInterval(() => this.#turn(), slotMs);
    return () => {
      if (entry.fire === undefined) return;
      entry.fire = undefined;
      this.#pending -= 1;
      this.#stopIfIdle();
    };
  }

  close(): void {
    for (const slot of this.#wheel) slot.length = 0;
    this.#pending = 0;
    this.#stopIfIdle();
  }

  #turn(): void {
    const until = Math.floor(this.#now() / slotMs);
    while (this.#tick < until && this.#pending > 0) {
      this.#tick += 1;
      this.#expire(this.#tick);
    }
    this.#tick = Math.max(this.#tick, until);
    this.#stopIfIdle();
  }

  #expire(tick: number): void {
    const index = tick % slots;
    const due = this.#wheel[index] as Entry[];
    if (due.length === 0) return;
    const later: Entry[] = [];
    this.#wheel[index] = later;
    for (const entry of due) {
      if (entry.fire === undefined) continue;
      if (entry.dueTick > tick) {
        later.push(entry);
        continue;
      }
      const fire = entry.fire;
      entry.fire = undefined;
      this.#pending -= 1;
      fire();
    }
  }

  #stopIfIdle(): void {
    if (this.#pending > 0 || this.#driver === undefined) return;
    clearInterval(this.#driver);
    this.#driver = undefined;
  }
}

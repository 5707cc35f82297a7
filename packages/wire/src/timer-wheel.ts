/**
 * Many short timers for the price of one: a hashed wheel with 10 ms slots, driven by one Node timer that is set for the
 * next slot with anything in it. A call has a handful of timers that are almost always cancelled, which is a linked-list unlink.
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
  /** The tick for which the driver is set. */
  #wakeTick = 0;

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
    this.#wakeAt(dueTick);
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

  #wakeAt(tick: number): void {
    if (this.#driver !== undefined) {
      if (this.#wakeTick <= tick) return;
      clearTimeout(this.#driver);
    }
    this.#wakeTick = tick;
    this.#driver = setTimeout(this.#turn, Math.max(1, Math.ceil(tick * slotMs - this.#now())));
  }

  /** The next tick whose slot holds anything, were it for a later turn of the wheel. */
  #nextTick(): number {
    for (let ahead = 1; ahead < slots; ahead += 1)
      if ((this.#wheel[(this.#tick + ahead) % slots] as Entry[]).length > 0) return this.#tick + ahead;
    return this.#tick + slots;
  }

  readonly #turn = (): void => {
    this.#driver = undefined;
    const until = Math.floor(this.#now() / slotMs);
    while (this.#tick < until && this.#pending > 0) {
      this.#tick += 1;
      this.#expire(this.#tick);
    }
    this.#tick = Math.max(this.#tick, until);
    if (this.#pending > 0) this.#wakeAt(this.#nextTick());
  };

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
    clearTimeout(this.#driver);
    this.#driver = undefined;
  }
}

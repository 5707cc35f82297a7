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

interface Slot {
  entries: Entry[];
  /** Of them, those not cancelled: for the others nobody needs to wake. */
  waiting: number;
}

export class TimerWheel {
  readonly #wheel: Slot[] = Array.from({ length: slots }, () => ({ entries: [], waiting: 0 }));
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
    const slot = this.#wheel[dueTick % slots] as Slot;
    // A slot of which all was cancelled is not visited: it must not grow for ever.
    if (slot.waiting === 0) slot.entries.length = 0;
    slot.entries.push(entry);
    slot.waiting += 1;
    this.#pending += 1;
    this.#wakeAt(dueTick);
    return () => {
      if (entry.fire === undefined) return;
      entry.fire = undefined;
      slot.waiting -= 1;
      this.#pending -= 1;
      this.#stopIfIdle();
    };
  }

  close(): void {
    for (const slot of this.#wheel) {
      slot.entries.length = 0;
      slot.waiting = 0;
    }
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

  /** The next tick whose slot holds anything that waits, were it for a later turn of the wheel. */
  #nextTick(): number {
    for (let ahead = 1; ahead < slots; ahead += 1)
      if ((this.#wheel[(this.#tick + ahead) % slots] as Slot).waiting > 0) return this.#tick + ahead;
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
    const slot = this.#wheel[tick % slots] as Slot;
    if (slot.waiting === 0) return;
    const due = slot.entries;
    const later: Entry[] = [];
    slot.entries = later;
    for (const entry of due) {
      if (entry.fire === undefined) continue;
      if (entry.dueTick > tick) {
        later.push(entry);
        continue;
      }
      const fire = entry.fire;
      entry.fire = undefined;
      slot.waiting -= 1;
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

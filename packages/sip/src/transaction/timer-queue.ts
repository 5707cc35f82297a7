/**
 * Every timer of a user agent in one structure. SIP uses a dozen different durations and thousands of timers of each,
 * and time only moves forward: so timers of equal duration are due in the order in which they were set. One linked
 * list per duration is therefore sorted by itself; set, cancel and fire cost O(1) and a cancelled timer is gone at
 * once, with everything it held.
 */
export interface TimerOwner {
  timerFired(timer: string, now: number): void;
}

/** A set timer; opaque to its owner. */
export interface Timer {
  readonly due: number;
}

class Node implements Timer {
  due: number;
  readonly order: number;
  name: string;
  owner: TimerOwner | undefined;
  list: List | undefined;
  before: Node | undefined = undefined;
  after: Node | undefined = undefined;

  constructor(due: number, order: number, name: string, owner: TimerOwner, list: List) {
    this.due = due;
    this.order = order;
    this.name = name;
    this.owner = owner;
    this.list = list;
  }
}

class List {
  first: Node | undefined = undefined;
  last: Node | undefined = undefined;
}

/** Durations that are not SIP's (a caller's odd time-out) leave empty lists behind; beyond this they are swept. */
const SWEEP_ABOVE = 48;

export class TimerQueue {
  readonly #lists = new Map<number, List>();
  /** The same lists: looked through for every timer that fires. */
  #all: List[] = [];
  #now = 0;
  #order = 0;
  #size = 0;

  /** The latest time seen. Time that seems to run backwards stands still. */
  get now(): number {
    return this.#now;
  }

  get size(): number {
    return this.#size;
  }

  moveTo(now: number): void {
    if (now > this.#now) this.#now = now;
  }

  /** Calls `owner.timerFired(name)` once, `afterMs` from now. */
  set(afterMs: number, name: string, owner: TimerOwner): Timer {
    let list = this.#lists.get(afterMs);
    if (!list) {
      if (this.#lists.size > SWEEP_ABOVE) this.#sweep();
      list = new List();
      this.#lists.set(afterMs, list);
      this.#all.push(list);
    }
    const node = new Node(this.#now + afterMs, this.#order++, name, owner, list);
    node.before = list.last;
    if (list.last) list.last.after = node;
    else list.first = node;
    list.last = node;
    this.#size++;
    return node;
  }

  /** Forgets a timer. Harmless when it has fired or was cancelled before. */
  cancel(timer: Timer | undefined): void {
    if (timer instanceof Node) this.#unlink(timer);
  }

  nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /** Fires all that is due, in order of time, including what the owners set for this very moment. */
  fireDue(now: number): void {
    this.moveTo(now);
    for (let node = this.#next(); node && node.due <= this.#now; node = this.#next()) {
      const { owner, name } = node;
      this.#unlink(node);
      owner?.timerFired(name, this.#now);
    }
  }

  #next(): Node | undefined {
    let next: Node | undefined;
    const all = this.#all;
    for (let at = 0; at < all.length; at++) {
      const { first } = all[at]!;
      if (!first) continue;
      if (!next || first.due < next.due || (first.due === next.due && first.order < next.order)) next = first;
    }
    return next;
  }

  #unlink(node: Node): void {
    const { list, before, after } = node;
    if (!list) return;
    if (before) before.after = after;
    else list.first = after;
    if (after) after.before = before;
    else list.last = before;
    node.list = node.before = node.after = node.owner = undefined;
    this.#size--;
  }

  #sweep(): void {
    for (const [duration, list] of this.#lists) if (!list.first) this.#lists.delete(duration);
    this.#all = [...this.#lists.values()];
  }
}

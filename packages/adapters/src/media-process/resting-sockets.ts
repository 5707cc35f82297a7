import type { Socket } from 'node:dgram';

/** Late packets of the old call fall into an empty socket meanwhile. */
const REST_MS = 5_000;
/** Not wanted for so long: an idle relay holds no ports that a neighbour may want. */
const UNWANTED_MS = 15_000;
/** After so many calls the port is given back and another one drawn: who calls often must not learn them all (T08). */
const MOST_USES = 16;

export interface RestingSocket {
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
  readonly uses: number;
}

/**
 * Bound sockets of calls that are over, for calls to come: opening one costs five system calls and a tenth of a
 * millisecond. One that rests hears nothing and belongs to nobody.
 */
export class RestingSockets {
  readonly #most: number;
  readonly #resting: (RestingSocket & { readonly sinceMs: number })[] = [];

  readonly #now: () => number;

  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  get size(): number {
    return this.#resting.length;
  }

  /** A socket on `address` that has rested; `tired`: any that there is, because no port is free. */
  take(address: string, random32: number, tired = false): RestingSocket | undefined {
    const until = this.#now() - REST_MS;
    let ready = tired ? this.#resting.length : 0;
    while (ready < this.#resting.length && this.#resting[ready]!.sinceMs <= until) ready += 1;
    if (ready === 0) return undefined;
    const at = random32 % ready;
    if (this.#resting[at]!.address !== address) return undefined;
    return this.#resting.splice(at, 1)[0];
  }

  /** False: it has been used often enough, or enough of them rest: close it. */
  put(socket: RestingSocket): boolean {
    if (socket.uses >= MOST_USES || this.#resting.length >= this.#most) return false;
    this.#resting.push({ ...socket, sinceMs: this.#now() });
    return true;
  }

  /** Those that nobody wanted for long, to be closed. */
  unwanted(): readonly RestingSocket[] {
    const until = this.#now() - UNWANTED_MS;
    let old = 0;
    while (old < this.#resting.length && this.#resting[old]!.sinceMs <= until) old += 1;
    return this.#resting.splice(0, old);
  }

  /** All of them, to be closed. */
  clear(): readonly RestingSocket[] {
    return this.#resting.splice(0);
  }
}

import type { DnsFault } from '../dns/zone.ts';

/** What can be broken on purpose. One board for the whole twin; every switch is off at start. */

export const hubFaults = {
  reset: 'accepts TCP connections and resets them; running connections are cut',
  refuse: 'refuses TCP connections; running connections are cut',
  blackhole: 'accepts TCP connections and never says a word, not even TLS',
  'tls-alert': 'ends every handshake with a TLS alert',
  silent: 'reads SIP and never answers',
  '503': 'answers OPTIONS and INVITE with 503 and Retry-After: 1 (a busy data centre)',
  '100-only': 'answers INVITE with 100 and nothing more',
} as const;
export type HubFault = keyof typeof hubFaults;

export const carrierFaults = {
  '503-first': 'the first address answers INVITE with 503; the others work',
  silent: 'the first address reads and never answers',
  'never-ack': 'never acknowledges an answer to its calls',
  'never-bye': 'never ends a call and does not answer BYE',
  'drop-first-200': 'loses the first 200 it sends for a call; the retransmission gets through',
  'duplicate-200': 'sends each 200 twice',
  'late-cancel': 'sends its CANCEL after it has seen the 200',
  'reinvite-hold': 'puts a call on hold by re-INVITE (sendonly) two seconds after the answer, and resumes it',
  'huge-sdp': 'offers and answers with a session description of about 20 kB',
  'no-common-codec': 'offers and answers G.723 only',
  offerless: 'sends its INVITE without a session description',
  digest: 'challenges every INVITE with 407',
} as const;
export type CarrierFault = keyof typeof carrierFaults;

export const dnsFaults = {
  servfail: 'answers SERVFAIL',
  timeout: 'never answers',
  nxdomain: 'says that the name does not exist',
  lie: 'answers with an address where nobody listens',
} as const satisfies Record<DnsFault, string>;

const httpFaults = {
  reset: 'cuts the connection without an answer',
  slow: 'answers after `delayMs` (10 s)',
  '429': 'answers 429 with Retry-After: 2',
  '500': 'answers 500',
  '503': 'answers 503 with Retry-After: 2',
} as const;

export const loginFaults = httpFaults;
export const graphFaults = {
  ...httpFaults,
  '429-date': 'answers 429 with Retry-After as a date, two seconds from then',
  '401': 'says that the token is wrong',
  '401-claims': 'wants a newer token, with `claims` (continuous access)',
  '403': 'says that a permission is missing',
  '502': 'answers 502 with a page of text',
  '504': 'answers 504 after the work is done',
} as const;

/** What an https service does wrong, and where. */
export interface HttpFaultTarget {
  readonly at: 'login' | 'graph';
  /** Part of the operation's name, `*` for all: `token`, `setPresence`, `/groups/`. */
  readonly operation: string;
  readonly delayMs?: number | undefined;
  /** How many requests it hits before it mends itself; absent = until it is cleared. */
  readonly times?: number | undefined;
  /** Of the requests that it could hit, so many are hit; absent = all. */
  readonly percent?: number | undefined;
}

export type FaultTarget =
  | HttpFaultTarget
  | { readonly at: 'hub'; readonly hub: 1 | 2 | 3 }
  | { readonly at: 'carrier' }
  | { readonly at: 'dns'; readonly name: string };

export interface ActiveFault {
  readonly id: string;
  readonly target: FaultTarget;
  readonly fault: string;
}

export class FaultBoard {
  readonly #active = new Map<string, ActiveFault>();
  readonly #left = new Map<string, number>();
  readonly #fraction: () => number;

  /** `fraction`, uniform in [0, 1), decides what a percentage hits. */
  constructor(fraction: () => number = Math.random) {
    this.#fraction = fraction;
  }

  /** Called with the hub's index (0..2) whenever its fault may have changed. */
  onHubChange: ((index: number) => void | Promise<void>) | undefined;

  list(): ActiveFault[] {
    return [...this.#active.values()];
  }

  hub(index: number): HubFault | undefined {
    return this.#active.get(`hub-${index + 1}`)?.fault as HubFault | undefined;
  }

  carrier(fault: CarrierFault): boolean {
    return this.#active.has(`carrier-${fault}`);
  }

  dns(name: string): DnsFault | undefined {
    return (this.#active.get(`dns-${name}`) ?? this.#active.get('dns-*'))?.fault as DnsFault | undefined;
  }

  /** The fault that this request meets, counted. */
  takeHttp(
    at: 'login' | 'graph',
    operation: string,
  ): { readonly fault: string; readonly delayMs: number | undefined } | undefined {
    for (const { id, target, fault } of this.#active.values()) {
      if (target.at !== at) continue;
      if (target.operation !== '*' && !operation.toLowerCase().includes(target.operation.toLowerCase()))
        continue;
      if (target.percent !== undefined && this.#fraction() * 100 >= target.percent) continue;
      const left = (this.#left.get(id) ?? 1) - 1;
      if (left <= 0) this.#active.delete(id);
      this.#left.set(id, left);
      return { fault, delayMs: target.delayMs };
    }
    return undefined;
  }

  async set(target: FaultTarget, fault: string): Promise<ActiveFault | undefined> {
    const known = {
      hub: hubFaults,
      carrier: carrierFaults,
      dns: dnsFaults,
      login: loginFaults,
      graph: graphFaults,
    }[target.at];
    if (!Object.hasOwn(known, fault)) return undefined;
    const id =
      target.at === 'hub'
        ? `hub-${target.hub}`
        : target.at === 'carrier'
          ? `carrier-${fault}`
          : target.at === 'dns'
            ? `dns-${target.name.toLowerCase()}`
            : `${target.at}-${target.operation.replace(/[^A-Za-z0-9*]+/g, '.')}-${fault}`;
    if (target.at === 'login' || target.at === 'graph')
      this.#left.set(id, target.times ?? Number.POSITIVE_INFINITY);
    const active: ActiveFault = { id, target, fault };
    this.#active.set(id, active);
    if (target.at === 'hub') await this.onHubChange?.(target.hub - 1);
    return active;
  }

  async clear(id?: string): Promise<number> {
    const gone = [...this.#active.values()].filter((fault) => id === undefined || fault.id === id);
    for (const { id: key } of gone) this.#active.delete(key);
    for (const { target } of gone) if (target.at === 'hub') await this.onHubChange?.(target.hub - 1);
    return gone.length;
  }
}

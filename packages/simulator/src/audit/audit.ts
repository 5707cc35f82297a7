/**
 * Everything that reached the twin and what it thought of it, newest last. A ring: the oldest entries go first. Readers
 * may wait for the next entry instead of asking again and again.
 */

export interface CheckResult {
  /** For example `T10`. */
  readonly id: string;
  readonly passed: boolean;
  readonly detail?: string;
}

export interface AuditEntry {
  readonly seq: number;
  /** Wall milliseconds. */
  readonly at: number;
  /** `connection` events, SIP in, SIP out, `warning` (health), `control`. */
  readonly kind:
    | 'connection'
    | 'request'
    | 'response'
    | 'sent'
    | 'warning'
    | 'media'
    | 'dns'
    | 'http'
    | 'mail';
  /** `hub eu`, `hub us`, `hub as`, `carrier`, `dns`, `login`, `graph`, `mail`. */
  readonly where: string;
  readonly summary: string;
  readonly callId?: string;
  /** Correlation id; of https the client-request-id. */
  readonly guid?: string;
  readonly method?: string;
  readonly status?: number;
  /** Of a request to Graph whose token was good: the app, and what the token carried (`roles` or `scp`). */
  readonly app?: { readonly clientId: string; readonly tenant: string; readonly carries: readonly string[] };
  readonly checks?: readonly CheckResult[];
  /** Reporting value of Microsoft; not on the wire (teams-direct-routing 2.3). */
  readonly subcode?: number;
  /** The whole message, keys masked. */
  readonly text?: string;
}

export type NewEntry = Omit<AuditEntry, 'seq' | 'at'>;

export interface AuditFilter {
  readonly after?: number;
  readonly callId?: string;
  readonly guid?: string;
  readonly method?: string;
  readonly kind?: AuditEntry['kind'];
  readonly check?: string;
  readonly failed?: boolean;
  readonly limit?: number;
}

export class Audit {
  readonly #capacity: number;
  readonly #wall: () => number;
  readonly #entries: AuditEntry[] = [];
  readonly #waiting = new Set<() => void>();
  #seq = 0;

  constructor(wall: () => number, capacity = 20_000) {
    this.#wall = wall;
    this.#capacity = capacity;
  }

  add(entry: NewEntry): AuditEntry {
    const full: AuditEntry = {
      seq: ++this.#seq,
      at: this.#wall(),
      ...entry,
      ...(entry.text === undefined ? {} : { text: maskKeys(entry.text) }),
    };
    this.#entries.push(full);
    // Dropping in blocks keeps this cheap under load.
    if (this.#entries.length > this.#capacity + 1_000) this.#entries.splice(0, 1_000);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    return full;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  find(filter: AuditFilter = {}): AuditEntry[] {
    const found = this.#entries.filter(
      (entry) =>
        entry.seq > (filter.after ?? 0) &&
        (filter.callId === undefined || entry.callId === filter.callId) &&
        (filter.guid === undefined || entry.guid === filter.guid) &&
        (filter.method === undefined || entry.method === filter.method) &&
        (filter.kind === undefined || entry.kind === filter.kind) &&
        (filter.check === undefined || entry.checks?.some((check) => check.id === filter.check)) &&
        (filter.failed === undefined || entry.checks?.some((check) => check.passed !== filter.failed)),
    );
    return filter.limit === undefined ? found : found.slice(-filter.limit);
  }

  /** The first answer that has something in it, or an empty one after `ms`. */
  async wait(filter: AuditFilter, ms: number): Promise<AuditEntry[]> {
    const deadline = performance.now() + ms;
    for (;;) {
      const found = this.find(filter);
      const left = deadline - performance.now();
      if (found.length > 0 || left <= 0) return found;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
  }
}

function maskKeys(text: string): string {
  return text.replace(/inline:[A-Za-z0-9+/=]{40}/g, 'inline:<masked>');
}

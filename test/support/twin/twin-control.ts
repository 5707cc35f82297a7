/** The twin's control API as scenario tests use it: typed where tests look, loose where they do not. */

export interface TwinAccess {
  /** URL of the control API, without a final slash (`twin.control` of the ready line). */
  readonly control: string;
  /** `controlToken` of the instance file. */
  readonly token: string;
}

export interface AuditEntry {
  readonly seq: number;
  readonly kind: string;
  readonly where: string;
  readonly summary: string;
  readonly callId?: string;
  readonly guid?: string;
  readonly method?: string;
  readonly status?: number;
  readonly subcode?: number;
  readonly checks?: readonly { readonly id: string; readonly passed: boolean; readonly detail?: string }[];
  readonly text?: string;
}

export interface ClientView {
  readonly upn: string;
  readonly toneHz: number;
  readonly calls: readonly {
    readonly guid: string;
    readonly sipCallId: string;
    readonly state: 'ringing' | 'connecting' | 'connected' | 'held' | 'ended';
    readonly media?: {
      readonly heardHz?: number;
      readonly packetsReceived: number;
      readonly rejectedAuth: number;
    };
  }[];
  readonly history: readonly {
    readonly result: string;
    readonly number: string;
    readonly direction: 'in' | 'out';
  }[];
}

export type FaultWish =
  | { readonly at: 'hub'; readonly hub: 1 | 2 | 3; readonly fault: string }
  | { readonly at: 'carrier'; readonly fault: string }
  | { readonly at: 'dns'; readonly name: string; readonly fault: string };

export class TwinControl {
  readonly #access: TwinAccess;

  constructor(access: TwinAccess) {
    this.#access = access;
  }

  async ask<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.#access.control}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#access.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const value = (await answer.json()) as T & { detail?: string };
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${value.detail ?? ''}`);
    return value;
  }

  breakIt(fault: FaultWish): Promise<unknown> {
    return this.ask('POST', '/faults', fault);
  }

  mendAll(): Promise<unknown> {
    return this.ask('DELETE', '/faults');
  }

  client(upn: string): Promise<ClientView> {
    return this.ask('GET', `/clients/${encodeURIComponent(upn)}`);
  }

  /** `answer`, `decline`, `hold`, `resume`, `refresh`, `digits`, `hangup`. */
  clientDoes(upn: string, action: string, details: object = {}): Promise<unknown> {
    return this.ask('POST', `/clients/${encodeURIComponent(upn)}/${action}`, details);
  }

  takesCalls(
    upn: string,
    habit: { answers?: object; silent183?: boolean; silentFork?: boolean },
  ): Promise<ClientView> {
    return this.ask('PATCH', `/clients/${encodeURIComponent(upn)}`, habit);
  }

  /** Waits until the client's newest call is in `state`; throws after `ms`. */
  async untilCall(
    upn: string,
    state: ClientView['calls'][number]['state'],
    ms = 10_000,
  ): Promise<ClientView> {
    const deadline = performance.now() + ms;
    for (;;) {
      const view = await this.client(upn);
      const call = view.calls.at(-1);
      if (state === 'ended' ? view.calls.length === 0 : call?.state === state) return view;
      if (performance.now() > deadline)
        throw new Error(`${upn}: the call is ${call?.state ?? 'gone'}, not ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The first entries that fit, waiting for one if there is none yet. */
  async audit(
    filter: Readonly<Record<string, string | number | boolean>>,
    waitMs = 10_000,
  ): Promise<readonly AuditEntry[]> {
    const query = new URLSearchParams({ wait: String(waitMs) });
    for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
    return (await this.ask<{ entries: readonly AuditEntry[] }>('GET', `/audit?${query}`)).entries;
  }

  /** Checks of Microsoft that the SBC failed since entry `after`: a scenario that went well leaves none. */
  async failedChecks(after = 0): Promise<readonly AuditEntry[]> {
    const { entries } = await this.ask<{ entries: readonly AuditEntry[] }>(
      'GET',
      `/audit?failed=true&after=${after}&limit=1000`,
    );
    return entries;
  }

  /** One watched call from party to party; see `npm run call`. */
  call(from: string, to: string, seconds = 2): Promise<Readonly<Record<string, unknown>>> {
    return this.ask('POST', '/calls', { from, to, seconds });
  }
}

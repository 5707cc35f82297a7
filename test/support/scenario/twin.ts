import { until } from './until.ts';

export interface HeardReport {
  readonly heardHz: number | null;
  readonly expectedHz: number | null;
  readonly seconds: number;
  readonly lossPct: number;
  readonly wav: string | null;
}

export type WatchedCall =
  | {
      readonly connected: true;
      readonly heardEachOther: boolean;
      readonly caller: HeardReport;
      readonly callee: HeardReport;
      readonly calleeIs: string;
      readonly sipCallId: string;
      readonly calleeSipCallId: string;
    }
  | {
      readonly connected: false;
      readonly status: number | null;
      readonly q850: number | null;
      readonly subcode?: number;
      readonly reason: string;
      readonly sipCallId?: string;
    };

export interface TeamsCallView {
  readonly guid: string;
  readonly sipCallId: string;
  readonly direction: 'in' | 'out';
  readonly state: 'ringing' | 'connecting' | 'connected' | 'held' | 'ended';
  readonly number: string;
  readonly media?: { readonly heardHz?: number | null; readonly digits?: string } & Record<string, unknown>;
}

export interface ClientView {
  readonly upn: string;
  readonly signedIn: readonly string[];
  readonly toneHz: number;
  readonly calls: readonly TeamsCallView[];
  readonly history: readonly {
    readonly result: string;
    readonly guid: string;
    readonly sipCallId?: string;
    readonly number: string;
  }[];
}

export interface AuditEntry {
  readonly seq: number;
  /** Wall milliseconds. */
  readonly at: number;
  readonly kind: string;
  readonly where: string;
  readonly summary: string;
  readonly callId?: string;
  readonly guid?: string;
  readonly method?: string;
  readonly status?: number;
  readonly checks?: readonly { readonly id: string; readonly passed: boolean; readonly detail?: string }[];
  readonly text?: string;
}

/** The twin's control API: Microsoft's side and the rehearsal carrier do as they are told. */
export class Twin {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.#base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** A real call with audio, watched at both ends. One at a time. */
  call(from: string, to: string, seconds = 1): Promise<WatchedCall> {
    return this.ask('POST', '/calls', { from, to, seconds });
  }

  client(upn: string): Promise<ClientView> {
    return this.ask('GET', `/clients/${encodeURIComponent(upn)}`);
  }

  habit(upn: string, change: Record<string, unknown>): Promise<ClientView> {
    return this.ask('PATCH', `/clients/${encodeURIComponent(upn)}`, change);
  }

  act(upn: string, action: string, body: Record<string, unknown> = {}): Promise<TeamsCallView> {
    return this.ask('POST', `/clients/${encodeURIComponent(upn)}/${action}`, body);
  }

  /** A Teams user dials. */
  dial(upn: string, to: string): Promise<TeamsCallView> {
    return this.act(upn, 'call', { to });
  }

  breakIt(target: { at: 'hub'; hub: 1 | 2 | 3 } | { at: 'carrier' }, fault: string): Promise<{ id: string }> {
    return this.ask('POST', '/faults', { ...target, fault });
  }

  mend(id?: string): Promise<unknown> {
    return this.ask('DELETE', id === undefined ? '/faults' : `/faults/${id}`);
  }

  async audit(filter: Record<string, string | number | boolean>): Promise<readonly AuditEntry[]> {
    const query = new URLSearchParams(
      Object.entries(filter).map(([key, value]): [string, string] => [key, String(value)]),
    );
    return (await this.ask<{ entries: readonly AuditEntry[] }>('GET', `/audit?${query}`)).entries;
  }

  async lastSeq(): Promise<number> {
    return (await this.ask<{ last: number }>('GET', '/audit?limit=1')).last;
  }

  /** The user's one call, once it is in `state`. */
  async inState(upn: string, state: TeamsCallView['state'], number?: string): Promise<TeamsCallView> {
    return await until(`${upn} has a call that is ${state}`, async () =>
      (await this.client(upn)).calls.find(
        (call) => call.state === state && (number === undefined || call.number === number),
      ),
    );
  }
}

import { until } from './until.ts';

/** One call as the API tells it; the fields that stories look at. */
export interface CallView {
  readonly id: string;
  readonly accountId?: string;
  readonly state: 'live' | 'finished';
  readonly phase?: 'setting-up' | 'ringing' | 'talking' | 'ending';
  readonly direction: 'from-teams' | 'to-teams' | 'internal';
  readonly emergency: boolean;
  readonly from: string;
  readonly to: string;
  readonly personId?: string;
  readonly hub?: string;
  readonly result?: string;
  readonly status?: number;
  readonly q850?: number;
  readonly code?: string;
  readonly sentence?: string;
  readonly closedBy?: string;
  readonly endedBy?: string;
  readonly ringingMs?: number;
  readonly answeredMs?: number;
  readonly attempts: readonly { readonly target: string; readonly atMs: number; readonly result: string }[];
  readonly legs: readonly {
    readonly side: 'a' | 'b';
    readonly role: string;
    readonly sipCallId: string;
    readonly peer?: string;
    readonly media?: { readonly packetsIn: number; readonly packetsOut: number; readonly codec?: string };
  }[];
  readonly why: readonly string[];
}

export interface LadderStep {
  readonly atMs: number;
  readonly leg: 'a' | 'b';
  readonly direction: 'in' | 'out';
  readonly peer: string;
  readonly text: string;
}

export interface PeerView {
  readonly id: string;
  readonly kind: 'hub' | 'carrier';
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly theyAsk: { readonly lastAt?: string };
}

/** Tandem's API, as an operator's script uses it. */
export class Api {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.#base}${path}`, {
      headers: { authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.timeout(20_000),
    });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  peers(): Promise<{ readonly items: readonly PeerView[]; readonly sentence: string }> {
    return this.get('/health/peers');
  }

  /** Calls one of whose legs has this Call-ID. */
  async find(sipCallId: string, state: 'live' | 'finished'): Promise<readonly CallView[]> {
    const query = new URLSearchParams({ sipCallId, state });
    return (await this.get<{ items: readonly CallView[] }>(`/calls?${query}`)).items;
  }

  read(id: string): Promise<CallView> {
    return this.get(`/calls/${id}`);
  }

  /** The record of the call with this Call-ID, once it is closed. */
  async finished(sipCallId: string, patienceMs?: number): Promise<CallView> {
    const { id } = await until(
      `the finished call ${sipCallId}`,
      async () =>
        // A database that is coming back says so with 503 for a moment: then the record is not there yet.
        (await this.find(sipCallId, 'finished').catch(whileTheDatabaseReturns))[0],
      patienceMs,
    );
    return await this.read(id);
  }

  /** The live call with this Call-ID, once it is in `phase`. */
  async live(sipCallId: string, phase?: CallView['phase']): Promise<CallView> {
    return await until(`the live call ${sipCallId} (${phase ?? 'any phase'})`, async () =>
      (await this.find(sipCallId, 'live')).find((call) => phase === undefined || call.phase === phase),
    );
  }

  async ladder(id: string): Promise<readonly LadderStep[]> {
    return (await this.get<{ entries: readonly LadderStep[] }>(`/calls/${id}/ladder`)).entries;
  }
}

function whileTheDatabaseReturns(error: Error): readonly CallView[] {
  if (!error.message.includes('database-unavailable')) throw error;
  return [];
}

/** First lines of what one leg saw in one direction: `INVITE`, `180`, `200`. */
export function seen(
  ladder: readonly LadderStep[],
  leg: 'a' | 'b',
  direction: 'in' | 'out',
): readonly string[] {
  return ladder
    .filter((step) => step.leg === leg && step.direction === direction && step.peer !== 'step')
    .map((step) => /^SIP\/2\.0 ([0-9]{3})/.exec(step.text)?.[1] ?? step.text.split(' ', 1)[0] ?? '');
}

/** Messages of one leg and direction whose text matches. */
export function messages(
  ladder: readonly LadderStep[],
  leg: 'a' | 'b',
  direction: 'in' | 'out',
  pattern: RegExp,
): readonly string[] {
  return ladder
    .filter((step) => step.leg === leg && step.direction === direction && pattern.test(step.text))
    .map((step) => step.text);
}

import { randomUUID } from 'node:crypto';
import { batchBody, innerAnswers } from './batch-answers.ts';
import { errorOfAnswer } from './error-of-answer.ts';
import { FirstAhead, type Heard } from './first-ahead.ts';
import { GraphError } from './graph-error.ts';
import type { HttpsAnswer, HttpsExchange } from './https-exchange.ts';
import {
  type Bucket,
  buckets,
  type Operation,
  type OperationName,
  operations,
  pathOf,
  queryOf,
} from './operations.ts';
import { Throttle } from './throttle.ts';
import { rolesOf, type TokenProvider } from './token-provider.ts';

export interface GraphClock {
  /** Wall milliseconds. */
  wall(): number;
  /** Monotonic milliseconds: what is waited by, so that a step of the wall ends no wait. Absent: `wall`. */
  now?(): number;
  sleep(ms: number): Promise<void>;
}

/** The waits that Microsoft asked for, beyond this process: what it is told counts for who comes after it as well. */
export interface KeptWaits {
  /** Milliseconds that are left of it. */
  leftMs(bucket: Bucket): number;
  keep(bucket: Bucket, waitMs: number): void;
}

export interface GraphClientOptions {
  /** Graph's host without a version. */
  readonly graph: string;
  readonly entraTenantId: string;
  readonly tokens: TokenProvider;
  readonly https: HttpsExchange;
  readonly clock: GraphClock;
  /** 0 to 1, for the jitter of waits. */
  readonly random: () => number;
  readonly timeoutMs?: number;
  /** False: belongs to a feature that is switched off, and is not sent, whatever the token holds (G25). */
  readonly permits?: (operation: OperationName) => boolean;
  /** Absent: a start knows of no wait. */
  readonly waits?: KeptWaits;
  /** Told of every try, without its content: for metrics and the log. */
  readonly onTry?: (seen: GraphTry) => void;
}

export interface GraphTry {
  readonly operation: OperationName | '$batch';
  /** 0: no answer. */
  readonly status: number;
  readonly milliseconds: number;
  readonly clientRequestId: string;
}

export interface GraphCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long to wait for a limit before giving up with `graph-throttled`; 0 for those who plan for themselves. */
  readonly patienceMs?: number;
}

export interface GraphAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when there is no content. */
  readonly body: unknown;
}

export interface BatchItem extends GraphCall {
  readonly operation: OperationName;
}

const mostTries = 5;
const defaultPatienceMs = 20_000;
const mostInBatch = 20;
const mostPages = 10_000;

/**
 * Graph for one Entra tenant. Throws GraphError. Retries 429 and 5xx where sending again is safe, honours Retry-After for
 * the whole bucket, renews the token once on 401 and 403, and never sends a token to another host.
 */
export class GraphClient {
  readonly throttle = new Throttle();
  readonly #ahead = new FirstAhead();
  readonly #batchSize = new Map<Bucket, number>();
  readonly #options: GraphClientOptions;
  readonly #base: string;

  constructor(options: GraphClientOptions) {
    this.#options = options;
    this.#base = `${new URL(options.graph).origin}/v1.0`;
    for (const bucket of Object.keys(buckets) as Bucket[]) {
      const leftMs = options.waits?.leftMs(bucket) ?? 0;
      if (leftMs > 0) this.throttle.resume(bucket, leftMs, this.#now());
    }
  }

  #now(): number {
    const { clock } = this.#options;
    return clock.now?.() ?? clock.wall();
  }

  get entraTenantId(): string {
    return this.#options.entraTenantId;
  }

  call(name: OperationName, call: GraphCall = {}): Promise<GraphAnswer> {
    return this.#send(name, `${this.#base}${pathOf(name, call.params)}${queryOf(call.query)}`, call);
  }

  /** A link that Graph gave, as it is: the next page, or what changed since. Own headers go with it (microsoft-graph 4.4). */
  follow(name: OperationName, link: string, call: GraphCall = {}): Promise<GraphAnswer> {
    return this.#send(name, this.#own(link, name), call);
  }

  /** Page after page until there is no more link; own headers go with each (microsoft-graph 4.4). */
  async *pages(name: OperationName, call: GraphCall = {}): AsyncGenerator<readonly unknown[]> {
    let url: string | undefined = `${this.#base}${pathOf(name, call.params)}${queryOf(call.query)}`;
    for (let page = 0; url !== undefined; page++) {
      if (page >= mostPages) throw new GraphError('graph-unexpected-answer', `${name} has no last page`);
      const { body }: GraphAnswer = await this.#send(name, url, call);
      const { value, '@odata.nextLink': next } = (body ?? {}) as {
        value?: unknown;
        '@odata.nextLink'?: unknown;
      };
      if (!Array.isArray(value))
        throw new GraphError('graph-unexpected-answer', `${name} answered without a list`, {
          operation: name,
        });
      yield value;
      url = typeof next === 'string' ? this.#own(next, name) : undefined;
    }
  }

  /**
   * Up to 20 in one request, as many requests as it takes. Answers stand in the order of the items; an item that failed
   * has its GraphError in its place, so that one bad item does not hide the others. Inner 429s are tried again.
   */
  async batch(items: readonly BatchItem[]): Promise<(GraphAnswer | GraphError)[]> {
    const results = new Array<GraphAnswer | GraphError>(items.length);
    let open = items.map((item, index) => ({ item, index }));
    for (let attempt = 0; open.length > 0; attempt++) {
      const again: typeof open = [];
      for (let at = 0; at < open.length; ) {
        const part = open.slice(at, at + this.#most(open[at]?.item));
        at += part.length;
        const answers = await this.#batchOf(part.map(({ item }) => item)).catch((error: unknown) => {
          if (!(error instanceof GraphError)) throw error;
          for (const { index } of part) results[index] = error;
          return undefined;
        });
        if (!answers) continue;
        this.#adapt(part[0]?.item, part.length, [...answers.values()]);
        for (const [i, { item, index }] of part.entries()) {
          const answer = answers.get(String(i));
          const last = attempt + 1 >= mostTries;
          if (answer && answer.status < 400) results[index] = answer;
          else {
            const operation: Operation = operations[item.operation];
            const error = this.#error(item.operation, answer);
            const repeat =
              answer?.status === 429 || (operation.idempotent && error.code === 'graph-unavailable');
            if (repeat && !last) again.push({ item, index });
            else results[index] = error;
          }
        }
      }
      open = again;
    }
    return results;
  }

  #permit(name: OperationName): void {
    if (this.#options.permits?.(name) !== false) return;
    throw new GraphError('graph-missing-scope', `${name} belongs to a feature that is switched off`, {
      operation: name,
      missingScope: operations[name].permissions[0],
    });
  }

  /** How many go into one request now. */
  #most(item: BatchItem | undefined): number {
    return (item && this.#batchSize.get(operations[item.operation].bucket)) ?? mostInBatch;
  }

  /** Each inner request is throttled for itself: as many as passed go next time, and one more after each that went well. */
  #adapt(item: BatchItem | undefined, sent: number, answers: readonly GraphAnswer[]): void {
    if (!item) return;
    const { bucket } = operations[item.operation];
    const refused = answers.filter(({ status }) => status === 429).length;
    const size = this.#most(item);
    if (refused > 0) this.#batchSize.set(bucket, Math.max(1, sent - refused));
    else if (sent >= size && size < mostInBatch) this.#batchSize.set(bucket, size + 1);
  }

  async #batchOf(items: readonly BatchItem[]): Promise<Map<string, GraphAnswer>> {
    for (const { operation } of items) this.#permit(operation);
    const [first] = items;
    if (!first) return new Map();
    const safe = items.every((item) => operations[item.operation].idempotent);
    const cost = items.reduce((sum, item) => sum + operations[item.operation].cost, 0);
    const as: Operation = { ...operations[first.operation], method: 'POST', cost, idempotent: safe };
    let found: Map<string, GraphAnswer> = new Map();
    /** Each inner request is throttled for itself; false when one was. */
    const heard = (answer: GraphAnswer): boolean => {
      found = innerAnswers(answer);
      const longest = new Map<Bucket, number | undefined>();
      for (const [i, { operation }] of items.entries()) {
        const inner = found.get(String(i));
        if (inner?.status !== 429) continue;
        const { bucket } = operations[operation];
        const asked = this.#error(operation, inner).retryAfterMs;
        longest.set(bucket, Math.max(asked ?? 0, longest.get(bucket) ?? 0) || undefined);
      }
      for (const [bucket, asked] of longest) this.#pause(bucket, asked);
      return longest.size === 0;
    };
    await this.#send('$batch', `${this.#base}/$batch`, { body: batchBody(items) }, as, heard);
    return found;
  }

  async #send(
    name: OperationName | '$batch',
    url: string,
    call: GraphCall,
    operation: Operation = operations[name as OperationName],
    heard: (answer: GraphAnswer) => boolean = () => true,
  ): Promise<GraphAnswer> {
    const { clock, https } = this.#options;
    if (name !== '$batch') this.#permit(name);
    const patienceMs = call.patienceMs ?? defaultPatienceMs;
    const giveUpAt = this.#now() + patienceMs;
    let refresh = false;
    let renewed = false;
    let claims: string | undefined;
    for (let attempt = 1; ; attempt++) {
      const token = await this.#token(operation, name, refresh, claims);
      refresh = false;
      const arrived = await this.#turn(operation, name, giveUpAt);
      const clientRequestId = randomUUID();
      const startedAt = this.#now();
      let answer: HttpsAnswer | undefined;
      let failure: unknown;
      try {
        answer = await https.exchange({
          method: operation.method,
          url,
          headers: {
            accept: 'application/json',
            ...call.headers,
            authorization: `Bearer ${token}`,
            'client-request-id': clientRequestId,
            ...(call.body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
          ...(this.#options.timeoutMs !== undefined && { timeoutMs: this.#options.timeoutMs }),
        });
      } catch (error) {
        failure = error;
      }
      const milliseconds = this.#now() - startedAt;
      const outcome = this.#outcome(operation, name, clientRequestId, answer, failure, heard);
      arrived(outcome.heard);
      this.#options.onTry?.({ operation: name, status: answer?.status ?? 0, milliseconds, clientRequestId });
      if ('good' in outcome) return outcome.good;
      const { error, pausedMs } = outcome;
      // The token may be older than the consent: once more with a new one (microsoft-graph 7.3).
      if ((answer?.status === 401 || answer?.status === 403) && !renewed) {
        renewed = true;
        refresh = true;
        claims = claimsOf(answer.headers['www-authenticate']);
        continue;
      }
      const safe = answer?.status === 429 || (operation.idempotent && error.code === 'graph-unavailable');
      const waitMs =
        pausedMs ?? Math.min(30_000, 500 * 2 ** (attempt - 1)) * (0.5 + this.#options.random() / 2);
      if (!safe || attempt >= mostTries || this.#now() + waitMs > giveUpAt) throw error;
      await clock.sleep(waitMs);
    }
  }

  /** What an answer means for whoever comes next. Never throws: somebody may be waiting for it. */
  #outcome(
    { bucket }: Operation,
    name: OperationName | '$batch',
    clientRequestId: string,
    answer: HttpsAnswer | undefined,
    failure: unknown,
    heard: (answer: GraphAnswer) => boolean,
  ):
    | { readonly heard: Heard; readonly good: GraphAnswer }
    | { readonly heard: Heard; readonly error: GraphError; readonly pausedMs?: number } {
    if (answer && answer.status < 300) {
      try {
        const headers = { 'client-request-id': clientRequestId, ...answer.headers };
        const good = { status: answer.status, headers, body: this.#json(answer, name) };
        const taken = heard(good);
        if (taken) this.throttle.good(bucket);
        return { heard: taken ? 'taken' : 'held-back', good };
      } catch (error) {
        return { heard: 'taken', error: error as GraphError };
      }
    }
    const error = this.#error(name, answer, failure, clientRequestId);
    const waits = answer?.status === 429 || (answer?.status === 503 && error.retryAfterMs !== undefined);
    return {
      heard: answer === undefined ? 'silence' : waits ? 'held-back' : 'taken',
      error,
      ...(waits && { pausedMs: this.#pause(bucket, error.retryAfterMs) }),
    };
  }

  /** A token that can do this, asked anew once if the one at hand cannot. */
  async #token(
    operation: Operation,
    name: string,
    refresh: boolean,
    claims: string | undefined,
  ): Promise<string> {
    const { tokens, entraTenantId } = this.#options;
    const may = (token: string): boolean => {
      const roles = rolesOf(token);
      return (
        roles === undefined || name === '$batch' || operation.permissions.some((one) => roles.includes(one))
      );
    };
    const token = await tokens.token(entraTenantId, { refresh, ...(claims !== undefined && { claims }) });
    if (may(token)) return token;
    const fresh = refresh ? token : await tokens.token(entraTenantId, { refresh: true });
    if (may(fresh)) return fresh;
    const [missingScope] = operation.permissions;
    throw new GraphError('graph-missing-scope', `permission ${missingScope} is missing for ${name}`, {
      operation: name,
      missingScope,
    });
  }

  /**
   * Waits for our share of the limit, for the end of what Microsoft asked for, and for who is ahead. Returns what hears
   * of the answer.
   */
  async #turn({ bucket, cost }: Operation, name: string, giveUpAt: number): Promise<(heard: Heard) => void> {
    const { clock } = this.#options;
    for (;;) {
      const ahead = this.#ahead.wait(bucket);
      if (ahead) {
        // One after the other would each wait out a silent Microsoft: whose patience is over by then does not go next.
        if ((await ahead) === 'silence' && this.#now() > giveUpAt)
          throw new GraphError('graph-unavailable', `${name}: no answer to who was ahead`, {
            operation: name as OperationName,
          });
        continue;
      }
      const waitMs = this.throttle.take(bucket, cost, this.#now());
      if (waitMs === 0) return this.#ahead.go(bucket);
      if (this.#now() + waitMs > giveUpAt)
        throw new GraphError('graph-throttled', `${name} must wait ${waitMs} ms`, {
          operation: name,
          retryAfterMs: waitMs,
        });
      await clock.sleep(waitMs);
    }
  }

  #pause(bucket: Bucket, askedMs: number | undefined): number {
    const { random, waits } = this.#options;
    const waitMs = this.throttle.pause(bucket, askedMs, this.#now(), random());
    waits?.keep(bucket, waitMs);
    return waitMs;
  }

  #error(
    name: OperationName | '$batch',
    answer: HttpsAnswer | GraphAnswer | undefined,
    cause?: unknown,
    clientRequestId?: string,
  ): GraphError {
    return errorOfAnswer(name, answer, this.#options.clock.wall(), cause, clientRequestId);
  }

  #json(answer: HttpsAnswer, name: string): unknown {
    if (answer.body.trim() === '') return undefined;
    try {
      return JSON.parse(answer.body);
    } catch (cause) {
      throw new GraphError('graph-unexpected-answer', `${name} answered with something that is not JSON`, {
        operation: name,
        status: answer.status,
        cause,
      });
    }
  }

  /** A link of Graph's, as it is; but our token goes to Graph only. */
  #own(link: string, name: string): string {
    const url = URL.parse(link);
    if (url?.origin !== new URL(this.#base).origin)
      throw new GraphError('graph-unexpected-answer', `${name} points to another host`, { operation: name });
    return link;
  }
}

/** The challenge of continuous access evaluation: base64 JSON to hand back to the sign-in service. */
function claimsOf(header: string | undefined): string | undefined {
  const found = /claims="([^"]+)"/.exec(header ?? '')?.[1];
  return found === undefined ? undefined : Buffer.from(found, 'base64').toString('utf8');
}

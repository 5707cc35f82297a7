import { Agent, request } from 'node:https';

export interface HttpsRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
}

export interface HttpsAnswer {
  readonly status: number;
  /** Names in lower case; repeated ones joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpsExchange {
  exchange(request: HttpsRequest): Promise<HttpsAnswer>;
  close(): void;
}

/** A page of 999 users is about 3 MB. */
const mostBytes = 32 * 1024 * 1024;
/** microsoft-graph 8. */
const defaultTimeoutMs = 30_000;

/**
 * One https request and its whole answer, redirects not followed, over kept-alive connections. Node's own `fetch` takes
 * no private authority without another package; this does (`ca`: PEM, added to nothing, it replaces the root list).
 * Rejects with the socket's error, or with `timeout` when the answer is not whole in time.
 */
export function httpsExchange(options: { readonly ca?: string | readonly string[] } = {}): HttpsExchange {
  const ca =
    options.ca === undefined ? {} : { ca: typeof options.ca === 'string' ? options.ca : [...options.ca] };
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ...ca });
  return {
    close: () => agent.destroy(),
    exchange: ({ method, url, headers, body, timeoutMs = defaultTimeoutMs }) =>
      new Promise((resolve, reject) => {
        const signal = AbortSignal.timeout(timeoutMs);
        const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
        const sent = request(url, { method, agent, headers: { ...headers, ...length }, signal }, (answer) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          answer.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > mostBytes) answer.destroy(new Error(`answer of more than ${mostBytes} bytes`));
            else chunks.push(chunk);
          });
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: Object.fromEntries(
                Object.entries(answer.headers).map(([name, value]) => [name, String(value ?? '')]),
              ),
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        });
        sent.on('error', (error) =>
          reject(signal.aborted ? new Error(`timeout after ${timeoutMs} ms`) : error),
        );
        sent.end(body);
      }),
  };
}

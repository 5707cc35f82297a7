import { type ClientRequest, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { performance } from 'node:perf_hooks';

/** POSTs of Microsoft to its customers. The twin never leaves the machine: it calls loopback addresses only. */

export type Answer =
  | { readonly status: number; readonly contentType: string; readonly body: string; readonly ms: number }
  | { readonly failure: string; readonly ms: number };

export interface OutgoingRules {
  /** Certificate authorities that Microsoft trusts, PEM. */
  readonly roots: readonly string[];
  /** Take `http://` too. */
  readonly plain: boolean;
}

const loopback = /^(127(\.\d{1,3}){3}|localhost|\[::1\]|([a-z0-9-]+\.)+localhost)$/i;
const largest = 64 * 1024;

/** What is wrong with an address that Microsoft shall call; undefined: nothing. */
export function judgeUrl(text: string, { plain }: OutgoingRules): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'is no URL';
  }
  if (url.protocol !== 'https:' && !(plain && url.protocol === 'http:')) return 'must be https';
  if (!loopback.test(url.hostname)) return 'cannot be resolved: the twin reaches this machine only';
  if (url.username !== '' || url.password !== '') return 'must not carry credentials';
  return undefined;
}

export function post(
  url: string,
  body: string,
  contentType: string,
  timeoutMs: number,
  rules: OutgoingRules,
): Promise<Answer> {
  const started = performance.now();
  const spent = (): number => performance.now() - started;
  return new Promise((resolve) => {
    let sent: ClientRequest | undefined;
    const timer = setTimeout(() => fail(`no answer in ${timeoutMs} ms`), timeoutMs);
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const fail = (failure: string): void => {
      settle({ failure, ms: spent() });
      sent?.destroy();
    };
    try {
      const target = new URL(url);
      const options = {
        method: 'POST',
        headers: { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)) },
        // No sockets that outlive a delivery: receivers come and go.
        agent: false as const,
        ca: [...rules.roots],
      };
      sent = target.protocol === 'https:' ? secureRequest(target, options) : plainRequest(target, options);
    } catch (error) {
      fail((error as Error).message);
      return;
    }
    sent.on('error', (error) => fail(error.message));
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size <= largest) parts.push(part);
      });
      response.on('error', (error) => fail(error.message));
      response.on('end', () =>
        settle({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(parts).toString('utf8'),
          ms: spent(),
        }),
      );
    });
    sent.end(body);
  });
}

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { isOutside, outsideLookup } from './outside-address.ts';

export type PostOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: 'failed'; readonly words: string };

/** One POST: no redirects followed, nothing read of the answer but its status. */
export function postWebhook(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: { readonly timeoutMs: number; readonly insideAllowed: boolean },
): Promise<PostOutcome> {
  const target = new URL(url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (!options.insideAllowed && isIP(host) !== 0 && !isOutside(host))
    return Promise.resolve({ kind: 'failed', words: `${host} is an address that webhooks may not reach` });
  const send = target.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve) => {
    const request = send(target, {
      method: 'POST',
      agent: false,
      headers: {
        ...headers,
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Tandem',
      },
      ...(options.insideAllowed ? {} : { lookup: outsideLookup }),
    });
    // Counts from the start: a receiver that gives one byte a minute does not hold us.
    const timer = setTimeout(() => {
      resolve({ kind: 'failed', words: `no answer within ${options.timeoutMs / 1000} s` });
      request.destroy();
    }, options.timeoutMs);
    request.on('response', (response) => {
      clearTimeout(timer);
      const asked = Number(response.headers['retry-after']);
      resolve({
        kind: 'answered',
        status: response.statusCode ?? 0,
        ...(Number.isInteger(asked) && asked > 0 && { retryAfterSeconds: Math.min(asked, 86_400) }),
      });
      request.destroy();
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      resolve({ kind: 'failed', words: error.message });
    });
    request.end(body);
  });
}

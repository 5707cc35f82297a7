import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fullChain, type Issued } from '../trust/authority.ts';

/** A subscriber's endpoint that a test can make misbehave. */

export interface ReceivedPost {
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as JSON; null: it is none. */
  readonly body: {
    readonly value: Record<string, unknown>[];
    readonly validationTokens?: string[] | null;
  } | null;
}

export class TestReceiver {
  /** Everything but validations. */
  readonly posts: ReceivedPost[] = [];
  readonly validations: ReceivedPost[] = [];
  /** What it says to a notification; `hang`: nothing, ever. */
  answer: number | 'hang' = 202;
  /** What it says to a validation; undefined: the right thing. */
  validation: ((token: string) => { status?: number; type?: string; body?: string } | 'hang') | undefined;
  readonly #server: Server;
  readonly #scheme: string;
  readonly #waiting = new Set<() => void>();

  private constructor(certificate: Issued | undefined) {
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#take(request, response);
    this.#scheme = certificate ? 'https' : 'http';
    this.#server = certificate
      ? createSecureServer({ key: certificate.key, cert: fullChain(certificate) }, handle)
      : createServer(handle);
  }

  /** With a certificate it speaks https. */
  static async open(certificate?: Issued): Promise<TestReceiver> {
    const receiver = new TestReceiver(certificate);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', () => resolve()));
    return receiver;
  }

  url(path = '/hook?v=1'): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** All items of all posts, in the order of their coming. */
  get items(): Record<string, unknown>[] {
    return this.posts.flatMap(({ body }) => body?.value ?? []);
  }

  async until(enough: () => boolean): Promise<void> {
    while (!enough()) await new Promise<void>((resolve) => void this.#waiting.add(resolve));
  }

  forget(): void {
    this.posts.length = 0;
    this.validations.length = 0;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const text = Buffer.concat(parts).toString('utf8');
    const url = new URL(request.url ?? '/', 'http://receiver');
    const token = url.searchParams.get('validationToken');
    const post = { url, headers: request.headers, text, body: json(text) };
    (token === null ? this.posts : this.validations).push(post);
    const said = token === null ? undefined : this.validation?.(token);
    if (said !== 'hang' && (token !== null || this.answer !== 'hang')) {
      if (token === null) response.writeHead(this.answer as number);
      else response.writeHead(said?.status ?? 200, { 'content-type': said?.type ?? 'text/plain' });
      response.end(token === null ? undefined : (said?.body ?? token));
    }
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
  }
}

function json(text: string): ReceivedPost['body'] {
  try {
    return JSON.parse(text) as ReceivedPost['body'];
  } catch {
    return null;
  }
}

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { fullChain, type Issued } from '../trust/authority.ts';

/** The https side of Microsoft: one listener per service, every request through one function. */

export interface HttpsRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpsService {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const largestBody = 4 * 1024 * 1024;

export async function startHttps(options: {
  readonly address: string;
  readonly port: number;
  readonly certificate: Issued;
  /** Wall ms, for the date of every answer. */
  readonly date?: () => number;
  /** `reset` cuts the connection without a word. */
  readonly handle: (request: HttpsRequest) => Promise<HttpsAnswer | 'reset'>;
}): Promise<HttpsService> {
  const { address, certificate } = options;
  const server = createServer({ key: certificate.key, cert: fullChain(certificate) }, (request, response) => {
    void serve(request, response);
  });
  server.keepAliveTimeout = 30_000;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readBody(request);
      if (body === undefined) {
        response.writeHead(413).end();
        return;
      }
      const answer = await options.handle({
        method: request.method ?? 'GET',
        url: new URL(request.url ?? '/', `https://${request.headers.host ?? 'localhost'}`),
        headers: request.headers,
        body,
      });
      if (answer === 'reset') {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status, {
        'cache-control': 'no-store',
        ...(options.date && { date: new Date(options.date()).toUTCString() }),
        ...answer.headers,
      });
      response.end(answer.body);
    } catch {
      if (!response.headersSent) response.writeHead(400);
      response.end();
    }
  }

  await listen(server, options.port, address);
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : options.port;
  return {
    port,
    url: `https://${address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > largestBody) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** For the audit: what stands in a form or a header, without what must stay secret. */
export const maskSecrets = (text: string): string =>
  text.replace(
    /\b(client_secret|client_assertion|access_token|refresh_token|id_token|code|code_verifier|flow)=[^&\s]+/g,
    '$1=<masked>',
  );

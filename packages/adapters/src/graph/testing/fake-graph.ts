import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as x509 from '@peculiar/x509';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { GraphClient, type GraphClientOptions } from '../graph-client.ts';
import { type HttpsExchange, httpsExchange } from '../https-exchange.ts';

/** For tests: an https server that says what the test tells it, and holds both sides to the reference. */
export const reference = JSON.parse(
  readFileSync(new URL('../graph-openapi-cut.json', import.meta.url), 'utf8'),
) as {
  readonly paths: Record<string, Record<string, ReferenceOperation>>;
  readonly components: {
    readonly schemas: Record<string, { readonly properties?: Record<string, unknown> }>;
  };
};

interface Body {
  readonly content?: { readonly 'application/json': { readonly schema: object } };
}
export interface ReferenceOperation {
  readonly requestBody?: Body;
  readonly responses: Record<string, Body>;
  readonly 'x-permissions'?: Readonly<
    Partial<Record<'application' | 'delegated', { readonly all?: readonly string[] }>>
  >;
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ ...reference, $id: 'graph' });
const rebased = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"graph#/')) as object;

/** What is wrong with a body, or undefined. */
export function fault(schema: object | undefined, body: unknown): string | undefined {
  if (!schema) return undefined;
  const validate = ajv.compile(rebased(schema));
  return validate(body) ? undefined : ajv.errorsText(validate.errors);
}

export function operationAt(method: string, path: string): ReferenceOperation | undefined {
  // `/users/delta` is no user.
  const exact = reference.paths[path.replace(/^\/v1\.0/, '')];
  if (exact) return exact[method.toLowerCase()];
  for (const [pattern, row] of Object.entries(reference.paths)) {
    const shape = pattern.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+');
    const operation = row[method.toLowerCase()];
    if (operation && new RegExp(`^/v1\\.0${shape}$`).test(path)) return operation;
  }
  return undefined;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
  readonly text: string;
}
export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Says nothing and hangs up. */
  readonly hangUp?: boolean;
}

export class FakeGraph {
  readonly seen: SeenRequest[] = [];
  readonly faults: string[] = [];
  answer: (request: SeenRequest) => FakeAnswer = () => ({ status: 404 });
  readonly server: Server;
  readonly ca: string;
  readonly https: HttpsExchange;

  private constructor(server: Server, ca: string) {
    this.server = server;
    this.ca = ca;
    this.https = httpsExchange({ ca });
  }

  static async start(): Promise<FakeGraph> {
    const { cert, key } = await certificate('localhost');
    const server = createServer({ cert, key });
    const fake = new FakeGraph(server, cert);
    server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      request.on('end', () => {
        const json = request.headers['content-type']?.startsWith('application/json') === true;
        const seen: SeenRequest = {
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.headers,
          body: json ? JSON.parse(text) : undefined,
          text,
        };
        fake.seen.push(seen);
        const answer = fake.answer(seen);
        fake.#check(seen, answer);
        if (answer.hangUp) {
          request.socket.destroy();
          return;
        }
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
        response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get origin(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** A client of this server whose sleeping moves its clock instead of the world's. */
  client(options: Partial<GraphClientOptions> = {}): GraphClient & { readonly slept: number[] } {
    let now = 1_000_000;
    const slept: number[] = [];
    const client = new GraphClient({
      graph: this.origin,
      entraTenantId: 'acacacac-0000-4000-8000-000000000001',
      tokens: { token: () => Promise.resolve('opaque') },
      https: this.https,
      clock: {
        wall: () => now,
        sleep: (ms) => {
          slept.push(ms);
          now += ms;
          return Promise.resolve();
        },
      },
      random: () => 0,
      ...options,
    });
    return Object.assign(client, { slept });
  }

  #check(seen: SeenRequest, answer: FakeAnswer): void {
    const [path = ''] = seen.url.split('?');
    if (!path.startsWith('/v1.0')) return;
    const operation = operationAt(seen.method, path);
    if (!operation) {
      this.faults.push(`${seen.method} ${path} is not in the reference`);
      return;
    }
    const request = fault(operation.requestBody?.content?.['application/json'].schema, seen.body);
    if (request !== undefined) this.faults.push(`request ${path}: ${request}`);
    const schema = operation.responses[String(answer.status)]?.content?.['application/json'].schema;
    const response = answer.status === 200 ? fault(schema, answer.body) : undefined;
    if (response !== undefined) this.faults.push(`answer ${path}: ${response}`);
  }

  async close(): Promise<void> {
    this.https.close();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

/** A self-signed certificate with an RSA key, PEM. */
export async function certificate(name: string): Promise<{ readonly cert: string; readonly key: string }> {
  // The library's types come from the browser's library; Node's implementation is the same interface.
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: keys as unknown as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys'],
    signingAlgorithm: algorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      new x509.BasicConstraintsExtension(true),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
  return { cert: made.toString('pem'), key };
}

import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { writeJwt } from '../entra/jwt.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId, rehearsalWorld } from '../world/rehearsal-world.ts';

/** A client of the twin's https services that does nothing by itself, so that tests can do everything wrong. */

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** JSON, or text if it is none. */
  readonly body: unknown;
}

export const acmeId = rehearsalWorld.customers[0]?.entraTenantId ?? '';
export const globexId = rehearsalWorld.customers[1]?.entraTenantId ?? '';

export class TestGraph {
  readonly twin: Twin;
  readonly #agent: Agent;
  #appKey: string | undefined;

  private constructor(twin: Twin, ca: string) {
    this.twin = twin;
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  static async open(twin: Twin): Promise<TestGraph> {
    return new TestGraph(twin, await readFile(twin.ready.ca, 'utf8'));
  }

  close(): void {
    this.#agent.destroy();
  }

  send(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<TestAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent: this.#agent }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          let value: unknown = text;
          try {
            value = JSON.parse(text);
          } catch {
            // Text stays text.
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: value });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Header and claims of a right client assertion, to be spoilt by `change`, then signed. */
  async assertion(
    change: { header?: Record<string, unknown>; claims?: Record<string, unknown>; key?: string } = {},
    tenant = acmeId,
  ): Promise<string> {
    this.#appKey ??= await readFile(join(this.twin.config.certificateDir, 'graph-app.key.pem'), 'utf8');
    const now = Math.floor(Date.now() / 1000);
    return writeJwt(
      {
        typ: 'JWT',
        alg: 'PS256',
        'x5t#S256': this.twin.microsoft365.app.certificates[0]?.sha256,
        ...change.header,
      } as { alg: 'PS256' },
      {
        aud: `${this.twin.ready.login}/${tenant}/oauth2/v2.0/token`,
        iss: graphAppClientId,
        sub: graphAppClientId,
        jti: this.twin.config.seed + Math.random().toString(36),
        nbf: now,
        iat: now,
        exp: now + 600,
        ...change.claims,
      },
      createPrivateKey(change.key ?? this.#appKey),
    );
  }

  /** The token endpoint with a right form, to be spoilt by `change`; null takes a field away. */
  async askToken(
    change: Readonly<Record<string, string | null>> = {},
    tenant = acmeId,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TestAnswer> {
    const form = new URLSearchParams({
      client_id: graphAppClientId,
      grant_type: 'client_credentials',
      scope: 'https://graph.microsoft.com/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await this.assertion({}, tenant),
    });
    for (const [name, value] of Object.entries(change)) {
      if (value === null) form.delete(name);
      else form.set(name, value);
    }
    return this.send(
      'POST',
      `${this.twin.ready.login}/${tenant}/oauth2/v2.0/token`,
      { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      form.toString(),
    );
  }

  async token(tenant = acmeId): Promise<string> {
    const { body } = await this.askToken({}, tenant);
    return (body as { access_token: string }).access_token;
  }

  /** Graph v1.0, with a body if there is one. `path` may be a whole link. */
  call(
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TestAnswer> {
    return this.send(
      method,
      path.startsWith('https:') ? path : `${this.twin.ready.graph}/v1.0${path}`,
      {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body === undefined ? undefined : JSON.stringify(body),
    );
  }

  /** Another token of the same tenant with these application permissions only. */
  async tokenWith(roles: readonly string[], tenant = acmeId): Promise<string> {
    const principal = this.twin.microsoft365.app.servicePrincipals.get(tenant);
    const before = principal?.roles ?? [];
    if (principal) principal.roles = roles;
    try {
      return await this.token(tenant);
    } finally {
      if (principal) principal.roles = before;
    }
  }
}

export const errorOf = (
  answer: TestAnswer,
): { code: string; message: string; innerError: Record<string, string> } =>
  (answer.body as { error: { code: string; message: string; innerError: Record<string, string> } }).error;

export const listOf = (answer: TestAnswer): Record<string, unknown>[] =>
  (answer.body as { value: Record<string, unknown>[] }).value;

import { createHash } from 'node:crypto';
import { readJwt } from '../entra/jwt.ts';
import { graphAppClientId } from '../world/rehearsal-world.ts';
import { TestBrowser } from './test-browser.ts';
import type { TestAnswer, TestGraph } from './test-graph.ts';

/** The platform's sign-in done right, each part of which can be spoilt. */

export const callback = 'http://127.0.0.1:26001/connect/callback';
export const verifier = 'a-verifier-that-is-long-enough-to-be-one-0123456789';
const scope = 'openid profile email offline_access User.Read';

export type Change = Readonly<Record<string, string | null>>;

function changed(right: Readonly<Record<string, string>>, change: Change): URLSearchParams {
  const form = new URLSearchParams(right);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) form.delete(name);
    else form.set(name, value);
  }
  return form;
}

export class TestSignIn {
  readonly graph: TestGraph;
  browser: TestBrowser;

  constructor(graph: TestGraph) {
    this.graph = graph;
    this.browser = new TestBrowser(graph);
  }

  /** Another browser, in which nobody is signed in. */
  fresh(): this {
    this.browser = new TestBrowser(this.graph);
    return this;
  }

  authorizeUrl(change: Change = {}, tenant = 'organizations'): string {
    const query = changed(
      {
        client_id: graphAppClientId,
        response_type: 'code',
        redirect_uri: callback,
        scope,
        state: 'our state',
        nonce: 'our-nonce',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        prompt: 'select_account',
      },
      change,
    );
    return `${this.graph.twin.ready.login}/${tenant}/oauth2/v2.0/authorize?${query}`;
  }

  consentUrl(change: Change = {}, tenant = 'organizations', form: 'v1' | 'v2' = 'v2'): string {
    const query = changed(
      {
        client_id: graphAppClientId,
        redirect_uri: callback,
        state: 'our state',
        ...(form === 'v2' ? { scope: 'https://graph.microsoft.com/.default' } : {}),
      },
      change,
    );
    return `${this.graph.twin.ready.login}/${tenant}/${form === 'v2' ? 'v2.0/' : ''}adminconsent?${query}`;
  }

  /** What the redirect says, in query or fragment. */
  get returned(): Record<string, string> {
    const { location } = this.browser.page;
    if (location === undefined) throw new Error(`no redirect but:\n${this.browser.page.html}`);
    const url = new URL(location);
    return Object.fromEntries(new URLSearchParams(url.hash === '' ? url.search : url.hash.slice(1)));
  }

  /** A code for this person, of whom no consent is asked. */
  async code(upn: string, change: Change = {}, tenant?: string): Promise<string> {
    await this.fresh().browser.open(this.authorizeUrl(change, tenant));
    await this.browser.press(upn);
    return this.returned.code ?? '';
  }

  /** The token endpoint with a right form for a person's tokens. */
  async redeem(change: Change, tenant = 'organizations'): Promise<TestAnswer> {
    const form = changed(
      {
        client_id: graphAppClientId,
        grant_type: 'authorization_code',
        redirect_uri: callback,
        code_verifier: verifier,
        scope,
        client_info: '1',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await this.graph.assertion({}, tenant),
      },
      change,
    );
    return this.graph.send(
      'POST',
      `${this.graph.twin.ready.login}/${tenant}/oauth2/v2.0/token`,
      { 'content-type': 'application/x-www-form-urlencoded' },
      form.toString(),
    );
  }

  refresh(token: string, change: Change = {}): Promise<TestAnswer> {
    return this.redeem({
      grant_type: 'refresh_token',
      refresh_token: token,
      redirect_uri: null,
      code_verifier: null,
      ...change,
    });
  }

  /** Signs in and redeems. */
  async tokens(upn: string, change: Change = {}): Promise<Tokens> {
    return (await this.redeem({ code: await this.code(upn, change) })).body as Tokens;
  }
}

export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
  readonly scope: string;
  readonly client_info?: string;
  readonly expires_in: number;
}

export const claimsOf = (token: string | undefined): Readonly<Record<string, unknown>> =>
  readJwt(token ?? '')?.claims ?? {};

export const errorCodes = ({ body }: TestAnswer): number[] =>
  (body as { error_codes?: number[] }).error_codes ?? [];

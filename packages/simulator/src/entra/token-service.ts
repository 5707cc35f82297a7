import { timingSafeEqual } from 'node:crypto';
import type { TwinRandom } from '../random.ts';
import type { AppRegistration } from './app-registration.ts';
import { judgeAssertion } from './assertion.ts';
import type { EntraFailure } from './entra-error.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Tokens for programs: the client credentials grant (graph 1.4), with the checks A2 to A9 and A13, A14. */

export interface TokenWorld {
  readonly apps: ReadonlyMap<string, AppRegistration>;
  /** Tenant id behind a path segment: the id itself or a verified domain. */
  findTenant(segment: string): string | undefined;
  /** Wall ms of the twin: what tokens say. */
  now(): number;
  /** Wall ms of the machine: what assertions of clients are judged by. */
  realNow(): number;
  readonly random: TwinRandom;
  readonly keys: SigningKeys;
  /** Tenants that live in another national cloud, and those that demand a second factor (A19, A20). */
  readonly elsewhere: ReadonlySet<string>;
  readonly secondFactor: ReadonlySet<string>;
}

export interface TokenRequest {
  readonly segment: string;
  /** The token endpoint as the caller spells it. */
  readonly endpoints: (segment: string) => readonly string[];
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

export type TokenAnswer =
  | { readonly ok: true; readonly body: Record<string, unknown>; readonly tenantId: string }
  | { readonly ok: false; readonly failure: EntraFailure; readonly check: string };

const graphResources = ['https://graph.microsoft.com', '00000003-0000-0000-c000-000000000000'];
const manyTenants = new Set(['common', 'consumers', 'organizations']);

export class TokenService {
  readonly #world: TokenWorld;
  readonly #usedAssertions = new Map<string, number>();

  constructor(world: TokenWorld) {
    this.#world = world;
  }

  answer(request: TokenRequest): TokenAnswer {
    const { form, segment } = request;
    const refuse = (check: string, failure: EntraFailure): TokenAnswer => ({ ok: false, check, failure });
    const grant = form.get('grant_type');
    if (grant === null) return refuse('A6', { code: 900144, detail: "'grant_type'." });
    if (grant !== 'client_credentials') return refuse('A6', { code: 70003 });
    if (manyTenants.has(segment.toLowerCase())) return refuse('A5', { code: 9001023 });
    const tenantId = this.#world.findTenant(segment);
    if (tenantId === undefined) return refuse('A2', { code: 90002, detail: `Tenant '${segment}'.` });
    if (this.#world.elsewhere.has(tenantId)) return refuse('A20', { code: 90038 });

    const basic = basicCredentials(request.authorization);
    const clientId = form.get('client_id') ?? basic?.id;
    if (clientId === undefined) return refuse('A3', { code: 900144, detail: "'client_id'." });
    const app = this.#world.apps.get(clientId.toLowerCase());
    const principal = app?.servicePrincipals.get(tenantId);
    if (!app || !principal) return refuse('A3', { code: 700016, detail: `Application '${clientId}'.` });
    if (!principal.enabled) return refuse('A4', { code: 7000112 });

    const scope = judgeScope(form.get('scope'));
    if (scope) return refuse(scope.code === 500011 ? 'A7' : 'A6', scope);

    const assertion = form.get('client_assertion');
    const secret = form.get('client_secret') ?? basic?.secret;
    if (assertion !== null) {
      const wrong =
        form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
          ? judgeAssertion(assertion, {
              app,
              audiences: [...request.endpoints(segment), ...request.endpoints(tenantId)],
              now: this.#world.realNow(),
              used: this.#usedAssertions,
            })
          : ({ code: 50012, detail: 'client_assertion_type is not known.' } as const);
      if (wrong) return refuse('A9', wrong);
    } else {
      const wrong = judgeSecret(app, secret, this.#world.now());
      if (wrong) return refuse('A8', wrong);
    }
    if (this.#world.secondFactor.has(tenantId))
      return refuse('A19', {
        code: 50076,
        more: { suberror: 'basic_action', claims: '{"access_token":{"capolids":{"essential":true}}}' },
      });

    // 60 to 90 minutes, never the same (A14).
    const lifetime = 3600 + Math.floor(this.#world.random.fraction() * 1800);
    const iat = Math.floor(this.#world.now() / 1000);
    const token = this.#world.keys.sign({
      aud: graphResources[0],
      iss: `https://sts.windows.net/${tenantId}/`,
      iat,
      nbf: iat,
      exp: iat + lifetime,
      appid: app.clientId,
      app_displayname: app.displayName,
      appidacr: assertion === null ? '1' : '2',
      idtyp: 'app',
      oid: principal.objectId,
      sub: principal.objectId,
      tid: tenantId,
      // No permission, no claim: the token is issued all the same, Graph will say 403 (A13).
      ...(principal.roles.length > 0 ? { roles: [...principal.roles] } : {}),
      uti: this.#world.random.bytes(16).toString('base64url'),
      ver: '1.0',
      wids: ['0997a1d0-0d1d-4acb-b408-d5ca73121e90'],
    });
    return {
      ok: true,
      tenantId,
      body: { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token: token },
    };
  }
}

function judgeScope(scope: string | null): EntraFailure | undefined {
  const scopes = (scope ?? '').split(' ').filter((one) => one !== '');
  if (scopes.length === 0) return { code: 900144, detail: "'scope'." };
  if (scopes.length > 1) return { code: 28002 };
  const [only = ''] = scopes;
  if (!only.endsWith('/.default')) return { code: 1002012, detail: `Scope '${only}'.` };
  const resource = only.slice(0, -'/.default'.length).replace(/\/$/, '');
  if (!/^(https:\/\/|api:\/\/|[0-9a-f]{8}-)/i.test(resource)) return { code: 70011 };
  if (!graphResources.includes(resource.toLowerCase())) return { code: 500011, detail: `'${resource}'.` };
  return undefined;
}

function judgeSecret(app: AppRegistration, given: string | undefined, now: number): EntraFailure | undefined {
  if (given === undefined || given === '') return { code: 7000218 };
  const found = app.secrets.find(({ value }) => {
    const [a, b] = [Buffer.from(value), Buffer.from(given)];
    return a.length === b.length && timingSafeEqual(a, b);
  });
  if (!found) return { code: 7000215 };
  return found.expiresAt < now ? { code: 7000222 } : undefined;
}

/** RFC 6749 2.3.1: both parts are form-encoded. */
function basicCredentials(header: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id, secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    return id && secret ? { id: decodeURIComponent(id), secret: decodeURIComponent(secret) } : undefined;
  } catch {
    return undefined;
  }
}

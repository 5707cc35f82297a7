import { createHash } from 'node:crypto';
import { type AppRegistration, findRedirectUri } from './app-registration.ts';
import { basicCredentials, ClientAuthentication, type ClientCredentials } from './client-authentication.ts';
import { type EntraWorld, isManyTenants, type Refusal } from './entra-world.ts';
import { isGraph, isOpenIdScope, readScopes, union } from './permissions.ts';
import { codeMs, type Grant, type RefreshToken, refreshTokenIdleMs } from './sign-ins.ts';
import { appToken, clientInfo, idToken, type ProofKind, personToken } from './tokens.ts';

/** The token endpoint: client credentials, authorization codes and refresh tokens (graph 1.2, 1.4; checks A2 to A14, A18 to A20). */

export interface TokenRequest {
  /** `https://host:port` as the caller spells it. */
  readonly origin: string;
  readonly segment: string;
  /** Every way to spell the token endpoint of a path segment. */
  readonly endpoints: (segment: string) => readonly string[];
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

export type TokenAnswer =
  | { readonly ok: true; readonly body: Record<string, unknown>; readonly tenantId: string }
  | ({ readonly ok: false } & Refusal);

const refuse = (check: Refusal['check'], failure: Refusal['failure']): { ok: false } & Refusal => ({
  ok: false,
  check,
  failure,
});

interface Client {
  readonly app: AppRegistration;
  readonly credentials: ClientCredentials;
}

export class TokenService {
  readonly #world: EntraWorld;
  readonly #clients: ClientAuthentication;

  constructor(world: EntraWorld) {
    this.#world = world;
    this.#clients = new ClientAuthentication(world);
  }

  answer(request: TokenRequest): TokenAnswer {
    switch (request.form.get('grant_type')) {
      case null:
        return refuse('A6', { code: 900144, detail: "'grant_type'." });
      case 'client_credentials':
        return this.#clientCredentials(request);
      case 'authorization_code':
        return this.#code(request);
      case 'refresh_token':
        return this.#refresh(request);
      default:
        return refuse('A6', { code: 70003 });
    }
  }

  #client(request: TokenRequest, audiencesOf: readonly string[]): Client | ({ ok: false } & Refusal) {
    const { form } = request;
    const basic = basicCredentials(request.authorization);
    const clientId = form.get('client_id') ?? basic?.id;
    if (clientId === undefined) return refuse('A3', { code: 900144, detail: "'client_id'." });
    const app = this.#world.apps.find(clientId);
    if (!app) return refuse('A3', { code: 700016, detail: `Application '${clientId}'.` });
    return { app, credentials: { form, basic, audiences: audiencesOf.flatMap(request.endpoints) } };
  }

  #clientCredentials(request: TokenRequest): TokenAnswer {
    const { form, segment } = request;
    const world = this.#world;
    if (isManyTenants(segment)) return refuse('A5', { code: 9001023 });
    const tenantId = world.findTenant(segment);
    if (tenantId === undefined) return refuse('A2', { code: 90002, detail: `Tenant '${segment}'.` });
    if (world.elsewhere.has(tenantId)) return refuse('A20', { code: 90038 });

    const client = this.#client(request, [segment, tenantId]);
    if ('ok' in client) return client;
    const { app } = client;
    const principal = world.consents.principal(app, tenantId);
    if (!principal) return refuse('A3', { code: 700016, detail: `Application '${app.clientId}'.` });
    if (!principal.enabled) return refuse('A4', { code: 7000112 });

    const scope = judgeDefaultScope(form.get('scope'));
    if (scope) return refuse(scope.code === 500011 ? 'A7' : 'A6', scope);
    const proof = this.#clients.judge(app, client.credentials);
    if (!proof.ok) return proof;
    if (world.signIns.blockedTenants.has(tenantId)) return blocked;
    if (world.secondFactor.has(tenantId)) return secondFactorWanted;

    const { token, lifetime } = appToken(world, app, principal, tenantId, proof.by);
    return {
      ok: true,
      tenantId,
      body: { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token: token },
    };
  }

  /** A10, A11: used once, in time, by whom it was made for, for the place it was sent to. */
  #code(request: TokenRequest): TokenAnswer {
    const { form } = request;
    const key = form.get('code');
    if (key === null) return refuse('A11', { code: 900144, detail: "'code'." });
    const redirectUri = form.get('redirect_uri');
    const client = this.#client(request, this.#segments(request.segment));
    if ('ok' in client) return client;
    const { app } = client;
    const code = this.#world.signIns.code(key);
    const registered = redirectUri === null ? undefined : findRedirectUri(app, redirectUri);
    const proof = this.#clients.judge(
      app,
      client.credentials,
      (code?.redirectKind ?? registered?.kind ?? 'web') !== 'web',
    );
    if (!proof.ok) return proof;
    if (!code) return refuse('A11', { code: 70000, detail: 'The code is not known.' });
    if (code.clientId !== app.clientId)
      return refuse('A11', { code: 70000, detail: 'The code was issued to another client.' });
    if (redirectUri === null) return refuse('A10', { code: 900144, detail: "'redirect_uri'." });
    if (redirectUri !== code.redirectUri) return refuse('A10', { code: 500112, detail: `'${redirectUri}'.` });
    if (code.redeemed) return refuse('A11', { code: 54005 });
    if (code.issuedAt + codeMs < this.#world.now()) return refuse('A11', { code: 70008 });
    const verifier = form.get('code_verifier');
    if (code.challenge && !fitsChallenge(verifier, code.challenge)) return refuse('A11', { code: 501481 });
    if (!code.challenge && verifier !== null)
      return refuse('A11', { code: 501481, detail: 'The sign-in was begun without a challenge.' });
    if (this.#world.signIns.isRevoked(code.who)) return refuse('A12', { code: 50173 });
    code.redeemed = true;
    return this.#forPerson(request, app, code, proof.by, { nonce: code.nonce, fixedEnd: undefined });
  }

  /** A12: not revoked, not idle for 90 days, of this client. */
  #refresh(request: TokenRequest): TokenAnswer {
    const key = request.form.get('refresh_token');
    if (key === null) return refuse('A12', { code: 900144, detail: "'refresh_token'." });
    const client = this.#client(request, this.#segments(request.segment));
    if ('ok' in client) return client;
    const { app } = client;
    const token = this.#world.signIns.refreshToken(key);
    const proof = this.#clients.judge(app, client.credentials, (token?.redirectKind ?? 'web') !== 'web');
    if (!proof.ok) return proof;
    if (!token) return refuse('A12', { code: 70000, detail: 'The refresh token is not known.' });
    if (token.clientId !== app.clientId)
      return refuse('A12', { code: 70000, detail: 'The refresh token was issued to another client.' });
    const ended = this.#ended(token);
    if (ended) return refuse('A12', { code: ended });
    return this.#forPerson(request, app, token, proof.by, { nonce: undefined, fixedEnd: token.fixedEnd });
  }

  #ended(token: RefreshToken): 50173 | 700082 | 700084 | undefined {
    const now = this.#world.now();
    if (this.#world.signIns.isRevoked(token.who)) return 50173;
    if (token.fixedEnd !== undefined && token.fixedEnd < now) return 700084;
    return token.issuedAt + refreshTokenIdleMs < now ? 700082 : undefined;
  }

  /** The part that both grants share: the person, the tenant and the consent as they are today. */
  #forPerson(
    request: TokenRequest,
    app: AppRegistration,
    grant: Grant,
    by: ProofKind,
    { nonce, fixedEnd }: { nonce: string | undefined; fixedEnd: number | undefined },
  ): TokenAnswer {
    const world = this.#world;
    const { form, segment, origin } = request;
    const { tenantId, objectId, secondFactor } = grant.who;
    if (!isManyTenants(segment)) {
      const asked = world.findTenant(segment);
      if (asked === undefined) return refuse('A2', { code: 90002, detail: `Tenant '${segment}'.` });
      if (asked !== tenantId) return refuse('A2', { code: 700005 });
    }
    if (world.elsewhere.has(tenantId)) return refuse('A20', { code: 90038 });
    const person = world.people.byId(tenantId, objectId);
    if (!person) return refuse('A12', { code: 50034 });
    if (!person.enabled) return refuse('A12', { code: 50057 });
    const principal = world.consents.principal(app, tenantId);
    if (!principal) return refuse('A3', { code: 700016, detail: `Application '${app.clientId}'.` });
    if (!principal.enabled) return refuse('A4', { code: 7000112 });
    if (world.signIns.blockedTenants.has(tenantId)) return blocked;
    if (world.secondFactor.has(tenantId) && !secondFactor) return secondFactorWanted;

    const asked = form.get('scope') === null ? grant : readScopes(form.get('scope'));
    if ('kind' in asked) {
      if (asked.kind === 'empty') return refuse('A6', { code: 900144, detail: "'scope'." });
      if (asked.kind === 'several-resources') return refuse('A6', { code: 28002 });
      if (asked.kind === 'unknown-resource')
        return refuse('A7', { code: 500011, detail: `'${asked.resource}'.` });
      return refuse('A6', { code: 650053, detail: `'${asked.scope}'.` });
    }
    const wanted = 'names' in asked ? asked.names : asked.scopes;
    const granted = world.consents.scopesOf(principal, objectId);
    const missing = wanted.filter((scope) => !isOpenIdScope(scope) && !granted.includes(scope));
    if (missing.length > 0 || (asked.everything && granted.length === 0))
      return refuse('A12', {
        code: 65001,
        detail: missing.join(' '),
        more: { suberror: 'consent_required' },
      });
    // `.default` means whatever was granted; with names, what was granted to the app besides comes along.
    const identity = union(grant.scopes, wanted).filter(isOpenIdScope);
    const scopes = union(
      identity,
      granted.filter((scope) => !isOpenIdScope(scope)),
    );
    const { token, lifetime } = personToken(world, app, person, grant.who, scopes, by);
    return {
      ok: true,
      tenantId,
      body: {
        token_type: 'Bearer',
        scope: scopes.filter((scope) => scope !== 'offline_access').join(' '),
        expires_in: lifetime,
        ext_expires_in: lifetime,
        access_token: token,
        ...(identity.includes('offline_access')
          ? {
              refresh_token: world.signIns.issueRefreshToken(
                { ...grant, scopes: union(grant.scopes, wanted) },
                fixedEnd,
              ),
            }
          : {}),
        ...(identity.includes('openid') ? { id_token: idToken(world, app, person, origin, nonce) } : {}),
        ...(form.get('client_info') === '1' ? { client_info: clientInfo(person) } : {}),
      },
    };
  }

  #segments(segment: string): string[] {
    const tenantId = this.#world.findTenant(segment);
    return tenantId === undefined ? [segment] : [segment, tenantId];
  }
}

/** Conditional Access: no check of ours, the tenant's own policy. */
const blocked = refuse('A19', { code: 53003 });

const secondFactorWanted = refuse('A19', {
  code: 50076,
  more: { suberror: 'basic_action', claims: '{"access_token":{"capolids":{"essential":true}}}' },
});

function fitsChallenge(
  verifier: string | null,
  { method, value }: { readonly method: 'S256' | 'plain'; readonly value: string },
): boolean {
  if (verifier === null) return false;
  return (
    (method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url')) === value
  );
}

/** Of programs (A6, A7): exactly one resource with `/.default`. */
function judgeDefaultScope(scope: string | null): Refusal['failure'] | undefined {
  const scopes = (scope ?? '').split(' ').filter((one) => one !== '');
  if (scopes.length === 0) return { code: 900144, detail: "'scope'." };
  if (scopes.length > 1) return { code: 28002 };
  const [only = ''] = scopes;
  if (!only.endsWith('/.default')) return { code: 1002012, detail: `Scope '${only}'.` };
  const resource = only.slice(0, -'/.default'.length).replace(/\/$/, '');
  if (!/^(https:\/\/|api:\/\/|[0-9a-f]{8}-)/i.test(resource)) return { code: 70011 };
  if (!isGraph(resource)) return { code: 500011, detail: `'${resource}'.` };
  return undefined;
}

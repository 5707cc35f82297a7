import { type AppRegistration, findRedirectUri, type RedirectUri } from './app-registration.ts';
import type { EntraFailure } from './entra-error.ts';
import { type EntraWorld, isManyTenants, type Refusal } from './entra-world.ts';
import { type PermissionSet, readScopes, union } from './permissions.ts';

/** What a browser asks for at `/authorize` and at `/adminconsent` (graph 1.2, 1.3): read and judged, before anybody signs in. */

export type ResponseMode = 'query' | 'fragment' | 'form_post';

interface Asked {
  readonly app: AppRegistration;
  readonly redirectUri: string;
  readonly state: string | null;
  /** Undefined: whoever signs in says which tenant it is. */
  readonly tenantId: string | undefined;
  readonly wanted: PermissionSet;
}

export interface AuthorizeRequest extends Asked {
  readonly kind: 'authorize';
  readonly redirect: RedirectUri;
  readonly mode: ResponseMode;
  readonly scopes: readonly string[];
  readonly everything: boolean;
  readonly prompt: 'login' | 'none' | 'consent' | 'select_account' | undefined;
  readonly loginHint: string | undefined;
  readonly nonce: string | undefined;
  readonly challenge: { readonly method: 'S256' | 'plain'; readonly value: string } | undefined;
}

export interface AdminConsentRequest extends Asked {
  readonly kind: 'admin-consent';
  readonly mode: 'query';
  /** As asked, in the v2.0 form only; it comes back with the answer. */
  readonly scope: string | undefined;
}

export type SignInRequest = AuthorizeRequest | AdminConsentRequest;

/** Where an answer goes. */
export interface ReturnAddress {
  readonly redirectUri: string;
  readonly mode: ResponseMode;
  readonly state: string | null;
}

export type Judged<R> =
  | { readonly ok: true; readonly request: R }
  /** Shown as a page: nobody may be sent to an address that is not registered. */
  | { readonly ok: false; readonly refusal: Refusal }
  | { readonly ok: false; readonly failure: EntraFailure; readonly to: ReturnAddress };

const page = (check: Refusal['check'], failure: EntraFailure): { ok: false; refusal: Refusal } => ({
  ok: false,
  refusal: { check, failure },
});

export function readAuthorizeRequest(
  world: EntraWorld,
  segment: string,
  query: URLSearchParams,
): Judged<AuthorizeRequest> {
  const where = readPlace(world, segment, query);
  if (!where.ok) return where;
  const { app, redirectUri, redirect, tenantId } = where;
  const state = query.get('state');
  const askedMode = query.get('response_mode') ?? 'query';
  const mode = isMode(askedMode) ? askedMode : 'query';
  const back = (failure: EntraFailure): Judged<AuthorizeRequest> => ({
    ok: false,
    failure,
    to: { redirectUri, mode, state },
  });
  if (!isMode(askedMode)) return back({ code: 90023, detail: "'response_mode'." });
  const type = query.get('response_type');
  if (type === null) return back({ code: 900144, detail: "'response_type'." });
  if (type !== 'code') return back({ code: 700054, detail: `'${type}'.` });
  const asked = readScopes(query.get('scope'));
  if ('kind' in asked) {
    if (asked.kind === 'empty') return back({ code: 900144, detail: "'scope'." });
    if (asked.kind === 'unknown-scope') return back({ code: 650053, detail: `'${asked.scope}'.` });
    return back({ code: 500011, detail: asked.kind === 'unknown-resource' ? `'${asked.resource}'.` : '' });
  }
  const prompt = query.get('prompt') ?? undefined;
  if (prompt !== undefined && !isPrompt(prompt)) return back({ code: 90023, detail: "'prompt'." });
  const challenge = readChallenge(query);
  if ('code' in challenge) return back(challenge);
  if (redirect.kind === 'spa' && challenge.value === '') return back({ code: 9002325 });
  return {
    ok: true,
    request: {
      kind: 'authorize',
      app,
      redirectUri,
      redirect,
      state,
      tenantId,
      mode,
      scopes: asked.names,
      everything: asked.everything,
      wanted: asked.everything
        ? {
            application: app.permissions.application,
            delegated: union(asked.names, app.permissions.delegated),
          }
        : { application: [], delegated: asked.names },
      prompt,
      loginHint: query.get('login_hint') ?? undefined,
      nonce: query.get('nonce') ?? undefined,
      challenge: challenge.value === '' ? undefined : challenge,
    },
  };
}

/** `scoped`: the v2.0 form, in which the scope says what is granted. */
export function readAdminConsentRequest(
  world: EntraWorld,
  segment: string,
  query: URLSearchParams,
  scoped: boolean,
): Judged<AdminConsentRequest> {
  if (scoped && ['common', 'consumers'].includes(segment.toLowerCase())) return page('A15', { code: 90124 });
  const where = readPlace(world, segment, query);
  if (!where.ok) return where;
  const { app, redirectUri, tenantId } = where;
  const scope = query.get('scope') ?? undefined;
  let wanted: PermissionSet = app.permissions;
  if (scoped) {
    const asked = readScopes(scope ?? null);
    if ('kind' in asked) {
      if (asked.kind === 'empty') return page('A15', { code: 900144, detail: "'scope'." });
      if (asked.kind === 'unknown-scope') return page('A15', { code: 650053, detail: `'${asked.scope}'.` });
      return page('A7', { code: 500011 });
    }
    wanted = asked.everything ? app.permissions : { application: [], delegated: asked.names };
  }
  return {
    ok: true,
    request: {
      kind: 'admin-consent',
      mode: 'query',
      app,
      redirectUri,
      state: query.get('state'),
      tenantId,
      wanted,
      scope: scoped ? scope : undefined,
    },
  };
}

/** Who asks, from where, for which tenant: faults of these are pages. */
function readPlace(
  world: EntraWorld,
  segment: string,
  query: URLSearchParams,
):
  | {
      readonly ok: true;
      readonly app: AppRegistration;
      readonly redirectUri: string;
      readonly redirect: RedirectUri;
      readonly tenantId: string | undefined;
    }
  | { readonly ok: false; readonly refusal: Refusal } {
  const shared = isManyTenants(segment);
  const tenantId = shared ? undefined : world.findTenant(segment);
  if (!shared && tenantId === undefined) return page('A2', { code: 90002, detail: `Tenant '${segment}'.` });
  if (tenantId !== undefined && world.elsewhere.has(tenantId)) return page('A20', { code: 90038 });
  const clientId = query.get('client_id');
  if (clientId === null) return page('A3', { code: 900144, detail: "'client_id'." });
  const app = world.apps.find(clientId);
  if (!app) return page('A3', { code: 700016, detail: `Application '${clientId}'.` });
  if (!app.multiTenant && tenantId !== app.homeTenantId)
    return page('A3', shared ? { code: 50194 } : { code: 700016, detail: `Application '${clientId}'.` });
  const redirectUri = query.get('redirect_uri');
  if (redirectUri === null) return page('A10', { code: 900144, detail: "'redirect_uri'." });
  const redirect = findRedirectUri(app, redirectUri);
  if (!redirect) return page('A10', { code: 50011, detail: `'${redirectUri}'.` });
  return { ok: true, app, redirectUri, redirect, tenantId };
}

function readChallenge(
  query: URLSearchParams,
): { readonly method: 'S256' | 'plain'; readonly value: string } | EntraFailure {
  const value = query.get('code_challenge') ?? '';
  // Absent method with a challenge: plain is assumed (graph 1.2).
  const method = query.get('code_challenge_method') ?? 'plain';
  if (method !== 'S256' && method !== 'plain') return { code: 90023, detail: "'code_challenge_method'." };
  if (value !== '' && !/^[A-Za-z0-9._~-]{43,128}$/.test(value)) return { code: 501491 };
  return { method, value };
}

const isMode = (text: string): text is ResponseMode => ['query', 'fragment', 'form_post'].includes(text);
const isPrompt = (text: string): text is NonNullable<AuthorizeRequest['prompt']> =>
  ['login', 'none', 'consent', 'select_account'].includes(text);

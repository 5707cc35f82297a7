import type { Audit } from '../audit/audit.ts';
import type { FaultBoard } from '../faults/fault-board.ts';
import {
  type HttpsAnswer,
  type HttpsRequest,
  type HttpsService,
  maskSecrets,
  startHttps,
} from '../https/https-server.ts';
import type { Issued } from '../trust/authority.ts';
import {
  type Judged,
  readAdminConsentRequest,
  readAuthorizeRequest,
  type SignInRequest,
} from './authorize-request.ts';
import { type EntraFailure, entraErrorBody, entraErrors } from './entra-error.ts';
import { type EntraWorld, isManyTenants } from './entra-world.ts';
import { faultPage } from './pages.ts';
import { type SignInAnswer, SignInService, sessionOf } from './sign-in-service.ts';
import { TokenService } from './token-service.ts';

/** The login host: sign-in and consent pages, discovery documents, signing keys and the token endpoint (graph 1.1, 1.6). */

export interface EntraServerOptions {
  readonly address: string;
  readonly port: number;
  readonly certificate: Issued;
  readonly world: EntraWorld;
  readonly audit: Audit;
  readonly faults: FaultBoard;
  /** Resolves after real milliseconds; faults slow answers with it. */
  readonly delay: (ms: number) => Promise<void>;
}

export function startEntra(options: EntraServerOptions): Promise<HttpsService> {
  const services: Services = {
    tokens: new TokenService(options.world),
    pages: new SignInService(options.world),
  };
  return startHttps({
    address: options.address,
    port: options.port,
    certificate: options.certificate,
    date: () => options.world.realNow(),
    handle: async (request) => {
      const route = routeOf(request.url.pathname);
      const fault = route && options.faults.takeHttp('login', route.what);
      if (fault?.fault === 'reset') return 'reset';
      if (fault?.fault === 'slow') await options.delay(fault.delayMs ?? 10_000);
      return answer(options, services, request, route, fault?.fault);
    },
  });
}

interface Services {
  readonly tokens: TokenService;
  readonly pages: SignInService;
}

const pagePaths = ['authorize', 'signin', 'adminconsent', 'adminconsent-v2', 'logout'] as const;
type Page = (typeof pagePaths)[number];
type What = 'token' | 'discovery' | 'keys' | 'instance' | Page;
const isPage = (what: What): what is Page => (pagePaths as readonly string[]).includes(what);

function routeOf(path: string): { what: What; segment: string; v1: boolean } | undefined {
  const [, segment = '', rest = ''] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const what: Record<string, { what: What; v1?: true }> = {
    'oauth2/v2.0/token': { what: 'token' },
    'oauth2/v2.0/authorize': { what: 'authorize' },
    'oauth2/v2.0/logout': { what: 'logout' },
    adminconsent: { what: 'adminconsent' },
    'v2.0/adminconsent': { what: 'adminconsent-v2' },
    signin: { what: 'signin' },
    'v2.0/.well-known/openid-configuration': { what: 'discovery' },
    '.well-known/openid-configuration': { what: 'discovery', v1: true },
    'discovery/v2.0/keys': { what: 'keys' },
    'discovery/keys': { what: 'keys', v1: true },
    'discovery/instance': { what: 'instance' },
  };
  const found = what[rest];
  return found && { what: found.what, segment: decodeURIComponent(segment), v1: found.v1 ?? false };
}

function answer(
  options: EntraServerOptions,
  services: Services,
  request: HttpsRequest,
  route: ReturnType<typeof routeOf>,
  fault: string | undefined,
): HttpsAnswer {
  const { world, audit } = options;
  const { random } = world;
  const origin = request.url.origin;
  const correlation =
    request.url.searchParams.get('client-request-id') ??
    (request.headers['client-request-id'] as string | undefined) ??
    random.uuid();
  const note = (status: number, what: string, check?: string): void => {
    audit.add({
      kind: 'http',
      where: 'login',
      method: request.method,
      status,
      guid: correlation,
      summary: `${request.method} ${request.url.pathname}: ${status} ${what}`,
      ...(check ? { checks: [{ id: check, passed: false, detail: what }] } : {}),
      text: maskSecrets(request.body),
    });
  };
  const json = (status: number, body: unknown, headers: Record<string, string> = {}): HttpsAnswer => ({
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-ms-request-id': random.uuid(),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const refuse = (failure: EntraFailure, check?: string, headers?: Record<string, string>): HttpsAnswer => {
    const { status, text } = entraErrors[failure.code];
    note(status, `AADSTS${failure.code} ${failure.detail ?? text}`, check);
    const ids = { trace: random.uuid(), correlation };
    return json(status, entraErrorBody(failure, ids, world.now()), headers);
  };

  if (route && isPage(route.what)) {
    const ids = { trace: random.uuid(), correlation, wall: world.now() };
    if (fault !== undefined && fault !== 'slow') {
      note(Number(fault), 'fault');
      return { ...faultPage({ code: fault === '429' ? 90055 : 90033 }, ids), status: Number(fault) };
    }
    const shown = showPage(services.pages, world, request, { ...route, what: route.what }, ids);
    if (shown === undefined) return { status: 405, headers: { allow: 'GET, POST' } };
    note(shown.answer.status, `${shown.what} ${clientOf(request)}`.trim(), shown.check);
    return { ...shown.answer, headers: { 'x-ms-request-id': ids.trace, ...shown.answer.headers } };
  }
  if (fault === '503') return refuse({ code: 90033 }, undefined, { 'retry-after': '2' });
  if (fault === '429') return refuse({ code: 90055 }, undefined, { 'retry-after': '2' });
  if (fault === '500') {
    note(500, 'fault');
    return json(500, { error: 'server_error', error_description: 'AADSTS90020: The server is broken.' });
  }
  if (!route) {
    note(404, 'no such path');
    return { status: 404 };
  }
  if (route.what === 'token') {
    if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
    const granted = services.tokens.answer({
      origin,
      segment: route.segment,
      endpoints: (segment) => [
        `${origin}/${segment}/oauth2/v2.0/token`,
        `https://login.microsoftonline.com/${segment}/oauth2/v2.0/token`,
      ],
      form: new URLSearchParams(request.body),
      authorization: request.headers.authorization,
    });
    if (!granted.ok) return refuse(granted.failure, granted.check);
    note(200, `token for ${granted.tenantId}`);
    return json(200, granted.body);
  }
  if (route.what === 'instance') {
    note(200, 'instance discovery');
    return json(200, instanceDiscovery(request.url));
  }
  const shared = isManyTenants(route.segment);
  const tenantId = world.findTenant(route.segment);
  if (!shared && tenantId === undefined)
    return refuse({ code: 90002, detail: `Tenant '${route.segment}'.` }, 'A2');
  const name = shared ? '{tenantid}' : (tenantId as string);
  note(200, route.what);
  const issuer = route.v1 ? `https://sts.windows.net/${name}/` : `${origin}/${name}/v2.0`;
  if (route.what === 'keys') return json(200, world.keys.jwks(issuer));
  return json(200, discovery(origin, route.segment, issuer));
}

/** The pages of the browser. Undefined: not with this method. */
function showPage(
  pages: SignInService,
  world: EntraWorld,
  { method, url, headers, body }: HttpsRequest,
  { what, segment }: { readonly what: Page; readonly segment: string },
  ids: { readonly trace: string; readonly correlation: string; readonly wall: number },
): SignInAnswer | undefined {
  const browser = { segment, session: sessionOf(headers.cookie), ids };
  const form = new URLSearchParams(body);
  if (what === 'signin') return method === 'POST' ? pages.step(form, browser) : undefined;
  if (method !== 'GET' && (method !== 'POST' || what !== 'authorize')) return undefined;
  if (what === 'logout') return pages.signOut(url.searchParams, browser);
  const query = method === 'POST' ? form : url.searchParams;
  const judged: Judged<SignInRequest> =
    what === 'authorize'
      ? readAuthorizeRequest(world, segment, query)
      : readAdminConsentRequest(world, segment, query, what === 'adminconsent-v2');
  return pages.begin(judged, browser);
}

const clientOf = ({ url }: HttpsRequest): string => {
  const client = url.searchParams.get('client_id');
  return client === null ? '' : `for ${client.slice(0, 64)}`;
};

const discovery = (origin: string, segment: string, issuer: string): Record<string, unknown> => ({
  issuer,
  authorization_endpoint: `${origin}/${segment}/oauth2/v2.0/authorize`,
  token_endpoint: `${origin}/${segment}/oauth2/v2.0/token`,
  jwks_uri: `${origin}/${segment}/discovery/v2.0/keys`,
  end_session_endpoint: `${origin}/${segment}/oauth2/v2.0/logout`,
  userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
  token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
  response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
  response_modes_supported: ['query', 'fragment', 'form_post'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  tenant_region_scope: 'EU',
  cloud_instance_name: 'microsoftonline.com',
  msgraph_host: 'graph.microsoft.com',
});

/** What MSAL asks a host it does not know for: which names mean the same cloud. */
function instanceDiscovery(url: URL): Record<string, unknown> {
  const tenant = /^https:\/\/[^/]+\/([^/]+)\//.exec(
    url.searchParams.get('authorization_endpoint') ?? '',
  )?.[1];
  return {
    tenant_discovery_endpoint: `${url.origin}/${tenant ?? 'common'}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [
      {
        preferred_network: url.host,
        preferred_cache: url.host,
        aliases: [url.host, 'login.microsoftonline.com'],
      },
    ],
  };
}

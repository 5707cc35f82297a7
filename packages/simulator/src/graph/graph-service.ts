import type { Audit } from '../audit/audit.ts';
import type { Directory } from '../directory/directory.ts';
import { readJwt } from '../entra/jwt.ts';
import type { SigningKeys } from '../entra/signing-keys.ts';
import type { FaultBoard } from '../faults/fault-board.ts';
import type { HttpsAnswer, HttpsRequest } from '../https/https-server.ts';
import { judgeBatch, runBatch } from './batch.ts';
import { type Caller, fail, type GraphAnswer, type GraphWorld } from './graph-world.ts';
import { judgeCaller } from './permissions.ts';
import { findRoute } from './routes.ts';
import { judgeAnswer, judgeRequest } from './subset.ts';
import { readCost, type Throttle, type Throttled } from './throttle.ts';

/** One request to Graph from its token to its answer, with the checks of graph 9.2 on the way. */

export interface GraphServiceOptions {
  readonly world: GraphWorld;
  readonly directory: Directory;
  readonly keys: SigningKeys;
  readonly audit: Audit;
  readonly faults: FaultBoard;
  readonly throttle: Throttle;
  /** Tenants that were deleted. */
  readonly gone: ReadonlySet<string>;
  /** An answer that is not in Microsoft's schema is an error of the twin: do not send it (G7). */
  readonly checkAnswers: boolean;
  /** Resolves after real milliseconds; faults slow answers with it. */
  readonly delay: (ms: number) => Promise<void>;
}

export interface InnerRequest {
  readonly method: string;
  /** Path and query below the version. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Undefined: none was sent. Null: it is no JSON. */
  readonly body: { readonly value: unknown } | null | undefined;
}

const graphAudiences = ['https://graph.microsoft.com', '00000003-0000-0000-c000-000000000000'];

export class GraphService {
  readonly #options: GraphServiceOptions;

  constructor(options: GraphServiceOptions) {
    this.#options = options;
  }

  async handle(request: HttpsRequest): Promise<HttpsAnswer | 'reset'> {
    const { world, faults, delay } = this.#options;
    const [, version = '', path = '/'] = /^\/(v1\.0|beta)(\/.*)$/.exec(request.url.pathname) ?? [];
    const requestId = world.random.uuid();
    const clientId = headerOf(request.headers, 'client-request-id');
    const finish = (answer: GraphAnswer, caller?: Caller): HttpsAnswer =>
      this.#send(answer, request, { requestId, clientId: clientId ?? requestId, caller });
    if (version === '') return finish(fail(404, 'NotFound', 'The version is v1.0 or beta.', 'G5'));

    const fault = faults.takeHttp('graph', path);
    if (fault?.fault === 'reset') {
      this.#note(request, { status: 0 }, 'fault: reset', clientId);
      return 'reset';
    }
    if (fault?.fault === 'slow') await delay(fault.delayMs ?? 10_000);
    else if (fault && fault.fault !== '504') return finish(this.#fault(fault.fault));

    const caller = this.#caller(headerOf(request.headers, 'authorization'));
    if (typeof caller === 'string')
      return finish({
        ...fail(401, 'InvalidAuthenticationToken', caller, 'G1'),
        headers: {
          'www-authenticate':
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
        },
      });
    const base = `${request.url.origin}/${version}`;
    const inner: InnerRequest = {
      method: request.method,
      url: `${path}${request.url.search}`,
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(',') : value,
        ]),
      ),
      body: readBody(request.body),
    };
    const answer =
      path.toLowerCase() === '/$batch'
        ? await this.#batch(inner, caller, base)
        : await this.#one(inner, caller, base);
    return finish(fault?.fault === '504' ? this.#fault('504') : answer, caller);
  }

  #fault(fault: string): GraphAnswer {
    const { clock } = this.#options.world;
    if (fault === '401-claims') return claimsAnswer(clock.wall());
    return faultAnswer(fault, clock.stamp());
  }

  /** G1: ours, for Graph, not expired, of a tenant that exists. A text says what is wrong. */
  #caller(authorization: string | undefined): Caller | string {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return 'Access token is empty.';
    const jwt = readJwt(token);
    if (!jwt) return 'CompactToken parsing failed with error code: 80049217';
    if (!this.#options.keys.verify(jwt)) return 'Access token validation failure. Invalid signature.';
    const { aud, exp, nbf, tid, appid, azp, roles, scp, idtyp, oid, wids } = jwt.claims;
    const app = typeof appid === 'string' ? appid : azp;
    const now = this.#options.world.clock.wall() / 1000;
    if (typeof aud !== 'string' || !graphAudiences.includes(aud))
      return 'Access token validation failure. Invalid audience.';
    if (typeof exp !== 'number' || exp <= now || (typeof nbf === 'number' && nbf > now + 300))
      return 'Lifetime validation failed, the token is expired.';
    if (
      typeof tid !== 'string' ||
      !this.#options.directory.tenant(tid) ||
      this.#options.gone.has(tid) ||
      typeof app !== 'string'
    )
      return 'Access token validation failure. Invalid tenant.';
    const kind = typeof scp === 'string' && idtyp !== 'app' ? 'user' : 'app';
    return {
      tenantId: tid,
      appId: app.toLowerCase(),
      kind,
      // What a person's token says in `roles` are roles of the app, not permissions at Graph.
      roles: kind === 'app' ? texts(roles) : [],
      scopes: kind === 'user' ? String(scp).split(' ').filter(Boolean) : [],
      objectId: typeof oid === 'string' ? oid.toLowerCase() : '',
      directoryRoles: texts(wids),
      expiresAt: exp * 1000,
    };
  }

  async #batch(request: InnerRequest, caller: Caller, base: string): Promise<GraphAnswer> {
    if (request.method !== 'POST') return fail(405, 'Request_BadRequest', '$batch is a POST.', 'G15');
    const judged = judgeBatch(request.body?.value);
    if (typeof judged === 'string') return fail(400, 'BadRequest', judged, 'G15');
    const { faults, world } = this.#options;
    return runBatch(judged, world.random, async (inner) => {
      const fault = faults.takeHttp('graph', inner.url);
      const lateOnly = !fault || ['slow', 'reset', '504'].includes(fault.fault);
      const done = lateOnly ? await this.#one(inner, caller, base) : undefined;
      const answer = done && fault?.fault !== '504' ? done : this.#fault(fault?.fault ?? '500');
      const worded = this.#dress(answer, world.random.uuid(), undefined);
      this.#noteInner(inner, worded, caller);
      return worded;
    });
  }

  async #one(request: InnerRequest, caller: Caller, base: string): Promise<GraphAnswer> {
    const { world, directory, throttle } = this.#options;
    const url = new URL(request.url, 'https://graph.invalid');
    const path = decodeURIComponent(url.pathname);
    const found = findRoute(request.method, path);
    if (found === undefined)
      return fail(400, 'BadRequest', `Resource not found for the segment '${path.split('/').at(-1)}'.`, 'G5');
    if (found === 'other-method')
      return fail(
        405,
        'Request_BadRequest',
        'Specified HTTP method is not allowed for the request target.',
        'G5',
      );
    const { route, params } = found;

    const write = route.method !== 'GET';
    const cost = route.service === 'identity' && !write ? readCost(route.cost ?? 1, url.searchParams) : 1;
    const metered = throttle.take({
      appId: caller.appId,
      tenantId: caller.tenantId,
      service: route.service,
      method: route.method,
      cost,
      users: directory.tenant(caller.tenantId)?.users.size ?? 0,
      resource:
        params['user-id']?.toLowerCase() ?? (path.startsWith('/me') ? caller.objectId : route.template),
    });
    if (metered.refused) return throttledAnswer(metered.refused, caller);

    const tenant = directory.tenant(caller.tenantId);
    if (!tenant) return fail(401, 'InvalidAuthenticationToken', 'The tenant is gone.', 'G1');
    if (tenant.cloud !== 'global' && path.toLowerCase().startsWith('/admin/teams/'))
      return fail(404, 'NotFound', 'The resource is not available in this national cloud.', 'T7');
    const isSelf = (id: string): boolean => directory.userById(tenant, id)?.objectId === caller.objectId;
    const refused = route.ownPermissions ? undefined : judgeCaller(caller, route, params, path, isSelf);
    if (refused)
      return fail(
        403,
        route.service === 'identity' ? 'Authorization_RequestDenied' : 'Forbidden',
        'Insufficient privileges to complete the operation.',
        refused,
      );

    if (request.body === null) return fail(400, 'BadRequest', 'The body is no JSON.', 'G6');
    if (write && request.body && !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return fail(415, 'BadRequest', 'Content-Type must be application/json.', 'G6');
    const body = request.body?.value;
    const malformed = judgeRequest(route.method, route.template, body ?? {});
    if (malformed !== undefined) {
      const many = /getPresencesByUserId/.test(route.template) && /must NOT have more/.test(malformed);
      return fail(400, 'BadRequest', malformed, many ? 'P1' : 'G6');
    }

    world.numbers.settle();
    const answer = await route.run({
      world,
      tenant,
      caller,
      params,
      query: url.searchParams,
      header: (name) => request.headers[name],
      body,
      base,
      path,
    });
    const resource =
      route.service === 'identity'
        ? {
            ...answer.headers,
            'x-ms-resource-unit': String(cost),
            ...(metered.share > 0.8 ? { 'x-ms-throttle-limit-percentage': metered.share.toFixed(1) } : {}),
          }
        : answer.headers;
    const whole: GraphAnswer = resource ? { ...answer, headers: resource } : answer;
    if (!this.#options.checkAnswers || route.path?.endsWith('$count')) return whole;
    const odd = judgeAnswer(route.method, route.template, whole.status, whole.described ?? whole.body);
    return odd === undefined ? whole : fail(500, 'TwinAnswerInvalid', odd, 'G7');
  }

  /** Ids and the date that every error carries (graph 7.3). */
  #dress(answer: GraphAnswer, requestId: string, clientId: string | undefined): GraphAnswer {
    const error = (answer.body as { error?: Record<string, unknown> } | undefined)?.error;
    if (answer.status < 400 || !error || typeof error !== 'object') return answer;
    const date = new Date(this.#options.world.clock.wall()).toISOString().slice(0, 19);
    const innerError = {
      ...(error.innerError as object | undefined),
      date,
      'request-id': requestId,
      'client-request-id': clientId ?? requestId,
    };
    return { ...answer, body: { error: { ...error, innerError } } };
  }

  #send(
    plain: GraphAnswer,
    request: HttpsRequest,
    ids: { readonly requestId: string; readonly clientId: string; readonly caller: Caller | undefined },
  ): HttpsAnswer {
    const answer = this.#dress(plain, ids.requestId, ids.clientId);
    this.#note(request, answer, undefined, ids.clientId, ids.caller);
    const headers: Record<string, string> = {
      'request-id': ids.requestId,
      'client-request-id': ids.clientId,
      'x-ms-ags-diagnostic': '{"ServerInfo":{"DataCenter":"Twin","Slice":"E","Ring":"1"}}',
      'odata-version': '4.0',
    };
    if (answer.body === undefined)
      return { status: answer.status, headers: { ...headers, 'content-length': '0', ...answer.headers } };
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    return {
      status: answer.status,
      headers: {
        ...headers,
        'content-type':
          'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
        ...answer.headers,
      },
      body: text,
    };
  }

  #note(
    request: HttpsRequest,
    answer: GraphAnswer,
    what: string | undefined,
    clientId: string | undefined,
    caller?: Caller,
  ): void {
    const path = `${request.url.pathname}${request.url.search}`;
    this.#audit(request.method, path, answer, what, clientId, request.body, caller);
  }

  #noteInner(inner: InnerRequest, answer: GraphAnswer, caller: Caller): void {
    const text = inner.body ? JSON.stringify(inner.body.value) : '';
    this.#audit(inner.method, inner.url, answer, `in a batch of ${caller.tenantId}`, undefined, text, caller);
  }

  #audit(
    method: string,
    path: string,
    answer: GraphAnswer,
    what: string | undefined,
    guid: string | undefined,
    text: string,
    caller: Caller | undefined,
  ): void {
    const error = (answer.body as { error?: { code?: string; message?: string } } | undefined)?.error;
    const why = what ?? (error ? `${error.code}: ${error.message}` : undefined);
    this.#options.audit.add({
      kind: 'http',
      where: 'graph',
      method,
      status: answer.status,
      summary: `${method} ${path}: ${answer.status}${why ? ` ${why}` : ''}`,
      ...(guid === undefined ? {} : { guid }),
      ...(caller && {
        app: {
          clientId: caller.appId,
          tenant: caller.tenantId,
          carries: caller.kind === 'app' ? caller.roles : caller.scopes,
        },
      }),
      ...(answer.check
        ? { checks: [{ id: answer.check, passed: false, ...(why ? { detail: why } : {}) }] }
        : {}),
      text,
    });
  }
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

const headerOf = (headers: HttpsRequest['headers'], name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

function readBody(text: string): InnerRequest['body'] {
  if (text === '') return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** The guidance article's form; identity adds who is throttled and by what (graph 7.5). */
function throttledAnswer(
  { retryAfterSeconds, quota, scope }: Throttled,
  { appId, tenantId }: Caller,
): GraphAnswer {
  const identity = quota.startsWith('identity');
  const write = quota.startsWith('identityWrite');
  const whole = `${scope}/${write ? 'Write' : 'Read'}/${appId}/${tenantId}`;
  return {
    status: 429,
    check: 'G13',
    body: {
      error: {
        code: identity ? 'TooManyRequests' : 'activityLimitReached',
        message: 'Please retry again later.',
        innerError: { code: '429', message: 'Please retry after', status: '429' },
      },
    },
    headers: {
      'retry-after': String(retryAfterSeconds),
      ...(identity
        ? {
            'x-ms-throttle-scope': whole,
            'x-ms-throttle-information': write ? 'WriteLimitExceeded' : 'ResourceUnitLimitExceeded',
          }
        : {}),
    },
  };
}

/** Continuous access evaluation: the token is good, and yet a newer one is wanted (graph 7.3). */
function claimsAnswer(now: number): GraphAnswer {
  const claims = { access_token: { nbf: { essential: true, value: String(Math.floor(now / 1000)) } } };
  const encoded = Buffer.from(JSON.stringify(claims)).toString('base64');
  return {
    ...fail(
      401,
      'InvalidAuthenticationToken',
      'Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp',
      'G14',
    ),
    headers: {
      'www-authenticate': `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="${encoded}"`,
    },
  };
}

function faultAnswer(fault: string, now: number): GraphAnswer {
  switch (fault) {
    case '401':
      return fail(401, 'InvalidAuthenticationToken', 'Access token has expired or is not yet valid.', 'G14');
    case '403':
      return fail(
        403,
        'Authorization_RequestDenied',
        'Insufficient privileges to complete the operation.',
        'G14',
      );
    case '429':
      return {
        ...fail(429, 'TooManyRequests', 'Please retry again later.', 'G14'),
        headers: { 'retry-after': '2' },
      };
    // A date has whole seconds: up to the third.
    case '429-date':
      return {
        ...fail(429, 'TooManyRequests', 'Please retry again later.', 'G14'),
        headers: { 'retry-after': new Date(Math.ceil(now / 1000 + 2) * 1000).toUTCString() },
      };
    case '502':
      return {
        status: 502,
        body: '<html><body><h1>502 Bad Gateway</h1></body></html>',
        headers: { 'content-type': 'text/html' },
        check: 'G14',
      };
    case '503':
      return {
        ...fail(503, 'serviceNotAvailable', 'The service is busy.', 'G14'),
        headers: { 'retry-after': '2' },
      };
    case '504':
      return fail(504, 'UnknownError', '', 'G14');
    default:
      return fail(500, 'generalException', 'An internal server error occurred.', 'G14');
  }
}

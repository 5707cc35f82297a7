import { randomUUID } from 'node:crypto';
import cookiePlugin from '@fastify/cookie';
import { proposalHeader, type RouteId, type RouteSpec, roleMay, routes } from '@tandem/contract';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { sameSecret } from '../security/token.ts';
import { wayMs } from './auth/microsoft-door.ts';
import type { Principal } from './auth/principal.ts';
import { BytesAnswer } from './bytes-answer.ts';
import { createConsentGate, KeptAsProposal } from './consent/consent-gate.ts';
import { openStream, type StreamLimits } from './events/stream.ts';
import { type Caller, type Context, createHandlers, SessionAnswer, TextAnswer } from './handlers.ts';
import type { PortalBundle } from './portal/portal-bundle.ts';
import { servePortal } from './portal/portal-pages.ts';
import { readInput } from './read-input.ts';
import { Refusal } from './refusal.ts';
import { type Scope, scopeOf } from './scope.ts';
import { apiHeaders } from './security-headers.ts';
import { type ApiServices, isAway } from './services.ts';

export interface HttpLog {
  error(fields: object, words: string): void;
  warn(fields: object, words: string): void;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Set when browsers come by https (a proxy in front): cookies become Secure and `__Host-`. */
  readonly publicUrl?: string | undefined;
  readonly log: HttpLog;
  readonly portal: PortalBundle;
  readonly streams?: Partial<StreamLimits> | undefined;
  /** Receivers that are no part of the API: callbacks of others, with bodies and answers of their own. */
  readonly receivers?: readonly ((app: FastifyInstance) => void | Promise<void>)[] | undefined;
  /** A request that is not whole by then is cut off, however it drips. */
  readonly requestTimeoutMs?: number;
  /** Tests: every answer is held against its schema. */
  readonly checkAnswers?: boolean;
}

export interface HttpServer {
  listen(): Promise<{ readonly url: string; readonly port: number }>;
  /** Requests that have no answer yet; streams of events are answered as they open. */
  readonly answering: number;
  /** Ends streams and open requests, then the listener. */
  close(): Promise<void>;
  /** For tests without a socket. */
  readonly app: FastifyInstance;
}

const bodyLimit = 64 * 1024;

export async function createHttpServer(
  options: HttpServerOptions,
  services: ApiServices,
): Promise<HttpServer> {
  const requestTimeout = options.requestTimeoutMs ?? 30_000;
  const secure = options.publicUrl?.startsWith('https:') ?? false;
  const app = Fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit,
    // Only a proxy on this machine may say for whom it asks; throttling counts by that address.
    trustProxy: options.publicUrl === undefined ? false : 'loopback',
    // Node.js keeps to these only when they are known as the server is made: set afterwards they cut nothing.
    http: { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval: requestTimeout / 6 },
    requestTimeout,
    connectionTimeout: 60_000,
    // What cannot even be matched with a route: in our words, not the framework's.
    frameworkErrors: (error, request, reply) => refuse(request, reply, judge(request, error)),
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
  });
  app.server.maxHeadersCount = 64;
  app.removeContentTypeParser('text/plain');
  // Many clients say JSON whether or not there is a body: a route that wants one says that it is missing.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parseJson(request, body as string, done);
  });
  await app.register(cookiePlugin);

  let answering = 0;
  app.addHook('preHandler', (request, reply, next) => {
    if (request.routeOptions.url !== routes.events.path) {
      answering += 1;
      reply.raw.once('close', () => {
        answering -= 1;
      });
    }
    next();
  });

  const cookieName = (request: FastifyRequest): string =>
    // Browsers keep one jar for all ports of a host: the port in the name lets instances run side by side.
    secure ? '__Host-tandem' : `tandem-${request.socket.localPort ?? options.port}`;

  const refuse = (request: FastifyRequest, reply: FastifyReply, refusal: Refusal) => {
    if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.retryAfterSeconds);
    if (refusal.code === 'database-unavailable') reply.header('retry-after', 5);
    return reply
      .code(refusal.status)
      .headers(apiHeaders)
      .type('application/problem+json')
      .send(JSON.stringify(refusal.toProblem(request.id)));
  };

  const judge = (request: FastifyRequest, error: unknown): Refusal => {
    if (isAway(error)) return new Refusal('database-unavailable');
    const { code, statusCode } = error as { code?: string; statusCode?: number };
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Refusal('body-too-large');
    if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new Refusal('media-type-unsupported');
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
      return new Refusal('invalid-request', { detail: 'The body or the address cannot be read.' });
    }
    options.log.error(
      { err: error, requestId: request.id, path: request.routeOptions.url },
      'API request failed',
    );
    return new Refusal('internal');
  };

  app.setErrorHandler((error, request, reply) => refuse(request, reply, judge(request, error)));
  app.setNotFoundHandler((request, reply) =>
    refuse(request, reply, new Refusal('not-found', { detail: `Nothing answers ${request.method} here.` })),
  );

  const handlers = createHandlers(services);
  const consented = createConsentGate(services);

  async function principalOf(request: FastifyRequest): Promise<{ principal?: Principal; cookie?: string }> {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      const principal = await services.sessions.fromBearer(bearer);
      return principal ? { principal } : {};
    }
    const cookie = request.cookies[cookieName(request)];
    if (cookie === undefined) return {};
    const principal = await services.sessions.fromCookie(cookie);
    return principal ? { principal, cookie } : {};
  }

  for (const [name, entry] of Object.entries(routes)) {
    const id = name as RouteId;
    const route: RouteSpec = entry;
    app.route({
      method: route.method,
      // HEAD of a stream would open one that nobody reads.
      exposeHeadRoute: id !== 'events',
      ...(route.bodyLimit !== undefined && { bodyLimit: route.bodyLimit }),
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        if (route.method !== 'GET' && !sameOrigin(request, options.publicUrl)) {
          return refuse(
            request,
            reply,
            new Refusal('csrf-token-missing', { detail: 'The Origin is another one.' }),
          );
        }
        const { principal, cookie } = route.permission === 'public' ? {} : await principalOf(request);
        const scope = principal && scopeOf(principal);
        const refusal = admit(route, request, principal, scope);
        if (refusal) return refuse(request, reply, refusal);
        const input = readInput(route, request);
        if (input instanceof Refusal) return refuse(request, reply, input);
        if (id === 'events') {
          if (!principal || !scope) return refuse(request, reply, new Refusal('not-signed-in'));
          const again = () => principalOf(request).then((found) => found.principal);
          const stream = openStream(services, limits, request, reply, principal, scope, again, open);
          return stream instanceof Refusal ? refuse(request, reply, stream) : reply;
        }
        const caller: Caller = {
          address: request.ip,
          cookie,
          way: request.cookies[`${cookieName(request)}-way`],
          wantsText: /^text\/plain\b/.test(request.headers.accept ?? ''),
          range: request.headers.range,
          wantsCsv: /^text\/csv\b/.test(request.headers.accept ?? ''),
        };
        // The table ties input, handler and output of one id together; the compiler cannot follow it through the loop.
        const handler = handlers[id] as (context: Context<RouteId>) => Promise<unknown>;
        const goesOn =
          principal && scope
            ? await consented(id, route, askedOf(route, request), principal, scope, caller)
            : nowhere;
        if (goesOn instanceof Refusal) return refuse(request, reply, goesOn);
        if (goesOn instanceof KeptAsProposal) {
          return reply
            .code(202)
            .headers({ ...apiHeaders, [proposalHeader]: goesOn.id })
            .type('application/json; charset=utf-8')
            .send(JSON.stringify(goesOn.body));
        }
        const context = { input, principal: principal ?? nobody, scope: goesOn, caller };
        const answer = await handler(context as Context<RouteId>);
        if (answer instanceof Refusal) return refuse(request, reply, answer);
        reply.headers(apiHeaders);
        if (answer instanceof TextAnswer) {
          return reply.code(answer.status).type(answer.contentType).send(answer.text);
        }
        if (answer instanceof BytesAnswer)
          return reply.code(answer.status).headers(answer.headers).send(answer.bytes);
        if (answer instanceof SessionAnswer) setCookies(request, reply, answer);
        const body: unknown = answer instanceof SessionAnswer ? answer.body : answer;
        if (options.checkAnswers && route.response) route.response.parse(body);
        if (route.status === 204) return reply.code(204).send();
        return reply
          .code(route.status ?? 200)
          .type('application/json; charset=utf-8')
          .send(JSON.stringify(body));
      },
    });
  }

  function setCookies(
    request: FastifyRequest,
    reply: FastifyReply,
    { token, way }: Pick<SessionAnswer<unknown>, 'token' | 'way'>,
  ): void {
    const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
    const name = cookieName(request);
    if (token === null) reply.clearCookie(name, attributes);
    else if (token !== undefined) reply.setCookie(name, token, attributes);
    if (way === null) reply.clearCookie(`${name}-way`, attributes);
    else if (way !== undefined)
      reply.setCookie(`${name}-way`, way, { ...attributes, maxAge: Math.floor(wayMs / 1000) });
  }

  const limits: StreamLimits = { total: 500, perUser: 12, aliveMs: 15_000, ...options.streams };
  const open = new Map<string, number>();

  for (const receiver of options.receivers ?? []) await receiver(app);
  servePortal(app, options.portal);

  return {
    app,
    get answering() {
      return answering;
    },
    async listen() {
      await app.listen({ host: options.host, port: options.port });
      const address = app.server.address();
      const port = typeof address === 'object' && address ? address.port : options.port;
      const host = options.host.includes(':') ? `[${options.host}]` : options.host;
      return { url: `http://${host}:${port}`, port };
    },
    close: () => app.close(),
  };
}

function admit(
  route: RouteSpec,
  request: FastifyRequest,
  principal: Principal | undefined,
  scope: Scope | undefined,
): Refusal | undefined {
  if (route.permission === 'public') return undefined;
  if (!principal) return new Refusal('not-signed-in');
  if (!roleMay(principal.role, route.permission)) return new Refusal('role-missing');
  // Somebody whom no account can be told for may see who they are and leave, nothing else (I10).
  if (!scope && route.permission !== 'session') return new Refusal('role-missing');
  if (route.method !== 'GET' && principal.via === 'cookie') {
    const given = request.headers['x-csrf-token'];
    if (typeof given !== 'string' || !principal.csrfToken || !sameSecret(given, principal.csrfToken)) {
      return new Refusal('csrf-token-missing');
    }
  }
  return undefined;
}

/** As it came, without what the route does not know. */
const askedOf = (route: RouteSpec, request: FastifyRequest) => ({
  params: (request.params ?? {}) as Record<string, unknown>,
  query: (request.query ?? {}) as Record<string, unknown>,
  ...(route.body && { body: request.body }),
});

/** A browser says where a write comes from; programs do not, and need not. */
function sameOrigin(request: FastifyRequest, publicUrl: string | undefined): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (publicUrl !== undefined && origin === new URL(publicUrl).origin) return true;
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** Placeholders for public routes, whose handlers look at neither. They see nothing if one ever did. */
const nobody: Principal = { userId: '', name: '', displayName: '', role: 'user', via: 'cookie' };
const nowhere: Scope = { kind: 'account', accountId: '' as never };

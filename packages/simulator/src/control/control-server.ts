import { timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Twin } from '../twin.ts';
import { describeApi } from './openapi.ts';
import { problem } from './problem.ts';
import { routes } from './routes.ts';

export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startControl(options: {
  readonly address: string;
  readonly port: number;
  /** Bearer token; empty = none. */
  readonly token: string;
  readonly twin: Omit<Twin, 'ready'>;
  readonly clock: Clock;
}): Promise<ControlServer> {
  const { twin, clock } = options;
  const app: FastifyInstance = Fastify({
    logger: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
  });

  // A POST without a body is a wish without details.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(body as string));
    } catch {
      done(Object.assign(new Error('the body is not JSON'), { statusCode: 400 }), undefined);
    }
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    problem(reply, error.statusCode ?? 500, 'failed', error.message),
  );
  app.setNotFoundHandler((request, reply) =>
    problem(reply, 404, 'no-such-path', `${request.method} ${request.url}: see /openapi.json`),
  );
  app.addHook('onRequest', async (request, reply) => {
    if (options.token === '' || request.url === '/openapi.json') return;
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${options.token}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      return problem(
        reply,
        401,
        'no-token',
        'send the control token as Bearer; it stands in the instance file',
      );
  });

  app.get('/openapi.json', () => describeApi(routes));
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: async (request, reply) => {
        const body = route.body?.safeParse(request.body ?? {});
        if (body && !body.success) return problem(reply, 422, 'invalid', sentence(body.error.issues));
        const query = route.query?.safeParse(request.query);
        if (query && !query.success) return problem(reply, 422, 'invalid', sentence(query.error.issues));
        const params = request.params as Record<string, string>;
        try {
          return await route.run(
            { twin, clock },
            { params, body: body?.data as never, query: (query?.data ?? {}) as never },
            reply,
            request,
          );
        } finally {
          // Whatever a script changed at Microsoft is still so after a restart.
          if (route.method !== 'GET') twin.state.changed();
        }
      },
    });
  }
  await app.listen({ host: options.address, port: options.port });
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return { url: `http://${options.address}:${port}`, close: () => app.close() };
}

function sentence(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  return issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}

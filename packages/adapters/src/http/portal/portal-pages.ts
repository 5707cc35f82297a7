import { randomBytes } from 'node:crypto';
import { type ProblemCode, problems } from '@tandem/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bareHeaders, pagePolicy } from '../security-headers.ts';
import type { PortalBundle, PortalFile } from './portal-bundle.ts';

/** Where the built page carries its nonce; replaced at each answer. */
export const nonceMark = 'tandem-style-nonce';

/** Paths the portal owns in the browser: any of them gets the one page. Files are looked up by exact name only. */
export function servePortal(app: FastifyInstance, portal: PortalBundle): void {
  const page = async (request: FastifyRequest, reply: FastifyReply) => {
    const state = portal.state();
    if (state.kind !== 'ready') return waiting(reply, state);
    const path = decodeURI(new URL(request.url, 'http://portal').pathname).slice(1);
    const file = state.files.get(path);
    if (file && path !== 'index.html') return sendFile(request, reply, file);
    if (path.includes('.') && !path.startsWith('accounts/')) return reply.callNotFound();
    const index = state.files.get('index.html');
    if (!index) return reply.callNotFound();
    const nonce = randomBytes(16).toString('base64url');
    return reply
      .headers({ ...bareHeaders, 'content-security-policy': pagePolicy(nonce), 'cache-control': 'no-store' })
      .type('text/html; charset=utf-8')
      .send(index.body.toString('utf8').replaceAll(nonceMark, nonce));
  };
  app.get('/', page);
  app.get('/assets/*', page);
  for (const path of portalPaths) app.get(path, page);
  app.get<{ Params: { code: string } }>('/problems/:code', async (request, reply) => {
    const code = request.params.code;
    if (!Object.hasOwn(problems, code)) return reply.callNotFound();
    const row = problems[code as ProblemCode];
    return send(reply, `${row.title}`, [`Code ${code}, status ${row.status}.`, `${row.next}`], 200);
  });
}

/** The first segments of the portal's own addresses; its router knows the rest. */
const portalPaths = [
  '/favicon.svg',
  '/sign-in',
  '/overview',
  '/people',
  '/people/*',
  '/live',
  '/calls',
  '/calls/*',
  '/accounts',
  '/accounts/*',
  '/microsoft',
  '/microsoft/*',
  '/connect/*',
  '/numbers',
  '/numbers/*',
  '/jobs',
  '/jobs/*',
  '/action-items',
  '/webhooks',
  '/consent',
  '/carriers',
  '/sign-ins',
  '/audit',
  '/me',
  '/me/*',
  '/contacts',
  '/speed-dial',
  '/history',
  '/lines',
  '/voicemail',
  '/presence',
  '/presence/*',
  '/queues',
  '/queues/*',
];

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PortalFile) {
  reply.headers({
    ...bareHeaders,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  reply.header('vary', 'accept-encoding').type(file.contentType);
  if (file.gzip && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
    return reply.header('content-encoding', 'gzip').send(file.gzip);
  }
  return reply.send(file.body);
}

function waiting(reply: FastifyReply, state: Exclude<ReturnType<PortalBundle['state']>, { kind: 'ready' }>) {
  if (state.kind === 'building') {
    const words = [
      state.step,
      'The first start builds the portal; that takes about a minute and happens beside everything else.',
      'Calls and the API work already. This page looks again by itself.',
    ];
    return send(reply, 'The portal is being built', words, 503, 3);
  }
  return send(
    reply,
    'The portal could not be built',
    [state.reason, state.next, 'Calls and the API are not affected.'],
    503,
    15,
  );
}

function send(
  reply: FastifyReply,
  title: string,
  words: readonly string[],
  status: number,
  refreshSeconds?: number,
) {
  const nonce = randomBytes(16).toString('base64url');
  const style =
    ':root{color-scheme:light dark}body{font:16px/1.5 "Segoe UI",system-ui,sans-serif;margin:15vh auto;max-width:34rem;padding:0 1.5rem}h1{font-size:1.5rem;font-weight:600}p{overflow-wrap:anywhere}';
  const refresh =
    refreshSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${refreshSeconds}">`;
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}<title>${escapeHtml(title)} - Tandem</title><style nonce="${nonce}">${style}</style></head><body><main><h1>${escapeHtml(title)}</h1>${words.map((word) => `<p>${escapeHtml(word)}</p>`).join('')}</main></body></html>`;
  if (refreshSeconds !== undefined) reply.header('retry-after', refreshSeconds);
  return reply
    .code(status)
    .headers({ ...bareHeaders, 'content-security-policy': pagePolicy(nonce), 'cache-control': 'no-store' })
    .type('text/html; charset=utf-8')
    .send(html);
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);

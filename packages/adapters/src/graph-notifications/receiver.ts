import type { FastifyInstance } from 'fastify';
import type { HintJournal } from './hint-journal.ts';
import type { ContentPost } from './presence-inbox.ts';
import type { SubscriptionBook, Verdict } from './subscription-book.ts';

/**
 * Where Microsoft Graph tells of changes (microsoft-graph 3.3 to 3.5). It shares nothing with the database: what is known of our
 * subscriptions stands in memory, what is accepted goes to a journal of its own (T16, T17). Nobody learns here whether an item was
 * believed: everything that can be read is answered with 202.
 */
export interface ReceiverOptions {
  readonly book: SubscriptionBook;
  readonly journal: Pick<HintJournal, 'append'>;
  readonly wall: () => number;
  /** Something of this connection changed, or its subscriptions want to be authorised anew. */
  readonly onHint: (connectionId: string, hint: Hint) => void;
  /** Items with encrypted content, of subscriptions of ours; whether Microsoft sent them is for the taker to prove. */
  readonly onContent?: (connectionId: string, post: ContentPost) => void;
  /** Every item, and every POST that came to nothing, by what was made of it. */
  readonly onResult: (result: ReceiverResult, items: number) => void;
}

export type Hint =
  | { readonly kind: 'changed' }
  | { readonly kind: 'reauthorize'; readonly subscriptionId: string };

export const receiverResults = [
  'accepted',
  'unknown',
  'forged',
  'foreign-tenant',
  'lifecycle-unknown',
  'malformed',
  'too-many',
  'too-large',
  'not-stored',
  'validated',
  'validation-refused',
] as const;
export type ReceiverResult = (typeof receiverResults)[number];

const bodyLimit = 256 * 1024;
const mostItems = 1_000;
const mostTokenBytes = 4 * 1024;
/** Microsoft gives up on a first attempt after 3 s, and would count us as slow. */
const storeWithinMs = 2_000;

export const hooksPath = '/hooks/graph';

export function graphReceiver(options: ReceiverOptions): (app: FastifyInstance) => Promise<void> {
  const { book, onResult } = options;
  return async (app) => {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      // Whatever it says it is: an answer must not depend on a header that anybody can choose.
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
        done(null, body),
      );
      scope.setErrorHandler((error, _request, reply) => {
        const large = (error as { code?: string }).code === 'FST_ERR_CTP_BODY_TOO_LARGE';
        if (large) onResult('too-large', 1);
        return reply
          .code(large ? 413 : 400)
          .headers(headers)
          .send('');
      });
      scope.route<{ Params: { connection: string } }>({
        method: 'POST',
        url: `${hooksPath}/:connection`,
        bodyLimit,
        handler: async (request, reply) => {
          const { connection } = request.params;
          reply.headers(headers);
          const token = validationToken(request.raw.url ?? '');
          if (token !== undefined) {
            // Only while we asked for it: nobody else may have a text of theirs repeated by us.
            const welcome = book.expects(connection) && Buffer.byteLength(token) <= mostTokenBytes;
            onResult(welcome ? 'validated' : 'validation-refused', 1);
            return welcome ? reply.code(200).send(token) : reply.code(404).send('');
          }
          const code = await receive(connection, request.body, options);
          if (code === 503) reply.header('retry-after', '10');
          return reply.code(code).send('');
        },
      });
    });
  };
}

const headers = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

/** Decoded once, as a form is; undefined: no validation. */
function validationToken(url: string): string | undefined {
  const query = url.indexOf('?');
  if (query < 0) return undefined;
  return new URLSearchParams(url.slice(query + 1)).get('validationToken') ?? undefined;
}

async function receive(connectionId: string, body: unknown, options: ReceiverOptions): Promise<202 | 503> {
  const { book, journal, wall, onHint, onResult } = options;
  const items = itemsOf(body);
  if (!items) {
    onResult('malformed', 1);
    return 202;
  }
  if (items.length > mostItems) onResult('too-many', items.length - mostItems);
  const hints: Hint[] = [];
  const stored: { subscriptionId: string; what: string }[] = [];
  const contents: ContentPost['items'][number][] = [];
  for (const item of items.slice(0, mostItems)) {
    const read = readItem(item);
    if (!read) {
      onResult('malformed', 1);
      continue;
    }
    const verdict: Verdict = book.judge(connectionId, read);
    if (verdict !== 'accepted') {
      onResult(verdict, 1);
      continue;
    }
    const { subscriptionId, lifecycle, content } = read;
    if (content !== undefined) {
      // It says by itself what changed; the directory is not asked because of it.
      contents.push({
        subscriptionId,
        entraTenantId: read.tenantId.toLowerCase(),
        encryptedContent: content,
      });
    } else if (lifecycle !== undefined && lifecycle !== 'reauthorizationRequired') {
      onResult('lifecycle-unknown', 1);
      // `missed` and `subscriptionRemoved` are not sent for users and groups; should they be, looking is right.
      hints.push({ kind: 'changed' });
    } else
      hints.push(lifecycle === undefined ? { kind: 'changed' } : { kind: 'reauthorize', subscriptionId });
    stored.push({ subscriptionId, what: lifecycle ?? read.changeType });
  }
  if (stored.length === 0) return 202;
  try {
    await within(storeWithinMs, journal.append({ atWallMs: wall(), connectionId, items: stored }));
  } catch {
    onResult('not-stored', stored.length);
    return 503;
  }
  onResult('accepted', stored.length);
  if (contents.length > 0)
    options.onContent?.(connectionId, { items: contents, validationTokens: tokensOf(body) });
  const told = new Set<string>();
  for (const hint of hints) {
    const key = hint.kind === 'changed' ? '' : hint.subscriptionId;
    if (told.has(key)) continue;
    told.add(key);
    onHint(connectionId, hint);
  }
  return 202;
}

function tokensOf(body: unknown): unknown {
  const { validationTokens } = JSON.parse(String(body)) as { readonly validationTokens?: unknown };
  return validationTokens;
}

function itemsOf(body: unknown): readonly unknown[] | undefined {
  if (!Buffer.isBuffer(body)) return undefined;
  try {
    const { value } = JSON.parse(body.toString('utf8')) as { readonly value?: unknown };
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const longest = 255;
const short = (value: unknown): string => (typeof value === 'string' ? value.slice(0, longest) : '');

function readItem(item: unknown) {
  if (typeof item !== 'object' || item === null) return undefined;
  const { subscriptionId, clientState, tenantId, changeType, lifecycleEvent, encryptedContent } =
    item as Record<string, unknown>;
  if (typeof subscriptionId !== 'string' || subscriptionId.length > 64) return undefined;
  return {
    subscriptionId,
    clientState: short(clientState),
    tenantId: short(tenantId),
    changeType: /^[a-z,]{1,32}$/.test(short(changeType)) ? short(changeType) : 'unsaid',
    lifecycle: lifecycleEvent === undefined ? undefined : short(lifecycleEvent),
    content: lifecycleEvent === undefined ? encryptedContent : undefined,
  };
}

/** Rejects when the work takes longer; the work itself goes on. */
function within(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`longer than ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

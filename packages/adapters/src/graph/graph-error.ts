/**
 * Graph or the sign-in service failed us. `code` is stable; the cure stands in the fields. Branch on these, never on
 * Microsoft's text (microsoft-graph 7.3).
 */
export type GraphErrorCode =
  /** 429, or a wait that Microsoft asked for is not over: `retryAfterMs`. */
  | 'graph-throttled'
  /** 403, or the token lacks every permission that the operation accepts: `missingScope`. */
  | 'graph-missing-scope'
  | 'graph-unauthorized'
  | 'graph-not-found'
  /** 410: start the delta again from the beginning. */
  | 'graph-gone'
  /** Another final 4xx: asking again will not help. */
  | 'graph-refused'
  /** 5xx, time limit, no connection. For a write: whether it happened is not known. */
  | 'graph-unavailable'
  /** An answer that is not what Graph documents. */
  | 'graph-unexpected-answer'
  /** The sign-in service does not know our app in this tenant: consent withdrawn, app deleted, wrong tenant. */
  | 'sign-in-tenant-disconnected'
  /** Secret or certificate refused or expired: our side's fault, page the operator. */
  | 'sign-in-credential-refused'
  /** Our proof is not valid by Microsoft's clock: the server's clock is wrong. */
  | 'sign-in-clock-differs'
  | 'sign-in-unavailable'
  | 'sign-in-refused';

export interface GraphErrorFacts {
  readonly operation?: string;
  readonly status?: number;
  /** Graph's own code, or the AADSTS number. */
  readonly theirCode?: string;
  readonly retryAfterMs?: number;
  readonly missingScope?: string;
  readonly requestId?: string;
  /** Ours: what is left to name a request by that nobody answered. */
  readonly clientRequestId?: string;
  readonly cause?: unknown;
}

export class GraphError extends Error {
  readonly code: GraphErrorCode;
  readonly operation: string | undefined;
  readonly status: number | undefined;
  readonly theirCode: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly missingScope: string | undefined;
  readonly requestId: string | undefined;
  readonly clientRequestId: string | undefined;

  constructor(code: GraphErrorCode, message: string, facts: GraphErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'GraphError';
    this.code = code;
    this.operation = facts.operation;
    this.status = facts.status;
    this.theirCode = facts.theirCode;
    this.retryAfterMs = facts.retryAfterMs;
    this.missingScope = facts.missingScope;
    this.requestId = facts.requestId;
    this.clientRequestId = facts.clientRequestId;
  }
}

/**
 * `Retry-After` in seconds or as a date (RFC 9110 10.2.3); undefined when it is missing or makes no sense. A date is read
 * against the answer's own `Date`: both are of one clock, whatever ours says.
 */
export function retryAfterMs(
  header: string | undefined,
  nowWallMs: number,
  answerDate?: string,
): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds < 0 ? undefined : seconds * 1000;
  const date = Date.parse(header);
  const said = Date.parse(answerDate ?? '');
  return Number.isNaN(date) ? undefined : Math.max(0, date - (Number.isNaN(said) ? nowWallMs : said));
}

/** The error envelope, read as far as it is there. */
export function readGraphError(body: string): { readonly code: string; readonly message: string } {
  try {
    const error: unknown = (JSON.parse(body) as { error?: unknown }).error;
    if (typeof error !== 'object' || error === null) return { code: '', message: '' };
    const { code, message } = error as { code?: unknown; message?: unknown };
    return {
      code: typeof code === 'string' ? code : '',
      message: typeof message === 'string' ? message : '',
    };
  } catch {
    return { code: '', message: '' };
  }
}

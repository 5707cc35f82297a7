/** The database cannot be reached, or not in time. The portal turns read-only, calls go on (F06). */
export class DatabaseUnavailable extends Error {
  readonly code = 'database-unavailable';
  /** When trying again makes sense. */
  readonly retryAfterMs: number;

  constructor(detail: string, retryAfterMs: number, cause?: unknown) {
    super(`database unavailable: ${detail}`, cause === undefined ? undefined : { cause });
    this.name = 'DatabaseUnavailable';
    this.retryAfterMs = retryAfterMs;
  }
}

const connectionStates = /^(08|57P|53)/; // connection exception, operator intervention, insufficient resources
const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'ENOENT',
  'EHOSTUNREACH',
]);

/** True for errors that say "no database now" rather than "no such thing" or "our bug". */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && (connectionCodes.has(code) || connectionStates.test(code))) return true;
  return (
    typeof message === 'string' &&
    /connection terminated|timeout exceeded|query read timeout|not queryable|connection error/i.test(message)
  );
}

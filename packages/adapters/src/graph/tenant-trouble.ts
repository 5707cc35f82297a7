import type { TenantFacts } from '@tandem/engine';
import { GraphError, type GraphErrorCode } from './graph-error.ts';

type State = Pick<TenantFacts, 'connection' | 'trouble'>;

/** How long a limit lasts when Microsoft does not say. */
const usualWaitMs = 30_000;

const silence: ReadonlySet<GraphErrorCode> = new Set([
  'graph-unavailable',
  'graph-unexpected-answer',
  'sign-in-unavailable',
]);

/**
 * What the failures of one reading say of the connection (product-behaviour 1.3). A group that is gone is no failure of
 * the connection; a limit or silence is trouble, never a lost connection.
 */
export class TenantTrouble {
  #lostSince: number | undefined;
  #silentSince: number | undefined;
  #clockSince: number | undefined;

  after(parts: readonly unknown[], nowWallMs: number): State {
    const errors = parts.filter((part) => part instanceof GraphError);
    const found = (...codes: readonly GraphErrorCode[]): GraphError | undefined =>
      errors.find(({ code }) => codes.includes(code));
    const lost = found('sign-in-tenant-disconnected');
    this.#lostSince = lost ? (this.#lostSince ?? nowWallMs) : undefined;
    const silent = errors.some(({ code }) => silence.has(code));
    this.#silentSince = silent ? (this.#silentSince ?? nowWallMs) : undefined;

    if (this.#lostSince !== undefined) return { connection: { is: 'lost', sinceWallMs: this.#lostSince } };
    if (found('sign-in-credential-refused'))
      return { connection: { is: 'credential-expired', date: 'a date not known' } };
    // A token that Graph does not take though it is new: what the administrator approved is not there any more.
    const scope = found('graph-missing-scope', 'graph-unauthorized', 'sign-in-refused');
    if (scope)
      return { connection: { is: 'missing-scope', scope: scope.missingScope ?? 'that Tandem needs' } };
    const clock = found('sign-in-clock-differs');
    this.#clockSince = clock ? (this.#clockSince ?? nowWallMs) : undefined;
    if (this.#clockSince !== undefined)
      return {
        connection: { is: 'connected' },
        trouble: { is: 'clock-differs', sinceWallMs: this.#clockSince },
      };
    const throttled = found('graph-throttled');
    if (throttled) {
      const untilWallMs = nowWallMs + (throttled.retryAfterMs ?? usualWaitMs);
      return { connection: { is: 'connected' }, trouble: { is: 'throttled', untilWallMs } };
    }
    return {
      connection: { is: 'connected' },
      ...(this.#silentSince !== undefined && {
        trouble: { is: 'unavailable', sinceWallMs: this.#silentSince },
      }),
    };
  }
}

import { createHash, createHmac } from 'node:crypto';
import type { SessionStore } from '../../postgres/session-store.ts';
import type { ApiToken, TokenStore } from '../../postgres/token-store.ts';
import type { PlatformUser, UserStore } from '../../postgres/user-store.ts';
import { looksLikeToken } from '../../security/token.ts';
import { type ApiClock, isAway } from '../services.ts';
import type { Principal } from './principal.ts';
import { SignInThrottle } from './throttle.ts';

/** The stores behind it (see `postgres/`); they judge passwords, ends and expiry, each at an equal cost. */
export interface AccessStores {
  readonly users: Pick<UserStore, 'signInForPlatform'>;
  readonly sessions: Pick<SessionStore, 'openForPlatform' | 'readForPlatform' | 'closeForPlatform'>;
  readonly tokens: Pick<TokenStore, 'verifyForPlatform'>;
}

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly token: string; readonly principal: Principal }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number };

export interface Opened {
  readonly token: string;
  readonly principal: Principal;
}

export interface SessionService {
  signIn(name: string, password: string, source: string): Promise<SignInOutcome>;
  /** For somebody who was proved in another way than by a password. */
  openFor(user: PlatformUser): Promise<Opened>;
  /** `undefined`: not, or no longer, signed in. Use counts as activity. */
  fromCookie(token: string): Promise<Principal | undefined>;
  fromBearer(token: string): Promise<Principal | undefined>;
  signOut(token: string): Promise<void>;
}

export const idleMs = 30 * 60_000;
/** Role or session loss is effective within 60 s (T21): the store is asked again at least this often. */
const trustMs = 30_000;
/** Refusals take this long, so that an unknown name, a wrong password and a disabled user look alike (T02). */
const refusalMs = 1_000;
const mostCached = 10_000;
/** A verification burns a third of a second of a core: one at a time leaves the rest to calls. */
const mostWaiting = 10;

interface Cached {
  readonly user: PlatformUser;
  readonly endsAtMs: number | undefined;
  checkedAt: number;
  lastSeenMs: number;
}

export interface SessionServiceDeps {
  readonly stores: AccessStores;
  readonly clock: ApiClock;
  readonly onFailure?: (reason: 'refused' | 'throttled') => void;
  /** Asked at every request, from memory: false ends the session, and lets nobody sign in. */
  readonly mayStay?: (user: PlatformUser) => boolean;
}

export function createSessionService({
  stores,
  clock,
  onFailure,
  mayStay = () => true,
}: SessionServiceDeps): SessionService {
  const throttle = new SignInThrottle();
  const sessions = new Map<string, Cached>();
  const bearers = new Map<string, { readonly found: ApiToken; readonly checkedAt: number }>();
  let inTurn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function verifyInTurn(name: string, password: string): Promise<PlatformUser | undefined> {
    waiting += 1;
    const mine = inTurn.then(() => stores.users.signInForPlatform(name, password));
    inTurn = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      waiting -= 1;
    }
  }

  const pauseUntil = (at: number): Promise<void> =>
    new Promise((resolve) => {
      const left = at - clock.now();
      if (left <= 0) resolve();
      else clock.after(left, resolve);
    });

  function asPrincipal(token: string, hit: Cached): Principal {
    const { id, name, role, accountId, personId } = hit.user;
    return {
      userId: id,
      name,
      displayName: name,
      role,
      accountId,
      personId,
      via: 'cookie',
      csrfToken: csrfTokenOf(token),
      idleUntilMs: hit.lastSeenMs + idleMs,
      endsAtMs: hit.endsAtMs,
    };
  }

  const over = (hit: Cached): boolean => {
    const at = clock.wall();
    return at >= hit.lastSeenMs + idleMs || (hit.endsAtMs !== undefined && at >= hit.endsAtMs);
  };

  async function openFor(user: PlatformUser): Promise<Opened> {
    const { text, endsAt } = await stores.sessions.openForPlatform(user);
    const hit: Cached = { user, endsAtMs: endsAt, checkedAt: clock.now(), lastSeenMs: clock.wall() };
    remember(sessions, keyOf(text), hit);
    return { token: text, principal: asPrincipal(text, hit) };
  }

  return {
    openFor,

    async signIn(name, password, source) {
      const startedAt = clock.now();
      const wait = throttle.waitMs(name, source, startedAt);
      if (wait > 0 || waiting >= mostWaiting) {
        onFailure?.('throttled');
        return { kind: 'throttled', retryAfterMs: Math.max(wait, 1_000) };
      }
      // Counted before it is known, so that parallel tries do not slip through while one is being verified.
      const takeBack = throttle.failed(name, source, startedAt);
      const user = await verifyInTurn(name, password);
      if (!user || !mayStay(user)) {
        onFailure?.('refused');
        await pauseUntil(startedAt + refusalMs);
        return { kind: 'refused' };
      }
      takeBack();
      return { kind: 'signed-in', ...(await openFor(user)) };
    },

    async fromCookie(token) {
      if (!looksLikeToken('session', token)) return undefined;
      const key = keyOf(token);
      let hit = sessions.get(key);
      if (hit && over(hit)) {
        sessions.delete(key);
        await stores.sessions.closeForPlatform(token).catch(ignoreAway);
        return undefined;
      }
      if (!hit || clock.now() - hit.checkedAt >= trustMs) {
        try {
          const user = await stores.sessions.readForPlatform(token);
          if (!user) {
            sessions.delete(key);
            return undefined;
          }
          hit = { user, endsAtMs: hit?.endsAtMs, checkedAt: clock.now(), lastSeenMs: clock.wall() };
          remember(sessions, key, hit);
        } catch (error) {
          // I1: whoever is signed in stays so while the database is away.
          if (!isAway(error) || !hit) throw error;
        }
      }
      if (!mayStay(hit.user)) {
        sessions.delete(key);
        await stores.sessions.closeForPlatform(token).catch(ignoreAway);
        return undefined;
      }
      hit.lastSeenMs = clock.wall();
      return asPrincipal(token, hit);
    },

    async fromBearer(token) {
      const nobodys = (): undefined => {
        onFailure?.('refused');
        return undefined;
      };
      if (!looksLikeToken('api', token)) return nobodys();
      const key = keyOf(token);
      let known = bearers.get(key);
      if (!known || clock.now() - known.checkedAt >= trustMs) {
        try {
          const found = await stores.tokens.verifyForPlatform(token);
          known = found && { found, checkedAt: clock.now() };
          if (known) remember(bearers, key, known);
        } catch (error) {
          if (!isAway(error) || !known) throw error;
        }
      }
      if (!known || (known.found.expiresAt ?? Number.POSITIVE_INFINITY) <= clock.wall()) {
        bearers.delete(key);
        return nobodys();
      }
      const { id, name, role, accountId } = known.found;
      return { userId: id, name, displayName: name, role, accountId, via: 'bearer' };
    },

    async signOut(token) {
      sessions.delete(keyOf(token));
      await stores.sessions.closeForPlatform(token);
    },
  };
}

/** Caches hold hashes, so that a heap dump does not hold sessions. */
const keyOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** Bound to the session's secret, so it needs no place in the store and cannot be guessed from the stored hash. */
export function csrfTokenOf(token: string): string {
  return createHmac('sha256', token).update('tandem csrf').digest('base64url');
}

function remember<Value>(cache: Map<string, Value>, key: string, value: Value): void {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size <= mostCached) return;
  const oldest = cache.keys().next();
  if (!oldest.done) cache.delete(oldest.value);
}

function ignoreAway(error: unknown): void {
  if (!isAway(error)) throw error;
}

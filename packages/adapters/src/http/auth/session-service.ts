import { createHmac } from 'node:crypto';
import type { Role } from '@tandem/contract';
import { verifyPassword, wasteVerification } from '../../security/password.ts';
import { generateToken, hashToken, looksLikeToken } from '../../security/token.ts';
import { type ApiClock, isAway } from '../services.ts';
import type { Principal } from './principal.ts';
import { SignInThrottle } from './throttle.ts';

export interface StoredUser {
  readonly id: string;
  readonly name: string;
  /** Of the person this user is; else the name is shown. */
  readonly displayName?: string | undefined;
  readonly role: Role;
  readonly accountId?: string | undefined;
  readonly personId?: string | undefined;
  readonly passwordHash: string;
  readonly disabled: boolean;
}

export interface StoredSession {
  /** SHA-256 of the token: the token itself is in the browser only. */
  readonly hash: Buffer;
  readonly userId: string;
  readonly createdAtMs: number;
  readonly lastSeenMs: number;
}

export interface StoredApiToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly accountId?: string | undefined;
  readonly expiresAtMs?: number | undefined;
}

/** What the session service keeps in the database. Names are looked up without regard to case. */
export interface AccessStore {
  userByName(name: string): Promise<StoredUser | undefined>;
  user(id: string): Promise<StoredUser | undefined>;
  saveSession(
    session: StoredSession & { readonly idleUntilMs: number; readonly endsAtMs: number },
  ): Promise<void>;
  session(hash: Buffer): Promise<StoredSession | undefined>;
  touchSession(hash: Buffer, lastSeenMs: number, idleUntilMs: number): Promise<void>;
  deleteSession(hash: Buffer): Promise<void>;
  apiToken(hash: Buffer): Promise<StoredApiToken | undefined>;
}

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly token: string; readonly principal: Principal }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number };

export interface SessionService {
  signIn(name: string, password: string, source: string): Promise<SignInOutcome>;
  /** `undefined`: not, or no longer, signed in. Use counts as activity. */
  fromCookie(token: string): Promise<Principal | undefined>;
  fromBearer(token: string): Promise<Principal | undefined>;
  signOut(token: string): Promise<void>;
}

export const idleMs = 30 * 60_000;
export const absoluteMs = 12 * 60 * 60_000;
/** Role or session loss is effective within 60 s (T21): the store is asked again at least this often. */
const trustMs = 30_000;
/** Refusals take this long, so that an unknown name, a wrong password and a disabled user look alike (T02). */
const refusalMs = 1_000;
const touchEveryMs = 60_000;
const mostCached = 10_000;
/** A verification burns a third of a second of a core: one at a time leaves the rest to calls. */
const mostWaiting = 10;

interface Cached {
  readonly user: StoredUser;
  readonly createdAtMs: number;
  checkedAt: number;
  lastSeenMs: number;
  touchedMs: number;
}

export interface SessionServiceDeps {
  /** Tests give cheaper ones. */
  readonly verify?: (password: string, stored: string) => Promise<boolean>;
  readonly waste?: (password: string) => Promise<false>;
  readonly store: AccessStore;
  readonly clock: ApiClock;
  readonly onFailure?: (reason: 'refused' | 'throttled') => void;
}

export function createSessionService({
  store,
  clock,
  onFailure,
  ...given
}: SessionServiceDeps): SessionService {
  const verify = given.verify ?? verifyPassword;
  const waste = given.waste ?? ((password: string) => wasteVerification(password));
  const throttle = new SignInThrottle();
  const sessions = new Map<string, Cached>();
  const bearers = new Map<string, { readonly found: StoredApiToken; readonly checkedAt: number }>();
  let inTurn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function verifyInTurn(password: string, hash: string | undefined): Promise<boolean> {
    waiting += 1;
    const before = inTurn;
    const mine = before.then(() => (hash ? verify(password, hash) : waste(password)));
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
    const { user } = hit;
    return {
      userId: user.id,
      name: user.name,
      displayName: user.displayName ?? user.name,
      role: user.role,
      accountId: user.accountId,
      personId: user.personId,
      via: 'cookie',
      csrfToken: csrfTokenOf(token),
      idleUntilMs: hit.lastSeenMs + idleMs,
      endsAtMs: hit.createdAtMs + absoluteMs,
    };
  }

  async function load(hash: Buffer): Promise<Cached | undefined> {
    const key = hash.toString('hex');
    const known = sessions.get(key);
    if (known && clock.now() - known.checkedAt < trustMs) return known;
    try {
      const stored = await store.session(hash);
      const user = stored && (await store.user(stored.userId));
      if (!stored || !user || user.disabled) {
        sessions.delete(key);
        return undefined;
      }
      const lastSeenMs = Math.max(stored.lastSeenMs, known?.lastSeenMs ?? 0);
      const fresh: Cached = {
        user,
        createdAtMs: stored.createdAtMs,
        checkedAt: clock.now(),
        lastSeenMs,
        touchedMs: stored.lastSeenMs,
      };
      remember(sessions, key, fresh);
      return fresh;
    } catch (error) {
      // I1: whoever is signed in stays so while the database is away.
      if (isAway(error) && known) return known;
      throw error;
    }
  }

  return {
    async signIn(name, password, source) {
      const startedAt = clock.now();
      const wait = throttle.waitMs(name, source, startedAt);
      if (wait > 0 || waiting >= mostWaiting) {
        onFailure?.('throttled');
        return { kind: 'throttled', retryAfterMs: Math.max(wait, 1_000) };
      }
      // Counted before it is known, so that parallel tries do not slip through while one is being verified.
      throttle.failed(name, source, startedAt);
      const user = await store.userByName(name);
      const right = await verifyInTurn(password, user?.passwordHash);
      if (!right || !user || user.disabled) {
        onFailure?.('refused');
        await pauseUntil(startedAt + refusalMs);
        return { kind: 'refused' };
      }
      throttle.succeeded(name, source);
      const { text: token, hash } = generateToken('session');
      const at = clock.wall();
      const stored = { hash, userId: user.id, createdAtMs: at, lastSeenMs: at };
      await store.saveSession({ ...stored, idleUntilMs: at + idleMs, endsAtMs: at + absoluteMs });
      const hit: Cached = { user, createdAtMs: at, checkedAt: clock.now(), lastSeenMs: at, touchedMs: at };
      remember(sessions, hash.toString('hex'), hit);
      return { kind: 'signed-in', token, principal: asPrincipal(token, hit) };
    },

    async fromCookie(token) {
      if (!looksLikeToken('session', token)) return undefined;
      const hash = hashToken(token);
      const hit = await load(hash);
      if (!hit) return undefined;
      const at = clock.wall();
      if (at >= hit.lastSeenMs + idleMs || at >= hit.createdAtMs + absoluteMs) {
        sessions.delete(hash.toString('hex'));
        await store.deleteSession(hash).catch(ignoreAway);
        return undefined;
      }
      hit.lastSeenMs = at;
      if (at - hit.touchedMs >= touchEveryMs) {
        hit.touchedMs = at;
        await store.touchSession(hash, at, at + idleMs).catch(ignoreAway);
      }
      return asPrincipal(token, hit);
    },

    async fromBearer(token) {
      if (!looksLikeToken('api', token)) return undefined;
      const hash = hashToken(token);
      const key = hash.toString('hex');
      let known = bearers.get(key);
      if (!known || clock.now() - known.checkedAt >= trustMs) {
        try {
          const found = await store.apiToken(hash);
          known = found && { found, checkedAt: clock.now() };
          if (known) remember(bearers, key, known);
        } catch (error) {
          if (!isAway(error) || !known) throw error;
        }
      }
      if (!known || (known.found.expiresAtMs ?? Number.POSITIVE_INFINITY) <= clock.wall()) {
        bearers.delete(key);
        return undefined;
      }
      const { id, name, role, accountId } = known.found;
      return { userId: id, name, displayName: name, role, accountId, via: 'bearer' };
    },

    async signOut(token) {
      const hash = hashToken(token);
      sessions.delete(hash.toString('hex'));
      await store.deleteSession(hash);
    },
  };
}

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

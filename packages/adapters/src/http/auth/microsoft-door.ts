import { createHash, randomBytes } from 'node:crypto';
import type { AccountId, PersonId } from '@tandem/domain';
import { aadstsNumber } from '@tandem/engine/connection/trouble.ts';
import type { CredentialSecret } from '@tandem/engine/ports/connection-store.ts';
import type { MicrosoftPerson, MicrosoftSignIn } from '@tandem/engine/ports/microsoft-connection.ts';
import type { PlatformUser } from '../../postgres/user-store.ts';
import type { SecretBox } from '../../security/secret-box.ts';
import { sameSecret } from '../../security/token.ts';
import type { ApiClock } from '../services.ts';
import { blockedWords, cancelled, refusedWords, strangerWords } from './microsoft-words.ts';
import type { Opened, SessionService } from './session-service.ts';
import { SignInThrottle } from './throttle.ts';

/** Who a Microsoft user is here: a person who is linked with them, in an account that is connected with their tenant. */
export interface KnownPerson {
  readonly accountId: AccountId;
  readonly accountName: string;
  readonly personId: PersonId;
  readonly name: string;
  /** Why this person may not sign in now: their organisation's directory says so, or they are switched off here. */
  readonly blocked?: 'disabled' | 'deleted' | 'inactive';
}

export interface MicrosoftDoorParts {
  readonly clock: ApiClock;
  /** Keeps what the way back must prove in the browser that began it, readable to us only. */
  readonly box: SecretBox;
  readonly signIn: Pick<MicrosoftSignIn, 'authorizeUrl' | 'redeem'>;
  readonly platformApp: { readonly clientId: string; credential(): Promise<CredentialSecret> } | undefined;
  readonly redirectUris: () => readonly string[];
  readonly sessions: Pick<SessionService, 'openFor'>;
  /** Undefined: no account is connected with this tenant. By tenant and object alone, never by a name or an address (T18). */
  peopleOf(entraTenantId: string, objectId: string): readonly KnownPerson[] | undefined;
  /** The sign-ins of this person, whatever their role. */
  signInsOf(person: KnownPerson): Promise<readonly PlatformUser[]>;
  /** For a person who has none: one that sees only what is theirs, and has no password that anybody knows. */
  makeSignIn(person: KnownPerson): Promise<PlatformUser | undefined>;
  /** Written down before the session opens. */
  signedIn(user: PlatformUser, microsoft: MicrosoftPerson, address: string): Promise<void>;
  onProblem(what: string): void;
  onFailure?(reason: 'refused' | 'throttled'): void;
}

export type DoorRefusal =
  | 'no-app-registration'
  | 'return-address-unknown'
  | 'sign-in-over'
  | 'other-session'
  | 'token-refused'
  | 'microsoft-refused'
  | 'microsoft-unavailable'
  | 'microsoft-user-unknown'
  | 'sign-in-blocked'
  | 'sign-in-throttled';

export interface Refused {
  readonly kind: 'refused';
  readonly code: DoorRefusal;
  readonly detail?: string;
  readonly retryAfterMs?: number;
}

export interface Choice {
  readonly id: string;
  readonly accountName: string;
  readonly role: PlatformUser['role'];
}

export interface MicrosoftDoor {
  /** `way` is for the browser's cookie; `choice`: the one of several sign-ins that the last return offered. */
  begin(ask: {
    readonly returnTo: string;
    readonly choice?: string | undefined;
  }):
    | { readonly kind: 'way'; readonly url: string; readonly endsWallMs: number; readonly way: string }
    | Refused;
  complete(
    back: {
      readonly state: string;
      readonly code?: string | undefined;
      readonly error?: string | undefined;
      readonly error_description?: string | undefined;
    },
    from: { readonly way: string | undefined; readonly address: string },
  ): Promise<
    | ({ readonly kind: 'signed-in' } & Opened)
    | { readonly kind: 'choose'; readonly choices: readonly Choice[] }
    | Refused
  >;
}

/** To know who it is, and nothing else (G01, G23): no mail address, nothing that could be kept. */
export const doorScopes = ['openid', 'profile', 'User.Read'] as const;
/** Every state of this way begins so: the portal tells by it which way comes back. Proves nothing. */
export const doorStatePrefix = 'portal.';
export const wayMs = 10 * 60_000;
const mostUsed = 10_000;
const sealedFor = 'portal-sign-in';

interface Way {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly choice?: string;
  readonly endsWallMs: number;
}

const refuse = (code: DoorRefusal, detail?: string): Refused => ({
  kind: 'refused',
  code,
  ...(detail !== undefined && { detail }),
});
const secretText = (): string => randomBytes(32).toString('base64url');

/** Sign-in to the portal with a Microsoft account: code, PKCE, nonce, and a state that only the same browser brings back, once. */
export function createMicrosoftDoor(parts: MicrosoftDoorParts): MicrosoftDoor {
  const { clock, box, signIn, platformApp, sessions } = parts;
  const throttle = new SignInThrottle();
  /** States that came back, until they would be over anyway. Microsoft takes a code once as well. */
  const used = new Map<string, number>();

  function take(state: string, sealed: string | undefined): Way | 'sign-in-over' | 'other-session' {
    const text = sealed === undefined ? undefined : box.open(sealed, sealedFor);
    if (text === undefined) return 'sign-in-over';
    const way = JSON.parse(text) as Way;
    if (!sameSecret(way.state, state)) return 'other-session';
    const now = clock.wall();
    for (const [key, endsAt] of used) if (endsAt <= now) used.delete(key);
    const key = createHash('sha256').update(state).digest('base64url');
    if (way.endsWallMs <= now || used.has(key)) return 'sign-in-over';
    used.set(key, way.endsWallMs);
    const oldest = used.size > mostUsed ? used.keys().next() : undefined;
    if (oldest && !oldest.done) used.delete(oldest.value);
    return way;
  }

  async function whoIs(microsoft: MicrosoftPerson, choice: string | undefined) {
    const people = parts.peopleOf(microsoft.entraTenantId, microsoft.objectId);
    if (!people?.length)
      return refuse('microsoft-user-unknown', strangerWords(microsoft.name, people !== undefined));
    const allowed = people.filter(({ blocked }) => blocked === undefined);
    const first = people[0];
    if (allowed.length === 0)
      return refuse('sign-in-blocked', first?.blocked && blockedWords[first.blocked](first.name));
    const found: { readonly person: KnownPerson; readonly user?: PlatformUser }[] = [];
    for (const person of allowed) {
      const users = await parts.signInsOf(person);
      // Who has a sign-in that was switched off is not given another one.
      if (users.length === 0) found.push({ person });
      for (const user of users) if (!user.disabled) found.push({ person, user });
    }
    const idOf = (one: (typeof found)[number]): string => one.user?.id ?? one.person.personId;
    const chosen = found.length === 1 ? found[0] : found.find((one) => idOf(one) === choice);
    if (chosen) return { kind: 'chosen', ...chosen } as const;
    if (found.length === 0) return refuse('sign-in-blocked', blockedWords.off(first?.name ?? microsoft.name));
    const choices = found.map((one) => ({
      id: idOf(one),
      accountName: one.person.accountName,
      role: one.user?.role ?? ('user' as const),
    }));
    return { kind: 'choose', choices } as const;
  }

  return {
    begin({ returnTo, choice }) {
      if (!platformApp) return refuse('no-app-registration');
      if (!parts.redirectUris().includes(returnTo)) return refuse('return-address-unknown');
      const way: Way = {
        state: `${doorStatePrefix}${secretText()}`,
        nonce: secretText(),
        verifier: secretText(),
        clientId: platformApp.clientId,
        redirectUri: returnTo,
        ...(choice !== undefined && { choice }),
        endsWallMs: clock.wall() + wayMs,
      };
      const url = signIn.authorizeUrl({ ...way, scopes: doorScopes });
      return {
        kind: 'way',
        url,
        endsWallMs: way.endsWallMs,
        way: box.seal(JSON.stringify(way), sealedFor),
      };
    },

    async complete(back, { way: sealed, address }) {
      const startedAt = clock.now();
      // Nobody has a name yet: what counts is the address they come from.
      const wait = throttle.waitMs(`microsoft ${address}`, address, startedAt);
      if (wait > 0) {
        parts.onFailure?.('throttled');
        return { ...refuse('sign-in-throttled'), retryAfterMs: wait };
      }
      const takeBack = throttle.failed(`microsoft ${address}`, address, startedAt);
      const failed = (code: DoorRefusal, detail?: string): Refused => {
        parts.onFailure?.('refused');
        return refuse(code, detail);
      };
      const way = take(back.state, sealed);
      if (typeof way === 'string') return failed(way);
      if (!platformApp || way.clientId !== platformApp.clientId) return failed('sign-in-over');
      if (back.error !== undefined || back.code === undefined) {
        const number = aadstsNumber(back.error_description);
        if (cancelled(number, back.error)) takeBack();
        return refuse('microsoft-refused', refusedWords(number, back.error));
      }
      let credential: CredentialSecret;
      try {
        credential = await platformApp.credential();
      } catch (error) {
        parts.onProblem(`the credential of the app cannot be read: ${(error as Error).message}`);
        return refuse('microsoft-unavailable');
      }
      const { clientId, redirectUri, verifier, nonce } = way;
      const redeemed = await signIn.redeem({
        clientId,
        redirectUri,
        code: back.code,
        verifier,
        nonce,
        credential,
        scopes: doorScopes,
      });
      if (!redeemed.ok) {
        if (redeemed.why === 'unavailable') {
          takeBack();
          return refuse('microsoft-unavailable');
        }
        if (redeemed.why === 'refused')
          return failed('microsoft-refused', refusedWords(redeemed.number, undefined));
        parts.onProblem(`a sign-in at Microsoft was not believed: ${redeemed.detail}`);
        return failed('token-refused');
      }
      const who = await whoIs(redeemed.person, way.choice);
      if (who.kind === 'refused') return failed(who.code, who.detail);
      takeBack();
      if (who.kind === 'choose') return who;
      const user = who.user ?? (await parts.makeSignIn(who.person));
      if (!user || user.disabled) return failed('sign-in-blocked', blockedWords.off(who.person.name));
      await parts.signedIn(user, redeemed.person, address);
      return { kind: 'signed-in', ...(await sessions.openFor(user)) };
    },
  };
}

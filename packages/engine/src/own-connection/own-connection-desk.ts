import type { AccountId, Person, PersonId, SignInId } from '@tandem/domain';
import { aadstsNumber } from '../connection/trouble.ts';
import { foldAddress } from '../directory-sync/match-identity.ts';
import type { AuditActor } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { CredentialSecret, SignInAttempt, SignInAttempts } from '../ports/connection-store.ts';
import type { MicrosoftPerson, MicrosoftSignIn, Redeemed } from '../ports/microsoft-connection.ts';
import type { PersonTokens, StoredSignIn } from '../ports/own-sign-ins.ts';
import { missingScopes, permissionsOf, scopesToAsk } from './scopes.ts';
import type { SecretText } from './secret-text.ts';
import type { SignInKeeper } from './sign-in-keeper.ts';
import { signInTroubleOf, signInTroubleTable } from './sign-in-trouble.ts';

export type OwnRefusal =
  | 'not-found'
  | 'teams-not-enabled'
  | 'no-app-registration'
  | 'return-address-unknown'
  | 'sign-in-over'
  | 'other-session'
  | 'other-person'
  | 'token-refused'
  | 'microsoft-refused'
  | 'microsoft-unavailable'
  | 'link-taken'
  | 'wrong-state';

export type OwnOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: OwnRefusal; readonly detail?: string };

/** Who asks. `session`: the same for all requests of one session, and of no other (T18). */
export interface OwnAsker extends AuditActor {
  readonly session: string;
  /** The person that the signed-in user is. */
  readonly personId?: PersonId | undefined;
  /** Accounts whose presence the user sets up. */
  readonly setsUp: (accountId: AccountId) => boolean;
}

/** What the browser came back with: claims, until the code is redeemed. */
export interface OwnReturn {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
}

/** Who a person of ours is at Microsoft, as far as that is settled. */
export interface LinkedUser {
  readonly entraTenantId: string;
  readonly objectId: string;
  /** As Microsoft names the user. */
  readonly shown: string;
}

export interface OwnDeskParts {
  readonly keeper: SignInKeeper;
  readonly attempts: SignInAttempts;
  readonly signIn: MicrosoftSignIn;
  readonly clock: Clock;
  readonly platformApp: { readonly clientId: string; credential(): Promise<CredentialSecret> } | undefined;
  readonly account: (
    accountId: AccountId,
  ) => { readonly status: string; readonly teams?: { readonly enabled: boolean } } | undefined;
  readonly person: (personId: PersonId) => Person | undefined;
  readonly linked: (person: Person) => LinkedUser | undefined;
  /** Tenants that the account is connected with, or that were named for it. */
  readonly tenantsOf: (accountId: AccountId) => readonly string[];
  /** Whose this Microsoft user is already, anywhere on the platform. */
  readonly holderOf: (objectId: string) => PersonId | undefined;
  /** What Graph says of who the token speaks for. Undefined: no answer. */
  readonly profile: (
    entraTenantId: string,
    token: SecretText,
  ) => Promise<{ readonly objectId: string; readonly upn: string; readonly mail?: string } | undefined>;
  /** Takes back what was set at Microsoft for the person by this sign-in; resolves when nothing is left, or after a moment. */
  readonly withdraw: (signIn: StoredSignIn) => Promise<void>;
  readonly redirectUris: () => readonly string[];
  readonly newId: () => SignInId;
  /** 256 random bits as text. */
  readonly secretText: () => string;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

export interface Connected {
  readonly signIn: StoredSignIn;
  readonly sentence: string;
}

/** Every state of a way that is begun here begins so: the portal tells by it which way comes back. Proves nothing. */
export const ownStatePrefix = 'own.';
const wayMs = 10 * 60_000;

const refuse = (code: OwnRefusal, detail?: string) =>
  ({ ok: false, code, ...(detail !== undefined && { detail }) }) as const;

/**
 * How a person connects their own Microsoft account, and how an administrator gives a sign-in that makes presence faster. The way
 * there and back is bound to the session that began it (T18); the ID token's tenant and object must be the person who is linked.
 */
export class OwnConnectionDesk {
  readonly #parts: OwnDeskParts;

  constructor(parts: OwnDeskParts) {
    this.#parts = parts;
  }

  async begin(
    person: Person,
    ask: { readonly returnTo: string },
    by: OwnAsker,
  ): Promise<OwnOutcome<{ readonly url: string; readonly endsAt: string }>> {
    // Nobody connects an account for somebody else, whatever role they have.
    if (by.personId !== person.id) return refuse('not-found');
    if (this.#parts.keeper.settingsOf(person.accountId).ownConnections === 'off')
      return refuse(
        'wrong-state',
        'Your organisation does not let people connect their own Microsoft account.',
      );
    if (!person.active) return refuse('wrong-state', 'You are not active here.');
    const linked = this.#parts.linked(person);
    return await this.#way(person.accountId, ask.returnTo, by, {
      purpose: 'own-connection',
      personId: person.id,
      scopes: scopesToAsk('own'),
      loginHint: linked?.shown ?? person.upn,
    });
  }

  /** A sign-in of any user of one of the account's tenants. */
  async beginAccelerator(
    accountId: AccountId,
    returnTo: string,
    by: OwnAsker,
  ): Promise<OwnOutcome<{ readonly url: string; readonly endsAt: string }>> {
    if (!by.setsUp(accountId)) return refuse('not-found');
    if (this.#parts.tenantsOf(accountId).length === 0)
      return refuse('wrong-state', 'Microsoft 365 is not connected. Sign in and approve it first.');
    return await this.#way(accountId, returnTo, by, {
      purpose: 'accelerator',
      scopes: scopesToAsk('accelerator'),
    });
  }

  async complete(back: OwnReturn, by: OwnAsker): Promise<OwnOutcome<Connected>> {
    const { attempts, clock, platformApp, signIn, account } = this.#parts;
    const attempt = await attempts.take(back.state, clock.wall());
    if (attempt?.purpose !== 'own-connection' && attempt?.purpose !== 'accelerator')
      return refuse('sign-in-over');
    // Whoever was sent here with somebody else's state has begun nothing: their account would serve another.
    if (attempt.boundTo !== by.session) return refuse('other-session');
    const own = attempt.purpose === 'own-connection';
    if (own ? attempt.personId !== by.personId : !by.setsUp(attempt.accountId))
      return refuse('other-session');
    if (account(attempt.accountId)?.status === 'suspended') return refuse('teams-not-enabled');
    if (back.error !== undefined || back.code === undefined)
      return refuse('microsoft-refused', refusedWords(aadstsNumber(back.error_description), back.error));
    if (!platformApp || platformApp.clientId !== attempt.clientId) return refuse('sign-in-over');
    const redeemed = await signIn.redeem({
      clientId: attempt.clientId,
      redirectUri: attempt.redirectUri,
      code: back.code,
      verifier: attempt.verifier,
      nonce: attempt.nonce,
      credential: await platformApp.credential(),
      scopes: attempt.scopes ?? [],
    });
    if (!redeemed.ok) return this.#refused(redeemed, attempt);
    const { person, tokens } = redeemed;
    if (!tokens?.refreshToken)
      return refuse(
        'microsoft-refused',
        'Microsoft gave no sign-in that could be kept. Nothing was changed.',
      );
    const use = own ? 'own' : 'accelerator';
    const missing = missingScopes(use, tokens.scopes);
    if (missing.length > 0)
      return refuse(
        'microsoft-refused',
        `Microsoft did not grant ${missing.join(' and ')}. Begin again and agree to what is asked.`,
      );
    return own
      ? await this.#connectOwn(attempt, person, tokens, by)
      : await this.#connectAccelerator(attempt, person, tokens, by);
  }

  /** What was set by it is taken back first, then its tokens are forgotten. */
  async disconnect(id: SignInId, by: AuditActor): Promise<OwnOutcome<undefined>> {
    const { keeper, withdraw } = this.#parts;
    const signIn = keeper.find(id);
    if (!signIn) return refuse('not-found');
    await withdraw(signIn);
    await keeper.remove(id, by);
    return { ok: true, value: undefined };
  }

  async #way(
    accountId: AccountId,
    redirectUri: string,
    by: OwnAsker,
    more: Pick<SignInAttempt, 'purpose' | 'personId' | 'scopes'> & { readonly loginHint?: string },
  ): Promise<OwnOutcome<{ readonly url: string; readonly endsAt: string }>> {
    const { platformApp, attempts, signIn, clock, secretText, account, redirectUris } = this.#parts;
    const found = account(accountId);
    if (!found) return refuse('not-found');
    if (found.status === 'suspended' || found.teams?.enabled === false) return refuse('teams-not-enabled');
    if (!platformApp) return refuse('no-app-registration');
    if (!redirectUris().includes(redirectUri)) return refuse('return-address-unknown');
    const { loginHint, ...wanted } = more;
    const [state, nonce, verifier] = [`${ownStatePrefix}${secretText()}`, secretText(), secretText()];
    const { clientId } = platformApp;
    const endsWallMs = clock.wall() + wayMs;
    await attempts.open(state, {
      accountId,
      ...wanted,
      boundTo: by.session,
      by: by.name,
      clientId,
      redirectUri,
      nonce,
      verifier,
      features: [],
      shareTenant: false,
      endsWallMs,
    });
    const url = signIn.authorizeUrl({
      clientId,
      redirectUri,
      state,
      nonce,
      verifier,
      scopes: wanted.scopes ?? [],
      ...(loginHint !== undefined && { loginHint }),
    });
    return { ok: true, value: { url, endsAt: new Date(endsWallMs).toISOString() } };
  }

  #refused(redeemed: Extract<Redeemed, { ok: false }>, attempt: SignInAttempt): OwnOutcome<Connected> {
    if (redeemed.why === 'unavailable') return refuse('microsoft-unavailable');
    if (redeemed.why === 'token') {
      this.#parts.onProblem(`a sign-in at Microsoft was not believed: ${redeemed.detail}`, attempt.accountId);
      return refuse('token-refused');
    }
    return refuse('microsoft-refused', refusedWords(redeemed.number, undefined));
  }

  async #connectOwn(
    attempt: SignInAttempt,
    microsoft: MicrosoftPerson,
    tokens: PersonTokens,
    by: OwnAsker,
  ): Promise<OwnOutcome<Connected>> {
    const { keeper, holderOf, linked } = this.#parts;
    const person = attempt.personId && this.#parts.person(attempt.personId);
    if (!person?.active) return refuse('not-found');
    const before = keeper.ofPerson(person.id);
    const link: LinkedUser | undefined = linked(person) ?? (before && { ...before, shown: before.name });
    if (link) {
      if (!isSame(link, microsoft))
        return refuse(
          'other-person',
          `You signed in at Microsoft as ${microsoft.name}, but ${person.displayName} is linked with ${link.shown}. Sign in with that account. Nothing was changed.`,
        );
    } else {
      const stranger = await this.#stranger(person, microsoft, tokens);
      if (stranger) return stranger;
    }
    const holder = holderOf(microsoft.objectId);
    if (holder !== undefined && holder !== person.id)
      return refuse('link-taken', this.#takenWords(microsoft, person, holder));
    return await this.#put(attempt, microsoft, tokens, by, { use: 'own', personId: person.id, before });
  }

  /**
   * Nothing says yet who the person is at Microsoft. Then it must be a user of a tenant of the account with the person's address;
   * without a tenant only the user principal name counts: its domain is proved by the tenant, an address in `mail` by nobody.
   */
  async #stranger(
    person: Person,
    microsoft: MicrosoftPerson,
    tokens: PersonTokens,
  ): Promise<OwnOutcome<Connected> | undefined> {
    const { tenantsOf, profile } = this.#parts;
    const found = await profile(microsoft.entraTenantId, tokens.accessToken);
    if (!found) return refuse('microsoft-unavailable');
    const names = `You signed in at Microsoft as ${microsoft.name} (${found.upn}), but ${person.displayName} is ${person.upn} here.`;
    const tenants = tenantsOf(person.accountId);
    if (tenants.length > 0 && !tenants.includes(microsoft.entraTenantId))
      return refuse(
        'other-person',
        `${names} That account belongs to another Microsoft 365 tenant. Nothing was changed.`,
      );
    const ours = new Set([person.upn, ...(person.mail === undefined ? [] : [person.mail])].map(foldAddress));
    const theirs = [found.upn, ...(tenants.length > 0 && found.mail !== undefined ? [found.mail] : [])];
    if (found.objectId !== microsoft.objectId || !theirs.some((address) => ours.has(foldAddress(address))))
      return refuse('other-person', `${names} Sign in with the account of that name. Nothing was changed.`);
    return undefined;
  }

  async #connectAccelerator(
    attempt: SignInAttempt,
    microsoft: MicrosoftPerson,
    tokens: PersonTokens,
    by: OwnAsker,
  ): Promise<OwnOutcome<Connected>> {
    const { keeper, tenantsOf } = this.#parts;
    if (!tenantsOf(attempt.accountId).includes(microsoft.entraTenantId))
      return refuse(
        'other-person',
        `${microsoft.name} belongs to a Microsoft 365 tenant that this account is not connected with. Nothing was changed.`,
      );
    const before = keeper.acceleratorsOf(attempt.accountId).find((one) => isSame(one, microsoft));
    return await this.#put(attempt, microsoft, tokens, by, { use: 'accelerator', before });
  }

  async #put(
    attempt: SignInAttempt,
    microsoft: MicrosoftPerson,
    tokens: PersonTokens,
    by: OwnAsker,
    as: {
      readonly use: StoredSignIn['use'];
      readonly personId?: PersonId;
      readonly before: StoredSignIn | undefined;
    },
  ): Promise<OwnOutcome<Connected>> {
    const { keeper, clock, newId } = this.#parts;
    const { session: _, personId: __, setsUp: ___, ...actor } = by;
    const id = as.before?.id ?? newId();
    const written = await keeper.put(
      {
        id,
        accountId: attempt.accountId,
        use: as.use,
        ...(as.personId !== undefined && { personId: as.personId }),
        entraTenantId: microsoft.entraTenantId,
        objectId: microsoft.objectId,
        name: microsoft.name,
        clientId: attempt.clientId,
        scopes: permissionsOf(tokens.scopes),
        createdWallMs: clock.wall(),
      },
      tokens,
      actor,
    );
    if (!written.ok)
      return written.why === 'taken'
        ? refuse('link-taken', 'Another person has connected this Microsoft account.')
        : refuse('not-found');
    const signIn = keeper.find(id);
    if (!signIn) return refuse('not-found');
    const again = as.before?.life.state === 'INTERRUPTED' ? 'again; everything goes on as it was' : 'now';
    return {
      ok: true,
      value: {
        signIn,
        sentence:
          as.use === 'own'
            ? `Your Microsoft account ${microsoft.name} is connected ${again}.`
            : `The sign-in of ${microsoft.name} is used for changes of presence ${again}.`,
      },
    };
  }

  #takenWords(microsoft: MicrosoftPerson, person: Person, holder: PersonId): string {
    const other = this.#parts.person(holder);
    // Another customer's people are not named, only that there is one.
    const who = other?.accountId === person.accountId ? other.displayName : 'somebody of another customer';
    return `The Microsoft account ${microsoft.name} is linked with ${who} already, not with ${person.displayName}. Nothing was changed.`;
  }
}

const isSame = (
  one: Pick<LinkedUser, 'entraTenantId' | 'objectId'>,
  other: Pick<MicrosoftPerson, 'entraTenantId' | 'objectId'>,
): boolean =>
  one.entraTenantId.toLowerCase() === other.entraTenantId && one.objectId.toLowerCase() === other.objectId;

/** A number is enough to look it up; Microsoft's own text is for the log. */
function refusedWords(number: number | undefined, error: string | undefined): string {
  const trouble = number === undefined ? undefined : signInTroubleOf(number);
  if (number === 65004 || (error === 'access_denied' && trouble === undefined))
    return 'The sign-in was cancelled at Microsoft. Nothing was changed.';
  const named = number === undefined ? '' : ` (AADSTS${number})`;
  if (trouble) return `${signInTroubleTable[trouble].say} ${signInTroubleTable[trouble].next}${named}`;
  return `Microsoft ended the sign-in${named}. Nothing was changed.`;
}

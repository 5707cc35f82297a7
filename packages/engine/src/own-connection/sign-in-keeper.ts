import type { AccountId, PersonId, SignInId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { CredentialSecret } from '../ports/connection-store.ts';
import type { Mailer } from '../ports/mailer.ts';
import {
  defaultOwnConnectionSettings,
  type OwnConnectionSettings,
  type OwnSignInStore,
  type PersonTokenService,
  type PersonTokens,
  type SignInWrite,
  type StoredSignIn,
} from '../ports/own-sign-ins.ts';
import { missingScopes } from './scopes.ts';
import type { SecretText } from './secret-text.ts';
import { type SignInInput, stepSignIn } from './sign-in-life.ts';
import { interruptedMail } from './sign-in-mail.ts';
import { signInTroubleTable } from './sign-in-trouble.ts';

export interface SignInKeeperParts {
  readonly store: OwnSignInStore;
  readonly service: PersonTokenService;
  /** Of the platform's app. Rejects when it cannot be read. */
  readonly credential: () => Promise<CredentialSecret>;
  readonly mailer: Pick<Mailer, 'send'>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly clock: Clock;
  readonly accountName: (accountId: AccountId) => string | undefined;
  readonly person: (
    personId: PersonId,
  ) => { readonly displayName: string; readonly upn: string; readonly mail?: string } | undefined;
  /** Address of the portal, for mails. */
  readonly portal: string;
  /** Something that others may look at is different now. */
  readonly onChange: () => void;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

export type AccessToken =
  | { readonly ok: true; readonly token: SecretText }
  /** `interrupted`: somebody must sign in. `later`: the service or the store does not answer. */
  | { readonly ok: false; readonly why: 'interrupted' | 'later' };

const tickMs = 5_000;
/** So many are asked after in one tick: a platform with thousands of sign-ins does not ask for all of them at once. */
const atOnce = 8;
/**
 * Microsoft takes tokens that it gave for an hour and more, whatever was withdrawn since: a fresh one is asked for, so that
 * who must act is told soon. An account's accelerator as often as its connection, a person's own less often.
 */
const freshMs = { own: 10 * 60_000, accelerator: 90_000 } as const;
const againMs = 60_000;
/** A token is not used in its last minutes. */
const spareMs = 5 * 60_000;

const system: AuditActor = { kind: 'system', name: 'own-connection' };

interface Held {
  readonly token: SecretText;
  readonly untilMs: number;
}

/**
 * All sign-ins of people in memory, and their tokens: access tokens only here, refresh tokens sealed in the store and replaced
 * by each new one. What the sign-in service and Graph say becomes states; an interruption is said and mailed once.
 */
export class SignInKeeper {
  readonly #parts: SignInKeeperParts;
  readonly #kept = new Map<SignInId, StoredSignIn>();
  readonly #byPerson = new Map<PersonId, SignInId>();
  readonly #settings = new Map<AccountId, OwnConnectionSettings>();
  readonly #held = new Map<SignInId, Held>();
  /** New refresh tokens that the store could not take yet. */
  readonly #unsaved = new Map<SignInId, SecretText>();
  readonly #asking = new Map<SignInId, Promise<AccessToken>>();
  readonly #nextAskMs = new Map<SignInId, number>();
  readonly #dirty = new Set<SignInId>();
  #cancel: (() => void) | undefined;
  #stopped = false;
  #loaded = false;

  constructor(parts: SignInKeeperParts) {
    this.#parts = parts;
  }

  /** Throws while the store is away. */
  async load(): Promise<void> {
    const { signIns, settings } = await this.#parts.store.loadForPlatform();
    for (const one of signIns) this.#add(one);
    for (const [accountId, chosen] of settings) this.#settings.set(accountId, chosen);
    this.#loaded = true;
    this.#parts.onChange();
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  start(): void {
    this.#cancel = this.#parts.clock.after(tickMs, () => {
      void this.tick().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  list(): readonly StoredSignIn[] {
    return [...this.#kept.values()];
  }

  find(id: SignInId): StoredSignIn | undefined {
    return this.#kept.get(id);
  }

  ofPerson(personId: PersonId): StoredSignIn | undefined {
    const id = this.#byPerson.get(personId);
    return id === undefined ? undefined : this.#kept.get(id);
  }

  /** Oldest first. */
  acceleratorsOf(accountId: AccountId): readonly StoredSignIn[] {
    return this.list()
      .filter((one) => one.use === 'accelerator' && one.accountId === accountId)
      .sort((a, b) => a.createdWallMs - b.createdWallMs || (a.id < b.id ? -1 : 1));
  }

  settingsOf(accountId: AccountId): OwnConnectionSettings {
    return this.#settings.get(accountId) ?? defaultOwnConnectionSettings;
  }

  /** Rejects while the store is away: nothing is promised that is not kept. */
  async change(accountId: AccountId, settings: OwnConnectionSettings): Promise<void> {
    await this.#parts.store.saveSettings(accountId, settings);
    this.#settings.set(accountId, settings);
    this.#parts.onChange();
  }

  /** Somebody signed in: in the place of what was there. Rejects while the store is away. */
  async put(signIn: Omit<StoredSignIn, 'life'>, tokens: PersonTokens, by: AuditActor): Promise<SignInWrite> {
    const { store, clock } = this.#parts;
    if (!tokens.refreshToken) return { ok: false, why: 'unknown' };
    const before = this.#kept.get(signIn.id);
    const now = clock.wall();
    const { life } = stepSignIn(
      before?.life ?? { state: 'REMOVED', sinceWallMs: now },
      { is: 'signed-in' },
      now,
    );
    const stored: StoredSignIn = { ...signIn, life };
    const written = await store.put(stored, tokens.refreshToken);
    if (!written.ok) return written;
    this.#add(stored);
    this.#unsaved.delete(stored.id);
    this.#hold(stored, tokens);
    await this.#note(stored, 'sign-in', by, before);
    this.#parts.onChange();
    return written;
  }

  /** A token to ask Graph with. `fresh`: not the one at hand. Never rejects. */
  async accessToken(id: SignInId, fresh = false): Promise<AccessToken> {
    const signIn = this.#kept.get(id);
    if (signIn?.life.state !== 'CONNECTED') return { ok: false, why: 'interrupted' };
    const held = this.#held.get(id);
    if (!fresh && held && held.untilMs > this.#parts.clock.now()) return { ok: true, token: held.token };
    return await this.#refresh(id);
  }

  /** What Graph answered to a request with this sign-in's token. */
  heard(id: SignInId, status: number): void {
    if (status >= 200 && status < 300) this.#hear(id, { is: 'answered' });
    else if (status === 401 || status === 403) this.#hear(id, { is: 'denied' });
  }

  /** Its tokens are worth nothing here from now on. Rejects while the store is away. */
  async remove(id: SignInId, by: AuditActor = system): Promise<boolean> {
    const signIn = this.#kept.get(id);
    if (!signIn) return false;
    await this.#parts.store.remove(signIn.accountId, id);
    this.#forget(id);
    await this.#note(signIn, 'disconnect', by);
    this.#parts.onChange();
    return true;
  }

  /** They are gone, and the store's rows with them. */
  keepOnly(isThere: (signIn: StoredSignIn) => boolean): void {
    let gone = false;
    for (const signIn of this.list()) {
      if (isThere(signIn)) continue;
      this.#forget(signIn.id);
      gone = true;
    }
    if (gone) this.#parts.onChange();
  }

  /** What time asks for; also called by tests. */
  async tick(): Promise<void> {
    if (!this.#loaded)
      await this.load().catch((error: Error) =>
        this.#parts.onProblem(`own connections cannot be read now: ${error.message}`, undefined),
      );
    await this.#catchUp();
    const now = this.#parts.clock.now();
    const due = this.list()
      .filter(({ id, life }) => this.#isWanted(life) && (this.#nextAskMs.get(id) ?? 0) <= now)
      .slice(0, atOnce);
    await Promise.all(due.map(({ id }) => this.#refresh(id)));
  }

  #isWanted({ state, reason }: StoredSignIn['life']): boolean {
    if (state === 'CONNECTED') return true;
    return state === 'INTERRUPTED' && reason !== undefined && signInTroubleTable[reason].mayReturn;
  }

  /** One at a time for each sign-in: two would each use up what the other was given. */
  #refresh(id: SignInId): Promise<AccessToken> {
    const asking =
      this.#asking.get(id) ??
      this.#ask(id)
        .catch((error: Error): AccessToken => {
          this.#parts.onProblem(`a sign-in of a person was not renewed: ${error.message}`, undefined);
          return { ok: false, why: 'later' };
        })
        .finally(() => this.#asking.delete(id));
    this.#asking.set(id, asking);
    return asking;
  }

  async #ask(id: SignInId): Promise<AccessToken> {
    const { store, service, clock } = this.#parts;
    this.#nextAskMs.set(id, clock.now() + againMs);
    const signIn = this.#kept.get(id);
    if (!signIn) return { ok: false, why: 'interrupted' };
    const refreshToken = this.#unsaved.get(id) ?? (await store.tokenOf(signIn.accountId, id));
    if (!refreshToken) {
      // Sealed under another master key, or lost: nobody but the person can give a new one.
      this.#hear(id, { is: 'refused', trouble: 'token-ended' });
      return { ok: false, why: 'interrupted' };
    }
    const { clientId, entraTenantId, scopes } = signIn;
    const credential = await this.#parts.credential();
    const outcome = await service.refresh({ clientId, entraTenantId, refreshToken, scopes, credential });
    // Somebody signed in anew, or it was ended, meanwhile: this answer is about what is not there any more.
    if (this.#kept.get(id)?.createdWallMs !== signIn.createdWallMs) return { ok: false, why: 'later' };
    switch (outcome.is) {
      case 'later':
        return this.#atHand(id);
      case 'ours':
        this.#parts.onProblem(
          `the sign-in service refuses our app for a person: ${outcome.detail}`,
          signIn.accountId,
        );
        return this.#atHand(id);
      case 'refused':
        this.#hear(id, { is: 'refused', trouble: outcome.trouble });
        return { ok: false, why: 'interrupted' };
      case 'tokens':
        break;
    }
    const { tokens } = outcome;
    if (tokens.refreshToken) {
      // The new one is kept before the old one is let go; until the store takes it, it stands here.
      this.#unsaved.set(id, tokens.refreshToken);
      await this.#catchUp();
    }
    if (missingScopes(signIn.use, tokens.scopes).length > 0) {
      this.#hear(id, { is: 'refused', trouble: 'consent-withdrawn' });
      return { ok: false, why: 'interrupted' };
    }
    this.#hold(signIn, tokens);
    this.#hear(id, { is: 'refreshed' });
    return { ok: true, token: tokens.accessToken };
  }

  /** The service does not answer: what is at hand goes on to its end. */
  #atHand(id: SignInId): AccessToken {
    const held = this.#held.get(id);
    return held && held.untilMs > this.#parts.clock.now()
      ? { ok: true, token: held.token }
      : { ok: false, why: 'later' };
  }

  #hold({ id, use }: Pick<StoredSignIn, 'id' | 'use'>, tokens: PersonTokens): void {
    const now = this.#parts.clock.now();
    const livesMs = Math.max(tokens.expiresInSeconds * 1000 - spareMs, 30_000);
    this.#held.set(id, { token: tokens.accessToken, untilMs: now + livesMs });
    this.#nextAskMs.set(id, now + Math.min(freshMs[use], livesMs));
    const known = this.#kept.get(id);
    if (known && tokens.scopes.length > 0) this.#kept.set(id, { ...known, scopes: tokens.scopes });
  }

  #hear(id: SignInId, input: SignInInput): void {
    const before = this.#kept.get(id);
    if (!before) return;
    const { life, actions } = stepSignIn(before.life, input, this.#parts.clock.wall());
    if (life === before.life) return;
    const after: StoredSignIn = { ...before, life };
    this.#kept.set(id, after);
    if (life.state !== 'CONNECTED') this.#held.delete(id);
    if (life.state === before.life.state && life.reason === before.life.reason) return;
    this.#dirty.add(id);
    void this.#catchUp();
    for (const action of actions) {
      if (action === 'tell') {
        void this.#note(after, 'interrupted', system, before);
        this.#tell(after);
      } else if (action === 'resume') void this.#note(after, 'resumed', system, before);
    }
    this.#parts.onChange();
  }

  /** Once for each interruption, over restarts too: the key is the same. */
  #tell(signIn: StoredSignIn): void {
    const { accountName, person, portal, mailer } = this.#parts;
    const mail = interruptedMail(signIn, {
      accountName: accountName(signIn.accountId) ?? signIn.accountId,
      person: signIn.personId && person(signIn.personId),
      portal,
    });
    if (mail) void mailer.send(mail);
  }

  /** What the store could not take before. */
  async #catchUp(): Promise<void> {
    const { store, onProblem } = this.#parts;
    try {
      for (const [id, token] of this.#unsaved) {
        const signIn = this.#kept.get(id);
        if (signIn) await store.rotate(signIn.accountId, id, token);
        if (this.#unsaved.get(id) === token) this.#unsaved.delete(id);
      }
      for (const id of this.#dirty) {
        this.#dirty.delete(id);
        const signIn = this.#kept.get(id);
        if (!signIn) continue;
        await store.saveLife(signIn).catch((error: unknown) => {
          this.#dirty.add(id);
          throw error;
        });
      }
    } catch (error) {
      onProblem(`a sign-in of a person is stored later: ${(error as Error).message}`, undefined);
    }
  }

  #add(signIn: StoredSignIn): void {
    this.#kept.set(signIn.id, signIn);
    if (signIn.personId !== undefined) this.#byPerson.set(signIn.personId, signIn.id);
  }

  #forget(id: SignInId): void {
    const personId = this.#kept.get(id)?.personId;
    if (personId !== undefined) this.#byPerson.delete(personId);
    this.#kept.delete(id);
    this.#held.delete(id);
    this.#unsaved.delete(id);
    this.#dirty.delete(id);
    this.#nextAskMs.delete(id);
  }

  async #note(signIn: StoredSignIn, what: string, actor: AuditActor, before?: StoredSignIn): Promise<void> {
    const facts = ({ name, entraTenantId, objectId, scopes, life }: StoredSignIn) => ({
      microsoftAccount: name,
      entraTenantId,
      objectId,
      scopes: scopes.join(' '),
      state: life.state,
      ...(life.reason !== undefined && { reason: life.reason }),
    });
    await this.#parts.audit.note({
      accountId: signIn.accountId,
      actor,
      action: `${signIn.use === 'own' ? 'own-connection' : 'accelerator'}.${what}`,
      object: {
        kind: signIn.personId === undefined ? 'account' : 'person',
        id: signIn.personId ?? signIn.accountId,
        label: (signIn.personId && this.#parts.person(signIn.personId)?.displayName) ?? signIn.name,
      },
      ...(before && { before: facts(before) }),
      ...(what !== 'disconnect' && { after: facts(signIn) }),
    });
  }
}

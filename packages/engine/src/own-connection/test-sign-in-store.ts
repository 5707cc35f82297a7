import type { AccountId, SignInId } from '@tandem/domain';
import type {
  OwnConnectionSettings,
  OwnSignInStore,
  SignInWrite,
  StoredSignIn,
} from '../ports/own-sign-ins.ts';
import type { SecretText } from './secret-text.ts';

/** For tests: sign-ins in memory, with the rules of the table. */
export class TestSignInStore implements OwnSignInStore {
  readonly rows = new Map<SignInId, StoredSignIn>();
  readonly tokens = new Map<SignInId, SecretText>();
  readonly settings = new Map<AccountId, OwnConnectionSettings>();
  away = false;

  loadForPlatform: OwnSignInStore['loadForPlatform'] = async () => {
    this.#gate();
    return { signIns: [...this.rows.values()], settings: new Map(this.settings) };
  };
  put = async (signIn: StoredSignIn, token: SecretText): Promise<SignInWrite> => {
    this.#gate();
    const taken = [...this.rows.values()].some(
      (one) =>
        one.id !== signIn.id &&
        one.use === signIn.use &&
        one.objectId === signIn.objectId &&
        (one.use === 'own' || one.accountId === signIn.accountId),
    );
    if (taken) return { ok: false, why: 'taken' };
    this.rows.set(signIn.id, signIn);
    this.tokens.set(signIn.id, token);
    return { ok: true };
  };
  saveLife = async (signIn: StoredSignIn): Promise<void> => {
    this.#gate();
    const known = this.rows.get(signIn.id);
    if (known) this.rows.set(signIn.id, { ...known, life: signIn.life });
  };
  rotate = async (_accountId: AccountId, id: SignInId, token: SecretText): Promise<void> => {
    this.#gate();
    if (this.rows.has(id)) this.tokens.set(id, token);
  };
  tokenOf = async (accountId: AccountId, id: SignInId): Promise<SecretText | undefined> => {
    this.#gate();
    return this.rows.get(id)?.accountId === accountId ? this.tokens.get(id) : undefined;
  };
  remove = async (_accountId: AccountId, id: SignInId): Promise<void> => {
    this.#gate();
    this.rows.delete(id);
    this.tokens.delete(id);
  };
  saveSettings = async (accountId: AccountId, settings: OwnConnectionSettings): Promise<void> => {
    this.#gate();
    this.settings.set(accountId, settings);
  };

  #gate(): void {
    if (this.away) throw new Error('the database is away');
  }
}

import type {
  ConnectionStore,
  ConnectionWrite,
  CredentialPlace,
  CredentialSecret,
  SignInAttempt,
  SignInAttempts,
  StoredConnection,
} from '../ports/connection-store.ts';

/** For tests: connections in memory, with versions as the store has them. */
export class TestConnectionStore implements ConnectionStore {
  readonly rows = new Map<string, StoredConnection>();
  readonly secrets = new Map<string, CredentialSecret>();
  away = false;
  /** What happens once while a write is done and not yet answered. */
  meanwhile: (() => Promise<void>) | undefined;

  async listAllConnectionsForPlatform(): Promise<readonly StoredConnection[]> {
    this.#gate();
    return [...this.rows.values()];
  }
  async create(connection: StoredConnection, secret?: CredentialSecret): Promise<ConnectionWrite> {
    this.#gate();
    const taken = [...this.rows.values()].some(
      (one) => one.accountId === connection.accountId && one.entraTenantId === connection.entraTenantId,
    );
    if (taken) return { ok: false, why: 'tenant-taken' };
    this.rows.set(connection.id, connection);
    const place = connection.nextCredential ? 'next' : 'present';
    if (secret) this.secrets.set(`${connection.id} ${place}`, secret);
    return { ok: true, connection };
  }
  save = async (connection: StoredConnection): Promise<ConnectionWrite> => {
    this.#gate();
    const known = this.rows.get(connection.id);
    if (!known) return { ok: false, why: 'unknown' };
    if (known.version !== connection.version) return { ok: false, why: 'conflict' };
    const next = { ...connection, version: connection.version + 1 };
    this.rows.set(connection.id, next);
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    return { ok: true, connection: next };
  };
  saveWithSecret = async (
    connection: StoredConnection,
    place: CredentialPlace,
    secret: CredentialSecret | null,
  ): Promise<ConnectionWrite> => {
    const written = await this.save(connection);
    if (!written.ok) return written;
    if (secret) this.secrets.set(`${connection.id} ${place}`, secret);
    else this.secrets.delete(`${connection.id} ${place}`);
    return written;
  };
  promote = async (connection: StoredConnection): Promise<ConnectionWrite> => {
    const written = await this.save(connection);
    const next = this.secrets.get(`${connection.id} next`);
    if (written.ok && next) {
      this.secrets.set(`${connection.id} present`, next);
      this.secrets.delete(`${connection.id} next`);
    }
    return written;
  };
  secretOf = async (
    _accountId: StoredConnection['accountId'],
    id: StoredConnection['id'],
    place: CredentialPlace,
  ): Promise<CredentialSecret | undefined> => this.secrets.get(`${id} ${place}`);

  #gate(): void {
    if (this.away) throw Object.assign(new Error('the database is away'), { code: 'database-unavailable' });
  }
}

export class TestSignInAttempts implements SignInAttempts {
  readonly kept = new Map<string, SignInAttempt>();
  async open(state: string, attempt: SignInAttempt): Promise<void> {
    this.kept.set(state, attempt);
  }
  async take(state: string, nowWallMs: number): Promise<SignInAttempt | undefined> {
    const attempt = this.kept.get(state);
    this.kept.delete(state);
    return attempt && attempt.endsWallMs > nowWallMs ? attempt : undefined;
  }
}

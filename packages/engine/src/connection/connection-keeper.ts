import type { AccountId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  ConnectionStore,
  ConnectionWrite,
  CredentialSecret,
  StoredConnection,
} from '../ports/connection-store.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { ConnectionProbe, Proof } from '../ports/microsoft-connection.ts';
import { provenStates, workingStates } from './connection.machine.ts';
import { type ConnectionInput, type LifeAction, stepConnection } from './connection-life.ts';
import { connectionMail } from './connection-mails.ts';
import { judgePermissions } from './features.ts';

export interface KeeperParts {
  readonly store: ConnectionStore;
  readonly probe: ConnectionProbe;
  readonly mailer: Mailer;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly accountName: (accountId: AccountId) => string | undefined;
  /** Address of the portal, for mails. */
  readonly portal: string;
  /** Something that others may look at is different now. */
  readonly onChange: (connection: StoredConnection) => void;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

const tickMs = 5_000;
/** Replication takes seconds to minutes: 5, 10, 20, 40, then every 60 s. */
const firstProofWaitMs = 5_000;
const longestProofWaitMs = 60_000;
/** A connection that nobody used for so long is tried, so that three minutes of silence are silence of Microsoft. */
const idleMs = 60_000;
const againMs = 60_000;
/**
 * Microsoft takes the tokens that it gave for an hour and more, whatever was withdrawn since: a fresh one is asked for, so
 * that who must act is told within two minutes (product-behaviour 2.10).
 */
const freshTokenMs = 90_000;
const tenantEveryMs = 60 * 60_000;
const usesEveryMs = 5 * 60_000;
/** Whoever slept for so long heard nothing because of that, not because Microsoft was silent. */
const sleptMs = 60_000;
/** A connection that comes and goes for one reason is told of once in this time; another reason is news. */
const tellAgainMs = 60 * 60_000;
/** Somebody else wrote in between: read and judge anew. */
const mostConflicts = 5;

const system: AuditActor = { kind: 'system', name: 'microsoft-connection' };

interface Watch {
  nextProofAt: number;
  proofWaitMs: number;
  nextHeartbeatAt: number;
  nextTokenAt: number;
  nextTenantAt: number;
  usesSavedAt: number;
  unsaved: boolean;
  asking: boolean;
}

/**
 * All connections of the platform in memory, and their course: what is heard of Microsoft goes in, states, mails and audit
 * come out (product-behaviour 2.10). Reads go on while the database is away; what could not be stored is stored later.
 */
export class ConnectionKeeper {
  readonly #parts: KeeperParts;
  readonly #kept = new Map<string, StoredConnection>();
  readonly #watches = new Map<string, Watch>();
  readonly #turns = new Map<string, Promise<unknown>>();
  /** When the last mail about an interruption went out, by connection, and those whose present one was not told. */
  readonly #told = new Map<string, { readonly reason: string | undefined; readonly wallMs: number }>();
  readonly #hushed = new Set<string>();
  #lastTickMs: number | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Throws when the store cannot be read. */
  async load(): Promise<void> {
    const now = this.#parts.clock.wall();
    this.#lastTickMs = now;
    for (const stored of await this.#parts.store.listAllConnectionsForPlatform()) {
      // The time during which nobody listened is not silence.
      const life = { ...stored.life, answeredWallMs: now };
      this.#kept.set(stored.id, workingStates.has(life.state) ? { ...stored, life } : stored);
    }
  }

  /** For a start without the store: as they were last, until `load` succeeds. */
  loadCopy(connections: readonly StoredConnection[]): void {
    const now = this.#parts.clock.wall();
    this.#lastTickMs = now;
    for (const stored of connections) {
      const life = { ...stored.life, answeredWallMs: now };
      this.#kept.set(stored.id, workingStates.has(life.state) ? { ...stored, life } : stored);
    }
  }

  start(): void {
    const again = (): void => {
      this.#cancel = this.#parts.clock.after(tickMs, () => {
        void this.tick().finally(() => {
          if (!this.#stopped) again();
        });
      });
    };
    again();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await Promise.allSettled(this.#turns.values());
    for (const connection of this.#kept.values())
      if (this.#watch(connection.id).unsaved) await this.#save(connection).catch(() => undefined);
  }

  /** Oldest first. */
  list(): readonly StoredConnection[] {
    return [...this.#kept.values()].sort(
      (a, b) => a.createdWallMs - b.createdWallMs || (a.id < b.id ? -1 : 1),
    );
  }

  find(id: string): StoredConnection | undefined {
    return this.#kept.get(id);
  }

  async add(connection: StoredConnection, secret?: CredentialSecret): Promise<ConnectionWrite> {
    const written = await this.#parts.store.create(connection, secret);
    if (written.ok) this.#put(written.connection);
    return written;
  }

  /** Changes what an admin decides. Throws when the store is away: nothing is promised that is not kept. */
  async change(
    id: string,
    make: (connection: StoredConnection) => StoredConnection,
    write: (connection: StoredConnection) => Promise<ConnectionWrite> = (changed) =>
      this.#parts.store.save(changed),
  ): Promise<StoredConnection | undefined> {
    return await this.#inTurn(id, async () => {
      for (let attempt = 0; attempt < mostConflicts; attempt++) {
        const current = this.#kept.get(id);
        if (!current) return undefined;
        const written = await write(make(current));
        if (written.ok) return this.#took(written.connection, current, make);
        if (written.why !== 'conflict') return undefined;
        await this.#reload(id);
      }
      throw new Error('the connection was changed five times meanwhile');
    });
  }

  /** One input to a connection's life, and what follows. */
  async hear(
    id: string,
    input: ConnectionInput,
    by: AuditActor = system,
  ): Promise<StoredConnection | undefined> {
    return await this.#inTurn(id, async () => {
      const before = this.#kept.get(id);
      if (!before) return undefined;
      const step = stepConnection(before.life, input, this.#parts.clock.wall());
      if (step.life === before.life) return before;
      let after = this.#put({ ...before, life: step.life });
      const said = step.life.state !== before.life.state || step.actions.length > 0;
      if (said || step.life.reason !== before.life.reason) after = await this.#keep(after);
      for (const action of step.actions) await this.#act(action, after, before, by);
      return after;
    });
  }

  /**
   * Every request by this app in this tenant, from the client. `role`: the permission that let it through. `decisive`: a
   * refusal speaks of the whole connection; others may be about one thing (a quota, a licence) and are asked after.
   */
  heardOf(
    app: { readonly entraTenantId: string; readonly clientId: string },
    status: number,
    role: string | undefined,
    decisive = true,
  ): void {
    const now = this.#parts.clock.wall();
    for (const connection of this.#kept.values()) {
      if (connection.entraTenantId !== app.entraTenantId || connection.clientId !== app.clientId) continue;
      if (status >= 200 && status < 400) {
        if (role !== undefined)
          this.#kept.set(connection.id, {
            ...connection,
            roleUses: { ...connection.roleUses, [role]: now },
          });
        this.#aside(this.hear(connection.id, { is: 'answered' }), connection);
      } else if (status === 401 || status === 403) {
        if (decisive) this.#aside(this.hear(connection.id, { is: 'denied' }), connection);
        else this.#watch(connection.id).nextTenantAt = 0;
      }
      // A refusal of one thing is an answer too: the connection works.
      else if (status >= 400 && status < 500 && status !== 429)
        this.#aside(this.hear(connection.id, { is: 'answered' }), connection);
    }
  }

  /** What the sign-in service gave or refused, from whoever asked for a token. */
  async heardProof(id: string, proof: Proof, by: AuditActor = system): Promise<StoredConnection | undefined> {
    if (proof.is === 'silent') return this.#kept.get(id);
    if (proof.is === 'refused') return await this.hear(id, { is: 'refused', trouble: proof.trouble }, by);
    const known = this.#kept.get(id);
    if (!known) return undefined;
    const rolesReadWallMs = this.#parts.clock.wall();
    const changed = JSON.stringify(known.roles) !== JSON.stringify(proof.roles);
    if (changed) this.#watch(id).unsaved = true;
    this.#put({ ...known, roles: proof.roles, rolesReadWallMs });
    const { missingBase } = judgePermissions(known.features, proof.roles);
    return await this.hear(id, { is: 'roles', missing: missingBase }, by);
  }

  /** A fresh token, now. The next credential first: once Microsoft takes it, it replaces the present one. */
  async check(id: string, by: AuditActor = system): Promise<StoredConnection | undefined> {
    const connection = this.#kept.get(id);
    if (!connection || connection.life.state === 'DISCONNECTED') return connection;
    if (connection.nextCredential) {
      const proof = await this.#parts.probe.prove(connection, 'next');
      if (proof.is === 'roles') {
        await this.promote(id);
        return await this.heardProof(id, proof, by);
      }
      if (!connection.credential && connection.kind === 'own-app') return this.#kept.get(id);
    }
    return await this.heardProof(id, await this.#parts.probe.prove(connection, 'present'), by);
  }

  async promote(id: string): Promise<StoredConnection | undefined> {
    const before = this.#kept.get(id);
    if (before) this.#parts.probe.forget(before);
    const promoted = await this.change(
      id,
      (connection) => {
        const { nextCredential, ...rest } = connection;
        if (!nextCredential) return connection;
        const { clientId, ...credential } = nextCredential;
        return { ...rest, kind: 'own-app', clientId, credential };
      },
      (connection) => this.#parts.store.promote(connection),
    );
    if (promoted) {
      this.#parts.probe.forget(promoted);
      await this.#note(promoted, 'connection.credential', system, before);
    }
    return promoted;
  }

  /** What time asks for; also called by tests. */
  async tick(): Promise<void> {
    const { clock } = this.#parts;
    const wall = clock.wall();
    const slept = wall - (this.#lastTickMs ?? wall) > sleptMs;
    this.#lastTickMs = wall;
    await Promise.allSettled(
      this.list().map(async ({ id }) => {
        const connection = this.#kept.get(id);
        if (!connection) return;
        if (connection.life.state === 'DISCONNECTED') {
          // Ended while the store was away: a restart must not find it alive.
          if (this.#watch(id).unsaved) await this.#keepInTurn(id);
          return;
        }
        if (slept && workingStates.has(connection.life.state))
          this.#kept.set(id, { ...connection, life: { ...connection.life, answeredWallMs: wall } });
        const endsWallMs = connection.kind === 'own-app' ? connection.credential?.endsWallMs : undefined;
        await this.hear(id, { is: 'tick', credentialEndsWallMs: endsWallMs });
        const watch = this.#watch(id);
        if (watch.asking) return;
        watch.asking = true;
        try {
          await this.#ask(id, watch, clock.now());
        } finally {
          watch.asking = false;
        }
      }),
    );
  }

  async #ask(id: string, watch: Watch, now: number): Promise<void> {
    const connection = this.#kept.get(id);
    if (!connection) return;
    const { life } = connection;
    if (this.#looksForProof(connection)) {
      if (now < watch.nextProofAt) return;
      watch.nextProofAt = now + watch.proofWaitMs;
      watch.proofWaitMs = Math.min(
        life.state === 'CONSENT_PENDING' ? watch.proofWaitMs * 2 : againMs,
        longestProofWaitMs,
      );
      if (life.reason === 'access-denied' || life.reason === 'silent') {
        // Graph itself must answer; the read is heard like any other.
        await this.#parts.probe.readTenant(connection);
        if (this.#kept.get(id)?.life.state !== 'INTERRUPTED') return;
      }
      await this.check(id);
      return;
    }
    watch.proofWaitMs = firstProofWaitMs;
    watch.nextProofAt = 0;
    if (!workingStates.has(life.state)) return;
    if (now >= watch.nextTokenAt) {
      watch.nextTokenAt = now + freshTokenMs;
      await this.check(id);
      if (!workingStates.has(this.#kept.get(id)?.life.state ?? 'DISCONNECTED')) return;
    }
    const idle = this.#parts.clock.wall() - (life.answeredWallMs ?? 0) >= idleMs;
    if (now >= watch.nextTenantAt || (idle && now >= watch.nextHeartbeatAt)) {
      watch.nextHeartbeatAt = now + idleMs / 2;
      const tenant = await this.#parts.probe.readTenant(connection);
      if (tenant) {
        watch.nextTenantAt = now + tenantEveryMs;
        const { tenantName: _, ...rest } = this.#kept.get(id) ?? connection;
        const named = {
          ...rest,
          ...(tenant.name !== undefined && { tenantName: tenant.name }),
          domains: tenant.domains,
        };
        if (
          named.tenantName !== connection.tenantName ||
          named.domains.join() !== connection.domains.join()
        ) {
          this.#put(named);
          await this.#keepInTurn(id);
        }
      }
    }
    if (watch.unsaved || now - watch.usesSavedAt >= usesEveryMs) {
      watch.usesSavedAt = now;
      await this.#keepInTurn(id);
    }
  }

  /** As it is when its turn comes: a write beside another one would be refused, and what it says be lost. */
  #keepInTurn(id: string): Promise<unknown> {
    return this.#inTurn(id, async () => {
      const connection = this.#kept.get(id);
      if (connection) await this.#keep(connection);
    });
  }

  /** A half state asks again only where an administrator of the tenant stands behind it (T19). */
  #looksForProof({ life, kind, signedIn, nextCredential }: StoredConnection): boolean {
    switch (life.state) {
      case 'CONSENT_PENDING':
      case 'INTERRUPTED':
      case 'EXPIRED':
        return true;
      case 'CONSENT_INCOMPLETE':
        return kind === 'own-app' || (signedIn?.mayConsent === true && life.reason === 'permission-missing');
      case 'NOT_CONNECTED':
      case 'CONNECTED':
      case 'EXPIRING':
        return nextCredential !== undefined;
      default:
        return false;
    }
  }

  async #act(
    action: LifeAction,
    after: StoredConnection,
    before: StoredConnection,
    by: AuditActor,
  ): Promise<void> {
    switch (action) {
      case 'startProof':
        this.#watch(after.id).nextProofAt = 0;
        return;
      case 'begin': {
        const connected = this.#put({
          ...after,
          connectedWallMs: this.#parts.clock.wall(),
          ...(by.kind !== 'system' && { connectedBy: by.name }),
        });
        this.#watch(after.id).nextTenantAt = 0;
        await this.#keep(connected);
        return await this.#note(connected, 'connection.connect', by, before);
      }
      case 'tellInterrupted':
        await this.#note(after, 'connection.interrupt', by, before);
        if (this.#toldLately(after)) {
          this.#hushed.add(after.id);
          return;
        }
        this.#told.set(after.id, { reason: after.life.reason, wallMs: this.#parts.clock.wall() });
        return await this.#mail('interrupted', after);
      case 'tellExpired':
        await this.#note(after, 'connection.expire', by, before);
        return await this.#mail('expired', after);
      case 'tellAgain':
        return await this.#mail('again', after);
      case 'remind':
        return await this.#mail('reminder', after);
      case 'resume':
        this.#watch(after.id).nextTenantAt = 0;
        await this.#note(after, 'connection.resume', by, before);
        // Who was not told that it broke is not told that it works again.
        if (this.#hushed.delete(after.id)) return;
        return await this.#mail('resumed', after);
      case 'stop':
        this.#parts.probe.forget(after);
        return await this.#note(after, 'connection.disconnect', by, before);
    }
  }

  #toldLately({ id, life }: StoredConnection): boolean {
    const told = this.#told.get(id);
    return told?.reason === life.reason && this.#parts.clock.wall() - (told?.wallMs ?? 0) < tellAgainMs;
  }

  async #mail(kind: Parameters<typeof connectionMail>[0], connection: StoredConnection): Promise<void> {
    const { mailer, clock, portal, accountName } = this.#parts;
    await mailer.send(
      connectionMail(kind, connection, {
        accountName: accountName(connection.accountId) ?? 'your account',
        portal,
        nowWallMs: clock.wall(),
      }),
    );
  }

  async #note(
    after: StoredConnection,
    action: string,
    actor: AuditActor,
    before: StoredConnection | undefined,
  ): Promise<void> {
    await this.#parts.audit.note({
      accountId: after.accountId,
      actor,
      action,
      object: { kind: 'connection', id: after.id, label: after.tenantName ?? after.entraTenantId },
      ...(before && { before: auditedConnection(before) }),
      after: auditedConnection(after),
      ...(after.life.reason !== undefined && { reason: after.life.reason }),
    });
  }

  #put(connection: StoredConnection): StoredConnection {
    const before = this.#kept.get(connection.id);
    this.#kept.set(connection.id, connection);
    if (
      before?.life.state !== connection.life.state ||
      before.version !== connection.version ||
      before.domains.join() !== connection.domains.join() ||
      before.features.join() !== connection.features.join()
    )
      this.#parts.onChange(connection);
    return connection;
  }

  /** Stored now, or later when the store is away: what is heard of Microsoft is true all the same. */
  async #keep(connection: StoredConnection): Promise<StoredConnection> {
    try {
      return await this.#save(connection);
    } catch (error) {
      this.#watch(connection.id).unsaved = true;
      this.#parts.onProblem(
        `the connection is stored later: ${error instanceof Error ? error.message : String(error)}`,
        connection.accountId,
      );
      return connection;
    }
  }

  async #save(connection: StoredConnection): Promise<StoredConnection> {
    const written = await this.#parts.store.save(connection);
    if (written.ok) {
      this.#watch(connection.id).unsaved = false;
      return this.#took(written.connection, connection, (kept) => kept);
    }
    if (written.why === 'conflict') {
      await this.#reload(connection.id);
      this.#watch(connection.id).unsaved = true;
    }
    return this.#kept.get(connection.id) ?? connection;
  }

  /** The store has `written`, made from `from`. What was heard meanwhile, roles and uses of them, is newer and stays. */
  #took(
    written: StoredConnection,
    from: StoredConnection,
    make: (connection: StoredConnection) => StoredConnection,
  ): StoredConnection {
    const kept = this.#kept.get(from.id) ?? from;
    if (kept.roles !== from.roles) this.#watch(from.id).unsaved = true;
    return this.#put({ ...make(kept), version: written.version });
  }

  async #reload(id: string): Promise<void> {
    const found = (await this.#parts.store.listAllConnectionsForPlatform()).find((one) => one.id === id);
    if (found) this.#put(found);
    else this.#kept.delete(id);
  }

  /** One thing after another for each connection: two at a time would write over each other. */
  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id) ?? Promise.resolve();
    const mine = before.then(work, work);
    const quiet = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(id, quiet);
    return mine;
  }

  #aside(work: Promise<unknown>, { accountId }: StoredConnection): void {
    work.catch((error: unknown) =>
      this.#parts.onProblem(`a bug: ${error instanceof Error ? error.stack : String(error)}`, accountId),
    );
  }

  #watch(id: string): Watch {
    let watch = this.#watches.get(id);
    if (!watch) {
      watch = {
        nextProofAt: 0,
        proofWaitMs: firstProofWaitMs,
        nextHeartbeatAt: 0,
        nextTokenAt: this.#parts.clock.now() + freshTokenMs,
        nextTenantAt: 0,
        usesSavedAt: this.#parts.clock.now(),
        unsaved: false,
        asking: false,
      };
      this.#watches.set(id, watch);
    }
    return watch;
  }
}

/** What the audit may know: never a credential, only that there is one and when it ends. */
export function auditedConnection(connection: StoredConnection): Readonly<Record<string, unknown>> {
  return {
    tenant: connection.entraTenantId,
    kind: connection.kind,
    clientId: connection.clientId,
    state: connection.life.state,
    features: [...connection.features],
    roles: [...connection.roles],
    ...(connection.signedIn && { signedIn: connection.signedIn.objectId }),
    ...(connection.credential && {
      credential: { kind: connection.credential.kind, ends: connection.credential.endsWallMs },
    }),
  };
}

/** For those who only ask whether it was ever proved. */
export const wasConnected = ({ life }: StoredConnection): boolean => provenStates.has(life.state);

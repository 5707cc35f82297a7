import type { AuditActor } from '../ports/audit.ts';
import type { ConnectionWrite, CredentialSecret, StoredConnection } from '../ports/connection-store.ts';
import type { ConnectionProbe, Proof } from '../ports/microsoft-connection.ts';
import { provenStates } from './connection.machine.ts';
import { ConnectionEffects, type EffectsParts } from './connection-effects.ts';
import { type ConnectionInput, stepConnection } from './connection-life.ts';
import { ConnectionRounds } from './connection-rounds.ts';
import { judgeConnection } from './features.ts';
import { KeptConnections, type KeptConnectionsParts } from './kept-connections.ts';
import {
  hearPresenceProof,
  type PresenceRegistrationStep,
  remindOfPresence,
} from './presence-registration.ts';

export interface KeeperParts extends KeptConnectionsParts, Omit<EffectsParts, 'kept' | 'rounds' | 'probe'> {
  readonly probe: ConnectionProbe;
}

const system: AuditActor = { kind: 'system', name: 'microsoft-connection' };

/**
 * All connections of the platform, and their course: what is heard of Microsoft goes in, states, mails and audit come out
 * (product-behaviour 2.10). What could not be stored is stored later.
 */
export class ConnectionKeeper {
  readonly #parts: KeeperParts;
  readonly #kept: KeptConnections;
  readonly #rounds: ConnectionRounds;
  readonly #effects: ConnectionEffects;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    const kept = new KeptConnections(parts);
    const rounds = new ConnectionRounds({
      kept,
      probe: parts.probe,
      clock: parts.clock,
      hear: (id, input) => this.hear(id, input),
      check: (id) => this.check(id),
      checkPresence: (id) => this.checkPresence(id),
      remindOfPresence: (id) =>
        this.#stepPresence(
          id,
          system,
          ({ presence }) => presence && remindOfPresence(presence, parts.clock.wall()),
        ),
    });
    this.#kept = kept;
    this.#rounds = rounds;
    this.#effects = new ConnectionEffects({ ...parts, kept, rounds });
  }

  /** Throws when the store cannot be read. */
  async load(): Promise<void> {
    await this.#kept.load();
    this.#rounds.listensFromNow();
  }

  /** For a start without the store: as they were last, until `load` succeeds. */
  loadCopy(connections: readonly StoredConnection[]): void {
    this.#kept.loadCopy(connections);
    this.#rounds.listensFromNow();
  }

  start(): void {
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    this.#rounds.stop();
    await this.#kept.stop();
  }

  /** Oldest first. */
  list(): readonly StoredConnection[] {
    return this.#kept.list();
  }

  find(id: string): StoredConnection | undefined {
    return this.#kept.find(id);
  }

  add(connection: StoredConnection, secret?: CredentialSecret): Promise<ConnectionWrite> {
    return this.#kept.add(connection, secret);
  }

  /** Changes what an admin decides. Throws when the store is away: nothing is promised that is not kept. */
  change(
    id: string,
    make: (connection: StoredConnection) => StoredConnection,
    write?: (connection: StoredConnection) => Promise<ConnectionWrite>,
  ): Promise<StoredConnection | undefined> {
    return this.#kept.change(id, make, write);
  }

  /** One input to a connection's life, and what follows. */
  async hear(
    id: string,
    input: ConnectionInput,
    by: AuditActor = system,
  ): Promise<StoredConnection | undefined> {
    return await this.#kept.inTurn(id, async () => {
      const before = this.#kept.find(id);
      if (!before) return undefined;
      const step = stepConnection(before.life, input, this.#parts.clock.wall());
      if (step.life === before.life) return before;
      let after = this.#kept.put({ ...before, life: step.life });
      const said = step.life.state !== before.life.state || step.actions.length > 0;
      if (said || step.life.reason !== before.life.reason) after = await this.#kept.keep(after);
      for (const action of step.actions) await this.#effects.follow(action, after, before, by);
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
    for (const connection of this.#kept.all()) {
      if (connection.entraTenantId !== app.entraTenantId) continue;
      if (connection.presence?.clientId === app.clientId) this.#heardOfPresence(connection, status, role);
      if (connection.clientId !== app.clientId) continue;
      if (status >= 200 && status < 400) {
        if (role !== undefined)
          this.#kept.put({ ...connection, roleUses: { ...connection.roleUses, [role]: now } });
        this.#aside(this.hear(connection.id, { is: 'answered' }), connection);
      } else if (status === 401 || status === 403) {
        if (decisive) this.#aside(this.hear(connection.id, { is: 'denied' }), connection);
        else this.#rounds.readTenantSoon(connection.id);
      }
      // A refusal of one thing is an answer too: the connection works.
      else if (status >= 400 && status < 500 && status !== 429)
        this.#aside(this.hear(connection.id, { is: 'answered' }), connection);
    }
  }

  /** What the sign-in service gave or refused, from whoever asked for a token. */
  async heardProof(id: string, proof: Proof, by: AuditActor = system): Promise<StoredConnection | undefined> {
    if (proof.is === 'silent') return this.#kept.find(id);
    if (proof.is === 'refused') return await this.hear(id, { is: 'refused', trouble: proof.trouble }, by);
    const known = this.#kept.find(id);
    if (!known) return undefined;
    const rolesReadWallMs = this.#parts.clock.wall();
    const changed = JSON.stringify(known.roles) !== JSON.stringify(proof.roles);
    if (changed) this.#kept.saveLater(id);
    this.#kept.put({ ...known, roles: proof.roles, rolesReadWallMs });
    const { missingBase } = judgeConnection({ ...known, roles: proof.roles });
    return await this.hear(id, { is: 'roles', missing: missingBase }, by);
  }

  /** A fresh token, now. The next credential first: once Microsoft takes it, it replaces the present one. */
  async check(id: string, by: AuditActor = system): Promise<StoredConnection | undefined> {
    const connection = this.#kept.find(id);
    if (!connection || connection.life.state === 'DISCONNECTED') return connection;
    if (connection.nextCredential) {
      const proof = await this.#parts.probe.prove(connection, 'next');
      if (proof.is === 'roles') {
        await this.promote(id);
        return await this.heardProof(id, proof, by);
      }
      if (!connection.credential && connection.kind === 'own-app') return this.#kept.find(id);
    }
    return await this.heardProof(id, await this.#parts.probe.prove(connection, 'present'), by);
  }

  /** A fresh token of the registration for presence, now. */
  async checkPresence(id: string, by: AuditActor = system): Promise<StoredConnection | undefined> {
    const connection = this.#kept.find(id);
    if (!connection?.presence || connection.life.state === 'DISCONNECTED') return connection;
    return await this.heardPresenceProof(id, await this.#parts.probe.prove(connection, 'presence'), by);
  }

  /** What the sign-in service said of the registration for presence, to whoever asked for a token. */
  heardPresenceProof(
    id: string,
    proof: Proof,
    by: AuditActor = system,
  ): Promise<StoredConnection | undefined> {
    return this.#stepPresence(
      id,
      by,
      ({ presence, features }) =>
        presence && hearPresenceProof(presence, proof, features, this.#parts.clock.wall()),
    );
  }

  async #stepPresence(
    id: string,
    by: AuditActor,
    step: (connection: StoredConnection) => PresenceRegistrationStep | undefined,
  ): Promise<StoredConnection | undefined> {
    return await this.#kept.inTurn(id, async () => {
      const before = this.#kept.find(id);
      const stepped = before && step(before);
      if (!before || !stepped || stepped.presence === before.presence) return before;
      let after = this.#kept.put({ ...before, presence: stepped.presence });
      if (stepped.changed) after = await this.#kept.keep(after);
      for (const tell of stepped.tells) await this.#effects.follow(tell, after, before, by);
      return after;
    });
  }

  /** Requests of presence say nothing of the connection as a whole; a refusal is asked after. */
  #heardOfPresence(connection: StoredConnection, status: number, role: string | undefined): void {
    if (status >= 200 && status < 400 && role !== undefined)
      this.#kept.put({
        ...connection,
        roleUses: { ...connection.roleUses, [role]: this.#parts.clock.wall() },
      });
    else if (status === 401 || status === 403) this.#rounds.provePresenceSoon(connection.id);
  }

  async promote(id: string): Promise<StoredConnection | undefined> {
    const before = this.#kept.find(id);
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
      await this.#effects.note(promoted, 'connection.credential', system, before);
    }
    return promoted;
  }

  /** What time asks for; also called by tests. */
  tick(): Promise<void> {
    return this.#rounds.tick();
  }

  #aside(work: Promise<unknown>, { accountId }: StoredConnection): void {
    work.catch((error: unknown) =>
      this.#parts.onProblem(`a bug: ${error instanceof Error ? error.stack : String(error)}`, accountId),
    );
  }
}

/** For those who only ask whether it was ever proved. */
export const wasConnected = ({ life }: StoredConnection): boolean => provenStates.has(life.state);

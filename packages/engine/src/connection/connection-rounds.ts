import type { Clock } from '../ports/clock.ts';
import type { StoredConnection } from '../ports/connection-store.ts';
import type { ConnectionProbe } from '../ports/microsoft-connection.ts';
import { provenStates, workingStates } from './connection.machine.ts';
import type { ConnectionInput } from './connection-life.ts';
import type { KeptConnections } from './kept-connections.ts';
import { presenceRegistrationWords } from './presence-registration.ts';

export interface RoundsParts {
  readonly kept: KeptConnections;
  readonly probe: Pick<ConnectionProbe, 'readTenant'>;
  readonly clock: Clock;
  hear(id: string, input: ConnectionInput): Promise<unknown>;
  /** Asks for a fresh token, and hears what comes. */
  check(id: string): Promise<unknown>;
  /** The same of the registration for presence. */
  checkPresence(id: string): Promise<unknown>;
  remindOfPresence(id: string): Promise<unknown>;
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

interface Watch {
  nextProofAt: number;
  proofWaitMs: number;
  nextHeartbeatAt: number;
  nextTokenAt: number;
  nextPresenceAt: number;
  presenceWaitMs: number;
  nextTenantAt: number;
  usesSavedAt: number;
  asking: boolean;
}

/** When which connection is asked what: proofs of those that wait for one, fresh tokens and signs of life of the others. */
export class ConnectionRounds {
  readonly #parts: RoundsParts;
  readonly #watches = new Map<string, Watch>();
  #lastTickMs: number | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
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

  /** From here on nothing was missed. */
  listensFromNow(): void {
    this.#lastTickMs = this.#parts.clock.wall();
  }

  proveSoon(id: string): void {
    this.#watch(id).nextProofAt = 0;
  }

  readTenantSoon(id: string): void {
    this.#watch(id).nextTenantAt = 0;
  }

  provePresenceSoon(id: string): void {
    const watch = this.#watch(id);
    // A refusal of every request must not become a question for every request.
    const soon = this.#parts.clock.now() + firstProofWaitMs;
    watch.nextPresenceAt = Math.min(watch.nextPresenceAt, soon);
  }

  async tick(): Promise<void> {
    const { kept, clock } = this.#parts;
    const wall = clock.wall();
    const slept = wall - (this.#lastTickMs ?? wall) > sleptMs;
    this.#lastTickMs = wall;
    await Promise.allSettled(
      kept.list().map(async ({ id }) => {
        const connection = kept.find(id);
        if (!connection) return;
        if (connection.life.state === 'DISCONNECTED') {
          // Ended while the store was away: a restart must not find it alive.
          if (kept.isUnsaved(id)) await kept.keepInTurn(id);
          return;
        }
        if (slept && workingStates.has(connection.life.state))
          kept.put({ ...connection, life: { ...connection.life, answeredWallMs: wall } });
        const endsWallMs = connection.kind === 'own-app' ? connection.credential?.endsWallMs : undefined;
        await this.#parts.hear(id, { is: 'tick', credentialEndsWallMs: endsWallMs });
        if (connection.presence) await this.#parts.remindOfPresence(id);
        const watch = this.#watch(id);
        if (watch.asking) return;
        watch.asking = true;
        try {
          await this.#ask(id, watch, clock.now());
          await this.#askOfPresence(id, watch, clock.now());
        } finally {
          watch.asking = false;
        }
      }),
    );
  }

  /** As often as the connection's own: soon and then more seldom until it is proved, then to hear when that ends. */
  async #askOfPresence(id: string, watch: Watch, now: number): Promise<void> {
    const connection = this.#parts.kept.find(id);
    if (!connection?.presence || !provenStates.has(connection.life.state)) return;
    if (now < watch.nextPresenceAt) return;
    const proved = presenceRegistrationWords(connection) === undefined;
    watch.nextPresenceAt = now + (proved ? freshTokenMs : watch.presenceWaitMs);
    watch.presenceWaitMs = proved ? firstProofWaitMs : Math.min(watch.presenceWaitMs * 2, longestProofWaitMs);
    await this.#parts.checkPresence(id);
  }

  async #ask(id: string, watch: Watch, now: number): Promise<void> {
    const { kept, probe, clock } = this.#parts;
    const connection = kept.find(id);
    if (!connection) return;
    const { life } = connection;
    if (looksForProof(connection)) {
      if (now < watch.nextProofAt) return;
      watch.nextProofAt = now + watch.proofWaitMs;
      watch.proofWaitMs = Math.min(
        life.state === 'CONSENT_PENDING' ? watch.proofWaitMs * 2 : againMs,
        longestProofWaitMs,
      );
      if (life.reason === 'access-denied' || life.reason === 'silent') {
        // Graph itself must answer; the read is heard like any other.
        await probe.readTenant(connection);
        if (kept.find(id)?.life.state !== 'INTERRUPTED') return;
      }
      await this.#parts.check(id);
      return;
    }
    watch.proofWaitMs = firstProofWaitMs;
    watch.nextProofAt = 0;
    if (!workingStates.has(life.state)) return;
    if (now >= watch.nextTokenAt) {
      watch.nextTokenAt = now + freshTokenMs;
      await this.#parts.check(id);
      if (!workingStates.has(kept.find(id)?.life.state ?? 'DISCONNECTED')) return;
    }
    const idle = clock.wall() - (life.answeredWallMs ?? 0) >= idleMs;
    if (now >= watch.nextTenantAt || (idle && now >= watch.nextHeartbeatAt)) {
      watch.nextHeartbeatAt = now + idleMs / 2;
      if (await this.#readTenant(connection)) watch.nextTenantAt = now + tenantEveryMs;
    }
    if (kept.isUnsaved(id) || now - watch.usesSavedAt >= usesEveryMs) {
      watch.usesSavedAt = now;
      await kept.keepInTurn(id);
    }
  }

  /** The tenant's name and domains, kept where they are others than before. `false`: no answer. */
  async #readTenant(connection: StoredConnection): Promise<boolean> {
    const { kept, probe } = this.#parts;
    const tenant = await probe.readTenant(connection);
    if (!tenant) return false;
    const { tenantName: _, ...rest } = kept.find(connection.id) ?? connection;
    const named = {
      ...rest,
      ...(tenant.name !== undefined && { tenantName: tenant.name }),
      domains: tenant.domains,
    };
    if (named.tenantName !== connection.tenantName || named.domains.join() !== connection.domains.join()) {
      kept.put(named);
      await kept.keepInTurn(connection.id);
    }
    return true;
  }

  #watch(id: string): Watch {
    let watch = this.#watches.get(id);
    if (!watch) {
      const now = this.#parts.clock.now();
      watch = {
        nextProofAt: 0,
        proofWaitMs: firstProofWaitMs,
        nextHeartbeatAt: 0,
        nextTokenAt: now + freshTokenMs,
        nextPresenceAt: 0,
        presenceWaitMs: firstProofWaitMs,
        nextTenantAt: 0,
        usesSavedAt: now,
        asking: false,
      };
      this.#watches.set(id, watch);
    }
    return watch;
  }
}

/** A half state asks again only where an administrator of the tenant stands behind it (T19). */
function looksForProof({ life, kind, signedIn, nextCredential }: StoredConnection): boolean {
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

import type { AccountId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredConnection } from '../ports/connection-store.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { ConnectionProbe } from '../ports/microsoft-connection.ts';
import type { LifeAction } from './connection-life.ts';
import { connectionMail } from './connection-mails.ts';
import type { ConnectionRounds } from './connection-rounds.ts';
import type { KeptConnections } from './kept-connections.ts';
import type { PresenceRegistrationStep } from './presence-registration.ts';

export interface EffectsParts {
  readonly kept: KeptConnections;
  readonly rounds: Pick<ConnectionRounds, 'proveSoon' | 'readTenantSoon'>;
  readonly probe: Pick<ConnectionProbe, 'forget'>;
  readonly mailer: Mailer;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly accountName: (accountId: AccountId) => string | undefined;
  /** Address of the portal, for mails. */
  readonly portal: string;
}

type PresenceTell = PresenceRegistrationStep['tells'][number];

/** A connection that comes and goes for one reason is told of once in this time; another reason is news. */
const tellAgainMs = 60 * 60_000;

/** What follows a step of a connection's life: who is told, and what stands in the audit. */
export class ConnectionEffects {
  readonly #parts: EffectsParts;
  /** When the last mail about an interruption went out, by connection, and those whose present one was not told. */
  readonly #told = new Map<string, { readonly reason: string | undefined; readonly wallMs: number }>();
  readonly #hushed = new Set<string>();

  constructor(parts: EffectsParts) {
    this.#parts = parts;
  }

  async follow(
    action: LifeAction | PresenceTell,
    after: StoredConnection,
    before: StoredConnection,
    by: AuditActor,
  ): Promise<void> {
    const { kept, rounds, probe, clock } = this.#parts;
    switch (action) {
      case 'startProof':
        rounds.proveSoon(after.id);
        return;
      case 'begin': {
        const connected = kept.put({
          ...after,
          connectedWallMs: clock.wall(),
          ...(by.kind !== 'system' && { connectedBy: by.name }),
        });
        rounds.readTenantSoon(after.id);
        await kept.keep(connected);
        return await this.note(connected, 'connection.connect', by, before);
      }
      case 'tellInterrupted':
        await this.note(after, 'connection.interrupt', by, before);
        if (this.#toldLately(after)) {
          this.#hushed.add(after.id);
          return;
        }
        this.#told.set(after.id, { reason: after.life.reason, wallMs: clock.wall() });
        return await this.#mail('interrupted', after);
      case 'tellExpired':
        await this.note(after, 'connection.expire', by, before);
        return await this.#mail('expired', after);
      case 'tellAgain':
        return await this.#mail('again', after);
      case 'remind':
        return await this.#mail('reminder', after);
      case 'resume':
        rounds.readTenantSoon(after.id);
        await this.note(after, 'connection.resume', by, before);
        // Who was not told that it broke is not told that it works again.
        if (this.#hushed.delete(after.id)) return;
        return await this.#mail('resumed', after);
      case 'presence-lost':
      case 'presence-resumed':
        await this.note(
          after,
          action === 'presence-lost' ? 'connection.interrupt' : 'connection.resume',
          by,
          before,
        );
        return await this.#mail(action, after);
      case 'presence-reminder':
        return await this.#mail(action, after);
      case 'stop':
        probe.forget(after);
        return await this.note(after, 'connection.disconnect', by, before);
    }
  }

  async note(
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
    ...(connection.presence && {
      presence: { clientId: connection.presence.clientId, roles: [...connection.presence.roles] },
    }),
    ...(connection.signedIn && { signedIn: connection.signedIn.objectId }),
    ...(connection.credential && {
      credential: { kind: connection.credential.kind, ends: connection.credential.endsWallMs },
    }),
  };
}

import type { AccountId } from '@tandem/domain';
import type { SignInAttempt, StoredConnection } from '../ports/connection-store.ts';
import { auditedConnection } from './connection-effects.ts';
import { wasConnected } from './connection-keeper.ts';
import { type DeskAsker, type DeskOutcome, type DeskParts, done, refuse, wayMs } from './desk-parts.ts';
import { troubleTable } from './trouble.ts';

/** What every errand at the desk needs: who may connect, whose tenant it is, a way to Microsoft, a note of it. */
export class DeskGround {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  mayConnect(accountId: AccountId, returnTo: string | undefined) {
    const account = this.#parts.account(accountId);
    if (!account) return refuse('not-found');
    if (account.status === 'suspended' || account.teams?.enabled === false)
      return refuse('teams-not-enabled');
    if (returnTo === undefined) return undefined;
    if (!this.#parts.redirectUris().includes(returnTo)) return refuse('return-address-unknown');
    return undefined;
  }

  ofTenant(entraTenantId: string): readonly StoredConnection[] {
    return this.#parts.keeper.list().filter((one) => one.entraTenantId === entraTenantId);
  }

  /** Two accounts on one tenant (N04): when it is wanted and said; their enable groups must differ. Never by accident. */
  tenantTaken(accountId: AccountId, entraTenantId: string, shareTenant: boolean) {
    const others = this.ofTenant(entraTenantId).filter(
      (one) => one.accountId !== accountId && holdsTenant(one),
    );
    if (others.length === 0 || shareTenant) return undefined;
    return refuse(
      'tenant-taken',
      'Another account of this platform uses this tenant. If both shall use it, each with an enable group of its own, say so when you begin.',
    );
  }

  wayOf(
    connection: StoredConnection,
    more: Pick<SignInAttempt, 'boundTo' | 'by' | 'redirectUri'> & {
      readonly purpose?: SignInAttempt['purpose'];
    },
  ): Omit<SignInAttempt, 'endsWallMs'> {
    return {
      accountId: connection.accountId,
      connectionId: connection.id,
      purpose: 'sign-in',
      clientId: connection.clientId,
      nonce: '',
      verifier: '',
      features: connection.features,
      // Whoever has a connection with it already shares it already.
      shareTenant: true,
      entraTenantId: connection.entraTenantId,
      ...more,
    };
  }

  async wayToSignIn(
    way: Omit<SignInAttempt, 'clientId' | 'nonce' | 'verifier' | 'endsWallMs'>,
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string }>> {
    const { platformApp, attempts, signIn, clock, secretText } = this.#parts;
    if (!platformApp) return refuse('no-app-registration');
    const [state, nonce, verifier] = [secretText(), secretText(), secretText()];
    const { clientId } = platformApp;
    const endsWallMs = clock.wall() + wayMs;
    await attempts.open(state, { ...way, clientId, nonce, verifier, endsWallMs });
    const url = signIn.authorizeUrl({ clientId, redirectUri: way.redirectUri, state, nonce, verifier });
    return done({ url, endsAt: new Date(endsWallMs).toISOString() });
  }

  async wayToConsent(
    connection: StoredConnection,
    more: Pick<SignInAttempt, 'boundTo' | 'by' | 'redirectUri' | 'purpose'>,
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string }>> {
    const { platformApp, presenceApp, attempts, signIn, clock, secretText } = this.#parts;
    const app = more.purpose.includes('presence') ? presenceApp : platformApp;
    if (!app) return refuse('no-app-registration');
    const { clientId } = app;
    const state = secretText();
    const endsWallMs = clock.wall() + wayMs;
    await attempts.open(state, {
      ...this.wayOf(connection, more),
      clientId,
      endsWallMs,
    });
    const { entraTenantId } = connection;
    const url = signIn.consentUrl({
      clientId,
      redirectUri: more.redirectUri,
      state,
      entraTenantId,
    });
    return done({ url, endsAt: new Date(endsWallMs).toISOString() });
  }

  cannotConsent(signedIn: StoredConnection['signedIn']): string {
    const who = signedIn
      ? `${signedIn.name} signed in ${signedIn.roles.length === 0 ? 'without a role of Entra' : `as ${signedIn.roles.join(', ')}`}, which may not approve for the whole tenant.`
      : troubleTable['needs-admin'].say;
    return `${who} ${troubleTable['needs-admin'].next}`;
  }

  async note(
    connection: StoredConnection,
    action: string,
    actor: DeskAsker,
    before?: StoredConnection,
  ): Promise<void> {
    const { session: _, ...by } = actor;
    await this.#parts.audit.note({
      accountId: connection.accountId,
      actor: by,
      action,
      object: {
        kind: 'connection',
        id: connection.id,
        label: connection.tenantName ?? connection.entraTenantId,
      },
      ...(before && { before: auditedConnection(before) }),
      after: auditedConnection(connection),
    });
  }
}

/**
 * Whoever proved nothing holds nothing (T19): the id of a tenant is no secret, and any member of it can sign in. Else one
 * account could keep another from its own tenant.
 */
export const holdsTenant = (connection: StoredConnection): boolean =>
  wasConnected(connection) ||
  (connection.life.state !== 'DISCONNECTED' && connection.signedIn?.mayConsent === true);

import type { StoredConnection } from '../ports/connection-store.ts';
import { judgeConnection } from './features.ts';
import { presenceRegistrationWords } from './presence-registration.ts';
import { type Turn, troubleTable } from './trouble.ts';

export interface ConnectionWords {
  readonly sentence: string;
  readonly next?: string;
  readonly turn: Turn;
}

const dayMs = 86_400_000;

/** The state of a connection in words, for the page, the mail and the doctor. */
export function connectionWords(connection: StoredConnection, nowWallMs: number): ConnectionWords {
  const { life, kind, credential, signedIn } = connection;
  const tenant = connection.tenantName ?? connection.domains[0] ?? `tenant ${connection.entraTenantId}`;
  const row = life.reason && troubleTable[life.reason];
  const missing = life.missing?.length
    ? life.missing.map((role) => `Permission ${role} is missing.`).join(' ')
    : undefined;
  const trouble = (): ConnectionWords => {
    if (!row) return { sentence: `The connection with ${tenant} does not work.`, turn: 'account-admin' };
    const say = life.reason === 'permission-missing' && missing ? missing : row.say;
    // The platform's own credential is not the customer's matter; one that waits to replace it is.
    const ours =
      kind === 'platform-app' && !connection.nextCredential && /^credential-/.test(life.reason ?? '');
    return {
      sentence: say,
      next: ours ? 'The operator of this platform renews the credential of the app.' : row.next,
      turn: ours ? 'operator' : row.turn,
    };
  };
  switch (life.state) {
    case 'NOT_CONNECTED':
      return {
        ...waiting(connection, tenant),
        turn: 'account-admin',
      };
    case 'SIGNED_IN':
      return {
        sentence: `${signedIn?.name ?? 'An administrator'} of ${tenant} signed in. Nothing was approved yet.`,
        next: 'Go on to the approval for the organisation.',
        turn: 'entra-admin',
      };
    case 'CONSENT_PENDING':
      return {
        sentence: `The approval was given; Microsoft is copying it.${missing ? ` ${missing}` : ''}`,
        next: 'Wait: usually seconds, at most five minutes.',
        turn: 'microsoft',
      };
    case 'CONSENT_INCOMPLETE':
      return { ...trouble(), ...(life.reason === 'permission-missing' && { next: repeatApproval(kind) }) };
    case 'CONNECTED': {
      const lacking = judgeConnection(connection).missing.filter(
        ({ registration }) => registration === 'main',
      );
      const presence = presenceRegistrationWords(connection);
      if (lacking.length === 0 && presence)
        return {
          ...presence,
          sentence: `Connected with ${tenant}. ${presence.sentence}`,
          turn: 'entra-admin',
        };
      if (lacking.length === 0) return { sentence: `Connected with ${tenant}.`, turn: 'nobody' };
      return {
        sentence: `Connected with ${tenant}. ${[...lacking.map(({ role }) => `Permission ${role} is missing.`), ...(presence ? [presence.sentence] : [])].join(' ')}`,
        next: repeatApproval(kind),
        turn: 'entra-admin',
      };
    }
    case 'EXPIRING': {
      const days = Math.max(0, Math.floor(((credential?.endsWallMs ?? nowWallMs) - nowWallMs) / dayMs));
      const end = credential?.endsWallMs === undefined ? '' : ` on ${dateOf(credential.endsWallMs)}`;
      return {
        sentence: `Connected with ${tenant}. The ${credential?.kind ?? 'credential'} of the app ends${end}, ${days === 0 ? 'within a day' : days === 1 ? 'in one day' : `in ${days} days`}.`,
        next: 'Add a new one under Connection; the present one works until then.',
        turn: 'account-admin',
      };
    }
    case 'EXPIRED': {
      const end = credential?.endsWallMs;
      return {
        sentence: `The app ${credential?.kind ?? 'credential'} expired${end === undefined ? '' : ` on ${dateOf(end)}`}. Calls go on; nothing is read or written at Microsoft.`,
        next: kind === 'platform-app' ? 'The operator of this platform renews it.' : 'Add a new one.',
        turn: kind === 'platform-app' ? 'operator' : 'account-admin',
      };
    }
    case 'INTERRUPTED': {
      const words = trouble();
      return {
        ...words,
        sentence: `The connection with ${tenant} is interrupted. ${words.sentence} Calls go on.`,
      };
    }
    case 'DISCONNECTED':
      return {
        sentence: `Disconnected from ${tenant}. Calls go on; nothing is read or written there.`,
        next: 'Sign in again to connect it; what was chosen is still there.',
        turn: 'nobody',
      };
  }
}

function waiting(
  { nextCredential: next, entraTenantId }: StoredConnection,
  tenant: string,
): Pick<ConnectionWords, 'sentence' | 'next'> {
  if (!next) return { sentence: `Not connected with ${tenant}.`, next: 'Sign in at Microsoft.' };
  if (next.kind === 'secret')
    return {
      sentence: `Not connected: Microsoft has not answered for app ${next.clientId} yet.`,
      next: `It is tried again by itself. If it stays so, check the tenant id ${entraTenantId} and look again.`,
    };
  return {
    sentence: `Not connected: the certificate waits to be registered with app ${next.clientId}.`,
    next: 'Upload the certificate under Certificates & secrets of the app in Entra, then look again.',
  };
}

const repeatApproval = (kind: StoredConnection['kind']): string =>
  kind === 'platform-app'
    ? 'An administrator approves again under Connection.'
    : 'Add the permissions to the app registration in Entra and grant admin consent there, then look again.';

export const dateOf = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);

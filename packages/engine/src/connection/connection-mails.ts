import type { StoredConnection } from '../ports/connection-store.ts';
import type { Mail } from '../ports/mailer.ts';
import { presenceRegistrationWords } from './presence-registration.ts';
import { connectionWords, dateOf } from './words.ts';

/** What administrators are mailed about a connection. Names and next steps; never a token, a secret or a person's status. */
export type ConnectionMailKind =
  | 'interrupted'
  | 'again'
  | 'expired'
  | 'reminder'
  | 'resumed'
  | 'presence-lost'
  | 'presence-resumed'
  | 'presence-reminder';

export function connectionMail(
  kind: ConnectionMailKind,
  connection: StoredConnection,
  parts: { readonly accountName: string; readonly portal: string; readonly nowWallMs: number },
): Mail {
  const { accountName, portal, nowWallMs } = parts;
  const { life, presence } = connection;
  const ofPresence = kind.startsWith('presence-');
  const credential = ofPresence ? presence?.credential : connection.credential;
  const words = ofPresence ? wordsOfPresence(kind, connection) : connectionWords(connection, nowWallMs);
  const tenant = connection.tenantName ?? connection.domains[0] ?? connection.entraTenantId;
  const ends = credential?.endsWallMs;
  const what = credential?.kind ?? 'credential';
  const subjects: Record<ConnectionMailKind, string> = {
    interrupted: `Microsoft 365 needs attention - ${accountName}`,
    again: `Microsoft 365 still needs attention - ${accountName}`,
    expired: `The ${what} for Microsoft 365 has expired - ${accountName}`,
    reminder: `The ${what} for Microsoft 365 ends ${ends === undefined ? 'soon' : `on ${dateOf(ends)}`} - ${accountName}`,
    resumed: `Microsoft 365 works again - ${accountName}`,
    'presence-lost': `Presence of Microsoft 365 needs attention - ${accountName}`,
    'presence-resumed': `Presence of Microsoft 365 works again - ${accountName}`,
    'presence-reminder': `The ${what} for presence of Microsoft 365 ends ${ends === undefined ? 'soon' : `on ${dateOf(ends)}`} - ${accountName}`,
  };
  const calls =
    kind === 'reminder' || kind === 'presence-reminder'
      ? 'Until then everything works.'
      : kind === 'resumed' || kind === 'presence-resumed'
        ? 'Everything goes on with what was chosen before; nothing has to be selected again.'
        : kind === 'presence-lost'
          ? 'Calls go on, and so do groups, licences and numbers. Presence of Teams is not shown meanwhile.'
          : 'Calls go on. Changes of groups, licences and numbers wait, and presence of Teams is not shown meanwhile.';
  const key = {
    interrupted: `connection-interrupted:${connection.id}:${life.sinceWallMs}`,
    again: `connection-interrupted:${connection.id}:${life.sinceWallMs}:${life.told ?? 0}`,
    expired: `connection-expired:${connection.id}:${life.sinceWallMs}`,
    reminder: `connection-credential:${connection.id}:${ends ?? 0}:${life.reminded ?? 0}`,
    resumed: `connection-resumed:${connection.id}:${life.sinceWallMs}`,
    'presence-lost': `connection-presence-lost:${connection.id}:${presence?.sinceWallMs ?? 0}`,
    'presence-resumed': `connection-presence-resumed:${connection.id}:${presence?.sinceWallMs ?? 0}`,
    'presence-reminder': `connection-presence-credential:${connection.id}:${ends ?? 0}:${presence?.reminded ?? 0}`,
  }[kind];
  return {
    accountId: connection.accountId,
    to: 'admins',
    subject: subjects[kind],
    key,
    text: [
      words.sentence,
      ...(words.next === undefined ? [] : ['', `What to do: ${words.next}`]),
      '',
      calls,
      '',
      `Account: ${accountName}`,
      `Microsoft 365 tenant: ${tenant}`,
      `Since: ${new Date((ofPresence && presence ? presence : life).sinceWallMs).toISOString()}`,
      `Connection: ${portal}/microsoft/${connection.id}`,
      '',
    ].join('\n'),
  };
}

function wordsOfPresence(
  kind: ConnectionMailKind,
  connection: StoredConnection,
): { readonly sentence: string; readonly next?: string } {
  const { credential, clientId } = connection.presence ?? {};
  if (kind === 'presence-reminder')
    return {
      sentence: `The ${credential?.kind ?? 'credential'} of the app registration for presence (${clientId}) ends${credential?.endsWallMs === undefined ? ' soon' : ` on ${dateOf(credential.endsWallMs)}`}.`,
      next: 'Add a new one under Connection; the present one works until then.',
    };
  return presenceRegistrationWords(connection) ?? { sentence: 'The app registration for presence works.' };
}

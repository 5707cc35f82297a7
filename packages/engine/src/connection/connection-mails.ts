import type { StoredConnection } from '../ports/connection-store.ts';
import type { Mail } from '../ports/mailer.ts';
import { connectionWords, dateOf } from './words.ts';

/** What administrators are mailed about a connection. Names and next steps; never a token, a secret or a person's status. */
export type ConnectionMailKind = 'interrupted' | 'again' | 'expired' | 'reminder' | 'resumed';

export function connectionMail(
  kind: ConnectionMailKind,
  connection: StoredConnection,
  parts: { readonly accountName: string; readonly portal: string; readonly nowWallMs: number },
): Mail {
  const { accountName, portal, nowWallMs } = parts;
  const { life, credential } = connection;
  const words = connectionWords(connection, nowWallMs);
  const tenant = connection.tenantName ?? connection.domains[0] ?? connection.entraTenantId;
  const ends = credential?.endsWallMs;
  const what = credential?.kind ?? 'credential';
  const subjects: Record<ConnectionMailKind, string> = {
    interrupted: `Microsoft 365 needs attention - ${accountName}`,
    again: `Microsoft 365 still needs attention - ${accountName}`,
    expired: `The ${what} for Microsoft 365 has expired - ${accountName}`,
    reminder: `The ${what} for Microsoft 365 ends ${ends === undefined ? 'soon' : `on ${dateOf(ends)}`} - ${accountName}`,
    resumed: `Microsoft 365 works again - ${accountName}`,
  };
  const calls =
    kind === 'reminder'
      ? 'Until then everything works.'
      : kind === 'resumed'
        ? 'Everything goes on with what was chosen before; nothing has to be selected again.'
        : 'Calls go on. Changes of groups, licences and numbers wait, and presence of Teams is not shown meanwhile.';
  const key = {
    interrupted: `connection-interrupted:${connection.id}:${life.sinceWallMs}`,
    again: `connection-interrupted:${connection.id}:${life.sinceWallMs}:${life.told ?? 0}`,
    expired: `connection-expired:${connection.id}:${life.sinceWallMs}`,
    reminder: `connection-credential:${connection.id}:${ends ?? 0}:${life.reminded ?? 0}`,
    resumed: `connection-resumed:${connection.id}:${life.sinceWallMs}`,
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
      `Since: ${new Date(life.sinceWallMs).toISOString()}`,
      `Connection: ${portal}/microsoft/${connection.id}`,
      '',
    ].join('\n'),
  };
}

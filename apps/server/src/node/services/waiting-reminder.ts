import type { Provisioning } from '@tandem/contract';
import { type AccountId, asAccountId, asConnectionId, type ConnectionId } from '@tandem/domain';
import type { Clock, Mailer } from '@tandem/engine';

/** What waits for an admin of one connection. */
export interface Waiting {
  readonly connectionId: ConnectionId;
  readonly accountId: AccountId;
  /** Mixed mode: people whom the group proposes. */
  readonly approvals: number;
  /** People whom a change of many would take away. */
  readonly held: number;
}

/** Of a connection as the API shows it. */
export const waitingIn = ({ connectionId, accountId, status }: Provisioning): Waiting => ({
  connectionId: asConnectionId(connectionId),
  accountId: asAccountId(accountId),
  approvals: status.approvals,
  held: status.held.reduce((sum, { people }) => sum + people, 0),
});

const everyMs = 600_000;
const dayMs = 86_400_000;

/**
 * One mail a day while something waits for an admin (N37). The first goes out a day after it was seen to wait, since whoever
 * is asked is told at once by somebody else; the key is the day's, so that a restart tells nobody twice.
 */
export function startWaitingReminder(parts: {
  readonly clock: Clock;
  readonly waiting: () => readonly Waiting[];
  readonly mailer: Mailer;
  readonly portalUrl: () => string | undefined;
}): { stop(): void } {
  const { clock } = parts;
  /** When the last mail went, or since when something waits. */
  const since = new Map<ConnectionId, number>();
  let cancel: (() => void) | undefined;

  const look = (): void => {
    cancel = clock.after(everyMs, look);
    const now = clock.wall();
    const seen = new Set<ConnectionId>();
    for (const one of parts.waiting()) {
      if (one.approvals + one.held === 0) continue;
      seen.add(one.connectionId);
      const from = since.get(one.connectionId);
      if (from === undefined) since.set(one.connectionId, now);
      if (from === undefined || now - from < dayMs) continue;
      since.set(one.connectionId, now);
      void parts.mailer.send(mailAbout(one, now, parts.portalUrl()));
    }
    for (const connectionId of since.keys()) if (!seen.has(connectionId)) since.delete(connectionId);
  };
  cancel = clock.after(everyMs, look);
  return { stop: () => cancel?.() };
}

function mailAbout(
  { accountId, connectionId, approvals, held }: Waiting,
  nowWallMs: number,
  portalUrl: string | undefined,
): Parameters<Mailer['send']>[0] {
  const lines = [
    ...(approvals > 0 ? [`${people(approvals)} for an approval to call with Teams.`] : []),
    ...(held > 0
      ? [`${people(held)} for a decision: a change would take Teams calling away from them at once.`]
      : []),
    'Nothing happens to them until somebody decides. This mail comes once a day until then.',
  ];
  return {
    accountId,
    to: 'admins',
    key: `waiting:${connectionId}:${new Date(nowWallMs).toISOString().slice(0, 10)}`,
    subject: `${approvals + held} ${approvals + held === 1 ? 'person waits' : 'people wait'} for your decision`,
    text: `${lines.join('\n')}${portalUrl === undefined ? '' : `\n\n${portalUrl}/connection`}`,
  };
}

const people = (count: number): string => (count === 1 ? 'One person waits' : `${count} people wait`);

import type { Provisioning, RoutingDomainView } from '@tandem/contract';
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
  /** People for whom Microsoft has something else than we do, which nobody repaired or accepted. */
  readonly differences: number;
  /** People whose number Microsoft refused to give, or to take back. */
  readonly refused: number;
  /** What the script for Teams PowerShell is to write once more: the names of it. */
  readonly script: readonly string[];
}

/** Of a connection as the API shows it, with its routing domains. */
export const waitingIn = (
  { connectionId, accountId, status }: Provisioning,
  domains: readonly Pick<RoutingDomainView, 'connectionId' | 'objects' | 'readBackAt'>[],
): Waiting => ({
  connectionId: asConnectionId(connectionId),
  accountId: asAccountId(accountId),
  approvals: status.approvals,
  held: status.held.reduce((sum, { people }) => sum + people, 0),
  differences: status.states.DRIFTED ?? 0,
  refused: (status.states.FAILED ?? 0) + (status.states.REMOVE_FAILED ?? 0),
  // Before the first run nobody changed anything that is not there yet: the set-up says what is to be done.
  script: domains
    .filter((one) => one.connectionId === connectionId && one.readBackAt !== undefined)
    .flatMap(({ objects }) => objects.filter(({ state }) => state !== 'present').map(({ name }) => name)),
});

const countOf = ({ approvals, held, differences, refused }: Waiting): number =>
  approvals + held + differences + refused;

const everyMs = 600_000;
const dayMs = 86_400_000;

/**
 * One mail a day while what was changed here or at Microsoft is not in step and waits for an admin (N37). The first goes out a day after it was seen to wait, since whoever
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
      if (countOf(one) === 0 && one.script.length === 0) continue;
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
  waiting: Waiting,
  nowWallMs: number,
  portalUrl: string | undefined,
): Parameters<Mailer['send']>[0] {
  const { accountId, connectionId, approvals, held, differences, refused, script } = waiting;
  const count = countOf(waiting);
  const lines = [
    ...(approvals > 0 ? [`${people(approvals)} for an approval to call with Teams.`] : []),
    ...(held > 0
      ? [`${people(held)} for a decision: a change would take Teams calling away from them at once.`]
      : []),
    ...(differences > 0
      ? [`${people(differences)} for a decision: Microsoft has something else for them than Tandem.`]
      : []),
    ...(refused > 0 ? [`${people(refused)} because Microsoft refused a change of their number.`] : []),
    ...(script.length > 0
      ? [`The script for Teams PowerShell is to be run once more: ${script.join(', ')}.`]
      : []),
    'Nothing of this happens until somebody decides. This mail comes once a day until then.',
  ];
  return {
    accountId,
    to: 'admins',
    key: `waiting:${connectionId}:${new Date(nowWallMs).toISOString().slice(0, 10)}`,
    subject:
      count === 0
        ? 'Changes for Microsoft Teams wait for the script to be run'
        : `${count} ${count === 1 ? 'person waits' : 'people wait'} for your decision`,
    text: `${lines.join('\n')}${portalUrl === undefined ? '' : `\n\n${portalUrl}/microsoft`}`,
  };
}

const people = (count: number): string => (count === 1 ? 'One person waits' : `${count} people wait`);

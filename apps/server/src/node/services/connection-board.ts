import { checkTenant } from '@tandem/adapters/graph/tenant-check.ts';
import type { BoardOutcome, ConnectionBoard } from '@tandem/adapters/http/connection-board.ts';
import { instant } from '@tandem/adapters/http/views/shape.ts';
import type { MailStore, StoredMail } from '@tandem/adapters/postgres/mail-store.ts';
import type { Account, AccountId, LinkState, Person, RoutingSnapshot } from '@tandem/domain';
import {
  connectionFeatures,
  consentRoles,
  type DeskOutcome,
  type FeatureRow,
  featureTable,
  workingStates,
} from '@tandem/engine';
import type { OpenConnections } from './microsoft-connections.ts';

const mailWords = {
  waiting: (mail: StoredMail) =>
    mail.tries === 0
      ? 'Goes out now.'
      : `Tried ${mail.tries} times; it is tried again. ${mail.trouble ?? ''}`.trim(),
  sent: () => 'Sent.',
  failed: (mail: StoredMail) => `Not sent: ${mail.trouble ?? 'the mail server refused it'}`,
  'not-sent': (mail: StoredMail) => mail.trouble ?? 'Not sent: no mail server is configured.',
} as const;

/** The API's view on connections: the desk decides, the keeper knows. */
export function createConnectionBoard(parts: {
  readonly connections: Pick<OpenConnections, 'keeper' | 'desk' | 'graphOf' | 'clientId' | 'apps'>;
  readonly redirectUris: readonly string[];
  readonly mails: Pick<MailStore, 'list'>;
  readonly wall: () => number;
}): ConnectionBoard {
  const { keeper, desk, graphOf, clientId, apps } = parts.connections;
  const plain = <T>(outcome: DeskOutcome<T>): BoardOutcome<T> => outcome;
  return {
    list: () => keeper.list(),
    find: (id) => keeper.find(id),
    features: () => ({
      items: connectionFeatures.map((feature) => {
        const row: FeatureRow = featureTable[feature];
        return {
          feature,
          title: row.title,
          purpose: row.purpose,
          alwaysOn: row.alwaysOn === true,
          permissions: row.permissions.map(({ role, appRoleId, why, orAnyOf = [] }) => ({
            role,
            appRoleId,
            why,
            orAnyOf: [...orAnyOf],
          })),
        };
      }),
      ...(clientId !== undefined && { platformApp: { clientId } }),
      ...(apps.presenceApp && { platformPresenceApp: { clientId: apps.presenceApp.clientId } }),
      redirectUris: [...parts.redirectUris],
      consentRoles: [...consentRoles],
    }),
    signIn: async (ask, by) => plain(await desk.signIn(ask, by)),
    consent: async (id, returnTo, by, registration) =>
      plain(await desk.consent(id, returnTo, by, registration)),
    complete: async (back, by, sees) => plain(await desk.complete(back, by, sees)),
    approvalLink: async (id, returnTo, by) => plain(await desk.approvalLink(id, returnTo, by)),
    approve: async (ask, address) => plain(await desk.approve(ask, address)),
    register: async (ask, by) => plain(await desk.register(ask, by)),
    replaceRegistration: async (id, ask, by) => plain(await desk.replaceRegistration(id, ask, by)),
    setPresenceRegistration: async (id, ask, by) => plain(await desk.setPresenceRegistration(id, ask, by)),
    dropPresenceRegistration: async (id, by) => plain(await desk.dropPresenceRegistration(id, by)),
    changeFeatures: async (id, features, by) => plain(await desk.changeFeatures(id, features, by)),
    recheck: async (id, by) => plain(await desk.recheck(id, by)),
    stops: async (id) => plain(desk.stops(id)),
    disconnect: async (id, ask, by) => plain(await desk.disconnect(id, ask, by)),
    async tenant(id) {
      const connection = keeper.find(id);
      if (!connection) return { ok: false, code: 'not-found' };
      if (!workingStates.has(connection.life.state))
        return {
          ok: false,
          code: 'wrong-state',
          detail: 'The tenant can be read once the connection works.',
        };
      return { ok: true, value: await checkTenant(graphOf(connection), parts.wall) };
    },
    async mails(accountId, { limit, cursor }) {
      const start = cursor === undefined ? 0 : Number.parseInt(cursor, 36) || 0;
      const found = await parts.mails.list(accountId, limit + 1, start);
      return {
        items: found.slice(0, limit).map((mail) => ({
          id: mail.id,
          accountId: mail.accountId,
          subject: mail.subject,
          text: mail.text,
          state: mail.state,
          words: mailWords[mail.state](mail),
          to: [...mail.to],
          createdAt: instant(mail.createdWallMs),
          ...(mail.sentWallMs !== undefined && { sentAt: instant(mail.sentWallMs) }),
        })),
        ...(found.length > limit && { nextCursor: (start + limit).toString(36) }),
      };
    },
  };
}

const onTeams: ReadonlySet<LinkState> = new Set([
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
  'DEGRADED',
]);

/** People of an account who have their number at Microsoft. */
export function peopleOnTeams(
  { accounts, people }: RoutingSnapshot,
  accountId: AccountId,
  judge: (account: Account, person: Person) => { readonly state?: LinkState } | undefined,
): number {
  const account = accounts.get(accountId);
  if (!account) return 0;
  let count = 0;
  for (const person of people.values()) {
    if (person.accountId !== accountId) continue;
    const state = judge(account, person)?.state;
    if (state !== undefined && onTeams.has(state)) count++;
  }
  return count;
}

import type { DiallingBoard } from '@tandem/adapters/http/areas/dialling-handlers.ts';
import { summaryOf } from '@tandem/adapters/http/views/readiness-view.ts';
import type { Person } from '@tandem/domain';
import type { CallEngine } from '@tandem/engine';
import { explainDialled } from '@tandem/engine/dialling/explain-dialled.ts';
import type { MicrosoftSide } from './microsoft-side.ts';
import type { NodeContext } from './node-context.ts';
import type { PresenceSide } from './presence-side.ts';
import { createAccessBoard } from './services/access.ts';
import { createAccountDesk } from './services/account-desk.ts';
import { watchAdminAddresses } from './services/admin-addresses.ts';
import { createConnectionBoard } from './services/connection-board.ts';
import { createJobs } from './services/jobs.ts';
import { createNumberBoard } from './services/numbers.ts';
import { createOwnConnectionBoard } from './services/own-connection-board.ts';
import { startProposalNotice } from './services/proposal-notice.ts';
import { createProvisioningBoard } from './services/provisioning-api.ts';
import { createReadinessBoard } from './services/provisioning-board.ts';
import { createQueueBoard } from './services/queues.ts';
import { createTagBoard } from './services/tags.ts';
import { createTenantFiles } from './services/tenant-file.ts';
import { startWaitingReminder, waitingIn } from './services/waiting-reminder.ts';
import { createWorkplaces } from './services/workplaces.ts';
import type { NodeStorage } from './storage.ts';

export interface BoardsParts {
  readonly storage: Pick<NodeStorage, 'stores' | 'changes' | 'snapshots' | 'apiStores'>;
  readonly microsoft: MicrosoftSide;
  readonly engine: Pick<CallEngine, 'queues'>;
  readonly presence: Pick<PresenceSide['presence'], 'own' | 'exceptionsOf'>;
  readonly accelerator: PresenceSide['accelerator'];
}

export type Boards = ReturnType<typeof openBoards>;

/** What people who administer do: numbers, people, queues, bulk jobs, files of an account; and who is reminded of what. */
export function openBoards({ config, log, clock, random, newId }: NodeContext, parts: BoardsParts) {
  const { stores, changes, snapshots, apiStores } = parts.storage;
  const { mailer, connections, directory, provisioning, presenceSync } = parts.microsoft;
  const { audit } = changes;
  const { wall } = clock;
  const snapshot = () => snapshots.current();
  const refresh = () => snapshots.refresh();
  const later = () => Promise.resolve();
  const newPassword = () => Buffer.from(random.bytes(18)).toString('base64url');

  const workplaces = createWorkplaces((accountId) =>
    connections.all(accountId).flatMap(({ connectionId }) => directory.viewOf(connectionId) ?? []),
  );
  const numberParts = {
    stores,
    directory: apiStores.directory,
    connections,
    viewOf: directory.viewOf,
    audit,
    newId,
    refresh,
    wall,
    leaverForward: provisioning.leaverForward,
    workplaceOf: (person: Person) => {
      const account = snapshot().accounts.get(person.accountId);
      return account && workplaces(account, [person]).get(person.id);
    },
  };
  const numbers = createNumberBoard(numberParts);
  const adminAddresses = watchAdminAddresses({
    read: () => stores.mails.accountsWithoutAdminForPlatform(),
    clock,
  });
  const reminder = startWaitingReminder({
    clock,
    mailer,
    portalUrl: () => config.publicUrl,
    waiting: () => {
      const domains = parts.microsoft.routingDomains.board.list({ kind: 'platform' });
      return provisioningBoard.list({ kind: 'platform' }).map((one) => waitingIn(one, domains));
    },
  });
  const proposalNotice = startProposalNotice({
    clock,
    mailer,
    open: (accountId) =>
      stores.consents.listProposals(accountId, { state: 'open', limit: 500, nowWallMs: wall() }),
    portalUrl: () => config.publicUrl,
    onProblem: (what) => log.warn({ what }, 'proposals'),
  });
  const provisioningBoard = createProvisioningBoard({
    provisioning,
    directory: apiStores.directory,
    audit,
    wall,
    people: () => snapshot().people,
    heldAtDirectory: directory.heldOf,
    writtenInTenant: parts.microsoft.routingDomains.written,
    withoutAdmin: adminAddresses.without,
  });
  const readiness = createReadinessBoard(wall, provisioning);
  const jobs = createJobs({
    stores,
    snapshot,
    provisioning: provisioningBoard,
    readinessOf: (account, person) => summaryOf(readiness, account, person),
    audit,
    stored: changes.stored,
    workplaces,
    refresh,
    newId,
    wall,
    onProblem: (what) => log.error({ what }, 'jobs'),
  });
  const queues = createQueueBoard({
    store: stores.queues,
    snapshot,
    viewOf: (queueId) => parts.engine.queues.viewOf(queueId),
    audit,
    refresh,
    newId,
  });
  const accountDeskParts = {
    accounts: stores.accounts,
    carriers: stores.carriers,
    audit,
    refresh: async () => void (await refresh()),
    wall,
    randomBytes: random.bytes,
  };
  const ownConnections = createOwnConnectionBoard({
    own: parts.microsoft.own,
    accelerator: parts.accelerator,
    audit,
  });
  const connectionBoard = createConnectionBoard({
    connections,
    redirectUris: connections.redirectUris(),
    mails: stores.mails,
    wall,
  });
  const tenantFiles = createTenantFiles({
    stores,
    microsoft: { connections: connectionBoard, routingDomains: parts.microsoft.routingDomains.board },
    boardsOn: (inside, audit) => ({
      numbers: createNumberBoard({ ...numberParts, stores: inside, audit, refresh: later }),
      webhooks: changes.webhooksOn(inside, audit),
      accountDesk: createAccountDesk({
        ...accountDeskParts,
        accounts: inside.accounts,
        carriers: inside.carriers,
        audit,
        refresh: later,
      }),
    }),
    provisioning: provisioningBoard,
    presence: presenceSync.board.desk,
    own: {
      exceptionsOf: parts.presence.exceptionsOf,
      changeExceptions: parts.presence.own.changeExceptions,
    },
    speed: {
      settingsOf: (accountId) => parts.microsoft.own.keeper.settingsOf(accountId),
      change: ownConnections.change,
    },
    phones: {
      realm: config.sbcBaseDomain,
      newPassword,
    },
    webhooks: changes.webhooks,
    audit,
    stored: changes.stored,
    refresh,
    newId,
    wall,
  });
  return {
    numbers,
    adminAddresses,
    reminder,
    proposalNotice,
    provisioning: provisioningBoard,
    readiness,
    jobs,
    queues,
    accountDesk: createAccountDesk(accountDeskParts),
    tenantFiles,
    access: createAccessBoard({ stores, newPassword, audit, refresh }),
    dialling: {
      explain(accountId, dialled) {
        const account = snapshot().accounts.get(accountId);
        return account && explainDialled(snapshot(), account, dialled, parts.microsoft.held.forwardOf);
      },
    } satisfies DiallingBoard,
    connections: connectionBoard,
    tags: createTagBoard({ store: stores.tags, audit }),
    contacts: { ...stores.contacts, newId },
  };
}

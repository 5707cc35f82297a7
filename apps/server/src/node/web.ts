import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ClockWitness, clockWords, isWrong } from '@tandem/adapters/graph/clock-witness.ts';
import { createMicrosoftDoor } from '@tandem/adapters/http/auth/microsoft-door.ts';
import { createSessionService } from '@tandem/adapters/http/auth/session-service.ts';
import { createConsentBoard } from '@tandem/adapters/http/consent/consent-board.ts';
import type { Metrics } from '@tandem/adapters/http/metrics.ts';
import { createPortalBuilder } from '@tandem/adapters/http/portal/portal-builder.ts';
import { createHttpServer } from '@tandem/adapters/http/server.ts';
import type { ApiServices, LiveCalls, PeerBoard } from '@tandem/adapters/http/services.ts';
import { asConnectionId } from '@tandem/domain';
import type { Boards } from './boards.ts';
import type { MicrosoftSide } from './microsoft-side.ts';
import type { NodeContext } from './node-context.ts';
import type { PresenceSide } from './presence-side.ts';
import { createOutgoingBoard } from './services/outgoing.ts';
import { createOwnConnectionBoard } from './services/own-connection-board.ts';
import { createPortalSignIn } from './services/portal-sign-in.ts';
import { withRehearsalToken } from './services/rehearsal-token.ts';
import type { SipEdge } from './sip-edge.ts';
import type { NodeStorage } from './storage.ts';

export interface WebParts {
  readonly storage: NodeStorage;
  readonly edge: SipEdge;
  readonly microsoft: MicrosoftSide;
  readonly presence: PresenceSide['presence'];
  readonly accelerator: PresenceSide['accelerator'];
  readonly boards: Boards;
  readonly live: LiveCalls;
  readonly peers: PeerBoard;
  readonly metrics: Metrics;
}

const version = '0.1.0';
const root = resolve(import.meta.dirname, '../../../..');

/** What people and programs see: portal and API, with everything they are answered from. */
export async function openWeb(context: NodeContext, parts: WebParts) {
  const { config, log, clock, feed } = context;
  const { storage, edge, microsoft, presence, boards, live, peers, metrics } = parts;
  const portal = createPortalBuilder({
    root,
    // Shared by every instance of this checkout, whose sources it is built from; its name is their hash.
    cacheDir: writableOr(join(root, 'node_modules/.cache/tandem-portal'), join(config.nodeDir, 'portal')),
    wall: clock.wall,
    log: {
      info: (fields, words) => log.info(fields, words),
      warn: (fields, words) => log.warn(fields, words),
    },
  });
  const { connections } = microsoft;
  const door = createPortalSignIn({
    users: storage.stores.users,
    snapshot: () => storage.snapshots.current(),
    connections,
    objectIdOf: microsoft.presenceSync.links.objectIdOf,
    userOf: (connectionId, objectId) =>
      microsoft.directory.viewOf(asConnectionId(connectionId))?.user(objectId),
    audit: storage.changes.audit,
    newId: context.newId,
  });
  const onFailure = (reason: 'refused' | 'throttled'): void => metrics.authFailed(reason);
  const sessions = createSessionService({
    stores: withRehearsalToken(storage.stores, config.apiToken),
    clock,
    onFailure,
    mayStay: door.mayStay,
  });
  const http = await createHttpServer(
    {
      host: config.bindAddress,
      port: config.ports.http,
      log,
      portal,
      receivers: [microsoft.directory.receiver],
    },
    {
      version,
      clock,
      sessions,
      microsoftDoor: createMicrosoftDoor({
        ...door,
        clock,
        box: storage.box,
        signIn: connections.signIn,
        platformApp: connections.apps.platformApp,
        redirectUris: connections.redirectUris,
        sessions,
        onProblem: (what) => log.warn({ what }, 'sign-in with Microsoft'),
        onFailure,
      }),
      ...storage.apiStores,
      provisioning: boards.provisioning,
      audit: storage.changes.board,
      connections: boards.connections,
      microsoftData: microsoft.data.board,
      outgoing: createOutgoingBoard({
        config,
        endpoints: microsoft.connections.apps.endpoints,
        watch: context.outgoing,
        peers,
        connections: () => microsoft.connections.keeper.list().length,
        webhooks: () => storage.stores.webhooks.addressesForPlatform(),
        clock,
      }),
      accountDesk: boards.accountDesk,
      webhooks: storage.changes.webhooks,
      routingDomains: microsoft.routingDomains.board,
      numbers: boards.numbers,
      jobs: boards.jobs.board,
      tenantFiles: boards.tenantFiles,
      dialling: boards.dialling,
      access: boards.access,
      consents: createConsentBoard({
        store: storage.stores.consents,
        audit: storage.changes.audit,
        newId: context.newId,
        wall: clock.wall,
        heard: boards.proposalNotice,
      }),
      tags: boards.tags,
      queues: boards.queues,
      contacts: boards.contacts,
      voicemail: storage.voicemail.board,
      live,
      readiness: boards.readiness,
      presence: presence.board,
      ownPresence: presence.own,
      ownConnections: createOwnConnectionBoard({
        own: microsoft.own,
        accelerator: parts.accelerator,
        audit: storage.changes.audit,
      }),
      presenceSync: microsoft.presenceSync.board,
      peers,
      phones: edge.phones.board,
      tenantDirectory: microsoft.directory.board,
      events: feed,
      metrics,
      dependencies: dependenciesOf(
        storage,
        edge.media,
        boards.adminAddresses,
        microsoft.connections.apps.clock,
      ),
    },
  );
  return { portal, http };
}

/** What `/readyz` says. A node that lacks only what is optional carries calls. */
function dependenciesOf(
  { db, calls, snapshots }: Pick<NodeStorage, 'db' | 'calls' | 'snapshots'>,
  media: SipEdge['media'],
  adminAddresses: Boards['adminAddresses'],
  clock: Pick<ClockWitness, 'aheadMs'>,
): ApiServices['dependencies'] {
  return async () => {
    const up = await db.ping();
    const withoutAdmin = adminAddresses.without().size;
    return [
      {
        name: 'database',
        ready: up,
        optional: true,
        words: up ? 'answers' : 'does not answer: calls go on, their records wait in the journal',
      },
      { name: 'journal', ready: calls.healthy, words: calls.healthy ? 'writes' : 'cannot write to disk' },
      {
        name: 'media',
        ready: media.connected,
        words: media.connected ? `${media.sessions} calls` : 'the media process does not answer',
      },
      {
        name: 'mail',
        ready: withoutAdmin === 0,
        optional: true,
        words:
          withoutAdmin === 0
            ? 'every account has an administrator with an address'
            : `${withoutAdmin} accounts have no administrator with an address: their mails go to the operator`,
      },
      {
        name: 'clock',
        ready: !isWrong(clock.aheadMs()),
        optional: true,
        words: clockWords(clock.aheadMs()),
      },
      {
        name: 'routing',
        ready: snapshots.origin !== 'none',
        words: `facts from ${snapshots.origin}, ${Math.round(snapshots.ageMs() / 1000)} s old`,
      },
    ];
  };
}

/** `wanted` where this process may write, else `other`: a checkout may belong to somebody else. */
function writableOr(wanted: string, other: string): string {
  try {
    mkdirSync(wanted, { recursive: true });
    accessSync(wanted, constants.W_OK);
    return wanted;
  } catch {
    return other;
  }
}

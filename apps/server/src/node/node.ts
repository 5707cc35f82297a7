import { createHash, X509Certificate } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { auditedDirectory } from '@tandem/adapters/audit/audited-directory.ts';
import { commandDnsDriver, httpDnsDriver } from '@tandem/adapters/dns-driver/dns-driver.ts';
import { createEmbeddedMedia } from '@tandem/adapters/embedded-media/embedded-media.ts';
import { createSessionService } from '@tandem/adapters/http/auth/session-service.ts';
import { createEventFeed } from '@tandem/adapters/http/events/event-feed.ts';
import { createMetrics } from '@tandem/adapters/http/metrics.ts';
import { createPortalBuilder } from '@tandem/adapters/http/portal/portal-builder.ts';
import { createHttpServer } from '@tandem/adapters/http/server.ts';
import { createStoredServices } from '@tandem/adapters/http/stored-services.ts';
import { summaryOf } from '@tandem/adapters/http/views/readiness-view.ts';
import { createCallLog } from '@tandem/adapters/journal/call-log.ts';
import { openLadderStore } from '@tandem/adapters/journal/ladder-store.ts';
import { startRecordFiller } from '@tandem/adapters/journal/record-filler.ts';
import { openDatabase } from '@tandem/adapters/postgres/database.ts';
import { migrate } from '@tandem/adapters/postgres/migrate.ts';
import { createStores } from '@tandem/adapters/postgres/stores.ts';
import { createSecretBox, loadOrCreateMasterKey } from '@tandem/adapters/security/secret-box.ts';
import { watchCertificate } from '@tandem/adapters/sip-transport/certificate-watch.ts';
import { createNameResolver } from '@tandem/adapters/sip-transport/name-resolver.ts';
import { importCertificate } from '@tandem/adapters/sip-transport/own-certificate.ts';
import { phonesVia } from '@tandem/adapters/sip-transport/phone-flows.ts';
import { SipEndpoint, sipSides } from '@tandem/adapters/sip-transport/sip-endpoint.ts';
import { openRoutingSnapshotSource } from '@tandem/adapters/snapshot/routing-snapshot-source.ts';
import { asCallId, type CallRecord, type QueueId, uuidV7 } from '@tandem/domain';
import { allowedMethods, type CallEngine, createCallEngine, defaultBudgets, verdictOf } from '@tandem/engine';
import { carrierBySource } from '@tandem/engine/routing/source.ts';
import { createUserAgent } from '@tandem/sip';
import { TimerWheel } from '@tandem/wire';
import pino from 'pino';
import type { NodeConfig } from '../supervisor/child-config.ts';
import { createProbeMemory } from './probe-memory.ts';
import { createRandom } from './random.ts';
import { seedRehearsal } from './seed-rehearsal.ts';
import { createAccountDesk } from './services/account-desk.ts';
import { watchAdminAddresses } from './services/admin-addresses.ts';
import { openChangeLog } from './services/change-log.ts';
import { createConnectionBoard, peopleOnTeams } from './services/connection-board.ts';
import { withCurrentFacts } from './services/current-facts.ts';
import { openDirectory } from './services/directory.ts';
import { createHeldNumbers } from './services/held-numbers.ts';
import { createJobs } from './services/jobs.ts';
import { createLiveCalls, phaseOf } from './services/live-calls.ts';
import { openMailer } from './services/mailer.ts';
import { openMicrosoftConnections } from './services/microsoft-connections.ts';
import { createNumberRelease } from './services/number-release.ts';
import { createNumberBoard } from './services/numbers.ts';
import { createPeerBoard } from './services/peer-board.ts';
import { createPhoneLamps } from './services/phone-watch.ts';
import { openPhones } from './services/phones.ts';
import { createPresence, type Presence } from './services/presence.ts';
import { phonesOfPeople } from './services/presence-phones.ts';
import { openPresenceSync } from './services/presence-sync.ts';
import { startProvisioning } from './services/provisioning.ts';
import { createProvisioningBoard } from './services/provisioning-api.ts';
import { createReadinessBoard } from './services/provisioning-board.ts';
import { createQueueBoard, liveOf } from './services/queues.ts';
import { withRehearsalToken } from './services/rehearsal-token.ts';
import { openRoutingDomains } from './services/routing-domains.ts';
import { sentBy } from './services/sent-by.ts';
import { createTagBoard } from './services/tags.ts';
import { createTenantFiles } from './services/tenant-file.ts';
import { startWaitingReminder, waitingIn } from './services/waiting-reminder.ts';
import { createWorkplaces } from './services/workplaces.ts';

export interface RunningNode {
  stop(): Promise<void>;
}

const version = '0.1.0';
const root = resolve(import.meta.dirname, '../../../..');

/**
 * Puts one node together: what is opened first is closed last. Nothing here decides anything about a call.
 */
/** What provisioning does by itself stands in the audit under this name. */
const byProvisioning = { kind: 'system', name: 'provisioning' } as const;

export async function startNode(config: NodeConfig): Promise<RunningNode> {
  const log = pino({ level: config.logLevel, base: null });
  const wheel = new TimerWheel();
  const clock = {
    now: () => performance.now(),
    wall: () => Date.now(),
    after: (ms: number, fire: () => void) => wheel.after(ms, fire),
  };
  const random = createRandom();

  // ---- what is kept
  await migrate({ ownerUrl: config.databaseOwnerUrl }).catch((error: Error) => {
    // I1, I3: a node that has a snapshot on disk carries calls without its database.
    log.warn({ error: error.message }, 'the database cannot be brought up to date now');
  });
  const db = openDatabase({ url: config.databaseUrl, applicationName: 'tandem-node' });
  const masterKey = loadOrCreateMasterKey(join(config.nodeDir, 'master.key'));
  const box = createSecretBox(masterKey);
  const ladders = openLadderStore({ dir: join(config.nodeDir, 'ladders') });
  const calls = await createCallLog({
    dir: join(config.nodeDir, 'journal'),
    ladderStore: ladders,
    onHealth: (healthy, detail) => log[healthy ? 'info' : 'error']({ detail }, 'journal'),
  });
  const stores = createStores(db, box, calls);
  const changes = openChangeLog({
    stores,
    masterKey,
    nodeDir: config.nodeDir,
    clock,
    newId: () => uuidV7(Date.now(), random.bytes(10)),
    insideAllowed: config.twin !== undefined,
    onProblem: (what) => log.warn({ what }, 'audit and webhooks'),
  });
  const filler = startRecordFiller({
    journal: calls,
    db,
    onProblem: (what) => log.warn({ what }, 'call records'),
  });
  if (config.rehearsal)
    await seedRehearsal(stores, config).catch((error: Error) => {
      log.warn({ error: error.message }, 'the rehearsal world cannot be seeded now');
    });
  const snapshots = await openRoutingSnapshotSource({
    db,
    url: config.databaseUrl,
    file: join(config.nodeDir, 'routing-snapshot'),
    hubs: config.hubs,
    box,
    onProblem: (what) => log.warn({ what }, 'routing snapshot'),
  });

  const probeMemory = await createProbeMemory(stores.facts);

  // ---- the world of SIP
  // What counts is made before what is counted: the metrics need the engine, and the sockets need the metrics.
  const metricsOf: { current?: ReturnType<typeof createMetrics> } = {};
  const names = [config.sbcBaseDomain, `*.${config.sbcBaseDomain}`].map((name) => name.replace('*.', 'any.'));
  const imported = await importCertificate(config.certificateDir, names, Date.now());
  if (!imported.ok)
    throw new Error(
      `${config.certificateDir}: ${imported.say}. Put sbc.cert.pem (the whole chain, leaf first) and sbc.key.pem there, or name another folder with --certificate-dir.`,
    );
  for (const warning of imported.warnings) log.warn({ warning }, 'certificate');
  const phones = await openPhones({
    clock,
    devices: stores.devices,
    box,
    masterKey,
    nodeDir: config.nodeDir,
    realm: config.sbcBaseDomain,
    snapshot: () => snapshots.current(),
    randomBytes: random.bytes,
    onFault: (reason) => metricsOf.current?.platform.registerFailed(reason),
    onProblem: (what) => log.warn({ what }, 'phones'),
  });
  const media = createEmbeddedMedia({ socketPath: config.mediaSocket, name: 'node' });
  const endpoint = new SipEndpoint({
    bindAddress: config.bindAddress,
    teamsPort: config.ports.teamsTls,
    carrierPort: config.ports.carrierSip,
    certificate: imported.certificate,
    hubRoots: await readRoots(config.hubRootsFile),
    hubNames: config.hubs.map(({ name }) => name),
    resolver: createNameResolver(config.twin ? { servers: [config.twin.dns] } : {}),
    admitCarrier: (address, port) =>
      carrierBySource(snapshots.current(), { remote: { host: address, port } }) !== undefined,
    phones: {
      sipPort: config.ports.phonesSip,
      tlsPort: config.ports.phonesTls,
      door: phones.registrar.door,
      flowClosed(flow) {
        phones.registrar.flowClosed(flow);
        lamps.flowClosed(flow);
      },
    },
    onAnomaly(what, from) {
      metricsOf.current?.platform.parseError(from.listener);
      log.info({ what, ...from }, 'refused on the wire');
    },
  });

  // ---- the engine
  const feed = createEventFeed();
  const mailer = openMailer({
    config,
    store: stores.mails,
    clock,
    newId: () => uuidV7(Date.now(), random.bytes(10)),
    onOutcome: (outcome) => metricsOf.current?.microsoft.mailed(outcome),
    onProblem: (what) => log.warn({ what }, 'mail'),
  });
  const connections = await openMicrosoftConnections({
    config,
    stores,
    snapshot: () => snapshots.current(),
    clock,
    random,
    mailer,
    audit: changes.audit,
    onTry: (seen) => metricsOf.current?.microsoft.graphTried(seen),
    readyPeople: (accountId) => peopleOnTeams(snapshots.current(), accountId, provisioning.judge),
    digest: (text) => createHash('sha256').update(text).digest('base64url'),
    file: join(config.nodeDir, 'connections.json'),
    onProblem: (what, accountId) => log.warn({ what, accountId }, 'Microsoft 365 connection'),
  });
  const routingDomains = await openRoutingDomains({
    stores,
    connections,
    accountOf: (accountId) => snapshots.current().accounts.get(accountId),
    setupOf: (connectionId) => connections.mayWriteDomains(connectionId),
    dns:
      config.dns &&
      (config.dns.kind === 'command' ? commandDnsDriver(config.dns.command) : httpDnsDriver(config.dns)),
    edgeAddress: config.advertisedAddress,
    baseDomain: config.sbcBaseDomain,
    publicUrl: () => config.publicUrl,
    audit: changes.audit,
    refresh: () => snapshots.refresh(),
    clock,
    newId: () => uuidV7(Date.now(), random.bytes(10)),
    onProblem: (what) => log.warn({ what }, 'routing domains'),
  });
  const directory = await openDirectory({
    connections,
    snapshots,
    clock,
    random: random.fraction,
    dir: join(config.nodeDir, 'directory'),
    // The twin reaches this machine only, and needs no certificate for that.
    publicUrl: () => config.publicUrl ?? (config.twin && `http://127.0.0.1:${config.ports.http}`),
    audit: changes.audit,
    mailer,
    metrics: () => metricsOf.current?.directory,
    onProblem: (what, connectionId) => log.warn({ what, connectionId }, 'directory'),
  });
  const audited = (stored: ReturnType<typeof createStoredServices>) => ({
    ...stored,
    directory: auditedDirectory(stored.directory, changes.audit),
  });
  const apiStores = withCurrentFacts(audited(createStoredServices(stores, ladders)), snapshots);
  const releaseNumber = createNumberRelease({
    stock: stores.numberStock,
    audit: changes.audit,
    refresh: () => snapshots.refresh(),
  });
  const held = createHeldNumbers(() => snapshots.current(), clock.wall);
  const provisioning = await startProvisioning({
    stores,
    connections,
    snapshots,
    clock,
    random: random.fraction,
    file: join(config.nodeDir, 'links.json'),
    publish(event) {
      feed.publish(event);
      changes.heard(event);
    },
    onProblem: (what, accountId) => log.warn({ what, accountId }, 'provisioning'),
    viewOf: directory.viewOf,
    routing: (_accountId, connectionId) => routingDomains.facts.of(connectionId),
    mailer,
    portalUrl: () => config.publicUrl,
    heldNumber: held.heldFor,
    onReleased: (released) =>
      void releaseNumber(released).catch((error: Error) =>
        log.warn({ what: error.message, accountId: released.accountId }, 'provisioning: a released number'),
      ),
    setLicence: (accountId, personId, platformLicence) =>
      void apiStores.directory
        .changePerson({ kind: 'account', accountId }, personId, { platformLicence }, byProvisioning)
        .catch((error: Error) => log.warn({ what: error.message, accountId }, 'provisioning: a licence')),
  });
  const presenceOf: { current?: Presence } = {};
  const presenceSync = await openPresenceSync({
    store: stores.presenceSync,
    connections,
    directory,
    snapshots,
    clock,
    mailer,
    audit: changes.audit,
    newId: () => uuidV7(Date.now(), random.bytes(10)),
    portal: config.publicUrl ?? `http://127.0.0.1:${config.ports.http}`,
    file: join(config.nodeDir, 'presence-sync.json'),
    hasQueue: (accountId) =>
      [...snapshots.current().queues.values()].some((queue) => queue.accountId === accountId),
    personalRules: (personId) => presenceOf.current?.rulesOf(personId),
    onProblem: (what, accountId) => log.warn({ what, accountId }, 'presence sync'),
  });
  directory.onConfirmed((connectionId, objectIds) => provisioning.letGo(connectionId, objectIds));
  directory.onChange((accountId) => provisioning.directoryChanged(accountId));
  routingDomains.facts.onChange((connectionId) => provisioning.routingChanged(connectionId));
  /** The same queue changes several times in a turn: it is told once, and as it is then. */
  const queuesToTell = new Set<QueueId>();
  function tellOfQueue(queueId: QueueId): void {
    if (queuesToTell.size === 0)
      clock.after(100, () => {
        const told = [...queuesToTell];
        queuesToTell.clear();
        for (const id of told) {
          const { queues: all, people } = snapshots.current();
          const accountId = all.get(id)?.accountId;
          const view = engine.queues.viewOf(id);
          if (accountId === undefined || !view) continue;
          const live = liveOf(view, (personId) => people.get(personId)?.displayName ?? 'somebody who left');
          feed.publish({ kind: 'queue', accountId, live });
        }
      });
    queuesToTell.add(queueId);
  }
  const engine: CallEngine = createCallEngine({
    media,
    log: {
      opened(record) {
        calls.opened(record);
        metricsOf.current?.callOpened(record);
      },
      confirmed: (checkpoint) => calls.confirmed(checkpoint),
      closed(record, ladder) {
        calls.closed(record, ladder);
        metricsOf.current?.callClosed(record);
        provisioning.callClosed(record);
        routingDomains.callClosed(record);
        if (feed.watched) feed.publish({ kind: 'call', record });
      },
    },
    clock,
    ids: { callId: () => asCallId(uuidV7(Date.now(), random.bytes(10))) },
    snapshots,
    settings: {
      teams: {
        via: sipSides.teams,
        contactPort: config.ports.teamsTls,
        trunkHost: config.sbcBaseDomain,
        mediaAddress: config.advertisedAddress,
      },
      carriers: {
        via: { UDP: sipSides.carrierUdp, TCP: sipSides.carrierTcp },
        contact: {
          UDP: { host: config.advertisedAddress, port: config.ports.carrierSip },
          TCP: { host: config.advertisedAddress, port: config.ports.carrierSip },
        },
        mediaAddress: config.advertisedAddress,
      },
      phones: {
        via: phonesVia,
        contact: {
          UDP: { host: config.advertisedAddress, port: config.ports.phonesSip },
          TCP: { host: config.advertisedAddress, port: config.ports.phonesSip },
          TLS: { host: config.advertisedAddress, port: config.ports.phonesTls },
        },
        mediaAddress: config.advertisedAddress,
      },
      budgets: defaultBudgets,
    },
    access: { ...provisioning.access, forwardOf: held.forwardOf },
    registrations: phones.registrar,
    // Presence hears the engine's calls, so it is made after it; nobody asks before the engine is started.
    gate: {
      verdictFor: (personId, call) => presence.gate.verdictFor(personId, call),
      onChange: (listener) => presence.gate.onChange(listener),
    },
    authenticatePhone: phones.registrar.authenticatePhone,
    onRegister: (incoming) => phones.registrar.onRegister(incoming),
    onSubscribe: (incoming) => lamps.onSubscribe(incoming),
    fraction: random.fraction,
    probeMemory,
    isTeams: (flow) => flow.listener === sipSides.teams,
    onEvent(event) {
      lamps.heard(event);
      if (event.kind === 'call-ended') presence.callEnded(event.call.callId);
      else if ('call' in event) presence.callChanged(event.call);
      if (event.kind === 'call-shed') metricsOf.current?.platform.shed(event.failure.kind);
      // A record is made for each step of each call only while somebody looks.
      if (!feed.watched || event.kind === 'call-shed') return;
      if (event.kind === 'peer-changed') feed.publish({ kind: 'peers' });
      else if (event.kind === 'queue-changed') tellOfQueue(event.queueId);
      else if (event.kind !== 'call-ended')
        feed.publish({ kind: 'call', record: event.call.record(), phase: phaseOf(event.call.state) });
    },
    onBug: (error, callId) => log.error({ err: error, callId }, 'a bug ended a call'),
    userAgent: (handlers) =>
      createUserAgent(
        {
          // No version: whoever scans learns nothing about what to try (T01).
          userAgent: 'Tandem',
          allow: allowedMethods,
          alsoAnswered: ['REGISTER', 'SUBSCRIBE'],
          supported: ['timer'],
          viaFor: sentBy(config),
        },
        {
          ...handlers,
          onMessage(direction, message, peer, now, bytes) {
            const side = 'via' in peer ? peer.via : peer.listener;
            metricsOf.current?.platform.sipMessage(direction, message, side);
            handlers.onMessage(direction, message, peer, now, bytes);
          },
          onAnomaly: (_what, flow) => metricsOf.current?.platform.parseError(flow.listener),
          send: endpoint.send,
          random,
          now: clock.now,
        },
      ),
  });
  snapshots.onChange(() => {
    engine.snapshotChanged();
    phones.snapshotChanged();
    presence.snapshotChanged();
    lamps.snapshotChanged();
  });

  // ---- what people and programs see
  const live = createLiveCalls(engine);
  const peers = createPeerBoard({ peers: () => engine.peers(), snapshot: () => snapshots.current() });
  const metrics = createMetrics({
    live,
    peers,
    wall: clock.wall,
    connector: (record: CallRecord) =>
      (record.carrierId && snapshots.current().carriers.get(record.carrierId)?.name) || 'none',
    snapshotBuiltAt: () => snapshots.current().builtAtWallMs,
    platform: () => ({
      ...engine.ua.counts,
      mediaSessions: media.sessions,
      registrations: phones.registrar.count,
      streamConnections: endpoint.transport.connections,
      certificateEndsAt: endpoint.certificateEndsAt,
      journal: calls.counts,
      databaseInUse: db.counts.inUse,
    }),
  });
  metricsOf.current = metrics;
  metrics.microsoft.readLinks(provisioning.links);
  metrics.directory.readDirectories(directory.readings);
  metrics.queues.readWaiting(() => engine.queues.waiting);
  metrics.microsoft.readConnections(connections.states);
  const phonesWithPeople = phonesOfPeople({
    clock,
    snapshot: () => snapshots.current(),
    isRegistered: (deviceId) => phones.registrar.contactOf(deviceId) !== undefined,
    onChange: (personIds) => presenceOf.current?.phonesChanged(personIds),
  });
  phones.onRegistrations(phonesWithPeople.changed);
  const presence = createPresence({
    clock,
    connections: { ...connections, ...presenceSync.links },
    snapshot: () => snapshots.current(),
    leases: stores.presenceLeases,
    preferred: stores.preferredPresence,
    policies: presenceSync.policies,
    interruptedSince: presenceSync.interruptedSince,
    states: stores.presenceStates,
    changes: stores.presenceChanges,
    audit: changes.audit,
    mayHaveRules: (accountId) => presenceSync.settingsOf(accountId).personalOverrides,
    rulesChanged: () => presenceSync.policiesChanged(),
    registeredOf: phonesWithPeople.registeredOf,
    otherIntervalMs: config.presenceReadSeconds * 1000,
    mayReadCalendars: (connectionId) => connections.mayUse(connectionId, 'calendar'),
    feed,
    metrics: metrics.presence,
    onProblem: (what) => log.warn({ what }, 'presence'),
  });
  presenceOf.current = presence;
  const lamps = createPhoneLamps({
    clock,
    realm: config.sbcBaseDomain,
    advertisedAddress: config.advertisedAddress,
    ports: config.ports,
    registrar: phones.registrar,
    presence: presence.watch,
    metrics: metrics.phoneWatch,
    snapshot: () => snapshots.current(),
    activeCalls: () => engine.activeCalls(),
    fraction: random.fraction,
    onProblem: (what) => log.error({ what }, 'lamps'),
  });
  phones.onRegistrations(lamps.registrationsChanged);
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
  const numberParts = {
    stores,
    directory: apiStores.directory,
    connections,
    viewOf: directory.viewOf,
    audit: changes.audit,
    newId: () => uuidV7(Date.now(), random.bytes(10)),
    refresh: () => snapshots.refresh(),
    wall: clock.wall,
    leaverForward: provisioning.leaverForward,
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
    waiting: () => provisioningBoard.list({ kind: 'platform' }).map(waitingIn),
  });
  const provisioningBoard = createProvisioningBoard({
    provisioning,
    directory: apiStores.directory,
    audit: changes.audit,
    wall: clock.wall,
    people: () => snapshots.current().people,
    heldAtDirectory: directory.heldOf,
    withoutAdmin: adminAddresses.without,
  });
  const readiness = createReadinessBoard(clock.wall, provisioning);
  const jobs = createJobs({
    stores,
    snapshot: () => snapshots.current(),
    provisioning: provisioningBoard,
    readinessOf: (account, person) => summaryOf(readiness, account, person),
    audit: changes.audit,
    stored: changes.stored,
    workplaces: createWorkplaces((accountId) =>
      connections.all(accountId).flatMap(({ connectionId }) => directory.viewOf(connectionId) ?? []),
    ),
    refresh: () => snapshots.refresh(),
    newId: () => uuidV7(Date.now(), random.bytes(10)),
    wall: clock.wall,
    onProblem: (what) => log.error({ what }, 'jobs'),
  });
  const queues = createQueueBoard({
    store: stores.queues,
    snapshot: () => snapshots.current(),
    viewOf: (queueId) => engine.queues.viewOf(queueId),
    audit: changes.audit,
    refresh: () => snapshots.refresh(),
    newId: () => uuidV7(Date.now(), random.bytes(10)),
  });
  const accountDeskParts = {
    accounts: stores.accounts,
    carriers: stores.carriers,
    audit: changes.audit,
    refresh: async () => void (await snapshots.refresh()),
    wall: clock.wall,
    randomBytes: random.bytes,
  };
  const accountDesk = createAccountDesk(accountDeskParts);
  const later = () => Promise.resolve();
  const tenantFiles = createTenantFiles({
    stores,
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
    phones: {
      realm: config.sbcBaseDomain,
      newPassword: () => Buffer.from(random.bytes(18)).toString('base64url'),
    },
    webhooks: changes.webhooks,
    audit: changes.audit,
    stored: changes.stored,
    refresh: () => snapshots.refresh(),
    newId: () => uuidV7(Date.now(), random.bytes(10)),
    wall: clock.wall,
  });
  const http = await createHttpServer(
    { host: config.bindAddress, port: config.ports.http, log, portal, receivers: [directory.receiver] },
    {
      version,
      clock,
      sessions: createSessionService({
        stores: withRehearsalToken(stores, config.apiToken),
        clock,
        onFailure: (reason) => metrics.authFailed(reason),
      }),
      ...apiStores,
      provisioning: provisioningBoard,
      audit: changes.board,
      connections: createConnectionBoard({
        connections,
        redirectUris: connections.redirectUris(),
        mails: stores.mails,
        wall: clock.wall,
      }),
      accountDesk,
      webhooks: changes.webhooks,
      routingDomains: routingDomains.board,
      numbers,
      jobs: jobs.board,
      tenantFiles,
      tags: createTagBoard({ store: stores.tags, audit: changes.audit }),
      queues,
      contacts: { ...stores.contacts, newId: () => uuidV7(Date.now(), random.bytes(10)) },
      live,
      readiness,
      presence: presence.board,
      ownPresence: presence.own,
      presenceSync: presenceSync.board,
      peers,
      phones: phones.board,
      tenantDirectory: directory.board,
      events: feed,
      metrics,
      async dependencies() {
        const up = await db.ping();
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
            ready: adminAddresses.without().size === 0,
            optional: true,
            words:
              adminAddresses.without().size === 0
                ? 'every account has an administrator with an address'
                : `${adminAddresses.without().size} accounts have no administrator with an address: their mails go to the operator`,
          },
          {
            name: 'routing',
            ready: snapshots.origin !== 'none',
            words: `facts from ${snapshots.origin}, ${Math.round(snapshots.ageMs() / 1000)} s old`,
          },
        ];
      },
    },
  );

  if (!(await media.ready(10_000))) throw new Error('the media process does not answer');
  await media.releaseStrangers();
  await endpoint.open(engine.ua);
  engine.start();
  const left = calls.recover();
  engine.restore(left.confirmed);
  for (const record of left.open) calls.closed(endedByCrash(record), []);
  presence.start();
  await http.listen();
  directory.start();
  presenceSync.start();
  portal.start();
  jobs.start();
  const renewal = watchCertificate({
    folder: config.certificateDir,
    names,
    current: imported.certificate,
    onRenewed: (certificate) => {
      endpoint.renew(certificate);
      log.info({ until: certificate.leaf.validTo }, 'a renewed certificate is used for new connections');
    },
    onRefused: (say) => log.error({ say }, 'a renewed certificate was refused, the old one stays'),
  });

  return {
    async stop() {
      renewal.stop();
      lamps.stop();
      engine.stop();
      for (const { callId } of engine.activeCalls()) engine.hangUp(callId);
      await Promise.race([engine.drain(), new Promise((done) => clock.after(1_500, () => done(undefined)))]);
      await Promise.all([
        portal.stop(),
        http.close(),
        presence.stop(),
        presenceSync.stop(),
        provisioning.stop(),
        directory.stop(),
      ]);
      await connections.stop();
      await mailer.stop();
      connections.close();
      await endpoint.close();
      await phones.stop();
      media.close();
      reminder.stop();
      adminAddresses.stop();
      await jobs.stop();
      await routingDomains.stop();
      await changes.stop();
      await filler.stop();
      await calls.close();
      await ladders.close();
      await snapshots.close();
      await db.close();
      wheel.close();
    },
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

/** A call that was not yet answered when the process died: its transactions died with it, its record must not. */
function endedByCrash(record: CallRecord): CallRecord {
  const { sip: status, q850, say } = verdictOf({ kind: 'node-crash' });
  return {
    ...record,
    endedAt: Date.now(),
    result: 'failed',
    status,
    q850,
    code: 'node-crash',
    sentence: say,
    endedBy: 'node-crash',
    closedBy: 'crash',
    why: [...record.why, say],
  };
}

/** PEM bundle to certificates; without a file the runtime's own roots, which hold those that Microsoft announced. */
async function readRoots(file: string | undefined): Promise<X509Certificate[]> {
  const text = file === undefined ? rootCertificates.join('\n') : await readFile(file, 'utf8');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    throw new Error(`${file}: no certificates in it; wanted the roots of Microsoft's chain as PEM`);
  return blocks.map((block) => new X509Certificate(block));
}

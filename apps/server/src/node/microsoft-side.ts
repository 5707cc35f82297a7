import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { commandDnsDriver, httpDnsDriver } from '@tandem/adapters/dns-driver/dns-driver.ts';
import type { Metrics } from '@tandem/adapters/http/metrics.ts';
import { createMicrosoftDataStore } from '@tandem/adapters/postgres/microsoft-data-store.ts';
import { type PersonId, voicemailDefaults } from '@tandem/domain';
import type { NodeContext } from './node-context.ts';
import { peopleOnTeams } from './services/connection-board.ts';
import { type NotificationTaker, openDirectory } from './services/directory.ts';
import { createHeldNumbers } from './services/held-numbers.ts';
import { openMailer } from './services/mailer.ts';
import { openMicrosoftConnections } from './services/microsoft-connections.ts';
import { openMicrosoftData } from './services/microsoft-data.ts';
import { createNumberRelease } from './services/number-release.ts';
import { type OwnConnections, openOwnConnections } from './services/own-connections.ts';
import type { Presence } from './services/presence.ts';
import { openPresenceSync } from './services/presence-sync.ts';
import { startProvisioning } from './services/provisioning.ts';
import { openRoutingDomains } from './services/routing-domains.ts';
import type { NodeStorage } from './storage.ts';

export interface MicrosoftSideParts
  extends Pick<NodeStorage, 'db' | 'stores' | 'changes' | 'snapshots' | 'apiStores'> {
  /** Both come later: the metrics read what stands here, presence hears the calls of the engine. */
  metrics(): Metrics | undefined;
  personalRules(personId: PersonId): ReturnType<Presence['rulesOf']>;
  holds(personId: PersonId): boolean;
  /** Who hears of presences that Microsoft tells of. */
  told(): NotificationTaker | undefined;
}

export type MicrosoftSide = Awaited<ReturnType<typeof openMicrosoftSide>>;

/** What provisioning does by itself stands in the audit under this name. */
const byProvisioning = { kind: 'system', name: 'provisioning' } as const;

/** Microsoft 365 as every customer's: connections, routing domains, directory, provisioning, and whom presence follows. */
export async function openMicrosoftSide(
  { config, log, clock, random, feed, newId }: NodeContext,
  { db, stores, changes, snapshots, apiStores, metrics, personalRules, holds, told }: MicrosoftSideParts,
) {
  const mailer = openMailer({
    config,
    store: stores.mails,
    clock,
    newId,
    onOutcome: (outcome) => metrics()?.microsoft.mailed(outcome),
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
    onTry: (seen) => metrics()?.microsoft.graphTried(seen),
    readyPeople: (accountId) => peopleOnTeams(snapshots.current(), accountId, provisioning.judge),
    digest: (text) => createHash('sha256').update(text).digest('base64url'),
    file: join(config.nodeDir, 'connections.json'),
    waitsFile: join(config.nodeDir, 'graph-waits.json'),
    onProblem: (what, accountId) => log.warn({ what, accountId }, 'Microsoft 365 connection'),
  });
  const routingDomains = await openRoutingDomains({
    stores,
    connections,
    accountOf: (accountId) => snapshots.current().accounts.get(accountId),
    setupOf: (connectionId) => connections.mayWriteDomains(connectionId),
    voicemailOf: (accountId) =>
      snapshots.current().voicemail?.get(accountId)?.owner ?? voicemailDefaults.owner,
    dns:
      config.dns &&
      (config.dns.kind === 'command' ? commandDnsDriver(config.dns.command) : httpDnsDriver(config.dns)),
    edgeAddress: config.advertisedAddress,
    baseDomain: config.sbcBaseDomain,
    publicUrl: () => config.publicUrl,
    audit: changes.audit,
    refresh: () => snapshots.refresh(),
    clock,
    newId,
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
    metrics: () => metrics()?.directory,
    others: told,
    onProblem: (what, connectionId) => log.warn({ what, connectionId }, 'directory'),
  });
  const data = openMicrosoftData({
    store: createMicrosoftDataStore(db),
    connections: () => connections.keeper.list(),
    onChange: connections.onChange,
    viewOf: directory.viewOf,
    mirrorFile: directory.mirrorFile,
    forgetNotifications: directory.forgetNotifications,
    audit: changes.audit,
    clock,
    onProblem: (what) => log.warn({ what }, "Microsoft's data"),
  });
  const releaseNumber = createNumberRelease({
    stock: stores.numberStock,
    audit: changes.audit,
    refresh: () => snapshots.refresh(),
  });
  const held = createHeldNumbers(
    () => snapshots.current(),
    clock.wall,
    (person) => provisioning.leaverForward(person),
  );
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
  /** It asks presence who is who, so it comes after it. */
  const ownOf: { current?: OwnConnections } = {};
  const presenceSync = await openPresenceSync({
    store: stores.presenceSync,
    connections,
    directory,
    snapshots,
    clock,
    mailer,
    audit: changes.audit,
    newId,
    portal: config.publicUrl ?? `http://127.0.0.1:${config.ports.http}`,
    file: join(config.nodeDir, 'presence-sync.json'),
    hasQueue: (accountId) =>
      [...snapshots.current().queues.values()].some((queue) => queue.accountId === accountId),
    personalRules,
    servedByOwn: (personId) => ownOf.current?.servedBy(personId),
    onProblem: (what, accountId) => log.warn({ what, accountId }, 'presence sync'),
  });
  const own = await openOwnConnections({
    stores,
    connections,
    links: presenceSync.links,
    shownAs(person, objectId) {
      const connection = connections.ofPerson(person);
      const user = connection && directory.viewOf(connection.connectionId)?.user(objectId);
      return user && user !== 'unread' ? user.upn || user.displayName : undefined;
    },
    snapshots,
    clock,
    random,
    mailer,
    audit: changes.audit,
    newId,
    twinMode: config.twin !== undefined,
    portal: config.publicUrl ?? `http://127.0.0.1:${config.ports.http}`,
    onTry: (seen) => metrics()?.microsoft.graphTried(seen),
    holds,
    onProblem: (what, accountId) => log.warn({ what, accountId }, 'own connections'),
  });
  ownOf.current = own;
  own.onChange(presenceSync.ownChanged);
  directory.onConfirmed((connectionId, objectIds) => provisioning.letGo(connectionId, objectIds));
  directory.onChange((accountId) => provisioning.directoryChanged(accountId));
  routingDomains.facts.onChange((connectionId) => provisioning.routingChanged(connectionId));
  return { mailer, connections, data, routingDomains, directory, held, provisioning, presenceSync, own };
}

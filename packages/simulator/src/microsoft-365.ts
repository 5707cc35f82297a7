import { join } from 'node:path';
import type { Audit } from './audit/audit.ts';
import type { TeamsClients } from './clients/teams-client.ts';
import type { Clock } from './clock.ts';
import type { TwinConfig } from './config.ts';
import { Agenda } from './directory/agenda.ts';
import type { Directory } from './directory/directory.ts';
import type { MovableClock } from './directory/movable-clock.ts';
import { AppCatalogue } from './entra/app-catalogue.ts';
import type { AppRegistration } from './entra/app-registration.ts';
import { Consents } from './entra/consents.ts';
import { startEntra } from './entra/entra-server.ts';
import { entraState } from './entra/entra-state.ts';
import { type People, peopleOf } from './entra/people.ts';
import { registerPlatformApp, registerPresenceApp } from './entra/platform-app.ts';
import { keptSelfSigned, makeSelfSigned } from './entra/self-signed.ts';
import { SignIns } from './entra/sign-ins.ts';
import { SigningKeys } from './entra/signing-keys.ts';
import type { FaultBoard } from './faults/fault-board.ts';
import { CallLog } from './graph/call-log.ts';
import { GraphService } from './graph/graph-service.ts';
import { defaultGraphSettings, type GraphSettings } from './graph/graph-world.ts';
import { NumberOffice } from './graph/number-office.ts';
import { PresenceBook } from './graph/presence-book.ts';
import { SentItems } from './graph/sent-items.ts';
import { Throttle } from './graph/throttle.ts';
import { startHttps } from './https/https-server.ts';
import { openNotifications } from './notifications/notifications.ts';
import type { SubscriptionOffice } from './notifications/office.ts';
import { callRecordItem } from './notifications/watchers.ts';
import type { TwinRandom } from './random.ts';
import type { StateFile } from './state/state-file.ts';
import type { TrustStore } from './trust/trust-store.ts';
import { graphAppClientId, graphPresenceAppClientId } from './world/rehearsal-world.ts';

/** Entra's sign-in and Graph over the same directory that the hubs judge by. */
export interface Microsoft365 {
  readonly loginUrl: string;
  readonly graphUrl: string;
  /** The platform's own registration, as it is now. */
  readonly app: AppRegistration;
  /** Every registration of every tenant. */
  readonly apps: AppCatalogue;
  readonly consents: Consents;
  readonly people: People;
  readonly signIns: SignIns;
  readonly clock: MovableClock;
  readonly settings: GraphSettings;
  readonly presence: PresenceBook;
  readonly numbers: NumberOffice;
  readonly subscriptions: SubscriptionOffice;
  readonly calls: CallLog;
  /** Mail and activity notifications that apps sent. */
  readonly sent: SentItems;
  readonly throttle: Throttle;
  readonly keys: SigningKeys;
  /** Tenants of another national cloud, and those that ask for a second factor. */
  readonly elsewhere: Set<string>;
  /** Tenants that were deleted: nobody signs in there, no token of theirs counts (A2, G1). */
  readonly gone: Set<string>;
  readonly secondFactor: Set<string>;
  /** New signing keys without notice; `forget` makes older tokens worthless. */
  rotateKeys(forget: boolean): Promise<void>;
  /** Time passes at Microsoft: tokens end, leases end, what is due happens. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function startMicrosoft365(parts: {
  readonly config: TwinConfig;
  readonly clock: Clock;
  readonly microsoftClock: MovableClock;
  readonly random: TwinRandom;
  readonly audit: Audit;
  readonly faults: FaultBoard;
  readonly directory: Directory;
  readonly clients: ReadonlyMap<string, TeamsClients>;
  readonly trust: TrustStore;
  readonly state: StateFile;
  /** TXT records of a name, as Microsoft finds them. */
  readonly txt: (name: string) => readonly string[];
}): Promise<Microsoft365> {
  const { config, clock, microsoftClock, random, audit, faults, directory, clients, trust } = parts;
  const now = clock.wall();
  const [appFiles, presenceFiles, signing] = await Promise.all([
    keptSelfSigned(config.certificateDir, 'graph-app', 'Tandem automation', now, 730),
    keptSelfSigned(config.certificateDir, 'graph-presence-app', 'Tandem presence', now, 730),
    keptSelfSigned(join(config.dataDir, 'trust'), 'token-signing', 'Twin token signing', now, 1825),
  ]);
  const apps = new AppCatalogue(random);
  const consents = new Consents(() => microsoftClock.wall(), random);
  const remember = parts.state.register('entra', entraState(apps, consents));
  const app = registerPlatformApp(apps, { clientId: graphAppClientId, certificate: appFiles.cert, now });
  registerPresenceApp(apps, { clientId: graphPresenceAppClientId, certificate: presenceFiles.cert });
  apps.onChange = remember;
  consents.onChange = remember;
  const people = peopleOf(directory);
  const signIns = new SignIns(() => microsoftClock.wall(), random);
  const keys = new SigningKeys(signing);
  const settings: GraphSettings = { ...defaultGraphSettings };
  const presence = new PresenceBook(clients, () => microsoftClock.wall());
  presence.onChange = parts.state.register('presence', presence.state());
  const numbers = new NumberOffice({
    directory,
    clock: microsoftClock,
    random,
    settings,
    after: (ms, fire) => void clock.after(ms, fire),
  });
  numbers.onChange = parts.state.register('numbers', numbers.state());
  // Links outlive a restart; what a delta link knew does not, and it says so (410).
  let sealKey = random.bytes(32);
  parts.state.register('seal', {
    version: 1,
    save: () => sealKey.toString('base64'),
    restore: (value) => {
      sealKey = Buffer.from(String(value), 'base64');
    },
  });
  const throttle = new Throttle(() => microsoftClock.now());
  const elsewhere = new Set<string>();
  const gone = new Set<string>();
  const secondFactor = new Set<string>();
  const delay = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const listener = {
    address: config.bindAddress,
    certificate: trust.web,
    date: () => microsoftClock.stamp(),
  };

  const login = await startEntra({
    ...listener,
    port: config.ports.twinLogin,
    audit,
    faults,
    delay,
    world: {
      apps,
      consents,
      people,
      signIns,
      findTenant: (segment) => {
        const name = segment.toLowerCase();
        const id = directory.tenant(name)
          ? name
          : [...directory.tenants.values()].find(({ domains }) => domains.has(name))?.id;
        return id !== undefined && gone.has(id) ? undefined : id;
      },
      now: () => microsoftClock.wall(),
      realNow: () => microsoftClock.stamp(),
      random,
      keys,
      elsewhere,
      secondFactor,
    },
  });
  const agenda = new Agenda(microsoftClock, clock);
  const notifications = openNotifications({
    directory,
    presence,
    agenda,
    audit,
    state: parts.state,
    tokens: {
      keys,
      random,
      now: () => microsoftClock.wall(),
      issuer: (tenantId) => `${login.url}/${tenantId}/v2.0`,
    },
    outgoing: {
      roots: [trust.programmeRoot.cert, trust.microsoft.cert],
      plain: config.plainNotificationUrls ?? false,
    },
    granted: (tenantId, appId) => {
      const principal = apps.find(appId)?.servicePrincipals.get(tenantId);
      return principal?.enabled ? principal.roles : undefined;
    },
    checkAnswers: config.checkAnswers ?? false,
  });
  const [calls, sent] = [new CallLog(), new SentItems()];
  calls.onLogged = ({ tenantId, correlationId: id }) =>
    void agenda.after(settings.callLogLagMs, () =>
      notifications.office.tell(
        (one) => one.tenantId === tenantId && one.watched.rules.kind === 'callRecords',
        () => ({ item: callRecordItem(id) }),
      ),
    );
  const service = new GraphService({
    world: {
      directory,
      clients,
      clock: microsoftClock,
      random,
      settings,
      presence,
      numbers,
      subscriptions: notifications.office,
      calls,
      sent,
      sealKey,
      txt: parts.txt,
    },
    directory,
    keys,
    audit,
    faults,
    throttle,
    gone,
    checkAnswers: config.checkAnswers ?? false,
    delay,
  });
  try {
    const graph = await startHttps({
      ...listener,
      port: config.ports.twinGraph,
      handle: (request) => service.handle(request),
    });
    return {
      loginUrl: login.url,
      graphUrl: graph.url,
      app,
      apps,
      consents,
      people,
      signIns,
      clock: microsoftClock,
      settings,
      presence,
      numbers,
      subscriptions: notifications.office,
      calls,
      sent,
      throttle,
      keys,
      elsewhere,
      gone,
      secondFactor,
      rotateKeys: async (forget) =>
        keys.rotate(await makeSelfSigned('Twin token signing', clock.wall(), 1825), forget),
      advance: (ms) => {
        microsoftClock.advance(ms);
        numbers.settle();
        consents.settle();
        agenda.settle();
        parts.state.changed();
      },
      close: async () => {
        notifications.close();
        agenda.close();
        await Promise.all([login.close(), graph.close()]);
      },
    };
  } catch (error) {
    await login.close();
    throw error;
  }
}

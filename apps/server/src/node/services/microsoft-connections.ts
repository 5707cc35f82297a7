import type { GraphClient, GraphTry } from '@tandem/adapters/graph/graph-client.ts';
import { createMicrosoftSignIn } from '@tandem/adapters/microsoft-sign-in/microsoft-sign-in.ts';
import {
  certificateEndsWallMs,
  certificateFault,
  makeCertificate,
} from '@tandem/adapters/microsoft-sign-in/own-certificate.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import {
  type AccountId,
  asConnectionId,
  type ConnectionId,
  type Person,
  type PersonId,
  type RoutingSnapshot,
  uuidV7,
} from '@tandem/domain';
import {
  type AuditLog,
  type Clock,
  ConnectionDesk,
  type ConnectionFeature,
  ConnectionKeeper,
  type ConnectionState,
  chosenFeatures,
  featuresServedBy,
  judgeConnection,
  type Mailer,
  type MicrosoftSignIn,
  newPresenceRegistration,
  type StoredConnection,
  wasConnected,
} from '@tandem/engine';
import { readConnectionsCopy, writeConnectionsCopy } from './connections-file.ts';
import { openGraphWaits } from './graph-waits.ts';
import { type AppConfig, createMicrosoftApps, type MicrosoftApps } from './microsoft-apps.ts';

/** One account's usable connection with one Entra tenant. Reading and writing go on per connection. */
export interface MicrosoftConnection {
  readonly connectionId: ConnectionId;
  readonly accountId: AccountId;
  readonly tenantId: string;
  /** The app registration that signs in; Microsoft wants it as the session of presence. */
  readonly clientId: string;
  /** One per Entra tenant and app, shared by everybody who asks: its limits are those of the app in the tenant. */
  readonly graph: GraphClient;
  /** Presence goes by a registration of its own, and by no other. Absent: by `graph` and `clientId`. */
  readonly presenceApp?: { readonly clientId: string; readonly graph: GraphClient };
  /** Domains that the tenant has verified, lower case, as read last; empty: not read yet. */
  readonly domains: readonly string[];
  /** What it may be used for; a permission that Microsoft granted for something else is not used (G25). Absent: all. */
  readonly features?: readonly ConnectionFeature[];
}

export interface MicrosoftConnections {
  /** The platform's app registration. Undefined: none is configured. */
  readonly clientId: string | undefined;
  /** The account's first connection. Undefined: it has none that was ever proved. */
  connectionsOf(accountId: AccountId): MicrosoftConnection | undefined;
  /**
   * All connections of the account that were proved once, first connected first, interrupted ones too: whoever reads hears
   * by itself that it does not work. The same objects as long as nothing about them changes.
   */
  all(accountId: AccountId): readonly MicrosoftConnection[];
  /** The connection whose verified domains hold the person's UPN's or mail's domain, else the account's first. */
  ofPerson(person: Pick<Person, 'accountId' | 'upn' | 'mail'>): MicrosoftConnection | undefined;
  /** Told after connections came, went or changed their domains. Returns the way to stop. */
  onChange(heard: () => void): () => void;
  /** The Entra user who this person is, once that is settled: the stored link's, else an unambiguous match. */
  objectIdOf(personId: PersonId): string | undefined;
  /** Told after the object ids of some people changed. Returns the way to stop. */
  onLinks(heard: () => void): () => void;
  /** Provisioning says whose is whose; undefined forgets. */
  note(objectIds: ReadonlyMap<PersonId, string | undefined>): void;
  close(): void;
}

/** With what only the node's own parts ask. */
export interface OpenConnections extends MicrosoftConnections {
  readonly keeper: ConnectionKeeper;
  readonly desk: ConnectionDesk;
  /** Where Microsoft is, and the platform's own app there. */
  readonly apps: Pick<MicrosoftApps, 'endpoints' | 'https' | 'clock' | 'platformApp' | 'presenceApp'>;
  readonly signIn: MicrosoftSignIn;
  graphOf(connection: StoredConnection): GraphClient;
  /** The feature is switched on, and the tenant has granted everything that it needs. */
  mayUse(connectionId: ConnectionId, feature: ConnectionFeature): boolean;
  mayWriteDomains(connectionId: ConnectionId): boolean;
  /** Addresses to which Microsoft may send a browser back. */
  redirectUris(): readonly string[];
  /** How many connections are in which state. */
  states(): ReadonlyMap<ConnectionState, number>;
  stop(): Promise<void>;
}

export interface ConnectionsParts {
  readonly config: AppConfig & { readonly publicUrl?: string; readonly ports: { readonly http: number } };
  readonly stores: Pick<Stores, 'connections' | 'signInAttempts'>;
  readonly snapshot: () => RoutingSnapshot;
  readonly clock: Clock;
  readonly random: { fraction(): number; bytes(count: number): Uint8Array };
  readonly mailer: Mailer;
  readonly audit: AuditLog;
  readonly onTry: (seen: GraphTry) => void;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
  /** People whose calls from Teams rest on an account's connections. */
  readonly readyPeople: (accountId: AccountId) => number;
  readonly digest: (text: string) => string;
  /** Where the copy for a start without the database is kept. */
  readonly file: string;
  /** Where the waits that Microsoft asked for are kept. */
  readonly waitsFile: string;
}

const copyAfterMs = 1_000;
const reloadMs = 5_000;
const callbackPath = '/connect/callback';

/**
 * The connections of all accounts with Microsoft Graph. Resolves once the stored ones are in memory; without the database
 * they come as soon as it is there.
 */
export async function openMicrosoftConnections(parts: ConnectionsParts): Promise<OpenConnections> {
  const { config, stores, clock, random } = parts;
  const objectIds = new Map<PersonId, string>();
  const linkListeners = new Set<() => void>();
  const changeListeners = new Set<() => void>();
  const shown = new Map<string, MicrosoftConnection>();
  const portal = config.publicUrl ?? `http://127.0.0.1:${config.ports.http}`;
  let stopped = false;

  const apps = createMicrosoftApps({
    config,
    secretOf: stores.connections.secretOf,
    wall: clock.wall,
    random: random.fraction,
    waits: openGraphWaits({
      file: parts.waitsFile,
      wall: clock.wall,
      onProblem: (what) => parts.onProblem(what, undefined),
    }),
    onClock: (words) => parts.onProblem(words, undefined),
    ears: {
      tried: parts.onTry,
      features: (app) =>
        keeper.list().flatMap((one) => {
          if (one.entraTenantId !== app.entraTenantId) return [];
          const split = one.presence !== undefined;
          if (one.clientId === app.clientId) return featuresServedBy('main', one.features, split);
          return one.presence?.clientId === app.clientId
            ? featuresServedBy('presence', one.features, split)
            : [];
        }),
      heard: (app, status, role, decisive) => keeper.heardOf(app, status, role, decisive),
      proof(app, proof) {
        const late = (one: StoredConnection) => (error: Error) =>
          parts.onProblem(error.message, one.accountId);
        for (const one of keeper.list()) {
          if (one.entraTenantId !== app.entraTenantId || !wasConnected(one)) continue;
          if (one.clientId === app.clientId) void keeper.heardProof(one.id, proof).catch(late(one));
          if (one.presence?.clientId === app.clientId)
            void keeper.heardPresenceProof(one.id, proof).catch(late(one));
        }
      },
    },
  });
  const keeper: ConnectionKeeper = new ConnectionKeeper({
    store: stores.connections,
    probe: apps.probe,
    mailer: parts.mailer,
    audit: parts.audit,
    clock,
    accountName: (accountId) => parts.snapshot().accounts.get(accountId)?.name,
    portal,
    onChange: () => {
      planCopy();
      for (const heard of changeListeners) heard();
    },
    onProblem: parts.onProblem,
  });

  let copyPlanned: (() => void) | undefined;
  let copying: Promise<void> = Promise.resolve();
  const copy = (): void => {
    copying = copying
      .then(() => writeConnectionsCopy(parts.file, keeper.list()))
      .catch((error: Error) =>
        parts.onProblem(`the copy of the connections was not written: ${error.message}`, undefined),
      );
  };
  function planCopy(): void {
    if (stopped) return;
    copyPlanned ??= clock.after(copyAfterMs, () => {
      copyPlanned = undefined;
      copy();
    });
  }
  const newId = (): ConnectionId => asConnectionId(uuidV7(clock.wall(), random.bytes(10)));

  /** An account that named its tenant before there were connections has been working by the platform's app. */
  async function adopt(): Promise<void> {
    if (!apps.platformApp) return;
    const nowWallMs = clock.wall();
    const known = new Set(keeper.list().map(({ accountId }) => accountId));
    for (const { id: accountId, entraTenantId } of parts.snapshot().accounts.values()) {
      if (entraTenantId === undefined || known.has(accountId)) continue;
      await keeper.add({
        id: newId(),
        accountId,
        entraTenantId: entraTenantId.toLowerCase(),
        domains: [],
        kind: 'platform-app',
        clientId: apps.platformApp.clientId,
        features: chosenFeatures(['presence', 'presence-write', 'webhooks']),
        roles: [],
        roleUses: {},
        life: { state: 'CONNECTED', sinceWallMs: nowWallMs, answeredWallMs: nowWallMs },
        connectedBy: 'operator',
        connectedWallMs: nowWallMs,
        createdWallMs: nowWallMs,
        version: 1,
      });
    }
  }

  /**
   * Which registration the platform has for presence is its operator's to say. Another one has to be approved anew; without
   * one, the first does everything again. A connection that has none gets one when its administrator approves it.
   */
  async function followPresenceApp(): Promise<void> {
    const clientId = apps.presenceApp?.clientId;
    for (const { id, presence } of keeper.list()) {
      if (!presence || presence.credential || presence.clientId === clientId) continue;
      await keeper.change(id, ({ presence: _, ...rest }) => ({
        ...rest,
        ...(clientId !== undefined && { presence: newPresenceRegistration(clientId, clock.wall()) }),
      }));
    }
  }

  const load = async (): Promise<void> => {
    try {
      await keeper.load();
      await adopt();
      await followPresenceApp();
      planCopy();
      for (const heard of changeListeners) heard();
    } catch (error) {
      const kept = keeper.list().length === 0 ? readConnectionsCopy(parts.file) : undefined;
      if (kept) keeper.loadCopy(kept);
      parts.onProblem(
        `connections cannot be read now${kept ? ', the copy on disk is used' : ''}: ${(error as Error).message}`,
        undefined,
      );
      clock.after(reloadMs, () => {
        if (!stopped) void load();
      });
    }
  };
  await load();
  keeper.start();

  const redirectUris = (): readonly string[] =>
    [
      ...new Set([
        portal,
        ...['127.0.0.1', 'localhost'].map((host) => `http://${host}:${config.ports.http}`),
      ]),
    ].map((origin) => `${origin}${callbackPath}`);
  const signIn = createMicrosoftSignIn({
    endpoints: apps.endpoints,
    twinMode: config.twin !== undefined,
    https: apps.https,
    wall: clock.wall,
  });
  const desk = new ConnectionDesk({
    keeper,
    attempts: stores.signInAttempts,
    signIn,
    probe: apps.probe,
    audit: parts.audit,
    clock,
    platformApp: apps.platformApp,
    presenceApp: apps.presenceApp,
    account: (accountId) => parts.snapshot().accounts.get(accountId),
    redirectUris,
    newId,
    secretText: () => Buffer.from(random.bytes(32)).toString('base64url'),
    certificates: {
      make: (name, days) => makeCertificate(name, clock.wall(), days),
      fault: (certificate, privateKey) => certificateFault(certificate, privateKey, clock.wall()),
      endsWallMs: certificateEndsWallMs,
    },
    saveSecret: stores.connections.saveWithSecret,
    peopleOf: ({ accountId }) => parts.readyPeople(accountId),
    digest: parts.digest,
    onProblem: parts.onProblem,
  });

  function toShown(stored: StoredConnection): MicrosoftConnection {
    const graph = apps.graphOf(stored);
    const { presence } = stored;
    const presenceApp = presence && {
      clientId: presence.clientId,
      graph: apps.graphOf(stored, 'presence'),
    };
    const known = shown.get(stored.id);
    if (
      known?.graph === graph &&
      known.clientId === stored.clientId &&
      known.presenceApp?.graph === presenceApp?.graph &&
      known.domains.join() === stored.domains.join() &&
      known.features?.join() === stored.features.join()
    )
      return known;
    const made: MicrosoftConnection = {
      connectionId: stored.id,
      accountId: stored.accountId,
      tenantId: stored.entraTenantId,
      clientId: stored.clientId,
      graph,
      ...(presenceApp && { presenceApp }),
      domains: stored.domains,
      features: stored.features,
    };
    shown.set(stored.id, made);
    return made;
  }
  const all = (accountId: AccountId): readonly MicrosoftConnection[] =>
    keeper
      .list()
      .filter((one) => one.accountId === accountId && wasConnected(one))
      .map(toShown);
  const mayUse = (connectionId: ConnectionId, feature: ConnectionFeature): boolean => {
    const found = keeper.find(connectionId);
    if (!found || !chosenFeatures(found.features).includes(feature)) return false;
    return judgeConnection(found).working.has(feature);
  };

  return {
    keeper,
    desk,
    apps,
    signIn,
    graphOf: apps.graphOf,
    redirectUris,
    states() {
      const counts = new Map<ConnectionState, number>();
      for (const { life } of keeper.list()) counts.set(life.state, (counts.get(life.state) ?? 0) + 1);
      return counts;
    },
    mayUse,
    mayWriteDomains: (connectionId) => mayUse(connectionId, 'setup'),
    clientId: config.graphClientId,
    connectionsOf: (accountId) => all(accountId)[0],
    all,
    ofPerson({ accountId, upn, mail }) {
      const found = all(accountId);
      if (found.length < 2) return found[0];
      const holds = (address: string | undefined) => {
        const domain = address?.slice(address.lastIndexOf('@') + 1).toLowerCase();
        return domain === undefined ? undefined : found.find(({ domains }) => domains.includes(domain));
      };
      return holds(upn) ?? holds(mail) ?? found[0];
    },
    onChange(heard) {
      changeListeners.add(heard);
      return () => changeListeners.delete(heard);
    },
    objectIdOf: (personId) => objectIds.get(personId),
    onLinks(heard) {
      linkListeners.add(heard);
      return () => linkListeners.delete(heard);
    },
    note(known) {
      let changed = false;
      for (const [personId, objectId] of known) {
        if (objectIds.get(personId) === objectId) continue;
        changed = true;
        if (objectId === undefined) objectIds.delete(personId);
        else objectIds.set(personId, objectId);
      }
      if (changed) for (const heard of linkListeners) heard();
    },
    async stop() {
      stopped = true;
      copyPlanned?.();
      await keeper.stop();
      copy();
      await copying;
    },
    close: () => apps.close(),
  };
}

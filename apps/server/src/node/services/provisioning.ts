import { graphTenant } from '@tandem/adapters/graph/read-tenant.ts';
import type { FeedEvent } from '@tandem/adapters/http/events/event-feed.ts';
import type { JudgedPerson } from '@tandem/adapters/http/services.ts';
import { toReadinessSummary } from '@tandem/adapters/http/views/readiness-view.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type {
  Account,
  AccountId,
  CallRecord,
  ConnectionId,
  LinkState,
  Person,
  PersonId,
  RoutingSnapshot,
} from '@tandem/domain';
import {
  AccountProvisioner,
  type Clock,
  type DirectoryView,
  decidesNobody,
  defaultSettings,
  forwardFor,
  type LeaverCalls,
  type LinkKeeper,
  type Mailer,
  type ProvisionerDeps,
  type ProvisioningHistory,
  type ProvisioningNotice,
  type ProvisioningSettings,
  type StoredLink,
  settledObjectId,
  standsInTeams,
  type TeamsAccess,
  type TenantFacts,
} from '@tandem/engine';
import type { MicrosoftConnection, MicrosoftConnections } from './microsoft-connections.ts';
import { leaverOf, type ReleasedNumber } from './number-release.ts';
import { readProvisioningCopy, writeProvisioningCopy } from './provisioning-file.ts';
import { createProvisioningHistory } from './provisioning-history.ts';
import { mailOf } from './provisioning-notices.ts';

export interface Provisioning {
  /** For the call engine: from memory, never waiting. */
  readonly access: TeamsAccess;
  judge(account: Account, person: Person): JudgedPerson | undefined;
  look(accountId: AccountId): void;
  /** An answered call may prove that a Teams client works, a refused one that it does not. */
  callClosed(record: CallRecord): void;
  /** Links by state, over all accounts. */
  links(): ReadonlyMap<LinkState, number>;
  /** What runs, by connection. */
  running(): readonly RunningConnection[];
  /** Connections for which nobody has said yet who is meant. Their provisioners are for showing and setting up only. */
  waiting(): readonly RunningConnection[];
  ofPerson(person: Pick<Person, 'accountId' | 'id'>): RunningConnection | undefined;
  readonly history: ProvisioningHistory;
  /** Stores the settings of a connection and lets them count. */
  saveSettings(connectionId: ConnectionId, settings: ProvisioningSettings): Promise<void>;
  /** How many people of the account can call from Teams by now. */
  readyPeople(accountId: AccountId): number;
  /** Who is rung for this person by the leaver rule, should they leave. */
  leaverForward(person: Person): LeaverCalls | undefined;
  /** The mirror of the account's directories changed. */
  directoryChanged(accountId: AccountId): void;
  /** A mass change was confirmed at the directory: these users may leave. */
  letGo(connectionId: ConnectionId, objectIds: ReadonlySet<string>): void;
  /** What is known of a connection's routing domain or voice route changed. */
  routingChanged(connectionId: ConnectionId): void;
  stop(): Promise<void>;
}

export interface RunningConnection {
  readonly connectionId: ConnectionId;
  readonly accountId: AccountId;
  readonly tenantId: string;
  readonly provisioner: AccountProvisioner;
}

export interface ProvisioningParts {
  readonly stores: Pick<Stores, 'links' | 'provisioning' | 'provisioningHistory'>;
  readonly connections: MicrosoftConnections;
  readonly snapshots: {
    current(): RoutingSnapshot;
    onChange(heard: (snapshot: RoutingSnapshot) => void): () => void;
  };
  readonly clock: Clock;
  readonly random: () => number;
  /** Where the copy for a start without the database is kept. */
  readonly file: string;
  readonly publish: (event: FeedEvent) => void;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
  /** The mirror of a connection's directory; without it users and members are listed by each reading. */
  readonly viewOf?: (connectionId: ConnectionId) => DirectoryView | undefined;
  /** Routing domain, voice route and edge of a connection, where they are not kept by hand. */
  readonly routing?: (
    accountId: AccountId,
    connectionId: ConnectionId,
  ) => Partial<Pick<TenantFacts, 'domain' | 'routing' | 'edgeSilent'>>;
  /** Undefined: no mail server is configured. */
  readonly mailer?: Mailer;
  readonly portalUrl?: () => string | undefined;
  readonly heldNumber?: ProvisionerDeps['heldNumber'];
  /** Microsoft gave a number back: leaver rule and quarantine begin. */
  readonly onReleased?: (released: ReleasedNumber) => void;
  readonly setLicence?: (accountId: AccountId, personId: PersonId, licensed: boolean) => void;
}

const copyEveryMs = 1_000;
/** Many people change together; each is told once. */
const tellMs = 50;

/**
 * Provisioning of every account that has a Microsoft 365 tenant and an enable group. Resolves once the stored links are in
 * memory: whoever was ready may call before Microsoft was read.
 */
export async function startProvisioning(parts: ProvisioningParts): Promise<Provisioning> {
  const { stores, connections, snapshots, clock } = parts;
  const running = new Map<ConnectionId, RunningConnection>();
  /** Connections for which nobody has said yet who is meant: shown and set up like the others, never started. */
  const waiting = new Map<ConnectionId, RunningConnection>();
  const byAccount = new Map<AccountId, readonly RunningConnection[]>();
  /** Which connection looks at a person, as of the last turn. */
  const whose = new Map<PersonId, RunningConnection>();
  let settings: readonly ProvisioningSettings[] = [];
  let links = new Map<PersonId, StoredLink>();
  let linksKnown = true;
  let stopped = false;
  /** Microsoft users by who claims them, per tenant: made anew after each reading. */
  let claims = new Map<string, ReadonlyMap<string, readonly AccountId[]>>();

  const problem = (what: string, accountId?: AccountId): void => parts.onProblem(what, accountId);

  // ---- the copy on disk
  let copyPlanned: (() => void) | undefined;
  let copying: Promise<void> = Promise.resolve();
  const copy = (): void => {
    const all = [...running.values()].flatMap(({ provisioner }) => provisioner.stored());
    copying = copying
      .then(() => writeProvisioningCopy(parts.file, { settings, links: all }))
      .catch((error: Error) => problem(`the copy of the links was not written: ${error.message}`));
  };
  const planCopy = (): void => {
    if (stopped) return;
    copyPlanned ??= clock.after(copyEveryMs, () => {
      copyPlanned = undefined;
      copy();
    });
  };

  const keeper: LinkKeeper = {
    async save(link) {
      planCopy();
      await stores.links.save(link);
    },
    async noteClient(accountId, personId, evidence) {
      planCopy();
      await stores.links.noteClient(accountId, personId, evidence);
    },
    async remove(accountId, personId) {
      planCopy();
      await stores.links.remove(accountId, personId);
    },
  };

  // ---- telling
  const told = new Map<PersonId, string>();
  const toTell = new Set<PersonId>();
  let tellPlanned = false;
  const tell = (): void => {
    tellPlanned = false;
    const { people, accounts } = snapshots.current();
    for (const personId of toTell) {
      const person = people.get(personId);
      const account = person && accounts.get(person.accountId);
      const judged = account && whose.get(personId)?.provisioner.judge(account, person);
      if (!judged) {
        told.delete(personId);
        continue;
      }
      const readiness = toReadinessSummary(judged);
      const text = JSON.stringify(readiness);
      if (told.get(personId) === text) continue;
      told.set(personId, text);
      parts.publish({ kind: 'person', accountId: person.accountId, personId, readiness });
    }
    toTell.clear();
  };
  const onPerson = (personId: PersonId): void => {
    toTell.add(personId);
    if (tellPlanned) return;
    tellPlanned = true;
    clock.after(tellMs, tell);
  };

  const history = createProvisioningHistory({
    store: stores.provisioningHistory,
    clock,
    onProblem: (what) => problem(what),
  });

  // ---- who else claims a Microsoft user
  const countClaims = (tenantId: string): void => {
    const found = new Map<string, AccountId[]>();
    for (const one of running.values()) {
      if (one.tenantId !== tenantId) continue;
      for (const objectId of one.provisioner.claims()) {
        const known = found.get(objectId);
        if (known) known.push(one.accountId);
        else found.set(objectId, [one.accountId]);
      }
    }
    claims = new Map(claims).set(tenantId, found);
  };
  const claimedElsewhere = (tenantId: string, accountId: AccountId, objectId: string): string | undefined => {
    const other = claims
      .get(tenantId)
      ?.get(objectId)
      ?.find((one) => one !== accountId);
    return other === undefined ? undefined : (snapshots.current().accounts.get(other)?.name ?? other);
  };

  const notify = (
    notice: ProvisioningNotice,
    personId: PersonId | undefined,
    one: Pick<RunningConnection, 'accountId' | 'provisioner'>,
  ): void => {
    const { accounts, people } = snapshots.current();
    const account = accounts.get(one.accountId);
    if (!account) return;
    if (notice.kind === 'release-number' && personId !== undefined) {
      const leaver = leaverOf(one.provisioner.entries().get(personId), one.provisioner.settings);
      const { number } = notice;
      parts.onReleased?.({ accountId: account.id, personId, number, ...(leaver && { leaver }) });
    }
    const mail = mailOf(notice, {
      account,
      settings: one.provisioner.settings,
      person: personId === undefined ? undefined : people.get(personId),
      link: personId === undefined ? undefined : one.provisioner.entries().get(personId)?.link,
      portalUrl: parts.portalUrl?.(),
    });
    if (mail) void parts.mailer?.send(mail);
  };

  // ---- connections
  const settingsOf = (connection: MicrosoftConnection, first: boolean): ProvisioningSettings | undefined =>
    settings.find(
      ({ accountId, connectionId }) =>
        accountId === connection.accountId && connectionId === connection.connectionId,
    ) ??
    (first
      ? settings.find(
          ({ accountId, connectionId }) => accountId === connection.accountId && connectionId === undefined,
        )
      : undefined);

  /** A person stays where their number stands; else their domain says whose they are. */
  const connectionOf = (person: Person): ConnectionId | undefined => {
    const link =
      whose.get(person.id)?.provisioner.entries().get(person.id)?.link ?? links.get(person.id)?.link;
    const stands = link?.connectionId;
    if (stands !== undefined && link?.assignedNumber !== undefined && running.has(stands)) return stands;
    return connections.ofPerson(person)?.connectionId;
  };

  const begin = (
    connection: MicrosoftConnection,
    account: Account,
    own: ProvisioningSettings,
  ): RunningConnection => {
    const { connectionId, tenantId } = connection;
    const view = parts.viewOf?.(connectionId);
    const graph = graphTenant(connection.graph, { wall: clock.wall, ...(view && { view }) });
    const provisioner: AccountProvisioner = new AccountProvisioner(account, own, {
      tenant: {
        ...graph,
        async read(ask, asked) {
          // Who stands there now is who a mass change would take away.
          view?.protect(linkedObjectIds(provisioner), provisioner.settings.guard);
          const reading = await graph.read(ask, asked);
          // Judged with this reading, and with what others of the tenant claimed by theirs.
          clock.after(0, () => countClaims(tenantId));
          return reading;
        },
      },
      keeper,
      clock,
      random: parts.random,
      onPerson,
      onObjectIds(objectIds) {
        connections.note(objectIds);
        // Who became one of those who call by this very reading would go unguarded until the next one began.
        view?.protect(linkedObjectIds(provisioner), provisioner.settings.guard);
      },
      onProblem: (what) => problem(what, account.id),
      notify: (notice, personId) => notify(notice, personId, { accountId: account.id, provisioner }),
      history: (personId, step) => history.note(account.id, personId, step),
      claimedElsewhere: (objectId) => claimedElsewhere(tenantId, account.id, objectId),
      routing: () => parts.routing?.(account.id, connectionId) ?? {},
      ...(parts.heldNumber && { heldNumber: parts.heldNumber }),
      setLicence: (personId, licensed) => parts.setLicence?.(account.id, personId, licensed),
    });
    return { connectionId, accountId: account.id, tenantId, provisioner };
  };

  const end = (one: RunningConnection): void => {
    one.provisioner.stop();
    // Should the connection come back, it goes on from here, not from what was stored when the process began.
    for (const stored of one.provisioner.stored()) {
      links.set(stored.personId, stored);
      if (whose.get(stored.personId) === one) whose.delete(stored.personId);
    }
    running.delete(one.connectionId);
  };

  /** Brings the provisioners in line with the facts; what our own facts decide is decided when this returns. */
  const follow = (snapshot: RoutingSnapshot): void => {
    if (stopped) return;
    const wanted = new Map<
      ConnectionId,
      {
        readonly connection: MicrosoftConnection;
        readonly account: Account;
        readonly own: ProvisioningSettings;
      }
    >();
    for (const accountId of new Set(settings.map((one) => one.accountId))) {
      const account = snapshot.accounts.get(accountId);
      if (!account) continue;
      for (const [index, connection] of connections.all(accountId).entries()) {
        const own = settingsOf(connection, index === 0);
        if (own && !decidesNobody(own))
          wanted.set(connection.connectionId, {
            connection,
            account,
            own: { ...own, connectionId: connection.connectionId },
          });
      }
    }
    const idle = new Set<ConnectionId>();
    for (const account of snapshot.accounts.values())
      for (const [index, connection] of connections.all(account.id).entries()) {
        const { connectionId } = connection;
        if (wanted.has(connectionId)) continue;
        idle.add(connectionId);
        const own = settingsOf(connection, index === 0) ?? defaultSettings(account.id);
        const known = waiting.get(connectionId);
        if (
          known?.tenantId !== connection.tenantId ||
          JSON.stringify(known.provisioner.settings) !== JSON.stringify({ ...own, connectionId })
        )
          waiting.set(connectionId, begin(connection, account, { ...own, connectionId }));
      }
    for (const connectionId of waiting.keys()) if (!idle.has(connectionId)) waiting.delete(connectionId);
    for (const one of [...running.values()]) {
      const now = wanted.get(one.connectionId);
      // Nothing is written to a tenant that the account has left.
      if (now?.connection.tenantId !== one.tenantId || now.account.id !== one.accountId) end(one);
    }
    const begun = new Set<RunningConnection>();
    for (const [connectionId, { connection, account, own }] of wanted) {
      if (running.has(connectionId)) continue;
      const one = begin(connection, account, own);
      running.set(connectionId, one);
      begun.add(one);
    }
    byAccount.clear();
    for (const one of running.values())
      byAccount.set(one.accountId, [...(byAccount.get(one.accountId) ?? []), one]);

    const peopleOf = new Map<ConnectionId, Person[]>();
    for (const person of snapshot.people.values()) {
      if (!byAccount.has(person.accountId)) continue;
      const connectionId = connectionOf(person);
      const one = connectionId === undefined ? undefined : running.get(connectionId);
      if (!one) continue;
      const known = peopleOf.get(one.connectionId);
      if (known) known.push(person);
      else peopleOf.set(one.connectionId, [person]);
      whose.set(person.id, one);
    }
    for (const one of running.values()) {
      const now = wanted.get(one.connectionId);
      if (!now) continue;
      if (begun.has(one)) {
        // Links of people who are gone are seen through by the connection in whose tenant they stand, else by the first.
        const first = byAccount.get(one.accountId)?.[0] === one;
        const own = [...links.values()].filter(({ accountId, personId, link }) => {
          if (accountId !== one.accountId) return false;
          if (snapshot.people.has(personId)) return whose.get(personId) === one;
          return link?.connectionId === undefined ? first : link.connectionId === one.connectionId;
        });
        one.provisioner.load(own);
        for (const { personId } of own) whose.set(personId, one);
      }
      one.provisioner.own(now.account, peopleOf.get(one.connectionId) ?? [], now.own);
      if (begun.has(one)) one.provisioner.start();
    }
  };

  const loadSettings = async (): Promise<void> => {
    const read = await stores.provisioning.listAllProvisioningSettingsForPlatform();
    if (!linksKnown) {
      // The start had neither the database nor a copy: nobody is provisioned yet, and nobody is before this is read.
      loadLinks(await stores.links.listAllLinksForPlatform());
      linksKnown = true;
    }
    settings = read;
  };
  function loadLinks(stored: readonly StoredLink[]): void {
    links = new Map(stored.map((one) => [one.personId, one]));
  }

  try {
    await loadSettings();
    loadLinks(await stores.links.listAllLinksForPlatform());
  } catch (error) {
    const kept = readProvisioningCopy(parts.file);
    problem(
      `the links cannot be read now, ${kept ? 'the copy on disk is used' : 'and there is no copy'}: ${(error as Error).message}`,
    );
    settings = kept?.settings ?? [];
    loadLinks(kept?.links ?? []);
    linksKnown = kept !== undefined;
  }
  follow(snapshots.current());

  const stopListening = snapshots.onChange((snapshot) => {
    follow(snapshot);
    // A change of the settings is told like one of the routing facts, so it is noticed here too.
    const before = JSON.stringify(settings);
    loadSettings().then(
      () => {
        if (JSON.stringify(settings) !== before) follow(snapshots.current());
      },
      () => undefined,
    );
  });
  const stopConnections = connections.onChange(() => follow(snapshots.current()));
  const provisionersOf = (accountId: AccountId): readonly RunningConnection[] =>
    byAccount.get(accountId) ?? [];

  const leaverForward = (person: Person): LeaverCalls | undefined =>
    forwardFor(person, (whose.get(person.id) ?? provisionersOf(person.accountId)[0])?.provisioner.settings);

  return {
    access: {
      leaverForward,
      outcomeOf: (_accountId, personId) => whose.get(personId)?.provisioner.outcomeOf(personId),
      formerOwner(number) {
        for (const { accountId, provisioner } of running.values()) {
          const personId = provisioner.formerOwner(number);
          if (personId !== undefined) return { kind: 'person', accountId, personId };
        }
        return undefined;
      },
    },
    judge: (account, person) => whose.get(person.id)?.provisioner.judge(account, person),
    look(accountId) {
      for (const { provisioner } of provisionersOf(accountId)) provisioner.look();
    },
    callClosed(record) {
      try {
        noteCall(record, (personId) => whose.get(personId)?.provisioner);
      } catch (error) {
        // The engine tells from within the end of a call, which must come to its end.
        problem(`a bug: ${error instanceof Error ? error.stack : String(error)}`, record.accountId);
      }
    },
    links() {
      const counts = new Map<LinkState, number>();
      for (const { provisioner } of running.values())
        for (const state of provisioner.states()) counts.set(state, (counts.get(state) ?? 0) + 1);
      return counts;
    },
    running: () => [...running.values()],
    waiting: () => [...waiting.values()],
    ofPerson: ({ id }) => whose.get(id),
    history,
    async saveSettings(connectionId, own) {
      const first = connections.all(own.accountId)[0]?.connectionId === connectionId;
      await stores.provisioning.save({ ...own, connectionId }, { adopt: first });
      await loadSettings();
      follow(snapshots.current());
    },
    readyPeople: (accountId) =>
      provisionersOf(accountId).reduce(
        (sum, { provisioner }) => sum + provisioner.states().filter((state) => state === 'READY').length,
        0,
      ),
    leaverForward,
    directoryChanged(accountId) {
      for (const { provisioner } of provisionersOf(accountId)) provisioner.directoryChanged();
    },
    letGo(connectionId, objectIds) {
      running.get(connectionId)?.provisioner.letGo(objectIds);
    },
    routingChanged(connectionId) {
      running.get(connectionId)?.provisioner.routingChanged();
    },
    async stop() {
      stopped = true;
      stopListening();
      stopConnections();
      for (const { provisioner } of running.values()) provisioner.stop();
      copyPlanned?.();
      copy();
      await copying;
      await history.flush();
    },
  };
}

function linkedObjectIds(provisioner: AccountProvisioner): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const entry of provisioner.entries().values()) {
    const objectId = standsInTeams(entry.link) ? settledObjectId(entry) : undefined;
    if (objectId !== undefined) ids.add(objectId.toLowerCase());
  }
  return ids;
}

/** The check of the account, or of the number, is red while this is so, and nothing is left to do once it is over. */
const saidByOtherChecks: ReadonlySet<string> = new Set(['caller-account-suspended', 'caller-not-eligible']);

/** What the end of a call shows of a person's Teams client. */
function noteCall(
  record: CallRecord,
  provisionerOf: (personId: PersonId) => AccountProvisioner | undefined,
): void {
  const { accountId, personId, answeredMs, direction, legs, invitedAt, status, code, emergency } = record;
  if (accountId === undefined || personId === undefined) return;
  // The record names one person: who was called, or of two colleagues who called. The other's Teams proves nothing.
  const side = direction.startsWith('to-') ? 'b' : 'a';
  const throughTeams = legs.some((leg) => leg.side === side && leg.role === 'teams');
  if (answeredMs !== undefined) {
    if (throughTeams) provisionerOf(personId)?.noteCall(personId, invitedAt + answeredMs);
    return;
  }
  const unknownToTeams = record.attempts.some(
    ({ target, result }) => target.startsWith('hub ') && result.startsWith('404'),
  );
  if (direction.startsWith('to-') && unknownToTeams)
    provisionerOf(personId)?.noteTrouble(personId, { is: 'answered-404' });
  const refusedHere = direction === 'from-teams' && record.attempts.length === 0 && status === 403;
  const saidElsewhere = code?.startsWith('PRV-') || (code !== undefined && saidByOtherChecks.has(code));
  if (refusedHere && !emergency && code !== undefined && !saidElsewhere)
    provisionerOf(personId)?.noteTrouble(personId, { is: 'edge-refused', reason: record.sentence ?? code });
}

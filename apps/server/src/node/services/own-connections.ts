import type { GraphClient, GraphTry } from '@tandem/adapters/graph/graph-client.ts';
import { ownPresence, personGraph, readMe } from '@tandem/adapters/graph/person-graph.ts';
import { createPersonTokenService } from '@tandem/adapters/microsoft-sign-in/person-tokens.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import { type AccountId, asSignInId, type Person, type PersonId, type RoutingSnapshot } from '@tandem/domain';
import {
  type AuditLog,
  type Clock,
  type LinkedUser,
  type Mailer,
  notSynced,
  OwnConnectionDesk,
  type PresencePolicies,
  type SecretText,
  SignInKeeper,
  type StoredSignIn,
  type TenantPresence,
  workingStates,
} from '@tandem/engine';
import type { OpenConnections } from './microsoft-connections.ts';

export interface OwnConnectionsParts {
  readonly stores: Pick<Stores, 'ownSignIns' | 'signInAttempts'>;
  readonly connections: Pick<
    OpenConnections,
    'all' | 'ofPerson' | 'mayUse' | 'onChange' | 'redirectUris' | 'apps' | 'signIn'
  > & { readonly keeper: Pick<OpenConnections['keeper'], 'find'> };
  /** Who is who at Microsoft, as presence knows it. */
  readonly links: {
    objectIdOf(personId: PersonId): string | undefined;
    holderOf(objectId: string): PersonId | undefined;
  };
  /** As the directory names a user of the person's tenant. */
  readonly shownAs: (person: Person, objectId: string) => string | undefined;
  readonly snapshots: { current(): RoutingSnapshot; onChange(heard: () => void): () => void };
  readonly clock: Clock;
  readonly random: { fraction(): number; bytes(count: number): Uint8Array };
  readonly mailer: Pick<Mailer, 'send'>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly newId: () => string;
  readonly twinMode: boolean;
  /** Address of the portal, for mails. */
  readonly portal: string;
  readonly onTry: (seen: GraphTry) => void;
  /** Something of ours stands at Microsoft for this person. */
  readonly holds: (personId: PersonId) => boolean;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

/** One person's presence by their own sign-in. */
export interface OwnServed {
  readonly entraTenantId: string;
  readonly objectId: string;
  readonly presence: TenantPresence;
}

export interface OwnConnections {
  readonly keeper: SignInKeeper;
  readonly desk: OwnConnectionDesk;
  /** Undefined: the organisation's connection serves this person, or nothing does. */
  of(personId: PersonId): OwnServed | undefined;
  /** The Entra user by whose own sign-in, which works, the person is served now. */
  servedBy(personId: PersonId): string | undefined;
  /** Wall ms since when the person's own connection, which nothing else stands in for, does not work; false: it works. */
  interruptedSince(personId: PersonId): number | false | undefined;
  /** The organisation's connection serves this person now. */
  organisationServes(person: Person): boolean;
  graphOf(signIn: StoredSignIn): GraphClient;
  /** Nothing is asked for, and what is ours is withdrawn, while a person disconnects. */
  policiesBut(policies: PresencePolicies): PresencePolicies;
  /** Told after who is served by what changed. Returns the way to stop. */
  onChange(heard: () => void): () => void;
  start(): void;
  stop(): void;
}

/** Two writes at Microsoft, and what they wait for. */
const withdrawMs = 6_000;
const lookMs = 50;

/** People's own sign-ins at Microsoft: kept, asked with, and taken back (product-behaviour 2.12). */
export async function openOwnConnections(parts: OwnConnectionsParts): Promise<OwnConnections> {
  const { connections, stores, clock, snapshots, random } = parts;
  const { apps } = connections;
  const heard = new Set<() => void>();
  const leaving = new Set<PersonId>();
  const served = new Map<PersonId, { readonly of: StoredSignIn; readonly served: OwnServed }>();
  const graphs = new Map<string, GraphClient>();
  const tell = (): void => {
    for (const listener of heard) listener();
  };
  const person = (personId: PersonId): Person | undefined => snapshots.current().people.get(personId);

  const keeper: SignInKeeper = new SignInKeeper({
    store: stores.ownSignIns,
    service: createPersonTokenService({
      endpoints: apps.endpoints,
      twinMode: parts.twinMode,
      https: apps.https,
      // Our proof is judged by the real time, whatever clock leases and timers go by.
      wall: () => Date.now(),
    }),
    async credential() {
      if (!apps.platformApp) throw new Error('the platform has no app registration');
      return await apps.platformApp.credential();
    },
    mailer: parts.mailer,
    audit: parts.audit,
    clock,
    accountName: (accountId) => snapshots.current().accounts.get(accountId)?.name,
    person,
    portal: parts.portal,
    onChange: tell,
    onProblem: parts.onProblem,
  });
  await keeper.load().catch((error: Error) => {
    parts.onProblem(`own connections cannot be read now: ${error.message}`, undefined);
  });

  function graphOf({ id, entraTenantId, use }: StoredSignIn): GraphClient {
    const known = graphs.get(id);
    if (known) return known;
    const graph = makeGraph(
      entraTenantId,
      use,
      (fresh) => keeper.accessToken(id, fresh),
      (seen) => {
        keeper.heard(id, seen.status);
      },
    );
    graphs.set(id, graph);
    return graph;
  }

  const makeGraph = (
    entraTenantId: string,
    use: StoredSignIn['use'],
    token: Parameters<typeof personGraph>[0]['token'],
    onTry: (seen: GraphTry) => void,
  ): GraphClient =>
    personGraph({
      endpoints: apps.endpoints,
      https: apps.https,
      clock: {
        wall: clock.wall,
        sleep: (ms) => new Promise((resolve) => void clock.after(ms, () => resolve())),
      },
      random: random.fraction,
      entraTenantId,
      use,
      token,
      onTry(seen) {
        parts.onTry(seen);
        onTry(seen);
      },
    });

  function organisationServes(one: Person): boolean {
    const connection = connections.ofPerson(one);
    const stored = connection && connections.keeper.find(connection.connectionId);
    return (
      stored !== undefined &&
      workingStates.has(stored.life.state) &&
      connections.mayUse(stored.id, 'presence')
    );
  }

  /** The person's own sign-in, if it is what serves: whether it works now or not. */
  function inUse(personId: PersonId): StoredSignIn | undefined {
    const signIn = keeper.ofPerson(personId);
    const one = signIn && person(personId);
    if (!signIn || !one) return undefined;
    const mode = keeper.settingsOf(one.accountId).ownConnections;
    if (mode === 'off') return undefined;
    const organisation = organisationServes(one);
    if (!organisation) return signIn;
    // Whoever leaves, or must sign in again, is served by the organisation meanwhile.
    return mode === 'always' && signIn.life.state === 'CONNECTED' && !leaving.has(personId)
      ? signIn
      : undefined;
  }

  const desk = new OwnConnectionDesk({
    keeper,
    attempts: stores.signInAttempts,
    signIn: connections.signIn,
    clock,
    platformApp: apps.platformApp,
    account: (accountId) => snapshots.current().accounts.get(accountId),
    person,
    linked(one): LinkedUser | undefined {
      const objectId = parts.links.objectIdOf(one.id);
      const entraTenantId = connections.ofPerson(one)?.tenantId;
      if (objectId === undefined || entraTenantId === undefined) return undefined;
      return { entraTenantId, objectId, shown: parts.shownAs(one, objectId) ?? one.upn };
    },
    tenantsOf(accountId) {
      const named = snapshots.current().accounts.get(accountId)?.entraTenantId?.toLowerCase();
      const tenants = connections.all(accountId).map(({ tenantId }) => tenantId);
      return [...new Set([...tenants, ...(named === undefined ? [] : [named])])];
    },
    holderOf: (objectId) =>
      parts.links.holderOf(objectId) ??
      keeper.list().find((one) => one.use === 'own' && one.objectId === objectId)?.personId,
    profile: (entraTenantId: string, token: SecretText) =>
      readMe(
        makeGraph(
          entraTenantId,
          'own',
          async () => ({ ok: true, token }),
          () => undefined,
        ),
      ),
    async withdraw({ personId }) {
      if (personId === undefined || inUse(personId) === undefined) return;
      leaving.add(personId);
      try {
        tell();
        const until = clock.now() + withdrawMs;
        while (parts.holds(personId) && clock.now() < until)
          await new Promise<void>((resolve) => void clock.after(lookMs, () => resolve()));
      } finally {
        // The sign-in itself goes in the same turn that follows.
        setImmediate(() => {
          leaving.delete(personId);
          tell();
        });
      }
    },
    redirectUris: connections.redirectUris,
    newId: () => asSignInId(parts.newId()),
    secretText: () => Buffer.from(random.bytes(32)).toString('base64url'),
    onProblem: parts.onProblem,
  });

  const stops = [
    connections.onChange(tell),
    snapshots.onChange(() => {
      const { accounts, people } = snapshots.current();
      // Nobody is forgotten because the facts themselves are not there.
      keeper.keepOnly(
        ({ accountId, personId }) =>
          personId === undefined || people.has(personId) || !accounts.has(accountId),
      );
      for (const personId of served.keys()) if (!keeper.ofPerson(personId)) served.delete(personId);
      for (const id of graphs.keys()) if (!keeper.find(asSignInId(id))) graphs.delete(id);
    }),
  ];

  return {
    keeper,
    desk,
    graphOf,
    organisationServes,
    of(personId) {
      const signIn = inUse(personId);
      if (!signIn) return undefined;
      const known = served.get(personId);
      // The same object as long as it is the same sign-in, whatever its state.
      if (known?.of.id === signIn.id && known.of.objectId === signIn.objectId) return known.served;
      const made: OwnServed = {
        entraTenantId: signIn.entraTenantId,
        objectId: signIn.objectId,
        presence: ownPresence(graphOf(signIn), signIn.clientId, signIn.objectId),
      };
      served.set(personId, { of: signIn, served: made });
      return made;
    },
    servedBy(personId) {
      const signIn = inUse(personId);
      return signIn?.life.state === 'CONNECTED' ? signIn.objectId : undefined;
    },
    interruptedSince(personId) {
      const signIn = inUse(personId);
      if (!signIn) return undefined;
      return signIn.life.state === 'INTERRUPTED' && signIn.life.sinceWallMs;
    },
    policiesBut: (policies) => ({
      of: (personId) => (leaving.has(personId) ? notSynced : policies.of(personId)),
      onChange(listener) {
        heard.add(listener);
        const stop = policies.onChange(listener);
        return () => {
          heard.delete(listener);
          stop();
        };
      },
    }),
    onChange(listener) {
      heard.add(listener);
      return () => heard.delete(listener);
    },
    start: () => keeper.start(),
    stop() {
      keeper.stop();
      for (const stop of stops) stop();
    },
  };
}

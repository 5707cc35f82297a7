import { graphTenant } from '@tandem/adapters/graph/read-tenant.ts';
import type { FeedEvent } from '@tandem/adapters/http/events/event-feed.ts';
import type { JudgedPerson } from '@tandem/adapters/http/services.ts';
import { toReadinessSummary } from '@tandem/adapters/http/views/readiness-view.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type {
  Account,
  AccountId,
  CallRecord,
  LinkState,
  Person,
  PersonId,
  RoutingSnapshot,
} from '@tandem/domain';
import {
  AccountProvisioner,
  type Clock,
  type LinkKeeper,
  type ProvisioningSettings,
  type StoredLink,
  type TeamsAccess,
} from '@tandem/engine';
import type { MicrosoftConnections } from './microsoft-connections.ts';
import { readProvisioningCopy, writeProvisioningCopy } from './provisioning-file.ts';

export interface Provisioning {
  /** For the call engine: from memory, never waiting. */
  readonly access: TeamsAccess;
  judge(account: Account, person: Person): JudgedPerson | undefined;
  look(accountId: AccountId): void;
  /** An answered call may prove that a Teams client works. */
  callClosed(record: CallRecord): void;
  /** Links by state, over all accounts. */
  links(): ReadonlyMap<LinkState, number>;
  stop(): Promise<void>;
}

export interface ProvisioningParts {
  readonly stores: Pick<Stores, 'links' | 'provisioning'>;
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
  const provisioners = new Map<AccountId, AccountProvisioner>();
  /** Whose directory each of them reads and writes. */
  const tenantOf = new Map<AccountId, string>();
  let settings = new Map<AccountId, ProvisioningSettings>();
  let links = new Map<AccountId, readonly StoredLink[]>();
  let linksKnown = true;
  let stopped = false;

  const problem = (what: string, accountId?: AccountId): void => parts.onProblem(what, accountId);

  // ---- the copy on disk
  let copyPlanned: (() => void) | undefined;
  let copying: Promise<void> = Promise.resolve();
  const copy = (): void => {
    const all = [...provisioners.values()].flatMap((one) => one.stored());
    copying = copying
      .then(() => writeProvisioningCopy(parts.file, { settings: [...settings.values()], links: all }))
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
      const judged = account && provisioners.get(account.id)?.judge(account, person);
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

  // ---- accounts
  /** Brings the provisioners in line with the facts; what our own facts decide is decided when this returns. */
  const follow = (snapshot: RoutingSnapshot): void => {
    if (stopped) return;
    const peopleOf = new Map<AccountId, Person[]>();
    for (const person of snapshot.people.values()) {
      const known = peopleOf.get(person.accountId);
      if (known) known.push(person);
      else peopleOf.set(person.accountId, [person]);
    }
    for (const [accountId, one] of provisioners) {
      const tenantId = connections.connectionsOf(accountId)?.tenantId;
      // Nothing is written to a tenant that the account has left.
      if (settings.has(accountId) && tenantId !== undefined && tenantOf.get(accountId) === tenantId) continue;
      one.stop();
      // Should the account come back, it goes on from here, not from what was stored when the process began.
      links.set(accountId, one.stored());
      provisioners.delete(accountId);
    }
    for (const [accountId, own] of settings) {
      const account = snapshot.accounts.get(accountId);
      const connection = account && connections.connectionsOf(accountId);
      if (!connection) continue;
      let one = provisioners.get(accountId);
      const isNew = one === undefined;
      if (!one) {
        one = new AccountProvisioner(account, own, {
          tenant: graphTenant(connection.graph, clock.wall),
          keeper,
          clock,
          random: parts.random,
          onPerson,
          onObjectIds: (objectIds) => connections.note(objectIds),
          onProblem: (what) => problem(what, accountId),
        });
        one.load(links.get(accountId) ?? []);
        provisioners.set(accountId, one);
        tenantOf.set(accountId, connection.tenantId);
      }
      one.own(account, peopleOf.get(accountId) ?? [], own);
      if (isNew) one.start();
    }
  };

  const loadSettings = async (): Promise<void> => {
    const read = await stores.provisioning.listAllProvisioningSettingsForPlatform();
    if (!linksKnown) {
      // The start had neither the database nor a copy: nobody is provisioned yet, and nobody is before this is read.
      loadLinks(await stores.links.listAllLinksForPlatform());
      linksKnown = true;
    }
    settings = new Map(read.map((one) => [one.accountId, one]));
  };
  function loadLinks(stored: readonly StoredLink[]): void {
    const found = new Map<AccountId, StoredLink[]>();
    for (const one of stored) {
      const known = found.get(one.accountId);
      if (known) known.push(one);
      else found.set(one.accountId, [one]);
    }
    links = found;
  }

  try {
    await loadSettings();
    loadLinks(await stores.links.listAllLinksForPlatform());
  } catch (error) {
    const kept = readProvisioningCopy(parts.file);
    problem(
      `the links cannot be read now, ${kept ? 'the copy on disk is used' : 'and there is no copy'}: ${(error as Error).message}`,
    );
    settings = new Map(kept?.settings.map((one) => [one.accountId, one]));
    loadLinks(kept?.links ?? []);
    linksKnown = kept !== undefined;
  }
  follow(snapshots.current());

  const stopListening = snapshots.onChange((snapshot) => {
    follow(snapshot);
    // Settings stand in the accounts' rows, so their changes are noticed here too.
    const before = JSON.stringify([...settings]);
    loadSettings().then(
      () => {
        if (JSON.stringify([...settings]) !== before) follow(snapshots.current());
      },
      () => undefined,
    );
  });

  return {
    access: { outcomeOf: (accountId, personId) => provisioners.get(accountId)?.outcomeOf(personId) },
    judge: (account, person) => provisioners.get(account.id)?.judge(account, person),
    look: (accountId) => provisioners.get(accountId)?.look(),
    callClosed(record) {
      const { accountId, personId, answeredMs, direction, legs, invitedAt } = record;
      if (accountId === undefined || personId === undefined || answeredMs === undefined) return;
      // The record names one person: who was called, or of two colleagues who called. The other's Teams proves nothing.
      const side = direction.startsWith('to-') ? 'b' : 'a';
      if (!legs.some((leg) => leg.side === side && leg.role === 'teams')) return;
      try {
        provisioners.get(accountId)?.noteCall(personId, invitedAt + answeredMs);
      } catch (error) {
        // The engine tells from within the end of a call, which must come to its end.
        problem(`a bug: ${error instanceof Error ? error.stack : String(error)}`, accountId);
      }
    },
    links() {
      const counts = new Map<LinkState, number>();
      for (const one of provisioners.values())
        for (const state of one.states()) counts.set(state, (counts.get(state) ?? 0) + 1);
      return counts;
    },
    async stop() {
      stopped = true;
      stopListening();
      for (const one of provisioners.values()) one.stop();
      copyPlanned?.();
      copy();
      await copying;
    },
  };
}

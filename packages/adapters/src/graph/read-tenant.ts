import type { PersonId } from '@tandem/domain';
import type {
  AskedPerson,
  DirectoryView,
  MicrosoftFacts,
  MicrosoftTenant,
  Reading as TenantReading,
} from '@tandem/engine';
import { listedDirectory, mirroredDirectory, unmatchedIn } from './directory-source.ts';
import { Gather } from './gather.ts';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { LicenceStock, licenceAdvice } from './licence-advice.ts';
import { holderOf, microsoftFactsOf, type NumberHolder } from './microsoft-facts.ts';
import { NumberInventory } from './number-inventory.ts';
import { type NumberWrite, pollNumberOperations, writeNumbers } from './numbers.ts';
import { type PersonPolicies, PolicyOffice } from './policies.ts';
import { TenantTrouble } from './tenant-trouble.ts';
import { UserConfigurations } from './user-configurations.ts';

export interface GraphTenantOptions {
  readonly wall: () => number;
  /** Waits so many milliseconds: how long a first write waits for others to go with it. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** The mirror of the directory; without it users and members are listed each time. */
  readonly view?: DirectoryView;
}

const lingerMs = 15;
const longLingerMs = 4_000;
const manyPolicies = 10;
const mostInBatch = 20;
/** Twenty calls of twenty people each. */
const mostPolicies = 400;
/** A mirror that was refreshed within this is young enough for a round. */
const viewAgeMs = 25_000;

/** One account's Microsoft 365 tenant over Graph: a few lists and one request in twenty people, not one a person. */
export function graphTenant(graph: GraphClient, options: GraphTenantOptions): MicrosoftTenant {
  const { wall, view } = options;
  const sleep =
    options.sleep ?? ((ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)));
  const linger = () => sleep(lingerMs);
  const trouble = new TenantTrouble();
  const directory = view ? mirroredDirectory(view, viewAgeMs) : listedDirectory(graph, wall);
  const inventory = new NumberInventory(graph, wall);
  const configurations = new UserConfigurations(graph, wall);
  const policies = new PolicyOffice(graph, wall);
  const stock = new LicenceStock(graph, wall);
  const writes = new Gather(mostInBatch, linger, (items: readonly NumberWrite[]) =>
    writeNumbers(graph, items),
  );
  const polls = new Gather(mostInBatch, linger, (ids: readonly string[]) => pollNumberOperations(graph, ids));
  // Many policies in a row come from many joiners: the next ones are worth waiting for.
  const grantsLinger = (before: number) => sleep(before >= manyPolicies ? longLingerMs : lingerMs);
  const grants = new Gather(mostPolicies, grantsLinger, (people: readonly PersonPolicies[]) =>
    policies.assign(people),
  );

  return {
    assign: (number, objectId) => writes.ask({ kind: 'assign', number, objectId }),
    unassign: (number) => writes.ask({ kind: 'unassign', number }),
    poll: (operationId) => polls.ask(operationId),
    assignPolicies: (objectId, one) => grants.ask({ objectId, writes: one }),
    async read(ask, people) {
      const before = inventory.requests + configurations.requests + policies.requests + stock.requests;
      const all = ask.what === 'all';
      const objectIdOf = (one: AskedPerson): string | undefined => one.objectId;
      const [part, numbersFault, missing] = await Promise.all([
        directory.read(ask.groupIds, all),
        inventory.read(ask.what, people, objectIdOf),
        all ? settled(policies.missing(ask.policies)) : undefined,
      ]);
      const matches = part.match(people);
      const wanted = new Map<string, boolean>();
      for (const person of people) {
        const user = matches?.get(person.personId)?.user;
        if (user) wanted.set(user.id, person.urgent);
      }
      const configurationFault = matches && (await configurations.read(wanted, part.users));
      if (all) configurations.keepOnly(wanted);
      const said = trouble.after([...part.faults, numbersFault, configurationFault, missing], wall());
      // What the mirror could not read is told by whoever reads it.
      const state = view && said.connection.is === 'connected' && !said.trouble ? view.state : said;
      const facts = new Map<PersonId, MicrosoftFacts>();
      const requests = (): number =>
        part.requests +
        inventory.requests +
        configurations.requests +
        policies.requests +
        stock.requests -
        before;
      if (!matches) return { ...state, facts, requests: requests() } satisfies TenantReading;
      const who = (objectId: string): NumberHolder | undefined =>
        holderOf(part.userOf(objectId), part.isDeleted(objectId));
      let unlicensed = false;
      for (const person of people) {
        const found = matches.get(person.personId);
        const user = found?.user ?? null;
        const configuration = user ? configurations.of(user.id) : undefined;
        const seen = numbersFault ? undefined : inventory.of(person, user?.id ?? person.objectId);
        const read = microsoftFactsOf({
          readAtWallMs: part.readAtWallMs,
          user,
          ...(!user && person.objectId !== undefined && { goneObjectId: person.objectId }),
          ...(found?.deletedOn !== undefined && { deletedOn: found.deletedOn }),
          configuration: user ? configuration?.reading : null,
          ...(configuration && { configurationReadAtWallMs: configuration.readAtWallMs }),
          number: seen?.number,
          numberReadAtWallMs: seen?.readAtWallMs ?? 0,
          ...(seen && { others: seen.others }),
          membership: user ? part.membership(user.id) : undefined,
          alsoMatches: found?.alsoMatches ?? [],
          candidates: found?.candidates,
          holderOf: who,
        });
        unlicensed ||= read.licence !== 'unread' && read.licence.phone === 'missing';
        const nearest = found?.nearest ?? [];
        facts.set(person.personId, { ...read, ...(nearest.length > 0 && { nearest }) });
      }
      if (unlicensed && all)
        await advise(people, facts, (personId) => matches.get(personId)?.user?.assignedPlans);
      const taken = new Set([...wanted.keys()].map((id) => id.toLowerCase()));
      const members = all ? part.members() : undefined;
      return {
        ...state,
        facts,
        requests: requests(),
        ...(members && { members: members.size, unmatched: unmatchedIn(part, taken) }),
        ...(typeof missing === 'string' && { missing }),
      };
    },
  };

  /** Which licence of the stock would do, for each who has none (PRV-401). */
  async function advise(
    people: readonly AskedPerson[],
    facts: Map<PersonId, MicrosoftFacts>,
    plansOf: (personId: PersonId) => Parameters<typeof licenceAdvice>[0],
  ): Promise<void> {
    const skus = await stock.read();
    if (!skus) return;
    for (const { personId } of people) {
      const known = facts.get(personId);
      if (!known || known.licence === 'unread' || known.licence.phone !== 'missing') continue;
      const spare = licenceAdvice(plansOf(personId), skus);
      if (spare) facts.set(personId, { ...known, licence: { ...known.licence, spare } });
    }
  }
}

async function settled<T>(work: Promise<T>): Promise<T | GraphError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GraphError) return error;
    throw error;
  }
}

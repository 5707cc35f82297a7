import type { ContactCard, DirectoryPerson, HistoryEntry, Line } from '@tandem/contract';
import type { contactRoutes } from '@tandem/contract/areas/contact-routes.ts';
import { type Account, asPersonId, type CallRecord, type Person, type PersonId } from '@tandem/domain';
import { type ContactStore, mostContacts, type OwnContact } from '../../postgres/contact-store.ts';
import type { StoreOutcome } from '../../postgres/outcome.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesPerson } from '../scope.ts';
import type { ApiServices, LiveCall } from '../services.ts';
import { toCallSummary } from '../views/call-view.ts';
import { mergeCards, toCard } from '../views/contact-view.ts';
import { compact } from '../views/shape.ts';

const mostPagesRead = 10;

/** What of a store of contacts the API needs. */
export type ContactBoard = ContactStore & { newId(): string };

const notFound = (detail?: string): Refusal =>
  new Refusal('not-found', detail === undefined ? {} : { detail });

/** Contacts of a person, with how they are now (product-behaviour 2.12, 5.2). */
export function contactHandlers(services: ApiServices): HandlersOf<typeof contactRoutes> {
  const { directory, contacts, tenantDirectory } = services;
  const presenceOf = (personId: PersonId) => services.presence.of(personId);

  /** A list is its owner's alone: nobody else has one to look at (T03). */
  async function ownerIn(scope: Scope, id: string): Promise<Person | undefined> {
    const person = await directory.person(scope, id);
    return person && seesPerson(scope, { accountId: person.accountId, personId: person.id })
      ? person
      : undefined;
  }

  /** Colleagues are no secret to each other; everything else of them is. */
  const account = (accountId: Account['id']): Scope => ({ kind: 'account', accountId });

  async function cardsOf(owner: Person, entries: readonly OwnContact[]): Promise<ContactCard[]> {
    const people = new Map<string, Person>();
    for (const { target } of entries) {
      if (target.kind !== 'person' || people.has(target.personId)) continue;
      const person = await directory.person(account(owner.accountId), target.personId);
      if (person) people.set(person.id, person);
    }
    const users = tenantDirectory.users(owner.accountId, {
      objectIds: entries.flatMap(({ target }) => (target.kind === 'microsoft' ? [target.objectId] : [])),
      personIds: [...people.keys()].map(asPersonId),
    });
    return entries.map((entry) => cardOf(entry, people, users));
  }

  function cardOf(
    { id, target, favourite, speedDial }: OwnContact,
    people: ReadonlyMap<string, Person>,
    users: readonly DirectoryPerson[],
  ): ContactCard {
    const own = compact({ id, favourite, speedDial });
    if (target.kind === 'own')
      return compact({
        key: `own:${id}`,
        displayName: target.displayName,
        mail: target.mail,
        numbers: target.numbers.map((text) => ({
          source: 'own' as const,
          text,
          number: text.replace(/[^0-9*#+]/g, ''),
        })),
        own,
      });
    if (target.kind === 'person') {
      const person = people.get(target.personId);
      const user = users.find(({ personId }) => personId === target.personId);
      return toCard({ person, user, presence: presenceOf(target.personId), own });
    }
    const user = users.find(({ objectId }) => objectId.toLowerCase() === target.objectId);
    // Left the directory: the place stays, so that its owner sees who is missing and takes it off.
    return user
      ? toCard({ user, own })
      : { key: `microsoft:${target.objectId}`, displayName: 'No longer in the directory', numbers: [], own };
  }

  async function answer(owner: Person, outcome: StoreOutcome<OwnContact>): Promise<ContactCard | Refusal> {
    if (outcome.ok) {
      const [card] = await cardsOf(owner, [outcome.value]);
      return card ?? notFound();
    }
    const { refusal } = outcome;
    if (refusal.kind === 'taken') return new Refusal('speed-dial-taken');
    if (refusal.kind === 'invalid' && refusal.detail === 'own_contacts_full')
      return new Refusal('too-many-contacts', { detail: `The list holds ${mostContacts} already.` });
    return notFound('There is nobody like that in your account.');
  }

  return {
    'contacts.search': async ({ scope, input }) => {
      const { search, limit } = input.query;
      const narrowed = narrow(scope, input.params.id);
      const [found] = narrowed ? (await directory.accounts(narrowed, { limit: 1 })).items : [];
      if (!found) return notFound();
      const page = await directory.people(account(found.id), { search, limit });
      const users = tenantDirectory.people(found.id, search, limit);
      // Found by what only Microsoft knows of them: the person belongs to the card all the same.
      const people = [...page.items];
      const shown = new Set<string>(people.map(({ id }) => id));
      for (const { personId } of users.items) {
        if (personId === undefined || shown.has(personId)) continue;
        const person = await directory.person(account(found.id), personId);
        if (person) people.push(person);
        shown.add(personId);
      }
      const inDirectory = new Set(users.items.map(({ objectId }) => objectId));
      const theirs = tenantDirectory
        .users(found.id, { objectIds: [], personIds: people.map(({ id }) => id) })
        .filter(({ objectId }) => !inDirectory.has(objectId));
      const cards = mergeCards(
        people.filter(({ active }) => active),
        [...users.items, ...theirs],
        presenceOf,
      );
      return compact({
        items: cards.slice(0, limit),
        more: cards.length > limit || page.nextCursor !== undefined || users.more,
        directoryReadAt: users.readAt,
      });
    },
    'contacts.own': async ({ scope, input }) => {
      const owner = await ownerIn(scope, input.params.id);
      if (!owner) return notFound();
      return { items: await cardsOf(owner, await contacts.list(owner.accountId, owner.id)) };
    },
    'contacts.add': async ({ scope, input }) => {
      const owner = await ownerIn(scope, input.params.id);
      if (!owner) return notFound();
      const { personId, objectId, displayName, numbers, mail, favourite, speedDial } = input.body;
      const target: OwnContact['target'] =
        personId !== undefined
          ? { kind: 'person', personId: asPersonId(personId) }
          : objectId !== undefined
            ? { kind: 'microsoft', objectId }
            : compact({ kind: 'own' as const, displayName: displayName ?? '', numbers: numbers ?? [], mail });
      if (target.kind === 'microsoft') {
        const asked = { objectIds: [target.objectId], personIds: [] };
        if (tenantDirectory.users(owner.accountId, asked).length === 0)
          return notFound('There is nobody like that in your directory.');
      }
      return await answer(
        owner,
        await contacts.add(
          owner.accountId,
          owner.id,
          compact({ id: contacts.newId(), target, favourite, speedDial }),
        ),
      );
    },
    'contacts.change': async ({ scope, input }) => {
      const owner = await ownerIn(scope, input.params.id);
      if (!owner) return notFound();
      const { contact } = input.params;
      return await answer(owner, await contacts.change(owner.accountId, owner.id, contact, input.body));
    },
    'contacts.remove': async ({ scope, input }) => {
      const owner = await ownerIn(scope, input.params.id);
      if (!owner) return notFound();
      const gone = await contacts.remove(owner.accountId, owner.id, input.params.contact);
      return gone ? undefined : notFound();
    },
    'contacts.history': async ({ scope, input }) => {
      const owner = await ownerIn(scope, input.params.id);
      if (!owner) return notFound();
      const { kind, limit, cursor } = input.query;
      const mine: Scope = { kind: 'person', accountId: owner.accountId, personId: owner.id };
      const entries: { record: CallRecord; kind: HistoryEntry['kind']; other: string }[] = [];
      let next = cursor;
      // Missed calls may be rare: some pages are looked through for them, and the cursor goes on from there.
      for (let pages = 0; pages < mostPagesRead; pages += 1) {
        const page = await services.calls.list(mine, { limit, cursor: next, personId: owner.id });
        for (const record of page.items) {
          const side = sideOf(record);
          if (kind === undefined || side.kind === kind) entries.push({ record, ...side });
        }
        next = page.nextCursor;
        if (next === undefined || entries.length > 0) break;
      }
      const byNumber = await contacts.peopleByNumber(
        owner.accountId,
        entries.map(({ other }) => other),
      );
      const people = new Map<string, Person>();
      for (const personId of new Set(byNumber.values())) {
        const person = await directory.person(account(owner.accountId), personId);
        if (person) people.set(personId, person);
      }
      const items = entries.map(({ record, kind: way, other }): HistoryEntry => {
        const person = people.get(byNumber.get(other) ?? '');
        return compact({
          call: toCallSummary(record, undefined),
          kind: way,
          other,
          card: person && toCard({ person, presence: presenceOf(person.id) }),
        });
      });
      return compact({ items, nextCursor: next });
    },
    'contacts.lines': async ({ scope, input }) => {
      const owner = await ownerIn(scope, input.params.id);
      if (!owner) return notFound();
      const mine = services.live.list().filter(({ record }) => record.personId === owner.id);
      return compact({ items: linesOf(owner, mine, services), presence: presenceOf(owner.id) });
    },
  };
}

/** Who the other side was, as the owner of the record sees it. */
function sideOf(record: CallRecord): { readonly kind: HistoryEntry['kind']; readonly other: string } {
  const out = record.direction === 'from-teams' || record.direction === 'from-phone';
  if (out) return { kind: 'out', other: record.to };
  return { kind: record.result === 'answered' ? 'in' : 'missed', other: record.from };
}

const stateOf = (call: LiveCall | undefined): Line['state'] =>
  call === undefined ? 'idle' : call.phase === 'talking' || call.phase === 'ending' ? 'talking' : 'ringing';

const words: Readonly<Record<Line['state'], string>> = {
  idle: 'Free.',
  ringing: 'It rings.',
  talking: 'In a call.',
  unavailable: 'Calls do not reach it.',
};

function linesOf(owner: Person, mine: readonly LiveCall[], services: Pick<ApiServices, 'phones'>): Line[] {
  const lines: Line[] = [];
  const put = (line: Omit<Line, 'sentence'>, sentence: string = words[line.state]): void => {
    lines.push(compact({ ...line, sentence }));
  };
  const onNumber = (number: string): LiveCall | undefined =>
    mine.find(({ record }) => record.to === number || record.from === number);
  for (const number of owner.numbers) {
    const call = onNumber(number);
    put({ kind: 'number', name: number, number, state: stateOf(call), callId: call?.record.callId });
  }
  if (owner.extension !== undefined) {
    const call = onNumber(owner.extension);
    put({ kind: 'extension', name: owner.extension, state: stateOf(call), callId: call?.record.callId });
  }
  for (const { device, registration } of services.phones.list()) {
    if (device.personId !== owner.id) continue;
    if (!registration)
      put({ kind: 'phone', name: device.name, state: 'unavailable' }, 'The phone is not registered.');
    else {
      // A record names its legs by role: whether a phone of the person has the call, not which of several.
      const call = mine.find(({ record }) => record.legs.some(({ role }) => role === 'phone'));
      put({ kind: 'phone', name: device.name, state: stateOf(call), callId: call?.record.callId });
    }
  }
  if (owner.teamsToggle) {
    const call = mine.find(({ record }) => record.legs.some(({ role }) => role === 'teams'));
    put({ kind: 'teams', name: 'Microsoft Teams', state: stateOf(call), callId: call?.record.callId });
  }
  return lines;
}

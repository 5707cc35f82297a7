import type { Person, PersonId } from '@tandem/domain';
import { PhoneIndex } from '../directory-sync/user-index.ts';
import type { DirectoryUser, MatchedIdentity } from '../ports/directory-view.ts';
import type { Seen } from '../provisioning/facts.ts';
import { type CodeDetail, type PresenceCode, presenceSentence } from './codes.ts';
import { isPresenceCandidate } from './identity.ts';
import type { Judged } from './judge-people.ts';
import type { MissingHere, PresenceView } from './ports.ts';

/** `left` is this platform, `right` is Microsoft (feature B04). */
export const presenceMismatchKinds = [
  'missing-left',
  'missing-right',
  'disabled-left',
  'disabled-right',
  'ambiguous',
  'linked-elsewhere',
] as const;
export type PresenceMismatchKind = (typeof presenceMismatchKinds)[number];

export interface PresenceCandidate {
  readonly user: Pick<DirectoryUser, 'objectId' | 'displayName' | 'upn' | 'mail'>;
  readonly why: string;
  readonly usable: boolean;
}

export interface PresenceMismatch {
  readonly kind: PresenceMismatchKind;
  readonly code: PresenceCode;
  readonly words: string;
  readonly person?: Person;
  readonly displayName: string;
  readonly mail?: string;
  readonly candidates: readonly PresenceCandidate[];
}

const kindOf: Partial<Record<PresenceCode, PresenceMismatchKind>> = {
  'PRS-102': 'disabled-left',
  'PRS-103': 'missing-right',
  'PRS-105': 'disabled-right',
  'PRS-106': 'disabled-right',
  'PRS-110': 'missing-right',
  'PRS-112': 'ambiguous',
  'PRS-113': 'linked-elsewhere',
};

/** Who does not fit on either side, with who may be meant; nothing of it links by itself. */
export function findPresenceMismatches(
  judged: Iterable<Judged>,
  missingHere: readonly MissingHere[],
  holds: (objectId: string, but: PersonId) => boolean,
  country: string,
): readonly PresenceMismatch[] {
  const misfits = [...judged].filter(({ verdict }) => verdict.is === 'failed' && kindOf[verdict.code]);
  const groups = new Map<PresenceView, Person[]>();
  for (const { tenant, person } of misfits) {
    if (!tenant?.view) continue;
    const group = groups.get(tenant.view);
    if (group) group.push(person);
    else groups.set(tenant.view, [person]);
  }
  const looks = new Map([...groups].map(([view, people]) => [view, new Look(view, people, country, holds)]));
  const found: PresenceMismatch[] = [];
  for (const { person, tenant, verdict, identity } of misfits) {
    if (verdict.is !== 'failed') continue;
    const kind = kindOf[verdict.code];
    if (kind === undefined) continue;
    const candidates =
      kind === 'disabled-left' || !tenant?.view
        ? []
        : (looks
            .get(tenant.view)
            ?.candidatesOf(
              person,
              identity !== 'unread' && identity?.is === 'failed' ? [identity.user, identity.proposal] : [],
            ) ?? []);
    found.push(mismatch(kind, verdict.code, verdict.detail, person, candidates));
  }
  found.sort((a, b) => (a.displayName < b.displayName ? -1 : a.displayName > b.displayName ? 1 : 0));
  const strangers = missingHere.map(({ objectId, displayName, upn, hints }): PresenceMismatch => {
    const words = [presenceSentence('PRS-101', { who: [upn || displayName] }), ...hints].join(' ');
    const user = { objectId, displayName, upn };
    return {
      kind: 'missing-left',
      code: 'PRS-101',
      words,
      displayName,
      candidates: [{ user, why: 'In the enable group at Microsoft.', usable: false }],
    };
  });
  return [...found, ...strangers];
}

function mismatch(
  kind: PresenceMismatchKind,
  code: PresenceCode,
  detail: CodeDetail,
  person: Person,
  candidates: readonly PresenceCandidate[],
): PresenceMismatch {
  return {
    kind,
    code,
    words: presenceSentence(code, detail),
    person,
    displayName: person.displayName,
    mail: person.mail ?? person.upn,
    candidates,
  };
}

/** One walk through a directory for everybody who does not fit. */
class Look {
  readonly #matches: Seen<ReadonlyMap<string, MatchedIdentity>>;
  readonly #country: string;
  readonly #holds: (objectId: string, but: PersonId) => boolean;
  readonly #byName = new Map<string, DirectoryUser>();
  readonly #phones: PhoneIndex;

  constructor(
    view: PresenceView,
    people: readonly Person[],
    country: string,
    holds: (objectId: string, but: PersonId) => boolean,
  ) {
    this.#matches = view.match(
      people.map(({ id, displayName, upn, mail }) => ({
        id,
        displayName,
        upn,
        ...(mail !== undefined && { mail }),
      })),
    );
    this.#country = country;
    this.#holds = holds;
    const users = [...view.users()];
    for (const user of users) this.#byName.set(user.upn || user.objectId, user);
    this.#phones = new PhoneIndex(users);
  }

  candidatesOf(person: Person, found: readonly (DirectoryUser | undefined)[]): readonly PresenceCandidate[] {
    const why = new Map<DirectoryUser, string>();
    const add = (user: DirectoryUser | undefined, words: string): void => {
      if (user && user.deletedOn === undefined && !why.has(user)) why.set(user, words);
    };
    for (const user of found) add(user, 'The address fits.');
    const match = this.#matches === 'unread' ? undefined : this.#matches.get(person.id);
    for (const name of match?.alsoMatches ?? []) add(this.#byName.get(name), 'The address fits.');
    for (const number of person.numbers) {
      const [only, ...others] = this.#phones
        .holders(number, this.#country)
        .filter((user) => user.deletedOn === undefined);
      // A number of a whole office says nothing (product-behaviour 2.1).
      if (others.length === 0) add(only, `The same phone number, ${number}: a hint only.`);
    }
    for (const name of match?.nearest ?? [])
      add(this.#byName.get(name), 'The same name, or the same first part of the address: a hint only.');
    return [...why].map(([user, words]) => {
      const held = this.#holds(user.objectId, person.id);
      const usable = isPresenceCandidate(user) && !held;
      const but = held
        ? ' Linked with somebody else already.'
        : usable
          ? ''
          : user.guest || user.resource
            ? ' A guest or resource account.'
            : ' May not sign in.';
      return { user, why: `${words}${but}`, usable };
    });
  }
}

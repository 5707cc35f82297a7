import type { PersonId } from '@tandem/domain';
import type { MatchStep } from '../directory-sync/match-identity.ts';
import { sharedAddresses } from '../directory-sync/shared-addresses.ts';
import type { AskedIdentity, DirectoryUser, MatchedIdentity } from '../ports/directory-view.ts';
import type { Seen } from '../provisioning/facts.ts';
import type { CodeDetail, PresenceCode } from './codes.ts';

/** How a person was found at Microsoft. `explicit`: somebody chose it; `link`: by a link that stood before. */
export type IdentityStep = 'explicit' | MatchStep;

/** What is known of one of ours before anybody looks at addresses. */
export interface AskedPerson {
  readonly personId: PersonId;
  readonly displayName: string;
  readonly upn: string;
  readonly mail?: string;
  /** Our own stored link. */
  readonly link?: { readonly objectId: string; readonly by: IdentityStep };
  /** The object id that another part of the platform has stored for the person. */
  readonly known?: string;
}

/** What of the directory's mirror identity needs. */
export interface IdentitySource {
  user(objectId: string): Seen<DirectoryUser | null>;
  match(
    people: readonly AskedIdentity[],
    how?: { readonly nearest: boolean },
  ): Seen<ReadonlyMap<string, MatchedIdentity>>;
}

export type Identity =
  | {
      readonly is: 'found';
      readonly user: DirectoryUser;
      readonly by: IdentityStep;
      /** The addresses alone would find this one by now: proposed, never moved by itself. */
      readonly proposal?: DirectoryUser;
    }
  | {
      readonly is: 'failed';
      readonly code: Extract<
        PresenceCode,
        'PRS-103' | 'PRS-105' | 'PRS-106' | 'PRS-110' | 'PRS-112' | 'PRS-113'
      >;
      readonly detail: CodeDetail;
      /** Who was found and does not do, or is one of several. */
      readonly user?: DirectoryUser;
      /** The addresses alone would find this one: for a link whose user is gone. */
      readonly proposal?: DirectoryUser;
    };

/** Who of ours holds an Entra user by a stored link: a name to tell, or `undefined` for nobody but the asked person. */
export type HolderOf = (objectId: string, asking: PersonId) => string | undefined;

/** Members of the tenant who may sign in; everybody else is nobody's match (product-behaviour 2.1). */
export const isPresenceCandidate = (user: DirectoryUser): boolean =>
  user.enabled === true && !user.guest && !user.resource && user.deletedOn === undefined;

export interface IdentifyHow {
  /** Also who the addresses would find by now for those who have a link: the nightly look. */
  readonly proposals: boolean;
  /** Awaited between slices: calls run in the same process, and ten thousand people take half a second. */
  readonly breath: () => Promise<void>;
}

const perSlice = 200;

/**
 * Who everybody is at Microsoft: the stored link, else sign-in name, mail, any proxy address; one candidate only
 * (product-behaviour 2.1). All of an account, so that two who mean one user are both told. `unread`: the directory was never
 * read.
 */
export async function identifyPeople(
  people: readonly AskedPerson[],
  source: IdentitySource,
  holderOf: HolderOf,
  { proposals, breath }: IdentifyHow,
): Promise<Seen<ReadonlyMap<PersonId, Identity>>> {
  if (source.match([], { nearest: false }) === 'unread') return 'unread';
  const found = new Map<PersonId, Identity>();
  for (let at = 0; at < people.length; at += perSlice) {
    if (at > 0) await breath();
    const slice = people.slice(at, at + perSlice);
    const toMatch = slice.filter(({ link }) => proposals || link === undefined);
    const addresses = source.match(
      toMatch.map(({ personId, displayName, upn, mail }) => ({
        id: personId,
        displayName,
        upn,
        ...(mail !== undefined && { mail }),
      })),
      { nearest: false },
    );
    if (addresses === 'unread') return 'unread';
    for (const person of slice) {
      const address = addresses.get(person.personId);
      const storedId = (person.link?.objectId ?? person.known)?.toLowerCase();
      if (storedId !== undefined)
        found.set(person.personId, byLink(person, storedId, source, address, holderOf));
      else if (address) found.set(person.personId, byAddress(person, address, holderOf));
    }
  }
  refuseSharedAddresses(people, found);
  return refuseTwins(people, found);
}

/** A stored link counts whatever the addresses say by now: a renamed user is the same user. */
function byLink(
  person: AskedPerson,
  objectId: string,
  source: IdentitySource,
  address: MatchedIdentity | undefined,
  holderOf: HolderOf,
): Identity {
  const seen = source.user(objectId);
  const user = seen === 'unread' ? null : seen;
  const byAddressNow = address?.alsoMatches.length === 0 ? address.user : null;
  const proposal =
    byAddressNow && byAddressNow.objectId !== objectId && isPresenceCandidate(byAddressNow)
      ? { proposal: byAddressNow }
      : {};
  if (!user || user.deletedOn !== undefined)
    return {
      is: 'failed',
      code: 'PRS-103',
      detail: { why: 'The user who was linked is not there any more.' },
      ...proposal,
    };
  const holder = person.link ? undefined : holderOf(objectId, person.personId);
  if (holder !== undefined) return { is: 'failed', code: 'PRS-113', detail: { who: [holder] }, user };
  const barred = barredBy(user);
  if (barred) return { is: 'failed', code: barred, detail: { who: [nameOf(user)] }, user, ...proposal };
  const sameByAddress = byAddressNow?.objectId === objectId ? address?.by : undefined;
  const by = person.link?.by ?? sameByAddress ?? 'link';
  return { is: 'found', user, by, ...proposal };
}

function byAddress(
  person: AskedPerson,
  { user, by, alsoMatches }: MatchedIdentity,
  holderOf: HolderOf,
): Identity {
  if (person.upn.trim() === '' && (person.mail ?? '').trim() === '')
    return { is: 'failed', code: 'PRS-110', detail: {} };
  if (!user) return { is: 'failed', code: 'PRS-103', detail: {} };
  const barred = barredBy(user);
  if (barred) return { is: 'failed', code: barred, detail: { who: [nameOf(user)] }, user };
  if (alsoMatches.length > 0)
    return { is: 'failed', code: 'PRS-112', detail: { who: [nameOf(user), ...alsoMatches] }, user };
  const holder = holderOf(user.objectId, person.personId);
  if (holder !== undefined) return { is: 'failed', code: 'PRS-113', detail: { who: [holder] }, user };
  if (!isPresenceCandidate(user))
    return {
      is: 'failed',
      code: 'PRS-103',
      detail: { why: `Microsoft has not said whether ${nameOf(user)} may sign in.` },
      user,
    };
  return { is: 'found', user, by: by ?? 'upn' };
}

const barredBy = (user: DirectoryUser): 'PRS-105' | 'PRS-106' | undefined => {
  if (user.guest || user.resource) return 'PRS-106';
  return user.enabled === false ? 'PRS-105' : undefined;
};

/**
 * Two of ours with one address mean nobody for sure, whomever each of them would be found as: both are told of the other
 * (B05). Who has a link already is known by it, and stands in nobody's way.
 */
function refuseSharedAddresses(people: readonly AskedPerson[], found: Map<PersonId, Identity>): void {
  const free = new Map(
    people
      .filter(({ link, known }) => link === undefined && known === undefined)
      .map((person) => [person.personId, person]),
  );
  const shared = sharedAddresses(
    [...free.values()].map(({ personId, ...person }) => ({ id: personId, ...person })),
  );
  for (const [id, others] of shared) {
    const person = free.get(id as PersonId);
    const identity = person && found.get(person.personId);
    if (!person || !identity || (identity.is === 'failed' && identity.code !== 'PRS-112')) continue;
    const claimants = [person, ...others.flatMap((other) => free.get(other as PersonId) ?? [])];
    found.set(person.personId, {
      is: 'failed',
      code: 'PRS-112',
      detail: { who: namesOf(claimants) },
      ...(identity.user && { user: identity.user }),
    });
  }
}

/** By name; those who share it with the address by which they sign in. */
const namesOf = (claimants: readonly AskedPerson[]): readonly string[] =>
  claimants.map(({ displayName, upn }) =>
    claimants.some((one) => one.displayName === displayName && one.upn !== upn)
      ? `${displayName} (${upn})`
      : displayName,
  );

/** Several who were found as one user: whoever has a link keeps it, and without one nobody is guessed. */
function refuseTwins(
  people: readonly AskedPerson[],
  found: Map<PersonId, Identity>,
): ReadonlyMap<PersonId, Identity> {
  const claims = new Map<string, AskedPerson[]>();
  for (const person of people) {
    const identity = found.get(person.personId);
    if (identity?.is !== 'found') continue;
    const known = claims.get(identity.user.objectId);
    if (known) known.push(person);
    else claims.set(identity.user.objectId, [person]);
  }
  for (const claimants of claims.values()) {
    if (claimants.length < 2) continue;
    const known = claimants.filter((one) => one.known !== undefined);
    const owner =
      claimants.find(({ link }) => link !== undefined) ?? (known.length === 1 ? known[0] : undefined);
    for (const person of claimants) {
      const identity = found.get(person.personId);
      if (person === owner || identity?.is !== 'found') continue;
      const { user } = identity;
      found.set(
        person.personId,
        owner
          ? { is: 'failed', code: 'PRS-113', detail: { who: [owner.displayName] }, user }
          : {
              is: 'failed',
              code: 'PRS-112',
              detail: { who: namesOf(claimants) },
              user,
            },
      );
    }
  }
  return found;
}

export const nameOf = (user: Pick<DirectoryUser, 'upn' | 'displayName' | 'objectId'>): string =>
  user.upn || user.displayName || user.objectId;

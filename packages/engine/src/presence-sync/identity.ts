import type { PersonId } from '@tandem/domain';
import type { MatchStep } from '../directory-sync/match-identity.ts';
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
  match(people: readonly AskedIdentity[]): Seen<ReadonlyMap<string, MatchedIdentity>>;
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

/**
 * Who everybody is at Microsoft: the stored link, else sign-in name, mail, any proxy address; one candidate only
 * (product-behaviour 2.1). All at once, so that two who mean one user are both told. `unread`: the directory was never read.
 */
export function identifyPeople(
  people: readonly AskedPerson[],
  source: IdentitySource,
  holderOf: HolderOf,
): Seen<ReadonlyMap<PersonId, Identity>> {
  const addresses = source.match(
    people.map(({ personId, displayName, upn, mail }) => ({
      id: personId,
      displayName,
      upn,
      ...(mail !== undefined && { mail }),
    })),
  );
  if (addresses === 'unread') return 'unread';
  const names = new Map<string, string>(people.map(({ personId, displayName }) => [personId, displayName]));
  const linked = new Set<string>(
    people.filter(({ link, known }) => (link?.objectId ?? known) !== undefined).map((one) => one.personId),
  );
  const found = new Map<PersonId, Identity>();
  for (const person of people) {
    const address = addresses.get(person.personId);
    if (!address) continue;
    const storedId = (person.link?.objectId ?? person.known)?.toLowerCase();
    found.set(
      person.personId,
      storedId === undefined
        ? byAddress(person, address, { names, linked, holderOf })
        : byLink(person, storedId, source, address, holderOf),
    );
  }
  return refuseTwins(people, found);
}

/** A stored link counts whatever the addresses say by now: a renamed user is the same user. */
function byLink(
  person: AskedPerson,
  objectId: string,
  source: IdentitySource,
  address: MatchedIdentity,
  holderOf: HolderOf,
): Identity {
  const seen = source.user(objectId);
  const user = seen === 'unread' ? null : seen;
  const byAddressNow = address.alsoMatches.length === 0 ? address.user : null;
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
  const by =
    person.link?.by ??
    (byAddressNow?.objectId === objectId && address.by !== undefined ? address.by : 'link');
  return { is: 'found', user, by, ...proposal };
}

function byAddress(
  person: AskedPerson,
  { user, by, alsoMatches, sharedWith }: MatchedIdentity,
  known: {
    readonly names: ReadonlyMap<string, string>;
    readonly linked: ReadonlySet<string>;
    readonly holderOf: HolderOf;
  },
): Identity {
  if (person.upn.trim() === '' && (person.mail ?? '').trim() === '')
    return { is: 'failed', code: 'PRS-110', detail: {} };
  if (!user) return { is: 'failed', code: 'PRS-103', detail: {} };
  const barred = barredBy(user);
  if (barred) return { is: 'failed', code: barred, detail: { who: [nameOf(user)] }, user };
  if (alsoMatches.length > 0)
    return { is: 'failed', code: 'PRS-112', detail: { who: [nameOf(user), ...alsoMatches] }, user };
  const holder = known.holderOf(user.objectId, person.personId);
  if (holder !== undefined) return { is: 'failed', code: 'PRS-113', detail: { who: [holder] }, user };
  const rivals = sharedWith.filter((id) => !known.linked.has(id));
  if (rivals.length > 0) {
    const who = [person.displayName, ...rivals.map((id) => known.names.get(id) ?? id)];
    return { is: 'failed', code: 'PRS-112', detail: { who }, user };
  }
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

/** Two who were found as one user without a link of ours: neither of them is guessed. */
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
    const owner = claimants.find(({ link }) => link !== undefined);
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
              detail: { who: claimants.map(({ displayName }) => displayName) },
              user,
            },
      );
    }
  }
  return found;
}

export const nameOf = (user: Pick<DirectoryUser, 'upn' | 'displayName' | 'objectId'>): string =>
  user.upn || user.displayName || user.objectId;

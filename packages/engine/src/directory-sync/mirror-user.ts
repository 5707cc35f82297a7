import type { DirectoryPlan, DirectoryUser } from '../ports/directory-view.ts';
import type { UserChange, UserFields } from './directory-changes.ts';

/** A user as the mirror keeps it: the two kinds of phones change apart from each other. */
export interface MirrorUser extends DirectoryUser {
  readonly businessPhones: readonly string[];
  readonly mobilePhone: string | null;
}

const none: readonly string[] = [];
/** Histories differ from user to user: what is kept to save work must not grow with them. */
const mostRaw = 2_000;

/**
 * Texts that thousands of users share are kept once: departments, cities, and above all the lists of plans, which are longer
 * than everything else of a user.
 */
export class Shared {
  readonly #texts = new Map<string, string>();
  readonly #plans = new Map<string, readonly DirectoryPlan[]>();
  readonly #lists = new Map<string, readonly string[]>();
  /** Lists that were seen before, the very same: whoever reads pages shares them, too. */
  readonly #seen = new WeakMap<readonly DirectoryPlan[], readonly DirectoryPlan[]>();
  readonly #raw = new Map<string, readonly DirectoryPlan[]>();

  text(value: string): string {
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    this.#texts.set(value, value);
    return value;
  }

  list(values: readonly string[]): readonly string[] {
    if (values.length === 0) return none;
    const sorted = [...new Set(values)].sort();
    const key = sorted.join();
    const known = this.#lists.get(key);
    if (known) return known;
    this.#lists.set(key, sorted);
    return sorted;
  }

  /** One entry a plan, its best state: the directory keeps a history in the same list (microsoft-graph 4.5). */
  plans(plans: readonly DirectoryPlan[]): readonly DirectoryPlan[] {
    const seen = this.#seen.get(plans);
    if (seen) return seen;
    const made = this.#best(plans);
    this.#seen.set(plans, made);
    return made;
  }

  /** The same, straight from what the directory wrote: users of one licence have the same text. */
  plansOf(raw: readonly Readonly<Record<string, unknown>>[]): readonly DirectoryPlan[] {
    let key = '';
    for (const { servicePlanId, capabilityStatus } of raw)
      if (typeof servicePlanId === 'string') key += `${servicePlanId} ${String(capabilityStatus)};`;
    const known = this.#raw.get(key);
    if (known) return known;
    const plans = raw.flatMap(({ servicePlanId, capabilityStatus }) =>
      typeof servicePlanId === 'string'
        ? [
            {
              servicePlanId: servicePlanId.toLowerCase(),
              capabilityStatus: typeof capabilityStatus === 'string' ? capabilityStatus : 'Deleted',
            },
          ]
        : [],
    );
    const made = this.plans(plans);
    if (this.#raw.size >= mostRaw) this.#raw.clear();
    this.#raw.set(key, made);
    return made;
  }

  #best(plans: readonly DirectoryPlan[]): readonly DirectoryPlan[] {
    const best = new Map<string, string>();
    for (const { servicePlanId, capabilityStatus } of plans) {
      const before = best.get(servicePlanId);
      if (before === undefined || rank(capabilityStatus) < rank(before))
        best.set(servicePlanId, capabilityStatus);
    }
    const entries = [...best].sort(([a], [b]) => (a < b ? -1 : 1));
    const key = entries.join(';');
    const known = this.#plans.get(key);
    if (known) return known;
    const made = entries.map(([servicePlanId, capabilityStatus]) => ({
      servicePlanId: this.text(servicePlanId),
      capabilityStatus: this.text(capabilityStatus),
    }));
    this.#plans.set(key, made);
    return made;
  }
}

const states = ['Enabled', 'Warning', 'Suspended', 'LockedOut', 'Deleted'];
const rank = (state: string): number => {
  const at = states.indexOf(state);
  return at < 0 ? states.length : at;
};

/** The user after a change; `before` undefined: seen for the first time, what is not said is not known. */
export function changedUser(
  before: MirrorUser | undefined,
  change: Extract<UserChange, { readonly gone?: undefined }>,
  shared: Shared,
): MirrorUser {
  const texts = (
    name: 'mail' | 'country' | 'department' | 'city' | 'office' | 'jobTitle',
  ): string | undefined => {
    const value = change[name];
    return value === undefined ? before?.[name] : (value ?? undefined);
  };
  const upn = change.upn === undefined ? (before?.upn ?? '') : (change.upn ?? '');
  const mail = texts('mail');
  const businessPhones = change.businessPhones ?? before?.businessPhones ?? none;
  const mobilePhone = change.mobilePhone === undefined ? (before?.mobilePhone ?? null) : change.mobilePhone;
  const phones = mobilePhone === null ? businessPhones : [...businessPhones, mobilePhone];
  const optional = {
    mail: mail === upn ? upn : mail,
    country: kept(texts('country'), shared),
    department: kept(texts('department'), shared),
    city: kept(texts('city'), shared),
    office: kept(texts('office'), shared),
    jobTitle: kept(texts('jobTitle'), shared),
  };
  const user: MirrorUser = {
    objectId: change.objectId,
    upn,
    displayName: change.displayName === undefined ? (before?.displayName ?? '') : (change.displayName ?? ''),
    proxyAddresses: change.proxyAddresses ?? before?.proxyAddresses ?? none,
    enabled: change.enabled === undefined ? (before?.enabled ?? 'unread') : (change.enabled ?? 'unread'),
    guest: change.guest ?? before?.guest ?? false,
    resource: change.resource ?? before?.resource ?? false,
    phones: phones.length === 0 ? none : phones,
    businessPhones: businessPhones.length === 0 ? none : businessPhones,
    mobilePhone,
    plans: change.plans ? shared.plans(change.plans) : (before?.plans ?? 'unread'),
    licences: change.licences ? shared.list(change.licences) : (before?.licences ?? none),
  };
  for (const [name, value] of Object.entries(optional))
    if (value !== undefined) (user as unknown as Record<string, unknown>)[name] = value;
  return user;
}

const kept = (value: string | undefined, shared: Shared): string | undefined =>
  value === undefined || value === '' ? undefined : shared.text(value);

/** The change that makes this user out of nothing: how a user is written to disk. */
export function asChange(user: MirrorUser): { readonly objectId: string } & Partial<UserFields> {
  const { objectId, upn, displayName, mail, country, department, city, office, jobTitle } = user;
  return {
    objectId,
    upn,
    displayName,
    ...(mail !== undefined && { mail }),
    ...(user.proxyAddresses.length > 0 && { proxyAddresses: user.proxyAddresses }),
    ...(user.enabled !== 'unread' && { enabled: user.enabled }),
    ...(user.guest && { guest: true }),
    ...(user.resource && { resource: true }),
    ...(country !== undefined && { country }),
    ...(department !== undefined && { department }),
    ...(city !== undefined && { city }),
    ...(office !== undefined && { office }),
    ...(jobTitle !== undefined && { jobTitle }),
    ...(user.businessPhones.length > 0 && { businessPhones: user.businessPhones }),
    ...(user.mobilePhone !== null && { mobilePhone: user.mobilePhone }),
    ...(user.plans !== 'unread' && { plans: user.plans }),
    ...(user.licences.length > 0 && { licences: user.licences }),
  };
}

/** Whether an answer about the user would be another one. */
export function sameUser(a: MirrorUser, b: MirrorUser): boolean {
  return (
    a.upn === b.upn &&
    a.displayName === b.displayName &&
    a.mail === b.mail &&
    a.enabled === b.enabled &&
    a.guest === b.guest &&
    a.resource === b.resource &&
    a.country === b.country &&
    a.department === b.department &&
    a.city === b.city &&
    a.office === b.office &&
    a.jobTitle === b.jobTitle &&
    a.plans === b.plans &&
    a.licences === b.licences &&
    a.deletedOn === b.deletedOn &&
    sameList(a.phones, b.phones) &&
    sameList(a.proxyAddresses, b.proxyAddresses)
  );
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((value, at) => value === b[at]));

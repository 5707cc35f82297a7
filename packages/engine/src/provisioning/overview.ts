import type { PersonId, ReadinessCheck, ReadinessOwner } from '@tandem/domain';
import type { AccountProvisioner } from './account-provisioner.ts';
import { type Entry, linkedStates } from './entry.ts';

/** Where people are on the way from the group to a working client (N22): counts as Microsoft and our store have them. */
export interface Funnel {
  readonly members?: number;
  readonly people: number;
  readonly inScope: number;
  readonly matched: number;
  readonly licensed: number;
  readonly callingPlan: number;
  readonly withNumber: number;
  readonly platformLicensed: number;
  readonly assigned: number;
  readonly ready: number;
}

export function funnelOf(provisioner: AccountProvisioner): Funnel {
  const { mode } = provisioner.settings;
  const scope = [...provisioner.entries().values()].filter(
    ({ person, facts, link }) =>
      person &&
      (mode === 'manual'
        ? person.teamsToggle
        : facts?.inEnableGroup === true && (mode === 'automatic' || link.approvedWallMs !== undefined)),
  );
  const userOf = ({ facts }: Readonly<Entry>) =>
    facts?.user && facts.user !== 'unread' ? facts.user : undefined;
  const count = (keep: (entry: Readonly<Entry>) => boolean): number => scope.filter(keep).length;
  return {
    ...(provisioner.members !== undefined && { members: provisioner.members }),
    people: [...provisioner.entries().values()].filter(({ person }) => person).length,
    inScope: scope.length,
    matched: count((entry) => userOf(entry)?.enabled === true && entry.facts?.alsoMatches.length === 0),
    licensed: count(
      ({ facts }) =>
        facts?.licence !== undefined && facts.licence !== 'unread' && facts.licence.phone !== 'missing',
    ),
    callingPlan: count(
      ({ facts }) => facts?.licence !== undefined && facts.licence !== 'unread' && facts.licence.callingPlan,
    ),
    withNumber: count(({ person }) => (person?.numbers.length ?? 0) > 0),
    platformLicensed: count(({ person }) => person?.platformLicence === true),
    assigned: count(({ link }) => linkedStates.has(link.state)),
    ready: count(({ link }) => link.state === 'READY'),
  };
}

export interface ActionItem {
  readonly code: string;
  readonly check: ReadinessCheck;
  readonly owner: ReadinessOwner;
  /** Empty: it is about the whole tenant. */
  readonly people: readonly { readonly personId: PersonId; readonly link?: string }[];
  readonly sinceWallMs?: number;
}

/** Nobody at the customer's can do anything about these. */
const notWork: ReadonlySet<ReadinessOwner> = new Set(['nobody', 'microsoft']);

/**
 * What somebody has to do, by code (N36): the first thing that is wrong of each person, and what is wrong with the tenant once.
 * A list that empties as it is done. `reportOf` judges one person as the page does.
 */
export function actionItemsOf(
  provisioner: AccountProvisioner,
  reportOf: (entry: Readonly<Entry>) => readonly ReadinessCheck[],
): readonly ActionItem[] {
  const items = new Map<string, { check: ReadinessCheck; people: { personId: PersonId; link?: string }[] }>();
  for (const [personId, entry] of provisioner.entries()) {
    if (!entry.person) continue;
    const checks = reportOf(entry);
    const tenant = checks.find(({ id, code }) => id === 1 && code !== undefined);
    if (tenant?.code !== undefined && !items.has(tenant.code))
      items.set(tenant.code, { check: tenant, people: [] });
    // Who is in no group is no work for anybody: most of a company never calls from Teams.
    const wrong = checks.filter(({ id, status }) => id > 1 && status === 'red');
    const [first] = wrong;
    if (!first?.code || first.code === 'PRV-205' || (entry.link.state === 'OUT' && first.code === 'PRV-303'))
      continue;
    if (checks.some(({ code }) => code === 'PRV-205')) continue;
    const known = items.get(first.code) ?? { check: first, people: [] };
    items.set(first.code, known);
    known.people.push({ personId, ...(first.link !== undefined && { link: first.link }) });
  }
  const order: readonly ReadinessOwner[] = ['entra-admin', 'teams-admin', 'platform-admin', 'vendor', 'user'];
  return [...items]
    .filter(([, { check }]) => !notWork.has(check.owner))
    .map(([code, { check, people }]) => ({
      code,
      check,
      owner: check.owner,
      people,
      ...(check.sinceWallMs !== undefined && { sinceWallMs: check.sinceWallMs }),
    }))
    .sort((a, b) => order.indexOf(a.owner) - order.indexOf(b.owner) || b.people.length - a.people.length);
}

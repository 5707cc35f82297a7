import type {
  GroupChange,
  MemberChange,
  UserChange,
} from '@tandem/engine/directory-sync/directory-changes.ts';
import { Shared } from '@tandem/engine/directory-sync/mirror-user.ts';
import type { DeltaRun, DeltaStart, DirectorySource } from '@tandem/engine/ports/directory-source.ts';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { hasId } from './graph-types.ts';
import { type OperationName, odataText } from './operations.ts';
import { readGroupMembers } from './read-directory.ts';
import { TenantTrouble } from './tenant-trouble.ts';

/** Selected by name, since without it most of them do not come (microsoft-graph 4.1). */
export const mirroredUserFields = [
  'id',
  'userPrincipalName',
  'displayName',
  'mail',
  'proxyAddresses',
  'accountEnabled',
  'userType',
  'isResourceAccount',
  'usageLocation',
  'department',
  'city',
  'officeLocation',
  'jobTitle',
  'businessPhones',
  'mobilePhone',
  'assignedLicenses',
  'assignedPlans',
] as const;
const groupFields = ['displayName', 'groupTypes', 'onPremisesSyncEnabled', 'members'];

/** Changed properties only, instead of all that were ever set (microsoft-graph 4.3). */
const minimal = { Prefer: 'return=minimal' };
const mostPages = 20_000;

/** A run that broke off: what came, and the page that did not. */
interface Walk<Change> {
  readonly changes: Change[];
  readonly beganAtWallMs: number;
  next: string;
}

/** Delta queries of one tenant over Graph. One for each client: it remembers since when Microsoft does not answer. */
export function graphDirectorySource(graph: GraphClient, wall: () => number): DirectorySource {
  const trouble = new TenantTrouble();
  // Thousands of users have the same plans: a page becomes small before the next one comes.
  const shared = new Shared();

  async function run<Change>(
    name: OperationName,
    from: DeltaStart,
    query: Readonly<Record<string, string>>,
    read: (item: Item) => Change | undefined,
  ): Promise<DeltaRun<Change>> {
    const resumed = from && 'resume' in from ? (from.resume as Walk<Change>) : undefined;
    const walk: Walk<Change> = resumed ?? {
      changes: [],
      beganAtWallMs: wall(),
      next: from && 'link' in from ? from.link : '',
    };
    const headers = from && 'link' in from ? minimal : undefined;
    const call = { ...(headers && { headers }), patienceMs: 5_000 };
    try {
      for (let page = 0; page < mostPages; page++) {
        const { body } = await (walk.next === ''
          ? graph.call(name, { ...call, query })
          : graph.follow(name, walk.next, call));
        const { value, '@odata.nextLink': next, '@odata.deltaLink': link } = (body ?? {}) as Page;
        if (!Array.isArray(value)) throw unexpected(name, 'without a list');
        for (const one of value) {
          const change = hasId(one) ? read(one) : undefined;
          if (change) walk.changes.push(change);
        }
        if (typeof link === 'string') {
          trouble.after([], wall());
          return { kind: 'complete', changes: walk.changes, link, beganAtWallMs: walk.beganAtWallMs };
        }
        if (typeof next !== 'string' || next === walk.next) throw unexpected(name, 'without a link');
        walk.next = next;
      }
      throw unexpected(name, 'without an end');
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (from !== undefined && isExpired(error)) return { kind: 'expired' };
      const now = wall();
      const state = trouble.after([error], now);
      const { retryAfterMs } = error;
      return {
        kind: 'failed',
        state,
        ...(error.code === 'graph-throttled' && { notBeforeWallMs: now + (retryAfterMs ?? 10_000) }),
        ...(walk.changes.length > 0 && { resume: walk }),
      };
    }
  }

  return {
    users: (from) =>
      run('usersDelta', from, { $select: mirroredUserFields.join(',') }, (item) => userChange(item, shared)),
    groups: (ids, from) =>
      run(
        'groupsDelta',
        from,
        {
          $select: groupFields.join(','),
          $filter: ids.map((id) => `id eq ${odataText(id)}`).join(' or '),
        },
        groupChange,
      ),
    async transitiveMembers(groupId) {
      try {
        const ids = await readGroupMembers(graph, groupId);
        return { kind: 'members', ids: new Set([...ids].map((id) => id.toLowerCase())) };
      } catch (error) {
        if (!(error instanceof GraphError)) throw error;
        return { kind: error.code === 'graph-not-found' ? 'gone' : 'failed' };
      }
    },
  };
}

interface Page {
  readonly value?: unknown;
  readonly '@odata.nextLink'?: unknown;
  readonly '@odata.deltaLink'?: unknown;
}
type Item = { readonly id: string } & Readonly<Record<string, unknown>>;

/** 410, or a 400 about a link: a token that Microsoft does not know any more is told in both ways (microsoft-graph 4.3). */
const isExpired = ({ code, status }: GraphError): boolean => code === 'graph-gone' || status === 400;

const unexpected = (name: string, what: string): GraphError =>
  new GraphError('graph-unexpected-answer', `${name} answered ${what}`, { operation: name });

function goneOf(item: Item): 'recycled' | 'purged' | undefined {
  const removed = item['@removed'];
  if (typeof removed !== 'object' || removed === null) return undefined;
  return (removed as { readonly reason?: unknown }).reason === 'deleted' ? 'purged' : 'recycled';
}

const textOf = (value: unknown): string | null | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : null;
const textsOf = (value: unknown): readonly string[] | undefined =>
  value === undefined
    ? undefined
    : Array.isArray(value)
      ? value.filter((one): one is string => typeof one === 'string')
      : [];
const recordsOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] | undefined =>
  value === undefined
    ? undefined
    : Array.isArray(value)
      ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
      : [];

/** One user of a page in our words; what is not there did not change. */
export function userChange(item: Item, shared: Shared): UserChange {
  const objectId = item.id.toLowerCase();
  const gone = goneOf(item);
  if (gone) return { objectId, gone };
  const enabled = item.accountEnabled;
  const plans = recordsOf(item.assignedPlans);
  const licences = recordsOf(item.assignedLicenses)?.flatMap(({ skuId }) =>
    typeof skuId === 'string' ? [skuId.toLowerCase()] : [],
  );
  return said({
    objectId,
    upn: textOf(item.userPrincipalName),
    displayName: textOf(item.displayName),
    mail: textOf(item.mail),
    proxyAddresses: textsOf(item.proxyAddresses),
    enabled: enabled === undefined ? undefined : typeof enabled === 'boolean' ? enabled : null,
    guest: item.userType === undefined ? undefined : item.userType === 'Guest',
    resource: item.isResourceAccount === undefined ? undefined : item.isResourceAccount === true,
    country: textOf(item.usageLocation),
    department: textOf(item.department),
    city: textOf(item.city),
    office: textOf(item.officeLocation),
    jobTitle: textOf(item.jobTitle),
    businessPhones: textsOf(item.businessPhones),
    mobilePhone: textOf(item.mobilePhone),
    plans: plans && shared.plansOf(plans),
    licences: licences && shared.list(licences),
  });
}

/** One group of a page; its members come in parts, on any page (microsoft-graph 4.3). */
export function groupChange(item: Item): GroupChange {
  const id = item.id.toLowerCase();
  const gone = goneOf(item);
  if (gone) return { id, gone };
  const members = recordsOf(item['members@delta'])?.flatMap((one): MemberChange[] =>
    hasId(one)
      ? [{ id: one.id.toLowerCase(), type: typeOf(one['@odata.type']), removed: goneOf(one) !== undefined }]
      : [],
  );
  const types = textsOf(item.groupTypes);
  return said({
    id,
    name: textOf(item.displayName),
    kind: types && kindOf(types),
    synced: item.onPremisesSyncEnabled === undefined ? undefined : item.onPremisesSyncEnabled === true,
    members,
  });
}

export const kindOf = (groupTypes: readonly string[]): 'assigned' | 'dynamic' | 'microsoft365' =>
  groupTypes.includes('DynamicMembership')
    ? 'dynamic'
    : groupTypes.includes('Unified')
      ? 'microsoft365'
      : 'assigned';

function typeOf(type: unknown): MemberChange['type'] {
  if (type === undefined || type === null) return 'unsaid';
  return type === '#microsoft.graph.user' ? 'user' : type === '#microsoft.graph.group' ? 'group' : 'other';
}

/** Leaves out what was not said. */
function said<Shape extends object>(shape: Shape): { [K in keyof Shape]: Exclude<Shape[K], undefined> } {
  const entries = Object.entries(shape).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof Shape]: Exclude<Shape[K], undefined> };
}

import type { TeamsUser } from '../directory/tenant.ts';
import { fail, type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';
import { type Entity, page } from './listing.ts';
import { type Category, type Operation, stranded } from './number-office.ts';

/** Telephone number management of Teams (graph 5.2; checks T1 to T4). */

const root = '/admin/teams/telephoneNumberManagement';

/** `+` in front, whatever was typed. */
const normal = (number: string): string => (/^[0-9]/.test(number) ? `+${number}` : number);

const idOf = (tenantId: string, number: string): string =>
  Buffer.from(`${tenantId}|${number}`).toString('base64url');

/** Who has the number, or is about to get it. */
function holderOf(
  call: GraphCall,
  number: string,
): { readonly id: string; readonly category: Category; readonly user?: TeamsUser } | undefined {
  const { world, tenant } = call;
  const user = world.directory.userByNumber(tenant, number);
  if (user) return { id: user.objectId, category: 'primary', user };
  const extra = world.numbers.extras(tenant.id).get(number);
  if (!extra) return undefined;
  const other = world.directory.userById(tenant, extra.targetId);
  return { id: extra.targetId, category: extra.category, ...(other ? { user: other } : {}) };
}

/** What a list shows of a number. Made only for what is looked at: tenants have tens of thousands. */
function assignment(call: GraphCall, number: string, pending: ReadonlyMap<string, Operation>): Entity {
  const { tenant, world } = call;
  const holder = holderOf(call, number);
  const coming = holder ? undefined : pending.get(number);
  const details = world.numbers.details(tenant.id, number);
  return {
    id: idOf(tenant.id, number),
    telephoneNumber: number,
    operatorId: '7a205197-8e59-487d-b9fa-3fc1b108f1e5',
    numberType: world.numbers.typeOf(tenant.id, number),
    activationState: coming ? 'assignmentPending' : 'activated',
    capabilities: ['conferenceAssignment', 'voiceApplicationAssignment', 'userAssignment'],
    locationId: details.locationId,
    civicAddressId: null,
    networkSiteId: details.networkSiteId,
    assignmentTargetId: holder?.id ?? coming?.targetId ?? null,
    assignmentCategory: holder?.category ?? coming?.category ?? null,
    assignmentStatus: !holder
      ? tenant.conferenceNumbers.includes(number)
        ? 'conferenceAssigned'
        : 'unassigned'
      : holder.user?.accountType === 'resource-account'
        ? 'voiceApplicationAssigned'
        : 'userAssigned',
    portInStatus: null,
    isoCountryCode: null,
    city: null,
    numberSource: holder?.user?.onPremises ? 'onPremises' : 'online',
    supportedCustomerActions: ['locationUpdate'],
    reverseNumberLookupOptions: [...details.reverseNumberLookupOptions],
  };
}

function numbersOf({ tenant, world }: GraphCall, pending: ReadonlyMap<string, Operation>): Set<string> {
  const all = new Set([
    ...world.numbers.inventory(tenant.id).keys(),
    ...pending.keys(),
    ...world.numbers.extras(tenant.id).keys(),
  ]);
  for (const { number } of tenant.users.values()) if (number !== undefined) all.add(number);
  return all;
}

/** Whoever asks for one number by name is not shown the whole tenant to find it. */
function named(call: GraphCall, all: ReadonlySet<string>): readonly string[] {
  const filter = call.query.get('$filter') ?? '';
  const wanted = /^\s*telephoneNumber eq '([^']*)'(?:\s+and\s[^()]*)?$/i.exec(filter)?.[1];
  if (wanted === undefined || /\s(or|not)\s/i.test(filter)) return [...all];
  return all.has(wanted) ? [wanted] : [];
}

export function listNumbers(call: GraphCall): GraphAnswer {
  const pending = call.world.numbers.pending(call.tenant.id);
  const items = named(call, numbersOf(call, pending)).map((number) => ({ number }));
  return page(
    call,
    items,
    {
      schema: 'microsoft.graph.teamsAdministration.numberAssignment',
      defaultTop: 500,
      maxTop: 1000,
      directory: false,
    },
    'admin/teams/telephoneNumberManagement/numberAssignments',
    ({ number }) => assignment(call, number, pending),
  );
}

/** The number behind an id of this tenant. */
function numberOf(call: GraphCall, id: string): string | undefined {
  const [tenant, number] = Buffer.from(id, 'base64url').toString('utf8').split('|');
  if (tenant !== call.tenant.id || number === undefined) return undefined;
  return numbersOf(call, call.world.numbers.pending(call.tenant.id)).has(number) ? number : undefined;
}

export function getNumber(call: GraphCall): GraphAnswer {
  const id = call.params['numberAssignment-id'] ?? '';
  const number = numberOf(call, id);
  return number === undefined
    ? notFound(id)
    : ok(assignment(call, number, call.world.numbers.pending(call.tenant.id)));
}

interface AssignBody {
  readonly telephoneNumber?: string | null;
  readonly assignmentTargetId?: string;
  readonly numberType?: string | null;
  readonly assignmentCategory?: string | null;
}

const numberTypes = ['directrouting', 'callingplan', 'operatorconnect'];
const isCategory = (text: string): text is Category => ['primary', 'private', 'alternate'].includes(text);

function accepted(call: GraphCall, operation: Operation): GraphAnswer {
  return {
    status: 202,
    headers: { location: `${call.base}${root}/operations('${operation.id}')` },
  };
}

const checkOf = (why: string): string => (why === stranded ? 'T8' : 'T1');
const refused = (message: string): GraphAnswer => fail(400, 'BadRequest', message, checkOf(message));

export function assignNumber(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  const body = call.body as AssignBody;
  const number = normal(body.telephoneNumber ?? '');
  const type = body.numberType ?? '';
  const category = body.assignmentCategory ?? 'primary';
  if (!numberTypes.includes(type.toLowerCase())) return refused(`numberType '${type}' cannot be assigned.`);
  if (!isCategory(category)) return refused(`assignmentCategory '${category}' cannot be assigned.`);
  const id = body.assignmentTargetId?.toLowerCase() ?? '';
  // An object id; a UPN is nobody here.
  const found = id.includes('@') ? undefined : world.directory.userById(tenant, id);
  const why = world.numbers.whyNot(tenant, number, found, type, category);
  if (why !== undefined && world.settings.numberRefusals === 'at-once') return refused(why);
  const answer = accepted(call, world.numbers.start('Assignment', tenant, number, found, type, category));
  return why === undefined ? answer : { ...answer, check: 'T1' };
}

export function unassignNumber(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  const body = call.body as AssignBody;
  if (!body.telephoneNumber) return refused('telephoneNumber is missing.');
  const number = normal(body.telephoneNumber);
  const type = body.numberType ?? undefined;
  const why = world.numbers.whyNotBack(tenant, number, type);
  if (why !== undefined && world.settings.numberRefusals === 'at-once') return refused(why);
  const owner = world.directory.userByNumber(tenant, number);
  const answer = accepted(call, world.numbers.start('Unassignment', tenant, number, owner, type));
  return why === undefined ? answer : { ...answer, check: checkOf(why) };
}

export function updateNumber(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  const body = call.body as Record<string, unknown>;
  const number = normal(String(body.telephoneNumber));
  if (!numbersOf(call, world.numbers.pending(tenant.id)).has(number)) return notFound(number, 'T1');
  world.numbers.update(tenant.id, number, body);
  return { status: 200 };
}

/** The published sample wraps the entity, the schema does not; by turns if told so (T2). */
let wrapNext = false;

export function getOperation(call: GraphCall): GraphAnswer {
  const { world, tenant } = call;
  const id = call.params['operation-id'] ?? '';
  const operation = world.numbers.operation(tenant.id, id);
  if (!operation) return notFound(id);
  const half = operation.createdAt + (operation.dueAt - operation.createdAt) / 2;
  const status =
    operation.outcome !== 'running'
      ? operation.outcome
      : world.clock.wall() < half
        ? 'notStarted'
        : 'running';
  const entity = {
    id: operation.id,
    createdDateTime: new Date(operation.createdAt).toISOString(),
    status,
    numbers: [
      {
        resourceLocation: `${call.base}${root}/numberAssignments/${idOf(tenant.id, operation.number)}`,
        status,
        statusDetail: operation.detail,
      },
    ],
  };
  wrapNext = !wrapNext;
  const { wrapOperations } = world.settings;
  const wrapped = wrapOperations === 'alternate' ? wrapNext : wrapOperations;
  return wrapped ? { ...ok({ value: entity }), described: entity } : ok(entity);
}

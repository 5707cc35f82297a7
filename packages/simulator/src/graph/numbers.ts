import type { TeamsUser } from '../directory/tenant.ts';
import { fail, type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';
import { type Entity, page } from './listing.ts';
import type { NumberType, Operation } from './number-office.ts';

/** Telephone number management of Teams (graph 5.2; checks T1 to T4). */

const root = '/admin/teams/telephoneNumberManagement';

/** `+` in front, whatever was typed. */
const normal = (number: string): string => (/^[0-9]/.test(number) ? `+${number}` : number);

const idOf = (tenantId: string, number: string): string =>
  Buffer.from(`${tenantId}|${number}`).toString('base64url');

function assignment(
  call: GraphCall,
  number: string,
  holder: TeamsUser | undefined,
  type: NumberType,
  pendingFor?: string,
): Entity {
  return {
    id: idOf(call.tenant.id, number),
    telephoneNumber: number,
    operatorId: '7a205197-8e59-487d-b9fa-3fc1b108f1e5',
    numberType: type,
    activationState: pendingFor === undefined ? 'activated' : 'assignmentPending',
    capabilities: ['conferenceAssignment', 'voiceApplicationAssignment', 'userAssignment'],
    locationId: null,
    civicAddressId: null,
    networkSiteId: null,
    assignmentTargetId: holder?.objectId ?? pendingFor ?? null,
    assignmentCategory: holder || pendingFor ? 'primary' : null,
    assignmentStatus: !holder
      ? 'unassigned'
      : holder.accountType === 'resource-account'
        ? 'voiceApplicationAssigned'
        : 'userAssigned',
    portInStatus: null,
    isoCountryCode: null,
    city: null,
    numberSource: 'online',
    supportedCustomerActions: ['locationUpdate'],
    reverseNumberLookupOptions: [],
  };
}

function assignments(call: GraphCall): Entity[] {
  const { tenant, world } = call;
  const pending = world.numbers.pending(tenant.id);
  const listed = new Map<string, Entity>();
  for (const [number, type] of world.numbers.inventory(tenant.id))
    listed.set(number, assignment(call, number, undefined, type, pending.get(number)?.targetId));
  for (const [number, operation] of pending)
    listed.set(number, assignment(call, number, undefined, 'directRouting', operation.targetId));
  for (const user of tenant.users.values())
    if (user.number !== undefined)
      listed.set(user.number, assignment(call, user.number, user, 'directRouting'));
  return [...listed.values()];
}

export const listNumbers = (call: GraphCall): GraphAnswer =>
  page(
    call,
    assignments(call),
    {
      schema: 'microsoft.graph.teamsAdministration.numberAssignment',
      defaultTop: 500,
      maxTop: 1000,
      directory: false,
    },
    'admin/teams/telephoneNumberManagement/numberAssignments',
  );

export function getNumber(call: GraphCall): GraphAnswer {
  const id = call.params['numberAssignment-id'] ?? '';
  const found = assignments(call).find((one) => one.id === id);
  return found ? ok(found) : notFound(id);
}

interface AssignBody {
  readonly telephoneNumber: string;
  readonly assignmentTargetId?: string;
  readonly numberType: string;
}

const numberTypes = ['directrouting', 'callingplan', 'operatorconnect'];

function accepted(call: GraphCall, operation: Operation): GraphAnswer {
  return {
    status: 202,
    headers: { location: `${call.base}${root}/operations('${operation.id}')` },
  };
}

export function assignNumber(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  const body = call.body as AssignBody;
  const number = normal(body.telephoneNumber);
  if (!numberTypes.includes(body.numberType.toLowerCase()))
    return fail(400, 'BadRequest', `numberType '${body.numberType}' cannot be assigned.`, 'T1');
  const id = body.assignmentTargetId?.toLowerCase() ?? '';
  // An object id; a UPN is nobody here.
  const target = [...tenant.users.values()].find(({ objectId }) => objectId === id);
  const why = world.numbers.whyNot(tenant, number, target, body.numberType);
  if (why !== undefined && world.settings.numberRefusals === 'at-once')
    return fail(400, 'BadRequest', why, 'T1');
  const answer = accepted(call, world.numbers.start('Assignment', tenant, number, target, body.numberType));
  return why === undefined ? answer : { ...answer, check: 'T1' };
}

export function unassignNumber(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  const body = call.body as AssignBody;
  const number = normal(body.telephoneNumber);
  const owner = world.directory.userByNumber(tenant, number);
  if (!owner && world.settings.numberRefusals === 'at-once')
    return fail(400, 'BadRequest', 'The telephone number is not assigned.', 'T1');
  const answer = accepted(call, world.numbers.start('Unassignment', tenant, number, owner, body.numberType));
  return owner ? answer : { ...answer, check: 'T1' };
}

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
  return ok(world.settings.wrapOperations ? { value: entity } : entity);
}

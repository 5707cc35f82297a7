import { domainOf } from '../directory/directory.ts';
import { makeUser, type TeamsUser } from '../directory/tenant.ts';
import { binRights } from './described-here.ts';
import { context, fail, type GraphAnswer, type GraphCall, notFound, ok, readStamp } from './graph-world.ts';
import { groupEntity } from './groups.ts';
import { type Entity, page, project } from './listing.ts';
import { seenUser, userDefaults, userEntity, userRules } from './users.ts';

/** People come, change, go into the bin, come back, and are gone (graph 4.1, 4.6). */

const bad = (message: string, check?: string): GraphAnswer => fail(400, 'Request_BadRequest', message, check);

interface NewUser {
  readonly accountEnabled?: boolean;
  readonly displayName?: string;
  readonly mailNickname?: string;
  readonly userPrincipalName?: string;
  readonly usageLocation?: string | null;
  readonly department?: string | null;
  readonly mail?: string | null;
  readonly passwordProfile?: { readonly password?: string };
}

/** A name is free, and in a domain that the tenant proved. */
function nameFault(call: GraphCall, upn: string, self?: TeamsUser): GraphAnswer | undefined {
  const { tenant } = call;
  const domain = domainOf(upn);
  if (!/^[^@\s]+@[^@\s]+$/.test(upn) || (!tenant.domains.has(domain) && domain !== tenant.initialDomain))
    return bad('Property userPrincipalName is invalid.', 'O1');
  const holder = tenant.users.get(upn.toLowerCase());
  return holder && holder !== self
    ? bad('Another object with the same value for property userPrincipalName already exists.')
    : undefined;
}

export function createUser(call: GraphCall): GraphAnswer {
  const { world, tenant } = call;
  const body = call.body as NewUser;
  for (const name of ['accountEnabled', 'displayName', 'mailNickname', 'userPrincipalName'] as const)
    if (body[name] === undefined || body[name] === '')
      return bad(`A value is required for property '${name}'.`);
  if (!body.passwordProfile?.password) return bad("A value is required for property 'passwordProfile'.");
  const upn = body.userPrincipalName ?? '';
  const wrong = nameFault(call, upn);
  if (wrong) return wrong;
  const user = makeUser({
    upn,
    objectId: world.random.uuid(),
    tenantId: tenant.id,
    displayName: body.displayName ?? '',
    accountEnabled: body.accountEnabled ?? false,
    usageLocation: body.usageLocation ?? null,
    department: body.department ?? null,
    mail: body.mail ?? null,
    createdAt: world.clock.wall(),
  });
  world.directory.add(tenant, user);
  return {
    status: 201,
    headers: { location: `${call.base}/users/${user.objectId}` },
    body: {
      '@odata.context': context(call.base, 'users/$entity'),
      ...project(userEntity(user, tenant), [...userDefaults, 'accountEnabled', 'usageLocation']),
    },
  };
}

const writable: readonly string[] = [
  'displayName',
  'accountEnabled',
  'usageLocation',
  'department',
  'mail',
  'userPrincipalName',
];

export function patchUser(call: GraphCall): GraphAnswer {
  const { world, tenant } = call;
  const user = seenUser(call, call.params['user-id'] ?? '');
  if (!user) return notFound(call.params['user-id'] ?? '');
  const { userPrincipalName, ...given } = call.body as NewUser;
  // Better refused than ignored: the caller would believe it was written.
  const strange = Object.keys(given).find((name) => !writable.includes(name));
  if (strange !== undefined) return bad(`The twin does not write the property '${strange}'.`);
  if (userPrincipalName !== undefined) {
    const wrong = nameFault(call, userPrincipalName, user);
    if (wrong) return wrong;
  }
  if (Object.keys(given).length > 0) world.directory.change(user, given as Partial<TeamsUser>);
  if (userPrincipalName !== undefined) world.directory.rename(tenant, user, userPrincipalName);
  return { status: 204 };
}

export function deleteUser(call: GraphCall): GraphAnswer {
  const user = seenUser(call, call.params['user-id'] ?? '');
  if (!user) return notFound(call.params['user-id'] ?? '');
  call.world.directory.softDelete(call.tenant, user);
  return { status: 204 };
}

// ---------------------------------------------------------------- the bin

/** Users who are in the bin as directory reads show it now. */
function binned({ world, tenant }: GraphCall): TeamsUser[] {
  world.directory.settle(tenant);
  const stamp = readStamp(world);
  return [...world.directory.ledger(tenant).bin].filter(
    (user) => world.directory.at(user, stamp).life === 'deleted',
  );
}

export const listDeletedUsers = (call: GraphCall): GraphAnswer =>
  page(
    call,
    binned(call),
    { ...userRules(call.world), defaults: [...userDefaults, 'deletedDateTime'] },
    'directoryObjects',
    (user) => userEntity(user, call.tenant),
  );

export const listDeletedGroups = (call: GraphCall): GraphAnswer =>
  page(
    call,
    call.world.directory.ledger(call.tenant).groups.filter(({ life }) => life === 'deleted'),
    { schema: 'microsoft.graph.group', defaultTop: 100, maxTop: 999, directory: true },
    'directoryObjects',
    groupEntity,
  );

type Binned = { readonly user: TeamsUser } | { readonly group: Parameters<typeof groupEntity>[0] };

/** Who may not read groups, or restore them, is refused as for any other operation on them (G3). */
function inBin(call: GraphCall, right: 'read' | 'write'): Binned | GraphAnswer {
  const found = foundInBin(call);
  if (!found) return notFound(call.params['directoryObject-id'] ?? '');
  const needed = binRights['user' in found ? 'user' : 'group'][right];
  return [...call.caller.roles, ...call.caller.scopes].some((role) => needed.includes(role))
    ? found
    : fail(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.', 'G3');
}

function foundInBin(call: GraphCall): Binned | undefined {
  const id = call.params['directoryObject-id']?.toLowerCase();
  const user = binned(call).find(({ objectId }) => objectId === id);
  if (user) return { user };
  const group = call.world.directory
    .ledger(call.tenant)
    .groups.find((one) => one.id === id && one.life === 'deleted');
  return group && { group };
}

const shown = (call: GraphCall, found: Binned): Entity =>
  'user' in found
    ? { '@odata.type': '#microsoft.graph.user', ...userEntity(found.user, call.tenant) }
    : { '@odata.type': '#microsoft.graph.group', ...groupEntity(found.group) };

export function getDeleted(call: GraphCall): GraphAnswer {
  const found = inBin(call, 'read');
  return 'status' in found ? found : ok(shown(call, found));
}

export function restoreDeleted(call: GraphCall): GraphAnswer {
  const { directory } = call.world;
  const found = inBin(call, 'write');
  if ('status' in found) return found;
  if ('group' in found) directory.restoreGroup(call.tenant, found.group);
  else if (!directory.restore(call.tenant, found.user))
    return bad('Another object with the same value for property userPrincipalName already exists.');
  return ok(shown(call, found));
}

export function purgeDeleted(call: GraphCall): GraphAnswer {
  const { directory } = call.world;
  const found = inBin(call, 'write');
  if ('status' in found) return found;
  if ('group' in found) directory.purgeGroup(call.tenant, found.group);
  else directory.purge(call.tenant, found.user);
  return { status: 204 };
}

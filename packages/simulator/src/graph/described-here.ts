/**
 * Operations that Microsoft's description has and our copy of it leaves out: the bin of the directory, a user's
 * manager, what refers to a domain. Same form, same schemas, permissions as in `microsoft-graph-devx-content` (MIT).
 */

interface Described {
  readonly description: string;
  readonly content?: { readonly 'application/json': { readonly schema: { readonly $ref: string } } };
}

const answer = (status: string, schema?: string): Record<string, Described> => ({
  [status]: {
    description: 'success',
    ...(schema
      ? { content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } } }
      : {}),
  },
});

const operation = (least: readonly string[], responses: Record<string, Described>) => ({
  'x-permissions': { delegated: { all: least }, application: { all: least } },
  responses,
});

const readUsers = [
  'User.Read.All',
  'User.ReadWrite.All',
  'User.DeleteRestore.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
const restoreUsers = ['User.DeleteRestore.All', 'User.ReadWrite.All', 'Directory.ReadWrite.All'];
const readGroups = ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const restoreGroups = ['Group.ReadWrite.All', 'Directory.ReadWrite.All'];
/** What is in the bin is judged by what it is: users and groups have rights of their own. */
export const binRights = {
  user: { read: readUsers, write: restoreUsers },
  group: { read: readGroups, write: restoreGroups },
};
const readAny = [...readUsers, ...readGroups];
const restoreAny = [...restoreUsers, ...restoreGroups];
const item = '/directory/deletedItems/{directoryObject-id}';

export const describedHere = {
  '/directory/deletedItems/microsoft.graph.user': {
    get: operation(readUsers, answer('200', 'microsoft.graph.userCollectionResponse')),
  },
  '/directory/deletedItems/microsoft.graph.group': {
    get: operation(readGroups, answer('200', 'microsoft.graph.groupCollectionResponse')),
  },
  [item]: {
    get: operation(readAny, answer('200', 'microsoft.graph.directoryObject')),
    delete: operation(restoreAny, answer('204')),
  },
  [`${item}/restore`]: { post: operation(restoreAny, answer('200', 'microsoft.graph.directoryObject')) },
  '/users/{user-id}/manager': {
    get: operation(
      ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
      answer('200', 'microsoft.graph.user'),
    ),
  },
  '/domains/{domain-id}/domainNameReferences': {
    get: operation(
      ['Domain.Read.All', 'Domain.ReadWrite.All'],
      answer('200', 'microsoft.graph.directoryObjectCollectionResponse'),
    ),
  },
};

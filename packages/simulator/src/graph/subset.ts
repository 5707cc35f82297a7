import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describedHere } from './described-here.ts';

/** Microsoft's own description of the operations (graph-openapi-subset.json, MIT): permissions and shapes. */

interface Media {
  readonly content?: { readonly 'application/json'?: { readonly schema: object } };
}
interface PermissionSet {
  readonly supported?: boolean;
  readonly all?: readonly string[];
}
interface Operation {
  readonly requestBody?: Media;
  readonly responses?: Readonly<Record<string, Media>>;
  readonly 'x-permissions'?: {
    readonly application?: PermissionSet;
    readonly delegated?: PermissionSet;
  };
}
interface Subset {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>> | undefined>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly properties?: object } | undefined>>;
  };
  readonly 'x-permission-ids': Readonly<Record<string, PermissionIds | undefined>>;
}
/** One permission of Graph, in its two kinds; a kind that does not exist has no id. */
export interface PermissionIds {
  readonly appRoleId?: string;
  readonly delegatedScopeId?: string;
  readonly adminConsent?: { readonly delegated?: boolean; readonly application?: boolean };
}

const copied = JSON.parse(
  readFileSync(new URL('./graph-openapi-subset.json', import.meta.url), 'utf8'),
) as Subset;
const document: Subset = { ...copied, paths: { ...copied.paths, ...describedHere } };

/** Every permission of Graph that we know, by name. */
export const permissionIds = document['x-permission-ids'];

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document as object, 'graph');
const compiled = new Map<string, ValidateFunction>();

const operation = (method: string, template: string): Operation | undefined =>
  document.paths[template]?.[method.toLowerCase()];

/** The application permissions any of which suffices; undefined: not for applications. `$batch` needs none. */
export function applicationPermissions(method: string, template: string): readonly string[] | undefined {
  const permissions = operation(method, template)?.['x-permissions']?.application;
  if (!permissions) return [];
  return permissions.supported === false ? undefined : permissions.all;
}

/** The delegated permissions any of which suffices; undefined: not for signed-in people. */
export function delegatedPermissions(method: string, template: string): readonly string[] | undefined {
  const permissions = operation(method, template)?.['x-permissions']?.delegated;
  if (!permissions) return [];
  return permissions.supported === false ? undefined : permissions.all;
}

export const isDescribed = (method: string, template: string): boolean =>
  operation(method, template) !== undefined;

/** Names of the properties of an entity. */
export const propertiesOf = (schema: string): ReadonlySet<string> =>
  new Set(Object.keys(document.components.schemas[schema]?.properties ?? {}));

/** Microsoft's own examples write `HTML` where the schema says `html`: enumerations of bodies are read without case. */
const folded = (body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body, (key, value: unknown) =>
      key === 'contentType' && typeof value === 'string' ? value.toLowerCase() : value,
    ),
  );

/** What is wrong with a request's body, in words. */
export function judgeRequest(method: string, template: string, body: unknown): string | undefined {
  const pointer = ['paths', template, method.toLowerCase(), 'requestBody'];
  return operation(method, template)?.requestBody?.content?.['application/json']
    ? judge([...pointer, 'content', 'application/json', 'schema'], folded(body))
    : undefined;
}

/** What is wrong with an answer's body, in words. */
export function judgeAnswer(
  method: string,
  template: string,
  status: number,
  body: unknown,
): string | undefined {
  if (status >= 400) return judge(['components', 'schemas', 'microsoft.graph.ODataErrors.ODataError'], body);
  const answer = operation(method, template)?.responses?.[status];
  if (!answer) return `status ${status} is not among the answers of ${method} ${template}`;
  if (!answer.content?.['application/json'])
    return body === undefined ? undefined : 'a body where none belongs';
  const pointer = ['paths', template, method.toLowerCase(), 'responses', String(status)];
  return judge([...pointer, 'content', 'application/json', 'schema'], body);
}

/** What is wrong with what Microsoft sends to a subscriber, in words. */
export const judgeNotifications = (body: unknown): string | undefined =>
  judge(['components', 'schemas', 'microsoft.graph.changeNotificationCollection'], body);

function judge(pointer: readonly string[], value: unknown): string | undefined {
  const ref = `graph#/${pointer.map((part) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'))).join('/')}`;
  let validate = compiled.get(ref);
  if (!validate) {
    validate = ajv.compile({ $ref: ref });
    compiled.set(ref, validate);
  }
  return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'body' });
}

import { didYouMean } from '@tandem/adapters/config/did-you-mean.ts';
import { permissions, type RouteId, type RouteSpec, routes } from '@tandem/contract';
import { z } from 'zod';
import { UsageError } from './instance-command.ts';

/** Not for one answer: a stream, and what signs a browser in. */
const left: ReadonlySet<string> = new Set([
  'events',
  'session.create',
  'session.microsoft',
  'session.microsoftReturn',
  'session.delete',
]);

/** Every operation of the API by its name, as the contract has them. */
export const operations: ReadonlyMap<RouteId, RouteSpec> = new Map(
  (Object.entries(routes) as [RouteId, RouteSpec][]).filter(([id]) => !left.has(id)),
);

export function operationMeant(name: string): readonly [RouteId, RouteSpec] {
  const route = operations.get(name as RouteId);
  if (route) return [name as RouteId, route];
  throw new UsageError(
    `no operation "${name}"${didYouMean(name, [...operations.keys()])}; see tandem api list`,
  );
}

interface Field {
  readonly name: string;
  readonly place: 'path' | 'query' | 'body';
  readonly required: boolean;
  /** In words: `true or false`, `one of a, b`. */
  readonly kind: string;
  readonly description: string;
}

interface Shape {
  readonly properties?: Record<string, Shape>;
  readonly required?: readonly string[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly description?: string;
}

function fieldsIn(schema: z.ZodType | undefined, place: Field['place']): readonly Field[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as Shape;
  return Object.entries(properties).map(([name, shape]) => ({
    name,
    place,
    required: place === 'path' || required.includes(name),
    kind: kindOf(shape),
    description: shape.description ?? '',
  }));
}

function kindOf(shape: Shape): string {
  if (shape.enum) return shape.enum.map(String).join(' | ');
  if (shape.const !== undefined) return String(shape.const);
  const several = shape.anyOf ?? shape.oneOf;
  if (several) return [...new Set(several.map(kindOf))].join(' | ');
  const words: Readonly<Record<string, string>> = {
    boolean: 'true | false',
    integer: 'number',
    object: 'JSON object',
    array: 'JSON list',
    string: 'text',
    null: 'null',
  };
  return words[String(shape.type)] ?? String(shape.type ?? 'value');
}

export const fieldsOf = (route: RouteSpec): readonly Field[] => [
  ...fieldsIn(route.params, 'path'),
  ...fieldsIn(route.query, 'query'),
  ...fieldsIn(route.body, 'body'),
];

/** One line an operation, of those whose name, path or summary holds the words. */
export function listText(words: readonly string[]): string {
  const wanted = words.map((word) => word.toLowerCase());
  const lines = [...operations].flatMap(([id, { method, path, summary }]) => {
    const text = `${id} ${method} ${path} ${summary}`.toLowerCase();
    return wanted.every((word) => text.includes(word)) ? [`${id.padEnd(30)} ${summary}`] : [];
  });
  return lines.length === 0 ? 'No operation holds these words.\n' : `${lines.join('\n')}\n`;
}

/** What an operation does and takes. */
export function operationText(id: RouteId, route: RouteSpec): string {
  const fields = fieldsOf(route);
  const width = Math.max(0, ...fields.map(({ name }) => name.length));
  return [
    `tandem api ${id}${fields.map(({ name, required }) => (required ? ` ${name}=…` : '')).join('')}`,
    '',
    `  ${route.summary}`,
    `  ${route.method} ${route.path}, allowed to: ${permissions[route.permission].join(', ')}`,
    '',
    ...fields.map(
      ({ name, kind, required, description }) =>
        `  ${name.padEnd(width)}  ${required ? 'needed, ' : ''}${kind}${description ? `. ${description}` : ''}`,
    ),
    '',
  ].join('\n');
}

export interface OperationAsk {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/**
 * `NAME=VALUE` words where the operation wants them. Values of the body are JSON where they can be (`true`, `30`, `null`,
 * `["a"]`), texts otherwise; of a field that is a text they stay texts, so `number=+1202…` and `extension=0100` are.
 */
export function askOf(route: RouteSpec, words: readonly string[], whole: unknown): OperationAsk {
  const fields = fieldsOf(route);
  const ask = { params: {}, query: {}, body: {} } as Record<
    'params' | 'query' | 'body',
    Record<string, unknown>
  >;
  for (const word of words) {
    const [name = '', ...rest] = word.split('=');
    const text = rest.join('=');
    const field = fields.find((one) => one.name === name);
    if (rest.length === 0) throw new UsageError(`"${word}"? Wanted NAME=VALUE`);
    if (!field) {
      const near = didYouMean(
        name,
        fields.map((one) => one.name),
      );
      throw new UsageError(`there is no "${name}" here${near}; see --help`);
    }
    if (field.place === 'path') ask.params[name] = text;
    else if (field.place === 'query') ask.query[name] = text;
    else ask.body[name] = bodyValue(text, field.kind);
  }
  if (whole !== undefined && (typeof whole !== 'object' || whole === null || Array.isArray(whole)))
    throw new UsageError('--body: wanted a JSON object');
  const body = { ...(whole as object | undefined), ...ask.body };
  const given = { ...ask.params, ...ask.query, ...body };
  const missing = fields.filter(({ name, required }) => required && !Object.hasOwn(given, name));
  if (missing.length > 0)
    throw new UsageError(`${missing.map(({ name }) => name).join(', ')} missing; see --help`);
  return { params: ask.params, query: ask.query, body: route.body ? body : undefined };
}

function bodyValue(text: string, kind: string): unknown {
  if (kind === 'text' || (kind === 'text | null' && text !== 'null')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

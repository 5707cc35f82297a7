import { openapi, permissions, type RouteSpec, routes, usualProblems } from '@tandem/contract';
import { code, fence, heading, table } from './page.ts';
import { type Schema, shapeOf } from './shape.ts';

interface Operation {
  readonly parameters: readonly {
    name: string;
    in: string;
    required: boolean;
    description?: string;
    schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

/** Every operation of the API with what it takes, gives and refuses. */
export function apiPage(): string {
  const { paths } = openapi('0') as unknown as { paths: Record<string, Record<string, Operation>> };
  const all = Object.entries(routes) as [string, RouteSpec][];
  const answers = new Map<string, string>();
  const sections = all.flatMap(([id, route]) => {
    const operation = paths[route.path]![route.method.toLowerCase()]!;
    const who = permissions[route.permission];
    const success = operation.responses[String(route.status ?? 200)];
    const [media, content] = Object.entries(success?.content ?? {})[0] ?? [];
    const shape = content && media !== 'text/plain' ? shapeOf(content.schema) : undefined;
    const known = shape && shape.length > 200 ? answers.get(shape) : undefined;
    if (shape) answers.set(shape, id);
    const own = [...new Set([...usualProblems(route), ...route.problems])];
    return [
      `## ${id}`,
      '',
      `${code(`${route.method} ${route.path}`)}: ${route.summary}.`,
      '',
      `Permission ${code(route.permission)} (${route.permission === 'public' ? 'no sign-in' : who.join(', ')}).`,
      '',
      ...(operation.parameters.length > 0
        ? [
            ...table(
              ['parameter', 'in', 'shape', 'means'],
              operation.parameters.map((one) => [
                code(one.name),
                one.in,
                `${shapeOf(one.schema)}${'default' in one.schema ? `, else ${String(one.schema.default)}` : ''}`,
                one.description ?? '',
              ]),
            ),
            '',
          ]
        : []),
      ...(operation.requestBody
        ? [
            'Takes',
            '',
            ...fence('ts', shapeOf(operation.requestBody.content['application/json']!.schema)),
            '',
          ]
        : []),
      ...(known
        ? [
            `Gives ${route.status ?? 200} and the same as [${known}](#${known.toLowerCase().replaceAll('.', '')}).`,
            '',
          ]
        : shape
          ? [
              `Gives ${route.status ?? 200}${media === 'application/json' ? '' : `, ${media}`}`,
              '',
              ...fence('ts', shape),
              '',
            ]
          : [`Gives ${route.status ?? 200}${media ? `, ${media}` : ', no content'}.`, '']),
      ...(route.produces === 'json-or-text' ? ['With `Accept: text/plain` it gives text.', ''] : []),
      `Refuses with ${own.map(code).join(', ')}.`,
      '',
    ];
  });
  return [
    ...heading('The API', 'packages/contract/src/routes.ts'),
    'Everything that the portal does goes through this API; `GET /api/v1/openapi.json` of a running instance is the same for',
    'programs. Sign in with `POST /api/v1/session` (a cookie; writes then need the `X-CSRF-Token` of the session), or send a token',
    'as `Authorization: Bearer`. A thing of another account does not exist for the asker (404). What a refusal means: [problems](errors.md#problems-of-the-api).',
    '',
    ...table(
      ['operation', 'method and path', 'permission', 'does'],
      all.map(([id, route]) => [
        `[${id}](#${id.toLowerCase().replaceAll('.', '')})`,
        code(`${route.method} ${route.path}`),
        code(route.permission),
        route.summary,
      ]),
    ),
    '',
    ...sections,
  ].join('\n');
}

import { z } from 'zod';
import { keptAsProposal, proposalHeader, withoutConsent } from './consent.ts';
import { permissions, roleMay } from './permissions.ts';
import { problem, problems } from './problem.ts';
import { type RouteSpec, usualProblems } from './route.ts';
import { routes } from './routes.ts';

type Json = Record<string, unknown>;

const inputSchema = (schema: z.ZodType): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  return rest;
};
const outputSchema = (schema: z.ZodType): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Json;
  return rest;
};

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const object = inputSchema(schema) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(object.properties ?? {}).map(([name, property]) => {
    const { description, ...shape } = property;
    return {
      name,
      in: place,
      required: place === 'path' || (object.required ?? []).includes(name),
      ...(description ? { description } : {}),
      schema: shape,
    };
  });
}

function answer(route: RouteSpec): Json {
  const json = route.response ? { 'application/json': { schema: outputSchema(route.response) } } : {};
  const plain = { 'text/plain': { schema: { type: 'string' } } };
  if (route.status === 204) return { description: 'Done' };
  if (route.produces === 'text/plain') return { description: 'Text', content: plain };
  if (route.produces === 'audio/wav')
    return {
      description: 'Sound',
      content: { 'audio/wav': { schema: { type: 'string', format: 'binary' } } },
    };
  if (route.produces === 'text/csv' || route.produces === 'text/yaml')
    return { description: 'A file', content: { [route.produces]: { schema: { type: 'string' } } } };
  if (route.produces === 'json-or-text')
    return { description: 'JSON, or text on request', content: { ...json, ...plain } };
  if (route.produces === 'text/event-stream' && route.response) {
    return {
      description: 'A stream',
      content: { 'text/event-stream': { schema: outputSchema(route.response) } },
    };
  }
  return { description: 'As asked', content: json };
}

function refusals(route: RouteSpec): Json {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...usualProblems(route), ...route.problems])) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const result: Json = {};
  for (const [status, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    result[String(status)] = {
      description: codes.map((code) => `\`${code}\``).join(', '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return result;
}

/** What an operator gets where the customer did not consent; for operations that answer 202 anyway, told by the header. */
function proposalAnswer(id: string, route: RouteSpec): Json {
  if (route.permission === 'public' || !roleMay('operator', route.permission)) return {};
  if (withoutConsent(id, route) !== 'proposal' || route.account !== 'resource') return {};
  const schema = { $ref: '#/components/schemas/KeptAsProposal' };
  const asked = route.status === 202 ? outputOf(route) : [];
  return {
    '202': {
      description: `${asked.length > 0 ? 'As asked; or, ' : ''}with the header \`${proposalHeader}\`, kept as a proposal: the customer did not consent`,
      headers: { [proposalHeader]: { description: 'Id of the proposal', schema: { type: 'string' } } },
      content: { 'application/json': { schema: asked.length > 0 ? { anyOf: [...asked, schema] } : schema } },
    },
  };
}

const outputOf = (route: RouteSpec): Json[] => (route.response ? [outputSchema(route.response)] : []);

/** OpenAPI 3.1 of the whole API, from the route table. */
export function openapi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [id, entry] of Object.entries(routes)) {
    const route: RouteSpec = entry;
    const operation: Json = {
      operationId: id,
      summary: route.summary,
      parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
      responses: {
        [String(route.status ?? 200)]: answer(route),
        ...proposalAnswer(id, route),
        ...refusals(route),
      },
      'x-permission': route.permission,
      'x-roles': permissions[route.permission],
      security: route.permission === 'public' ? [] : [{ session: [] }, { bearer: [] }],
    };
    if (route.body) {
      operation.requestBody = {
        required: true,
        content: { 'application/json': { schema: inputSchema(route.body) } },
      };
    }
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tandem',
      version,
      description:
        'Everything that the portal does goes through this API. Errors are problem details (RFC 9457).',
    },
    paths,
    components: {
      schemas: { Problem: outputSchema(problem), KeptAsProposal: outputSchema(keptAsProposal) },
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-tandem',
          description: 'Writes also need X-CSRF-Token',
        },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

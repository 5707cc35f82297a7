import { z } from 'zod';
import { id, plain, text } from '../common.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });
export const mostTags = 20;
const tag = text(64).min(1);
const tags = z.object({ tags: z.array(plain) });
const callsOfTag = z.object({
  tag: plain,
  people: z.number().int().describe('Who made or got these calls'),
  calls: z.number().int(),
  answered: z.number().int(),
  talkSeconds: z.number().int(),
});
export type CallsOfTag = z.infer<typeof callsOfTag>;

/** Words that admins put on people, for reports: cost centres, projects, sites. */
export const tagRoutes = defineRoutes({
  'tags.used': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/tags',
    summary: 'The tags of the account, and how many people have each',
    permission: 'people:list',
    account: 'resource',
    params: byId,
    response: z.object({ items: z.array(z.object({ tag: plain, people: z.number().int() })) }),
    problems: [],
  },
  'tags.people': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/tagged-people',
    summary: 'People with a tag; without one: everybody who has any',
    permission: 'people:list',
    account: 'resource',
    params: byId,
    query: z.object({ tag: tag.optional() }),
    response: z.object({
      items: z.array(z.object({ id, displayName: plain, upn: plain, tags: z.array(plain) })),
    }),
    problems: [],
  },
  'tags.calls': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/calls-by-tag',
    summary: 'Calls, answered calls and talk time by tag; as CSV (`Accept: text/csv`) each call in a line',
    permission: 'people:list',
    account: 'resource',
    params: byId,
    query: z.object({
      tag: tag.optional(),
      from: z.iso.datetime({ offset: true }).describe('Invited at or after'),
      to: z.iso.datetime({ offset: true }).describe('Invited before'),
    }),
    response: z.object({ items: z.array(callsOfTag) }),
    problems: [],
  },
  'tags.read': {
    method: 'GET',
    path: '/api/v1/people/{id}/tags',
    summary: 'The tags of a person',
    permission: 'people:list',
    account: 'resource',
    params: byId,
    response: tags,
    problems: [],
  },
  'tags.set': {
    method: 'PUT',
    path: '/api/v1/people/{id}/tags',
    summary: 'All tags of a person; none: an empty list',
    permission: 'people:write',
    account: 'resource',
    params: byId,
    body: z.strictObject({ tags: z.array(tag).max(mostTags) }),
    response: tags,
    problems: [],
  },
});

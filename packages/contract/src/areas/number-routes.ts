import { z } from 'zod';
import { numberEntry } from '../account.ts';
import { e164, id, queryNumber, text } from '../common.ts';
import {
  addedNumbers,
  addNumbers,
  leavePreview,
  newNumberRange,
  newPerson,
  numberChange,
  numberRange,
  numberRangeChange,
  numberSuggestion,
  numberWho,
} from '../number.ts';
import { person } from '../person.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });
const byNumber = z.object({
  id: z.preprocess((value) => (typeof value === 'string' ? value.replace(/^[ ]/, '+') : value), e164),
});

const leaverTarget = text(64).describe(
  'Who is rung while the numbers rest: a person or a queue (id) or a number of the account, or `nobody`. Absent: by the leaver rule of the person, else of the account',
);

/** Inventory of numbers: ranges, reservations, quarantine; people come and go with their numbers. */
export const numberRoutes = defineRoutes({
  'ranges.list': {
    method: 'GET',
    path: '/api/v1/number-ranges',
    summary: 'Ranges of numbers and how many are free',
    permission: 'numbers:read',
    account: 'scope',
    query: z.object({ account: id.optional() }),
    response: z.object({ items: z.array(numberRange) }),
    problems: [],
  },
  'ranges.create': {
    method: 'POST',
    path: '/api/v1/number-ranges',
    summary: 'Give an account a range; its numbers come into stock',
    permission: 'numbers:write',
    account: 'resource',
    body: newNumberRange,
    response: numberRange,
    status: 201,
    problems: ['number-taken'],
  },
  'ranges.change': {
    method: 'PATCH',
    path: '/api/v1/number-ranges/{id}',
    summary: 'Another name, or for whom the range is',
    permission: 'numbers:write',
    account: 'resource',
    params: byId,
    body: numberRangeChange,
    response: numberRange,
    problems: [],
  },
  'ranges.delete': {
    method: 'DELETE',
    path: '/api/v1/number-ranges/{id}',
    summary: 'Take a range away; refused while somebody has a number of it',
    permission: 'numbers:write',
    account: 'resource',
    params: byId,
    status: 204,
    problems: ['number-in-use'],
  },
  'numbers.add': {
    method: 'POST',
    path: '/api/v1/numbers',
    summary: 'Bring numbers into the stock of an account',
    permission: 'numbers:write',
    account: 'resource',
    body: addNumbers,
    response: addedNumbers,
    status: 201,
    problems: ['number-taken'],
  },
  'numbers.change': {
    method: 'PATCH',
    path: '/api/v1/numbers/{id}',
    summary: 'Reserve a number for somebody who is to come, mark it as ported away, or end its quarantine',
    permission: 'numbers:write',
    account: 'resource',
    params: byNumber,
    body: numberChange,
    response: numberEntry,
    problems: ['number-in-use'],
  },
  'numbers.delete': {
    method: 'DELETE',
    path: '/api/v1/numbers/{id}',
    summary: 'Take a number out of the stock',
    permission: 'numbers:write',
    account: 'resource',
    params: byNumber,
    status: 204,
    problems: ['number-in-use'],
  },
  'numbers.suggest': {
    method: 'GET',
    path: '/api/v1/number-suggestion',
    summary: 'The next free number. Taken only when it is given to somebody',
    permission: 'numbers:read',
    account: 'scope',
    query: z.object({
      account: id.optional(),
      range: id.optional(),
      person: id
        .optional()
        .describe('For whom: from the range that is for where this person works, as in a bulk job'),
    }),
    response: numberSuggestion,
    problems: [],
  },
  'numbers.who': {
    method: 'GET',
    path: '/api/v1/number-holders',
    summary:
      'Who has this number: here, in Teams, disabled or deleted, in every connected tenant that the caller may see',
    permission: 'numbers:read',
    account: 'scope',
    query: z.object({ account: id.optional(), number: queryNumber }),
    response: numberWho,
    problems: [],
  },
  'people.create': {
    method: 'POST',
    path: '/api/v1/people',
    summary: 'Create a person; a number that is reserved for their address becomes theirs',
    permission: 'people:write',
    account: 'resource',
    body: newPerson,
    response: person,
    status: 201,
    problems: ['number-taken', 'number-held', 'name-in-use', 'no-free-number'],
  },
  'people.leave': {
    method: 'GET',
    path: '/api/v1/people/{id}/leave',
    summary: 'What becomes of a person’s numbers when they leave',
    permission: 'people:read',
    account: 'resource',
    params: byId,
    query: z.object({ forward: leaverTarget.optional() }),
    response: leavePreview,
    problems: [],
  },
  'people.delete': {
    method: 'DELETE',
    path: '/api/v1/people/{id}',
    summary: 'The person leaves: Microsoft’s side is taken back, their numbers rest in quarantine',
    permission: 'people:write',
    account: 'resource',
    params: byId,
    query: z.object({ reason: text(300).optional(), forward: leaverTarget.optional() }),
    status: 204,
    problems: [],
  },
});

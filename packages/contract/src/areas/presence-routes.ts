import { z } from 'zod';
import { id, page, paging, timestamp } from '../common.ts';
import {
  changeExceptions,
  journalEntry,
  presenceExceptions,
  presenceFix,
  presenceVector,
  setManual,
} from '../own-presence.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });
const own = '/api/v1/people/{id}/presence';

/** One person’s state: what says it, setting it by hand, its journal, who rings anyway, and putting it right. */
export const presenceRoutes = defineRoutes({
  'presence.read': {
    method: 'GET',
    path: `${own}/vector`,
    summary: 'What each source says of this person, which wins and why',
    permission: 'presence:read',
    account: 'resource',
    params: byId,
    response: presenceVector,
    problems: [],
  },
  'presence.set': {
    method: 'PUT',
    path: `${own}/manual`,
    summary:
      'Set the state by hand, until a time or for some minutes; without them: Busy, do not disturb, appear offline and Available for eight hours, Away for four, Be right back for one',
    permission: 'presence:write',
    account: 'resource',
    params: byId,
    body: setManual,
    response: presenceVector,
    problems: [],
  },
  'presence.release': {
    method: 'DELETE',
    path: `${own}/manual`,
    summary: 'Release the state that was set by hand; a second time changes nothing',
    permission: 'presence:write',
    account: 'resource',
    params: byId,
    response: presenceVector,
    status: 200,
    problems: [],
  },
  'presence.journal': {
    method: 'GET',
    path: `${own}/journal`,
    summary: 'Every change of the state, newest first; as CSV with `Accept: text/csv`',
    permission: 'presence:read',
    account: 'resource',
    params: byId,
    query: z.object({
      ...paging,
      from: timestamp.optional().describe('Not before'),
      to: timestamp.optional().describe('Before'),
    }),
    response: page(journalEntry),
    problems: [],
  },
  'presence.fix': {
    method: 'POST',
    path: `${own}/fix`,
    summary:
      'Take back what this platform set, here and in Teams, read Teams again, and show the state before and after',
    permission: 'presence:fix',
    account: 'resource',
    params: byId,
    response: presenceFix,
    problems: [],
  },
  'presence.exceptions': {
    method: 'GET',
    path: `${own}/exceptions`,
    summary: 'Important callers, times without calls, and what a call gets that may not ring',
    permission: 'presence:read',
    account: 'resource',
    params: byId,
    response: presenceExceptions,
    problems: [],
  },
  'presence.changeExceptions': {
    method: 'PATCH',
    path: `${own}/exceptions`,
    summary: 'Change them; what is not named stays, a list that is named is replaced',
    permission: 'presence:write',
    account: 'resource',
    params: byId,
    body: changeExceptions,
    response: presenceExceptions,
    problems: ['wrong-state'],
  },
});

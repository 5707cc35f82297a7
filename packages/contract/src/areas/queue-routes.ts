import { z } from 'zod';
import { id } from '../common.ts';
import { newQueue, queue, queueChange, queueLive, queueLogIn, queueMembers } from '../queue.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });

/** Queues: people who take calls in turn. A user sees the queues in which they are a member. */
export const queueRoutes = defineRoutes({
  'queues.list': {
    method: 'GET',
    path: '/api/v1/queues',
    summary: 'Queues with their members',
    permission: 'queues:read',
    account: 'scope',
    query: z.object({ account: id.optional() }),
    response: z.object({ items: z.array(queue) }),
    problems: [],
  },
  'queues.create': {
    method: 'POST',
    path: '/api/v1/queues',
    summary: 'Make a queue; callers may wait in it as soon as this answers',
    permission: 'queues:write',
    account: 'resource',
    body: newQueue,
    response: queue,
    status: 201,
    problems: ['number-taken', 'number-held', 'name-in-use'],
  },
  'queues.read': {
    method: 'GET',
    path: '/api/v1/queues/{id}',
    summary: 'One queue',
    permission: 'queues:read',
    account: 'resource',
    params: byId,
    response: queue,
    problems: [],
  },
  'queues.change': {
    method: 'PATCH',
    path: '/api/v1/queues/{id}',
    summary: 'Change name, number or settings; holds for callers who wait already, too',
    permission: 'queues:write',
    account: 'resource',
    params: byId,
    body: queueChange,
    response: queue,
    problems: ['number-taken', 'number-held', 'name-in-use', 'changed-meanwhile'],
  },
  'queues.delete': {
    method: 'DELETE',
    path: '/api/v1/queues/{id}',
    summary:
      'Remove the queue: who waits gets its overflow, calls that are talking go on, its number goes back to stock',
    permission: 'queues:write',
    account: 'resource',
    params: byId,
    status: 204,
    problems: [],
  },
  'queues.setMembers': {
    method: 'PUT',
    path: '/api/v1/queues/{id}/members',
    summary: 'Who takes the calls, in which order',
    permission: 'queues:write',
    account: 'resource',
    params: byId,
    body: queueMembers,
    response: queue,
    problems: ['changed-meanwhile'],
  },
  'queues.logIn': {
    method: 'PUT',
    path: '/api/v1/queues/{id}/members/{person}/log-in',
    summary: 'Log a member in or out: oneself, or an administrator for somebody',
    permission: 'queues:log-in',
    account: 'resource',
    params: z.object({ id, person: id }),
    body: queueLogIn,
    response: queue,
    problems: [],
  },
  'queues.live': {
    method: 'GET',
    path: '/api/v1/queues/{id}/live',
    summary: 'Who waits, who is rung, and why a member is not; also told as event `queue` when it changes',
    permission: 'queues:read',
    account: 'resource',
    params: byId,
    response: queueLive,
    problems: [],
  },
});

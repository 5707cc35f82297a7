import { z } from 'zod';
import { id } from '../common.ts';
import { goTo, microsoftReturn } from '../connection.ts';
import {
  acceleration,
  beginOwnConnection,
  changeAcceleration,
  ownConnection,
  ownReturnOutcome,
} from '../own-connection.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });
const ofAccount = '/api/v1/accounts/{id}/presence-acceleration';

/** Sign-ins of people at Microsoft that are kept (product-behaviour 2.12). */
export const ownConnectionRoutes = defineRoutes({
  'ownConnection.read': {
    method: 'GET',
    path: '/api/v1/people/{id}/microsoft',
    summary: 'A person’s own connection with Microsoft: whether it works, and what to do if not',
    permission: 'presence:read',
    account: 'resource',
    params: byId,
    response: ownConnection,
    problems: [],
  },
  'ownConnection.begin': {
    method: 'POST',
    path: '/api/v1/people/{id}/microsoft/sign-in',
    summary: 'Begin to connect one’s own Microsoft account: gives the address to go to',
    permission: 'own-connection:connect',
    account: 'resource',
    params: byId,
    body: beginOwnConnection,
    response: goTo,
    problems: ['teams-not-enabled', 'return-address-unknown', 'no-app-registration', 'wrong-state'],
  },
  'ownConnection.complete': {
    method: 'POST',
    path: '/api/v1/own-connections/complete',
    summary:
      'What Microsoft sent the browser back with. Accepted once, from the session that began it, and for the person who is linked',
    permission: 'session',
    account: 'none',
    body: microsoftReturn,
    response: ownReturnOutcome,
    problems: [
      'sign-in-over',
      'other-session',
      'other-person',
      'link-taken',
      'token-refused',
      'microsoft-refused',
      'microsoft-unavailable',
      'teams-not-enabled',
    ],
  },
  'ownConnection.disconnect': {
    method: 'DELETE',
    path: '/api/v1/people/{id}/microsoft',
    summary: 'End the own connection: what it set in Teams is taken back, and its tokens are forgotten',
    permission: 'presence:write',
    account: 'resource',
    params: byId,
    response: ownConnection,
    status: 200,
    problems: [],
  },
  'acceleration.read': {
    method: 'GET',
    path: ofAccount,
    summary: 'Own connections of people, and whether Microsoft tells of changes of presence by itself',
    permission: 'presence-sync:read',
    account: 'resource',
    params: byId,
    response: acceleration,
    problems: [],
  },
  'acceleration.change': {
    method: 'PATCH',
    path: ofAccount,
    summary: 'Allow own connections, switch the speed-up; what is not named stays',
    permission: 'presence-sync:write',
    account: 'resource',
    params: byId,
    body: changeAcceleration,
    response: acceleration,
    problems: [],
  },
  'acceleration.begin': {
    method: 'POST',
    path: `${ofAccount}/sign-ins`,
    summary: 'Begin to give a sign-in by which Microsoft tells of changes: gives the address to go to',
    permission: 'presence-sync:write',
    account: 'resource',
    params: byId,
    body: z.strictObject({ returnTo: z.string().max(512) }),
    response: goTo,
    problems: ['teams-not-enabled', 'return-address-unknown', 'no-app-registration', 'wrong-state'],
  },
  'acceleration.remove': {
    method: 'DELETE',
    path: `${ofAccount}/sign-ins/{signIn}`,
    summary: 'Take such a sign-in away: Microsoft is told to stop, its tokens are forgotten',
    permission: 'presence-sync:write',
    account: 'resource',
    params: z.object({ id, signIn: id }),
    response: acceleration,
    status: 200,
    problems: [],
  },
});

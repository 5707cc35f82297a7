import { z } from 'zod';
import { account, carrier, numberEntry, trunk } from './account.ts';
import { accessRoutes } from './areas/access-routes.ts';
import { auditRoutes } from './areas/audit-routes.ts';
import { connectionRoutes } from './areas/connection-routes.ts';
import { consentRoutes } from './areas/consent-routes.ts';
import { contactRoutes } from './areas/contact-routes.ts';
import { diallingRoutes } from './areas/dialling-routes.ts';
import { directoryRoutes } from './areas/directory-routes.ts';
import { jobRoutes } from './areas/job-routes.ts';
import { microsoftDataRoutes } from './areas/microsoft-data-routes.ts';
import { numberRoutes } from './areas/number-routes.ts';
import { outgoingRoutes } from './areas/outgoing-routes.ts';
import { ownConnectionRoutes } from './areas/own-connection-routes.ts';
import { presenceRoutes } from './areas/presence-routes.ts';
import { presenceSyncRoutes } from './areas/presence-sync-routes.ts';
import { provisioningRoutes } from './areas/provisioning-routes.ts';
import { queueRoutes } from './areas/queue-routes.ts';
import { routingDomainRoutes } from './areas/routing-domain-routes.ts';
import { tagRoutes } from './areas/tag-routes.ts';
import { tenantFileRoutes } from './areas/tenant-file-routes.ts';
import { voicemailRoutes } from './areas/voicemail-routes.ts';
import { webhookRoutes } from './areas/webhook-routes.ts';
import { call, callDirections, callSummary, ladder, resultClasses } from './call.ts';
import { id, page, paging, queryNumber, text } from './common.ts';
import { goTo, microsoftReturn } from './connection.ts';
import { device } from './device.ts';
import { liveEvent } from './event.ts';
import { numberStates } from './number.ts';
import { peerQuery, peers } from './peer.ts';
import { linkStates, person, personChange, readiness, readinessVerdicts } from './person.ts';
import { personPresence } from './presence.ts';
import { defineRoutes } from './route.ts';
import { beginMicrosoftSession, microsoftSession, session, signIn } from './session.ts';

const byId = z.object({ id });
const ofAccount = {
  account: id.optional().describe('Only this account; without it everything the caller may see'),
};

/** The whole API. Server validation, types, the typed client and OpenAPI derive from this table. */
export const routes = defineRoutes({
  ...connectionRoutes,
  ...microsoftDataRoutes,
  ...outgoingRoutes,
  ...accessRoutes,
  ...consentRoutes,
  ...diallingRoutes,
  ...directoryRoutes,
  ...routingDomainRoutes,
  ...provisioningRoutes,
  ...presenceRoutes,
  ...presenceSyncRoutes,
  ...numberRoutes,
  ...jobRoutes,
  ...tagRoutes,
  ...tenantFileRoutes,
  ...auditRoutes,
  ...webhookRoutes,
  ...contactRoutes,
  ...ownConnectionRoutes,
  ...queueRoutes,
  ...voicemailRoutes,
  'session.create': {
    method: 'POST',
    path: '/api/v1/session',
    summary: 'Sign in: sets the session cookie',
    permission: 'public',
    account: 'none',
    body: signIn,
    response: session,
    status: 201,
    problems: ['sign-in-refused', 'sign-in-throttled', 'csrf-token-missing', 'database-unavailable'],
  },
  'session.microsoft': {
    method: 'POST',
    path: '/api/v1/session/microsoft',
    summary:
      'Begin to sign in with a Microsoft account: where to send the browser, which gets a cookie for the way back',
    permission: 'public',
    account: 'none',
    body: beginMicrosoftSession,
    response: goTo,
    status: 201,
    problems: ['no-app-registration', 'return-address-unknown', 'csrf-token-missing'],
  },
  'session.microsoftReturn': {
    method: 'POST',
    path: '/api/v1/session/microsoft/return',
    summary: 'Back from Microsoft: sets the session cookie, or says between which sign-ins to choose',
    permission: 'public',
    account: 'none',
    body: microsoftReturn,
    response: microsoftSession,
    status: 201,
    problems: [
      'sign-in-over',
      'other-session',
      'token-refused',
      'microsoft-refused',
      'microsoft-unavailable',
      'microsoft-user-unknown',
      'sign-in-blocked',
      'sign-in-throttled',
      'csrf-token-missing',
      'database-unavailable',
    ],
  },
  'session.read': {
    method: 'GET',
    path: '/api/v1/session',
    summary: 'Who am I, and what may I do',
    permission: 'session',
    account: 'none',
    response: session,
    problems: [],
  },
  'session.delete': {
    method: 'DELETE',
    path: '/api/v1/session',
    summary: 'Sign out',
    permission: 'session',
    account: 'none',
    status: 204,
    problems: [],
  },
  'accounts.list': {
    method: 'GET',
    path: '/api/v1/accounts',
    summary: 'The customers of this platform',
    permission: 'accounts:read',
    account: 'scope',
    query: z.object({ ...paging }),
    response: page(account),
    problems: [],
  },
  'accounts.read': {
    method: 'GET',
    path: '/api/v1/accounts/{id}',
    summary: 'One customer',
    permission: 'accounts:read',
    account: 'resource',
    params: byId,
    response: account,
    problems: [],
  },
  'people.list': {
    method: 'GET',
    path: '/api/v1/people',
    summary: 'People, by name',
    permission: 'people:list',
    account: 'scope',
    query: z.object({
      ...ofAccount,
      ...paging,
      search: text(128).optional().describe('Part of name, address, number or extension'),
      readiness: z.enum(readinessVerdicts).optional(),
      code: z
        .string()
        .regex(/^PRV-[0-9]{3}$/)
        .optional()
        .describe('Code of the headline, for example `PRV-401`'),
      state: z.enum(linkStates).optional().describe('Where provisioning is'),
      tag: text(64).optional().describe('Who has this tag'),
    }),
    response: page(person),
    problems: [],
  },
  'people.read': {
    method: 'GET',
    path: '/api/v1/people/{id}',
    summary: 'One person',
    permission: 'people:read',
    account: 'resource',
    params: byId,
    response: person,
    problems: [],
  },
  'people.change': {
    method: 'PATCH',
    path: '/api/v1/people/{id}',
    summary:
      'Switch calls in Teams on or off, change the number, the licence of the platform, or whether the person is active',
    permission: 'people:write',
    account: 'resource',
    params: byId,
    body: personChange,
    response: person,
    problems: ['number-taken', 'number-held'],
  },
  'people.readiness': {
    method: 'GET',
    path: '/api/v1/people/{id}/readiness',
    summary: 'Why this person can or cannot call, and whose turn it is',
    permission: 'people:read',
    account: 'resource',
    params: byId,
    response: readiness,
    problems: [],
  },
  'people.presence': {
    method: 'GET',
    path: '/api/v1/people/{id}/presence',
    summary: 'What this person is doing, and who says so',
    permission: 'people:read',
    account: 'resource',
    params: byId,
    response: personPresence,
    problems: [],
  },
  'carriers.list': {
    method: 'GET',
    path: '/api/v1/carriers',
    summary: 'Carriers: the shared ones and those of the account',
    permission: 'carriers:read',
    account: 'scope',
    query: z.object({ ...ofAccount, ...paging }),
    response: page(carrier),
    problems: [],
  },
  'trunks.list': {
    method: 'GET',
    path: '/api/v1/trunks',
    summary: 'The host names by which Microsoft knows the customers',
    permission: 'trunks:read',
    account: 'scope',
    query: z.object({ ...ofAccount, ...paging }),
    response: page(trunk),
    problems: [],
  },
  'devices.list': {
    method: 'GET',
    path: '/api/v1/devices',
    summary: 'Phones that register with the platform, and whether they are registered',
    permission: 'people:list',
    account: 'scope',
    query: z.object({ ...ofAccount, ...paging }),
    response: page(device),
    problems: [],
  },
  'numbers.list': {
    method: 'GET',
    path: '/api/v1/numbers',
    summary: 'Numbers and who has them',
    permission: 'numbers:read',
    account: 'scope',
    query: z.object({
      ...ofAccount,
      ...paging,
      search: queryNumber.optional(),
      state: z.enum(numberStates).optional(),
      range: id.optional(),
    }),
    response: page(numberEntry),
    problems: [],
  },
  'calls.list': {
    method: 'GET',
    path: '/api/v1/calls',
    summary: 'Calls, newest first; live ones come from memory, finished ones from the store',
    permission: 'calls:read',
    account: 'scope',
    query: z.object({
      ...ofAccount,
      ...paging,
      state: z.enum(['live', 'finished']).default('finished'),
      number: queryNumber.optional().describe('Part of either party'),
      result: z.enum(resultClasses).optional(),
      direction: z.enum(callDirections).optional(),
      person: id.optional(),
      tag: text(64).optional().describe('Calls of people who have this tag now'),
      sipCallId: text(256).optional().describe('Call-ID of either leg'),
      from: z.iso.datetime({ offset: true }).optional().describe('Invited at or after'),
      to: z.iso.datetime({ offset: true }).optional().describe('Invited before'),
    }),
    response: page(callSummary),
    problems: [],
  },
  'calls.read': {
    method: 'GET',
    path: '/api/v1/calls/{id}',
    summary: 'The record of one call, with its reasons in words',
    permission: 'calls:read',
    account: 'resource',
    params: byId,
    response: call,
    problems: [],
  },
  'calls.ladder': {
    method: 'GET',
    path: '/api/v1/calls/{id}/ladder',
    summary: 'The SIP messages of both legs; text with `Accept: text/plain`',
    permission: 'ladders:read',
    account: 'resource',
    params: byId,
    response: ladder,
    produces: 'json-or-text',
    problems: [],
  },
  'calls.hangUp': {
    method: 'DELETE',
    path: '/api/v1/calls/{id}',
    summary: 'End a live call',
    permission: 'calls:hang-up',
    account: 'resource',
    params: byId,
    status: 204,
    problems: ['call-over'],
  },
  'health.peers': {
    method: 'GET',
    path: '/api/v1/health/peers',
    summary: 'Hubs and carriers: OPTIONS both ways, in words. Served while the database is away',
    permission: 'peers:read',
    account: 'scope',
    query: peerQuery,
    response: peers,
    problems: [],
  },
  events: {
    method: 'GET',
    path: '/api/v1/events',
    summary: 'Peers and calls as they change (server-sent events)',
    permission: 'events:read',
    account: 'scope',
    response: liveEvent,
    produces: 'text/event-stream',
    problems: ['too-many-requests'],
  },
  openapi: {
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'This description',
    permission: 'public',
    account: 'none',
    response: z.record(z.string(), z.unknown()),
    problems: [],
  },
  healthz: {
    method: 'GET',
    path: '/healthz',
    summary: 'Alive',
    permission: 'public',
    account: 'none',
    produces: 'text/plain',
    problems: [],
  },
  readyz: {
    method: 'GET',
    path: '/readyz',
    summary: 'Ready: one line per dependency; 503 while one that calls need is missing',
    permission: 'public',
    account: 'none',
    produces: 'text/plain',
    problems: [],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus',
    permission: 'public',
    account: 'none',
    produces: 'text/plain',
    problems: [],
  },
});

export type Routes = typeof routes;
export type RouteId = keyof Routes;

type Part<Id extends RouteId, Key extends 'params' | 'query' | 'body'> =
  Routes[Id] extends Record<Key, infer Schema extends z.ZodType> ? Schema : undefined;
type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
/** What a handler gets: validated, with defaults in place. */
export interface RouteInput<Id extends RouteId> {
  readonly params: Parsed<Part<Id, 'params'>>;
  readonly query: Parsed<Part<Id, 'query'>>;
  readonly body: Parsed<Part<Id, 'body'>>;
}

export type RouteOutput<Id extends RouteId> = Routes[Id] extends { response: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;

type Required<Id extends RouteId, Key extends 'params' | 'query' | 'body'> =
  Part<Id, Key> extends z.ZodType ? { readonly [K in Key]: z.input<Part<Id, Key>> } : unknown;
type Optional<Id extends RouteId, Key extends 'query'> =
  Part<Id, Key> extends z.ZodType ? { readonly [K in Key]?: Partial<z.input<Part<Id, Key>>> } : unknown;
/** What a client sends. */
export type RouteRequest<Id extends RouteId> = Required<Id, 'params'> &
  Optional<Id, 'query'> &
  Required<Id, 'body'>;

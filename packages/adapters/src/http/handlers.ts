import {
  openapi,
  type Presence,
  permissions,
  type RouteId,
  type RouteInput,
  type RouteOutput,
  roleMay,
  routes,
  type Session,
} from '@tandem/contract';
import {
  type Account,
  asAccountId,
  type CallRecord,
  isE164,
  type LeaverChoice,
  type Person,
} from '@tandem/domain';
import type { LadderEntry } from '@tandem/engine/ports/call-log.ts';
import { accessHandlers } from './areas/access-handlers.ts';
import { auditHandlers } from './areas/audit-handlers.ts';
import { connectionHandlers } from './areas/connection-handlers.ts';
import { consentHandlers, type RunOperation } from './areas/consent-handlers.ts';
import { contactHandlers } from './areas/contact-handlers.ts';
import { diallingHandlers } from './areas/dialling-handlers.ts';
import { directoryHandlers } from './areas/directory-handlers.ts';
import { jobHandlers } from './areas/job-handlers.ts';
import { microsoftDataHandlers } from './areas/microsoft-data-handlers.ts';
import { numberHandlers } from './areas/number-handlers.ts';
import { outgoingHandlers } from './areas/outgoing-handlers.ts';
import { ownConnectionHandlers } from './areas/own-connection-handlers.ts';
import { presenceHandlers } from './areas/presence-handlers.ts';
import { presenceSyncHandlers } from './areas/presence-sync-handlers.ts';
import { provisioningHandlers } from './areas/provisioning-handlers.ts';
import { queueHandlers } from './areas/queue-handlers.ts';
import { routingDomainHandlers } from './areas/routing-domain-handlers.ts';
import { tagHandlers } from './areas/tag-handlers.ts';
import { tenantFileHandlers } from './areas/tenant-file-handlers.ts';
import { voicemailHandlers } from './areas/voicemail-handlers.ts';
import { webhookHandlers } from './areas/webhook-handlers.ts';
import { actorOf } from './auth/actor.ts';
import type { Refused as DoorRefused } from './auth/microsoft-door.ts';
import type { Principal } from './auth/principal.ts';
import type { BytesAnswer } from './bytes-answer.ts';
import { matches } from './call-filter.ts';
import { leaverTargetFault } from './leaver-target.ts';
import { readInput } from './read-input.ts';
import { Refusal } from './refusal.ts';
import { narrow, type Scope, seesPerson } from './scope.ts';
import { type ApiServices, isAway, type LiveCall, type PageOf } from './services.ts';
import { toCall, toCallSummary } from './views/call-view.ts';
import { phonesSeen, toDevice } from './views/device-view.ts';
import { toAccount, toCarrier, toNumber, toPerson, toTrunks } from './views/directory-view.ts';
import { printLadder } from './views/ladder-text.ts';
import { toPeers } from './views/peer-view.ts';
import { readinessOf } from './views/readiness-view.ts';
import { compact, instant } from './views/shape.ts';

/** Answers with a type of its own; the text form is made only where the route declares one. */
export class TextAnswer {
  readonly text: string;
  readonly status: number;
  readonly contentType: string;
  constructor(text: string, status = 200, contentType = 'text/plain; charset=utf-8') {
    this.text = text;
    this.status = status;
    this.contentType = contentType;
  }
}

/** An answer that also sets or clears (`null`) the cookie of the session, or of a way to Microsoft; undefined leaves it. */
export class SessionAnswer<Body> {
  readonly body: Body;
  readonly token: string | null | undefined;
  readonly way: string | null | undefined;
  constructor(body: Body, token: string | null | undefined, way?: string | null) {
    this.body = body;
    this.token = token;
    this.way = way;
  }
}

export interface Caller {
  /** Address of the client, for throttling and the audit. */
  readonly address: string;
  /** The session's token, when it came by cookie. */
  readonly cookie: string | undefined;
  /** What this browser keeps of a sign-in with Microsoft that it began. */
  readonly way: string | undefined;
  readonly wantsText: boolean;
  readonly wantsCsv: boolean;
  /** `Range`, as it came. */
  readonly range: string | undefined;
}

/** What a handler may rely on: it only runs once the permission was granted. Public routes have nobody. */
export interface Context<Id extends RouteId> {
  readonly input: RouteInput<Id>;
  readonly principal: Principal;
  readonly scope: Scope;
  readonly caller: Caller;
}

type Answer<Id extends RouteId> =
  | RouteOutput<Id>
  | Refusal
  | TextAnswer
  | BytesAnswer
  | SessionAnswer<RouteOutput<Id>>;
/** One per route but the stream, which is not an answer; leave one out and it does not compile. */
export type Handlers = {
  readonly [Id in Exclude<RouteId, 'events'>]: (context: Context<Id>) => Promise<Answer<Id>>;
};

/** The handlers of one area's table of routes. */
export type HandlersOf<Table> = Pick<Handlers, Extract<keyof Table, keyof Handlers>>;

const nothingKnown: Presence = {
  label: 'unknown',
  sentence: 'Nothing is known of this person yet.',
  source: 'none',
  stale: true,
};

const notFound = (detail?: string): Refusal =>
  new Refusal('not-found', detail === undefined ? {} : { detail });

const ofDoor = ({ code, detail, retryAfterMs }: DoorRefused): Refusal =>
  new Refusal(code, {
    ...(detail !== undefined && { detail }),
    ...(retryAfterMs !== undefined && { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
  });

export function createHandlers(services: ApiServices): Handlers {
  const { directory, calls, live, sessions } = services;

  async function accountsById(scope: Scope, ids: Iterable<string>): Promise<ReadonlyMap<string, Account>> {
    const found = new Map<string, Account>();
    for (const accountId of new Set(ids)) {
      const narrowed = narrow(scope, accountId);
      if (!narrowed) continue;
      const page = await directory.accounts(narrowed, { limit: 1 });
      for (const account of page.items) found.set(account.id, account);
    }
    return found;
  }

  /** Who has the tag, in all accounts that the scope sees; undefined: no tag was asked for. */
  async function tagged(scope: Scope, tag: string | undefined): Promise<ReadonlySet<string> | undefined> {
    if (tag === undefined) return undefined;
    const found = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await directory.accounts(scope, { limit: 100, cursor });
      for (const account of page.items)
        for (const person of await services.tags.people(account.id, tag)) found.add(person.id);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return found;
  }

  async function describe(principal: Principal): Promise<Session> {
    const { accountId } = principal;
    const account = accountId === undefined ? undefined : await quietly(() => accountOf(accountId));
    return compact({
      name: principal.name,
      displayName: principal.displayName,
      role: principal.role,
      accountId,
      accountName: account?.name,
      personId: principal.personId,
      timeZone: account?.timeZone ?? 'UTC',
      permissions: (Object.keys(permissions) as (keyof typeof permissions)[]).filter((permission) =>
        roleMay(principal.role, permission),
      ),
      csrfToken: principal.csrfToken,
      idleUntil: principal.idleUntilMs === undefined ? undefined : instant(principal.idleUntilMs),
      endsAt: principal.endsAtMs === undefined ? undefined : instant(principal.endsAtMs),
    });
  }

  const accountOf = async (accountId: string): Promise<Account | undefined> => {
    const page = await directory.accounts(
      { kind: 'account', accountId: asAccountId(accountId) },
      { limit: 1 },
    );
    return page.items[0];
  };

  /** A live call first: it is there even when the database is not. */
  async function findCall(scope: Scope, id: string): Promise<LiveCall | CallRecord | undefined> {
    const running = live.find(id);
    if (running) return seesPerson(scope, running.record) ? running : undefined;
    const record = await calls.record(scope, id);
    return record && seesPerson(scope, record) ? record : undefined;
  }

  const run: RunOperation = async (id, request, by) => {
    const input = readInput(routes[id], request);
    if (input instanceof Refusal) return input;
    const handler = handlers[id as keyof Handlers] as (context: Context<RouteId>) => Promise<unknown>;
    return await handler({ ...by, input } as Context<RouteId>);
  };

  const handlers: Handlers = {
    ...connectionHandlers(services),
    ...consentHandlers(services, run),
    ...accessHandlers(services),
    ...diallingHandlers(services),
    ...directoryHandlers(services),
    ...routingDomainHandlers(services),
    ...provisioningHandlers(services),
    ...presenceHandlers(services),
    ...presenceSyncHandlers(services),
    ...numberHandlers(services),
    ...jobHandlers(services),
    ...tenantFileHandlers(services),
    ...auditHandlers(services),
    ...webhookHandlers(services),
    ...contactHandlers(services),
    ...microsoftDataHandlers(services),
    ...outgoingHandlers(services),
    ...ownConnectionHandlers(services),
    ...tagHandlers(services),
    ...queueHandlers(services),
    ...voicemailHandlers(services),
    'session.create': async ({ input, caller }) => {
      const outcome = await sessions.signIn(input.body.name.trim(), input.body.password, caller.address);
      switch (outcome.kind) {
        case 'refused':
          return new Refusal('sign-in-refused');
        case 'throttled':
          return new Refusal('sign-in-throttled', {
            retryAfterSeconds: Math.ceil(outcome.retryAfterMs / 1000),
          });
        case 'signed-in':
          return new SessionAnswer(await describe(outcome.principal), outcome.token);
      }
    },
    'session.microsoft': async ({ input }) => {
      const way = services.microsoftDoor.begin(input.body);
      if (way.kind === 'refused') return ofDoor(way);
      return new SessionAnswer({ url: way.url, endsAt: instant(way.endsWallMs) }, undefined, way.way);
    },
    'session.microsoftReturn': async ({ input, caller }) => {
      const outcome = await services.microsoftDoor.complete(input.body, caller);
      switch (outcome.kind) {
        case 'refused':
          return ofDoor(outcome);
        case 'choose':
          return new SessionAnswer({ choices: [...outcome.choices] }, undefined, null);
        case 'signed-in':
          return new SessionAnswer(
            { session: await describe(outcome.principal), choices: [] },
            outcome.token,
            null,
          );
      }
    },
    'session.read': ({ principal }) => describe(principal),
    'session.delete': async ({ caller }) => {
      if (caller.cookie !== undefined) await sessions.signOut(caller.cookie);
      return new SessionAnswer(undefined, null);
    },

    'accounts.list': async ({ scope, input }) => {
      const page = await directory.accounts(scope, input.query);
      return pageOf(page, toAccount);
    },
    'accounts.read': async ({ scope, input }) => {
      const account = (await accountsById(scope, [input.params.id])).get(input.params.id);
      return account ? toAccount(account) : notFound();
    },

    'people.list': async ({ scope, input }) => {
      const { account, readiness, code, state, limit, cursor, search, tag } = input.query;
      const narrowed = narrow(scope, account);
      if (!narrowed) return notFound('There is no such account.');
      const having = await tagged(narrowed, tag);
      const keep = (of: Account, person: Person): boolean => {
        if (having && !having.has(person.id)) return false;
        if (!judging) return true;
        const judged = services.readiness.of(of, person);
        return (
          (readiness ?? judged.report.verdict) === judged.report.verdict &&
          (code === undefined || code === judged.report.headline?.code) &&
          (state === undefined || state === judged.state)
        );
      };
      const judging = readiness !== undefined || code !== undefined || state !== undefined;
      const page = await directory.people(narrowed, {
        limit,
        cursor,
        search,
        ...((judging || having) && { keep }),
      });
      const accounts = await accountsById(
        scope,
        page.items.map((person) => person.accountId),
      );
      return pageOf(page, (person) => toPerson(person, accounts.get(person.accountId), services));
    },
    'people.read': async ({ scope, input }) => {
      const person = await directory.person(scope, input.params.id);
      if (!person || !seesPerson(scope, { accountId: person.accountId, personId: person.id }))
        return notFound();
      return toPerson(person, await accountOf(person.accountId), services);
    },
    'people.change': async ({ scope, input, principal, caller }) => {
      const { number } = input.body;
      if (typeof number === 'string' && !isE164(number)) {
        return new Refusal('invalid-request', {
          errors: [{ path: 'number', message: 'a number in E.164 form, for example +12025550142' }],
        });
      }
      const { leaver } = input.body;
      if (leaver) {
        const person = await directory.person(scope, input.params.id);
        const fault =
          person && (await leaverTargetFault(services, scope, person.accountId, leaver, person.id));
        if (fault !== undefined)
          return new Refusal('invalid-request', { errors: [{ path: 'leaver', message: fault }] });
      }
      const by = actorOf(principal, caller);
      const change = { ...input.body, number, leaver: leaver as LeaverChoice | null | undefined };
      const outcome = await directory.changePerson(scope, input.params.id, change, by);
      if (outcome.kind === 'unknown') return notFound();
      if (outcome.kind === 'number-taken')
        return new Refusal('number-taken', { detail: outcome.say ?? `${number} is taken.` });
      if (outcome.kind === 'number-held') return new Refusal('number-held', { detail: outcome.say });
      return toPerson(outcome.person, await accountOf(outcome.person.accountId), services);
    },
    'people.readiness': async ({ scope, input }) => {
      const person = await directory.person(scope, input.params.id);
      if (!person || !seesPerson(scope, { accountId: person.accountId, personId: person.id }))
        return notFound();
      const account = await accountOf(person.accountId);
      services.readiness.look?.(person.accountId);
      return readinessOf(services.readiness, account, person, services.clock.wall());
    },
    'people.presence': async ({ scope, input }) => {
      const person = await directory.person(scope, input.params.id);
      if (!person || !seesPerson(scope, { accountId: person.accountId, personId: person.id }))
        return notFound();
      const shown = services.presence.of(person.id) ?? nothingKnown;
      return { ...shown, personId: person.id };
    },

    'carriers.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return notFound('There is no such account.');
      return pageOf(await directory.carriers(narrowed, input.query), (carrier) => toCarrier(carrier, scope));
    },
    'trunks.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return notFound('There is no such account.');
      const page = await directory.accounts(narrowed, input.query);
      return compact({ items: page.items.flatMap(toTrunks), nextCursor: page.nextCursor });
    },
    'devices.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return notFound('There is no such account.');
      return pageOf(phonesSeen(services.phones.list(), narrowed, input.query), toDevice);
    },
    'numbers.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return notFound('There is no such account.');
      return pageOf(await directory.numbers(narrowed, input.query), toNumber);
    },

    'calls.list': async ({ scope, input }) => {
      const { query } = input;
      const narrowed = narrow(scope, query.account);
      if (!narrowed) return notFound('There is no such account.');
      const ask = {
        limit: query.limit,
        cursor: query.cursor,
        number: query.number,
        result: query.result,
        direction: query.direction,
        personId: query.person,
        personIds: await tagged(narrowed, query.tag),
        sipCallId: query.sipCallId,
        fromWallMs: query.from === undefined ? undefined : Date.parse(query.from),
        beforeWallMs: query.to === undefined ? undefined : Date.parse(query.to),
      };
      if (query.state === 'live') {
        const items = live
          .list()
          .filter((call) => seesPerson(narrowed, call.record) && matches(call.record, ask))
          .sort((a, b) => b.record.invitedAt - a.record.invitedAt);
        const shown = items.slice(0, query.limit).map((call) => toCallSummary(call.record, call.phase));
        return { items: shown, total: items.length };
      }
      return pageOf(await calls.list(narrowed, ask), (record) => toCallSummary(record));
    },
    'calls.read': async ({ scope, input }) => {
      const found = await findCall(scope, input.params.id);
      if (!found) return notFound();
      return 'record' in found ? toCall(found.record, found.phase) : toCall(found);
    },
    'calls.ladder': async ({ scope, input, caller }) => {
      const { id } = input.params;
      const found = await findCall(scope, id);
      if (!found) return notFound();
      const entries: readonly LadderEntry[] =
        'record' in found ? live.ladder(id) : ((await calls.ladder(scope, id)) ?? []);
      if (caller.wantsText) return new TextAnswer(printLadder(id, entries));
      return { callId: id, entries: entries.map((entry) => ({ ...entry })) };
    },
    'calls.hangUp': async ({ scope, input, principal }) => {
      const { id } = input.params;
      const found = await findCall(scope, id);
      if (!found) return notFound();
      if (!('record' in found)) return new Refusal('call-over');
      return (await live.hangUp(id, principal.name)) ? undefined : new Refusal('call-over');
    },

    'health.peers': async ({ scope, input }) =>
      toPeers(services.peers.list(), scope, input.query.kind, services.clock.wall()),

    openapi: async () => openapi(services.version),
    healthz: async () => new TextAnswer('ok\n'),
    readyz: async () => {
      const all = await services.dependencies();
      const ready = all.every((one) => one.ready || one.optional === true);
      const lines = all.map(
        (one) => `${one.ready ? 'ok' : one.optional ? 'degraded' : 'not-ready'} ${one.name}: ${one.words}`,
      );
      return new TextAnswer(`${lines.join('\n')}\n`, ready ? 200 : 503);
    },
    metrics: async () => new TextAnswer(await services.metrics.text(), 200, services.metrics.contentType),
  };
  return handlers;
}

function pageOf<From, To>(page: PageOf<From>, view: (item: From) => To) {
  return compact({ items: page.items.map(view), nextCursor: page.nextCursor, total: page.total });
}

/** The session is described without the account's name and zone while the database is away. */
async function quietly<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isAway(error)) return undefined;
    throw error;
  }
}

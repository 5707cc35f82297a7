import type { TeamsClients } from '../clients/teams-client.ts';
import type { Directory } from '../directory/directory.ts';
import type { MovableClock } from '../directory/movable-clock.ts';
import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import type { SubscriptionOffice } from '../notifications/office.ts';
import type { TwinRandom } from '../random.ts';
import type { CallLog } from './call-log.ts';
import type { NumberOffice } from './number-office.ts';
import type { PresenceBook } from './presence-book.ts';
import type { SentItems } from './sent-items.ts';

/** Times of Microsoft's side that a rehearsal may change, and choices where its texts leave the answer open. */
export interface GraphSettings {
  /** Directory reads lag behind changes by this (G17). */
  directoryLagMs: number;
  /** A number operation takes this long from the request to `succeeded`. */
  operationMs: number;
  /** After that, `userConfigurations` shows it so much later (T3). */
  configurationLagMs: number;
  /** A licence shows in `userConfigurations` after this (L1). */
  licenceLagMs: number;
  /** A call that ended shows in the call logs so much later (C1). */
  callLogLagMs: number;
  /** Where a number that cannot be assigned is refused: in the operation, or by a 400 at once (T1). */
  numberRefusals: 'operation' | 'at-once';
  /**
   * Somebody lost Teams Phone so long ago: number and policies cannot be taken back any more (T8). Null: always. Said by other
   * vendors and not by Microsoft, which names no time.
   */
  strandedAfterMs: number | null;
  /** The operation comes wrapped in `value`, as in the published sample (T2). */
  wrapOperations: boolean | 'alternate';
  /** How values of presences are spelt; `fresh`: some that nobody has seen before (P9). */
  presenceNames: 'pascal' | 'camel' | 'fresh';
  /** Teams shows a presence to others so much later than Graph (P6). */
  teamsClientLagMs: number;
  /** `$top` above the maximum (G9). */
  topAboveMaximum: 'refuse' | 'clip';
  /** Default page of the directory, for rehearsals of paging with few people. */
  pageSize: number;
  /** Objects on a page of a delta query, and members of groups on it. */
  deltaPageSize: number;
  deltaMemberPageSize: number;
  /** Pages with nothing on them before the first and after the last with something. */
  deltaEmptyPages: number;
  /** Every change comes so many times more, on later pages of the same round (D1). */
  deltaReplays: number;
  /** Answers carry members that nobody asked for (G18). */
  extraMembers: boolean;
}

export const defaultGraphSettings: Readonly<GraphSettings> = {
  directoryLagMs: 0,
  operationMs: 300,
  configurationLagMs: 700,
  licenceLagMs: 0,
  callLogLagMs: 20_000,
  numberRefusals: 'operation',
  strandedAfterMs: 86_400_000,
  wrapOperations: false,
  presenceNames: 'pascal',
  teamsClientLagMs: 60_000,
  topAboveMaximum: 'refuse',
  pageSize: 100,
  deltaPageSize: 200,
  deltaMemberPageSize: 1_000,
  deltaEmptyPages: 0,
  deltaReplays: 0,
  extraMembers: false,
};

export interface GraphWorld {
  readonly directory: Directory;
  readonly clients: ReadonlyMap<string, TeamsClients>;
  readonly clock: MovableClock;
  readonly random: TwinRandom;
  readonly settings: GraphSettings;
  readonly presence: PresenceBook;
  readonly numbers: NumberOffice;
  readonly subscriptions: SubscriptionOffice;
  readonly calls: CallLog;
  readonly sent: SentItems;
  /** Seals page and delta links. */
  readonly sealKey: Buffer;
  /** TXT records of a name, as Microsoft finds them in the DNS. */
  readonly txt: (name: string) => readonly string[];
}

/** Who asks: what the token says (graph 1.5). */
export interface Caller {
  readonly tenantId: string;
  readonly appId: string;
  /** An application by itself, or for a person who signed in (`idtyp`, `scp`). */
  readonly kind: 'app' | 'user';
  /** Application permissions; empty for a person. */
  readonly roles: readonly string[];
  /** Delegated permissions; empty for an application. */
  readonly scopes: readonly string[];
  /** Object id of the person, or of the service principal. */
  readonly objectId: string;
  /** Directory roles by their template ids. */
  readonly directoryRoles: readonly string[];
  /** Wall ms at which the token ends. */
  readonly expiresAt: number;
}

export interface GraphCall {
  readonly world: GraphWorld;
  readonly tenant: Tenant;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  readonly body: unknown;
  /** `https://host:port/v1.0`: what links begin with. */
  readonly base: string;
  /** Path below the version, as asked. */
  readonly path: string;
}

export interface GraphAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the description of the operation means, if the body is something else on purpose. */
  readonly described?: unknown;
  /** The check that the request failed, for the audit. */
  readonly check?: string;
}

export const ok = (body: unknown): GraphAnswer => ({ status: 200, body });

export function fail(status: number, code: string, message: string, check?: string): GraphAnswer {
  return { status, body: { error: { code, message } }, ...(check ? { check } : {}) };
}

export const notFound = (id: string, check = 'G2'): GraphAnswer =>
  fail(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
    check,
  );

/** Members of the answers' context; clients ignore it. */
export const context = (base: string, what: string): string => `${base}/$metadata#${what}`;

/** A moment at which directory reads look: now, less their delay. */
export const readStamp = ({ directory, settings }: GraphWorld): number =>
  directory.stamps.next() - settings.directoryLagMs;

export const clientsOf = (world: GraphWorld, user: TeamsUser): TeamsClients | undefined =>
  world.clients.get(user.upn.toLowerCase());

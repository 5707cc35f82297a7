import { createHash, randomBytes } from 'node:crypto';
import type { DnsDriver, DnsRecord } from '@tandem/adapters/dns-driver/dns-driver.ts';
import {
  addDomain,
  type DomainWrite,
  makeActivationAccount,
  readDomain,
  releaseActivationLicence,
  verifyDomain,
} from '@tandem/adapters/graph/domains.ts';
import { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import type {
  RoutingDomainBoard,
  RoutingDomainOutcome,
  RoutingDomainRefusal,
} from '@tandem/adapters/http/routing-domain-board.ts';
import { type Scope, seesAccount } from '@tandem/adapters/http/scope.ts';
import { compact, instant } from '@tandem/adapters/http/views/shape.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import {
  type RoutingDomainStep,
  type RoutingDomainView,
  type RoutingReportBody,
  routingReport,
} from '@tandem/contract';
import type { Account, AccountId, CallRecord, ConnectionId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import type { RoutingFacts } from '@tandem/engine/ports/routing-facts.ts';
import { judgeReport, provesActive } from '@tandem/engine/routing-domain/read-back.ts';
import {
  afterDomainEvent,
  hostFault,
  type RoutingDomain,
  type RoutingDomainEvent,
  type VoiceRouting,
  withDomainSeen,
} from '@tandem/engine/routing-domain/routing-domain.ts';
import { routingFactsOf } from '@tandem/engine/routing-domain/routing-facts.ts';
import { routingScript } from '@tandem/engine/routing-domain/routing-script.ts';
import type { MicrosoftConnections } from './microsoft-connections.ts';
import { type RoutingMeans, recordsOf, saidOf, stepsOf } from './routing-domain-words.ts';

export interface RoutingDomains {
  readonly board: RoutingDomainBoard;
  readonly facts: RoutingFacts;
  /** An answered call with Teams shows that the account's first name is active. */
  callClosed(record: Pick<CallRecord, 'accountId' | 'answeredMs' | 'legs'>): void;
  stop(): Promise<void>;
}

export interface RoutingDomainParts {
  readonly stores: Pick<Stores, 'routingDomains'>;
  readonly connections: Pick<MicrosoftConnections, 'all'>;
  readonly accountOf: (accountId: AccountId) => Account | undefined;
  /** The connection may write domains in the tenant. */
  readonly setupOf: (connectionId: ConnectionId) => boolean;
  readonly dns: DnsDriver | undefined;
  readonly edgeAddress: string | undefined;
  /** The operator's base domain: the carrier trunk's name. */
  readonly baseDomain: string;
  /** Where scripts of customers reach this platform; undefined: their reports are pasted. */
  readonly publicUrl: () => string | undefined;
  readonly audit: AuditLog;
  /** Hosts of accounts changed: calls must follow. */
  readonly refresh: () => Promise<unknown>;
  readonly clock: { wall(): number; after(ms: number, fire: () => void): () => void };
  readonly newId: () => string;
  readonly onProblem: (what: string) => void;
}

/** product-behaviour 1.3 PRV-010: "we check every minute". */
const checkEveryMs = 60_000;
/** A page that is looked at shows what is at most this old. */
const freshMs = 3_000;
const tokenLastsMs = 7 * 86_400_000;
const ttlSeconds = 300;

export async function openRoutingDomains(parts: RoutingDomainParts): Promise<RoutingDomains> {
  const { stores, clock } = parts;
  const domains = new Map<string, RoutingDomain>();
  const listeners = new Set<(connectionId: ConnectionId) => void>();
  const looking = new Map<string, Promise<void>>();
  const unsaved = new Set<string>();
  let stopped = false;
  let loaded = false;

  // ---- what is known
  async function load(): Promise<void> {
    for (const one of await stores.routingDomains.listAllForPlatform()) domains.set(one.id, one);
    loaded = true;
  }
  const load1 = (): Promise<void> =>
    load().catch((error: Error) => parts.onProblem(`routing domains cannot be read now: ${error.message}`));

  const meansOf = (domain: RoutingDomain): RoutingMeans => ({
    setup: parts.setupOf(domain.connectionId),
    ...(parts.dns && { dns: parts.dns.name }),
    ...(parts.edgeAddress !== undefined && { edgeAddress: parts.edgeAddress }),
  });
  const graphOf = (domain: RoutingDomain) =>
    parts.connections.all(domain.accountId).find(({ connectionId }) => connectionId === domain.connectionId)
      ?.graph;

  async function put(domain: RoutingDomain): Promise<void> {
    const before = domains.get(domain.id);
    // Removed while somebody looked: it does not come back by that.
    if (!before) return;
    domains.set(domain.id, domain);
    const { checkedWallMs: _a, ...was } = before;
    const { checkedWallMs: _b, ...is } = domain;
    // That it was looked at again is not worth a write.
    if (JSON.stringify(was) === JSON.stringify(is)) return;
    unsaved.add(domain.id);
    for (const heard of listeners) heard(domain.connectionId);
    await save(domain.id);
  }

  /** As it is now. What cannot be stored is stored with the next round: what Microsoft was made to do is not forgotten. */
  async function save(id: string): Promise<void> {
    const domain = domains.get(id);
    if (domain) await stores.routingDomains.save(domain);
    if (domains.get(id) === domain) unsaved.delete(id);
  }

  // ---- looking
  function look(id: string): Promise<void> {
    const known = looking.get(id);
    if (known) return known;
    const turn = lookNow(id)
      .catch((error: Error) => parts.onProblem(`routing domain not looked at: ${error.message}`))
      .finally(() => looking.delete(id));
    looking.set(id, turn);
    return turn;
  }

  async function lookNow(id: string): Promise<void> {
    let domain = domains.get(id);
    const graph = domain && graphOf(domain);
    if (!domain || !graph || domain.state === 'BY_HAND') return;
    const seen = await readDomain(graph, domain.host);
    domain = domains.get(id);
    if (!domain || stopped) return;
    if (seen instanceof GraphError) {
      await put({ ...domain, problem: seen.message, checkedWallMs: clock.wall() });
      return;
    }
    const { problem: _, ...clean } = withDomainSeen(domain, seen, clock.wall());
    await put(clean);
    // Where we may, Microsoft is asked to look at DNS again as well: every minute, as promised.
    if (clean.state === 'UNVERIFIED' && clean.publishedWallMs !== undefined && meansOf(clean).setup) {
      const verified = await verifyDomain(graph, clean.host);
      const now = domains.get(id);
      if (!now) return;
      if (verified.kind === 'done') await put(withDomainSeen(now, { is: 'verified' }, clock.wall()));
      else if (verified.kind === 'refused') await put({ ...now, problem: verified.say });
    }
  }

  let cancel: (() => void) | undefined;
  const round = (): void => {
    if (stopped) return;
    if (!loaded) void load1();
    for (const id of unsaved)
      save(id).catch((error: Error) => parts.onProblem(`routing domain is stored later: ${error.message}`));
    for (const domain of domains.values()) void look(domain.id);
    cancel = clock.after(checkEveryMs, round);
  };

  // ---- showing
  const viewOf = (domain: RoutingDomain): RoutingDomainView => {
    const means = meansOf(domain);
    const { readBack, routing } = domain;
    return compact({
      id: domain.id,
      accountId: domain.accountId as string,
      connectionId: domain.connectionId as string,
      host: domain.host,
      state: domain.state,
      since: instant(domain.sinceWallMs),
      ...saidOf(domain, means),
      records: recordsOf(domain, means),
      publishedAt: domain.publishedWallMs === undefined ? undefined : instant(domain.publishedWallMs),
      checkedAt: domain.checkedWallMs === undefined ? undefined : instant(domain.checkedWallMs),
      problem: domain.problem,
      can: [...stepsOf(domain, means)],
      routing: { ...routing },
      objects: [...(readBack?.objects ?? unread(routing))],
      readBackAt: readBack && instant(readBack.wallMs),
      readBackBy: readBack?.by,
    });
  };
  const find = (scope: Scope, id: string): RoutingDomain | undefined => {
    const domain = domains.get(id);
    return domain && scope.kind !== 'person' && seesAccount(scope, domain.accountId) ? domain : undefined;
  };
  const done = (id: string): RoutingDomainOutcome => {
    const domain = domains.get(id);
    return domain ? { kind: 'done', domain: viewOf(domain) } : { kind: 'unknown' };
  };

  // ---- steps
  function writesOf(
    domain: RoutingDomain,
    step: RoutingDomainStep,
  ): readonly [writes: string[], undo: string] {
    const { host } = domain;
    const records = recordsOf(domain, meansOf(domain)).map(
      ({ type, name, value }) => `${type} ${name} = ${value}`,
    );
    switch (step) {
      case 'add':
        return [
          [`Microsoft 365: the domain ${host}, without services`],
          'Remove the domain in the admin centre.',
        ];
      case 'publish':
        return [records, 'Remove the records from the zone.'];
      case 'verify':
        return [[`Microsoft 365: looks for the TXT record of ${host}`], 'Nothing to take back.'];
      case 'activate':
        return [
          [
            `Microsoft 365: the user activate@${host}, disabled, with a random password that nobody knows`,
            'Microsoft 365: one free licence with Teams for this user, until the domain is active',
          ],
          'Press Clean up: the licence goes back. The user may be deleted in Entra.',
        ];
      case 'clean-up':
        return [[`Microsoft 365: the licence of activate@${host} goes back`], 'Press Activate again.'];
      case 'by-hand':
        return [[], 'Press Watch again.'];
      case 'watch':
        return [[], 'Press By hand again.'];
    }
  }
  const previewOf = (domain: RoutingDomain, step: RoutingDomainStep): string =>
    createHash('sha256')
      .update(JSON.stringify([domain.id, step, domain.state, writesOf(domain, step)]))
      .digest('base64url')
      .slice(0, 32);

  const written = (outcome: Exclude<DomainWrite, { kind: 'done' }>): RoutingDomainRefusal =>
    outcome.kind === 'refused'
      ? { kind: 'microsoft-refused', say: outcome.say }
      : { kind: 'microsoft-unavailable', say: outcome.say };

  async function carryOut(
    domain: RoutingDomain,
    step: RoutingDomainStep,
  ): Promise<RoutingDomainRefusal | undefined> {
    const graph = graphOf(domain);
    const now = clock.wall();
    const byEvent = async (event: RoutingDomainEvent): Promise<undefined> => {
      const moved = afterDomainEvent(domain, event, now);
      if (moved) await put(moved);
      return undefined;
    };
    if (step === 'by-hand') return await byEvent('takenByHand');
    if (step === 'watch') {
      await byEvent('takenBack');
      await look(domain.id);
      return undefined;
    }
    if (step === 'publish') {
      const records: DnsRecord[] = recordsOf(domain, meansOf(domain)).map(({ type, name, value }) => ({
        type,
        name,
        value,
        ttlSeconds,
      }));
      const outcome = await parts.dns?.publish(records);
      const { problem: _, ...clean } = domains.get(domain.id) ?? domain;
      if (outcome?.kind === 'published') await put({ ...clean, publishedWallMs: now });
      else if (outcome) {
        await put({ ...clean, problem: outcome.say });
        return { kind: 'wrong-state', say: outcome.say };
      }
      await look(domain.id);
      return undefined;
    }
    if (!graph) return { kind: 'wrong-state', say: 'The connection with this tenant is not there any more.' };
    if (step === 'add' || step === 'verify') {
      const outcome = await (step === 'add' ? addDomain : verifyDomain)(graph, domain.host);
      if (outcome.kind !== 'done') return written(outcome);
      await look(domain.id);
      return undefined;
    }
    if (step === 'activate') {
      const country = parts.accountOf(domain.accountId)?.country ?? 'US';
      const outcome = await makeActivationAccount(graph, domain.host, country);
      if (outcome.kind !== 'made') return written(outcome);
      await put({ ...(domains.get(domain.id) ?? domain), activation: outcome.account });
      return undefined;
    }
    const { activation } = domain;
    if (!activation) return undefined;
    const outcome = await releaseActivationLicence(graph, activation);
    if (outcome.kind !== 'done') return written(outcome);
    await put({ ...(domains.get(domain.id) ?? domain), activation: { ...activation, licensed: false } });
    return undefined;
  }

  const needsPreview: ReadonlySet<RoutingDomainStep> = new Set(['add', 'publish', 'activate', 'clean-up']);
  const note = (action: string, by: AuditActor, domain: RoutingDomain, more: object = {}): Promise<void> =>
    parts.audit.note({
      accountId: domain.accountId,
      actor: by,
      action,
      object: { kind: 'routing-domain', id: domain.id, label: domain.host },
      ...more,
    });

  /** What a script found, whoever brought it. */
  async function readBack(
    id: string,
    report: RoutingReportBody,
    by: 'script' | 'paste',
  ): Promise<RoutingDomain | undefined> {
    const domain = domains.get(id);
    if (!domain) return undefined;
    const objects = judgeReport(domain.routing, domain.host, report);
    const read: RoutingDomain = { ...domain, readBack: { wallMs: clock.wall(), by, objects } };
    const moved = provesActive(objects) ? afterDomainEvent(read, 'seenWorking', clock.wall()) : undefined;
    await put(moved ?? read);
    return domains.get(id);
  }

  const board: RoutingDomainBoard = {
    list: (scope) =>
      scope.kind === 'person'
        ? []
        : [...domains.values()].filter(({ accountId }) => seesAccount(scope, accountId)).map(viewOf),
    async read(scope, id) {
      const domain = find(scope, id);
      if (!domain) return undefined;
      if (clock.wall() - (domain.checkedWallMs ?? 0) > freshMs) await look(id);
      return viewOf(domains.get(id) ?? domain);
    },
    async create(wanted, by) {
      const { accountId, connectionId } = wanted;
      const account = parts.accountOf(accountId);
      if (!account) return { kind: 'unknown' };
      if (!parts.connections.all(accountId).some((one) => one.connectionId === connectionId))
        return { kind: 'invalid', field: 'connection', say: 'the account has no such connection' };
      const host = (wanted.host ?? `${labelOf(account.name)}.${parts.baseDomain}`).toLowerCase();
      const fault = hostFault(host, parts.baseDomain);
      if (fault !== undefined) return { kind: 'invalid', field: 'host', say: fault };
      const domain: RoutingDomain = {
        id: parts.newId(),
        accountId,
        connectionId,
        host,
        state: 'WANTED',
        sinceWallMs: clock.wall(),
        routing: wanted.routing ?? namesFor(account.name),
      };
      const made = await stores.routingDomains.create(domain);
      if (!made.ok) return made.refusal.kind === 'taken' ? { kind: 'host-taken' } : { kind: 'unknown' };
      domains.set(domain.id, domain);
      for (const heard of listeners) heard(connectionId);
      await parts.refresh();
      await note('routing-domain.create', by, domain, { after: { host, ...domain.routing } });
      await look(domain.id);
      return done(domain.id);
    },
    preview(scope, id, step) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      if (!stepsOf(domain, meansOf(domain)).includes(step)) return notNow(domain, step);
      const [writes, undo] = writesOf(domain, step);
      return { kind: 'preview', preview: previewOf(domain, step), writes, undo };
    },
    async step(scope, id, step, preview, by) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      if (!stepsOf(domain, meansOf(domain)).includes(step)) return notNow(domain, step);
      if (needsPreview.has(step) && preview !== previewOf(domain, step)) return { kind: 'preview-outdated' };
      const refusal = await carryOut(domain, step);
      const [writes] = writesOf(domain, step);
      await note(`routing-domain.${step}`, by, domain, {
        after: { writes, ...(refusal && 'say' in refusal ? { refused: refusal.say } : {}) },
      });
      return refusal ?? done(id);
    },
    async script(scope, id, by) {
      const domain = find(scope, id);
      const account = domain && parts.accountOf(domain.accountId);
      const connection =
        domain &&
        parts.connections.all(domain.accountId).find((one) => one.connectionId === domain.connectionId);
      if (!domain || !account) return { kind: 'unknown' };
      if (!connection)
        return { kind: 'wrong-state', say: 'The connection with this tenant is not there any more.' };
      const publicUrl = parts.publicUrl();
      const token = randomBytes(32).toString('base64url');
      if (publicUrl !== undefined)
        await stores.routingDomains.setReportToken(domain.accountId, id, hashOf(token), tokenLastsMs);
      const url = publicUrl === undefined ? undefined : `${publicUrl}/api/v1/routing-domains/read-back`;
      await note('routing-domain.script', by, domain);
      return {
        kind: 'script',
        script: routingScript({
          accountName: account.name,
          tenantId: connection.tenantId,
          hosts: [domain.host],
          routing: domain.routing,
          ...(url !== undefined && { report: { url, token } }),
        }),
        fileName: `voice-routing-${domain.host.split('.')[0]}.ps1`,
        ...(url !== undefined && { reportsTo: url, endsAtWallMs: clock.wall() + tokenLastsMs }),
      };
    },
    async paste(scope, id, text, by) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      const report = readReport(text);
      if (typeof report === 'string') return { kind: 'invalid', field: 'report', say: report };
      await readBack(id, report, 'paste');
      await note('routing-domain.read-back', by, domain);
      return done(id);
    },
    async report(body) {
      const id = await stores.routingDomains.findIdByReportTokenForPlatform(hashOf(body.token ?? ''));
      const domain = id === undefined ? undefined : await readBack(id, body, 'script');
      if (!domain) return undefined;
      await note('routing-domain.read-back', { kind: 'system', name: 'routing script' }, domain);
      return saidOf(domain, meansOf(domain)).sentence;
    },
    async startOver(scope, id, host, by) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      if (host.toLowerCase() === domain.host)
        return { kind: 'invalid', field: 'host', say: 'must be another name than the one that is stuck' };
      const made = await board.create({ ...domain, host, routing: domain.routing }, by);
      if (made.kind === 'done') await board.remove(scope, id, by);
      return made;
    },
    async remove(scope, id, by) {
      const domain = find(scope, id);
      if (!domain || !(await stores.routingDomains.remove(domain.accountId, id))) return false;
      domains.delete(id);
      for (const heard of listeners) heard(domain.connectionId);
      await parts.refresh();
      await note('routing-domain.delete', by, domain, { before: { host: domain.host } });
      return true;
    },
  };

  await load1();
  round();

  return {
    board,
    facts: {
      of: (connectionId) =>
        routingFactsOf([...domains.values()].filter((one) => one.connectionId === connectionId)),
      onChange(heard) {
        listeners.add(heard);
        return () => listeners.delete(heard);
      },
    },
    callClosed({ accountId, answeredMs, legs }) {
      if (accountId === undefined || answeredMs === undefined) return;
      if (!legs.some(({ role }) => role === 'teams')) return;
      const host = parts.accountOf(accountId)?.sbcHosts[0]?.toLowerCase();
      const domain = [...domains.values()].find((one) => one.host === host);
      const moved = domain && afterDomainEvent(domain, 'seenWorking', clock.wall());
      if (moved) put(moved).catch((error: Error) => parts.onProblem(error.message));
    },
    async stop() {
      stopped = true;
      cancel?.();
      await Promise.all(looking.values());
    },
  };
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const unread = (routing: VoiceRouting): RoutingDomainView['objects'] => [
  { kind: 'usage', name: routing.usage, state: 'unread' },
  { kind: 'route', name: routing.route, state: 'unread' },
  { kind: 'policy', name: routing.policy, state: 'unread' },
  ...(routing.dialPlan === undefined
    ? []
    : [{ kind: 'dial-plan' as const, name: routing.dialPlan, state: 'unread' as const }]),
];

const notNow = (domain: RoutingDomain, step: RoutingDomainStep): RoutingDomainRefusal => ({
  kind: 'wrong-state',
  say: `${domain.host} is ${domain.state}: the step ${step} cannot be taken now.`,
});

/** A host label from what people call the account; never empty. */
function labelOf(name: string): string {
  const label = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 20)
    .replace(/^-+|-+$/g, '');
  return label === '' ? 'customer' : label;
}

function namesFor(accountName: string): VoiceRouting {
  const label = labelOf(accountName);
  const part = label.slice(0, 1).toUpperCase() + label.slice(1);
  return { usage: `U-Tandem-${part}`, route: `R-Tandem-${part}`, policy: `VRP-Tandem-${part}` };
}

function readReport(text: string): RoutingReportBody | string {
  const from = text.indexOf('{');
  const to = text.lastIndexOf('}');
  if (from < 0 || to < from)
    return 'no report in it: paste the text between the braces that the script printed';
  let value: unknown;
  try {
    value = JSON.parse(text.slice(from, to + 1));
  } catch (error) {
    return `not whole: ${(error as Error).message}`;
  }
  // What the script found nothing of stands there as an empty list: whatever lacks it would only say that all is missing.
  const lacks = ['usages', 'routes', 'policies'].find((part) => !Object.hasOwn(value as object, part));
  if (lacks !== undefined) return `not whole: ${lacks} is not in it. Paste all that the script printed`;
  const parsed = routingReport.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a report of the script'}`;
}

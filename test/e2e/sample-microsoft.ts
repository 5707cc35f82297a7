import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import type { RoutingDomainBoard } from '@tandem/adapters/http/routing-domain-board.ts';
import { seesAccount } from '@tandem/adapters/http/scope.ts';
import type { ApiServices } from '@tandem/adapters/http/services.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import type { HeldRemoval, RoutingDomainStep, RoutingDomainView } from '@tandem/contract';

/** What a script reports whose objects all stand. */
export const goodReport = JSON.stringify({
  usages: ['U-Globex'],
  routes: [
    { identity: 'R-Globex', pattern: '.*', gateways: ['globex.customers.example.net'], usages: ['U-Globex'] },
  ],
  policies: [{ identity: 'VRP-Globex', usages: ['U-Globex'] }],
});
const names = { usage: 'U-Globex', route: 'R-Globex', policy: 'VRP-Globex' };

type Objects = RoutingDomainView['objects'];
const objects = (state: Objects[number]['state'], wrong?: 'route'): Objects =>
  (['usage', 'route', 'policy'] as const).map((kind) => ({
    kind,
    name: names[kind],
    state: kind === wrong ? ('missing' as const) : state,
  }));

/**
 * The Microsoft side for the wizard's page tests, which the API's own doubles leave still: a routing domain that goes on
 * with each step, DNS that the test answers for, provisioning under the id of whatever connection is asked for.
 */
export function sampleMicrosoft(services: ApiServices, wall: () => number) {
  const instant = (ms: number): string => new Date(ms).toISOString();
  const domains = new Map<string, RoutingDomainView>();
  /** Tests say when Microsoft saw the record, and when it activated. */
  const microsoft = { seesTxt: false, licensed: false };
  const held: HeldRemoval[] = [];

  const shape = (domain: RoutingDomainView): RoutingDomainView => {
    const { host } = domain;
    switch (domain.state) {
      case 'WANTED':
        return {
          ...domain,
          code: 'PRV-010',
          sentence: `${host} is not a domain of the Microsoft 365 tenant yet.`,
          turn: 'account-admin',
          next: 'Press Add: Tandem adds it to the tenant.',
          can: ['add', 'by-hand'],
          records: [],
        };
      case 'UNVERIFIED':
        return {
          ...domain,
          code: 'PRV-010',
          sentence: `Microsoft waits for the TXT record of ${host}; we check every minute.`,
          turn: 'operator',
          next: `Put the records below into the zone of ${host}.`,
          can: ['verify', 'by-hand'],
          records: [
            {
              type: 'TXT',
              name: host,
              value: 'MS=ms99887766',
              purpose: 'proves to Microsoft that the name may stand in this tenant',
            },
            {
              type: 'A',
              name: host,
              value: '198.51.100.20',
              purpose: 'where Microsoft sends the calls of this customer',
            },
          ],
        };
      case 'VERIFIED':
        return {
          ...domain,
          code: 'PRV-011',
          sentence: microsoft.licensed
            ? `Microsoft has not activated ${host} yet. Do not repeat the step.`
            : `${host} is verified. Microsoft activates it once a licensed account has a name in it.`,
          turn: microsoft.licensed ? 'microsoft' : 'account-admin',
          next: microsoft.licensed
            ? 'Run the script below now, and again later: it succeeds once the domain is active, and this page goes on.'
            : 'Press Activate: Tandem makes the account and licenses it for some hours.',
          usualSeconds: 3_600,
          worstSeconds: 86_400,
          can: microsoft.licensed ? ['by-hand'] : ['activate', 'by-hand'],
        };
      case 'ACTIVE': {
        const missing = domain.objects.some(({ state }) => state !== 'present');
        const { code: _, next: __, usualSeconds: ___, worstSeconds: ____, ...rest } = domain;
        return missing
          ? {
              ...rest,
              code: 'PRV-013',
              sentence: `${host} is active. Voice route R-Globex was not found.`,
              turn: 'entra-admin',
              next: 'Run the script below as a Teams administrator. This page goes on by itself.',
              can: ['by-hand'],
            }
          : {
              ...rest,
              sentence: `${host} is active and its voice routing stands.`,
              turn: 'nobody',
              can: ['by-hand'],
            };
      }
      default:
        return domain;
    }
  };
  const put = (domain: RoutingDomainView): RoutingDomainView => {
    const shown = shape(domain);
    domains.set(shown.id, shown);
    return shown;
  };
  const writes: Partial<Record<RoutingDomainStep, (host: string) => readonly string[]>> = {
    add: (host) => [`Microsoft 365: the domain ${host}, without services`],
    verify: (host) => [`Microsoft 365: looks for the TXT record of ${host}`],
    activate: (host) => [`Microsoft 365: the user activate@${host}, disabled`],
  };
  const seen = (scope: Parameters<RoutingDomainBoard['list']>[0], id: string) => {
    const domain = domains.get(id);
    return domain && seesAccount(scope, domain.accountId) ? domain : undefined;
  };

  const routingDomains: RoutingDomainBoard = {
    list: (scope) => [...domains.values()].filter(({ accountId }) => seesAccount(scope, accountId)),
    async read(scope, id) {
      const domain = seen(scope, id);
      if (!domain) return undefined;
      const state = domain.state === 'UNVERIFIED' && microsoft.seesTxt ? 'VERIFIED' : domain.state;
      return put({ ...domain, state, checkedAt: instant(wall()) });
    },
    async create({ accountId, connectionId, host }) {
      const domain = put({
        id: `01900000-0000-7000-8000-00000000e00${domains.size}`,
        accountId,
        connectionId,
        host: host ?? 'globex.customers.example.net',
        state: 'WANTED',
        since: instant(wall()),
        sentence: '',
        turn: 'account-admin',
        records: [],
        can: [],
        routing: names,
        objects: objects('unread'),
        voicemail: 'teams',
      });
      return { kind: 'done', domain };
    },
    preview(scope, id, step) {
      const domain = seen(scope, id);
      return domain
        ? {
            kind: 'preview',
            preview: `${step} in ${domain.state}`,
            writes: [...(writes[step]?.(domain.host) ?? [])],
            undo: 'Remove it in the admin centre.',
          }
        : { kind: 'unknown' };
    },
    async step(scope, id, step, preview) {
      const domain = seen(scope, id);
      if (!domain) return { kind: 'unknown' };
      if (preview !== `${step} in ${domain.state}`) return { kind: 'preview-outdated' };
      if (step === 'activate') microsoft.licensed = true;
      const state =
        step === 'add'
          ? ('UNVERIFIED' as const)
          : step === 'verify' && microsoft.seesTxt
            ? ('VERIFIED' as const)
            : step === 'by-hand'
              ? ('BY_HAND' as const)
              : domain.state;
      return { kind: 'done', domain: put({ ...domain, state, since: instant(wall()) }) };
    },
    async chooseCalling(scope, id, holdMusic) {
      const domain = seen(scope, id);
      if (!domain) return { kind: 'unknown' };
      const { calling: _, ...routing } = domain.routing;
      const chosen = holdMusic ? { ...routing, calling: { policy: 'CP-Globex', holdMusic } } : routing;
      return { kind: 'done', domain: put({ ...domain, routing: chosen }) };
    },
    script: async (scope, id) =>
      seen(scope, id)
        ? {
            kind: 'script',
            script: '# Voice routing of Globex\nNew-CsOnlinePSTNGateway -Fqdn globex.customers.example.net\n',
            fileName: 'voice-routing-globex.ps1',
          }
        : { kind: 'unknown' },
    async paste(scope, id, report) {
      const domain = seen(scope, id);
      if (!domain) return { kind: 'unknown' };
      const start = report.indexOf('{');
      if (start < 0)
        return {
          kind: 'invalid',
          field: 'report',
          say: 'no report in it: paste what stands between the braces at the end',
        };
      const told = JSON.parse(report.slice(start)) as { routes: readonly unknown[] };
      return {
        kind: 'done',
        domain: put({
          ...domain,
          state: 'ACTIVE',
          readBackAt: instant(wall()),
          readBackBy: 'paste',
          objects: objects('present', told.routes.length === 0 ? 'route' : undefined),
        }),
      };
    },
    report: async () => undefined,
    startOver: async () => ({ kind: 'unknown' }),
    remove: async (_scope, id) => domains.delete(id),
  };

  // The doubles know one connection an account, by the account's id.
  const accountOf = (connectionId: string): string =>
    services.connections.find(connectionId)?.accountId ?? connectionId;
  const inner = services.provisioning;
  const provisioning: ProvisioningBoard = {
    ...inner,
    read(scope, id) {
      const found = inner.read(scope, accountOf(id));
      return found && { ...found, connectionId: id, status: { ...found.status, held: [...held] } };
    },
    async change(scope, id, change, by) {
      const found = await inner.change(scope, accountOf(id), change, by);
      return found && { ...found, connectionId: id };
    },
    preview(scope, id, change) {
      const found = inner.preview(scope, accountOf(id), change);
      return (
        found && {
          ...found,
          join: change.enableGroups?.length ?? 0,
          examples:
            (change.enableGroups?.length ?? 0) > 0
              ? [
                  {
                    personId: world.gretaId,
                    displayName: 'Greta Weiss',
                    what: 'gets her number at Microsoft',
                  },
                ]
              : [],
        }
      );
    },
    async decideHeld() {
      return held.splice(0);
    },
    unmatched: (scope, id, ask) => inner.unmatched(scope, accountOf(id), ask),
    inventory: (scope, id, ask) => inner.inventory(scope, accountOf(id), ask),
  };

  /** Groups of the tenant that was connected last: the one that the wizard asks about. */
  const tenantDirectory: ApiServices['tenantDirectory'] = {
    ...services.tenantDirectory,
    async groups(accountId, search) {
      const connection = services.connections.list().findLast((one) => one.accountId === accountId);
      const words = (search ?? '').toLowerCase();
      return {
        items: ['Voice Users', 'Voice Pilots', 'Everybody'].flatMap((name, index) =>
          connection && name.toLowerCase().startsWith(words)
            ? [
                {
                  objectId: `96096096-0000-4000-8000-00000000010${index}`,
                  connectionId: connection.id as string,
                  name,
                  kind: 'assigned' as const,
                  synced: false,
                  people: 7 - index,
                  followed: false,
                },
              ]
            : [],
        ),
        more: false,
      };
    },
  };

  /** The link `sample` leads to Microsoft; who comes back without an error has approved. */
  const connections: ApiServices['connections'] = {
    ...services.connections,
    async approve({ link, back }) {
      if (link === 'sample')
        return {
          ok: true,
          value: {
            step: 'go',
            url: 'https://login.example/authorize?state=by-link',
            sentence: 'admin@acme.example asks you to connect Acme with the account Acme.',
          },
        };
      if (back?.state !== 'by-link') return { ok: false, code: 'sign-in-over' };
      return back.error === undefined
        ? { ok: true, value: { step: 'done', sentence: 'Thank you: Acme is connected.' } }
        : { ok: false, code: 'microsoft-refused', detail: 'You did not approve.' };
    },
  };
  return {
    boards: { routingDomains, provisioning, tenantDirectory, connections },
    domains,
    microsoft,
    held,
  };
}

import type { RoutingDomainView } from '@tandem/contract';
import type { RoutingDomainBoard } from '../routing-domain-board.ts';
import { type Scope, seesAccount } from '../scope.ts';
import * as world from './sample-world.ts';

export const acmeRoutingDomainId = '01900000-0000-7000-8000-00000000d001';
const globexRoutingDomainId = '01900000-0000-7000-8000-00000000d002';

const sample = (id: string, accountId: string, host: string): RoutingDomainView => ({
  id,
  accountId,
  connectionId: `${id.slice(0, -4)}c001`,
  host,
  state: 'VERIFIED',
  since: '2026-05-04T10:11:12.000Z',
  code: 'PRV-011',
  sentence: `Microsoft has not activated ${host} yet. Do not repeat the step.`,
  next: 'Run the script below now, and again later: it succeeds once the domain is active, and this page goes on.',
  turn: 'microsoft',
  usualSeconds: 3600,
  worstSeconds: 86_400,
  records: [
    {
      type: 'TXT',
      name: host,
      value: 'MS=ms12345678',
      purpose: 'proves to Microsoft that the name may stand in this tenant',
    },
    {
      type: 'A',
      name: host,
      value: '198.51.100.20',
      purpose: 'where Microsoft sends the calls of this customer',
    },
  ],
  can: ['by-hand'],
  voicemail: 'teams',
  routing: { usage: 'U-Tandem', route: 'R-Tandem', policy: 'VRP-Tandem' },
  objects: [
    { kind: 'usage', name: 'U-Tandem', state: 'unread' },
    { kind: 'route', name: 'R-Tandem', state: 'unread' },
    { kind: 'policy', name: 'VRP-Tandem', state: 'unread' },
  ],
});

/** Two names that wait for Microsoft; every step is taken at once and changes nothing but what is shown. */
export function memoryRoutingDomains(): RoutingDomainBoard {
  const domains = new Map<string, RoutingDomainView>(
    [
      sample(acmeRoutingDomainId, world.acmeId, 'sbc1.customers.example.net'),
      sample(globexRoutingDomainId, world.globexId, 'sbc2.customers.example.net'),
    ].map((one) => [one.id, one]),
  );
  const find = (scope: Scope, id: string): RoutingDomainView | undefined => {
    const found = domains.get(id);
    return found && scope.kind !== 'person' && seesAccount(scope, found.accountId) ? found : undefined;
  };
  const change = (scope: Scope, id: string, more: Partial<RoutingDomainView> = {}) => {
    const found = find(scope, id);
    if (!found) return { kind: 'unknown' } as const;
    const domain = { ...found, ...more };
    domains.set(id, domain);
    return { kind: 'done', domain } as const;
  };
  return {
    list: (scope) => [...domains.values()].filter(({ accountId }) => seesAccount(scope, accountId)),
    read: async (scope, id) => find(scope, id),
    async create({ accountId, host }) {
      const id = `01900000-0000-7000-8000-${String(domains.size).padStart(12, '0')}`;
      const domain = sample(id, accountId, host ?? 'new.customers.example.net');
      domains.set(id, domain);
      return { kind: 'done', domain };
    },
    preview: (scope, id, step) =>
      find(scope, id)
        ? { kind: 'preview', preview: `preview-of-${step}`, writes: [], undo: 'Nothing to take back.' }
        : { kind: 'unknown' },
    step: async (scope, id, step) =>
      change(scope, id, step === 'by-hand' ? { state: 'BY_HAND', can: ['watch'] } : {}),
    async chooseCalling(scope, id, holdMusic) {
      const { calling: _, ...routing } = find(scope, id)?.routing ?? sample(id, '', '').routing;
      return change(scope, id, {
        routing: holdMusic ? { ...routing, calling: { policy: 'CP-Tandem', holdMusic } } : routing,
      });
    },
    script: async (scope, id) =>
      find(scope, id)
        ? { kind: 'script', script: '# Voice routing\n', fileName: 'voice-routing.ps1' }
        : { kind: 'unknown' },
    paste: async (scope, id) => change(scope, id, { state: 'ACTIVE' }),
    report: async ({ token }) => (token === 'known' ? 'The voice routing stands.' : undefined),
    startOver: async (scope, id, host) => change(scope, id, { host }),
    // Kept: the matrix of routes and roles asks for the same one again and again.
    remove: async (scope, id) => find(scope, id) !== undefined,
  };
}

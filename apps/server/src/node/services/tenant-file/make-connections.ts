import type { ConnectionBoard } from '@tandem/adapters/http/connection-board.ts';
import type { RoutingDomainBoard } from '@tandem/adapters/http/routing-domain-board.ts';
import type { TenantState } from '@tandem/adapters/tenant-file/state.ts';
import { type AccountId, asConnectionId } from '@tandem/domain';
import { type ConnectionFeature, featureTable } from '@tandem/engine';
import { heldData } from '@tandem/engine/microsoft-data/held-data.ts';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { reason, type StepOf } from './making.ts';

export interface ConnectionParts {
  readonly connections: Pick<ConnectionBoard, 'list' | 'changeFeatures'>;
  readonly routingDomains: Pick<RoutingDomainBoard, 'list' | 'chooseCalling'>;
}
export type ConnectionStep = StepOf<'change-features' | 'choose-music'>;

/** Connections of the account that have not ended, with their routing domains. */
export function microsoftOf(
  { connections, routingDomains }: ConnectionParts,
  accountId: AccountId,
): TenantState['microsoft'] {
  const domains = routingDomains.list({ kind: 'account', accountId });
  return connections
    .list()
    .filter((one) => one.accountId === accountId && one.life.state !== 'DISCONNECTED')
    .map(({ id, entraTenantId, features }) => ({
      id,
      tenantId: entraTenantId,
      features: (Object.keys(featureTable) as ConnectionFeature[]).filter((one) => features.includes(one)),
      routingDomains: domains
        .filter(({ connectionId }) => connectionId === id)
        .map(({ id: domainId, host, routing: { calling } }) => ({
          id: domainId,
          host: host.toLowerCase(),
          ...(calling && { holdMusic: calling.holdMusic }),
        }))
        .sort((a, b) => (a.host < b.host ? -1 : 1)),
    }))
    .sort((a, b) => (a.tenantId < b.tenantId ? -1 : 1));
}

/** What is switched off loses what Microsoft said for it (G27): who plans it has to know. */
export function wordsOfFeatures({ off }: StepOf<'change-features'>): string | undefined {
  const held = new Set<ConnectionFeature>(heldData.map(({ feature }) => feature));
  const titles = off.filter((feature) => held.has(feature)).map((feature) => featureTable[feature].title);
  return titles.length === 0
    ? undefined
    : `What is kept of Microsoft's data for this is deleted: ${titles.join(', ')}.`;
}

/** By the desks that everybody uses, which write the audit too. In words what was not done. */
export async function makeConnection(
  step: ConnectionStep,
  { connections, routingDomains }: ConnectionParts,
  accountId: AccountId,
  by: AuditActor,
): Promise<string | undefined> {
  if (step.do === 'change-features') {
    const made = await connections.changeFeatures(asConnectionId(step.connectionId), step.features, {
      ...by,
      session: reason,
    });
    return made.ok ? undefined : notWritten(made.detail ?? made.code);
  }
  const scope = { kind: 'account', accountId } as const;
  const made = await routingDomains.chooseCalling(scope, step.domainId, step.holdMusic ?? undefined, by);
  return made.kind === 'done' ? undefined : notWritten('say' in made ? made.say : made.kind);
}

const notWritten = (why: string): string =>
  `Not written: ${why} All else of the file was made; apply it again.`;

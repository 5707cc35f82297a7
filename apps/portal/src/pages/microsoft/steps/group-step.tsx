import type { Connection, Provisioning, RoutingDomainView } from '@tandem/contract';
import { useMay } from '../../../api/session.ts';
import { Stack } from '../../../parts/stack.tsx';
import { FunnelRows } from '../funnel-card.tsx';
import { ProvisioningForm } from '../provisioning-form.tsx';

/** Who decides who calls from Teams, with the effect shown before it is saved. */
export function GroupStep({
  connection,
  provisioning,
  domain,
}: {
  readonly connection: Connection;
  readonly provisioning: Provisioning | undefined;
  readonly domain: RoutingDomainView | undefined;
}) {
  const mayWrite = useMay('provisioning:write');
  if (!provisioning) return <p>Provisioning starts once the connection works; one moment.</p>;
  const { settings, status } = provisioning;
  const { members, people, inScope, ready } = status.funnel;
  return (
    <Stack>
      <ProvisioningForm
        key={JSON.stringify(settings)}
        connection={connection}
        settings={settings}
        suggestedPolicy={domain && domain.state !== 'BY_HAND' ? domain.routing.policy : undefined}
        disabled={!mayWrite}
      />
      {settings.enableGroups.length > 0 && members !== undefined && (
        <FunnelRows
          label="Members and verdicts"
          rows={[
            { word: 'In the enable groups', count: members },
            { word: 'Of them people here', count: Math.min(people, inScope) },
            { word: 'Ready', count: ready },
          ]}
        />
      )}
    </Stack>
  );
}

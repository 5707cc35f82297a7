import type { Connection } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { FunnelCard } from './funnel-card.tsx';
import { HeldChanges } from './held-changes.tsx';
import { ProvisioningForm } from './provisioning-form.tsx';
import { UnmatchedCard } from './unmatched-card.tsx';

/** Who calls from Teams by this connection: where people are on the way, what is held, and the settings. */
export function PeopleTab({ connection }: { readonly connection: Connection }) {
  const mayWrite = useMay('provisioning:write');
  const { data, error, refetch } = useQuery({
    ...ask('provisioning.read', { params: { id: connection.id } }),
    refetchInterval: 5_000,
  });
  if (!data) return error && <ProblemView error={error} retry={() => void refetch()} />;
  return (
    <>
      <HeldChanges connection={connection} provisioning={data} />
      <FunnelCard connection={connection} provisioning={data} />
      <UnmatchedCard connection={connection} />
      <Card title="Settings">
        <ProvisioningForm
          key={JSON.stringify(data.settings)}
          connection={connection}
          settings={data.settings}
          whole
          disabled={!mayWrite}
        />
      </Card>
    </>
  );
}

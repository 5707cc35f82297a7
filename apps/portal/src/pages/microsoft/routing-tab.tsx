import type { Connection } from '@tandem/contract';
import { useMay } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { domainWords } from '../../words/connection.ts';
import { DomainSteps } from './domain-steps.tsx';
import { NewDomainForm } from './new-domain-form.tsx';
import { ScriptPart } from './script-part.tsx';
import { useRoutingDomains } from './use-routing-domains.ts';

/** The names by which Microsoft knows the customer, and the voice routing that uses them. */
export function RoutingTab({ connection }: { readonly connection: Connection }) {
  const mayWrite = useMay('connections:write');
  const { items, known, error, refetch } = useRoutingDomains(connection.id, connection.accountId);
  return (
    <>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {known && items.length === 0 && (
        <Card title="Routing domain">
          {mayWrite ? (
            <NewDomainForm connection={connection} />
          ) : (
            <EmptyState title="No routing domain yet">
              An administrator chooses the name by which Microsoft knows this account.
            </EmptyState>
          )}
        </Card>
      )}
      {items.map((domain) => (
        <div key={domain.id} style={{ display: 'grid', gap: '20px', minWidth: 0 }}>
          <Card title={domain.host} aside={<StateBadge {...domainWords[domain.state]} />}>
            <DomainSteps domain={domain} />
          </Card>
          <Card title="Voice routing">
            <ScriptPart domain={domain} />
          </Card>
        </div>
      ))}
    </>
  );
}

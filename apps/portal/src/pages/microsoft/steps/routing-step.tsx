import type { Connection, RoutingDomainView } from '@tandem/contract';
import { useMay } from '../../../api/session.ts';
import { Stack } from '../../../parts/stack.tsx';
import { StateBadge } from '../../../parts/state-badge.tsx';
import { WordList } from '../../../parts/word-list.tsx';
import { domainWords } from '../../../words/connection.ts';
import { DomainSteps } from '../domain-steps.tsx';
import { NewDomainForm } from '../new-domain-form.tsx';

export function RoutingStep({
  connection,
  domain,
}: {
  readonly connection: Connection;
  readonly domain: RoutingDomainView | undefined;
}) {
  const mayWrite = useMay('connections:write');
  const missing = connection.missing.filter(({ feature }) => feature === 'setup');
  if (!domain) return mayWrite ? <NewDomainForm connection={connection} /> : <p>No name is chosen yet.</p>;
  return (
    <Stack>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'center' }}>
        <strong style={{ overflowWrap: 'anywhere' }}>{domain.host}</strong>
        <StateBadge {...domainWords[domain.state]} />
      </div>
      {domain.state !== 'ACTIVE' && (
        <WordList
          title="Tandem takes these steps for you once this is approved, under Connect"
          items={missing.map(({ words }) => words)}
        />
      )}
      <DomainSteps domain={domain} />
    </Stack>
  );
}

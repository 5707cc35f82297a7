import { ApiError } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { useMay, useSession, useZones } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice } from '../../parts/filter-bar.tsx';
import { Ago } from '../../parts/instant.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { MismatchesCard } from './mismatches-card.tsx';
import { MoreOptions } from './more-options.tsx';
import { PeopleTable } from './people-table.tsx';
import { RunBanner } from './run-banner.tsx';
import { RunsCard } from './runs-card.tsx';
import { SpeedUpCard } from './speed-up-card.tsx';
import { StepConnection } from './step-connection.tsx';
import { StepPeople } from './step-people.tsx';
import { StepRules } from './step-rules.tsx';
import { usePresenceSync } from './use-presence-sync.ts';

/** Presence with Teams, step by step (product-behaviour 5.1). */
export function PresenceSyncPage() {
  const session = useSession();
  const { get, set } = useFilters();
  const maySee = useMay('presence-sync:read');
  const operator = session.accountId === undefined;
  const accounts = useQuery({ ...ask('accounts.list', { query: { limit: 2 } }), enabled: operator });
  // With one customer there is nothing to choose.
  const only = accounts.data?.items.length === 1 ? accounts.data.items[0]?.id : undefined;
  const accountId = session.accountId ?? get('account') ?? only;
  return (
    <Page title="Presence with Teams" lead="Whose state is kept equal, both ways, and which calls ring">
      {operator && (
        <Row>
          <AccountChoice value={accountId} onChoose={(account) => set({ account })} />
        </Row>
      )}
      {accountId === undefined ? (
        <Card>
          <EmptyState title="Choose an account">Presence is set up for each account by itself.</EmptyState>
        </Card>
      ) : maySee ? (
        <Setup key={accountId} accountId={accountId} />
      ) : (
        <OnlyRuns accountId={accountId} />
      )}
    </Page>
  );
}

/** For a sync operator: begin a run, see how it went, and nothing else. */
function OnlyRuns({ accountId }: { readonly accountId: string }) {
  const zone = useZones()(accountId);
  const question = ask('presenceSync.runs', { params: { id: accountId }, query: { limit: 1 } });
  const { data } = useQuery({ ...question, refetchInterval: 2_000 });
  const run = data?.items[0];
  return (
    <Stack>
      {run && (
        <Card title="Last run">
          <RunBanner run={run} />
        </Card>
      )}
      <RunsCard accountId={accountId} run={run} zone={zone} />
    </Stack>
  );
}

function Setup({ accountId }: { readonly accountId: string }) {
  const zone = useZones()(accountId);
  const { read, write, reset } = usePresenceSync(accountId);
  const { data: setup } = read;
  const refused = write.error ?? reset.error;
  // Without its preview a change of mode is shown in its own dialog; here it would be said twice.
  const problem =
    refused instanceof ApiError && refused.problem?.code === 'preview-outdated' ? undefined : refused;
  if (!setup) return read.error ? <ProblemView error={read.error} retry={() => void read.refetch()} /> : null;
  const { settings, interruption } = setup;
  return (
    <Stack>
      {problem && <ProblemView error={problem} />}
      {interruption && (
        <TurnNotice
          tone="bad"
          sentence={interruption.sentence}
          turn={interruption.turn}
          next={interruption.next}
          since={interruption.since}
          zone={zone}
        />
      )}
      <StepConnection setup={setup} zone={zone} />
      <StepPeople key={`${settings.mode} ${settings.direction}`} setup={setup} write={write} />
      <PeopleTable accountId={accountId} mode={settings.mode} zone={zone} />
      <MismatchesCard accountId={accountId} />
      <StepRules setup={setup} write={write} reset={reset} />
      <MoreOptions key={settings.notify.join()} setup={setup} write={write} />
      <SpeedUpCard accountId={accountId} zone={zone} />
      <RunsCard accountId={accountId} run={setup.run} zone={zone} />
      {setup.changedAt && (
        <span>
          Last changed <Ago at={setup.changedAt} zone={zone} />
          {setup.changedBy && ` by ${setup.changedBy}`}.
        </span>
      )}
    </Stack>
  );
}

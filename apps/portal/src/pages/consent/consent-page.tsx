import type { ProposalState } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import { CopyLink } from '../../parts/copy-link.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice, Choice, Pages } from '../../parts/filter-bar.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row } from '../../parts/stack.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { proposalWords } from '../../words/consent.ts';
import { ConsentCard } from './consent-card.tsx';
import { OutcomeNotice } from './outcome-notice.tsx';
import { type Approved, ProposalCard } from './proposal-card.tsx';

const states = Object.keys(proposalWords) as ProposalState[];
const isState = (text: string | undefined): text is ProposalState =>
  text !== undefined && (states as readonly string[]).includes(text);

/** Whether the provider may act, and what it would like to do where it may not. */
export function ConsentPage() {
  const { accountId } = useSession();
  const { get, set } = useFilters();
  const account = accountId ?? get('account');
  const chosen = get('state');
  const state = chosen === 'any' ? undefined : isState(chosen) ? chosen : 'open';
  const cursor = get('cursor');
  const [approved, setApproved] = useState<Approved>();
  const { data, error, refetch } = useQuery({
    ...ask('proposals.list', { query: { account, state, cursor, limit: 20 } }),
    refetchInterval: 15_000,
  });
  return (
    <Page
      title="Consent"
      lead="Whether the provider of this platform may change things, and what it proposes where it may not"
      aside={<CopyLink path={paths.consent({ account: accountId === undefined ? account : undefined })} />}
    >
      {account !== undefined && <ConsentCard accountId={account} />}
      {approved && <OutcomeNotice approved={approved} />}
      <Row>
        <AccountChoice value={account} onChoose={(one) => set({ account: one, cursor: undefined })} />
        <Choice
          label="Proposals"
          value={chosen ?? 'open'}
          options={[['any', 'All'], ...states.map((one) => [one, proposalWords[one].word] as const)]}
          onChoose={(one) => set({ state: one, cursor: undefined })}
        />
      </Row>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {data?.items.length === 0 && (
        <Card>
          <EmptyState title={state === 'open' ? 'Nothing waits for a decision' : 'No such proposals'}>
            While the consent is not given, each change by the provider is kept here for 30 days and made only
            when an administrator of the account approves it.
          </EmptyState>
        </Card>
      )}
      {data?.items.map((proposal) => (
        <ProposalCard key={proposal.id} proposal={proposal} decided={setApproved} />
      ))}
      {data && (data.nextCursor || cursor) && (
        <Card>
          <Pages of={data} cursor={cursor} go={(to) => set({ cursor: to })} />
        </Card>
      )}
    </Page>
  );
}

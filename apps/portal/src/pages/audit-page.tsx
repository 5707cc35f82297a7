import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { AuditEntryView } from '@tandem/contract';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useMemo } from 'react';
import { api, ask } from '../api/client.ts';
import { useSession, useZones } from '../api/session.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Diff } from '../parts/diff.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { AccountChoice, FilterBar, Pages } from '../parts/filter-bar.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useFilters } from '../parts/use-filters.ts';
import { differences } from '../words/difference.ts';
import { dayAndTime } from '../words/format.ts';

type Row = AuditEntryView & { readonly id: string };

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  code: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
  check: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'center' },
});

/** Who changed what, before and after; the chain can be checked from its first entry. */
export function AuditPage() {
  const styles = useStyles();
  const { accountId } = useSession();
  const zoneOf = useZones();
  const { get, set } = useFilters();
  const account = accountId ?? get('account');
  const query = {
    account,
    action: get('action'),
    actor: get('actor'),
    object: get('object'),
    cursor: get('cursor'),
    limit: 25,
  };
  const entries = useQuery({ ...ask('audit.list', { query }), placeholderData: keepPreviousData });
  const check = useMutation({ mutationFn: () => api.call('audit.check', { query: { account } }) });
  const byAction = useCallback((text: string) => set({ action: text }, true), [set]);
  const byActor = useCallback((text: string) => set({ actor: text }, true), [set]);
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      {
        header: 'When',
        cell: ({ row: { original: one } }) => (
          <>
            {dayAndTime(one.at, zoneOf(one.accountId))}
            <span className={styles.small}>no. {one.sequence}</span>
          </>
        ),
      },
      {
        header: 'Who',
        cell: ({ row: { original: one } }) => (
          <>
            {one.actor.name}
            <span className={styles.small}>
              {[one.actor.role, one.actor.address].filter(Boolean).join(', ') || one.actor.kind}
            </span>
          </>
        ),
      },
      {
        header: 'What',
        cell: ({ row: { original: one } }) => (
          <>
            <span className={styles.code}>{one.action}</span>
            <span className={styles.small}>{one.object.label ?? `${one.object.kind} ${one.object.id}`}</span>
            {one.reason && <span className={styles.small}>Reason: {one.reason}</span>}
          </>
        ),
      },
      {
        header: 'Before and after',
        cell: ({ row: { original: one } }) => <Diff rows={differences(one.before, one.after)} />,
      },
    ],
    [styles, zoneOf],
  );
  const filtered = [query.action, query.actor, query.object].some((one) => one !== undefined);
  return (
    <Page
      title="Audit"
      lead="Who changed what, before and after"
      aside={
        <span className={styles.check}>
          <span role="status">
            {check.data && (
              <>
                <StateBadge
                  word={check.data.sound ? 'Sound' : 'Broken'}
                  tone={check.data.sound ? 'good' : 'bad'}
                />{' '}
                {check.data.sentence}
              </>
            )}
          </span>
          <Button disabled={check.isPending} onClick={() => check.mutate()}>
            {check.isPending ? 'Checking…' : 'Check the chain'}
          </Button>
        </span>
      }
    >
      {check.error && <ProblemView error={check.error} />}
      {entries.error && <ProblemView error={entries.error} retry={() => void entries.refetch()} />}
      {(entries.data || !entries.error) && (
        <Card bare>
          <FilterBar>
            <AccountChoice
              value={account}
              onChoose={(chosen) => {
                check.reset();
                set({ account: chosen });
              }}
            />
            <SearchField label="Action, for example person." value={query.action ?? ''} onSearch={byAction} />
            <SearchField label="Who: sign-in name or token" value={query.actor ?? ''} onSearch={byActor} />
          </FilterBar>
          <DataTable
            label="Audit"
            rows={entries.data?.items.map((one) => ({ ...one, id: String(one.sequence) }))}
            columns={columns}
            empty={
              filtered ? (
                <EmptyState title="Nothing fits this filter">
                  An action is written in full, as person.change, or as its noun with a dot, as person.
                </EmptyState>
              ) : (
                <EmptyState title="Nothing yet">Every change that somebody decides is kept here.</EmptyState>
              )
            }
          />
          <Pages of={entries.data} cursor={query.cursor} go={(cursor) => set({ cursor })} />
        </Card>
      )}
    </Page>
  );
}

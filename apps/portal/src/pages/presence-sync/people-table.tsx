import { Button, Checkbox, makeStyles, tokens } from '@fluentui/react-components';
import {
  type PresenceChoiceAction,
  type PresenceMode,
  type PresenceSyncPerson,
  presencePersonStates,
} from '@tandem/contract';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useMemo, useState } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Under } from '../../parts/cells.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Choice, FilterBar, Pages } from '../../parts/filter-bar.tsx';
import { Ago } from '../../parts/instant.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Row } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { actionWords, matchWords, personStateWords } from '../../words/presence-sync.ts';

const useStyles = makeStyles({
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  actions: { display: 'flex', flexWrap: 'wrap', gap: '6px' },
  who: { display: 'flex', gap: '4px', alignItems: 'start' },
  name: { paddingTop: '6px' },
  bulk: { padding: '0 20px 12px' },
});

interface TableRow extends PresenceSyncPerson {
  readonly id: string;
}

/** What can be done with one person, by the mode and how the person stands. */
const actionsFor = (
  mode: PresenceMode,
  { choice, state }: PresenceSyncPerson,
): readonly PresenceChoiceAction[] => {
  // Resync takes the exception away; among the selected is who is selected then.
  if (choice === 'unsynced') return mode === 'selected' ? ['select', 'resync'] : ['resync'];
  if (mode === 'selected') return choice === 'on' ? ['deselect', 'unsync'] : ['select'];
  return state === 'failed' || state === 'waiting' ? ['resync', 'unsync'] : ['unsync'];
};

/** Everybody with their match at Microsoft, how they stand and why; unsync and resync, one or many. */
export function PeopleTable({
  accountId,
  mode,
  zone,
}: {
  readonly accountId: string;
  readonly mode: PresenceMode;
  readonly zone: string;
}) {
  const styles = useStyles();
  const mayWrite = useMay('presence-sync:write');
  const { get, set } = useFilters();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const state = presencePersonStates.find((one) => one === get('state'));
  const query = { search: get('search'), state, code: get('code'), limit: 25, cursor: get('cursor') };
  const people = useQuery({
    ...ask('presenceSync.people', { params: { id: accountId }, query }),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });
  const act = useMutation({
    mutationFn: ({
      action,
      ids,
    }: {
      readonly action: PresenceChoiceAction;
      readonly ids: readonly string[];
    }) =>
      api.call('presenceSync.choosePeople', {
        params: { id: accountId },
        body: { action, people: [...ids] },
      }),
    onSuccess: () => {
      setChosen(new Set());
      reread('presenceSync.');
    },
  });
  const find = useCallback((search: string) => set({ search }, true), [set]);
  const rows = useMemo(
    () => people.data?.items.map((one): TableRow => ({ ...one, id: one.personId })),
    [people.data],
  );
  const { mutate, isPending } = act;
  const columns = useMemo<ColumnDef<TableRow>[]>(
    () => [
      {
        header: 'Name',
        cell: ({ row: { original: one } }) => (
          <span className={styles.who}>
            {mayWrite && (
              <Checkbox
                aria-label={`Choose ${one.displayName}`}
                checked={chosen.has(one.id)}
                onChange={(_, data) =>
                  setChosen((old) => {
                    const next = new Set(old);
                    if (data.checked === true) next.add(one.id);
                    else next.delete(one.id);
                    return next;
                  })
                }
              />
            )}
            <span className={styles.name}>
              <TextLink to={paths.person(one.id, { tab: 'presence' })}>{one.displayName}</TextLink>
              <Under>{one.mail ?? one.upn}</Under>
            </span>
          </span>
        ),
      },
      {
        header: 'At Microsoft',
        cell: ({ row: { original: one } }) =>
          one.match ? (
            <>
              {one.match.upn}
              <Under>{matchWords[one.match.by]}</Under>
            </>
          ) : (
            'No match'
          ),
      },
      {
        header: 'State',
        cell: ({ row: { original: one } }) => (
          <>
            <StateBadge {...personStateWords[one.state]} />
            <Under>
              {one.words} {one.code && <span className={styles.code}>{one.code}</span>}
            </Under>
            {one.fix && <Under>{one.fix}</Under>}
          </>
        ),
      },
      {
        header: 'Last change',
        cell: ({ row: { original: one } }) => (one.changedAt ? <Ago at={one.changedAt} zone={zone} /> : ''),
      },
      {
        header: 'Actions',
        cell: ({ row: { original: one } }) => (
          <span className={styles.actions}>
            {mayWrite &&
              actionsFor(mode, one).map((action) => (
                <Button
                  key={action}
                  size="small"
                  disabled={isPending}
                  aria-label={`${actionWords[action]} ${one.displayName}`}
                  onClick={() => mutate({ action, ids: [one.id] })}
                >
                  {actionWords[action]}
                </Button>
              ))}
            <TextLink to={paths.person(one.id, { tab: 'presence' })}>Why</TextLink>
          </span>
        ),
      },
    ],
    [styles, mayWrite, chosen, mode, zone, mutate, isPending],
  );
  const bulk: readonly PresenceChoiceAction[] =
    mode === 'selected' ? ['select', 'deselect', 'unsync', 'resync'] : ['unsync', 'resync'];
  return (
    <Card title="Users" bare>
      <FilterBar>
        <SearchField label="Search name or address" value={query.search ?? ''} onSearch={find} />
        <Choice
          label="State"
          value={state}
          options={[
            ['', 'Any'],
            ...presencePersonStates.map((one) => [one, personStateWords[one].word] as const),
          ]}
          onChoose={(picked) => set({ state: picked })}
        />
      </FilterBar>
      {chosen.size > 0 && (
        <div className={styles.bulk}>
          <Row>
            <span role="status">{chosen.size} chosen</span>
            {bulk.map((action) => (
              <Button
                key={action}
                size="small"
                disabled={isPending}
                onClick={() => mutate({ action, ids: [...chosen] })}
              >
                {actionWords[action]} the chosen
              </Button>
            ))}
          </Row>
        </div>
      )}
      {(act.error ?? people.error) && (
        <div style={{ padding: '0 20px 18px' }}>
          <ProblemView error={act.error ?? people.error} />
        </div>
      )}
      {!people.error && (
        <DataTable
          label="Users and their presence"
          rows={rows}
          columns={columns}
          empty={<EmptyState title="Nobody fits">Take a part of the filter away to see more.</EmptyState>}
        />
      )}
      <Pages of={people.data} cursor={query.cursor} go={(cursor) => set({ cursor })} />
    </Card>
  );
}

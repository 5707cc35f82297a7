import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components';
import type { CallSummary } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { api, queries } from '../api/client.ts';
import { liveCalls } from '../api/live.ts';
import { useMay, useZones } from '../api/session.ts';
import { Caller } from '../parts/caller.tsx';
import { Figures } from '../parts/cells.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { AccountChoice, FilterBar } from '../parts/filter-bar.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useFilters } from '../parts/use-filters.ts';
import { useNow } from '../parts/use-now.ts';
import { paths } from '../path-builder.ts';
import { clockTime, span, telephone } from '../words/format.ts';
import { directionWords, hangUpRule, phaseWords } from '../words/states.ts';

function Lasting({ since }: { readonly since: string }) {
  return <Figures>{span(useNow() - Date.parse(since))}</Figures>;
}

export function LivePage() {
  const zoneOf = useZones();
  const mayHangUp = useMay('calls:hang-up');
  const { get, set } = useFilters();
  const account = get('account');
  const [ending, setEnding] = useState<CallSummary | undefined>();
  const live = useQuery({ ...liveCalls, refetchInterval: 15_000 });
  const rows = live.data?.items.filter((call) => account === undefined || call.accountId === account);
  const hangUp = useMutation({
    mutationFn: (call: CallSummary) => api.call('calls.hangUp', { params: { id: call.id } }),
    onSettled: () => void queries.invalidateQueries({ queryKey: liveCalls.queryKey }),
  });

  const columns = useMemo<ColumnDef<CallSummary>[]>(
    () => [
      {
        header: 'State',
        cell: ({ row: { original: call } }) =>
          call.phase ? <StateBadge {...phaseWords[call.phase]} /> : null,
      },
      {
        header: 'From',
        cell: ({ row: { original: call } }) => <Caller call={call} />,
      },
      {
        header: 'To',
        cell: ({ row: { original: call } }) => <Figures>{telephone(call.to)}</Figures>,
      },
      {
        header: 'Way',
        cell: ({ row: { original: call } }) =>
          call.emergency ? <StateBadge word="Emergency" tone="bad" /> : directionWords[call.direction],
      },
      {
        header: 'Began',
        cell: ({ row: { original: call } }) => (
          <Figures>{clockTime(call.invitedAt, zoneOf(call.accountId))}</Figures>
        ),
      },
      { header: 'Lasts', cell: ({ row }) => <Lasting since={row.original.invitedAt} /> },
      {
        header: 'Call',
        cell: ({ row: { original: call } }) => <TextLink to={paths.call(call.id)}>Details</TextLink>,
      },
      ...(mayHangUp
        ? [
            {
              header: 'End',
              cell: ({ row: { original: call } }) => {
                const rule = hangUpRule[call.phase ?? 'ending'];
                return (
                  <Button
                    size="small"
                    disabledFocusable={rule !== true}
                    title={rule === true ? undefined : rule}
                    aria-label={`End the call from ${telephone(call.from)}`}
                    onClick={() => setEnding(call)}
                  >
                    End
                  </Button>
                );
              },
            } satisfies ColumnDef<CallSummary>,
          ]
        : []),
    ],
    [zoneOf, mayHangUp],
  );

  return (
    <Page title="Live calls" lead={rows && (rows.length === 1 ? '1 call now' : `${rows.length} calls now`)}>
      {(live.error ?? hangUp.error) && (
        <ProblemView error={live.error ?? hangUp.error} retry={() => void live.refetch()} />
      )}
      <Card bare>
        <FilterBar>
          <AccountChoice value={account} onChoose={(id) => set({ account: id })} />
        </FilterBar>
        <DataTable
          label="Live calls"
          rows={rows}
          columns={columns}
          empty={
            <EmptyState title="No call is up">
              Calls show up here the moment they begin. Try one with: npm run call -- --from +12025550199 --to
              +12025550142
            </EmptyState>
          }
        />
      </Card>
      <Dialog open={ending !== undefined} onOpenChange={(_, data) => !data.open && setEnding(undefined)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>End this call?</DialogTitle>
            <DialogContent>
              {ending &&
                `${telephone(ending.from)} and ${telephone(ending.to)} are cut off. This cannot be undone.`}
            </DialogContent>
            <DialogActions>
              <Button onClick={() => setEnding(undefined)}>Let it go on</Button>
              <Button
                appearance="primary"
                onClick={() => {
                  if (ending) hangUp.mutate(ending);
                  setEnding(undefined);
                }}
              >
                End the call
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </Page>
  );
}

import { Button } from '@fluentui/react-components';
import type { PresenceJournalEntry } from '@tandem/contract';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { apiText } from '../../api/api-text.ts';
import { ask } from '../../api/client.ts';
import { Figures, Under } from '../../parts/cells.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Pages } from '../../parts/filter-bar.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { dayAndTime } from '../../words/format.ts';
import { acceptsSentence, causeWords } from '../../words/own-presence.ts';
import { microsoftWord, presenceWords, sourceWords } from '../../words/presence.ts';

/** Every change of a person's state, with what caused it: "why did I show Busy?" (U17). */
export function JournalCard({ personId, zone }: { readonly personId: string; readonly zone: string }) {
  const [cursor, setCursor] = useState<string>();
  const query = { limit: 25, cursor };
  const journal = useQuery({
    ...ask('presence.journal', { params: { id: personId }, query }),
    placeholderData: keepPreviousData,
    refetchInterval: cursor === undefined ? 10_000 : false,
  });
  const save = useMutation({
    mutationFn: () =>
      apiText('presence.journal', { params: { id: personId }, query: { limit: 200 } }, 'text/csv'),
    onSuccess: (text) => saveFile('presence-journal.csv', text),
  });
  const columns = useMemo<ColumnDef<PresenceJournalEntry>[]>(
    () => [
      {
        header: 'Time',
        cell: ({ row: { original: one } }) => <Figures>{dayAndTime(one.at, zone)}</Figures>,
      },
      {
        header: 'Became',
        cell: ({ row: { original: one } }) => (
          <>
            {presenceWords[one.to].word}
            {one.from && <Under>was {presenceWords[one.from].word.toLowerCase()}</Under>}
          </>
        ),
      },
      {
        header: 'Because of',
        cell: ({ row: { original: one } }) => (
          <>
            {causeWords[one.cause]}
            {one.by && ` (${one.by})`}
            <Under>{sourceWords[one.source]}</Under>
          </>
        ),
      },
      {
        header: 'What it means',
        cell: ({ row: { original: one } }) => (
          <>
            {one.sentence}
            <Under>{acceptsSentence(one.accepts)}</Under>
            {one.teams && (
              <Under>
                Teams said {microsoftWord(one.teams.availability)} / {microsoftWord(one.teams.activity)}
                {one.teams.unseen && ', which stands in no table'}
              </Under>
            )}
          </>
        ),
      },
    ],
    [zone],
  );
  return (
    <Card
      title="Journal"
      bare
      aside={
        <Button size="small" disabled={save.isPending} onClick={() => save.mutate()}>
          Download as CSV
        </Button>
      }
    >
      {(journal.error ?? save.error) && (
        <div style={{ padding: '0 20px 18px' }}>
          <ProblemView error={journal.error ?? save.error} retry={() => void journal.refetch()} />
        </div>
      )}
      {!journal.error && (
        <DataTable
          label="Journal of the presence"
          rows={journal.data?.items}
          columns={columns}
          empty={
            <EmptyState title="No changes yet">
              Every change of the state is written down here with its cause, from the first one on.
            </EmptyState>
          }
        />
      )}
      <Pages of={journal.data} cursor={cursor} go={setCursor} />
    </Card>
  );
}

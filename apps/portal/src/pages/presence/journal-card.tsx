import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { PresenceJournalEntry } from '@tandem/contract';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { apiText } from '../../api/api-text.ts';
import { ask } from '../../api/client.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Pages } from '../../parts/filter-bar.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { dayAndTime } from '../../words/format.ts';
import { acceptsSentence, causeWords } from '../../words/own-presence.ts';
import { microsoftWord, presenceWords, sourceWords } from '../../words/presence.ts';

const useStyles = makeStyles({
  figures: { whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  small: { display: 'block', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
});

/** Every change of a person's state, with what caused it: "why did I show Busy?" (U17). */
export function JournalCard({ personId, zone }: { readonly personId: string; readonly zone: string }) {
  const styles = useStyles();
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
        cell: ({ row: { original: one } }) => (
          <span className={styles.figures}>{dayAndTime(one.at, zone)}</span>
        ),
      },
      {
        header: 'Became',
        cell: ({ row: { original: one } }) => (
          <>
            {presenceWords[one.to].word}
            {one.from && (
              <span className={styles.small}>was {presenceWords[one.from].word.toLowerCase()}</span>
            )}
          </>
        ),
      },
      {
        header: 'Because of',
        cell: ({ row: { original: one } }) => (
          <>
            {causeWords[one.cause]}
            {one.by && ` (${one.by})`}
            <span className={styles.small}>{sourceWords[one.source]}</span>
          </>
        ),
      },
      {
        header: 'What it means',
        cell: ({ row: { original: one } }) => (
          <>
            {one.sentence}
            <span className={styles.small}>{acceptsSentence(one.accepts)}</span>
            {one.teams && (
              <span className={styles.small}>
                Teams said {microsoftWord(one.teams.availability)} / {microsoftWord(one.teams.activity)}
                {one.teams.unseen && ', which stands in no table'}
              </span>
            )}
          </>
        ),
      },
    ],
    [styles, zone],
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
      {journal.data && (
        <Pages
          shown={journal.data.items.length}
          total={journal.data.total}
          cursor={cursor}
          nextCursor={journal.data.nextCursor}
          go={setCursor}
        />
      )}
    </Card>
  );
}

import { makeStyles, tokens } from '@fluentui/react-components';
import type { AuditEntryView, Person } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Diff } from '../../parts/diff.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { paths } from '../../path-builder.ts';
import { differences } from '../../words/difference.ts';
import { dayAndTime } from '../../words/format.ts';

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  code: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
});

type Row = AuditEntryView & { readonly id: string };

/** Who changed what about a person, before and after. */
export function AuditTab({ person, zone }: { readonly person: Person; readonly zone: string }) {
  const styles = useStyles();
  const entries = useQuery(
    ask('audit.list', { query: { account: person.accountId, object: person.id, limit: 50 } }),
  );
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      { header: 'When', cell: ({ row }) => dayAndTime(row.original.at, zone) },
      {
        header: 'Who',
        cell: ({ row: { original: one } }) => (
          <>
            {one.actor.name}
            <span className={styles.small}>{one.actor.role ?? one.actor.kind}</span>
          </>
        ),
      },
      {
        header: 'What',
        cell: ({ row: { original: one } }) => (
          <>
            <span className={styles.code}>{one.action}</span>
            {one.reason && <span className={styles.small}>Reason: {one.reason}</span>}
          </>
        ),
      },
      {
        header: 'Before and after',
        cell: ({ row: { original: one } }) => <Diff rows={differences(one.before, one.after)} />,
      },
    ],
    [styles, zone],
  );
  if (entries.error && !entries.data)
    return <ProblemView error={entries.error} retry={() => void entries.refetch()} />;
  return (
    <Card
      title="Audit"
      aside={
        <TextLink to={paths.audit({ account: person.accountId, object: person.id })}>
          All entries of this person
        </TextLink>
      }
      bare
    >
      <DataTable
        label="Audit of this person"
        rows={entries.data?.items.map((one) => ({ ...one, id: String(one.sequence) }))}
        columns={columns}
        empty={<EmptyState title="Nothing yet">Every change that somebody decides is kept here.</EmptyState>}
      />
    </Card>
  );
}

import { Button } from '@fluentui/react-components';
import type { RouteOutput } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { ask } from '../../api/client.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Choice } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { paths } from '../../path-builder.ts';

type Tagged = RouteOutput<'tags.people'>['items'][number];

/** The tags that people of the account have; nothing where nobody has any. */
export function TagFilter({
  account,
  value,
  onChoose,
}: {
  readonly account: string | undefined;
  readonly value: string | undefined;
  readonly onChoose: (tag: string) => void;
}) {
  const { data } = useQuery({
    ...ask('tags.used', { params: { id: account ?? '' } }),
    enabled: account !== undefined,
  });
  if (account === undefined || !data?.items.length) return null;
  return (
    <Choice
      label="Tag"
      value={value}
      options={[['', 'Any'], ...data.items.map(({ tag, people }) => [tag, `${tag} (${people})`] as const)]}
      onChoose={onChoose}
    />
  );
}

const columns: ColumnDef<Tagged>[] = [
  {
    header: 'Name',
    cell: ({ row: { original: one } }) => <TextLink to={paths.person(one.id)}>{one.displayName}</TextLink>,
  },
  { header: 'Address', cell: ({ row }) => row.original.upn },
  { header: 'Tags', cell: ({ row }) => row.original.tags.join(', ') },
];

/** Everybody who has a tag. */
export function TaggedPeople({
  account,
  tag,
  clear,
}: {
  readonly account: string;
  readonly tag: string;
  readonly clear: () => void;
}) {
  const people = useQuery(ask('tags.people', { params: { id: account }, query: { tag } }));
  return (
    <Card title={`Tagged ${tag}`} bare aside={<Button onClick={clear}>Show everybody</Button>}>
      {people.error && (
        <div style={{ padding: '0 20px 18px' }}>
          <ProblemView error={people.error} retry={() => void people.refetch()} />
        </div>
      )}
      <DataTable
        label="Tagged people"
        rows={people.data?.items}
        columns={columns}
        empty={
          <EmptyState title="Nobody has this tag">Tags are put on people on their own pages.</EmptyState>
        }
      />
    </Card>
  );
}

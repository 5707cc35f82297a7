import { makeStyles, tokens } from '@fluentui/react-components';
import type { Connection, UnmatchedMember } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Stack } from '../../parts/stack.tsx';
import { AddPerson } from './add-person.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '10px' },
  row: { display: 'flex', flexWrap: 'wrap', gap: '4px 16px', alignItems: 'center' },
  name: { fontWeight: tokens.fontWeightSemibold },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

export function useUnmatched(connection: Connection) {
  return useQuery({
    ...ask('provisioning.unmatched', { params: { id: connection.id }, query: { limit: 25 } }),
    refetchInterval: 5_000,
  });
}

/** Members of the enable groups who are nobody here yet (PRV-101). */
export function UnmatchedRows({
  connection,
  members,
}: {
  readonly connection: Connection;
  readonly members: readonly UnmatchedMember[];
}) {
  const styles = useStyles();
  const mayWrite = useMay('people:write');
  return (
    <ul className={styles.list} aria-label="In the group, not here">
      {members.map((member) => (
        <li key={member.entraObjectId} className={styles.row}>
          <span>
            <span className={styles.name}>{member.displayName}</span>{' '}
            <span className={styles.small}>{member.upn}</span>
          </span>
          {mayWrite && <AddPerson account={connection.accountId} who={member} />}
        </li>
      ))}
    </ul>
  );
}

export function UnmatchedCard({ connection }: { readonly connection: Connection }) {
  const styles = useStyles();
  const { data, error, refetch } = useUnmatched(connection);
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!data || data.items.length === 0) return null;
  return (
    <Card title="In the group, but nobody here">
      <Stack>
        <p className={styles.small}>
          {data.total ?? data.items.length} of the enable groups’ members are no person here yet (PRV-101).
          Add them, each with the next free number.
        </p>
        <UnmatchedRows connection={connection} members={data.items} />
      </Stack>
    </Card>
  );
}

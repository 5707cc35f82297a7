import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { Card } from '../../parts/page.tsx';
import { AddPerson } from '../microsoft/add-person.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: '12px 0 0', padding: 0, display: 'grid', gap: '10px' },
  row: { display: 'flex', flexWrap: 'wrap', gap: '4px 16px', alignItems: 'center' },
  name: { fontWeight: tokens.fontWeightSemibold },
  quiet: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  words: { margin: 0 },
  code: { fontFamily: tokens.fontFamilyMonospace },
  more: { marginTop: '12px' },
});

const atFirst = 3;

/** Members of the enable groups without a person here (PRV-101), over every connection that is shown. */
export function UnmatchedPeople({ account }: { readonly account: string | undefined }) {
  const styles = useStyles();
  const mayWrite = useMay('people:write');
  const [all, setAll] = useState(false);
  const connections = useQuery(ask('provisioning.list', { query: { account, limit: 200 } }));
  const lists = useQueries({
    queries: (connections.data?.items ?? []).map(({ connectionId }) =>
      ask('provisioning.unmatched', { params: { id: connectionId }, query: { limit: 200 } }),
    ),
  });
  const members = lists.flatMap(({ data }) => data?.items ?? []);
  const total = lists.reduce((sum, { data }) => sum + (data?.total ?? data?.items.length ?? 0), 0);
  if (members.length === 0) return null;
  return (
    <Card
      title={`In the enable group, but nobody here: ${total}`}
      aside={<span className={styles.code}>PRV-101</span>}
    >
      <p className={styles.words}>
        They cannot call before a person is created for them. Everybody else is below.
      </p>
      <ul className={styles.list} aria-label="In the group, not here">
        {(all ? members : members.slice(0, atFirst)).map((member) => (
          <li key={`${member.accountId} ${member.entraObjectId}`} className={styles.row}>
            <span>
              <span className={styles.name}>{member.displayName}</span>{' '}
              <span className={styles.quiet}>
                {[member.upn, member.department, member.city].filter(Boolean).join(', ')}
              </span>
            </span>
            {mayWrite && <AddPerson account={member.accountId} who={member} label="Create user" open />}
          </li>
        ))}
      </ul>
      {members.length > atFirst && !all && (
        <Button className={styles.more} size="small" onClick={() => setAll(true)}>
          Show all {members.length}
        </Button>
      )}
    </Card>
  );
}

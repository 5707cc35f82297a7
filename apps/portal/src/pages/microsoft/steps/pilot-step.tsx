import { makeStyles, tokens } from '@fluentui/react-components';
import type { Connection, Person } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { ask } from '../../../api/client.ts';
import { useMay } from '../../../api/session.ts';
import { TextLink } from '../../../parts/link.tsx';
import { ProblemView } from '../../../parts/problem-view.tsx';
import { SearchField } from '../../../parts/search-field.tsx';
import { Stack } from '../../../parts/stack.tsx';
import { StateBadge } from '../../../parts/state-badge.tsx';
import { paths } from '../../../path-builder.ts';
import { telephone } from '../../../words/format.ts';
import { verdictWords } from '../../../words/readiness.ts';
import { AddPerson } from '../add-person.tsx';
import { UnmatchedRows, useUnmatched } from '../unmatched-card.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '10px' },
  row: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  words: { margin: 0 },
});

/** One person first: added, watched until ready, and called. */
export function PilotStep({
  connection,
  people,
}: {
  readonly connection: Connection;
  readonly people: readonly Person[] | undefined;
}) {
  const styles = useStyles();
  const mayWrite = useMay('people:write');
  const account = connection.accountId;
  const unmatched = useUnmatched(connection);
  const [search, setSearch] = useState('');
  const take = useCallback((text: string) => setSearch(text), []);
  const found = useQuery({
    ...ask('directory.people', { params: { id: account }, query: { search, limit: 8 } }),
    enabled: search !== '',
    placeholderData: keepPreviousData,
  });
  const others = (found.data?.items ?? []).filter(({ personId }) => personId === undefined);
  return (
    <Stack>
      <p className={styles.words}>
        Begin with one person. When they are ready, call their number from a mobile phone, answer in Teams,
        and call back from the dial pad of Teams.
      </p>
      <h3 className={styles.title}>People here</h3>
      <ul className={styles.list} aria-label="People here">
        {people?.map((person) => (
          <li key={person.id}>
            <span className={styles.row}>
              <TextLink to={paths.person(person.id)}>{person.displayName}</TextLink>
              <span>{person.numbers[0] ? telephone(person.numbers[0]) : 'no number'}</span>
              <StateBadge {...verdictWords[person.readiness.verdict]} />
            </span>
            {person.readiness.verdict !== 'ready' && (
              <p className={styles.small}>
                {person.readiness.headline} {person.readiness.code}
              </p>
            )}
          </li>
        ))}
        {people?.length === 0 && <li className={styles.small}>Nobody yet.</li>}
      </ul>
      {unmatched.data && unmatched.data.items.length > 0 && (
        <>
          <h3 className={styles.title}>In the group, but nobody here</h3>
          <UnmatchedRows connection={connection} members={unmatched.data.items} />
        </>
      )}
      {mayWrite && (
        <>
          <h3 className={styles.title}>Somebody else of the tenant</h3>
          <SearchField label="Search the directory" value={search} onSearch={take} />
          {found.error && <ProblemView error={found.error} />}
          {search && (
            <ul className={styles.list} aria-label="Found in the directory">
              {others.map((one) => (
                <li key={one.objectId} className={styles.row}>
                  <span>
                    {one.displayName} <span className={styles.small}>{one.upn}</span>
                  </span>
                  <AddPerson account={account} who={one} />
                </li>
              ))}
              {found.data && others.length === 0 && (
                <li className={styles.small}>Nobody fits who is not here already.</li>
              )}
            </ul>
          )}
        </>
      )}
    </Stack>
  );
}

import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { Connection, ProvisioningSettings } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { ask } from '../../api/client.ts';
import { ProblemView } from '../../parts/problem-view.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Stack } from '../../parts/stack.tsx';
import { groupKindWords } from '../../words/provisioning.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '6px' },
  row: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
  name: { fontWeight: tokens.fontWeightSemibold },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

type Groups = ProvisioningSettings['enableGroups'];

/** Chooses the groups whose members call from Teams; groups in groups count too. */
export function GroupPicker({
  connection,
  chosen,
  choose,
}: {
  readonly connection: Connection;
  readonly chosen: Groups;
  readonly choose: (groups: Groups) => void;
}) {
  const styles = useStyles();
  const [search, setSearch] = useState('');
  const take = useCallback((text: string) => setSearch(text), []);
  const found = useQuery({
    ...ask('directory.groups', {
      params: { id: connection.accountId },
      query: { limit: 10, ...(search && { search }) },
    }),
    placeholderData: keepPreviousData,
  });
  const offered = (found.data?.items ?? []).filter(
    (one) => one.connectionId === connection.id && !chosen.some(({ id }) => id === one.objectId),
  );
  return (
    <Stack>
      <ul className={styles.list} aria-label="Chosen groups">
        {chosen.map((group) => (
          <li key={group.id} className={styles.row}>
            <span className={styles.name}>{group.name}</span>
            <Button
              size="small"
              aria-label={`Take out ${group.name}`}
              onClick={() => choose(chosen.filter(({ id }) => id !== group.id))}
            >
              Take out
            </Button>
          </li>
        ))}
        {chosen.length === 0 && <li className={styles.small}>No group is chosen.</li>}
      </ul>
      <SearchField label="Search groups in Entra" value={search} onSearch={take} />
      {found.error && <ProblemView error={found.error} />}
      <ul className={styles.list} aria-label="Groups found">
        {offered.map(({ objectId, name, kind, synced, people }) => (
          <li key={objectId} className={styles.row}>
            <Button
              size="small"
              aria-label={`Choose ${name}`}
              onClick={() => choose([...chosen, { id: objectId, name }])}
            >
              Choose
            </Button>
            <span className={styles.name}>{name}</span>
            <span className={styles.small}>
              {groupKindWords[kind]}
              {synced && ', kept on premises'}
              {people !== undefined && `, ${people} people`}
            </span>
          </li>
        ))}
        {found.data && offered.length === 0 && (
          <li className={styles.small}>
            {search ? 'No other group fits. Search by the beginning of its name.' : 'No other group.'}
          </li>
        )}
      </ul>
      {found.data?.more && <span className={styles.small}>There are more: say more of the name.</span>}
      {found.data?.sentence && <span className={styles.small}>{found.data.sentence}</span>}
    </Stack>
  );
}

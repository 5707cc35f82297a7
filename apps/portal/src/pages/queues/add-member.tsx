import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
} from '@fluentui/react-components';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { ProblemView } from '../../parts/problem-view.tsx';
import { SearchField } from '../../parts/search-field.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '6px' },
  row: { display: 'flex', justifyContent: 'space-between', gap: '12px', alignItems: 'center' },
});

/** Finds people of the account who are not members yet. */
export function AddMember({
  accountId,
  members,
  add,
}: {
  readonly accountId: string;
  readonly members: readonly string[];
  readonly add: (person: { readonly personId: string; readonly displayName: string }) => void;
}) {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const people = useQuery({
    ...ask('people.list', { query: { account: accountId, search: search || undefined, limit: 50 } }),
    placeholderData: keepPreviousData,
    enabled: open,
  });
  const found = people.data?.items.filter(({ id }) => !members.includes(id)).slice(0, 10);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Add members</Button>
      <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>Who takes calls of this queue</DialogTitle>
            <DialogContent style={{ display: 'grid', gap: '12px' }}>
              <SearchField label="Search name, address or number" value={search} onSearch={setSearch} />
              {people.error && <ProblemView error={people.error} />}
              {found?.length === 0 && <span role="status">Nobody else fits.</span>}
              <ul className={styles.list} aria-label="Who can be added">
                {found?.map(({ id, displayName }) => (
                  <li key={id} className={styles.row}>
                    {displayName}
                    <Button
                      size="small"
                      aria-label={`Add ${displayName}`}
                      onClick={() => add({ personId: id, displayName })}
                    >
                      Add
                    </Button>
                  </li>
                ))}
              </ul>
            </DialogContent>
            <DialogActions>
              <Button appearance="primary" onClick={() => setOpen(false)}>
                Done
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </>
  );
}

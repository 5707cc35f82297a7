import { makeStyles } from '@fluentui/react-components';
import type { ContactCard } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { ask } from '../../api/client.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Ago } from '../../parts/instant.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { ContactActions, NewOwnContact } from './contact-actions.tsx';
import { ContactRow } from './contact-row.tsx';
import { NoPerson } from './no-person.tsx';
import { useMe } from './use-me.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  search: { padding: '16px 20px' },
  words: { margin: 0, padding: '0 20px 16px' },
});

/** Shown people are read often at Microsoft as long as somebody looks: the server is told by asking. */
export const lookingMs = 20_000;

/** One box over the platform, the directory at Microsoft and one's own list; below it the own list. */
export function ContactsPage() {
  const styles = useStyles();
  const { personId, accountId, by, zone } = useMe();
  const { get, set } = useFilters();
  const search = get('search') ?? '';
  const find = useCallback((text: string) => set({ search: text }, true), [set]);
  const own = useQuery({
    ...ask('contacts.own', { params: { id: personId ?? '' } }),
    enabled: personId !== undefined,
    refetchInterval: lookingMs,
  });
  const found = useQuery({
    ...ask('contacts.search', { params: { id: accountId ?? '' }, query: { search, limit: 50 } }),
    enabled: accountId !== undefined && search !== '',
    placeholderData: keepPreviousData,
    refetchInterval: lookingMs,
  });
  if (personId === undefined || accountId === undefined) return <NoPerson title="Contacts" />;
  const mine = own.data?.items ?? [];
  const onList = (card: ContactCard): ContactCard => {
    const entry = mine.find(
      (one) =>
        (card.personId !== undefined && one.personId === card.personId) ||
        (card.objectId !== undefined && one.objectId === card.objectId),
    );
    return entry?.own ? { ...card, own: entry.own } : card;
  };
  const fits = (card: ContactCard): boolean =>
    card.key.startsWith('own:') && card.displayName.toLowerCase().includes(search.toLowerCase());
  const shown =
    search === ''
      ? [...mine].sort(favouritesFirst)
      : [...mine.filter(fits), ...(found.data?.items ?? []).map(onList)];
  const problem = search === '' ? own.error : found.error;
  return (
    <Page
      title="Contacts"
      lead="Everybody you can call, and how they are now"
      aside={<NewOwnContact owner={personId} />}
    >
      <Card bare>
        <div className={styles.search}>
          <SearchField label="Search name, address or number" value={search} onSearch={find} />
        </div>
        {problem && <ProblemView error={problem} />}
        {search !== '' && found.data && shown.length === 0 && (
          <EmptyState title={`Nobody fits “${search}”`}>
            The search looks at names, addresses and numbers here and in the directory of Microsoft 365.
          </EmptyState>
        )}
        {search === '' && own.data && shown.length === 0 && (
          <EmptyState title="Nobody on your list yet">
            Search for somebody and give them a star, or add somebody of your own.
          </EmptyState>
        )}
        <ul className={styles.list} aria-label={search === '' ? 'My contacts' : 'Found'}>
          {shown.map((card) => (
            <ContactRow
              key={card.key}
              card={card}
              by={by}
              zone={zone}
              actions={<ContactActions owner={personId} card={card} />}
            />
          ))}
        </ul>
        {search !== '' && found.data?.more && (
          <p className={styles.words}>More people fit: say more of the name.</p>
        )}
        {search !== '' && found.data?.directoryReadAt && (
          <p className={styles.words}>
            The directory of Microsoft 365 was read <Ago at={found.data.directoryReadAt} zone={zone} />.
          </p>
        )}
      </Card>
    </Page>
  );
}

const favouritesFirst = (a: ContactCard, b: ContactCard): number =>
  Number(b.own?.favourite ?? false) - Number(a.own?.favourite ?? false) ||
  a.displayName.localeCompare(b.displayName);

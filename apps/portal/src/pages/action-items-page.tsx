import { makeStyles, tokens } from '@fluentui/react-components';
import type { ActionItem } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.ts';
import { useSession, useZones } from '../api/session.ts';
import { CopyLink } from '../parts/copy-link.tsx';
import { CopyButton } from '../parts/copy-text.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { AccountChoice, Choice } from '../parts/filter-bar.tsx';
import { Since } from '../parts/instant.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { Row, Stack } from '../parts/stack.tsx';
import { useFilters } from '../parts/use-filters.ts';
import { paths } from '../path-builder.ts';
import { ownerWords, type Reader } from '../words/readiness.ts';

const useStyles = makeStyles({
  fix: { margin: 0 },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  code: { fontFamily: tokens.fontFamilyMonospace },
  names: { listStyleType: 'none', margin: 0, padding: 0, display: 'flex', flexWrap: 'wrap', gap: '4px 16px' },
  outside: { color: tokens.colorBrandForegroundLink, fontWeight: tokens.fontWeightSemibold },
});

const owners = ['entra-admin', 'teams-admin', 'platform-admin', 'user', 'vendor', 'microsoft'] as const;
type Owner = (typeof owners)[number];
const isOwner = (text: string): text is Owner => (owners as readonly string[]).includes(text);

/** What somebody has to do, over all people, by code. It empties as it is done. */
export function ActionItemsPage() {
  const session = useSession();
  const { get, set } = useFilters();
  const account = session.accountId ?? get('account');
  const owner = get('owner');
  const { data, error, refetch } = useQuery({
    ...ask('provisioning.actionItems', { query: { account, owner } }),
    refetchInterval: 10_000,
  });
  const accounts = useQuery({
    ...ask('accounts.list', { query: { limit: 200 } }),
    enabled: session.accountId === undefined,
  });
  const reader: Reader = { role: session.role, self: false, personName: 'The person' };
  return (
    <Page
      title="To do"
      lead="What somebody has to do before everybody can call from Teams"
      aside={<CopyLink path={paths.actionItems(account === undefined ? {} : { account })} />}
    >
      <Row>
        <AccountChoice value={account} onChoose={(chosen) => set({ account: chosen })} />
        <Choice
          label="Whose turn"
          value={owner}
          options={[['', 'Anybody'], ...owners.map((one) => [one, ownerWords(one, reader) ?? one] as const)]}
          onChoose={(chosen) => set({ owner: chosen })}
        />
      </Row>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {data?.items.length === 0 && (
        <Card>
          <EmptyState title="Nothing to do">
            Everything that was seen is in order, or waits for Microsoft.
          </EmptyState>
        </Card>
      )}
      {data?.items.map((item) => (
        <ItemCard
          key={`${item.connectionId} ${item.code} ${item.owner}`}
          item={item}
          reader={reader}
          accountName={accounts.data?.items.find(({ id }) => id === item.accountId)?.name}
        />
      ))}
    </Page>
  );
}

function ItemCard({
  item,
  reader,
  accountName,
}: {
  readonly item: ActionItem;
  readonly reader: Reader;
  readonly accountName: string | undefined;
}) {
  const styles = useStyles();
  const zone = useZones()(item.accountId);
  const whose = isOwner(item.owner) ? ownerWords(item.owner, reader) : item.owner;
  const link = item.link?.startsWith('/') ? window.location.origin + item.link : item.link;
  const message = [
    `${item.title} (${item.code})`,
    item.fix,
    item.people > 0 ? `For: ${item.names.map(({ displayName }) => displayName).join(', ')}` : '',
    link ?? '',
  ]
    .filter(Boolean)
    .join('\n');
  return (
    <Card
      title={accountName === undefined ? item.title : `${accountName}: ${item.title}`}
      aside={<span className={styles.code}>{item.code}</span>}
    >
      <Stack>
        <p className={styles.fix}>{item.fix}</p>
        <p className={styles.small}>
          {whose && `Whose turn: ${whose}. `}
          {item.people === 0
            ? 'For the whole tenant.'
            : item.people === 1
              ? 'One person.'
              : `${item.people} people.`}
          {item.since && (
            <>
              {' '}
              Since <Since at={item.since} zone={zone} />.
            </>
          )}
        </p>
        {item.names.length > 0 && (
          <ul className={styles.names} aria-label="People">
            {item.names.map(({ personId, displayName, link: theirs }) => (
              <li key={personId}>
                <TextLink to={paths.person(personId)}>{displayName}</TextLink>
                {theirs?.startsWith('https://') && (
                  <>
                    {' '}
                    <a className={styles.outside} href={theirs} target="_blank" rel="noreferrer">
                      at Microsoft
                    </a>
                  </>
                )}
              </li>
            ))}
            {item.people > item.names.length && <li>and {item.people - item.names.length} more</li>}
          </ul>
        )}
        <Row>
          <CopyButton text={message} label="Copy for the owner" what={item.code} />
          {item.link?.startsWith('https://') && (
            <a className={styles.outside} href={item.link} target="_blank" rel="noreferrer">
              Open where it is fixed
            </a>
          )}
          {item.link?.startsWith('/') && <TextLink to={item.link}>Open where it is fixed</TextLink>}
        </Row>
      </Stack>
    </Card>
  );
}

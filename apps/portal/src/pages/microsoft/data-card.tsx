import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { Connection } from '@tandem/contract';
import type { MicrosoftData } from '@tandem/contract/areas/microsoft-data-routes.ts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client.ts';
import { useMay, useZones } from '../../api/session.ts';
import { Ago } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { Stack } from '../../parts/stack.tsx';

type Feature = MicrosoftData['items'][number];

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '12px' },
  feature: { display: 'grid', gap: '2px', justifyItems: 'start' },
  name: { fontWeight: tokens.fontWeightSemibold },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

const rowsWord = (count: number): string => (count === 1 ? 'one row' : `${count} rows`);

/** What is kept of the tenant for each feature, and what was purged when a feature was switched off. */
export function DataCard({ connection }: { readonly connection: Connection }) {
  const styles = useStyles();
  const zone = useZones()(connection.accountId);
  const mayTake = useMay('connections:write');
  const { id } = connection;
  const { data, error } = useQuery({
    ...ask('microsoftData.read', { params: { id } }),
    refetchInterval: 10_000,
  });
  const take = useMutation({
    mutationFn: (feature: Feature['feature']) =>
      api.call('microsoftData.export', { params: { id, feature } }),
    onSuccess: (given) =>
      saveFile(`microsoft-data-${given.feature}.json`, JSON.stringify(given, null, 2), 'application/json'),
  });
  return (
    <Card title="Data kept of this tenant">
      <Stack>
        {error && <ProblemView error={error} />}
        {take.error && <ProblemView error={take.error} />}
        <ul className={styles.list}>
          {data?.items
            .filter(({ held }) => held.length > 0)
            .map(({ feature, title, on, held, purges }) => (
              <li key={feature} className={styles.feature}>
                <span className={styles.name}>
                  {title}
                  {on ? '' : ' (off)'}
                </span>
                {held.map(({ name, what, count }) => (
                  <span key={name} className={styles.small}>
                    {what}
                    {count !== undefined && `: ${rowsWord(count)}`}
                  </span>
                ))}
                {!on && purges[0] && <Purged purge={purges[0]} zone={zone} />}
                {mayTake && (
                  <Button
                    size="small"
                    disabled={take.isPending}
                    onClick={() => take.mutate(feature)}
                    aria-label={`Download the data of ${title}`}
                  >
                    Download
                  </Button>
                )}
              </li>
            ))}
        </ul>
      </Stack>
    </Card>
  );
}

function Purged({ purge, zone }: { readonly purge: Feature['purges'][number]; readonly zone: string }) {
  const styles = useStyles();
  const rows = purge.removed.reduce((sum, { count }) => sum + count, 0);
  return (
    <span className={styles.small}>
      {purge.doneAt === undefined ? (
        'Is about to be purged.'
      ) : (
        <>
          Purged <Ago at={purge.doneAt} zone={zone} />
          {`: ${rowsWord(rows)}.`}
        </>
      )}
    </span>
  );
}

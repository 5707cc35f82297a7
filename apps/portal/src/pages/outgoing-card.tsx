import { makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.ts';
import { Ago } from '../parts/instant.tsx';
import { Card } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { Stack } from '../parts/stack.tsx';
import { WordList } from '../parts/word-list.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '10px' },
  row: { display: 'grid', gap: '2px' },
  title: { fontWeight: tokens.fontWeightSemibold },
  small: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
  },
  words: { margin: 0 },
});

const where = ({ host, port }: { readonly host: string; readonly port?: number | undefined }): string =>
  port === undefined ? host : `${host}:${port}`;

/** Whom this installation talks to, for the operator: Microsoft, carriers, and what was set up here. */
export function OutgoingCard({ zone }: { readonly zone: string }) {
  const styles = useStyles();
  const { data, error } = useQuery({ ...ask('health.outgoing', {}), refetchInterval: 30_000 });
  return (
    <Card title="Outgoing connections">
      <Stack>
        {error && <ProblemView error={error} />}
        <p className={styles.words}>{data?.sentence}</p>
        <WordList title="Explained by no row" items={data?.unexplained.map(where) ?? []} />
        <ul className={styles.list}>
          {data?.items
            .filter(({ on }) => on)
            .map(({ id, title, why, protocol, destinations }) => (
              <li key={id} className={styles.row}>
                <span className={styles.title}>{title}</span>
                <span className={styles.small}>
                  {why} {protocol}
                </span>
                {destinations.map((one) => (
                  <span key={where(one)} className={styles.small}>
                    {where(one)}
                    {one.lastAt !== undefined && (
                      <>
                        {', '}
                        <Ago at={one.lastAt} zone={zone} />
                      </>
                    )}
                  </span>
                ))}
              </li>
            ))}
        </ul>
      </Stack>
    </Card>
  );
}

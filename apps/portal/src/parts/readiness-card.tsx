import { makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { useLocation } from 'react-router';
import { ask } from '../api/client.ts';
import { useMay, useSession } from '../api/session.ts';
import { linkWords, verdictWords } from '../words/readiness.ts';
import { CheckRow } from './check-row.tsx';
import { Ago } from './instant.tsx';
import { Card } from './page.tsx';
import { ProblemView } from './problem-view.tsx';
import { StateBadge } from './state-badge.tsx';

const useStyles = makeStyles({
  head: { padding: '0 20px 14px', display: 'grid', gap: '4px' },
  headline: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400 },
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase300, whiteSpace: 'nowrap' },
  quiet: { margin: 0, color: tokens.colorNeutralForeground2 },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
});

/** Every prerequisite in its order, what is wrong, how to mend it and whose turn it is. */
export function ReadinessCard({
  personId,
  personName,
  zone,
  children,
}: {
  readonly personId: string;
  readonly personName: string;
  readonly zone: string;
  /** Below the headline. */
  readonly children?: ReactNode;
}) {
  const styles = useStyles();
  const session = useSession();
  const { hash } = useLocation();
  const mayRetry = useMay('provisioning:retry');
  const { data, error, refetch } = useQuery({
    ...ask('people.readiness', { params: { id: personId } }),
    refetchInterval: 30_000,
  });
  const there = data !== undefined;
  useEffect(() => {
    // An address may name one check (`#microsoft-licence`); the browser looked for it before it was there.
    const place = there && hash ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
    place?.scrollIntoView({ block: 'center' });
  }, [there, hash]);
  if (error && !data) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!data) return null;
  const self = session.personId === personId;
  const reader = { role: session.role, self, personName };
  const unseen = data.checks.filter((check) => check.status === 'unknown').length;
  const [good, all] = [data.checks.filter((check) => check.status === 'green').length, data.checks.length];
  return (
    <Card
      title={self ? 'Can you call with Teams?' : 'Can this person call with Teams?'}
      aside={<StateBadge {...verdictWords[data.verdict]} />}
      bare
    >
      <div className={styles.head}>
        <p className={styles.headline}>
          {data.headline} {data.code && <span className={styles.code}>{data.code}</span>}
        </p>
        {data.state && <p className={styles.quiet}>At Microsoft: {linkWords[data.state]}.</p>}
        <p className={styles.quiet}>
          {good} of {all} in order{unseen > 0 && `, ${unseen} not verified`}.{' '}
          {unseen > 0 ? 'Judged ' : 'Checked '}
          <Ago at={data.checkedAt} zone={zone} />
          {unseen > 0 && ' by what is known'}.
        </p>
        {children}
      </div>
      <ol className={styles.list}>
        {data.checks.map((check) => (
          <CheckRow
            key={check.id}
            check={check}
            reader={reader}
            zone={zone}
            handOver={mayRetry ? { personId, name: personName } : undefined}
          />
        ))}
      </ol>
    </Card>
  );
}

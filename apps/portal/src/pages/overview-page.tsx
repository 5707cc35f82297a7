import { makeStyles, tokens } from '@fluentui/react-components';
import type { Peer } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { Navigate } from 'react-router';
import { ask } from '../api/client.ts';
import { liveCalls, peerBoard } from '../api/live.ts';
import { useMay, useZones } from '../api/session.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useNow } from '../parts/use-now.ts';
import { paths } from '../path-builder.ts';
import { age, dayAndTime, telephone } from '../words/format.ts';
import { peerWords, resultWords } from '../words/states.ts';
import { OutgoingCard } from './outgoing-card.tsx';

const useStyles = makeStyles({
  figures: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(210px, 1fr))', gap: '16px' },
  figure: {
    display: 'grid',
    gap: '4px',
    padding: '18px 20px',
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow2,
  },
  number: { fontSize: '40px', lineHeight: '44px', fontWeight: 600, fontVariantNumeric: 'tabular-nums' },
  label: { color: tokens.colorNeutralForeground2 },
  peers: { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(290px, 1fr))', gap: '12px' },
  peer: {
    display: 'grid',
    gap: '8px',
    alignContent: 'start',
    padding: '14px 16px',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  peerHead: { display: 'grid', justifyItems: 'start', gap: '8px' },
  peerName: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: 600, overflowWrap: 'anywhere' },
  quiet: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  words: { margin: 0 },
  ways: {
    margin: 0,
    display: 'grid',
    gridTemplateColumns: 'max-content 1fr',
    gap: '2px 12px',
    fontSize: tokens.fontSizeBase200,
  },
  term: { color: tokens.colorNeutralForeground2 },
  value: { margin: 0, fontVariantNumeric: 'tabular-nums' },
  failures: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid' },
  failure: {
    display: 'grid',
    gridTemplateColumns: '110px minmax(0, 1fr) max-content',
    gap: '4px 16px',
    alignItems: 'center',
    padding: '11px 20px',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    '@media (max-width: 700px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
});

export function OverviewPage() {
  const mayLook = useMay('peers:read');
  if (!mayLook) return <Navigate to={paths.me()} replace />;
  return <Overview />;
}

function Overview() {
  const styles = useStyles();
  const zoneOf = useZones();
  const isOperator = useMay('accounts:write');
  const peers = useQuery({ ...peerBoard, refetchInterval: 30_000 });
  const live = useQuery({ ...liveCalls, refetchInterval: 30_000 });
  const failed = useQuery(ask('calls.list', { query: { result: 'failed', limit: 5 } }));
  const refused = useQuery(ask('calls.list', { query: { result: 'refused', limit: 5 } }));
  const failures = [...(failed.data?.items ?? []), ...(refused.data?.items ?? [])]
    .sort((a, b) => b.invitedAt.localeCompare(a.invitedAt))
    .slice(0, 6);
  const hubs = peers.data?.items.filter((peer) => peer.kind === 'hub') ?? [];
  const carriers = peers.data?.items.filter((peer) => peer.kind === 'carrier') ?? [];
  const up = (group: readonly Peer[]): string =>
    group.length === 0 ? '–' : `${group.filter((peer) => peer.state === 'up').length}/${group.length}`;
  return (
    <Page title="Overview" lead={peers.data?.sentence}>
      <div className={styles.figures}>
        <div className={styles.figure}>
          <span className={styles.number} data-testid="live-count">
            {live.data?.total ?? live.data?.items.length ?? '–'}
          </span>
          <span className={styles.label}>
            calls now, <TextLink to={paths.live()}>see them</TextLink>
          </span>
        </div>
        <div className={styles.figure}>
          <span className={styles.number}>{up(hubs)}</span>
          <span className={styles.label}>Microsoft hubs up</span>
        </div>
        <div className={styles.figure}>
          <span className={styles.number}>{up(carriers)}</span>
          <span className={styles.label}>carriers up</span>
        </div>
      </div>
      {peers.error && <ProblemView error={peers.error} retry={() => void peers.refetch()} />}
      {peers.data && (
        <>
          <PeerGroup title="Microsoft hubs" peers={hubs} readAt={peers.dataUpdatedAt} />
          <PeerGroup title="Carriers" peers={carriers} readAt={peers.dataUpdatedAt} />
        </>
      )}
      <Card
        title="Last failures"
        aside={<TextLink to={paths.calls({ result: 'failed' })}>All failed calls</TextLink>}
        bare
      >
        {(failed.error ?? refused.error) ? (
          <div style={{ padding: '0 20px 18px' }}>
            <ProblemView error={failed.error ?? refused.error} retry={() => void failed.refetch()} />
          </div>
        ) : failed.data && refused.data && failures.length === 0 ? (
          <EmptyState title="No failed or refused calls">
            When a call cannot be completed, it appears here with the reason in words.
          </EmptyState>
        ) : (
          <ul className={styles.failures}>
            {failures.map((call) => (
              <li key={call.id} className={styles.failure}>
                <span>{call.result && <StateBadge {...resultWords[call.result]} />}</span>
                <span>
                  <TextLink to={paths.call(call.id)}>{call.sentence ?? 'No reason is recorded.'}</TextLink>
                  <p className={styles.quiet}>
                    {telephone(call.from)} to {telephone(call.to)}
                    {call.code ? `, ${call.code}` : ''}
                  </p>
                </span>
                <span className={styles.quiet}>{dayAndTime(call.invitedAt, zoneOf(call.accountId))}</span>
              </li>
            ))}
          </ul>
        )}
      </Card>
      {isOperator && <OutgoingCard zone={zoneOf(undefined)} />}
    </Page>
  );
}

/** `TLS sip.example:5061` under the heading `sip.example` would say the name twice. */
function addressOf({ name, address }: Peer): string {
  const [protocol, place] = address.split(' ');
  return protocol && place?.startsWith(`${name}:`)
    ? `${protocol}, port ${place.slice(name.length + 1)}`
    : address;
}

function PeerGroup({
  title,
  peers,
  readAt,
}: {
  readonly title: string;
  readonly peers: readonly Peer[];
  readonly readAt: number;
}) {
  const styles = useStyles();
  const passed = Math.max(0, (useNow() - readAt) / 1000);
  const heard = (seconds: number | undefined, more = ''): string =>
    seconds === undefined ? 'never' : `${age(seconds + passed)} ago${more}`;
  return (
    <Card title={title}>
      {peers.length === 0 ? (
        <p className={styles.quiet}>None is configured.</p>
      ) : (
        <div className={styles.peers}>
          {peers.map((peer) => {
            const { status, rttMs } = peer.weAsk;
            const answer = `${status === undefined ? '' : `, ${status}`}${rttMs === undefined ? '' : ` in ${Math.round(rttMs)} ms`}`;
            return (
              <article key={peer.id} className={styles.peer}>
                <div className={styles.peerHead}>
                  <StateBadge {...peerWords[peer.state]} />
                  <div>
                    <h3 className={styles.peerName}>{peer.name}</h3>
                    <p className={styles.quiet}>{addressOf(peer)}</p>
                  </div>
                </div>
                <p className={styles.words}>{peer.sentence}</p>
                <dl className={styles.ways}>
                  <dt className={styles.term}>OPTIONS to it</dt>
                  <dd className={styles.value}>{heard(peer.weAsk.ageSeconds, answer)}</dd>
                  <dt className={styles.term}>OPTIONS from it</dt>
                  <dd className={styles.value}>{heard(peer.theyAsk.ageSeconds)}</dd>
                </dl>
              </article>
            );
          })}
        </div>
      )}
    </Card>
  );
}

import { makeStyles, tokens } from '@fluentui/react-components';
import type { Call } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { ask } from '../api/client.ts';
import { useMay, useZones } from '../api/session.ts';
import { LadderCard } from '../ladder/ladder-card.tsx';
import { Facts } from '../parts/facts.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { paths } from '../path-builder.ts';
import { dayAndTime, span, telephone } from '../words/format.ts';
import {
  callerNameWords,
  directionWords,
  endedByWords,
  legRoleWords,
  phaseWords,
  resultWords,
} from '../words/states.ts';

const useStyles = makeStyles({
  verdict: { margin: '0 0 12px', fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400 },
  badges: { display: 'flex', flexWrap: 'wrap', gap: '8px', marginBottom: '12px' },
  why: { margin: 0, paddingLeft: '20px', display: 'grid', gap: '6px' },
  scroll: { overflowX: 'auto' },
  table: { width: '100%', borderCollapse: 'collapse' },
  th: {
    textAlign: 'left',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    fontWeight: 600,
    padding: '4px 16px 6px 0',
    whiteSpace: 'nowrap',
  },
  td: {
    padding: '8px 16px 8px 0',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    verticalAlign: 'top',
    overflowWrap: 'anywhere',
  },
  two: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 440px), 1fr))',
    gap: '20px',
    alignItems: 'start',
  },
});

export function CallPage() {
  const id = useParams().id ?? '';
  const mayReadLadder = useMay('ladders:read');
  const { data: call, error, refetch } = useQuery(ask('calls.read', { params: { id } }));
  if (error) {
    return (
      <Page title="Call">
        <ProblemView error={error} retry={() => void refetch()} />
      </Page>
    );
  }
  if (!call) return <Page title="Call">{null}</Page>;
  return <CallDetail call={call} mayReadLadder={mayReadLadder} />;
}

function CallDetail({ call, mayReadLadder }: { readonly call: Call; readonly mayReadLadder: boolean }) {
  const styles = useStyles();
  const zoneOf = useZones();
  const ms = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${value} ms`;
  return (
    <Page
      title={`${telephone(call.from)} to ${telephone(call.to)}`}
      lead={dayAndTime(call.invitedAt, zoneOf(call.accountId))}
    >
      <div className={styles.two}>
        <Card title="What happened">
          <div className={styles.badges}>
            {call.result && <StateBadge {...resultWords[call.result]} />}
            {call.phase && <StateBadge {...phaseWords[call.phase]} />}
            {call.emergency && <StateBadge word="Emergency" tone="bad" />}
          </div>
          <p className={styles.verdict}>
            {call.sentence ?? (call.state === 'live' ? 'The call is up.' : 'No verdict is recorded.')}
          </p>
          <Facts
            rows={[
              ['Way', directionWords[call.direction]],
              ['Caller', call.callerName?.text],
              ['That name', call.callerName && callerNameWords[call.callerName.source]],
              ['Talked', call.talkMs ? span(call.talkMs) : undefined],
              ['Ended by', call.endedBy && endedByWords[call.endedBy]],
              ['SIP status', call.status],
              ['Q.850 cause', call.q850],
              ['Code', call.code],
              [
                'Person',
                call.personId && <TextLink to={paths.person(call.personId)}>Show the person</TextLink>,
              ],
            ]}
          />
        </Card>
        <Card title="Why it went this way">
          {call.why.length === 0 ? (
            <p style={{ margin: 0 }}>No reasons were recorded.</p>
          ) : (
            <ol className={styles.why}>
              {call.why.map((sentence, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a finished list that never changes its order
                <li key={index}>{sentence}</li>
              ))}
            </ol>
          )}
        </Card>
      </div>
      {call.attempts.length > 0 && (
        <Card title="Tried, in order">
          <div className={styles.scroll}>
            <table className={styles.table}>
              <thead>
                <tr>
                  <th className={styles.th}>After</th>
                  <th className={styles.th}>Where to</th>
                  <th className={styles.th}>Outcome</th>
                </tr>
              </thead>
              <tbody>
                {call.attempts.map((attempt) => (
                  <tr key={`${attempt.atMs} ${attempt.target}`}>
                    <td className={styles.td}>{attempt.atMs} ms</td>
                    <td className={styles.td}>{attempt.target}</td>
                    <td className={styles.td}>{attempt.result}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
      {mayReadLadder && <LadderCard callId={call.id} live={call.state === 'live'} />}
      <Card title="Record">
        <Facts
          rows={[
            ['Call', call.id],
            ['From, as received', call.fromAsReceived],
            ['To, as dialled', call.toAsDialled],
            ['INVITE passed on after', ms(call.setupMs)],
            ['Ringing after', ms(call.ringingMs)],
            ['Answered after', ms(call.answeredMs)],
            ['Hub', call.hub],
            ['Record closed by', call.closedBy],
            ["Microsoft's correlation id", call.microsoftCorrelationId],
          ]}
        />
      </Card>
      {call.legs.map((leg) => (
        <Card key={leg.side} title={leg.side === 'a' ? 'Leg A, the caller’s side' : 'Leg B, the called side'}>
          <Facts
            rows={[
              ['Towards', legRoleWords[leg.role]],
              ['Peer', leg.peer],
              ['SIP Call-ID', leg.sipCallId],
              ['Codec', leg.media?.codec],
              ['Encryption', leg.media ? (leg.media.srtpSuite ?? 'none') : undefined],
              ['Our media address', leg.media?.localAddress],
              ['Its media address', leg.media?.remoteAddress],
              ['Packets in / out', leg.media && `${leg.media.packetsIn} / ${leg.media.packetsOut}`],
              ['Lost', leg.media && String(leg.media.lostIn)],
              ['Jitter', leg.media && `${leg.media.jitterMs} ms`],
              [
                'Packets refused',
                leg.media &&
                  (Object.entries(leg.media.rejected)
                    .map(([reason, count]) => `${count} ${reason}`)
                    .join(', ') ||
                    'none'),
              ],
            ]}
          />
        </Card>
      ))}
    </Page>
  );
}

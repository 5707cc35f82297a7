import { makeStyles, tokens } from '@fluentui/react-components';
import type { Connection, Provisioning } from '@tandem/contract';
import { useZones } from '../../api/session.ts';
import { Ago } from '../../parts/instant.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { Stack } from '../../parts/stack.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { paths } from '../../path-builder.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '6px' },
  row: {
    display: 'grid',
    gridTemplateColumns: 'minmax(160px, 260px) 56px minmax(0, 1fr)',
    gap: '4px 12px',
    alignItems: 'center',
    '@media (max-width: 600px)': { gridTemplateColumns: 'minmax(0, 1fr) 56px' },
  },
  count: { textAlign: 'right', fontVariantNumeric: 'tabular-nums', fontWeight: tokens.fontWeightSemibold },
  bar: {
    height: '10px',
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: tokens.colorBrandBackground,
    minWidth: '2px',
    '@media (max-width: 600px)': { display: 'none' },
  },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

export interface FunnelRow {
  readonly word: string;
  readonly count: number;
  readonly note?: string | undefined;
}

/** Counts that grow smaller from step to step; the words and numbers say it all, the bars only help. */
export function FunnelRows({ label, rows }: { readonly label: string; readonly rows: readonly FunnelRow[] }) {
  const styles = useStyles();
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <ol className={styles.list} aria-label={label}>
      {rows.map(({ word, count, note }) => (
        <li key={word} className={styles.row}>
          <span>
            {word}
            {note && <span className={styles.small}> {note}</span>}
          </span>
          <span className={styles.count}>{count}</span>
          <span
            className={styles.bar}
            style={{ width: `${Math.round((100 * count) / most)}%` }}
            aria-hidden="true"
          />
        </li>
      ))}
    </ol>
  );
}

/** Where people are, from the group to a working client. */
export function FunnelCard({
  connection,
  provisioning,
}: {
  readonly connection: Connection;
  readonly provisioning: Provisioning;
}) {
  const styles = useStyles();
  const zone = useZones()(connection.accountId);
  const { funnel, readAt, underWay, waiting, approvals, notVerifiedSince, throttledUntil } =
    provisioning.status;
  const rows: FunnelRow[] = [
    ...(funnel.members === undefined ? [] : [{ word: 'In the enable groups', count: funnel.members }]),
    { word: 'People here', count: funnel.people },
    { word: 'Meant to call from Teams', count: funnel.inScope },
    { word: 'Found in Microsoft 365', count: funnel.matched },
    {
      word: 'With Teams Phone',
      count: funnel.licensed,
      note: funnel.callingPlan > 0 ? `(${funnel.callingPlan} left out by a Calling Plan)` : undefined,
    },
    { word: 'With a number', count: funnel.withNumber },
    { word: 'With a licence of Tandem', count: funnel.platformLicensed },
    { word: 'Number written at Microsoft', count: funnel.assigned },
    { word: 'Ready', count: funnel.ready },
  ];
  return (
    <Card
      title="On the way to Teams"
      aside={
        <TextLink to={paths.people({ account: connection.accountId })}>Everybody with verdicts</TextLink>
      }
    >
      <Stack>
        {notVerifiedSince && (
          <TurnNotice
            tone="warn"
            sentence="Microsoft cannot be read: everybody keeps their state, calls go on."
            since={notVerifiedSince}
            zone={zone}
          />
        )}
        <FunnelRows label="On the way to Teams" rows={rows} />
        <p className={styles.small}>
          {readAt ? (
            <>
              Microsoft was read <Ago at={readAt} zone={zone} />.
            </>
          ) : (
            'Microsoft has not been read yet.'
          )}
          {underWay > 0 && ` ${underWay} writes are under way.`}
          {waiting > 0 && ` ${waiting} people wait for their turn.`}
          {throttledUntil && ' Microsoft asked to go slower.'}
          {approvals > 0 && ` ${approvals} people wait for an approval.`}
        </p>
      </Stack>
    </Card>
  );
}

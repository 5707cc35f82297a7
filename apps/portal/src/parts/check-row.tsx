import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircleFilled,
  DismissCircleFilled,
  QuestionCircleRegular,
  WarningFilled,
} from '@fluentui/react-icons';
import type { ReadinessCheck } from '@tandem/contract';
import type { ReactNode } from 'react';
import { checkWords, microsoftTime, ownerWords, type Reader } from '../words/readiness.ts';
import { Ago } from './instant.tsx';

const useStyles = makeStyles({
  row: {
    display: 'grid',
    gridTemplateColumns: '130px minmax(0, 1fr)',
    gap: '4px 16px',
    alignItems: 'start',
    padding: '12px 20px',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    scrollMarginTop: '16px',
    '@media (max-width: 600px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
    ':target': { backgroundColor: tokens.colorBrandBackground2 },
  },
  status: { display: 'inline-flex', alignItems: 'center', gap: '8px', whiteSpace: 'nowrap' },
  icon: { display: 'inline-flex', fontSize: '20px' },
  good: { color: tokens.colorStatusSuccessForeground1 },
  warn: { color: tokens.colorStatusWarningForeground3 },
  bad: { color: tokens.colorStatusDangerForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
  title: { fontWeight: tokens.fontWeightSemibold },
  code: {
    marginLeft: '8px',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    whiteSpace: 'nowrap',
  },
  words: { margin: 0 },
  small: {
    margin: '2px 0 0',
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  next: {
    margin: '8px 0 0',
    display: 'grid',
    gridTemplateColumns: 'max-content minmax(0, 1fr)',
    gap: '2px 12px',
    '@media (max-width: 600px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  term: { color: tokens.colorNeutralForeground2 },
  value: { margin: 0 },
});

const icons: Record<ReadinessCheck['status'], ReactNode> = {
  green: <CheckmarkCircleFilled />,
  amber: <WarningFilled />,
  red: <DismissCircleFilled />,
  unknown: <QuestionCircleRegular />,
};
const tones = { green: 'good', amber: 'warn', red: 'bad', unknown: 'quiet' } as const;

/** One prerequisite: how it stands, in words, and when it does not hold, whose turn it is and what to do. */
export function CheckRow({
  check,
  reader,
  zone,
}: {
  readonly check: ReadinessCheck;
  readonly reader: Reader;
  readonly zone: string;
}) {
  const styles = useStyles();
  const owner = ownerWords(check.owner, reader);
  const open = check.status !== 'green';
  const time = microsoftTime(check.usualSeconds, check.worstSeconds);
  return (
    <li id={check.id} className={styles.row}>
      <span className={styles.status}>
        <span className={mergeClasses(styles.icon, styles[tones[check.status]])} aria-hidden="true">
          {icons[check.status]}
        </span>
        {checkWords[check.status].word}
      </span>
      <div>
        <span className={styles.title}>{check.title}</span>
        {check.code && <span className={styles.code}>{check.code}</span>}
        <p className={styles.words}>{check.sentence}</p>
        {open && (owner || check.fix) && (
          <dl className={styles.next}>
            {owner && (
              <>
                <dt className={styles.term}>Whose turn</dt>
                <dd className={styles.value}>{owner}</dd>
              </>
            )}
            {check.fix && (
              <>
                <dt className={styles.term}>Next step</dt>
                <dd className={styles.value}>{check.fix}</dd>
              </>
            )}
          </dl>
        )}
        {(check.since || (open && time)) && (
          <p className={styles.small}>
            {check.since && (
              <>
                {check.status === 'unknown' ? 'Not verified since ' : 'So since '}
                <Ago at={check.since} zone={zone} />
              </>
            )}
            {check.since && open && time && ' · '}
            {open && time}
          </p>
        )}
      </div>
    </li>
  );
}

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
import { Since } from './instant.tsx';

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
    margin: '4px 0 0',
    display: 'grid',
    gridTemplateColumns: 'max-content minmax(0, 1fr)',
    gap: '2px 12px',
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
  // What the title or the next step says already is not said again.
  const sentence = [`${check.title}.`, check.fix].includes(check.sentence) ? undefined : check.sentence;
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
        {sentence && <p className={styles.words}>{sentence}</p>}
        {check.status === 'unknown' ? (
          // Several are open for one reason then; each says it in one quiet line.
          <p className={styles.small}>{[owner, check.fix].filter(Boolean).join(': ')}</p>
        ) : (
          open && (
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
          )
        )}
        {(check.since || (open && time)) && (
          <p className={styles.small}>
            {check.since && (
              <>
                {check.status === 'unknown' ? 'Not verified since ' : 'Since '}
                <Since at={check.since} zone={zone} />
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

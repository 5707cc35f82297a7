import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircleFilled,
  DismissCircleFilled,
  QuestionCircleRegular,
  WarningFilled,
} from '@fluentui/react-icons';
import type { ReadinessCheck } from '@tandem/contract';
import type { ReactNode } from 'react';
import { paths } from '../path-builder.ts';
import { checkWords, microsoftTime, ownerWords, type Reader } from '../words/readiness.ts';
import { CopyButton } from './copy-text.tsx';
import { Since } from './instant.tsx';
import { TextLink } from './link.tsx';

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
  hand: { display: 'flex', flexWrap: 'wrap', gap: '4px 16px', alignItems: 'center', marginTop: '8px' },
  outside: { color: tokens.colorBrandForegroundLink, fontWeight: tokens.fontWeightSemibold },
});

/** Who the check is about, for what is handed to somebody else. */
export interface CheckSubject {
  readonly personId: string;
  readonly name: string;
}

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
  handOver,
}: {
  readonly check: ReadinessCheck;
  readonly reader: Reader;
  readonly zone: string;
  /** Set where the reader may hand the fix to whose turn it is. */
  readonly handOver?: CheckSubject | undefined;
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
        {handOver && open && (check.code || check.link) && <HandOver check={check} subject={handOver} />}
      </div>
    </li>
  );
}

/** The place of the fix, to open or to hand to whose turn it is. */
function HandOver({ check, subject }: { readonly check: ReadinessCheck; readonly subject: CheckSubject }) {
  const styles = useStyles();
  const { personId, name } = subject;
  const here = window.location.origin;
  const page = here + paths.check(personId, check.id);
  const ours = check.link?.startsWith('/') === true;
  const onThisPage = check.link === undefined || check.link === paths.person(personId);
  const fix = onThisPage ? page : ours ? here + check.link : check.link;
  const message = [
    `${name}: ${check.sentence}${check.code ? ` (${check.code})` : ''}`,
    check.fix && `Next step: ${check.fix}`,
    fix,
    fix === page ? undefined : `How it stands: ${page}`,
  ];
  return (
    <div className={styles.hand}>
      {!onThisPage &&
        check.link &&
        (ours ? (
          <TextLink to={check.link}>Open where it is fixed</TextLink>
        ) : (
          check.link.startsWith('https://') && (
            <a className={styles.outside} href={check.link} target="_blank" rel="noreferrer">
              Open where it is fixed
            </a>
          )
        ))}
      <CopyButton
        label="Copy the link to the fix"
        what={check.code ?? check.title}
        text={message.filter(Boolean).join('\n')}
      />
    </div>
  );
}

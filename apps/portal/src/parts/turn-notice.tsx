import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { ReactNode } from 'react';
import { useSession } from '../api/session.ts';
import { type Turn, turnWords } from '../words/connection.ts';
import { microsoftTime } from '../words/readiness.ts';
import type { Tone } from '../words/states.ts';
import { Since } from './instant.tsx';

const useStyles = makeStyles({
  box: {
    borderLeft: '4px solid',
    backgroundColor: tokens.colorNeutralBackground2,
    borderRadius: tokens.borderRadiusMedium,
    padding: '12px 16px',
    display: 'grid',
    gap: '6px',
  },
  good: { borderLeftColor: tokens.colorPaletteGreenBorder2 },
  warn: { borderLeftColor: tokens.colorPaletteYellowBorder2 },
  bad: { borderLeftColor: tokens.colorPaletteRedBorder2 },
  info: { borderLeftColor: tokens.colorBrandStroke1 },
  quiet: { borderLeftColor: tokens.colorNeutralStroke1 },
  sentence: { margin: 0, fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
  code: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    whiteSpace: 'nowrap',
  },
  next: {
    margin: 0,
    display: 'grid',
    gridTemplateColumns: 'max-content minmax(0, 1fr)',
    gap: '2px 12px',
  },
  term: { color: tokens.colorNeutralForeground2 },
  value: { margin: 0, overflowWrap: 'anywhere' },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** How something stands in one sentence, whose turn it is, what to do, and how long it may take. */
export function TurnNotice({
  tone,
  sentence,
  code,
  turn,
  next,
  since,
  zone,
  usualSeconds,
  worstSeconds,
  children,
}: {
  readonly tone: Tone;
  readonly sentence: string;
  readonly code?: string | undefined;
  readonly turn?: Turn | undefined;
  readonly next?: string | undefined;
  readonly since?: string | undefined;
  readonly zone: string;
  readonly usualSeconds?: number | undefined;
  readonly worstSeconds?: number | undefined;
  readonly children?: ReactNode;
}) {
  const styles = useStyles();
  const { role } = useSession();
  const whose = turn && turnWords(turn, role);
  const time = microsoftTime(usualSeconds, worstSeconds);
  return (
    <div className={mergeClasses(styles.box, styles[tone])} role="status">
      <p className={styles.sentence}>
        {sentence} {code && <span className={styles.code}>{code}</span>}
      </p>
      {(whose || next) && (
        <dl className={styles.next}>
          {whose && (
            <>
              <dt className={styles.term}>Whose turn</dt>
              <dd className={styles.value}>{whose}</dd>
            </>
          )}
          {next && (
            <>
              <dt className={styles.term}>Next step</dt>
              <dd className={styles.value}>{next}</dd>
            </>
          )}
        </dl>
      )}
      {(since || time) && (
        <p className={styles.small}>
          {since && (
            <>
              Since <Since at={since} zone={zone} />
            </>
          )}
          {since && time && ' · '}
          {time}
        </p>
      )}
      {children}
    </div>
  );
}

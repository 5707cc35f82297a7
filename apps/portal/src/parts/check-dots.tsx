import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { CheckMark } from '@tandem/contract';
import { checkWords } from '../words/readiness.ts';

const useStyles = makeStyles({
  list: {
    listStyleType: 'none',
    margin: '6px 0 0',
    padding: 0,
    display: 'flex',
    flexWrap: 'wrap',
    gap: '5px',
  },
  item: { display: 'inline-flex' },
  dot: { display: 'block', width: '10px', height: '10px', boxSizing: 'border-box' },
  // Each state has a shape of its own, so that nobody has to tell colours apart.
  green: { borderRadius: '50%', backgroundColor: tokens.colorStatusSuccessForeground1 },
  amber: {
    backgroundColor: tokens.colorStatusWarningForeground3,
    clipPath: 'polygon(50% 0, 100% 100%, 0 100%)',
  },
  red: { backgroundColor: tokens.colorStatusDangerForeground1 },
  unknown: { borderRadius: '50%', border: `2px solid ${tokens.colorNeutralForeground3}` },
});

/** One mark for each check, in the order in which they are judged. */
export function CheckDots({
  name,
  checks,
}: {
  readonly name: string;
  readonly checks: readonly CheckMark[];
}) {
  const styles = useStyles();
  return (
    <ul className={styles.list} aria-label={`Checks of ${name}`}>
      {checks.map(({ id, title, status, code }) => {
        const words = `${title}: ${checkWords[status].word}${code ? ` (${code})` : ''}`;
        return (
          <li key={id} className={styles.item}>
            <span
              role="img"
              aria-label={words}
              title={words}
              className={mergeClasses(styles.dot, styles[status])}
            />
          </li>
        );
      })}
    </ul>
  );
}

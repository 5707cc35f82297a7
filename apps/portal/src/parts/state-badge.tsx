import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { Tone } from '../words/states.ts';

const useStyles = makeStyles({
  badge: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: '6px',
    padding: '2px 10px 2px 8px',
    borderRadius: tokens.borderRadiusCircular,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
    whiteSpace: 'nowrap',
  },
  dot: { width: '8px', height: '8px', borderRadius: '50%', backgroundColor: 'currentColor', flexShrink: 0 },
  good: { backgroundColor: tokens.colorPaletteGreenBackground1, color: tokens.colorStatusSuccessForeground2 },
  warn: {
    backgroundColor: tokens.colorPaletteYellowBackground1,
    color: tokens.colorStatusWarningForeground2,
  },
  bad: { backgroundColor: tokens.colorPaletteRedBackground1, color: tokens.colorPaletteRedForeground1 },
  info: { backgroundColor: tokens.colorBrandBackground2, color: tokens.colorBrandForeground2 },
  quiet: { backgroundColor: tokens.colorNeutralBackground4, color: tokens.colorNeutralForeground2 },
});

/** A state in a word and a colour; the word alone is enough. */
export function StateBadge({ word, tone }: { readonly word: string; readonly tone: Tone }) {
  const styles = useStyles();
  return (
    <span className={mergeClasses(styles.badge, styles[tone])}>
      <span className={styles.dot} aria-hidden="true" />
      {word}
    </span>
  );
}

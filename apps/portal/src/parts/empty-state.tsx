import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactNode } from 'react';

const useStyles = makeStyles({
  box: {
    padding: '36px 24px',
    textAlign: 'center',
    color: tokens.colorNeutralForeground2,
    display: 'grid',
    gap: '6px',
    justifyItems: 'center',
  },
  title: { margin: 0, fontWeight: tokens.fontWeightSemibold, color: tokens.colorNeutralForeground1 },
  words: { margin: 0, maxWidth: '44rem' },
});

/** Says why there is nothing and what would bring something. */
export function EmptyState({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const styles = useStyles();
  return (
    <div className={styles.box}>
      <p className={styles.title}>{title}</p>
      <p className={styles.words}>{children}</p>
    </div>
  );
}

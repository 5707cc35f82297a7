import { makeStyles, tokens } from '@fluentui/react-components';
import type { Difference } from '../words/difference.ts';

const useStyles = makeStyles({
  diff: { margin: 0, display: 'grid', gap: '4px' },
  path: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  value: { margin: 0 },
  was: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  is: { overflowWrap: 'anywhere', fontWeight: tokens.fontWeightSemibold, textDecorationLine: 'none' },
});

/** What was and what is, value by value. */
export function Diff({ rows }: { readonly rows: readonly Difference[] }) {
  const styles = useStyles();
  if (rows.length === 0) return null;
  return (
    <dl className={styles.diff}>
      {rows.map(({ path, before, after }) => (
        <div key={path}>
          <dt className={styles.path}>{path}</dt>
          <dd className={styles.value}>
            {before !== undefined && (
              <>
                <del className={styles.was}>{before}</del>{' '}
              </>
            )}
            {after !== undefined && <ins className={styles.is}>{after}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

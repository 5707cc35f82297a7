import { makeStyles, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  title: { margin: '0 0 2px', fontWeight: tokens.fontWeightSemibold },
  list: { margin: 0, paddingLeft: '20px', overflowWrap: 'anywhere' },
  none: { margin: 0 },
});

/** A heading with short lines below it, as previews show them. */
export function WordList({
  title,
  items,
  none,
}: {
  readonly title: string;
  readonly items: readonly string[];
  readonly none?: string;
}) {
  const styles = useStyles();
  if (items.length === 0 && none === undefined) return null;
  return (
    <div>
      <p className={styles.title}>{title}</p>
      {items.length === 0 ? (
        <p className={styles.none}>{none}</p>
      ) : (
        <ul className={styles.list}>
          {items.map((item) => (
            <li key={item}>{item}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

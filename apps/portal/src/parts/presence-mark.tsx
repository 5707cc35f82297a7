import { makeStyles, PresenceBadge, tokens } from '@fluentui/react-components';
import type { Presence } from '@tandem/contract';
import { shownPresence } from '../words/presence.ts';

const useStyles = makeStyles({
  mark: { display: 'inline-flex', alignItems: 'center', gap: '8px' },
  word: { whiteSpace: 'nowrap' },
  more: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** A state as Teams draws it, by shape and colour, with its word beside it: the word alone is enough. */
export function PresenceMark({ presence }: { readonly presence: Presence | undefined }) {
  const styles = useStyles();
  const { word, mark, more } = shownPresence(presence);
  return (
    <span className={styles.mark} title={presence?.sentence}>
      <PresenceBadge
        status={mark}
        outOfOffice={presence?.outOfOffice === true && presence.stale === false}
        aria-hidden="true"
        aria-label={undefined}
      />
      <span>
        <span className={styles.word}>{word}</span>
        {more && <span className={styles.more}>{more}</span>}
      </span>
    </span>
  );
}

import { makeStyles, tokens } from '@fluentui/react-components';
import type { NumberWho } from '@tandem/contract';
import { paths } from '../path-builder.ts';
import { telephone } from '../words/format.ts';
import { holderWords, numberTypeWords } from '../words/numbers.ts';
import { TextLink } from './link.tsx';
import { StateBadge } from './state-badge.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '12px' },
  head: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
  name: { fontWeight: tokens.fontWeightSemibold },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  words: { margin: 0, overflowWrap: 'anywhere' },
});

/** Everybody who has a number, on every side that was looked at; conflicts first. */
export function Holders({ who }: { readonly who: NumberWho }) {
  const styles = useStyles();
  const holders = [...who.holders].sort((a, b) => Number(b.conflict) - Number(a.conflict));
  return (
    <>
      {holders.length === 0 && (
        <p className={styles.words}>Nobody who was looked at has {telephone(who.number)}.</p>
      )}
      <ul className={styles.list} aria-label={`Who has ${who.number}`}>
        {holders.map((one) => (
          <li key={`${one.where} ${one.connectionId} ${one.accountId} ${one.holder} ${one.name}`}>
            <div className={styles.head}>
              <span className={styles.name}>
                {one.personId === undefined || one.name === undefined ? (
                  (one.name ?? holderWords[one.holder])
                ) : (
                  <TextLink to={paths.person(one.personId)}>{one.name}</TextLink>
                )}
              </span>
              {one.conflict && <StateBadge word="Conflict" tone="bad" />}
              <span className={styles.small}>
                {[
                  one.where === 'microsoft' && `Microsoft 365${one.tenant ? ` (${one.tenant})` : ''}`,
                  holderWords[one.holder],
                  one.numberType && numberTypeWords[one.numberType],
                  one.onPremises && 'kept on premises',
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </div>
            <p className={styles.words}>{one.sentence}</p>
            {one.fix && <p className={styles.words}>Next step: {one.fix}</p>}
          </li>
        ))}
        {who.unread.map(({ what, why }) => (
          <li key={what}>
            <p className={styles.small}>
              Not looked at: {what}. {why}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { PresenceMismatch } from '@tandem/contract';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Pages } from '../../parts/filter-bar.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { mismatchWords } from '../../words/presence-sync.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: '0 20px 8px', display: 'grid', gap: '14px' },
  head: { fontWeight: tokens.fontWeightSemibold },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  words: { margin: 0 },
  candidates: { margin: '4px 0 0', paddingLeft: '20px', display: 'grid', gap: '4px' },
});

/** Who does not fit on either side, with who may be meant; nothing is matched before somebody says so (B21). */
export function MismatchesCard({ accountId }: { readonly accountId: string }) {
  const styles = useStyles();
  const mayWrite = useMay('presence-sync:write');
  const [cursor, setCursor] = useState<string>();
  const list = useQuery({
    ...ask('presenceSync.mismatches', { params: { id: accountId }, query: { limit: 25, cursor } }),
    placeholderData: keepPreviousData,
  });
  const use = useMutation({
    mutationFn: ({ personId, objectId }: { readonly personId: string; readonly objectId: string }) =>
      api.call('presenceSync.link', { params: { id: personId }, body: { objectId } }),
    onSuccess: () => reread('presenceSync.'),
  });
  const items = list.data?.items ?? [];
  if (list.data && items.length === 0 && cursor === undefined) return null;
  return (
    <Card title="Mismatches: who does not fit on both sides" bare>
      {(list.error ?? use.error) && (
        <div style={{ padding: '0 20px 18px' }}>
          <ProblemView error={list.error ?? use.error} />
        </div>
      )}
      <ul className={styles.list} aria-label="Does not fit">
        {items.map((one) => (
          <li key={`${one.kind} ${one.personId ?? one.displayName} ${one.mail ?? ''}`}>
            <span className={styles.head}>{one.displayName}</span>{' '}
            <span className={styles.small}>
              {mismatchWords[one.kind]} {one.code}
            </span>
            <p className={styles.words}>{one.words}</p>
            <Candidates one={one} />
          </li>
        ))}
      </ul>
      <Pages of={list.data} cursor={cursor} go={setCursor} />
    </Card>
  );

  function Candidates({ one }: { readonly one: PresenceMismatch }) {
    const { personId } = one;
    if (one.candidates.length === 0) return null;
    return (
      <ul className={styles.candidates} aria-label={`Who may be meant by ${one.displayName}`}>
        {one.candidates.map(({ objectId, displayName, upn, why, usable }) => (
          <li key={objectId}>
            {displayName} ({upn}): {why}{' '}
            {mayWrite && usable && personId !== undefined && (
              <Button
                size="small"
                disabled={use.isPending}
                aria-label={`Use this match: ${upn} for ${one.displayName}`}
                onClick={() => use.mutate({ personId, objectId })}
              >
                Use this match
              </Button>
            )}
          </li>
        ))}
      </ul>
    );
  }
}

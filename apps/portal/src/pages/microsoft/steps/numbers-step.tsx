import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../../api/client.ts';
import { reread } from '../../../api/reread.ts';
import { useMay } from '../../../api/session.ts';
import { PreviewAction } from '../../../parts/preview-action.tsx';
import { ProblemView } from '../../../parts/problem-view.tsx';
import { Stack } from '../../../parts/stack.tsx';
import { WordList } from '../../../parts/word-list.tsx';
import { telephone } from '../../../words/format.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '6px' },
  line: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'end' },
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  words: { margin: 0 },
});

const digits = (text: string): string => text.replace(/[\s().\-/]/g, '');

/** How many numbers stand between two of one length; undefined where that is no range. */
export function sizeOf(first: string, last: string): number | undefined {
  if (!/^\+[1-9]\d{1,14}$/.test(first) || !/^\+[1-9]\d{1,14}$/.test(last)) return undefined;
  if (first.length !== last.length) return undefined;
  const size = Number(BigInt(last.slice(1)) - BigInt(first.slice(1))) + 1;
  return size > 0 ? size : undefined;
}

/** Ranges of the account and the next free number; a range comes in after it was shown how many it holds. */
export function NumbersStep({ account }: { readonly account: string }) {
  const styles = useStyles();
  const mayWrite = useMay('numbers:write');
  const ranges = useQuery({ ...ask('ranges.list', { query: { account } }), refetchInterval: 10_000 });
  const next = useQuery({ ...ask('numbers.suggest', { query: { account } }), refetchInterval: 10_000 });
  const [name, setName] = useState('');
  const [first, setFirst] = useState('');
  const [last, setLast] = useState('');
  const from = digits(first);
  const to = digits(last);
  const size = sizeOf(from, to);
  return (
    <Stack>
      {ranges.error && <ProblemView error={ranges.error} retry={() => void ranges.refetch()} />}
      {next.error && <ProblemView error={next.error} retry={() => void next.refetch()} />}
      <ul className={styles.list} aria-label="Ranges">
        {ranges.data?.items.map((range) => (
          <li key={range.id}>
            <strong>{range.name}</strong>: {telephone(range.first)} to {telephone(range.last)}, {range.free}{' '}
            of {range.size} free
          </li>
        ))}
        {ranges.data?.items.length === 0 && <li>No range yet.</li>}
      </ul>
      {next.data && (
        <p className={styles.words} role="status">
          {next.data.number
            ? `Next free number: ${telephone(next.data.number)}`
            : 'No number is free. Add a range.'}
        </p>
      )}
      {mayWrite && (
        <>
          <h3 className={styles.title}>Add a range</h3>
          <div className={styles.line}>
            <Field label="Name of the range" hint="For example the site">
              <Input value={name} onChange={(_, data) => setName(data.value)} />
            </Field>
            <Field label="First number" hint="International form with plus">
              <Input type="tel" value={first} onChange={(_, data) => setFirst(data.value)} />
            </Field>
            <Field label="Last number" hint="As long as the first">
              <Input type="tel" value={last} onChange={(_, data) => setLast(data.value)} />
            </Field>
            <PreviewAction
              label="Add the range"
              title={`Add ${size ?? 0} numbers?`}
              confirm="Add"
              disabled={!name.trim() || size === undefined}
              load={() => Promise.resolve(size ?? 0)}
              show={(count) => (
                <WordList
                  title="Comes into the stock of the account"
                  items={[
                    `${count} numbers, ${telephone(from)} to ${telephone(to)}`,
                    'Nothing is written at Microsoft before a number is given to somebody.',
                  ]}
                />
              )}
              act={() =>
                api.call('ranges.create', { body: { account, name: name.trim(), first: from, last: to } })
              }
              done={() => {
                setName('');
                setFirst('');
                setLast('');
                reread('ranges.', 'numbers.');
              }}
            />
          </div>
        </>
      )}
    </Stack>
  );
}

import { Button, Field, Input, makeStyles, Select, tokens } from '@fluentui/react-components';
import type { LeaverChoice } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { ask } from '../api/client.ts';
import { plainNumber } from '../words/format.ts';
import { leaverKindWords } from '../words/leaver.ts';
import { ProblemView } from './problem-view.tsx';
import { SearchField } from './search-field.tsx';
import { Stack } from './stack.tsx';

const useStyles = makeStyles({
  // A select is as wide as its longest word unless told otherwise, also in a narrow window.
  field: { maxWidth: '420px', minWidth: 0, '& select': { minWidth: 0, width: '100%' } },
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '6px' },
  row: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
  chosen: { margin: 0 },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

type Kind = LeaverChoice['kind'];
/** `null`: by the account's rule. `undefined`: somebody is to be named yet. */
export type LeaverDraft = LeaverChoice | null | undefined;

/** What callers get of somebody who left: an announcement, or a person, a number or a queue of the account. */
export function LeaverTarget({
  label,
  accountId,
  value,
  byAccount,
  leaverId,
  deleted = false,
  disabled,
  change,
}: {
  readonly label: string;
  readonly accountId: string;
  readonly value: LeaverDraft;
  /** What the account's rule is, where one may go by it. */
  readonly byAccount?: string;
  /** Nobody is rung for themselves. */
  readonly leaverId?: string;
  /** Who is deleted here leaves no mailbox behind. */
  readonly deleted?: boolean;
  readonly disabled?: boolean;
  readonly change: (choice: LeaverDraft) => void;
}) {
  const styles = useStyles();
  const [kind, setKind] = useState<Kind | 'account'>(value === null ? 'account' : (value?.kind ?? 'person'));
  const [number, setNumber] = useState(value?.kind === 'number' ? value.number : '');
  const kinds = (Object.entries(leaverKindWords) as [Kind, string][]).filter(
    ([one]) => one !== 'voicemail' || !deleted,
  );
  const off = disabled === true;
  const choose = (next: string): void => {
    const known = kinds.find(([one]) => one === next)?.[0] ?? 'account';
    setKind(known);
    if (known === 'account') change(null);
    else if (known === 'announcement' || known === 'voicemail') change({ kind: known });
    else change(value?.kind === known ? value : known === 'number' ? numberOf(number) : undefined);
  };
  return (
    <Stack>
      <Field label={label} className={styles.field}>
        <Select value={kind} disabled={off} onChange={(_, data) => choose(data.value)}>
          {byAccount !== undefined && <option value="account">{byAccount}</option>}
          {kinds.map(([one, word]) => (
            <option key={one} value={one}>
              {word}
            </option>
          ))}
        </Select>
      </Field>
      {kind === 'person' && (
        <PersonChoice
          accountId={accountId}
          value={value?.kind === 'person' ? value.personId : undefined}
          leaverId={leaverId}
          disabled={off}
          choose={(personId) => change({ kind: 'person', personId })}
        />
      )}
      {kind === 'queue' && (
        <QueueChoice
          accountId={accountId}
          value={value?.kind === 'queue' ? value.queueId : undefined}
          disabled={off}
          choose={(queueId) => change(queueId === '' ? undefined : { kind: 'queue', queueId })}
        />
      )}
      {kind === 'number' && (
        <Field
          label="Number of the account"
          hint="Of a person, a phone or a queue, for example +12025550142"
          className={styles.field}
        >
          <Input
            type="tel"
            value={number}
            disabled={off}
            onChange={(_, data) => {
              setNumber(data.value);
              change(numberOf(data.value));
            }}
          />
        </Field>
      )}
    </Stack>
  );
}

function numberOf(typed: string): LeaverDraft {
  const number = plainNumber(typed);
  return /^\+[1-9][0-9]{1,14}$/.test(number) ? { kind: 'number', number } : undefined;
}

function PersonChoice({
  accountId,
  value,
  leaverId,
  disabled,
  choose,
}: {
  readonly accountId: string;
  readonly value: string | undefined;
  readonly leaverId: string | undefined;
  readonly disabled: boolean;
  readonly choose: (id: string) => void;
}) {
  const styles = useStyles();
  const [search, setSearch] = useState('');
  const take = useCallback((text: string) => setSearch(text), []);
  const chosen = useQuery({
    ...ask('people.read', { params: { id: value ?? '' } }),
    enabled: value !== undefined,
  });
  const found = useQuery({
    ...ask('people.list', { query: { account: accountId, search: search || undefined, limit: 20 } }),
    placeholderData: keepPreviousData,
    enabled: !disabled,
  });
  const offered = (found.data?.items ?? [])
    .filter(({ id, active }) => active && id !== leaverId && id !== value)
    .slice(0, 6);
  const manager = useQuery({
    ...ask('people.manager', { params: { id: leaverId ?? '' } }),
    enabled: leaverId !== undefined && !disabled,
  });
  const proposed = manager.data?.leaver?.personId;
  // The default of the form; it counts once it is saved, and anybody else can be chosen instead.
  useEffect(() => {
    if (value === undefined && proposed !== undefined) choose(proposed);
  }, [value, proposed, choose]);
  return (
    <Stack>
      <p className={styles.chosen} role="status">
        {value === undefined
          ? 'Nobody is chosen yet.'
          : `Rings: ${chosen.data?.displayName ?? 'somebody who is gone'}`}
      </p>
      {!disabled && (
        <>
          {manager.data && (
            <div className={styles.row}>
              <span className={styles.small}>{manager.data.sentence}</span>
              {proposed !== undefined && proposed !== value && (
                <Button size="small" appearance="primary" onClick={() => choose(proposed)}>
                  Choose the manager
                </Button>
              )}
            </div>
          )}
          <SearchField label="Search name, address or number" value={search} onSearch={take} />
          {found.error && <ProblemView error={found.error} />}
          <ul className={styles.list} aria-label="Who can be rung">
            {offered.map(({ id, displayName, upn }) => (
              <li key={id} className={styles.row}>
                <Button size="small" aria-label={`Choose ${displayName}`} onClick={() => choose(id)}>
                  Choose
                </Button>
                <span>{displayName}</span>
                <span className={styles.small}>{upn}</span>
              </li>
            ))}
          </ul>
          {found.data && offered.length === 0 && <span className={styles.small}>Nobody else fits.</span>}
        </>
      )}
    </Stack>
  );
}

function QueueChoice({
  accountId,
  value,
  disabled,
  choose,
}: {
  readonly accountId: string;
  readonly value: string | undefined;
  readonly disabled: boolean;
  readonly choose: (id: string) => void;
}) {
  const styles = useStyles();
  const { data, error } = useQuery(ask('queues.list', { query: { account: accountId } }));
  const gone = value !== undefined && data !== undefined && !data.items.some(({ id }) => id === value);
  return (
    <>
      {error && <ProblemView error={error} />}
      <Field
        label="Queue"
        className={styles.field}
        {...(data?.items.length === 0 && { hint: 'The account has no queue yet.' })}
      >
        <Select
          value={gone ? '' : (value ?? '')}
          disabled={disabled}
          onChange={(_, next) => choose(next.value)}
        >
          <option value="">{gone ? 'The chosen queue is gone' : 'Choose a queue'}</option>
          {data?.items.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
    </>
  );
}

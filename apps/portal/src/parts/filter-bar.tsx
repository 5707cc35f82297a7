import { Button, makeStyles, Select, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { ask } from '../api/client.ts';
import { useSession } from '../api/session.ts';

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'end', gap: '12px', padding: '16px 20px 12px' },
  field: { display: 'grid', gap: '4px' },
  label: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  pages: {
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'space-between',
    alignItems: 'center',
    gap: '8px',
    padding: '10px 20px',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    color: tokens.colorNeutralForeground2,
  },
  buttons: { display: 'flex', gap: '8px' },
});

export function FilterBar({ children }: { readonly children: ReactNode }) {
  return <div className={useStyles().bar}>{children}</div>;
}

export function Choice({
  label,
  value,
  options,
  onChoose,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose: (value: string) => void;
}) {
  const styles = useStyles();
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <Select id={id} value={value ?? ''} onChange={(_, data) => onChoose(data.value)}>
        {options.map(([key, word]) => (
          <option key={key} value={key}>
            {word}
          </option>
        ))}
      </Select>
    </div>
  );
}

/** Only the operator has more than one account to choose from. */
export function AccountChoice({
  value,
  onChoose,
}: {
  readonly value: string | undefined;
  readonly onChoose: (id: string) => void;
}) {
  const session = useSession();
  const operator = session.accountId === undefined;
  const { data } = useQuery({ ...ask('accounts.list', { query: { limit: 200 } }), enabled: operator });
  if (!operator) return null;
  const options = (data?.items ?? []).map((account) => [account.id, account.name] as const);
  return (
    <Choice label="Account" value={value} options={[['', 'All accounts'], ...options]} onChoose={onChoose} />
  );
}

/** Under a table: how much of what there is it shows, and the way on. Nothing before there is an answer. */
export function Pages({
  of,
  cursor,
  go,
}: {
  readonly of:
    | {
        readonly items: readonly unknown[];
        readonly total?: number | undefined;
        readonly nextCursor?: string | undefined;
      }
    | undefined;
  readonly cursor: string | undefined;
  readonly go: (cursor: string | undefined) => void;
}) {
  const styles = useStyles();
  if (!of) return null;
  const { items, total, nextCursor } = of;
  return (
    <div className={styles.pages}>
      <span aria-live="polite">
        {total === undefined ? `${items.length} shown` : `${items.length} of ${total} shown`}
      </span>
      {(cursor || nextCursor) && (
        <span className={styles.buttons}>
          <Button size="small" disabled={!cursor} onClick={() => go(undefined)}>
            First page
          </Button>
          <Button size="small" disabled={!nextCursor} onClick={() => go(nextCursor)}>
            Next page
          </Button>
        </span>
      )}
    </div>
  );
}

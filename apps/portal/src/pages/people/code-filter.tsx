import { Input, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import { ask } from '../../api/client.ts';

const useStyles = makeStyles({
  field: { display: 'grid', gap: '4px' },
  label: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  input: { width: '150px' },
});

/** `401`, `prv-401` and `PRV-401` are the same; undefined while it is not a whole code. */
export function readCode(text: string): string | undefined {
  const digits = /^(?:prv-?)?([0-9]{3})$/i.exec(text.trim())?.[1];
  return digits && `PRV-${digits}`;
}

/** Takes a code as it is typed; what is to do now is offered. */
export function CodeFilter({
  account,
  value,
  onChoose,
}: {
  readonly account: string | undefined;
  readonly value: string | undefined;
  readonly onChoose: (code: string | undefined) => void;
}) {
  const styles = useStyles();
  const id = useId();
  const [typed, setTyped] = useState(value ?? '');
  useEffect(() => setTyped(value ?? ''), [value]);
  const { data } = useQuery(ask('provisioning.actionItems', { query: { account } }));
  const offered = new Map(data?.items.map(({ code, title }) => [code, title]));
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        Code
      </label>
      <Input
        id={id}
        className={styles.input}
        placeholder="PRV-401"
        list={`${id}-codes`}
        value={typed}
        onChange={(_, data) => {
          setTyped(data.value);
          const code = readCode(data.value);
          if (code || data.value === '') onChoose(code);
        }}
      />
      <datalist id={`${id}-codes`}>
        {[...offered].map(([code, title]) => (
          <option key={code} value={code}>
            {title}
          </option>
        ))}
      </datalist>
    </div>
  );
}

import { Button, Field, Input } from '@fluentui/react-components';
import { useId, useState } from 'react';
import { Row } from '../../parts/stack.tsx';
import { plainNumber, telephone } from '../../words/format.ts';
import type { ExceptionPart } from './exceptions-card.tsx';
import { Part } from './part-heading.tsx';

type Caller = ExceptionPart['exceptions']['important'][number];

const nameOf = (caller: Caller): string =>
  caller.kind === 'person'
    ? 'A colleague'
    : caller.name === undefined
      ? telephone(caller.number)
      : `${caller.name}, ${telephone(caller.number)}`;

/** Callers who ring also when nobody else does. */
export function ImportantCallers({ exceptions, mayWrite, busy, change }: ExceptionPart) {
  const id = useId();
  const [number, setNumber] = useState('');
  const [name, setName] = useState('');
  const { important } = exceptions;
  const typed = plainNumber(number.trim());
  return (
    <Part
      title="Important callers"
      words="They ring also during Do not disturb, in meetings and in times without calls."
    >
      {important.length === 0 && <span>Nobody yet.</span>}
      <ul
        style={{ margin: 0, paddingLeft: '20px', display: 'grid', gap: '4px' }}
        aria-label="Important callers"
      >
        {important.map((caller) => (
          <li key={JSON.stringify(caller)}>
            {nameOf(caller)}{' '}
            {mayWrite && (
              <Button
                size="small"
                appearance="subtle"
                disabled={busy}
                aria-label={`Take ${nameOf(caller)} off`}
                onClick={() => change({ important: important.filter((one) => one !== caller) })}
              >
                Take off
              </Button>
            )}
          </li>
        ))}
      </ul>
      {mayWrite && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed === '' || busy) return;
            const added = {
              kind: 'number' as const,
              number: typed,
              ...(name.trim() && { name: name.trim() }),
            };
            change({ important: [...important, added] });
            setNumber('');
            setName('');
          }}
        >
          <Row>
            <Field label="Number">
              <Input id={`${id}-number`} value={number} onChange={(_, data) => setNumber(data.value)} />
            </Field>
            <Field label="Name, if you like">
              <Input id={`${id}-name`} value={name} onChange={(_, data) => setName(data.value)} />
            </Field>
            <Button type="submit" disabled={busy || typed === ''} style={{ alignSelf: 'end' }}>
              Add caller
            </Button>
          </Row>
        </form>
      )}
    </Part>
  );
}

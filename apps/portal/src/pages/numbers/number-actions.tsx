import { Field, Input, makeStyles } from '@fluentui/react-components';
import type { NumberEntry, RouteRequest } from '@tandem/contract';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { telephone } from '../../words/format.ts';
import { type NumberAction, numberActions } from '../../words/numbers.ts';

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: '6px' },
  words: { margin: 0 },
});

type Change = RouteRequest<'numbers.change'>['body'];

interface Ask {
  readonly label: string;
  readonly title: string;
  readonly words: string;
  readonly field?: { readonly label: string; readonly hint?: string };
  /** Undefined: the number goes out of the stock. */
  readonly change?: (typed: string) => Change;
}

const asks: Record<NumberAction, Ask> = {
  reserve: {
    label: 'Reserve',
    title: 'Reserve',
    words: 'The number becomes theirs when the person appears. Nobody else gets it.',
    field: { label: 'Address of who is to come', hint: 'For example dana@acme.example' },
    change: (typed) => ({ reserveFor: typed }),
  },
  release: {
    label: 'Free again',
    title: 'Take the reservation away from',
    words: 'Anybody can get the number then.',
    change: () => ({ reserveFor: null }),
  },
  port: {
    label: 'Ported away',
    title: 'Mark as ported away:',
    words: 'The number is with another carrier. Nobody gets it here.',
    change: () => ({ ported: true }),
  },
  'port-back': {
    label: 'Is back',
    title: 'Take back into stock:',
    words: 'The number is with your carrier again and free.',
    change: () => ({ ported: false }),
  },
  'end-quarantine': {
    label: 'End quarantine',
    title: 'End the quarantine of',
    words: 'Callers who mean the person who left will reach whoever gets the number next.',
    field: { label: 'Reason' },
    change: (typed) => ({ endQuarantine: true, reason: typed }),
  },
  remove: {
    label: 'Remove',
    title: 'Take out of the stock:',
    words: 'Tandem forgets the number. It can be added again.',
  },
};

/** What the state of a number allows, each asked before it is done. */
export function NumberActions({ entry }: { readonly entry: NumberEntry }) {
  const styles = useStyles();
  return (
    <span className={styles.row}>
      {numberActions[entry.state].map((action) => (
        <Action key={action} entry={entry} ask={asks[action]} />
      ))}
    </span>
  );
}

function Action({ entry, ask }: { readonly entry: NumberEntry; readonly ask: Ask }) {
  const styles = useStyles();
  const [typed, setTyped] = useState('');
  const params = { id: entry.number };
  return (
    <FormDialog
      small
      subtle
      label={ask.label}
      what={entry.number}
      title={`${ask.title} ${telephone(entry.number)}`}
      confirm={ask.label}
      ready={ask.field === undefined || typed.trim() !== ''}
      act={() =>
        ask.change
          ? api.call('numbers.change', { params, body: ask.change(typed.trim()) })
          : api.call('numbers.delete', { params })
      }
      done={() => {
        setTyped('');
        reread('numbers.', 'ranges.');
      }}
    >
      <p className={styles.words}>{ask.words}</p>
      {ask.field && (
        <Field {...ask.field} required>
          <Input value={typed} onChange={(_, { value }) => setTyped(value)} />
        </Field>
      )}
    </FormDialog>
  );
}

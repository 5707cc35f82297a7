import { Field, Input, makeStyles } from '@fluentui/react-components';
import { Choice } from '../../parts/filter-bar.tsx';
import type { QueueDraft } from './queue-form.ts';

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(220px, 1fr))',
    gap: '12px 24px',
    alignItems: 'start',
  },
});

/** The settings of a queue, to be typed. */
export function QueueFields({
  draft,
  set,
  disabled = false,
}: {
  readonly draft: QueueDraft;
  readonly set: (change: Partial<QueueDraft>) => void;
  readonly disabled?: boolean;
}) {
  const styles = useStyles();
  const text = (label: string, name: keyof QueueDraft, hint?: string, required = false) => (
    <Field label={label} required={required} {...(hint && { hint })}>
      <Input value={draft[name]} disabled={disabled} onChange={(_, { value }) => set({ [name]: value })} />
    </Field>
  );
  return (
    <div className={styles.grid}>
      {text('Name', 'name', undefined, true)}
      {text('Extension', 'extension', 'Three to six digits')}
      {text('Phone number', 'number', 'A free one of the account, with plus')}
      {text('Ring one member for', 'offerSeconds', 'Seconds, 5 to 60')}
      {text('Rest after each call', 'wrapUpSeconds', 'Seconds, 0 to 600')}
      {text('Longest wait', 'maxWaitSeconds', 'Seconds, 10 to 3600')}
      {text('Most callers waiting', 'maxWaiting', '1 to 500')}
      <fieldset disabled={disabled} style={{ border: 'none', margin: 0, padding: 0 }}>
        <Choice
          label="Who cannot wait is"
          value={draft.overflow}
          options={[
            ['refuse', 'refused'],
            ['forward', 'sent elsewhere'],
          ]}
          onChoose={(chosen) => set({ overflow: chosen === 'forward' ? 'forward' : 'refuse' })}
        />
      </fieldset>
      {draft.overflow === 'forward' &&
        text('Sent to', 'overflowTo', 'A number with plus, or an extension of the account', true)}
    </div>
  );
}

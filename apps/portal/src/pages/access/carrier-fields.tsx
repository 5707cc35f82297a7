import { Button, Field, Input, makeStyles, Select, Switch } from '@fluentui/react-components';
import { saidOf } from '../../api/account-file.ts';
import { type CarrierDraft, newTarget, type TargetDraft } from './carrier-form.ts';

const useStyles = makeStyles({
  target: {
    border: 'none',
    margin: 0,
    padding: 0,
    minWidth: 0,
    display: 'flex',
    flexWrap: 'wrap',
    gap: '8px',
    alignItems: 'end',
  },
  host: { flex: '1 1 180px' },
  port: { width: '92px' },
});

/** What a carrier is, but for what it wants to be shown. */
export function CarrierFields({
  draft,
  set,
  named,
  error,
}: {
  readonly draft: CarrierDraft;
  readonly set: (change: Partial<CarrierDraft>) => void;
  /** It has its name already, by which it is known. */
  readonly named?: boolean;
  readonly error: unknown;
}) {
  const styles = useStyles();
  const setTarget = (at: number, change: Partial<TargetDraft>): void =>
    set({ targets: draft.targets.map((one, i) => (i === at ? { ...one, ...change } : one)) });
  return (
    <>
      {!named && (
        <Field label="Name" required validationMessage={saidOf(error, 'name')}>
          <Input value={draft.name} onChange={(_, { value }) => set({ name: value })} />
        </Field>
      )}
      {draft.targets.map((target, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a target is its place: first choice first
        <fieldset key={i} className={styles.target} aria-label={`Target ${i + 1}`}>
          <Field
            className={styles.host}
            label={i === 0 ? 'Calls are sent to' : 'Otherwise to'}
            required
            validationMessage={saidOf(error, `targets[${i}].host`)}
          >
            <Input
              value={target.host}
              placeholder="sip.carrier.example"
              spellCheck={false}
              onChange={(_, { value }) => setTarget(i, { host: value })}
            />
          </Field>
          <Field label="Port" validationMessage={saidOf(error, `targets[${i}].port`)}>
            <Input
              className={styles.port}
              inputMode="numeric"
              value={target.port}
              onChange={(_, { value }) => setTarget(i, { port: value })}
            />
          </Field>
          <Field label="Over">
            <Select
              value={target.protocol}
              onChange={(_, { value }) => setTarget(i, { protocol: value as TargetDraft['protocol'] })}
            >
              {['UDP', 'TCP', 'TLS'].map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          </Field>
          {draft.targets.length > 1 && (
            <Button
              aria-label={`Remove target ${i + 1}`}
              onClick={() => set({ targets: draft.targets.filter((_, at) => at !== i) })}
            >
              Remove
            </Button>
          )}
        </fieldset>
      ))}
      <div>
        <Button size="small" onClick={() => set({ targets: [...draft.targets, newTarget] })}>
          Add another target
        </Button>
      </div>
      <Field
        label="Its packets come from"
        hint="IP addresses with a comma between them; a call from there is this carrier’s"
        validationMessage={saidOf(error, 'sources')}
      >
        <Input
          value={draft.sources}
          placeholder="192.0.2.10, 192.0.2.11 port 5062"
          spellCheck={false}
          onChange={(_, { value }) => set({ sources: value })}
        />
      </Field>
      <Field
        label="Calls at once"
        hint="Empty: as many as come"
        validationMessage={saidOf(error, 'maxCalls')}
      >
        <Input
          inputMode="numeric"
          value={draft.maxCalls}
          onChange={(_, { value }) => set({ maxCalls: value })}
        />
      </Field>
      <Field label="Numbers are sent as">
        <Select
          value={draft.numberFormat}
          onChange={(_, { value }) => set({ numberFormat: value as CarrierDraft['numberFormat'] })}
        >
          <option value="e164">+12025550142</option>
          <option value="digits">12025550142</option>
        </Select>
      </Field>
      <Switch
        label="Calls of the account go out over it"
        checked={draft.used}
        onChange={(_, { checked }) => set({ used: checked })}
      />
      <Switch
        label="Takes emergency calls"
        checked={draft.emergency}
        onChange={(_, { checked }) => set({ emergency: checked })}
      />
      <Switch
        label="Asked with OPTIONS whether it is there"
        checked={draft.probeWithOptions}
        onChange={(_, { checked }) => set({ probeWithOptions: checked })}
      />
    </>
  );
}

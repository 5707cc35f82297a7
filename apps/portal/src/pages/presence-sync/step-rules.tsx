import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Switch,
  tokens,
} from '@fluentui/react-components';
import type { PresenceRules, PresenceSync } from '@tandem/contract';
import { useState } from 'react';
import { useMay } from '../../api/session.ts';
import { Choice } from '../../parts/filter-bar.tsx';
import { Card } from '../../parts/page.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { ruledStateWords, ruleWords } from '../../words/call-rules.ts';
import type { PresenceSetup } from './use-presence-sync.ts';

const states = Object.keys(ruledStateWords) as (keyof PresenceRules)[];
const rules = Object.keys(ruleWords) as PresenceRules[keyof PresenceRules][];

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid' },
  row: {
    display: 'grid',
    gridTemplateColumns: 'minmax(140px, 1fr) minmax(0, 2fr) auto',
    gap: '4px 16px',
    alignItems: 'center',
    padding: '10px 0',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    '@media (max-width: 820px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  state: { fontWeight: tokens.fontWeightSemibold },
  edit: { justifySelf: 'start' },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** Step 3: what rings while Teams shows one of five states. What is edited does not count before it is saved (B38). */
export function StepRules({
  setup,
  write,
  reset,
}: {
  readonly setup: PresenceSync;
  readonly write: PresenceSetup['write'];
  readonly reset: PresenceSetup['reset'];
}) {
  const styles = useStyles();
  const mayWrite = useMay('presence-sync:write');
  const { settings, customizeOffered } = setup;
  const [draft, setDraft] = useState<Partial<PresenceRules>>({});
  const [asking, setAsking] = useState(false);
  const edited = states.some((state) => draft[state] !== undefined && draft[state] !== settings.rules[state]);
  const busy = write.isPending || reset.isPending;
  return (
    <Card title="Step 3: Customize call presence">
      <Stack>
        <Switch
          label="Let the state in Teams decide which calls ring"
          checked={settings.customizeCalls}
          disabled={!mayWrite || busy || (!customizeOffered.offered && !settings.customizeCalls)}
          onChange={(_, data) => write.mutate({ part: { customizeCalls: data.checked } })}
        />
        {!customizeOffered.offered && <span className={styles.small}>{customizeOffered.reason}</span>}
        {!settings.customizeCalls && (
          <span className={styles.small}>
            Off: the usual mapping counts. Rules are kept for when it is on again.
          </span>
        )}
        <ul className={styles.list} aria-label="Rules">
          {states.map((state) => {
            const editing = draft[state] !== undefined;
            return (
              <li key={state} className={styles.row}>
                <span className={styles.state}>{ruledStateWords[state]}</span>
                {editing ? (
                  <span>
                    <Choice
                      label={`While Teams shows ${ruledStateWords[state]}`}
                      value={draft[state]}
                      options={rules.map((rule) => [rule, ruleWords[rule]] as const)}
                      onChoose={(chosen) => {
                        const rule = rules.find((one) => one === chosen);
                        if (rule) setDraft((old) => ({ ...old, [state]: rule }));
                      }}
                    />
                    <span className={styles.small}>Saved: {ruleWords[settings.rules[state]]}</span>
                  </span>
                ) : (
                  <span>
                    {ruleWords[settings.rules[state]]}{' '}
                    {settings.rules[state] === setup.defaultRules[state] && (
                      <span className={styles.small}>(default)</span>
                    )}
                  </span>
                )}
                {mayWrite && !editing && (
                  <Button
                    size="small"
                    className={styles.edit}
                    disabled={busy}
                    aria-label={`Edit ${ruledStateWords[state]}`}
                    onClick={() => setDraft((old) => ({ ...old, [state]: settings.rules[state] }))}
                  >
                    Edit
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
        {mayWrite && (
          <Row>
            <Button
              appearance="primary"
              disabled={busy || !edited}
              onClick={() =>
                write.mutate(
                  { part: { rules: { ...settings.rules, ...draft } } },
                  { onSuccess: () => setDraft({}) },
                )
              }
            >
              Save rules
            </Button>
            {Object.keys(draft).length > 0 && (
              <Button disabled={busy} onClick={() => setDraft({})}>
                Leave as it was
              </Button>
            )}
            <Button disabled={busy} onClick={() => setAsking(true)}>
              Reset to default
            </Button>
            {edited && <span role="status">Not saved yet: the old rules count.</span>}
          </Row>
        )}
      </Stack>
      <Dialog open={asking} onOpenChange={(_, data) => setAsking(data.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>Reset all five rules to their defaults?</DialogTitle>
            <DialogContent>
              <ul>
                {states.map((state) => (
                  <li key={state}>
                    {ruledStateWords[state]}: {ruleWords[settings.rules[state]]}
                    {settings.rules[state] !== setup.defaultRules[state] &&
                      ` becomes ${ruleWords[setup.defaultRules[state]]}`}
                  </li>
                ))}
              </ul>
            </DialogContent>
            <DialogActions>
              <Button onClick={() => setAsking(false)}>Not now</Button>
              <Button
                appearance="primary"
                onClick={() => {
                  setAsking(false);
                  setDraft({});
                  reset.mutate(setup.version);
                }}
              >
                Reset
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </Card>
  );
}

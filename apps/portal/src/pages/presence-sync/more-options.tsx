import { Button, Field, Input, makeStyles, Switch, tokens } from '@fluentui/react-components';
import type { PresenceSync } from '@tandem/contract';
import { useState } from 'react';
import { useMay } from '../../api/session.ts';
import { Card } from '../../parts/page.tsx';
import { Stack } from '../../parts/stack.tsx';
import type { PresenceSetup } from './use-presence-sync.ts';

type Flag = 'keepDuringInactivity' | 'meetingsFromCalendar' | 'personalOverrides';
const flags: readonly (readonly [Flag, string, string])[] = [
  [
    'keepDuringInactivity',
    'Keep the state during inactivity',
    'Away and idle that come from inactivity in Teams change nothing here.',
  ],
  [
    'meetingsFromCalendar',
    'Tell meetings from calls by the calendar',
    '“In a call” in Teams during a meeting of the calendar, without a call of ours, counts as the meeting.',
  ],
  [
    'personalOverrides',
    'People may have rules of their own',
    'Each person may choose another rule than the account’s.',
  ],
];

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  line: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'start' },
  addresses: { flexGrow: 1, maxWidth: '480px' },
  button: { marginTop: '26px' },
});

/** What else can be chosen for an account's presence. */
export function MoreOptions({
  setup,
  write,
}: {
  readonly setup: PresenceSync;
  readonly write: PresenceSetup['write'];
}) {
  const styles = useStyles();
  const mayWrite = useMay('presence-sync:write');
  const { settings } = setup;
  const [notify, setNotify] = useState(settings.notify.join(', '));
  const disabled = !mayWrite || write.isPending;
  const addresses = notify.split(/[\s,;]+/).filter(Boolean);
  return (
    <Card title="More options">
      <Stack>
        {flags.map(([flag, label, hint]) => (
          <span key={flag}>
            <Switch
              label={label}
              checked={settings[flag]}
              disabled={disabled}
              onChange={(_, data) => write.mutate({ part: { [flag]: data.checked } })}
            />
            <span className={styles.small}>{hint}</span>
          </span>
        ))}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!disabled) write.mutate({ part: { notify: addresses } });
          }}
        >
          <div className={styles.line}>
            <Field
              className={styles.addresses}
              label="Mail about runs also to"
              hint="Addresses, with commas between"
            >
              <Input value={notify} disabled={disabled} onChange={(_, data) => setNotify(data.value)} />
            </Field>
            {mayWrite && (
              <Button
                className={styles.button}
                type="submit"
                disabled={disabled || addresses.join() === settings.notify.join()}
              >
                Save addresses
              </Button>
            )}
          </div>
        </form>
      </Stack>
    </Card>
  );
}

import { Button, makeStyles, Switch, tokens } from '@fluentui/react-components';
import type { AccelerationView } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Choice } from '../../parts/filter-bar.tsx';
import { Ago } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import type { Tone } from '../../words/states.ts';
import { returnTo } from '../microsoft/way-to-microsoft.tsx';

const useStyles = makeStyles({
  text: { margin: 0 },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  choice: { border: 'none', margin: 0, padding: 0, justifySelf: 'start' },
  list: { listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: '12px' },
  head: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
  name: { fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
});

const words: Record<AccelerationView['state'], { readonly word: string; readonly tone: Tone }> = {
  off: { word: 'Off', tone: 'quiet' },
  'no-sign-in': { word: 'Needs a sign-in', tone: 'warn' },
  starting: { word: 'Starting', tone: 'info' },
  active: { word: 'Active', tone: 'good' },
  waiting: { word: 'Does not work', tone: 'bad' },
};
const modes = ['off', 'fallback', 'always'] as const satisfies readonly AccelerationView['ownConnections'][];

/** Sign-ins of people: those by which Microsoft tells of changes at once, and whether people may connect their own. */
export function SpeedUpCard({ accountId, zone }: { readonly accountId: string; readonly zone: string }) {
  const styles = useStyles();
  const mayWrite = useMay('presence-sync:write');
  const params = { id: accountId };
  const { data, error, refetch } = useQuery({
    ...ask('acceleration.read', { params }),
    refetchInterval: 5_000,
  });
  const done = { onSuccess: () => reread('acceleration.') };
  const change = useMutation({
    mutationFn: (body: { accelerate?: boolean; ownConnections?: AccelerationView['ownConnections'] }) =>
      api.call('acceleration.change', { params, body }),
    ...done,
  });
  const remove = useMutation({
    mutationFn: (signIn: string) => api.call('acceleration.remove', { params: { ...params, signIn } }),
    ...done,
  });
  const begin = useMutation({
    mutationFn: () => api.call('acceleration.begin', { params, body: { returnTo: returnTo() } }),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  if (!data) return error ? <ProblemView error={error} retry={() => void refetch()} /> : null;
  const problem = change.error ?? remove.error ?? begin.error;
  const disabled = !mayWrite || change.isPending || remove.isPending || begin.isPending || begin.isSuccess;
  return (
    <Card title="Speed up, and own connections" aside={<StateBadge {...words[data.state]} />}>
      <Stack>
        {problem && <ProblemView error={problem} />}
        <Switch
          label="Let Microsoft tell of changes at once"
          checked={data.accelerate}
          disabled={disabled}
          onChange={(_, { checked }) => change.mutate({ accelerate: checked })}
        />
        <p className={styles.text} role="status">
          {data.sentence}
        </p>
        <p className={styles.small}>
          Microsoft tells only a person who signed in, of at most 650 others. Use an account of your
          organisation that stays, and is exempt from a second factor.
        </p>
        <ul className={styles.list} aria-label="Sign-ins for the speed-up">
          {data.signIns.map((one) => (
            <li key={one.id}>
              <Stack>
                <span className={styles.head}>
                  <span className={styles.name}>{one.account}</span>
                  <StateBadge
                    word={one.state === 'connected' ? `Tells of ${one.watched} people` : 'Interrupted'}
                    tone={one.state === 'connected' ? 'good' : 'bad'}
                  />
                  <span className={styles.small}>
                    <Ago at={one.since} zone={zone} />
                  </span>
                </span>
                <p className={styles.text}>
                  {one.sentence} {one.next}
                </p>
                {mayWrite && (
                  <Row>
                    <Button
                      size="small"
                      disabled={disabled}
                      aria-label={`Take away the sign-in of ${one.account}`}
                      onClick={() => remove.mutate(one.id)}
                    >
                      Take away
                    </Button>
                  </Row>
                )}
              </Stack>
            </li>
          ))}
        </ul>
        {mayWrite && (
          <Row>
            <Button disabled={disabled} onClick={() => begin.mutate()}>
              {data.signIns.length === 0 ? 'Speed up: sign in at Microsoft' : 'Add a sign-in, or renew one'}
            </Button>
          </Row>
        )}
        <fieldset disabled={disabled} className={styles.choice}>
          <Choice
            label="People’s own Microsoft accounts"
            value={data.ownConnections}
            options={[
              ['fallback', 'Used where the organisation’s connection does not serve'],
              ['always', 'Used before the organisation’s connection'],
              ['off', 'Not allowed'],
            ]}
            onChoose={(chosen) => {
              const ownConnections = modes.find((one) => one === chosen);
              if (ownConnections) change.mutate({ ownConnections });
            }}
          />
        </fieldset>
      </Stack>
    </Card>
  );
}

import { Button, Checkbox, makeStyles, tokens } from '@fluentui/react-components';
import type { Connection, ConnectionFeature } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '10px' },
  purpose: { display: 'block', paddingLeft: '34px', color: tokens.colorNeutralForeground2 },
  asks: { paddingLeft: '34px', fontSize: tokens.fontSizeBase200 },
  roles: { margin: '4px 0 0', paddingLeft: '20px' },
  code: { fontFamily: tokens.fontFamilyMonospace },
});

export const suggestedFeatures: ConnectionFeature[] = [
  'provisioning',
  'presence',
  'presence-write',
  'webhooks',
  'setup',
];

/** Features with what each asks Microsoft for, and why. */
export function FeatureChoice({
  chosen,
  choose,
  disabled,
}: {
  readonly chosen: readonly ConnectionFeature[];
  readonly choose: (features: ConnectionFeature[]) => void;
  readonly disabled?: boolean;
}) {
  const styles = useStyles();
  const { data, error } = useQuery({ ...ask('connections.features', {}), staleTime: 300_000 });
  if (error) return <ProblemView error={error} />;
  return (
    <ul className={styles.list}>
      {data?.items.map(({ feature, title, purpose, alwaysOn, permissions }) => (
        <li key={feature}>
          <Checkbox
            label={alwaysOn ? `${title} (always)` : title}
            checked={alwaysOn || chosen.includes(feature)}
            disabled={disabled === true || alwaysOn}
            onChange={(_, { checked }) =>
              choose(checked === true ? [...chosen, feature] : chosen.filter((one) => one !== feature))
            }
          />
          <span className={styles.purpose}>{purpose}</span>
          <details className={styles.asks}>
            <summary>
              Asks Microsoft for{' '}
              {permissions.length === 1 ? 'one permission' : `${permissions.length} permissions`}
            </summary>
            <ul className={styles.roles}>
              {permissions.map(({ role, why }) => (
                <li key={role}>
                  <span className={styles.code}>{role}</span>: {why}
                </li>
              ))}
            </ul>
          </details>
        </li>
      ))}
    </ul>
  );
}

/** What may use a connection; missing permissions are named after saving. */
export function FeaturesForm({ connection }: { readonly connection: Connection }) {
  const present = connection.features.filter(({ enabled }) => enabled).map(({ feature }) => feature);
  const [chosen, setChosen] = useState<ConnectionFeature[]>(present);
  const save = useMutation({
    mutationFn: () =>
      api.call('connections.changeFeatures', { params: { id: connection.id }, body: { features: chosen } }),
    onSuccess: () => reread('connections.', 'routingDomains.'),
  });
  const same = [...chosen].sort().join() === [...present].sort().join();
  return (
    <Stack>
      {save.error && <ProblemView error={save.error} />}
      <FeatureChoice chosen={chosen} choose={setChosen} />
      <Row>
        <Button disabled={same || save.isPending} onClick={() => save.mutate()}>
          Save features
        </Button>
        <span role="status">{save.isSuccess && same ? 'Saved.' : ''}</span>
      </Row>
    </Stack>
  );
}

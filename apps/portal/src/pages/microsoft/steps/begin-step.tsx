import { Checkbox, makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components';
import type { ConnectionFeature } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { ask } from '../../../api/client.ts';
import { useMay, useSession } from '../../../api/session.ts';
import { AccountChoice } from '../../../parts/filter-bar.tsx';
import { Row, Stack } from '../../../parts/stack.tsx';
import { useFilters } from '../../../parts/use-filters.ts';
import { paths } from '../../../path-builder.ts';
import { FeatureChoice, suggestedFeatures } from '../features-form.tsx';
import { RegistrationForm } from '../registration-form.tsx';
import { SignInButton } from '../way-to-microsoft.tsx';

const useStyles = makeStyles({
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  words: { margin: 0 },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** What is wanted, and by which way: the platform's app with two grants, or an app registration of one's own. */
export function BeginStep() {
  const styles = useStyles();
  const { accountId } = useSession();
  const mayWrite = useMay('connections:write');
  const navigate = useNavigate();
  const { get, set } = useFilters();
  const account = accountId ?? get('account');
  const [features, setFeatures] = useState<ConnectionFeature[]>(suggestedFeatures);
  const [way, setWay] = useState<'platform' | 'own'>('platform');
  const [shared, setShared] = useState(false);
  const { data } = useQuery({ ...ask('connections.features', {}), staleTime: 300_000 });
  if (!mayWrite)
    return <p className={styles.words}>Your role may look at connections. An administrator connects.</p>;
  return (
    <Stack>
      {accountId === undefined && (
        <Row>
          <AccountChoice value={account} onChoose={(chosen) => set({ account: chosen })} />
        </Row>
      )}
      {account === undefined ? (
        <p className={styles.words}>Choose the account whose Microsoft 365 tenant is to be connected.</p>
      ) : (
        <>
          <h3 className={styles.title}>What is wanted</h3>
          <FeatureChoice chosen={features} choose={setFeatures} />
          <h3 className={styles.title}>By which way</h3>
          <RadioGroup
            value={way}
            aria-label="By which way"
            onChange={(_, value) => setWay(value.value === 'own' ? 'own' : 'platform')}
          >
            <Radio
              value="platform"
              label="The platform’s app: an administrator signs in and approves"
              disabled={data !== undefined && data.platformApp === undefined}
            />
            <Radio value="own" label="An app registration of your own" />
          </RadioGroup>
          {way === 'platform' ? (
            <Stack>
              <p className={styles.words}>
                Whose turn: an administrator of the Microsoft 365 tenant. The sign-in shows which tenant it
                is; the approval needs {data?.consentRoles.join(' or ') ?? 'an administrator'}. If that is
                somebody else, you can send a link afterwards.
              </p>
              <p className={styles.small}>Signing in writes nothing in the tenant.</p>
              <Checkbox
                label="Another account of this platform may use the same tenant, with another enable group"
                checked={shared}
                onChange={(_, value) => setShared(value.checked === true)}
              />
              <SignInButton account={account} features={features} shareTenant={shared} />
            </Stack>
          ) : (
            <RegistrationForm
              account={account}
              features={features}
              done={(connection) => void navigate(paths.connect(connection.id))}
            />
          )}
        </>
      )}
    </Stack>
  );
}

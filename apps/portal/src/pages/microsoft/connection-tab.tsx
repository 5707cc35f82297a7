import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { Connection } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { Facts } from '../../parts/facts.tsx';
import { Ago, Until } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { connectionWord, credentialWords } from '../../words/connection.ts';
import { CertificateToUpload } from './certificate-to-upload.tsx';
import { DataCard } from './data-card.tsx';
import { FeaturesForm } from './features-form.tsx';
import { PresenceRegistration } from './presence-registration.tsx';
import { RegistrationForm } from './registration-form.tsx';
import { ApproveButton, SignInButton } from './way-to-microsoft.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '12px' },
  feature: { display: 'grid', gap: '2px', justifyItems: 'start' },
  head: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'center' },
  name: { fontWeight: tokens.fontWeightSemibold },
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** State in words, permissions by feature, the credential, and what can be done about them. */
export function ConnectionTab({ connection }: { readonly connection: Connection }) {
  const mayWrite = useMay('connections:write');
  const mayCheck = useMay('provisioning:retry');
  const zone = useZones()(connection.accountId);
  const { id, state, kind, credential } = connection;
  const word = connectionWord(connection);
  const ended = state === 'disconnected';
  const recheck = useMutation({
    mutationFn: () => api.call('connections.recheck', { params: { id } }),
    onSuccess: () => reread('connections.'),
  });
  return (
    <>
      <Card title="Connection" aside={<StateBadge {...word} />}>
        <Stack>
          <TurnNotice
            tone={word.tone}
            sentence={connection.sentence}
            turn={connection.turn}
            next={connection.next}
            since={connection.since}
            zone={zone}
          />
          {connection.sharedTenant && (
            <TurnNotice
              tone="info"
              sentence="Another account of this platform uses the same tenant, with another enable group."
              zone={zone}
            />
          )}
          <Facts
            rows={[
              ['Tenant', connection.tenant.name],
              ['Domains', connection.tenant.domains.join(', ')],
              ['Tenant id', connection.tenant.id],
              [
                'By',
                kind === 'platform-app'
                  ? 'the platform’s app, approved by consent'
                  : 'an app registration of the customer',
              ],
              ['Application (client) id', connection.clientId],
              [
                'Signed in at Microsoft',
                connection.signedIn &&
                  `${connection.signedIn.name} (${connection.signedIn.roles.join(', ') || 'no role'})`,
              ],
              ['Connected by', connection.connectedBy],
              ['Connected', connection.connectedAt && <Ago at={connection.connectedAt} zone={zone} />],
              [
                'Microsoft last answered',
                connection.lastAnswerAt && <Ago at={connection.lastAnswerAt} zone={zone} />,
              ],
              [
                'Permissions last looked at',
                connection.checkedAt && <Ago at={connection.checkedAt} zone={zone} />,
              ],
              [
                credential ? `${credentialWords[credential.kind]} ends` : '',
                credential?.endsAt ? <Until key="ends" at={credential.endsAt} zone={zone} /> : undefined,
              ],
            ]}
          />
          {recheck.error && <ProblemView error={recheck.error} />}
          <Row>
            {mayCheck && (
              <Button disabled={recheck.isPending} onClick={() => recheck.mutate()}>
                {recheck.isPending ? 'Looking…' : 'Check again'}
              </Button>
            )}
            {mayWrite && kind === 'platform-app' && (
              <SignInButton
                account={connection.accountId}
                connection={id}
                label="Sign in again"
                secondary={!ended}
              />
            )}
            {mayWrite && !ended && kind === 'platform-app' && connection.signedIn?.mayConsent && (
              <ApproveButton connection={connection} label="Approve again" secondary />
            )}
            {mayWrite && !ended && (
              <PreviewAction
                label="Disconnect"
                title={`Disconnect ${connection.tenant.name ?? 'the tenant'}?`}
                load={() => api.call('connections.stops', { params: { id } })}
                show={(preview) => (
                  <>
                    <WordList title="This stops" items={preview.stops} />
                    <WordList title="This goes on" items={preview.goesOn} />
                  </>
                )}
                act={({ preview }) =>
                  api.call('connections.disconnect', { params: { id }, body: { preview } })
                }
                done={() => reread('connections.', 'provisioning.')}
              />
            )}
            <span role="status">{recheck.isSuccess ? 'Looked at with a fresh token.' : ''}</span>
          </Row>
        </Stack>
      </Card>
      <Permissions connection={connection} />
      {mayWrite && !ended && (
        <Card title="Features">
          <FeaturesForm
            key={connection.features.map(({ enabled }) => enabled).join()}
            connection={connection}
          />
        </Card>
      )}
      <DataCard connection={connection} />
      <PresenceRegistration connection={connection} />
      {mayWrite && <Registration connection={connection} />}
    </>
  );
}

function Permissions({ connection }: { readonly connection: Connection }) {
  const styles = useStyles();
  const zone = useZones()(connection.accountId);
  const shown = connection.features.filter(({ enabled }) => enabled);
  return (
    <Card title="Permissions">
      <Stack>
        <WordList title="Missing" items={connection.missing.map(({ words }) => words)} />
        <ul className={styles.list}>
          {shown.map(({ feature, title, works, permissions }) => (
            <li key={feature} className={styles.feature}>
              <span className={styles.head}>
                <span className={styles.name}>{title}</span>
                <StateBadge
                  {...(works
                    ? ({ word: 'Works', tone: 'good' } as const)
                    : ({ word: 'Does not work', tone: connection.works ? 'warn' : 'quiet' } as const))}
                />
              </span>
              {permissions.map(({ role, granted, lastUsedAt }) => (
                <span key={role}>
                  <span className={styles.code}>{role}</span>{' '}
                  <span className={styles.small}>
                    {granted ? 'granted' : 'missing'}
                    {lastUsedAt && (
                      <>
                        , last used <Ago at={lastUsedAt} zone={zone} />
                      </>
                    )}
                  </span>
                </span>
              ))}
            </li>
          ))}
        </ul>
        <WordList
          title="Granted, and nothing that is switched on needs it"
          items={connection.unneeded.map(({ role }) => role)}
        />
      </Stack>
    </Card>
  );
}

/** An own app registration: its credential is replaced here, and the platform's app can be given up for one. */
function Registration({ connection }: { readonly connection: Connection }) {
  const [open, setOpen] = useState(false);
  const own = connection.kind === 'own-app';
  return (
    <Card title="Own app registration">
      <Stack>
        <CertificateToUpload connection={connection} />
        {open ? (
          <RegistrationForm
            account={connection.accountId}
            replaces={connection}
            done={() => setOpen(false)}
          />
        ) : (
          <Row>
            <Button onClick={() => setOpen(true)}>
              {own ? 'Replace app or credential' : 'Use an app registration of your own'}
            </Button>
          </Row>
        )}
      </Stack>
    </Card>
  );
}

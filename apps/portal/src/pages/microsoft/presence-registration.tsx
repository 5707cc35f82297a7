import { Button } from '@fluentui/react-components';
import type { Connection } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { Facts } from '../../parts/facts.tsx';
import { Ago, Until } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { credentialWords } from '../../words/connection.ts';
import { RegistrationForm } from './registration-form.tsx';
import { ApproveButton } from './way-to-microsoft.tsx';

/** A second app registration, for presence alone: whose it is, what its token carries, and how it is approved or given up. */
export function PresenceRegistration({ connection }: { readonly connection: Connection }) {
  const mayWrite = useMay('connections:write') && connection.state !== 'disconnected';
  const zone = useZones()(connection.accountId);
  const [open, setOpen] = useState(false);
  const offered = useQuery({ ...ask('connections.features', {}), staleTime: 300_000 });
  const { presenceRegistration: second, id } = connection;
  const drop = useMutation({
    mutationFn: () => api.call('connections.dropPresenceRegistration', { params: { id } }),
    onSuccess: () => reread('connections.'),
  });
  const own = second?.kind === 'own-app';
  const approves =
    !own && offered.data?.platformPresenceApp !== undefined && connection.signedIn?.mayConsent === true;
  return (
    <Card
      title="App registration for presence"
      {...(second && {
        aside: (
          <StateBadge
            {...(second.works
              ? ({ word: 'Works', tone: 'good' } as const)
              : ({ word: 'Does not work', tone: 'warn' } as const))}
          />
        ),
      })}
    >
      <Stack>
        <span>
          {second?.sentence ??
            'One app registration does everything: its token reads presence and all else that was granted. A second one, for presence alone, keeps them apart.'}
        </span>
        {second?.next && <span>{second.next}</span>}
        {second && (
          <Facts
            rows={[
              ['By', own ? 'an app registration of the customer' : 'the platform’s app for presence'],
              ['Application (client) id', second.clientId],
              ['Its token carries', second.roles.join(', ') || 'nothing yet'],
              ['Last looked at', second.checkedAt && <Ago at={second.checkedAt} zone={zone} />],
              [
                second.credential ? `${credentialWords[second.credential.kind]} ends` : '',
                second.credential?.endsAt ? (
                  <Until key="ends" at={second.credential.endsAt} zone={zone} />
                ) : undefined,
              ],
            ]}
          />
        )}
        {second && <WordList title="Granted to it, and presence does not need it" items={second.unneeded} />}
        {drop.error && <ProblemView error={drop.error} />}
        {mayWrite && open && (
          <RegistrationForm
            account={connection.accountId}
            forPresence={connection}
            done={() => setOpen(false)}
          />
        )}
        {mayWrite && !open && (
          <Row>
            {approves && (
              <ApproveButton
                connection={connection}
                label={second?.works ? 'Approve presence again' : 'Approve presence at Microsoft'}
                registration="presence"
                secondary
              />
            )}
            <Button onClick={() => setOpen(true)}>
              {own ? 'Replace it or its credential' : 'Use one of your own for presence'}
            </Button>
            {own && (
              <Button disabled={drop.isPending} onClick={() => drop.mutate()}>
                Give it up
              </Button>
            )}
          </Row>
        )}
      </Stack>
    </Card>
  );
}

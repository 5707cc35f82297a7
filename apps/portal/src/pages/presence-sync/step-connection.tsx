import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { PresenceSync } from '@tandem/contract';
import { useNavigate } from 'react-router';
import { useMay } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Facts } from '../../parts/facts.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { paths } from '../../path-builder.ts';
import { connectionWords } from '../../words/connection.ts';

const useStyles = makeStyles({
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  head: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
});

/** Step 1: who signed in for which tenant, and whether that covers presence. The way there is the connection's own. */
export function StepConnection({ setup, zone }: { readonly setup: PresenceSync; readonly zone: string }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const mayConnect = useMay('connections:write');
  return (
    <Card title="Step 1: Sign in and authorise">
      {setup.connections.length === 0 ? (
        <EmptyState title="Not connected with Microsoft 365 yet">
          An administrator signs in, and approves that Tandem may read and set presence.{' '}
          {mayConnect && (
            <TextLink to={paths.connectNew({ account: setup.accountId })}>Sign in and authorise</TextLink>
          )}
        </EmptyState>
      ) : (
        <Stack>
          {setup.connections.map((one) => (
            <Stack key={one.connectionId}>
              <span className={styles.head}>
                <h3 className={styles.title}>{one.tenantName ?? one.tenantId}</h3>
                <StateBadge {...connectionWords[one.state]} />
              </span>
              {one.state === 'connected' ? (
                <span>{one.sentence}</span>
              ) : (
                <TurnNotice tone="warn" sentence={one.sentence} turn={one.turn} next={one.next} zone={zone} />
              )}
              <Facts
                rows={[
                  ['Signed in as', one.signedInAs],
                  ['Entra tenant', one.tenantId],
                  ['Authorised', one.authorised ? 'Yes' : 'Not for everything that presence needs'],
                  ['Reads Teams', one.reads ? 'Yes' : 'No'],
                  ['Writes to Teams', one.writes ? 'Yes' : 'No'],
                ]}
              />
              <WordList title="Missing" items={one.missing.map(({ words }) => words)} />
              {mayConnect && (
                <Row>
                  <Button onClick={() => void navigate(paths.connection(one.connectionId))}>
                    {one.authorised && one.state === 'connected'
                      ? 'Look at the connection'
                      : 'Authorise again'}
                  </Button>
                </Row>
              )}
            </Stack>
          ))}
        </Stack>
      )}
    </Card>
  );
}

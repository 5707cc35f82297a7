import { makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { ApiError, microsoftReturn } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useSession } from '../../api/session.ts';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { paths } from '../../path-builder.ts';

/** What stands in the address: only the names that the API knows; Microsoft adds more of its own to refusals. */
export function returnOf(search: string): Record<string, string> & { state: string } {
  const given = new URLSearchParams(search);
  const back: Record<string, string> = {};
  for (const name of Object.keys(microsoftReturn.shape)) {
    const value = given.get(name);
    if (value !== null) back[name] = value;
  }
  return { ...back, state: back.state ?? '' };
}

const useStyles = makeStyles({
  words: { margin: '0 0 12px', color: tokens.colorNeutralForeground1 },
});

/** Microsoft sent the browser back: what it said goes to the API once, and the wizard goes on. */
export function CallbackPage() {
  const styles = useStyles();
  const { search } = useLocation();
  const session = useSession();
  const navigate = useNavigate();
  const [back] = useState(() => returnOf(search));
  const sent = useRef(false);
  // A sign-in that is kept comes back here as well: the address is the one that Microsoft knows.
  const own = back.state.startsWith('own.');
  const complete = useMutation({
    mutationFn: async () => {
      if (own) {
        const { use, accountId } = await api.call('ownConnection.complete', { body: back });
        reread('ownConnection.', 'acceleration.', 'presence.');
        return use === 'own' ? paths.myPresence() : paths.presence({ account: accountId });
      }
      const { connection } = await api.call('connections.complete', { body: back });
      reread('connections.', 'routingDomains.', 'provisioning.');
      return paths.connect(connection.id);
    },
    onSuccess: (to) => void navigate(to, { replace: true }),
  });
  const { mutate } = complete;
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    // A code is good once; it need not stay in the address.
    window.history.replaceState(window.history.state, '', window.location.pathname);
    mutate();
  }, [mutate]);
  const refused = complete.error instanceof ApiError ? complete.error.problem?.code : undefined;
  return (
    <Page title="Back from Microsoft">
      {complete.error ? (
        <>
          <ProblemView error={complete.error} />
          <Card>
            <p className={styles.words}>
              {refused === 'sign-in-over'
                ? 'If the page was only loaded again, everything may be in order: look at the connection.'
                : 'Nothing was changed. You can begin again at any time.'}
            </p>
            {own ? (
              <TextLink to={session.personId === undefined ? paths.presence() : paths.myPresence()}>
                Go to presence
              </TextLink>
            ) : (
              <TextLink to={paths.microsoft()}>Go to Microsoft 365</TextLink>
            )}
          </Card>
        </>
      ) : (
        <Spinner label="Checking what Microsoft said" />
      )}
    </Page>
  );
}

import { Button, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useLocation } from 'react-router';
import { api } from '../../api/client.ts';
import { ProblemView } from '../../parts/problem-view.tsx';
import { returnOf } from './callback-page.tsx';

const useStyles = makeStyles({
  page: {
    minHeight: '100vh',
    display: 'grid',
    placeItems: 'center',
    padding: '24px',
    backgroundColor: tokens.colorNeutralBackground3,
  },
  card: {
    width: '100%',
    maxWidth: '520px',
    display: 'grid',
    gap: '16px',
    padding: '36px',
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow8,
  },
  title: { margin: 0, fontSize: tokens.fontSizeHero700, lineHeight: tokens.lineHeightHero700 },
  words: { margin: 0 },
});

/** The way that was begun by a link, told by its state: the same browser may be signed in at this platform too. */
const openKey = 'tandem-approval';
function remember(url: string): void {
  try {
    sessionStorage.setItem(openKey, new URL(url).searchParams.get('state') ?? '');
  } catch {
    // Storage may be denied: then the return is known by nobody being signed in here.
  }
}
export function isApprovalReturn(search: string): boolean {
  const state = new URLSearchParams(search).get('state');
  try {
    return state !== null && sessionStorage.getItem(openKey) === state;
  } catch {
    return false;
  }
}

function Frame({ children }: { readonly children: ReactNode }) {
  const styles = useStyles();
  useEffect(() => {
    document.title = 'Approve - Tandem';
  }, []);
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <h1 className={styles.title}>Connect Microsoft Teams</h1>
        {children}
      </div>
    </main>
  );
}

/** For somebody who may approve for the tenant and has no sign-in at this platform: the link first, then each return. */
export function ApprovePage() {
  const styles = useStyles();
  const { search } = useLocation();
  const [asked] = useState(() => {
    const link = new URLSearchParams(search).get('link');
    return link === null ? { back: returnOf(search) } : { link };
  });
  const sent = useRef(false);
  const step = useMutation({ mutationFn: () => api.call('connections.approve', { body: asked }) });
  const { mutate } = step;
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    mutate();
  }, [mutate]);
  const { data, error } = step;
  const go = (url: string): void => {
    remember(url);
    window.location.assign(url);
  };
  return (
    <Frame>
      {error && <ProblemView error={error} />}
      {!data && !error && <Spinner label="One moment" />}
      {data && (
        <p className={styles.words} role="status">
          {data.sentence}
        </p>
      )}
      {data?.step === 'go' && (
        <Button appearance="primary" size="large" onClick={() => data.url && go(data.url)}>
          {'link' in asked ? 'Sign in at Microsoft' : 'Approve at Microsoft'}
        </Button>
      )}
      {data?.step === 'go' && 'link' in asked && (
        <p className={styles.words}>
          Microsoft asks you for the permissions and names each. You can say no there, and nothing is changed.
        </p>
      )}
      {data?.step === 'done' && <p className={styles.words}>You can close this window.</p>}
    </Frame>
  );
}

import { Button, Divider, Field, Input, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import type { Session } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { api, changeSession } from '../api/client.ts';
import { ProblemView } from '../parts/problem-view.tsx';
import { paths } from '../path-builder.ts';
import { roleNames } from '../words/states.ts';
import { returnOf } from './microsoft/callback-page.tsx';
import { isDoorReturn, MicrosoftButton, rememberNext, takeNext } from './microsoft-sign-in.tsx';

export { isDoorReturn };

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
    maxWidth: '400px',
    display: 'grid',
    gap: '20px',
    padding: '36px',
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow8,
  },
  brand: { display: 'flex', alignItems: 'center', gap: '14px' },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: 600,
  },
  lead: { margin: 0, color: tokens.colorNeutralForeground2 },
});

/** `back`: what Microsoft sent the browser back with. */
export function SignInPage({ back }: { readonly back?: string }) {
  const styles = useStyles();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  useEffect(() => {
    document.title = 'Sign in - Tandem';
    document.querySelector<HTMLInputElement>('input[name="name"]')?.focus();
  }, []);
  const signIn = useMutation({
    mutationFn: () => api.call('session.create', { body: { name, password } }),
    onSuccess: enter,
    onError: () => setPassword(''),
  });
  const { search } = useLocation();
  const navigate = useNavigate();
  function enter(session: Session): void {
    changeSession(session);
    // The page of the sign-in knows which addresses are ours.
    if (back !== undefined) void navigate(paths.signIn(takeNext()), { replace: true });
  }
  const [returned] = useState(() => (back === undefined ? undefined : returnOf(back)));
  const sent = useRef(false);
  const complete = useMutation({
    mutationFn: (body: ReturnType<typeof returnOf>) => api.call('session.microsoftReturn', { body }),
    onSuccess: ({ session }) => {
      if (session) enter(session);
    },
  });
  const { mutate } = complete;
  useEffect(() => {
    if (!returned || sent.current) return;
    sent.current = true;
    // A code is good once; it need not stay in the address.
    window.history.replaceState(window.history.state, '', window.location.pathname);
    mutate(returned);
  }, [mutate, returned]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={submit}>
        <div className={styles.brand}>
          <img src="/favicon.svg" alt="" width={44} height={44} />
          <div>
            <h1 className={styles.title}>Tandem</h1>
            <p className={styles.lead}>Direct Routing for Microsoft Teams</p>
          </div>
        </div>
        {(signIn.error ?? complete.error) && <ProblemView error={signIn.error ?? complete.error} />}
        {complete.isPending && <Spinner label="Checking what Microsoft said" />}
        {complete.data && complete.data.choices.length > 0 && (
          <>
            <p className={styles.lead} role="status">
              Your Microsoft account is linked with several sign-ins. As which one?
            </p>
            {complete.data.choices.map(({ id, accountName, role }) => (
              <MicrosoftButton key={id} label={`${accountName}: ${roleNames[role]}`} choice={id} />
            ))}
          </>
        )}
        <MicrosoftButton
          label="Sign in with Microsoft"
          before={() => {
            if (back === undefined) rememberNext(search);
          }}
        />
        <Divider>or</Divider>
        <Field label="Name" required>
          <Input
            name="name"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            size="large"
            value={name}
            onChange={(_, data) => setName(data.value)}
          />
        </Field>
        <Field label="Password" required>
          <Input
            type="password"
            name="password"
            autoComplete="current-password"
            size="large"
            value={password}
            onChange={(_, data) => setPassword(data.value)}
          />
        </Field>
        <Button type="submit" appearance="primary" size="large" disabled={signIn.isPending}>
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </main>
  );
}

import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { api, changeSession } from '../api/client.ts';
import { ProblemView } from '../parts/problem-view.tsx';

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

export function SignInPage() {
  const styles = useStyles();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  useEffect(() => {
    document.title = 'Sign in - Tandem';
    document.querySelector<HTMLInputElement>('input[name="name"]')?.focus();
  }, []);
  const signIn = useMutation({
    mutationFn: () => api.call('session.create', { body: { name, password } }),
    onSuccess: changeSession,
    onError: () => setPassword(''),
  });
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
        {signIn.error && <ProblemView error={signIn.error} />}
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

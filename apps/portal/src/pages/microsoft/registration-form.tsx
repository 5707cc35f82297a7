import {
  Button,
  Field,
  Input,
  makeStyles,
  Radio,
  RadioGroup,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { ApiError, type Connection, type ConnectionFeature, type RouteRequest } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row } from '../../parts/stack.tsx';

const useStyles = makeStyles({
  form: { display: 'grid', gap: '14px', maxWidth: '620px' },
  quiet: { margin: 0, color: tokens.colorNeutralForeground2 },
});

type Credential = RouteRequest<'connections.register'>['body']['credential'];
type Kind = Credential['kind'];

/** The customer's own app registration: new, in place of the present one, or beside it for presence alone. Secrets go to the server and are never shown again. */
export function RegistrationForm({
  account,
  replaces,
  forPresence,
  features,
  done,
}: {
  readonly account: string;
  readonly replaces?: Connection;
  readonly forPresence?: Connection;
  readonly features?: ConnectionFeature[];
  readonly done: (connection: Connection) => void;
}) {
  const styles = useStyles();
  const [tenantId, setTenantId] = useState('');
  const [clientId, setClientId] = useState(replaces?.kind === 'own-app' ? replaces.clientId : '');
  const [kind, setKind] = useState<Kind>(forPresence ? 'certificate' : 'make-certificate');
  const [secret, setSecret] = useState('');
  const [endsOn, setEndsOn] = useState('');
  const [certificate, setCertificate] = useState('');
  const [privateKey, setPrivateKey] = useState('');

  const credentialOf = (): Credential => {
    if (kind === 'secret') return { kind, secret, endsAt: `${endsOn}T00:00:00Z` };
    if (kind === 'certificate') return { kind, certificate, privateKey };
    return { kind };
  };
  const send = useMutation({
    mutationFn: () => {
      const credential = credentialOf();
      if (forPresence && credential.kind !== 'make-certificate')
        return api.call('connections.setPresenceRegistration', {
          params: { id: forPresence.id },
          body: { clientId: clientId.trim(), credential },
        });
      return replaces
        ? api.call('connections.replaceRegistration', {
            params: { id: replaces.id },
            body: { clientId: clientId.trim(), credential },
          })
        : api.call('connections.register', {
            body: {
              account,
              tenantId: tenantId.trim(),
              clientId: clientId.trim(),
              credential,
              ...(features && { features }),
            },
          });
    },
    onSuccess: (connection) => {
      setSecret('');
      setPrivateKey('');
      reread('connections.');
      done(connection);
    },
  });
  const said = (path: string): string | undefined =>
    send.error instanceof ApiError
      ? send.error.problem?.errors?.find((one) => one.path.endsWith(path))?.message
      : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send.mutate();
  };
  const ready =
    clientId.trim() !== '' &&
    (replaces !== undefined || forPresence !== undefined || tenantId.trim() !== '') &&
    (kind === 'make-certificate' ||
      (kind === 'secret' ? secret !== '' && endsOn !== '' : certificate !== '' && privateKey !== ''));
  return (
    <form className={styles.form} onSubmit={submit}>
      {send.error && <ProblemView error={send.error} />}
      {!replaces && !forPresence && (
        <Field
          label="Directory (tenant) ID"
          required
          hint="In Entra, on the overview of the app registration"
          validationMessage={said('tenantId') ?? null}
        >
          <Input value={tenantId} spellCheck={false} onChange={(_, data) => setTenantId(data.value)} />
        </Field>
      )}
      <Field label="Application (client) ID" required validationMessage={said('clientId') ?? null}>
        <Input value={clientId} spellCheck={false} onChange={(_, data) => setClientId(data.value)} />
      </Field>
      <Field label="How the app proves itself">
        <RadioGroup value={kind} onChange={(_, data) => setKind(data.value as Kind)}>
          {!forPresence && (
            <Radio value="make-certificate" label="Tandem makes a certificate; you upload its public part" />
          )}
          <Radio value="certificate" label="A certificate and key of your own" />
          <Radio value="secret" label="A client secret" />
        </RadioGroup>
      </Field>
      {kind === 'secret' && (
        <>
          <Field label="Client secret" required hint="The value, not its id">
            <Input
              type="password"
              autoComplete="off"
              value={secret}
              onChange={(_, data) => setSecret(data.value)}
            />
          </Field>
          <Field
            label="End date"
            required
            hint="As Microsoft showed it: nobody else can tell it. You are reminded in time."
          >
            <Input type="date" value={endsOn} onChange={(_, data) => setEndsOn(data.value)} />
          </Field>
        </>
      )}
      {kind === 'certificate' && (
        <>
          <Field label="Certificate (PEM)" required>
            <Textarea
              rows={4}
              spellCheck={false}
              value={certificate}
              onChange={(_, data) => setCertificate(data.value)}
            />
          </Field>
          <Field label="Private key (PEM)" required>
            <Textarea
              rows={4}
              spellCheck={false}
              value={privateKey}
              onChange={(_, data) => setPrivateKey(data.value)}
            />
          </Field>
        </>
      )}
      <p className={styles.quiet}>
        {kind === 'make-certificate'
          ? 'The key stays on the server. The next page shows the certificate to upload in Entra under Certificates & secrets.'
          : 'It is kept encrypted and never shown again.'}
      </p>
      <Row>
        <Button type="submit" appearance="primary" disabled={!ready || send.isPending}>
          {send.isPending ? 'Checking…' : forPresence ? 'Use for presence' : replaces ? 'Replace' : 'Connect'}
        </Button>
      </Row>
    </form>
  );
}

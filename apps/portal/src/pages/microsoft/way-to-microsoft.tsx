import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { Connection, ConnectionFeature } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { CopyButton, TextBlock } from '../../parts/copy-text.tsx';
import { Until } from '../../parts/instant.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { patterns } from '../../path-builder.ts';

/** Where Microsoft sends the browser back to. */
export const returnTo = (): string => window.location.origin + patterns.callback;

const goTo = (url: string): void => window.location.assign(url);

/** Grant 1: an administrator signs in at Microsoft, which says whose tenant it is. */
export function SignInButton({
  account,
  connection,
  features,
  shareTenant,
  label = 'Sign in at Microsoft',
  secondary,
}: {
  readonly account: string;
  readonly connection?: string | undefined;
  readonly features?: ConnectionFeature[] | undefined;
  readonly shareTenant?: boolean;
  readonly label?: string;
  readonly secondary?: boolean;
}) {
  const begin = useMutation({
    mutationFn: () =>
      api.call('connections.signIn', {
        body: {
          account,
          ...(connection !== undefined && { connection }),
          ...(features && { features }),
          ...(shareTenant !== undefined && { shareTenant }),
          returnTo: returnTo(),
        },
      }),
    onSuccess: ({ url }) => goTo(url),
  });
  return (
    <Stack>
      {begin.error && <ProblemView error={begin.error} />}
      <Row>
        <Button
          appearance={secondary ? 'secondary' : 'primary'}
          disabled={begin.isPending || begin.isSuccess}
          onClick={() => begin.mutate()}
        >
          {label}
        </Button>
      </Row>
    </Stack>
  );
}

/** Grant 2: the approval for the whole tenant, of one app registration. */
export function ApproveButton({
  connection,
  label = 'Approve at Microsoft',
  registration = 'main',
  secondary,
}: {
  readonly connection: Connection;
  readonly label?: string;
  readonly registration?: 'main' | 'presence';
  readonly secondary?: boolean;
}) {
  const begin = useMutation({
    mutationFn: () =>
      api.call('connections.consent', {
        params: { id: connection.id },
        body: { returnTo: returnTo(), registration },
      }),
    onSuccess: ({ url }) => goTo(url),
  });
  return (
    <Stack>
      {begin.error && <ProblemView error={begin.error} />}
      <Row>
        <Button
          appearance={secondary ? 'secondary' : 'primary'}
          disabled={begin.isPending || begin.isSuccess}
          onClick={() => begin.mutate()}
        >
          {label}
        </Button>
      </Row>
    </Stack>
  );
}

const useStyles = makeStyles({
  quiet: { margin: 0, color: tokens.colorNeutralForeground2 },
});

/** For an administrator who has no sign-in here: a link to approve by. */
export function ApprovalLink({
  connection,
  zone,
}: {
  readonly connection: Connection;
  readonly zone: string;
}) {
  const styles = useStyles();
  const make = useMutation({
    mutationFn: () =>
      api.call('connections.approvalLink', {
        params: { id: connection.id },
        body: { returnTo: returnTo() },
      }),
  });
  return (
    <Stack>
      {make.error && <ProblemView error={make.error} />}
      {make.data ? (
        <Stack>
          <TextBlock label="Message with the link" text={make.data.text} wrap />
          <p className={styles.quiet}>
            Good until <Until at={make.data.endsAt} zone={zone} />. This page goes on by itself when it was
            approved.
          </p>
          <Row>
            <CopyButton text={make.data.url} label="Copy the link alone" />
          </Row>
        </Stack>
      ) : (
        <Row>
          <Button disabled={make.isPending} onClick={() => make.mutate()}>
            Send this link to an admin
          </Button>
        </Row>
      )}
    </Stack>
  );
}

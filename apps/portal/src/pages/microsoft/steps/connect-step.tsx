import { Button, makeStyles } from '@fluentui/react-components';
import type { Connection } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../api/client.ts';
import { reread } from '../../../api/reread.ts';
import { useMay, useZones } from '../../../api/session.ts';
import { ProblemView } from '../../../parts/problem-view.tsx';
import { Row, Stack } from '../../../parts/stack.tsx';
import { TurnNotice } from '../../../parts/turn-notice.tsx';
import { WordList } from '../../../parts/word-list.tsx';
import { connectionWord } from '../../../words/connection.ts';
import { CertificateToUpload } from '../certificate-to-upload.tsx';
import { RegistrationForm } from '../registration-form.tsx';
import { ApprovalLink, ApproveButton, SignInButton } from '../way-to-microsoft.tsx';

const useStyles = makeStyles({ words: { margin: 0 } });

/** Grant 1 is there; whatever grant 2 or the own app still needs is asked for here, of whom it needs. */
export function ConnectStep({ connection }: { readonly connection: Connection }) {
  const styles = useStyles();
  const mayWrite = useMay('connections:write');
  const zone = useZones()(connection.accountId);
  const { id, kind, state, signedIn, works } = connection;
  const word = connectionWord(connection);
  const [replacing, setReplacing] = useState(false);
  const recheck = useMutation({
    mutationFn: () => api.call('connections.recheck', { params: { id } }),
    onSuccess: () => reread('connections.'),
  });
  const waiting = state === 'consent-pending';
  const signInFirst = kind === 'platform-app' && (!signedIn || state === 'disconnected');
  const lacks = (registration: 'main' | 'presence') =>
    connection.missing.filter((one) => one.registration === registration).map(({ role }) => role);
  // Presence may have an app registration of its own, which is approved by itself.
  const ofPresence = lacks('presence');
  const asks = [
    ...new Set(
      connection.features
        .filter(({ enabled }) => enabled)
        .flatMap(({ permissions }) => permissions.filter(({ granted }) => !granted).map(({ role }) => role))
        .filter((role) => !ofPresence.includes(role)),
    ),
  ];
  const mainAsks = !works || lacks('main').length > 0;
  const presenceAsks =
    works && ofPresence.length > 0 && connection.presenceRegistration?.kind === 'platform-app';
  return (
    <Stack>
      <TurnNotice
        tone={word.tone}
        sentence={connection.sentence}
        turn={connection.turn}
        next={connection.next}
        since={connection.since}
        zone={zone}
        {...(waiting && { usualSeconds: 10, worstSeconds: 300 })}
      />
      {works && connection.missing.length > 0 && (
        <WordList title="Missing" items={connection.missing.map(({ words }) => words)} />
      )}
      {recheck.error && <ProblemView error={recheck.error} />}
      {mayWrite && kind === 'platform-app' && signInFirst && (
        <SignInButton account={connection.accountId} connection={id} />
      )}
      {mayWrite && kind === 'platform-app' && !signInFirst && (!works || connection.missing.length > 0) && (
        <>
          {!waiting && (
            <>
              {mainAsks && <WordList title="Asked for, for the whole tenant" items={asks} />}
              {presenceAsks && (
                <WordList
                  title="Asked for by the app registration for presence, which can do nothing else"
                  items={ofPresence}
                />
              )}
              {signedIn?.mayConsent ? (
                <>
                  {mainAsks && <ApproveButton connection={connection} />}
                  {presenceAsks && (
                    <ApproveButton
                      connection={connection}
                      label="Approve presence at Microsoft"
                      registration="presence"
                      secondary={mainAsks}
                    />
                  )}
                </>
              ) : (
                <p className={styles.words}>
                  {signedIn?.name} may not approve for the whole tenant. Send the link to somebody who may, or
                  sign in as somebody else.
                </p>
              )}
              <ApprovalLink connection={connection} zone={zone} />
            </>
          )}
          <SignInButton
            account={connection.accountId}
            connection={id}
            label="Sign in as somebody else"
            secondary
          />
        </>
      )}
      {kind === 'own-app' && (
        <>
          <CertificateToUpload connection={connection} />
          {!works && (
            <WordList title="Permissions of the app registration, with admin consent in Entra" items={asks} />
          )}
          {mayWrite &&
            !works &&
            (replacing ? (
              <RegistrationForm
                account={connection.accountId}
                replaces={connection}
                done={() => setReplacing(false)}
              />
            ) : (
              <Row>
                <Button onClick={() => setReplacing(true)}>Change app or credential</Button>
              </Row>
            ))}
        </>
      )}
      {(kind === 'own-app' || works || waiting || state === 'consent-incomplete') && (
        <Row>
          <Button disabled={recheck.isPending} onClick={() => recheck.mutate()}>
            {recheck.isPending ? 'Looking…' : 'Check again'}
          </Button>
        </Row>
      )}
    </Stack>
  );
}

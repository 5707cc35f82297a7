import { makeStyles, tokens } from '@fluentui/react-components';
import type { Connection } from '@tandem/contract';
import { TextBlock } from '../../parts/copy-text.tsx';
import { Stack } from '../../parts/stack.tsx';

const useStyles = makeStyles({ words: { margin: 0 }, code: { fontFamily: tokens.fontFamilyMonospace } });

/** The public part of a certificate that Tandem made, for Entra. */
export function CertificateToUpload({ connection }: { readonly connection: Connection }) {
  const styles = useStyles();
  const waiting = connection.nextCredential;
  if (!waiting?.certificate) return null;
  return (
    <Stack>
      <p className={styles.words}>
        Upload this certificate in Entra, at the app registration{' '}
        <span className={styles.code}>{connection.clientId}</span>, under Certificates & secrets. Microsoft
        takes it within minutes; then it replaces the present one.
      </p>
      <TextBlock label="Certificate" text={waiting.certificate} fileName="tandem.cer" />
      {waiting.thumbprint && (
        <p className={styles.words}>
          Thumbprint: <span className={styles.code}>{waiting.thumbprint}</span>
        </p>
      )}
    </Stack>
  );
}

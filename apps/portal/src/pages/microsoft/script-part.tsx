import { Button, Field, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import type { RoutingDomainView } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, queries } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { TextBlock } from '../../parts/copy-text.tsx';
import { Ago, Until } from '../../parts/instant.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { objectKindWords, objectWords, readByWords } from '../../words/connection.ts';
import { CallingChoice } from './calling-choice.tsx';

const useStyles = makeStyles({
  words: { margin: 0 },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  objects: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '8px' },
  object: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
});

/** The one step that is not a click: a script for Teams PowerShell, and what it found. */
export function ScriptPart({ domain }: { readonly domain: RoutingDomainView }) {
  const styles = useStyles();
  const mayWrite = useMay('connections:write');
  const zone = useZones()(domain.accountId);
  const [pasting, setPasting] = useState(false);
  const { id } = domain;
  const script = useMutation({
    mutationFn: () => api.call('routingDomains.script', { params: { id } }),
  });
  return (
    <Stack>
      <ul className={styles.objects} aria-label="Voice routing in the tenant">
        {domain.objects.map(({ kind, name, state, words }) => (
          <li key={kind} className={styles.object}>
            <StateBadge {...objectWords[state]} />
            <span>
              {objectKindWords[kind]} <span className={styles.code}>{name}</span>
              {words && `: ${words}`}
            </span>
          </li>
        ))}
      </ul>
      <p className={styles.small}>
        {domain.readBackAt ? (
          <>
            Read back <Ago at={domain.readBackAt} zone={zone} />
            {domain.readBackBy && `, ${readByWords[domain.readBackBy]}`}.
          </>
        ) : (
          'Not read back yet.'
        )}
      </p>
      {mayWrite && (
        <>
          <p className={styles.words}>
            Microsoft lets only Teams PowerShell write this. Get the script, let a Teams administrator run it,
            and this page goes on by itself. It may be run again at any time: what is there is left as it is.
          </p>
          {script.error && <ProblemView error={script.error} />}
          {script.data && (
            <Stack>
              <TextBlock label="Script" text={script.data.script} fileName={script.data.fileName} />
              <p className={styles.small}>
                {script.data.reportsTo ? (
                  <>
                    It tells this platform what it found
                    {script.data.endsAt && (
                      <>
                        {' '}
                        (accepted until <Until at={script.data.endsAt} zone={zone} />)
                      </>
                    )}
                    . If its computer cannot reach the platform, paste its report below.
                  </>
                ) : (
                  'It prints a report at its end: paste that below.'
                )}
              </p>
            </Stack>
          )}
          <CallingChoice domain={domain} />
          <Row>
            <Button
              appearance={script.data ? 'secondary' : 'primary'}
              disabled={script.isPending}
              onClick={() => script.mutate()}
            >
              {script.data ? 'Get a new script' : 'Get the script'}
            </Button>
            {!pasting && <Button onClick={() => setPasting(true)}>Paste its report</Button>}
          </Row>
          {pasting && <PasteForm domain={domain} done={() => setPasting(false)} />}
        </>
      )}
    </Stack>
  );
}

function PasteForm({ domain, done }: { readonly domain: RoutingDomainView; readonly done: () => void }) {
  const styles = useStyles();
  const [report, setReport] = useState('');
  const { id } = domain;
  const paste = useMutation({
    mutationFn: () => api.call('routingDomains.paste', { params: { id }, body: { report } }),
    onSuccess: (read) => {
      queries.setQueryData(['routingDomains.read', { params: { id } }], read);
      reread('routingDomains.list', 'provisioning.');
      done();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    paste.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {paste.error && <ProblemView error={paste.error} />}
        <Field label="Report of the script" hint="All that it printed, or the part in braces at its end">
          <Textarea
            rows={6}
            spellCheck={false}
            value={report}
            className={styles.code}
            onChange={(_, data) => setReport(data.value)}
          />
        </Field>
        <Row>
          <Button type="submit" appearance="primary" disabled={!report.trim() || paste.isPending}>
            Read the report
          </Button>
          <Button onClick={done}>Not now</Button>
        </Row>
      </Stack>
    </form>
  );
}

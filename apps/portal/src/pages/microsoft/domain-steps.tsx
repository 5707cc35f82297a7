import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { RoutingDomainStep, RoutingDomainView } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { CopyButton } from '../../parts/copy-text.tsx';
import { Ago } from '../../parts/instant.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { domainStepWords, domainWords } from '../../words/connection.ts';

const useStyles = makeStyles({
  records: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '12px' },
  record: { display: 'grid', gap: '4px', justifyItems: 'start' },
  value: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
  code: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
  },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  over: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'end' },
});

/** Where the name stands, whose turn it is, the DNS records, and the steps that can be taken now. */
export function DomainSteps({ domain }: { readonly domain: RoutingDomainView }) {
  const styles = useStyles();
  const mayWrite = useMay('connections:write');
  const zone = useZones()(domain.accountId);
  // Off the common way, so not the first thing that meets the eye.
  const main = domain.can.filter((step) => step !== 'by-hand');
  const open = domain.state === 'WANTED' || domain.state === 'UNVERIFIED' || domain.state === 'VERIFIED';
  return (
    <Stack>
      <TurnNotice
        tone={domainWords[domain.state].tone}
        sentence={domain.sentence}
        code={domain.code}
        turn={domain.turn}
        next={domain.next}
        since={domain.since}
        zone={zone}
        usualSeconds={domain.usualSeconds}
        worstSeconds={domain.worstSeconds}
      >
        {open && domain.checkedAt && (
          <p className={styles.small}>
            Looked at <Ago at={domain.checkedAt} zone={zone} />. This page goes on by itself.
          </p>
        )}
      </TurnNotice>
      {domain.problem && (
        <TurnNotice tone="warn" sentence={`What went wrong last: ${domain.problem}`} zone={zone} />
      )}
      {mayWrite && main.length > 0 && (
        <Row>
          {main.map((step, index) => (
            <StepButton key={step} domain={domain} step={step} primary={index === 0} />
          ))}
        </Row>
      )}
      {domain.records.length > 0 && (
        <>
          <h3 className={styles.title}>DNS records</h3>
          <ul className={styles.records}>
            {domain.records.map(({ type, name, value, purpose }) => (
              <li key={`${type} ${value}`} className={styles.record}>
                <span className={styles.small}>
                  {type}: {purpose}
                </span>
                <span className={styles.value}>
                  <span className={styles.code}>{name}</span>
                  <CopyButton text={name} what={`name of the ${type} record`} />
                </span>
                <span className={styles.value}>
                  <span className={styles.code}>{value}</span>
                  <CopyButton text={value} what={`value of the ${type} record`} />
                </span>
              </li>
            ))}
          </ul>
          {domain.publishedAt && (
            <p className={styles.small}>
              Written by the DNS driver <Ago at={domain.publishedAt} zone={zone} />.
            </p>
          )}
        </>
      )}
      {mayWrite && domain.state === 'STUCK' && <StartOver domain={domain} />}
      {mayWrite && domain.can.includes('by-hand') && domain.state !== 'ACTIVE' && (
        <details>
          <summary>You keep the domain by yourself?</summary>
          <Stack>
            <p className={styles.small}>
              Then nobody looks whether it is in order, and no check waits for it.
            </p>
            <Row>
              <StepButton domain={domain} step="by-hand" />
            </Row>
          </Stack>
        </details>
      )}
    </Stack>
  );
}

export function StepButton({
  domain,
  step,
  primary,
}: {
  readonly domain: RoutingDomainView;
  readonly step: RoutingDomainStep;
  readonly primary?: boolean;
}) {
  const { button, title } = domainStepWords[step];
  const { id } = domain;
  return (
    <PreviewAction
      label={button}
      title={title}
      primary={primary}
      load={() => api.call('routingDomains.preview', { params: { id, step } })}
      show={({ writes, undo }) => (
        <>
          <WordList title="What is written" items={writes} none="Nothing." />
          <WordList title="How it is taken back" items={[undo]} />
        </>
      )}
      act={({ preview }) => api.call('routingDomains.step', { params: { id }, body: { step, preview } })}
      done={() => reread('routingDomains.', 'provisioning.')}
    />
  );
}

/** A new name in place of one that Microsoft never activated. */
function StartOver({ domain }: { readonly domain: RoutingDomainView }) {
  const styles = useStyles();
  const [host, setHost] = useState('');
  const start = useMutation({
    mutationFn: () =>
      api.call('routingDomains.startOver', { params: { id: domain.id }, body: { host: host.trim() } }),
    onSuccess: () => reread('routingDomains.', 'accounts.'),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {start.error && <ProblemView error={start.error} />}
        <div className={styles.over}>
          <Field label="New host name" hint="People, numbers and links stay">
            <Input value={host} spellCheck={false} onChange={(_, data) => setHost(data.value)} />
          </Field>
          <Button type="submit" disabled={!host.trim() || start.isPending}>
            Start over
          </Button>
        </div>
      </Stack>
    </form>
  );
}

import { Field, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import type { Proposal, RouteOutput } from '@tandem/contract';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { TextBlock } from '../../parts/copy-text.tsx';
import { Diff } from '../../parts/diff.tsx';
import { Facts } from '../../parts/facts.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Since, Until } from '../../parts/instant.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { paths } from '../../path-builder.ts';
import { proposalWords } from '../../words/consent.ts';
import { differences } from '../../words/difference.ts';

type Whole = RouteOutput<'proposals.read'>;
export type Approved = RouteOutput<'proposals.approve'>;

const useStyles = makeStyles({
  sentence: { margin: 0, overflowWrap: 'anywhere' },
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  none: { margin: 0 },
});

const done = () => reread('proposals.', 'people.', 'numbers.', 'queues.', 'jobs.', 'accounts.');

/** What the provider would do, and what can be decided about it. */
export function ProposalCard({
  proposal,
  decided,
}: {
  readonly proposal: Proposal;
  /** After an approval: what came of it, which a list of open ones does not show any more. */
  readonly decided: (approved: Approved) => void;
}) {
  const styles = useStyles();
  const decides = useMay('proposals:decide');
  const withdraws = useMay('proposals:withdraw');
  const rescues = useMay('proposals:rescue');
  const zone = useZones()(proposal.accountId);
  const params = { id: proposal.id };
  const { state, problem } = proposal;
  const { title, words } = partsOf(proposal);
  return (
    <Card title={title} aside={<StateBadge {...proposalWords[state]} />}>
      <Stack>
        <p className={styles.sentence}>{words}</p>
        {problem && (
          <TurnNotice
            tone="bad"
            sentence={problem.detail ?? problem.title}
            code={problem.code}
            next={problem.next}
            zone={zone}
          />
        )}
        <Facts
          rows={[
            ['Proposed by', proposal.proposedBy],
            ['When', <Since key="when" at={proposal.proposedAt} zone={zone} />],
            [
              'Operation',
              <span key="operation" className={styles.code}>
                {proposal.operation}
              </span>,
            ],
            [
              'Expires',
              state === 'open' ? <Until key="ends" at={proposal.expiresAt} zone={zone} /> : undefined,
            ],
            ['Decided by', proposal.decidedBy],
            [
              'Decided',
              proposal.decidedAt ? <Since key="decided" at={proposal.decidedAt} zone={zone} /> : undefined,
            ],
            ['Reason', proposal.reason],
          ]}
        />
        <Row>
          {state === 'open' && decides && (
            <>
              <PreviewAction<Whole, Approved>
                primary
                label="Approve"
                title="Carry this out?"
                confirm="Approve and carry out"
                load={() => api.call('proposals.read', { params })}
                show={(whole) => <WhatChanges proposal={whole} />}
                act={() => api.call('proposals.approve', { params })}
                done={(approved) => {
                  done();
                  decided(approved);
                }}
              />
              <CloseDialog proposal={proposal} how="reject" />
            </>
          )}
          {state === 'open' && withdraws && <CloseDialog proposal={proposal} how="withdraw" />}
          {state === 'open' && rescues && proposal.operation === 'signIns.newPassword' && (
            <RescueDialog proposal={proposal} decided={decided} />
          )}
          {proposal.operation.startsWith('jobs.') && typeof proposal.params.id === 'string' && (
            <TextLink to={paths.job(proposal.params.id)}>See the job</TextLink>
          )}
        </Row>
      </Stack>
    </Card>
  );
}

/** The thing it is about, where the sentence begins with one, and what would be done with it. */
function partsOf({ sentence }: Proposal): { readonly title: string; readonly words: string } {
  const end = sentence.indexOf(': ');
  if (end < 0 || end > 80) return { title: 'Proposal', words: sentence };
  const words = sentence.slice(end + 2);
  return { title: sentence.slice(0, end), words: words.charAt(0).toUpperCase() + words.slice(1) };
}

/** Field by field where the thing can be read, else all that was asked for. */
function WhatChanges({ proposal }: { readonly proposal: Whole }) {
  const styles = useStyles();
  const rows = proposal.changes.flatMap(({ field, now, wanted }) => differences(now, wanted, field));
  const { file } = (proposal.body ?? {}) as { readonly file?: unknown };
  return (
    <>
      <p className={styles.sentence}>{proposal.sentence}</p>
      {typeof file === 'string' ? <TextBlock label="The file" text={file} wrap /> : <Diff rows={rows} />}
      {rows.length === 0 && proposal.body !== undefined && (
        <p className={styles.none}>As things are now, nothing would be another.</p>
      )}
    </>
  );
}

const closing = {
  reject: { label: 'Reject', title: 'Reject this proposal?', needs: true },
  withdraw: { label: 'Withdraw', title: 'Withdraw this proposal?', needs: false },
} as const;

/** For an administrator who has lost the password: nobody of the customer can approve then. */
function RescueDialog({
  proposal,
  decided,
}: {
  readonly proposal: Proposal;
  readonly decided: (approved: Approved) => void;
}) {
  return (
    <FormDialog
      label="Help in without approval"
      title="Give the new password without an approval?"
      confirm="Give it"
      act={() => api.call('proposals.rescue', { params: { id: proposal.id } })}
      done={(approved) => {
        done();
        decided(approved);
      }}
    >
      Only for an administrator, three days after it was proposed, and if no administrator of the account
      signed in since. The audit says so, and where there is a mail server all of them are told.
    </FormDialog>
  );
}

function CloseDialog({ proposal, how }: { readonly proposal: Proposal; readonly how: keyof typeof closing }) {
  const [reason, setReason] = useState('');
  const { label, title, needs } = closing[how];
  const params = { id: proposal.id };
  const given = reason.trim();
  return (
    <FormDialog
      label={label}
      title={title}
      confirm={label}
      ready={!needs || given !== ''}
      act={() =>
        how === 'reject'
          ? api.call('proposals.reject', { params, body: { reason: given } })
          : api.call('proposals.withdraw', { params, body: given === '' ? {} : { reason: given } })
      }
      done={done}
    >
      <Field label={needs ? 'Reason, for the provider' : 'Reason, if you like'}>
        <Textarea value={reason} maxLength={500} onChange={(_, data) => setReason(data.value)} />
      </Field>
    </FormDialog>
  );
}

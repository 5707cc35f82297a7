import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { Person, PersonProvisioning } from '@tandem/contract';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Facts } from '../../parts/facts.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Since, Until } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { telephone } from '../../words/format.ts';
import { confirmedWords } from '../../words/link.ts';
import { policyWords } from '../../words/provisioning.ts';
import { linkStateWords, linkWords } from '../../words/readiness.ts';

const useStyles = makeStyles({
  words: { margin: 0 },
  code: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
});

const done = (): void => reread('provisioning.', 'people.');

/** Where the link with Microsoft stands, and what an administrator may decide about it. */
export function LinkCard({
  person,
  link,
  zone,
}: {
  readonly person: Person;
  readonly link: PersonProvisioning;
  readonly zone: string;
}) {
  const styles = useStyles();
  const mayWrite = useMay('provisioning:write');
  const params = { id: person.id };
  const since = (at: string | undefined) => at && <Since at={at} zone={zone} />;
  const until = (at: string | undefined) => at && <Until at={at} zone={zone} />;
  return (
    <Card title="At Microsoft" aside={<StateBadge {...linkStateWords[link.state]} />}>
      <Stack>
        <p className={styles.words}>
          {linkWords[link.state]}. {link.code && <span className={styles.code}>{link.code}</span>}
          {link.reason && <> Microsoft says: {link.reason}</>}
          {link.held && ' A change of many people waits for a decision; until then nothing is written.'}
        </p>
        <Facts
          rows={[
            [
              'State',
              <span key="state" className={styles.code}>
                {link.state}
              </span>,
            ],
            ['Since', since(link.since)],
            ['Read at Microsoft', since(link.checkedAt)],
            ['Not verified since', since(link.notVerifiedSince)],
            ['Accepted by Microsoft', since(link.acceptedAt)],
            ['Next try', until(link.retryAt)],
            ['Grace time ends', until(link.graceEndsAt)],
            [
              'Teams works, by',
              link.confirmed && (
                <span key="by">
                  {confirmedWords[link.confirmed.by]}, {since(link.confirmed.at)}
                </span>
              ),
            ],
            ['Persona', link.persona],
            ['Tag', link.tag],
            ['Approved', link.approved === undefined ? undefined : link.approved ? 'yes' : 'not yet'],
            [
              'Object id in Entra',
              link.entraObjectId && (
                <span key="object" className={styles.code}>
                  {link.entraObjectId}
                </span>
              ),
            ],
          ]}
        />
        {mayWrite && (
          <Row>
            {link.may.approve && (
              <PreviewAction
                label={link.approved ? 'Take the approval back' : 'Approve'}
                title={`${link.approved ? 'Take the approval of' : 'Approve'} ${person.displayName}${
                  link.approved ? ' back' : ''
                }?`}
                primary={!link.approved}
                load={() => Promise.resolve(link.approved !== true)}
                show={(approve) => (
                  <p className={styles.words}>
                    {approve
                      ? 'Number and policies are written at Microsoft as soon as everything else is in order.'
                      : 'Number and policies are taken back at Microsoft.'}
                  </p>
                )}
                act={(approved) => api.call('provisioning.approve', { params, body: { approved } })}
                done={done}
              />
            )}
            {link.may.choose &&
              link.candidates?.map(({ entraObjectId, upn, displayName }) => (
                <PreviewAction
                  key={entraObjectId}
                  label={`Choose ${upn}`}
                  title={`Is ${person.displayName} the Microsoft user ${upn}?`}
                  confirm="Choose"
                  load={() => Promise.resolve(displayName)}
                  show={(name) => (
                    <p className={styles.words}>
                      Number and policies go to {name} ({upn}) from now on, also when addresses change. The
                      other users who match stay as they are.
                    </p>
                  )}
                  act={() => api.call('provisioning.choose', { params, body: { entraObjectId } })}
                  done={done}
                />
              ))}
            {link.may.takeOver && (
              <PreviewAction
                label="Take the number over"
                title={`Take ${link.number ? telephone(link.number) : 'the number'} over for ${person.displayName}?`}
                confirm="Take over"
                primary
                load={() => api.call('provisioning.takeOverPreview', { params })}
                show={({ number, holder, sentence }) => (
                  <>
                    <p className={styles.words}>{sentence}</p>
                    <Facts
                      rows={[
                        ['Number', telephone(number)],
                        ['Has it now', holder.upn],
                        ['State of that user', holder.state],
                        ['Gets it', person.displayName],
                      ]}
                    />
                  </>
                )}
                act={({ preview }) => api.call('provisioning.takeOver', { params, body: { preview } })}
                done={done}
              />
            )}
            {link.may.confirmWorks && <Override person={person} />}
            {link.may.undo && <UndoWrites person={person} link={link} />}
          </Row>
        )}
      </Stack>
    </Card>
  );
}

function Override({ person }: { readonly person: Person }) {
  const styles = useStyles();
  const [reason, setReason] = useState('');
  return (
    <FormDialog
      label="Say that Teams works"
      title={`Say that calling in Teams works for ${person.displayName}?`}
      confirm="It works"
      ready={reason.trim() !== ''}
      act={() => api.call('provisioning.override', { params: { id: person.id }, body: { reason } })}
      done={() => {
        setReason('');
        done();
      }}
    >
      <p className={styles.words}>Tandem saw no call yet. Your word and your reason are kept in the audit.</p>
      <Field label="Reason" required>
        <Input value={reason} onChange={(_, { value }) => setReason(value)} />
      </Field>
    </FormDialog>
  );
}

/** Each thing that was written at Microsoft can be taken back by itself. */
function UndoWrites({ person, link }: { readonly person: Person; readonly link: PersonProvisioning }) {
  const styles = useStyles();
  const written = [
    ...(link.numberAtMicrosoft ? [['number', `Number ${telephone(link.numberAtMicrosoft)}`] as const] : []),
    ...link.policies
      .filter(({ atMicrosoft, assignedBy }) => atMicrosoft && assignedBy !== 'group')
      .map(({ field, atMicrosoft }) => [field, `${policyWords[field]} ${atMicrosoft}`] as const),
  ];
  return written.map(([what, words]) => (
    <PreviewAction
      key={what}
      label={`Take back: ${words}`}
      title={`Take back at Microsoft: ${words}?`}
      confirm="Take back"
      load={() => Promise.resolve(what)}
      show={(one) => (
        <p className={styles.words}>
          {one === 'number'
            ? `Calls in Teams are switched off for ${person.displayName} and the number is taken back. It stays theirs here.`
            : `${person.displayName} gets what the tenant gives to everybody.`}
        </p>
      )}
      act={(one) => api.call('provisioning.undo', { params: { id: person.id }, body: { what: one } })}
      done={done}
    />
  ));
}

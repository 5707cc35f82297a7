import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { DeleteRegular, MailReadRegular, MailUnreadRegular } from '@fluentui/react-icons';
import type { VoicemailMessage } from '@tandem/contract';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { DialButton } from '../../parts/dial-button.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Pages } from '../../parts/filter-bar.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { PresenceMark } from '../../parts/presence-mark.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Stack } from '../../parts/stack.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { dayAndTime, span, telephone } from '../../words/format.ts';
import { countWords, ownerSentences } from '../../words/voicemail.ts';
import { NoPerson } from '../contacts/no-person.tsx';
import { useMe } from '../contacts/use-me.ts';
import { MailboxCard } from './mailbox-card.tsx';

/** A message is there within this time though nobody tells the page. */
const lookingMs = 10_000;

const useStyles = makeStyles({
  figures: { fontVariantNumeric: 'tabular-nums' },
  actions: { display: 'flex', alignItems: 'center' },
  small: { display: 'block', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  unheard: { fontWeight: tokens.fontWeightSemibold },
  player: { display: 'block', height: '36px', width: '230px', maxWidth: '100%' },
});

const nameOf = ({ card, callerName, from }: VoicemailMessage): string =>
  card?.displayName ??
  callerName ??
  (from === 'anonymous' || from === '' ? 'Unknown caller' : telephone(from));

/** One's own messages: who called, how they are now, what they said, and a way to call back. */
export function MyVoicemail() {
  const styles = useStyles();
  const { personId, by, zone } = useMe();
  const { get, set } = useFilters();
  const id = personId ?? '';
  const query = { limit: 25, cursor: get('cursor') };
  const list = useQuery({
    ...ask('voicemail.messages', { params: { id }, query }),
    enabled: personId !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: lookingMs,
  });
  const settings = useQuery({
    ...ask('voicemail.read', { params: { id } }),
    enabled: personId !== undefined,
    refetchInterval: lookingMs,
  });
  const { mutate: mark, error: markError } = useMutation({
    mutationFn: ({ message, heard }: { readonly message: string; readonly heard: boolean }) =>
      api.call('voicemail.change', { params: { id, message }, body: { heard } }),
    onSettled: () => reread('voicemail.'),
  });
  // Columns that change are drawn anew, and what plays in them would stop: nothing that changes while somebody listens.
  const columns = useMemo<ColumnDef<VoicemailMessage>[]>(
    () => [
      {
        header: 'From',
        cell: ({ row: { original: one } }) => (
          <>
            <span className={one.heardAt === undefined ? styles.unheard : undefined}>{nameOf(one)}</span>
            <span className={styles.small}>
              {one.heardAt === undefined ? 'Not heard yet' : 'Heard'}
              {/^\+?[0-9]/.test(one.from) && `, ${telephone(one.from)}`}
            </span>
          </>
        ),
      },
      {
        header: 'Now',
        cell: ({ row: { original: one } }) =>
          one.card?.personId === undefined ? null : <PresenceMark presence={one.card.presence} />,
      },
      {
        header: 'Left',
        cell: ({ row: { original: one } }) => (
          <span className={styles.figures}>
            <TextLink to={paths.call(one.callId)}>{dayAndTime(one.leftAt, zone)}</TextLink>
            <span className={styles.small}>{span(one.lengthMs)} long</span>
          </span>
        ),
      },
      {
        header: 'Listen',
        cell: ({ row: { original: one } }) => (
          // biome-ignore lint/a11y/useMediaCaption: what a caller said has no text.
          <audio
            className={styles.player}
            controls
            preload="none"
            src={`/api/v1/people/${encodeURIComponent(id)}/voicemail/${encodeURIComponent(one.id)}/sound`}
            aria-label={`Message of ${nameOf(one)}`}
            onPlay={() => one.heardAt === undefined && mark({ message: one.id, heard: true })}
          />
        ),
      },
      {
        header: 'Call back',
        cell: ({ row: { original: one } }) =>
          /^\+?[0-9*#]+$/.test(one.from) ? (
            <DialButton number={one.from} name={nameOf(one)} by={by} presence={one.card?.presence} />
          ) : null,
      },
      {
        header: 'Message',
        cell: ({ row: { original: one } }) => (
          <span className={styles.actions}>
            <Button
              size="small"
              appearance="subtle"
              icon={one.heardAt === undefined ? <MailReadRegular /> : <MailUnreadRegular />}
              aria-label={`Mark as ${one.heardAt === undefined ? 'heard' : 'not heard'}: message of ${nameOf(one)}`}
              onClick={() => mark({ message: one.id, heard: one.heardAt === undefined })}
            />
            <FormDialog
              label="Delete"
              what={`the message of ${nameOf(one)}`}
              title="Delete this message?"
              confirm="Delete"
              small
              subtle
              icon={<DeleteRegular />}
              act={() => api.call('voicemail.delete', { params: { id, message: one.id } })}
              done={() => reread('voicemail.')}
            >
              What {nameOf(one)} said is gone for good. The call stays in your call history.
            </FormDialog>
          </span>
        ),
      },
    ],
    [styles, id, zone, by, mark],
  );
  if (personId === undefined) return <NoPerson title="Voicemail" />;
  const problem = list.error ?? markError;
  return (
    <Page title="Voicemail" lead={settings.data ? countWords(settings.data) : 'What callers said to you'}>
      <Stack>
        <Card bare>
          {problem && (
            <div style={{ padding: '16px 20px 18px' }}>
              <ProblemView error={problem} retry={() => void list.refetch()} />
            </div>
          )}
          {!list.error && (
            <DataTable
              label="Messages"
              rows={list.data?.items}
              columns={columns}
              empty={
                <EmptyState title="No messages">
                  {settings.data
                    ? ownerSentences[settings.data.owner]
                    : 'Callers whom you do not answer leave a message.'}
                </EmptyState>
              }
            />
          )}
          <Pages of={list.data} cursor={query.cursor} go={(cursor) => set({ cursor })} />
        </Card>
        {settings.error && <ProblemView error={settings.error} />}
        {settings.data && <MailboxCard settings={settings.data} />}
      </Stack>
    </Page>
  );
}

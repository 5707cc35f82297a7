import { Button, makeStyles, Switch, tokens } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import type { Queue } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Until } from '../../parts/instant.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { paths } from '../../path-builder.ts';
import { memberDetail, memberWords } from '../../words/queues.ts';
import { AddMember } from './add-member.tsx';
import { useQueueLive } from './use-queue-live.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid' },
  row: {
    display: 'grid',
    gridTemplateColumns: 'minmax(140px, 1fr) minmax(0, 2fr) auto auto',
    gap: '4px 16px',
    alignItems: 'center',
    padding: '8px 0',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    '@media (max-width: 820px)': { gridTemplateColumns: 'minmax(0, 1fr)', justifyItems: 'start' },
  },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  actions: { display: 'flex', gap: '4px', flexWrap: 'wrap' },
});

interface Listed {
  readonly personId: string;
  readonly displayName: string;
}

/** Who takes the calls, in which order, and what each of them is doing. The order counts when it is saved. */
export function MembersCard({ queue, zone }: { readonly queue: Queue; readonly zone: string }) {
  const styles = useStyles();
  const mayWrite = useMay('queues:write');
  const mayLogIn = useMay('queues:log-in');
  const live = useQueueLive(queue.id);
  const [draft, setDraft] = useState<{ readonly of: number; readonly list: readonly Listed[] }>();
  const save = useMutation({
    mutationFn: ({ of, list }: { readonly of: number; readonly list: readonly Listed[] }) =>
      api.call('queues.setMembers', {
        params: { id: queue.id },
        body: { version: of, members: list.map(({ personId }) => personId) },
      }),
    onSuccess: () => setDraft(undefined),
    // The next try is on top of what stands now, which is shown by then.
    onError: async () => {
      const stands = await api.call('queues.read', { params: { id: queue.id } }).catch(() => queue);
      setDraft((old) => old && { ...old, of: stands.version });
    },
    onSettled: () => reread('queues.'),
  });
  const logIn = useMutation({
    mutationFn: ({ person, loggedIn }: { readonly person: string; readonly loggedIn: boolean }) =>
      api.call('queues.logIn', { params: { id: queue.id, person }, body: { loggedIn } }),
    onSettled: () => reread('queues.'),
  });
  const list: readonly Listed[] = draft?.list ?? queue.members;
  const put = (next: readonly Listed[]): void => setDraft({ of: draft?.of ?? queue.version, list: next });
  const move = (at: number, by: number): void => {
    const next = [...list];
    const [one] = next.splice(at, 1);
    if (one) next.splice(at + by, 0, one);
    put(next);
  };
  const refused = save.error ?? logIn.error;
  return (
    <Card title="Members">
      <Stack>
        {refused && <ProblemView error={refused} />}
        {list.length === 0 && (
          <EmptyState title="Nobody takes calls yet">
            Until somebody does, callers wait and then get what is set for those who cannot wait.
          </EmptyState>
        )}
        <ol className={styles.list} aria-label="Members in their order">
          {list.map(({ personId, displayName }, at) => {
            const state = live.data?.members.find((one) => one.personId === personId);
            const saved = queue.members.find((one) => one.personId === personId);
            return (
              <li key={personId} className={styles.row}>
                <TextLink to={paths.person(personId)}>{displayName}</TextLink>
                <span>
                  {state ? (
                    <>
                      <StateBadge {...memberWords[state.state]} />{' '}
                      <span className={styles.small}>
                        {memberDetail(state)} {state.until && <Until at={state.until} zone={zone} />}
                      </span>
                    </>
                  ) : (
                    <span className={styles.small}>{saved ? '' : 'Not saved yet'}</span>
                  )}
                </span>
                {saved ? (
                  <Switch
                    label="Logged in"
                    aria-label={`Logged in: ${displayName}`}
                    checked={saved.loggedIn}
                    disabled={!mayLogIn || logIn.isPending}
                    onChange={(_, { checked }) => logIn.mutate({ person: personId, loggedIn: checked })}
                  />
                ) : (
                  <span />
                )}
                {mayWrite && (
                  <span className={styles.actions}>
                    <Button
                      size="small"
                      icon={<ArrowUpRegular />}
                      aria-label={`Move ${displayName} up`}
                      disabledFocusable={at === 0 || save.isPending}
                      onClick={() => move(at, -1)}
                    />
                    <Button
                      size="small"
                      icon={<ArrowDownRegular />}
                      aria-label={`Move ${displayName} down`}
                      disabledFocusable={at === list.length - 1 || save.isPending}
                      onClick={() => move(at, 1)}
                    />
                    <Button
                      size="small"
                      aria-label={`Take out ${displayName}`}
                      disabled={save.isPending}
                      onClick={() => put(list.filter((one) => one.personId !== personId))}
                    >
                      Take out
                    </Button>
                  </span>
                )}
              </li>
            );
          })}
        </ol>
        {mayWrite && (
          <Row>
            <AddMember
              accountId={queue.accountId}
              members={list.map(({ personId }) => personId)}
              add={(person) => put([...list, person])}
            />
            {draft && (
              <>
                <Button appearance="primary" disabled={save.isPending} onClick={() => save.mutate(draft)}>
                  Save members
                </Button>
                <Button disabled={save.isPending} onClick={() => setDraft(undefined)}>
                  Leave as it was
                </Button>
                <span role="status">Not saved yet: the old members and their order count.</span>
              </>
            )}
          </Row>
        )}
      </Stack>
    </Card>
  );
}

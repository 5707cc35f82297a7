import { Button, Field, Input, makeStyles, Switch, tokens } from '@fluentui/react-components';
import { ApiError, type RouteOutput, type Webhook } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { type FormEvent, useMemo, useState } from 'react';
import { api, ask } from '../api/client.ts';
import { reread } from '../api/reread.ts';
import { useMay, useSession, useZones } from '../api/session.ts';
import { TextBlock } from '../parts/copy-text.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Facts } from '../parts/facts.tsx';
import { AccountChoice } from '../parts/filter-bar.tsx';
import { Ago } from '../parts/instant.tsx';
import { Card, Page } from '../parts/page.tsx';
import { PreviewAction } from '../parts/preview-action.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { Row, Stack } from '../parts/stack.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { TurnNotice } from '../parts/turn-notice.tsx';
import { useFilters } from '../parts/use-filters.ts';
import { WordList } from '../parts/word-list.tsx';
import type { Word } from '../words/states.ts';

type Delivery = RouteOutput<'webhooks.deliveries'>['items'][number];

const deliveryWords: Record<Delivery['state'], Word> = {
  waiting: { word: 'Waiting', tone: 'info' },
  delivered: { word: 'Delivered', tone: 'good' },
  'given-up': { word: 'Given up', tone: 'bad' },
};

const useStyles = makeStyles({
  form: { display: 'grid', gap: '14px', maxWidth: '560px' },
  words: { margin: 0 },
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** Where the platform tells of changes; deliveries show what came of it. */
export function WebhooksPage() {
  const { accountId } = useSession();
  const mayWrite = useMay('webhooks:write');
  const { get, set } = useFilters();
  const account = accountId ?? get('account');
  const [made, setMade] = useState<{ readonly name: string; readonly secret: string }>();
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useQuery(ask('webhooks.list', { query: { account } }));
  return (
    <Page
      title="Webhooks"
      lead="Tandem tells your systems of changes, each delivery signed"
      aside={
        mayWrite &&
        !adding && (
          <Button appearance="primary" onClick={() => setAdding(true)}>
            New webhook
          </Button>
        )
      }
    >
      {accountId === undefined && (
        <Row>
          <AccountChoice value={account} onChoose={(chosen) => set({ account: chosen })} />
        </Row>
      )}
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {made && <NewSecret name={made.name} secret={made.secret} done={() => setMade(undefined)} />}
      {adding && (
        <Card title="New webhook">
          <NewWebhookForm
            account={accountId === undefined ? account : undefined}
            needsAccount={accountId === undefined}
            made={(name, secret) => {
              setMade({ name, secret });
              setAdding(false);
            }}
            cancel={() => setAdding(false)}
          />
        </Card>
      )}
      {data?.items.length === 0 && !adding && (
        <Card>
          <EmptyState title="No webhooks yet">
            A webhook is an address of yours that is told when people, numbers or connections change.
          </EmptyState>
        </Card>
      )}
      {data?.items.map((webhook) => (
        <WebhookCard key={webhook.id} webhook={webhook} />
      ))}
    </Page>
  );
}

function NewSecret({
  name,
  secret,
  done,
}: {
  readonly name: string;
  readonly secret: string;
  readonly done: () => void;
}) {
  const styles = useStyles();
  return (
    <Card title={`Secret of ${name}`}>
      <Stack>
        <p className={styles.words}>
          It signs every delivery (Standard Webhooks). It is shown this once: keep it where your system reads
          it.
        </p>
        <TextBlock label="Secret" text={secret} wrap />
        <Row>
          <Button appearance="primary" onClick={done}>
            I have kept it
          </Button>
        </Row>
      </Stack>
    </Card>
  );
}

function NewWebhookForm({
  account,
  needsAccount,
  made,
  cancel,
}: {
  readonly account: string | undefined;
  readonly needsAccount: boolean;
  readonly made: (name: string, secret: string) => void;
  readonly cancel: () => void;
}) {
  const styles = useStyles();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState('*');
  const create = useMutation({
    mutationFn: () =>
      api.call('webhooks.create', {
        body: {
          ...(account !== undefined && { account }),
          name: name.trim(),
          url: url.trim(),
          events: events.split(/[\s,;]+/).filter(Boolean),
        },
      }),
    onSuccess: (created) => {
      reread('webhooks.');
      made(created.name, created.secret);
    },
  });
  const said = (path: string): string | null =>
    create.error instanceof ApiError
      ? (create.error.problem?.errors?.find((one) => one.path.includes(path))?.message ?? null)
      : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      {create.error && <ProblemView error={create.error} />}
      {needsAccount && account === undefined && (
        <p className={styles.words}>Choose the account above first.</p>
      )}
      <Field label="Name" required validationMessage={said('name')}>
        <Input value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field
        label="Address"
        required
        hint="https, reachable from this platform"
        validationMessage={said('url')}
      >
        <Input type="url" value={url} spellCheck={false} onChange={(_, data) => setUrl(data.value)} />
      </Field>
      <Field
        label="Events"
        required
        hint="For example person.change, person. for all of people, * for everything"
        validationMessage={said('events')}
      >
        <Input value={events} spellCheck={false} onChange={(_, data) => setEvents(data.value)} />
      </Field>
      <Row>
        <Button
          type="submit"
          appearance="primary"
          disabled={
            !name.trim() || !url.trim() || create.isPending || (needsAccount && account === undefined)
          }
        >
          Create
        </Button>
        <Button onClick={cancel}>Not now</Button>
      </Row>
    </form>
  );
}

function WebhookCard({ webhook }: { readonly webhook: Webhook }) {
  const mayWrite = useMay('webhooks:write');
  const zone = useZones()(webhook.accountId);
  const [shown, setShown] = useState(false);
  const params = { id: webhook.id };
  const change = useMutation({
    mutationFn: (active: boolean) => api.call('webhooks.change', { params, body: { active } }),
    onSuccess: () => reread('webhooks.'),
  });
  const send = useMutation({
    mutationFn: () => api.call('webhooks.test', { params }),
    onSuccess: () => {
      setShown(true);
      reread('webhooks.deliveries');
    },
  });
  const failure = change.error ?? send.error;
  return (
    <Card
      title={webhook.name}
      aside={
        webhook.active ? (
          <StateBadge word="On" tone="good" />
        ) : (
          <StateBadge word="Off" tone={webhook.stoppedBecause ? 'bad' : 'quiet'} />
        )
      }
    >
      <Stack>
        {webhook.stoppedBecause && (
          <TurnNotice
            tone="bad"
            sentence={`Switched off by the platform: ${webhook.stoppedBecause}`}
            turn="account-admin"
            next="Mend the address, then switch it on again."
            zone={zone}
          />
        )}
        {failure && <ProblemView error={failure} />}
        <Facts
          rows={[
            ['Address', webhook.url],
            ['Events', webhook.events.join(', ')],
            [
              'Last success',
              webhook.lastSuccessAt ? <Ago key="last" at={webhook.lastSuccessAt} zone={zone} /> : 'none yet',
            ],
          ]}
        />
        <Row>
          {mayWrite && (
            <>
              <Switch
                label="On"
                aria-label={`${webhook.name} on`}
                checked={change.isPending ? change.variables : webhook.active}
                onChange={(_, data) => change.mutate(data.checked)}
              />
              <Button disabled={send.isPending || !webhook.active} onClick={() => send.mutate()}>
                Send a test
              </Button>
            </>
          )}
          <Button aria-expanded={shown} onClick={() => setShown(!shown)}>
            {shown ? 'Hide deliveries' : 'Deliveries'}
          </Button>
          {mayWrite && (
            <PreviewAction
              label="Delete"
              title={`Delete ${webhook.name}?`}
              load={() => Promise.resolve(webhook)}
              show={({ url }) => (
                <WordList title="At once" items={[`${url} is told no more; what waits is dropped.`]} />
              )}
              act={() => api.call('webhooks.delete', { params })}
              done={() => reread('webhooks.')}
            />
          )}
        </Row>
        {shown && <Deliveries webhook={webhook} zone={zone} />}
      </Stack>
    </Card>
  );
}

function Deliveries({ webhook, zone }: { readonly webhook: Webhook; readonly zone: string }) {
  const styles = useStyles();
  const { data, error, refetch } = useQuery({
    ...ask('webhooks.deliveries', { params: { id: webhook.id } }),
    refetchInterval: 3_000,
  });
  const columns = useMemo<ColumnDef<Delivery>[]>(
    () => [
      { header: 'Event', cell: ({ row }) => row.original.event },
      { header: 'When', cell: ({ row }) => <Ago at={row.original.createdAt} zone={zone} /> },
      { header: 'Attempts', cell: ({ row }) => row.original.attempts },
      {
        header: 'State',
        cell: ({ row: { original: one } }) => (
          <>
            <StateBadge {...deliveryWords[one.state]} />
            {one.state !== 'delivered' && (one.lastStatus || one.lastProblem) && (
              <span className={styles.small}>
                {[one.lastStatus && `Answer ${one.lastStatus}`, one.lastProblem].filter(Boolean).join(': ')}
              </span>
            )}
          </>
        ),
      },
    ],
    [styles, zone],
  );
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  return (
    <DataTable
      label={`Deliveries of ${webhook.name}`}
      rows={data?.items}
      columns={columns}
      empty={<EmptyState title="Nothing delivered yet">Send a test, or wait for a change.</EmptyState>}
    />
  );
}

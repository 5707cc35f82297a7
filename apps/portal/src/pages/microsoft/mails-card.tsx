import { makeStyles, tokens } from '@fluentui/react-components';
import type { OutgoingMail } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { useZones } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Ago } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { mailWords } from '../../words/connection.ts';

const useStyles = makeStyles({
  quiet: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  text: { whiteSpace: 'pre-wrap', margin: '6px 0 0', overflowWrap: 'anywhere' },
});

/** What was mailed to administrators, and whether it went out. */
export function MailsCard({ account }: { readonly account: string | undefined }) {
  const styles = useStyles();
  const zoneOf = useZones();
  const { data, error, refetch } = useQuery(ask('mails.list', { query: { account, limit: 25 } }));
  const columns = useMemo<ColumnDef<OutgoingMail>[]>(
    () => [
      {
        header: 'Mail',
        cell: ({ row: { original: mail } }) => (
          <details>
            <summary>{mail.subject}</summary>
            <p className={styles.text}>{mail.text}</p>
          </details>
        ),
      },
      { header: 'To', cell: ({ row }) => row.original.to.join(', ') || 'nobody' },
      {
        header: 'When',
        cell: ({ row: { original: mail } }) => (
          <Ago at={mail.sentAt ?? mail.createdAt} zone={zoneOf(mail.accountId)} />
        ),
      },
      {
        header: 'State',
        cell: ({ row: { original: mail } }) => (
          <>
            <StateBadge {...mailWords[mail.state]} />
            {mail.state !== 'sent' && <span className={styles.quiet}>{mail.words}</span>}
          </>
        ),
      },
    ],
    [styles, zoneOf],
  );
  return (
    <Card title="Mails to administrators" bare>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {(data || !error) && (
        <DataTable
          label="Mails"
          rows={data?.items}
          columns={columns}
          empty={
            <EmptyState title="No mails yet">
              Tandem writes when a connection is interrupted, works again, or its credential is about to end.
            </EmptyState>
          }
        />
      )}
    </Card>
  );
}

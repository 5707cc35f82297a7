import { makeStyles, tokens } from '@fluentui/react-components';
import type { ProvisioningStep } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { dayAndTime } from '../../words/format.ts';
import { requestWords, triggerWords } from '../../words/link.ts';
import { linkStateWords } from '../../words/readiness.ts';

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  code: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
  },
});

type Row = ProvisioningStep & { readonly id: string };

const lasted = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** What happened to the link with Microsoft, newest first. */
export function StepsCard({ personId, zone }: { readonly personId: string; readonly zone: string }) {
  const styles = useStyles();
  const steps = useQuery({
    ...ask('provisioning.history', { params: { id: personId }, query: { limit: 100 } }),
    refetchInterval: 5_000,
  });
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      {
        header: 'When',
        cell: ({ row: { original: step } }) => (
          <>
            {dayAndTime(step.at, zone)}
            <span className={styles.small}>{step.by ? `by ${step.by}` : triggerWords[step.trigger]}</span>
          </>
        ),
      },
      {
        header: 'Step',
        cell: ({ row: { original: step } }) => (
          <>
            {step.detail ?? step.event}
            <span className={styles.small}>
              {[step.detail && step.event, step.code].filter(Boolean).join(' · ')}
            </span>
          </>
        ),
      },
      {
        header: 'State',
        cell: ({ row: { original: step } }) =>
          step.to && (
            <>
              {step.from && step.from !== step.to && `${linkStateWords[step.from].word} → `}
              {linkStateWords[step.to].word}
            </>
          ),
      },
      {
        header: 'Microsoft',
        cell: ({ row: { original: step } }) => (
          <>
            {step.durationMs !== undefined && `took ${lasted(step.durationMs)}`}
            {step.graphId && <span className={styles.code}> {step.graphId}</span>}
            {requestWords(step) && <span className={styles.small}>{requestWords(step)}</span>}
          </>
        ),
      },
    ],
    [styles, zone],
  );
  return (
    <Card title="Steps" bare>
      {steps.error && !steps.data ? (
        <ProblemView error={steps.error} retry={() => void steps.refetch()} />
      ) : (
        <DataTable
          label="Steps"
          rows={steps.data?.items.map((step, n, all) => ({ ...step, id: String(all.length - n) }))}
          columns={columns}
          empty={
            <EmptyState title="Nothing happened yet">Steps appear as Tandem writes at Microsoft.</EmptyState>
          }
        />
      )}
    </Card>
  );
}

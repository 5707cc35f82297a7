import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { Job, NewJob } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { Choice } from '../../parts/filter-bar.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { paths } from '../../path-builder.ts';

const useStyles = makeStyles({
  bar: {
    display: 'grid',
    gap: '10px',
    padding: '12px 20px',
    backgroundColor: tokens.colorBrandBackground2,
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  row: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  count: { fontWeight: tokens.fontWeightSemibold, marginRight: '8px' },
  words: { margin: 0 },
});

/** Whom a job is about: people by name, or everybody that a filter finds when it is previewed. */
export type Who =
  | { readonly people: string[] }
  | { readonly search?: string | undefined; readonly code?: string | undefined };

const actions = [
  ['Teams on', { teamsToggle: true }],
  ['Teams off', { teamsToggle: false }],
  ['Give licence', { platformLicence: true }],
  ['Take licence', { platformLicence: false }],
] as const;

/** What can be done with those who are chosen. Nothing happens here: each leads to a preview. */
export function BulkBar({
  account,
  who,
  words,
  clear,
}: {
  /** Undefined: the chosen belong to several accounts. */
  readonly account: string | undefined;
  readonly who: Who;
  readonly words: string;
  readonly clear: () => void;
}) {
  const styles = useStyles();
  const navigate = useNavigate();
  const [range, setRange] = useState('');
  const ranges = useQuery({
    ...ask('ranges.list', { query: { account } }),
    enabled: account !== undefined,
  });
  const open = (job: Job): void => {
    reread('jobs.');
    void navigate(paths.job(job.id));
  };
  const preview = useMutation({
    mutationFn: (body: NewJob) => api.call('jobs.create', { body }),
    onSuccess: open,
  });
  return (
    <section className={styles.bar} aria-label="The chosen people">
      <div className={styles.row}>
        <span className={styles.count} role="status">
          {words}
        </span>
        {account !== undefined && (
          <>
            {actions.map(([word, change]) => (
              <Button
                key={word}
                size="small"
                disabled={preview.isPending}
                onClick={() => preview.mutate({ kind: 'change-people', account, ...who, change })}
              >
                {word}
              </Button>
            ))}
            <FormDialog
              small
              label="Give next free numbers"
              title="Give everybody without a number the next free one"
              confirm="Preview"
              disabled={preview.isPending}
              act={() =>
                api.call('jobs.create', {
                  body: { kind: 'give-numbers', account, ...who, ...(range !== '' && { range }) },
                })
              }
              done={open}
            >
              <Choice
                label="Range"
                value={range}
                options={[
                  ['', 'Any range'],
                  ...(ranges.data?.items ?? []).map(
                    ({ id, name, free }) => [id, `${name} (${free} free)`] as const,
                  ),
                ]}
                onChoose={setRange}
              />
            </FormDialog>
            <Button
              size="small"
              disabled={preview.isPending}
              onClick={() => preview.mutate({ kind: 'retry-provisioning', account, ...who })}
            >
              Retry
            </Button>
          </>
        )}
        <Button size="small" appearance="subtle" onClick={clear}>
          Clear the choice
        </Button>
      </div>
      <p className={styles.words}>
        {account === undefined
          ? 'Choose people of one account: a job belongs to one.'
          : preview.isPending
            ? 'Looking what would be done…'
            : 'You see a preview first. Nothing changes before you start it.'}
      </p>
      {preview.error && <ProblemView error={preview.error} />}
    </section>
  );
}

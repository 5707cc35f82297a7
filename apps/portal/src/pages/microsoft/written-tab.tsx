import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { Connection, TenantWrite } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { apiText } from '../../api/api-text.ts';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { CopyButton } from '../../parts/copy-text.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Ago } from '../../parts/instant.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { Stack } from '../../parts/stack.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { paths } from '../../path-builder.ts';
import { undoByWords, writtenWords } from '../../words/provisioning.ts';

/** More than this is in the file. */
const most = 200;

const useStyles = makeStyles({
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  words: { margin: 0 },
});

type Row = TenantWrite & { readonly id: string };

/** Everything that Tandem wrote in the tenant and that stands there, each with the way to take it back (N38). */
export function WrittenTab({ connection }: { readonly connection: Connection }) {
  const styles = useStyles();
  const zone = useZones()(connection.accountId);
  const mayWrite = useMay('provisioning:write');
  const mayStep = useMay('connections:write');
  const { id } = connection;
  const { data, error, refetch } = useQuery({
    ...ask('provisioning.inventory', { params: { id }, query: { limit: most } }),
    refetchInterval: 5_000,
  });
  const save = useMutation({
    mutationFn: async () =>
      saveFile(
        `written-in-${connection.tenant.id}.csv`,
        await apiText('provisioning.inventory', { params: { id }, query: {} }, 'text/csv'),
      ),
  });
  const rows = data?.items.map(
    (one): Row => ({ ...one, id: `${one.personId ?? one.displayName} ${one.what} ${one.value}` }),
  );
  const columns: ColumnDef<Row>[] = [
    {
      id: 'what',
      header: 'What',
      cell: ({ row }) => `${writtenWords[row.original.what]} ${row.original.value}`,
    },
    {
      id: 'whose',
      header: 'Whose',
      cell: ({ row: { original: one } }) =>
        one.personId === undefined ? (
          one.displayName
        ) : (
          <TextLink to={paths.person(one.personId)}>{one.displayName}</TextLink>
        ),
    },
    {
      id: 'since',
      header: 'Since',
      cell: ({ row: { original: one } }) => one.since && <Ago at={one.since} zone={zone} />,
    },
    {
      id: 'undo',
      header: 'Undo',
      cell: ({ row: { original: one } }) => (
        <Undo one={one} allowed={one.personId === undefined ? mayStep : mayWrite} />
      ),
    },
  ];
  return (
    <Card
      title="What Tandem wrote in this tenant"
      aside={
        <Button size="small" disabled={save.isPending} onClick={() => save.mutate()}>
          Download as CSV
        </Button>
      }
    >
      <Stack>
        {error && <ProblemView error={error} retry={() => void refetch()} />}
        {save.error && <ProblemView error={save.error} />}
        <p className={styles.small}>
          What stands there now.
          {data && (data.total ?? 0) > most && ` The first ${most} of ${data.total}; the file has them all.`}
        </p>
        <DataTable
          label="Written in the tenant"
          rows={rows}
          columns={columns}
          empty={<EmptyState title="Nothing of Tandem’s is in this tenant">It is as it was.</EmptyState>}
        />
      </Stack>
    </Card>
  );
}

function Undo({ one, allowed }: { readonly one: Row; readonly allowed: boolean }) {
  const styles = useStyles();
  const by = undoByWords[one.undoBy];
  if (one.undoBy !== 'tandem')
    return (
      <Stack>
        <span className={styles.small}>{by === undefined ? one.undo : `${by}: ${one.undo}`}</span>
        {one.command !== undefined && (
          <CopyButton text={one.command} label="Copy the command" what={`for ${one.value}`} />
        )}
      </Stack>
    );
  if (!allowed) return <span className={styles.small}>{one.undo}</span>;
  const { routingDomainId, personId, what, value } = one;
  const named = `${writtenWords[what]} ${value}`;
  if (routingDomainId !== undefined) {
    const params = { id: routingDomainId, step: 'clean-up' as const };
    return (
      <PreviewAction
        label="Undo"
        what={named}
        small
        title={`Take back at Microsoft: ${named}?`}
        confirm="Take back"
        load={() => api.call('routingDomains.preview', { params })}
        show={({ writes, undo }) => (
          <>
            <WordList title="What is written" items={writes} none="Nothing." />
            <WordList title="How it is taken back" items={[undo]} />
          </>
        )}
        act={({ preview }) =>
          api.call('routingDomains.step', {
            params: { id: routingDomainId },
            body: { step: 'clean-up', preview },
          })
        }
        done={() => reread('routingDomains.', 'provisioning.')}
      />
    );
  }
  if (personId === undefined || !isOfPerson(what)) return null;
  return (
    <PreviewAction
      label="Undo"
      what={`${named} of ${one.displayName}`}
      small
      title={`Take back at Microsoft: ${named} of ${one.displayName}?`}
      confirm="Take back"
      load={() => Promise.resolve(one)}
      show={({ undo }) => <p className={styles.words}>{undo}</p>}
      act={() => api.call('provisioning.undo', { params: { id: personId }, body: { what } })}
      done={() => reread('provisioning.', 'people.')}
    />
  );
}

const ofPerson = ['number', 'voiceRouting', 'calling', 'dialPlan'] as const;
const isOfPerson = (what: TenantWrite['what']): what is (typeof ofPerson)[number] =>
  (ofPerson as readonly string[]).includes(what);

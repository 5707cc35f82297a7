import { makeStyles, tokens } from '@fluentui/react-components';
import type { PersonProvisioning } from '@tandem/contract';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Since } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { driftFieldWords, driftPolicyWords } from '../../words/provisioning.ts';

const useStyles = makeStyles({
  title: { margin: 0, fontWeight: tokens.fontWeightSemibold },
  words: { margin: 0 },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  diff: {
    margin: 0,
    display: 'grid',
    gridTemplateColumns: 'max-content minmax(0, 1fr)',
    gap: '2px 12px',
    overflowWrap: 'anywhere',
  },
  value: { margin: 0 },
});

const done = (): void => reread('provisioning.', 'people.', 'numbers.');
const shown = (value: string | null): string => value ?? 'nothing';

/** What somebody changed at Microsoft: both values, and the choice to repair or to accept; decisions can be undone. */
export function DriftCard({ link, zone }: { readonly link: PersonProvisioning; readonly zone: string }) {
  const styles = useStyles();
  const mayWrite = useMay('provisioning:write');
  const { drift, decisions, personId } = link;
  if (drift.length === 0 && decisions.length === 0) return null;
  const decide = (field: (typeof drift)[number]['field'], decision: 'repair' | 'accept' | 'undo') =>
    api.call('provisioning.drift', { params: { id: personId }, body: { field, decision } });
  return (
    <Card title="Changed outside Tandem">
      <Stack>
        {drift.map(({ field, ours, theirs, seenAt, policy }) => (
          <Stack key={field}>
            <p className={styles.title}>{driftFieldWords[field]}</p>
            <dl className={styles.diff}>
              <dt>Set up here</dt>
              <dd className={styles.value}>
                <del>{shown(ours)}</del>
              </dd>
              <dt>At Microsoft now</dt>
              <dd className={styles.value}>
                <ins>{shown(theirs)}</ins>
              </dd>
            </dl>
            <p className={styles.small}>
              Seen <Since at={seenAt} zone={zone} />. Setting for this:{' '}
              {driftPolicyWords[policy].toLowerCase()}.
            </p>
            {mayWrite && (
              <Row>
                <PreviewAction
                  label="Repair"
                  title={`Repair: ${driftFieldWords[field]}`}
                  small
                  load={() => Promise.resolve(shown(ours))}
                  show={(value) => (
                    <p className={styles.words}>
                      {shown(theirs)} is replaced at Microsoft by {value}, as it is set up here.
                    </p>
                  )}
                  act={() => decide(field, 'repair')}
                  done={done}
                />
                <PreviewAction
                  label="Accept"
                  title={`Accept: ${driftFieldWords[field]}`}
                  small
                  load={() => Promise.resolve(shown(theirs))}
                  show={(value) => (
                    <p className={styles.words}>
                      {value} becomes what is wanted here too. Nothing is written at Microsoft.
                    </p>
                  )}
                  act={() => decide(field, 'accept')}
                  done={done}
                />
              </Row>
            )}
          </Stack>
        ))}
        {decisions.map(({ field, ours, theirs, decision, by, at, undone }) => (
          <Stack key={`${field} ${at}`}>
            <p className={styles.words}>
              {driftFieldWords[field]}: {decision === 'repair' ? 'repaired' : 'accepted'} by {by},{' '}
              <Since at={at} zone={zone} />. Here {shown(ours)}, at Microsoft {shown(theirs)}.
              {undone && ' Undone since.'}
            </p>
            {mayWrite && !undone && (
              <Row>
                <PreviewAction
                  label="Undo the decision"
                  title={`Undo: ${driftFieldWords[field]}`}
                  small
                  load={() => Promise.resolve(decision)}
                  show={(was) => (
                    <p className={styles.words}>
                      {was === 'repair'
                        ? `${shown(theirs)} is written at Microsoft again.`
                        : `${shown(ours)} is wanted here again.`}
                    </p>
                  )}
                  act={() => decide(field, 'undo')}
                  done={done}
                />
              </Row>
            )}
          </Stack>
        ))}
      </Stack>
    </Card>
  );
}

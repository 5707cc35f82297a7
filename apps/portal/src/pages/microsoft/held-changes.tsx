import { makeStyles } from '@fluentui/react-components';
import type { Connection, Provisioning } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { heldReasonWords } from '../../words/provisioning.ts';

const useStyles = makeStyles({ words: { margin: 0 } });

/** Changes that would take many people away at once wait here for a decision; until then everybody stays. */
export function HeldChanges({
  connection,
  provisioning,
}: {
  readonly connection: Connection;
  readonly provisioning: Provisioning;
}) {
  const styles = useStyles();
  const zone = useZones()(connection.accountId);
  const mayWrite = useMay('provisioning:write');
  const directory = useQuery({
    ...ask('directory.state', { params: { id: connection.accountId } }),
    refetchInterval: 10_000,
  });
  const held = directory.data?.items.find(({ connectionId }) => connectionId === connection.id)?.held ?? [];
  const removals = provisioning.status.held;
  if (held.length === 0 && removals.length === 0) return null;
  const decideDirectory = (heldId: string, decision: 'confirm' | 'reject') =>
    api.call('directory.decide', { params: { id: connection.accountId }, body: { heldId, decision } });
  const decide = (decision: 'let-through' | 'keep') =>
    api.call('provisioning.decideHeld', { params: { id: connection.id }, body: { decision } });
  const done = (): void => reread('directory.', 'provisioning.', 'people.');
  return (
    <Card title="Waits for your decision">
      <Stack>
        {held.map((change) => {
          const names = change.people.map(
            ({ displayName, upn, reason }) => `${displayName} (${upn}): ${heldReasonWords[reason]}`,
          );
          return (
            <Stack key={change.id}>
              <TurnNotice
                tone="warn"
                sentence={change.sentence}
                turn="account-admin"
                since={change.heldAt}
                zone={zone}
                next={
                  change.state === 'rejected'
                    ? 'It was decided to keep these people. They stay until they are back or somebody lets them go.'
                    : 'Let them go, or keep them.'
                }
              />
              <WordList title={`${change.total} people`} items={names} />
              {mayWrite && (
                <Row>
                  <PreviewAction
                    label="Let them go"
                    title={`Let ${change.total} people go?`}
                    load={() => Promise.resolve(names)}
                    show={(people) => (
                      <>
                        <p className={styles.words}>
                          Their numbers are taken back at Microsoft, and they no longer call from Teams.
                        </p>
                        <WordList title="These people" items={people} />
                      </>
                    )}
                    act={() => decideDirectory(change.id, 'confirm')}
                    done={done}
                  />
                  {change.state !== 'rejected' && (
                    <PreviewAction
                      label="Keep them"
                      title={`Keep ${change.total} people?`}
                      load={() => Promise.resolve(names)}
                      show={() => (
                        <p className={styles.words}>
                          Nothing is written. They go on calling from Teams although Microsoft says otherwise.
                        </p>
                      )}
                      act={() => decideDirectory(change.id, 'reject')}
                      done={done}
                    />
                  )}
                </Row>
              )}
            </Stack>
          );
        })}
        {removals.length > 0 && (
          <Stack>
            {removals.map((one) => (
              <Stack key={one.source}>
                <TurnNotice
                  tone="warn"
                  sentence={`${one.people} of ${one.linked} people would lose their calls in Teams at once${
                    one.source === 'own-facts' ? ' by a change made here' : ' by what Microsoft says'
                  }. They stay until somebody decides.`}
                  turn="account-admin"
                  since={one.since}
                  zone={zone}
                />
                <WordList title="Among them" items={one.names} />
              </Stack>
            ))}
            {mayWrite && (
              <Row>
                <PreviewAction
                  label="Let it through"
                  title="Let the removal through?"
                  load={() => Promise.resolve(removals)}
                  show={(all) => (
                    <WordList
                      title="Numbers are taken back at Microsoft from"
                      items={all.flatMap(({ names, people }) =>
                        people > names.length ? [...names, `and ${people - names.length} more`] : names,
                      )}
                    />
                  )}
                  act={() => decide('let-through')}
                  done={done}
                />
                <PreviewAction
                  label="Keep everybody"
                  title="Keep everybody?"
                  load={() => Promise.resolve(removals)}
                  show={() => (
                    <p className={styles.words}>Nothing is written. Everybody stays as they are.</p>
                  )}
                  act={() => decide('keep')}
                  done={done}
                />
              </Row>
            )}
          </Stack>
        )}
      </Stack>
    </Card>
  );
}

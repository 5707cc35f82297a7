import { makeStyles } from '@fluentui/react-components';
import type { Person } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Holders } from '../../parts/holders.tsx';
import { NumberForm } from '../../parts/number-form.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { telephone } from '../../words/format.ts';
import { LeaverCard } from './leaver-card.tsx';

const useStyles = makeStyles({ words: { margin: 0 } });

const done = (): void => reread('people.', 'numbers.', 'ranges.', 'provisioning.');

/** The numbers of a person, each with everybody who has it on any side. */
export function NumbersTab({ person }: { readonly person: Person }) {
  const styles = useStyles();
  const mayWrite = useMay('people:write');
  const [main, ...others] = person.numbers;
  const params = { id: person.id };
  return (
    <>
      {main === undefined && (
        <Card>
          <EmptyState title="No number">
            Without a number nobody can call {person.displayName} from outside.
          </EmptyState>
        </Card>
      )}
      {main !== undefined && <HeldNumber person={person} number={main} title="Main number" />}
      {others.map((number) => (
        <HeldNumber key={number} person={person} number={number} title="Further number" />
      ))}
      {mayWrite && (
        <Card title="Change">
          <Stack>
            <Row>
              <PreviewAction
                label="Give the next free number"
                title={`Give ${person.displayName} the next free number?`}
                confirm="Give"
                load={() =>
                  api.call('numbers.suggest', { query: { account: person.accountId, person: person.id } })
                }
                show={({ number, range }) => (
                  <p className={styles.words}>
                    {number === undefined
                      ? 'No number is free. Add a range first.'
                      : `${telephone(number)}${range ? ` of ${range}` : ''} becomes the main number${
                          main === undefined ? '' : ` instead of ${telephone(main)}`
                        }.`}
                  </p>
                )}
                act={async ({ number }) => {
                  if (number !== undefined) await api.call('people.change', { params, body: { number } });
                }}
                done={done}
              />
              {main !== undefined && (
                <PreviewAction
                  label="Take the main number away"
                  title={`Take ${telephone(main)} away from ${person.displayName}?`}
                  confirm="Take away"
                  load={() => Promise.resolve(main)}
                  show={(number) => (
                    <p className={styles.words}>
                      {telephone(number)} is taken back at Microsoft, and callers no longer reach{' '}
                      {person.displayName} by it.
                    </p>
                  )}
                  act={() => api.call('people.change', { params, body: { number: null } })}
                  done={done}
                />
              )}
            </Row>
            <NumberForm person={person} />
          </Stack>
        </Card>
      )}
      <LeaverCard key={JSON.stringify(person.leaver)} person={person} />
    </>
  );
}

function HeldNumber({
  person,
  number,
  title,
}: {
  readonly person: Person;
  readonly number: string;
  readonly title: string;
}) {
  const { data, error, refetch } = useQuery(
    ask('numbers.who', { query: { account: person.accountId, number } }),
  );
  return (
    <Card title={`${title}: ${telephone(number)}`}>
      {error ? <ProblemView error={error} retry={() => void refetch()} /> : data && <Holders who={data} />}
    </Card>
  );
}

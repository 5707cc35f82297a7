import { Button, Field, Input, makeStyles } from '@fluentui/react-components';
import type { Person } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { paths } from '../../path-builder.ts';

const useStyles = makeStyles({ field: { flexGrow: 1, maxWidth: '420px' }, button: { alignSelf: 'end' } });

const split = (typed: string): string[] => [
  ...new Set(
    typed
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
  ),
];

/** Words that administrators put on people, for reports. Each leads to everybody who has it. */
export function TagsCard({ person }: { readonly person: Person }) {
  const styles = useStyles();
  const mayList = useMay('people:list');
  const mayWrite = useMay('people:write');
  const params = { id: person.id };
  const { data, error } = useQuery({ ...ask('tags.read', { params }), enabled: mayList });
  const [typed, setTyped] = useState<string>();
  const save = useMutation({
    mutationFn: (tags: string[]) => api.call('tags.set', { params, body: { tags } }),
    onSuccess: () => {
      setTyped(undefined);
      reread('tags.');
    },
  });
  if (!mayList) return null;
  const stands = data?.tags ?? [];
  const wanted = split(typed ?? stands.join(', '));
  return (
    <Card title="Tags">
      <Stack>
        {(error ?? save.error) && <ProblemView error={error ?? save.error} />}
        <Row>
          {data && stands.length === 0 && <span>None. Tags sort calls in reports, for example by site.</span>}
          {stands.map((tag) => (
            <TextLink key={tag} to={paths.people({ account: person.accountId, tag })}>
              {tag}
            </TextLink>
          ))}
        </Row>
        {mayWrite && data && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (!save.isPending) save.mutate(wanted);
            }}
          >
            <Row>
              <Field className={styles.field} label="Tags, with commas between">
                <Input value={typed ?? stands.join(', ')} onChange={(_, { value }) => setTyped(value)} />
              </Field>
              <Button
                className={styles.button}
                type="submit"
                disabled={save.isPending || wanted.join() === stands.join()}
              >
                Save tags
              </Button>
            </Row>
          </form>
        )}
      </Stack>
    </Card>
  );
}

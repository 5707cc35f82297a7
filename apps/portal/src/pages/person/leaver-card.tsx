import { Button, makeStyles } from '@fluentui/react-components';
import type { Person } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { type LeaverDraft, LeaverTarget } from '../../parts/leaver-target.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';

const useStyles = makeStyles({ words: { margin: 0 } });

/** A rule of the person's own for their callers once they left; else the account's counts. */
export function LeaverCard({ person }: { readonly person: Person }) {
  const styles = useStyles();
  const mayWrite = useMay('people:write');
  const stands = person.leaver ?? null;
  const [draft, setDraft] = useState<LeaverDraft>(stands);
  const save = useMutation({
    mutationFn: (leaver: Exclude<LeaverDraft, undefined>) =>
      api.call('people.change', { params: { id: person.id }, body: { leaver } }),
    onSuccess: () => reread('people.'),
  });
  const same = JSON.stringify(draft) === JSON.stringify(stands);
  return (
    <Card title={`When ${person.displayName} leaves`}>
      <Stack>
        <p className={styles.words}>
          Counts while the number rests after somebody left, and at once while their Microsoft account is
          disabled or deleted.
        </p>
        <LeaverTarget
          label="Callers"
          accountId={person.accountId}
          value={draft}
          byAccount="By the rule of the account"
          leaverId={person.id}
          disabled={!mayWrite}
          change={(choice) => {
            save.reset();
            setDraft(choice);
          }}
        />
        {save.error && <ProblemView error={save.error} />}
        {mayWrite && (
          <Row>
            <Button
              disabled={draft === undefined || same || save.isPending}
              onClick={() => draft !== undefined && save.mutate(draft)}
            >
              Save the rule
            </Button>
            <span role="status">{save.isSuccess && same && 'Saved.'}</span>
          </Row>
        )}
      </Stack>
    </Card>
  );
}

import { Button } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask } from '../api/client.ts';
import { reread } from '../api/reread.ts';
import { useMay } from '../api/session.ts';
import { ProblemView } from './problem-view.tsx';
import { Row } from './stack.tsx';

/** While nobody saw a call in Teams: the person says that it works, or that it does in a browser only (PRV-601). */
export function ItWorks({ personId }: { readonly personId: string }) {
  const may = useMay('provisioning:confirm');
  const params = { id: personId };
  const { data } = useQuery({ ...ask('people.readiness', { params }), enabled: may });
  const say = useMutation({
    mutationFn: (client: 'desktop' | 'web') =>
      api.call('provisioning.confirmWorks', { params, query: { client } }),
    onSuccess: () => reread('people.'),
  });
  const client = data?.checks.find(({ id }) => id === 'teams-client');
  if (!may || client?.status !== 'amber') return null;
  return (
    <>
      <Row>
        <Button appearance="primary" disabled={say.isPending} onClick={() => say.mutate('desktop')}>
          Calling works in my Teams
        </Button>
        {client.code !== 'PRV-601' && (
          <Button disabled={say.isPending} onClick={() => say.mutate('web')}>
            It works only in the web client
          </Button>
        )}
      </Row>
      {say.error && <ProblemView error={say.error} />}
    </>
  );
}

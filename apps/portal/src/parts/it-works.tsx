import { Button } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask } from '../api/client.ts';
import { reread } from '../api/reread.ts';
import { useMay } from '../api/session.ts';
import { ProblemView } from './problem-view.tsx';

/** While nobody saw a call in Teams: the person says that it works. */
export function ItWorks({ personId }: { readonly personId: string }) {
  const may = useMay('provisioning:confirm');
  const params = { id: personId };
  const { data } = useQuery({ ...ask('people.readiness', { params }), enabled: may });
  const say = useMutation({
    mutationFn: () => api.call('provisioning.confirmWorks', { params }),
    onSuccess: () => reread('people.'),
  });
  const client = data?.checks.find(({ id }) => id === 'teams-client');
  if (!may || client?.status !== 'amber') return null;
  return (
    <>
      <span>
        <Button appearance="primary" disabled={say.isPending} onClick={() => say.mutate()}>
          Calling works in my Teams
        </Button>
      </span>
      {say.error && <ProblemView error={say.error} />}
    </>
  );
}

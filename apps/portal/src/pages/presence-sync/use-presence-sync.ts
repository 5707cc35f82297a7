import { ApiError, type PresenceSync, type PresenceSyncSettings } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask, queries } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';

/** How presence of an account is set up, and how to change it on top of what was read. */
export function usePresenceSync(accountId: string | undefined) {
  const question = ask('presenceSync.read', { params: { id: accountId ?? '' } });
  const read = useQuery({
    ...question,
    enabled: accountId !== undefined,
    // While a run goes on its progress is looked at; else what others change.
    refetchInterval: (query) => (query.state.data && runs(query.state.data) ? 1_000 : 10_000),
  });
  const took = (answer: PresenceSync): void => {
    queries.setQueryData(question.queryKey, answer);
    reread('presenceSync.');
  };
  const write = useMutation({
    mutationFn: async ({ part, preview }: Change) => {
      // What the page shows is what is changed: somebody else's change in between is told, not overwritten.
      const stands = read.data ?? (await api.call('presenceSync.read', { params: { id: accountId ?? '' } }));
      return await api.call('presenceSync.change', {
        params: { id: stands.accountId },
        query: { preview },
        body: { version: stands.version, settings: { ...stands.settings, ...part } },
      });
    },
    onSuccess: took,
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409) void read.refetch();
    },
  });
  const reset = useMutation({
    mutationFn: (version: number) =>
      api.call('presenceSync.resetRules', { params: { id: accountId ?? '' }, body: { version } }),
    onSuccess: took,
    onError: () => void read.refetch(),
  });
  return { read, write, reset };
}

interface Change {
  readonly part: Partial<PresenceSyncSettings>;
  readonly preview?: string | undefined;
}

export const runs = ({ run }: PresenceSync): boolean => run?.state === 'running' || run?.state === 'waiting';

export type PresenceSetup = ReturnType<typeof usePresenceSync>;

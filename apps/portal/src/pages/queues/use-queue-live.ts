import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';

/** What happens in a queue now: told by events, and asked for once in a while in case one was lost. */
export const useQueueLive = (id: string) =>
  useQuery({ ...ask('queues.live', { params: { id } }), refetchInterval: 5_000 });

import { CounterBadge } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.ts';

/** From here on it is many; what is proposed may be long, and this is read again and again. */
const many = 10;

/** How many proposals of the provider wait for whoever may decide about them; nothing where none does. */
export function WaitingCount() {
  const { data } = useQuery({
    ...ask('proposals.list', { query: { state: 'open', limit: many } }),
    refetchInterval: 60_000,
  });
  const count = data?.items.length ?? 0;
  if (count === 0) return null;
  const words = `${count === many ? `${many} or more` : count} wait for your decision`;
  return (
    <CounterBadge
      count={count}
      overflowCount={many - 1}
      color="danger"
      style={{ marginLeft: 'auto' }}
      role="img"
      aria-label={words}
    />
  );
}

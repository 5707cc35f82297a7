import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import type { DialsWith } from '../../parts/dial-button.tsx';

/** Whose pages these are. Who calls from Teams dials there; everybody else with what the device has. */
export function useMe(): {
  readonly personId: string | undefined;
  readonly accountId: string | undefined;
  readonly by: DialsWith;
  readonly zone: string;
} {
  const { personId, accountId, timeZone } = useSession();
  const { data } = useQuery({
    ...ask('people.read', { params: { id: personId ?? '' } }),
    enabled: personId !== undefined,
  });
  return { personId, accountId, by: data?.teamsToggle === true ? 'teams' : 'tel', zone: timeZone };
}

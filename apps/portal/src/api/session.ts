import { ApiError, type Permission, type Session } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { createContext, useCallback, useContext } from 'react';
import { api, ask, rememberCsrf, sessionKey } from './client.ts';

/** `null`: nobody is signed in. */
export function useSessionQuery() {
  return useQuery<Session | null>({
    queryKey: sessionKey,
    queryFn: async () => {
      try {
        const session = await api.call('session.read', {});
        rememberCsrf(session.csrfToken);
        return session;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('Used outside a signed-in page');
  return session;
}

export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}

/** The zone in which an account's times are shown; the operator sees each account in its own. */
export function useZones(): (accountId: string | undefined) => string {
  const session = useSession();
  const operator = session.accountId === undefined;
  const { data } = useQuery({ ...ask('accounts.list', { query: { limit: 200 } }), enabled: operator });
  // The same function until a zone changes: columns are made from it, and new columns would mount every cell anew.
  return useCallback(
    (accountId) => data?.items.find((account) => account.id === accountId)?.timeZone ?? session.timeZone,
    [data, session.timeZone],
  );
}

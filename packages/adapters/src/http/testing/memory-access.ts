import type { AccessStore, StoredApiToken, StoredSession, StoredUser } from '../auth/session-service.ts';

/** Users, sessions and tokens in maps. `gate` throws when the database is away. */
export function createMemoryAccess(
  users: StoredUser[],
  gate: () => void,
): AccessStore & {
  readonly sessions: Map<string, StoredSession>;
  readonly tokens: Map<string, StoredApiToken>;
  readonly users: StoredUser[];
} {
  const sessions = new Map<string, StoredSession>();
  const tokens = new Map<string, StoredApiToken>();
  const key = (hash: Buffer): string => hash.toString('hex');
  return {
    users,
    sessions,
    tokens,
    async userByName(name) {
      gate();
      return users.find((user) => user.name.toLowerCase() === name.toLowerCase());
    },
    async user(id) {
      gate();
      return users.find((user) => user.id === id);
    },
    async saveSession(session) {
      gate();
      sessions.set(key(session.hash), session);
    },
    async session(hash) {
      gate();
      return sessions.get(key(hash));
    },
    async touchSession(hash, lastSeenMs) {
      gate();
      const session = sessions.get(key(hash));
      if (session) sessions.set(key(hash), { ...session, lastSeenMs });
    },
    async deleteSession(hash) {
      gate();
      sessions.delete(key(hash));
    },
    async apiToken(hash) {
      gate();
      return tokens.get(key(hash));
    },
  };
}

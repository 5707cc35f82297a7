import { asAccountId, asPersonId } from '@tandem/domain';
import type { ApiToken } from '../../postgres/token-store.ts';
import type { PlatformUser } from '../../postgres/user-store.ts';
import { generateToken } from '../../security/token.ts';
import type { AccessStores } from '../auth/session-service.ts';

export interface MemoryUser extends PlatformUser {
  readonly password: string;
}

export interface MemoryAccess extends AccessStores {
  readonly list: MemoryUser[];
  /** By the token's text. */
  readonly apiTokens: Map<string, ApiToken>;
}

const idleMs = 30 * 60_000;
const totalMs = 12 * 60 * 60_000;

/** Users, sessions and tokens in memory, without scrypt. `gate` throws when the database is away. */
export function createMemoryAccess(list: MemoryUser[], gate: () => void, wall: () => number): MemoryAccess {
  const open = new Map<string, { readonly userId: string; readonly endsAt: number; idleUntil: number }>();
  const apiTokens = new Map<string, ApiToken>();
  return {
    list,
    apiTokens,
    users: {
      async signInForPlatform(name, password) {
        gate();
        const user = list.find((one) => one.name === name.toLowerCase());
        return user && !user.disabled && user.password === password ? user : undefined;
      },
    },
    sessions: {
      async openForPlatform(user) {
        gate();
        const { text } = generateToken('session');
        const endsAt = wall() + totalMs;
        open.set(text, { userId: user.id, endsAt, idleUntil: wall() + idleMs });
        return { text, endsAt };
      },
      async readForPlatform(text) {
        gate();
        const session = open.get(text);
        const user = session && list.find((one) => one.id === session.userId);
        if (!session || !user || user.disabled) return undefined;
        if (wall() >= session.endsAt || wall() >= session.idleUntil) return undefined;
        session.idleUntil = wall() + idleMs;
        return user;
      },
      async closeForPlatform(text) {
        gate();
        open.delete(text);
      },
    },
    tokens: {
      async verifyForPlatform(text) {
        gate();
        const token = apiTokens.get(text);
        return token && (token.expiresAt ?? Number.POSITIVE_INFINITY) > wall() ? token : undefined;
      },
    },
  };
}

/** A user of the sample world. */
export function memoryUser(
  name: string,
  role: PlatformUser['role'],
  password: string,
  more: { readonly account?: string; readonly person?: string; readonly disabled?: boolean } = {},
): MemoryUser {
  return {
    id: `user-${name.replaceAll(/[@.]/g, '-')}`,
    name,
    role,
    password,
    disabled: more.disabled ?? false,
    ...(more.account === undefined ? {} : { accountId: asAccountId(more.account) }),
    ...(more.person === undefined ? {} : { personId: asPersonId(more.person) }),
  };
}

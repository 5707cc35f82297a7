import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { HttpsExchange } from '../graph/https-exchange.ts';

/** microsoft-graph 1.6: keys roll without notice; cached a day at most, fetched again for an unknown one, not too often. */
const keysLiveMs = 24 * 60 * 60_000;
const askAgainMs = 60_000;

/** The keys by which the sign-in service signs. Rejects when they cannot be fetched. */
export function createMicrosoftKeys(parts: {
  /** The login host: `https://login.microsoftonline.com`. */
  readonly login: string;
  readonly https: HttpsExchange;
  readonly wall: () => number;
}): JWTVerifyGetKey {
  const login = new URL(parts.login).origin;
  let kept: { readonly keys: ReturnType<typeof createLocalJWKSet>; readonly at: number } | undefined;

  async function keys(fresh: boolean): Promise<ReturnType<typeof createLocalJWKSet>> {
    const now = parts.wall();
    if (kept && now - kept.at < (fresh ? askAgainMs : keysLiveMs)) return kept.keys;
    const answer = await parts.https.exchange({
      method: 'GET',
      url: `${login}/organizations/discovery/v2.0/keys`,
      timeoutMs: 10_000,
    });
    if (answer.status !== 200) throw new Error(`the sign-in service gave its keys with ${answer.status}`);
    kept = { keys: createLocalJWKSet(JSON.parse(answer.body) as JSONWebKeySet), at: now };
    return kept.keys;
  }

  return async (header, token) => {
    try {
      return await (await keys(false))(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return await (await keys(true))(header, token);
      throw error;
    }
  };
}

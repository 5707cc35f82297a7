import { Resolver } from 'node:dns/promises';

/**
 * Names to addresses, in the background of calls: a cached answer is used for its time to live and, when DNS is down or
 * says nonsense, the last good one for 24 h (F21). One look-up per name at a time.
 */
export interface NameResolver {
  resolve(host: string): Promise<readonly string[]>;
}

interface Known {
  addresses: readonly string[];
  freshUntil: number;
  usableUntil: number;
  asking: Promise<readonly string[]> | undefined;
}

const lastGoodMs = 24 * 3_600_000;
const shortestMs = 1_000;
const longestMs = 3_600_000;
const maxNames = 10_000;

/** `servers` as `127.0.0.1:5353`; without them the system's. */
export function createNameResolver(
  options: { servers?: readonly string[]; now?: () => number } = {},
): NameResolver {
  const now = options.now ?? (() => performance.now());
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  if (options.servers?.length) resolver.setServers(options.servers);
  const known = new Map<string, Known>();

  const ask = async (host: string, entry: Known): Promise<readonly string[]> => {
    try {
      const answers = await resolver.resolve4(host, { ttl: true });
      if (answers.length === 0) throw new Error(`${host} has no address`);
      const ttlMs = Math.min(...answers.map((answer) => answer.ttl)) * 1_000;
      entry.addresses = answers.map((answer) => answer.address);
      entry.freshUntil = now() + Math.min(Math.max(ttlMs, shortestMs), longestMs);
      entry.usableUntil = now() + lastGoodMs;
      return entry.addresses;
    } catch (error) {
      if (entry.addresses.length > 0 && now() < entry.usableUntil) return entry.addresses;
      known.delete(host);
      throw error;
    } finally {
      entry.asking = undefined;
    }
  };

  return {
    resolve(name) {
      const host = name.toLowerCase();
      if (host === 'localhost') return Promise.resolve(['127.0.0.1']);
      let entry = known.get(host);
      if (!entry) {
        if (known.size >= maxNames) known.clear();
        entry = { addresses: [], freshUntil: 0, usableUntil: 0, asking: undefined };
        known.set(host, entry);
      }
      if (entry.addresses.length > 0 && now() < entry.freshUntil) return Promise.resolve(entry.addresses);
      entry.asking ??= ask(host, entry);
      // A stale answer serves the call at once while the new one is fetched (teams-direct-routing 9, pitfall 32).
      if (entry.addresses.length > 0 && now() < entry.usableUntil) {
        entry.asking.catch(() => undefined);
        return Promise.resolve(entry.addresses);
      }
      return entry.asking;
    },
  };
}

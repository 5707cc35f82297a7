import type { RoutingDomainStore } from '@tandem/adapters/postgres/routing-domain-store.ts';
import type { ConnectionId } from '@tandem/domain';
import type { RoutingDomain } from '@tandem/engine/routing-domain/routing-domain.ts';

export interface KeptDomains {
  of(id: string): RoutingDomain | undefined;
  all(): readonly RoutingDomain[];
  add(domain: RoutingDomain): void;
  /** Keeps what became of a domain; one that was removed meanwhile does not come back by that. */
  put(domain: RoutingDomain): Promise<void>;
  drop(domain: RoutingDomain): void;
  /** Reads what could not be read and stores what could not be stored. Tells what goes wrong, never rejects. */
  catchUp(): Promise<void>;
  onChange(heard: (connectionId: ConnectionId) => void): () => void;
}

/** All routing domains of the platform in memory. */
export function createKeptDomains(store: RoutingDomainStore, onProblem: (what: string) => void): KeptDomains {
  const domains = new Map<string, RoutingDomain>();
  const listeners = new Set<(connectionId: ConnectionId) => void>();
  const unsaved = new Set<string>();
  let loaded = false;

  async function load(): Promise<void> {
    for (const one of await store.listAllForPlatform()) domains.set(one.id, one);
    loaded = true;
  }

  /** As it is now. What cannot be stored is stored with the next round: what Microsoft was made to do is not forgotten. */
  async function save(id: string): Promise<void> {
    const domain = domains.get(id);
    if (domain) await store.save(domain);
    if (domains.get(id) === domain) unsaved.delete(id);
  }

  const tell = ({ connectionId }: RoutingDomain): void => {
    for (const heard of listeners) heard(connectionId);
  };

  return {
    of: (id) => domains.get(id),
    all: () => [...domains.values()],
    add(domain) {
      domains.set(domain.id, domain);
      tell(domain);
    },
    async put(domain) {
      const before = domains.get(domain.id);
      if (!before) return;
      domains.set(domain.id, domain);
      const { checkedWallMs: _a, ...was } = before;
      const { checkedWallMs: _b, ...is } = domain;
      // That it was looked at again is not worth a write.
      if (JSON.stringify(was) === JSON.stringify(is)) return;
      unsaved.add(domain.id);
      tell(domain);
      await save(domain.id);
    },
    drop(domain) {
      domains.delete(domain.id);
      tell(domain);
    },
    async catchUp() {
      for (const id of unsaved)
        save(id).catch((error: Error) => onProblem(`routing domain is stored later: ${error.message}`));
      if (!loaded)
        await load().catch((error: Error) =>
          onProblem(`routing domains cannot be read now: ${error.message}`),
        );
    },
    onChange(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
  };
}

import { readDomain, verifyDomain } from '@tandem/adapters/graph/domains.ts';
import { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import { withDomainSeen } from '@tandem/engine/routing-domain/routing-domain.ts';
import type { DomainGround } from './ground.ts';

export interface DomainWatch {
  look: DomainGround['look'];
  start(): void;
  stop(): Promise<void>;
}

/** product-behaviour 1.3 PRV-010: "we check every minute". */
const checkEveryMs = 60_000;

/** What Microsoft says of each domain, every minute and when somebody asks. */
export function watchDomains({ parts, kept, meansOf, graphOf }: Omit<DomainGround, 'look'>): DomainWatch {
  const { clock } = parts;
  const looking = new Map<string, Promise<void>>();
  let stopped = false;
  let cancel: (() => void) | undefined;

  function look(id: string): Promise<void> {
    const known = looking.get(id);
    if (known) return known;
    const turn = lookNow(id)
      .catch((error: Error) => parts.onProblem(`routing domain not looked at: ${error.message}`))
      .finally(() => looking.delete(id));
    looking.set(id, turn);
    return turn;
  }

  async function lookNow(id: string): Promise<void> {
    let domain = kept.of(id);
    const graph = domain && graphOf(domain);
    if (!domain || !graph || domain.state === 'BY_HAND') return;
    const seen = await readDomain(graph, domain.host);
    domain = kept.of(id);
    if (!domain || stopped) return;
    if (seen instanceof GraphError) {
      await kept.put({ ...domain, problem: seen.message, checkedWallMs: clock.wall() });
      return;
    }
    const { problem: _, ...clean } = withDomainSeen(domain, seen, clock.wall());
    await kept.put(clean);
    // Where we may, Microsoft is asked to look at DNS again as well: every minute, as promised.
    if (clean.state === 'UNVERIFIED' && clean.publishedWallMs !== undefined && meansOf(clean).setup) {
      const verified = await verifyDomain(graph, clean.host);
      const now = kept.of(id);
      if (!now) return;
      if (verified.kind === 'done') await kept.put(withDomainSeen(now, { is: 'verified' }, clock.wall()));
      else if (verified.kind === 'refused') await kept.put({ ...now, problem: verified.say });
    }
  }

  const round = (): void => {
    if (stopped) return;
    void kept.catchUp();
    for (const { id } of kept.all()) void look(id);
    cancel = clock.after(checkEveryMs, round);
  };

  return {
    look,
    start: round,
    async stop() {
      stopped = true;
      cancel?.();
      await Promise.all(looking.values());
    },
  };
}

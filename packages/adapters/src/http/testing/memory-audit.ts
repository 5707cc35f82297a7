import type { AuditLog } from '@tandem/engine/ports/audit.ts';
import { ChainCheck, type ChainedEntry, firstPrevious, hashOf, headKey } from '../../audit/audit-chain.ts';
import type { AuditBoard } from '../services.ts';

const key = headKey(Buffer.alloc(32, 7));

/** The log over memory: chained like the real one, without signed heads. */
export function memoryAudit(clock: { wall(): number }): AuditBoard & AuditLog {
  const entries: ChainedEntry[] = [];
  const chainOf = (accountId: string | undefined): ChainedEntry[] =>
    entries.filter(({ chain }) => chain === (accountId ?? 'platform'));
  return {
    async note({ accountId, actor, action, object, before, after, reason }) {
      const last = chainOf(accountId).at(-1);
      const unhashed = {
        chain: accountId ?? 'platform',
        sequence: (last?.sequence ?? 0) + 1,
        atWallMs: clock.wall(),
        actor: { ...actor },
        action,
        object: { ...object },
        ...(before && { before }),
        ...(after && { after }),
        ...(reason !== undefined && { reason }),
        previous: last?.hash ?? firstPrevious,
      };
      entries.push({ ...unhashed, hash: hashOf(unhashed) });
    },
    async list(accountId, page = {}) {
      const { action } = page;
      return chainOf(accountId)
        .filter(
          (entry) =>
            (page.beforeSequence === undefined || entry.sequence < page.beforeSequence) &&
            (action === undefined ||
              (action.endsWith('.') ? entry.action.startsWith(action) : entry.action === action)) &&
            (page.objectId === undefined || entry.object.id === page.objectId) &&
            (page.actor === undefined || entry.actor.name === page.actor) &&
            entry.atWallMs >= (page.fromWallMs ?? 0) &&
            entry.atWallMs < (page.untilWallMs ?? Number.POSITIVE_INFINITY),
        )
        .reverse()
        .slice(0, page.limit ?? 100);
    },
    async check(accountId) {
      const check = new ChainCheck([], key);
      for (const entry of chainOf(accountId)) check.add(entry);
      return { chain: accountId ?? 'platform', ...check.end() };
    },
  };
}

import type { JudgedPerson, ReadinessBoard } from '@tandem/adapters/http/services.ts';
import type { Account, Person } from '@tandem/domain';
import { evaluateReadiness, ownFactsOf } from '@tandem/engine';

/** The judgement of a person at whom provisioning does not look: own facts, nothing of Microsoft's. */
function judgeByOwnFacts(account: Account, person: Person, nowWallMs: number): JudgedPerson {
  const own = ownFactsOf({
    account,
    person,
    tenant: { connection: { is: 'never' }, domain: 'unread', routing: 'unread' },
    nowWallMs,
  });
  const link = { state: 'OUT', sinceWallMs: nowWallMs } as const;
  return { report: evaluateReadiness({ ...own, link }, undefined, nowWallMs) };
}

/** What provisioning knows, else our own facts. */
export function createReadinessBoard(
  wall: () => number,
  provisioning: {
    judge(account: Account, person: Person): JudgedPerson | undefined;
    look(accountId: Account['id']): void;
  },
): ReadinessBoard {
  return {
    of: (account, person) => provisioning.judge(account, person) ?? judgeByOwnFacts(account, person, wall()),
    look: (accountId) => provisioning.look(accountId),
  };
}

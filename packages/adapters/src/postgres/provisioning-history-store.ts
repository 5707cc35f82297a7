import type { AccountId, PersonId } from '@tandem/domain';
import { type HistoryStep, mostHistorySteps } from '@tandem/engine';
import type { Database } from './database.ts';
import { isId } from './outcome.ts';

export interface PersonStep {
  readonly accountId: AccountId;
  readonly personId: PersonId;
  readonly step: HistoryStep;
}

/** What happened to links, the last steps of each person. */
export interface ProvisioningHistoryStore {
  /** All of one account, in order. */
  append(accountId: AccountId, steps: readonly PersonStep[]): Promise<void>;
  /** Newest first. */
  list(accountId: AccountId, personId: PersonId, limit: number): Promise<readonly HistoryStep[]>;
}

export function createProvisioningHistoryStore(db: Database): ProvisioningHistoryStore {
  return {
    async append(accountId, steps) {
      const own = steps.filter((one) => one.accountId === accountId && isId(one.personId));
      if (!isId(accountId) || own.length === 0) return;
      await db.withAccount(accountId, async (tx) => {
        await tx
          .insertInto('provisioning_steps')
          .values(
            own.map(({ personId, step }) => ({
              account_id: accountId,
              person_id: personId,
              at: new Date(step.atWallMs),
              step: JSON.stringify(step),
            })),
          )
          .execute();
        for (const personId of new Set(own.map((one) => one.personId))) {
          const oldest = tx
            .selectFrom('provisioning_steps')
            .select('id')
            .where('person_id', '=', personId)
            .orderBy('id', 'desc')
            .offset(mostHistorySteps)
            .limit(1);
          await tx
            .deleteFrom('provisioning_steps')
            .where('person_id', '=', personId)
            .where('id', '<=', oldest)
            .execute();
        }
      });
    },
    async list(accountId, personId, limit) {
      if (!isId(accountId) || !isId(personId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('provisioning_steps')
          .select('step')
          .where('person_id', '=', personId)
          .orderBy('id', 'desc')
          .limit(limit)
          .execute(),
      );
      return rows.map(({ step }) => step);
    },
  };
}

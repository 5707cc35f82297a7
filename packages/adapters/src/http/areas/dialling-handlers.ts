import type { diallingRoutes } from '@tandem/contract/areas/dialling-routes.ts';
import { type AccountId, asAccountId } from '@tandem/domain';
import type { DialledExplanation } from '@tandem/engine/dialling/explain-dialled.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow } from '../scope.ts';
import type { ApiServices } from '../services.ts';

/** From memory, as a call is decided. Undefined: there is no such account. */
export interface DiallingBoard {
  explain(accountId: AccountId, dialled: string): DialledExplanation | undefined;
}

/** What becomes of a number that somebody dials. */
export function diallingHandlers({ dialling }: ApiServices): HandlersOf<typeof diallingRoutes> {
  return {
    'dialling.explain': async ({ scope, input }) => {
      const { id } = input.params;
      const told =
        scope.kind !== 'person' && narrow(scope, id)
          ? dialling.explain(asAccountId(id), input.query.number)
          : undefined;
      if (!told) return new Refusal('not-found', { detail: 'There is no such account.' });
      const { owner, steps, carriers, ...rest } = told;
      return {
        ...rest,
        steps: [...steps],
        carriers: [...carriers],
        ...(owner?.kind === 'person' && { personId: owner.personId as string }),
      };
    },
  };
}

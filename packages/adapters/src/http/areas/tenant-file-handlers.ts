import { roleMay } from '@tandem/contract';
import type { tenantFileRoutes } from '@tandem/contract/areas/tenant-file-routes.ts';
import { asAccountId } from '@tandem/domain';
import { actorOf } from '../auth/actor.ts';
import type { Principal } from '../auth/principal.ts';
import { type Caller, type HandlersOf, TextAnswer } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import type { TenantFileAsker, TenantFileOutcome } from '../tenant-file-board.ts';

const noAccount = () => new Refusal('not-found', { detail: 'There is no such account.' });
const mostFaults = 20;

/** A whole account as one declarative file. */
export function tenantFileHandlers({ tenantFiles }: ApiServices): HandlersOf<typeof tenantFileRoutes> {
  /** A person's scope sees itself only, an account's file is about everybody. */
  const sees = (scope: Scope, account: string): boolean =>
    scope.kind !== 'person' && narrow(scope, account) !== undefined;
  const askerOf = (principal: Principal, caller: Caller): TenantFileAsker => ({
    ...actorOf(principal, caller),
    may: (permission) => roleMay(principal.role, permission),
  });
  return {
    'tenantFile.read': async ({ scope, input }) => {
      const { id } = input.params;
      const text = sees(scope, id) ? await tenantFiles.read(asAccountId(id)) : undefined;
      return text === undefined ? noAccount() : new TextAnswer(text, 200, 'text/yaml; charset=utf-8');
    },
    'tenantFile.plan': async ({ scope, input, principal, caller }) => {
      const { account, ...ask } = input.body;
      if (!sees(scope, account)) return noAccount();
      return answerOf(await tenantFiles.plan(asAccountId(account), ask, askerOf(principal, caller)));
    },
    'tenantFile.apply': async ({ scope, input, principal, caller }) => {
      const { account, ...ask } = input.body;
      if (!sees(scope, account)) return noAccount();
      return answerOf(await tenantFiles.apply(asAccountId(account), ask, askerOf(principal, caller)));
    },
  };
}

function answerOf<T>(outcome: TenantFileOutcome<T>): T | Refusal {
  switch (outcome.kind) {
    case 'done':
      return outcome.value;
    case 'unknown':
      return noAccount();
    case 'preview-outdated':
      return new Refusal('preview-outdated');
    case 'faults': {
      const { faults } = outcome;
      const more = faults.length - mostFaults;
      return new Refusal('invalid-request', {
        detail: `The file has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}; nothing was changed.`,
        errors: [
          ...faults
            .slice(0, mostFaults)
            .map(({ line, column, say }) => ({ path: `file:${line}:${column}`, message: say.slice(0, 500) })),
          ...(more > 0 ? [{ path: 'file', message: `and ${more} more` }] : []),
        ],
      });
    }
  }
}

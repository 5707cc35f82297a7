import type { NumberWho } from '@tandem/contract';
import type { AccountId, E164, Person } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { NumberHold, NumberRange, Workplace } from '../postgres/number-stock-store.ts';
import type { Scope } from './scope.ts';
import type { NumberOwner } from './services.ts';

export type NumberRefusal =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'invalid'; readonly field: string; readonly say: string }
  | { readonly kind: 'number-taken'; readonly say: string }
  | { readonly kind: 'number-held'; readonly say: string }
  | { readonly kind: 'number-in-use' }
  | { readonly kind: 'name-in-use'; readonly say: string }
  | { readonly kind: 'no-free-number' };

export interface NewPersonAsk {
  readonly accountId: AccountId;
  readonly displayName: string;
  readonly upn: string;
  readonly mail?: string | undefined;
  readonly extension?: string | undefined;
  readonly number?: E164 | 'next' | undefined;
  readonly teamsToggle: boolean;
  readonly platformLicence: boolean;
}

/** The stock of numbers, and people who come and leave with theirs. What the scope may not see is `unknown`. */
export interface NumberBoard {
  ranges(scope: Scope, accountId: AccountId | undefined): Promise<readonly NumberRange[]>;
  createRange(
    wanted: {
      readonly accountId: AccountId;
      readonly name: string;
      readonly first: E164;
      readonly last: E164;
      readonly when?: Workplace;
    },
    by: AuditActor,
  ): Promise<{ readonly kind: 'done'; readonly range: NumberRange } | NumberRefusal>;
  changeRange(
    scope: Scope,
    id: string,
    change: { readonly name?: string; readonly when?: Workplace | null },
    by: AuditActor,
  ): Promise<{ readonly kind: 'done'; readonly range: NumberRange } | NumberRefusal>;
  removeRange(scope: Scope, id: string, by: AuditActor): Promise<{ readonly kind: 'done' } | NumberRefusal>;
  add(
    accountId: AccountId,
    numbers: readonly E164[],
    by: AuditActor,
  ): Promise<{ readonly kind: 'done'; readonly added: number } | NumberRefusal>;
  hold(
    scope: Scope,
    number: E164,
    hold: NumberHold,
    by: AuditActor,
  ): Promise<{ readonly kind: 'done'; readonly entry: NumberOwner } | NumberRefusal>;
  remove(scope: Scope, number: E164, by: AuditActor): Promise<{ readonly kind: 'done' } | NumberRefusal>;
  suggest(
    scope: Scope,
    accountId: AccountId | undefined,
    from: { readonly rangeId?: string; readonly personId?: string },
  ): Promise<{ readonly number: E164; readonly range?: string } | undefined>;
  who(scope: Scope, number: E164): Promise<NumberWho>;
  createPerson(
    wanted: NewPersonAsk,
    by: AuditActor,
  ): Promise<{ readonly kind: 'done'; readonly person: Person } | NumberRefusal>;
  /** `forward`: who is rung meanwhile, as an admin wrote it; undefined: by the leaver rule. */
  leave(
    scope: Scope,
    personId: string,
    forward?: string,
  ): Promise<
    | {
        readonly kind: 'done';
        readonly numbers: readonly {
          readonly number: E164;
          readonly fate: string;
          readonly untilWallMs?: number;
        }[];
      }
    | NumberRefusal
  >;
  deletePerson(
    scope: Scope,
    personId: string,
    how: { readonly reason?: string | undefined; readonly forward?: string | undefined },
    by: AuditActor,
  ): Promise<{ readonly kind: 'done' } | NumberRefusal>;
}

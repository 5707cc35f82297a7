import type {
  DirectoryGroups,
  DirectoryPeople,
  DirectoryPerson,
  DirectoryState,
  ManagerProposal,
  Membership,
  Mismatches,
} from '@tandem/contract/tenant-directory.ts';
import type { Account, Person, PersonId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';

/** What was read of the accounts' Microsoft 365 tenants. From memory, but for the groups to choose from. */
export interface TenantDirectoryBoard {
  states(accountId: Account['id']): readonly DirectoryState[];
  /** Resolves when the reading is over or cannot be; never rejects. */
  refresh(accountId: Account['id']): Promise<void>;
  people(accountId: Account['id'], search: string | undefined, limit: number): DirectoryPeople;
  /** Users by their object id, and those whom people of ours are linked to. Who is not there is left out. */
  users(
    accountId: Account['id'],
    asked: { readonly objectIds: readonly string[]; readonly personIds: readonly PersonId[] },
  ): readonly DirectoryPerson[];
  /** Asks Microsoft; what keeps it from answering stands in `sentence`. */
  groups(accountId: Account['id'], search: string | undefined, limit: number): Promise<DirectoryGroups>;
  mismatches(accountId: Account['id'], people: readonly Person[]): Mismatches;
  /** `false`: there is no such held change any more. */
  decide(
    accountId: Account['id'],
    heldId: string,
    decision: 'confirm' | 'reject',
    by: AuditActor,
  ): Promise<boolean>;
  membership(person: Person): Membership;
  /** Asks Microsoft; what keeps it from answering is said, never thrown. */
  manager(person: Person): Promise<ManagerProposal>;
}

import type { AccountId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { type Selectable, sql } from 'kysely';
import type { SecretBox } from '../security/secret-box.ts';
import type { Database } from './database.ts';
import { isId } from './outcome.ts';
import type { Schema } from './schema.ts';

export interface StoredConsent {
  readonly given: boolean;
  /** Absent: nobody has decided yet. */
  readonly changedBy?: string;
  readonly changedWallMs?: number;
}

/** What an operation was asked for, as it came. */
export interface ProposedRequest {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

export interface ProposalProblem {
  readonly code: string;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly next: string;
}

/** `expired` is no state of the table: it follows from the time. */
export type StoredProposalState =
  | 'open'
  | 'carrying-out'
  | 'carried-out'
  | 'failed'
  | 'rejected'
  | 'withdrawn';

export type ShownProposalState = StoredProposalState | 'expired';

/** No operation takes as long: whoever carried it out is gone, and nobody knows how far that came. */
export const carryingOutAtMostMs = 10 * 60_000;

/** What the stored state means at this moment. */
export function shownState(
  {
    state,
    expiresWallMs,
    decidedWallMs = 0,
  }: Pick<StoredProposal, 'state' | 'expiresWallMs' | 'decidedWallMs'>,
  nowWallMs: number,
): ShownProposalState {
  if (state === 'open' && expiresWallMs <= nowWallMs) return 'expired';
  if (state === 'carrying-out' && decidedWallMs <= nowWallMs - carryingOutAtMostMs) return 'failed';
  return state;
}

export interface StoredProposal {
  readonly id: string;
  readonly accountId: AccountId;
  readonly operation: string;
  readonly sentence: string;
  /** Without secrets. */
  readonly shown: ProposedRequest;
  readonly proposedBy: AuditActor;
  readonly proposedWallMs: number;
  readonly expiresWallMs: number;
  readonly state: StoredProposalState;
  readonly decidedBy?: string;
  readonly decidedWallMs?: number;
  readonly reason?: string;
  readonly problem?: ProposalProblem;
}

export type NewProposal = Omit<
  StoredProposal,
  'state' | 'decidedBy' | 'decidedWallMs' | 'reason' | 'problem'
>;

export interface ProposalPage {
  readonly limit: number;
  /** Id of the last one of the page before. */
  readonly before?: string | undefined;
  readonly state?: ShownProposalState | undefined;
  readonly nowWallMs: number;
}

export interface ProposalMove {
  readonly to: StoredProposalState;
  readonly by: string;
  readonly atWallMs: number;
  readonly reason?: string | undefined;
  readonly problem?: ProposalProblem | undefined;
}

/** The customers' consents, and the proposals of the provider. `undefined` as account: of all, for the platform. */
export interface ConsentStore {
  consentOf(accountId: AccountId): Promise<StoredConsent>;
  /** False: it was so already, and nothing was written. */
  setConsent(accountId: AccountId, given: boolean, by: string, atWallMs: number): Promise<boolean>;
  /** Accounts that took their consent back. */
  withheldForPlatform(): Promise<ReadonlySet<AccountId>>;
  propose(proposal: NewProposal, request: ProposedRequest): Promise<void>;
  /** Newest first. */
  listProposals(accountId: AccountId | undefined, page: ProposalPage): Promise<readonly StoredProposal[]>;
  findProposal(accountId: AccountId | undefined, id: string): Promise<StoredProposal | undefined>;
  /** With its secrets. Undefined: it does not open under this master key. */
  requestOf(proposal: StoredProposal): Promise<ProposedRequest | undefined>;
  /** Undefined: it is in another state by now, or an open one is past its end, and nothing was changed. */
  moveProposal(
    proposal: StoredProposal,
    from: StoredProposalState,
    move: ProposalMove,
  ): Promise<StoredProposal | undefined>;
}

export function createConsentStore(db: Database, box: SecretBox): ConsentStore {
  const context = (id: string): string => `proposal:${id}`;
  const within: <T>(
    accountId: AccountId | undefined,
    why: string,
    work: Parameters<typeof db.withAccount<T>>[1],
  ) => Promise<T> = (accountId, why, work) =>
    accountId === undefined ? db.readPlatform(why, work) : db.withAccount(accountId, work);

  return {
    async consentOf(accountId) {
      if (!isId(accountId)) return { given: true };
      const row = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('provider_consents').selectAll().where('account_id', '=', accountId).executeTakeFirst(),
      );
      if (!row) return { given: true };
      return { given: row.given, changedBy: row.changed_by, changedWallMs: row.changed_at };
    },
    async setConsent(accountId, given, by, atWallMs) {
      const columns = { given, changed_by: by, changed_at: new Date(atWallMs) };
      const written = await db.withAccount(accountId, (tx) =>
        tx
          .insertInto('provider_consents')
          .values({ account_id: accountId, ...columns })
          .onConflict((on) =>
            on.column('account_id').doUpdateSet(columns).where('provider_consents.given', '!=', given),
          )
          .executeTakeFirst(),
      );
      return (written.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
    async withheldForPlatform() {
      const rows = await db.readPlatform('accounts without consent', (tx) =>
        tx.selectFrom('provider_consents').select('account_id').where('given', '=', false).execute(),
      );
      return new Set(rows.map(({ account_id }) => account_id));
    },
    async propose(proposal, request) {
      await db.withAccount(proposal.accountId, (tx) =>
        tx
          .insertInto('proposals')
          .values({
            id: proposal.id,
            account_id: proposal.accountId,
            operation: proposal.operation,
            sentence: proposal.sentence,
            shown: JSON.stringify(proposal.shown),
            request_sealed: box.seal(JSON.stringify(request), context(proposal.id)),
            proposed_by: JSON.stringify(proposal.proposedBy),
            proposed_at: new Date(proposal.proposedWallMs),
            expires_at: new Date(proposal.expiresWallMs),
            state: 'open',
          })
          .execute(),
      );
    },
    async listProposals(accountId, page) {
      if (accountId !== undefined && !isId(accountId)) return [];
      const now = new Date(page.nowWallMs);
      const rows = await within(accountId, 'list proposals', (tx) => {
        let query = tx.selectFrom('proposals').select(columns).orderBy('id', 'desc').limit(page.limit);
        if (accountId !== undefined) query = query.where('account_id', '=', accountId);
        if (page.before !== undefined && isId(page.before)) query = query.where('id', '<', page.before);
        const { state } = page;
        if (state === undefined) return query.execute();
        const lost = new Date(page.nowWallMs - carryingOutAtMostMs);
        return query.where(shownAs(state, now, lost)).execute();
      });
      return rows.map(proposalOf);
    },
    async findProposal(accountId, id) {
      if (!isId(id) || (accountId !== undefined && !isId(accountId))) return undefined;
      const row = await within(accountId, 'find proposal', (tx) =>
        tx.selectFrom('proposals').select(columns).where('id', '=', id).executeTakeFirst(),
      );
      return row && proposalOf(row);
    },
    async requestOf({ accountId, id }) {
      const row = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('proposals').select('request_sealed').where('id', '=', id).executeTakeFirst(),
      );
      const text = row && box.open(row.request_sealed, context(id));
      return text === undefined ? undefined : (JSON.parse(text) as ProposedRequest);
    },
    async moveProposal({ accountId, id }, from, { to, by, atWallMs, reason, problem }) {
      const row = await db.withAccount(accountId, (tx) => {
        let query = tx
          .updateTable('proposals')
          .set({
            state: to,
            decided_by: by,
            decided_at: new Date(atWallMs),
            reason: reason ?? null,
            problem: problem ? JSON.stringify(problem) : null,
          })
          .where('id', '=', id)
          .where('state', '=', from);
        if (from === 'open') query = query.where(sql`expires_at`, '>', new Date(atWallMs));
        return query.returning(columns).executeTakeFirst();
      });
      return row && proposalOf(row);
    },
  };
}

/** `shownState` as the database says it. */
function shownAs(state: ShownProposalState, now: Date, lost: Date) {
  const as = (stored: StoredProposalState) => sql<boolean>`state = ${stored}`;
  switch (state) {
    case 'open':
      return sql<boolean>`(${as('open')} and expires_at > ${now})`;
    case 'expired':
      return sql<boolean>`(${as('open')} and expires_at <= ${now})`;
    case 'carrying-out':
      return sql<boolean>`(${as('carrying-out')} and decided_at > ${lost})`;
    case 'failed':
      return sql<boolean>`(${as('failed')} or (${as('carrying-out')} and decided_at <= ${lost}))`;
    default:
      return as(state);
  }
}

/** All but the sealed request, which may be megabytes. */
const columns = [
  'id',
  'account_id',
  'operation',
  'sentence',
  'shown',
  'proposed_by',
  'proposed_at',
  'expires_at',
  'state',
  'decided_by',
  'decided_at',
  'reason',
  'problem',
] as const;

const proposalOf = (
  row: Pick<Selectable<Schema['proposals']>, (typeof columns)[number]>,
): StoredProposal => ({
  id: row.id,
  accountId: row.account_id,
  operation: row.operation,
  sentence: row.sentence,
  shown: row.shown,
  proposedBy: row.proposed_by,
  proposedWallMs: row.proposed_at,
  expiresWallMs: row.expires_at,
  state: row.state,
  ...(row.decided_by !== null && { decidedBy: row.decided_by }),
  ...(row.decided_at !== null && { decidedWallMs: row.decided_at }),
  ...(row.reason !== null && { reason: row.reason }),
  ...(row.problem !== null && { problem: row.problem }),
});

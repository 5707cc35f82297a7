import type { AccountId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import type {
  ConsentStore,
  ProposalProblem,
  ProposedRequest,
  ShownProposalState,
  StoredConsent,
  StoredProposal,
} from '../../postgres/consent-store.ts';

/** Who tells administrators of what waits for them, and of what was done without them. */
export interface ProposalsHeard {
  proposed(proposal: StoredProposal): void;
  rescued(proposal: StoredProposal, by: AuditActor): void;
}

/** Consents of customers and proposals of the provider, with who did what in the account's audit. */
export interface ConsentBoard
  extends Pick<ConsentStore, 'consentOf' | 'withheldForPlatform' | 'findProposal' | 'requestOf'> {
  setConsent(accountId: AccountId, given: boolean, by: AuditActor, reason?: string): Promise<StoredConsent>;
  list(
    accountId: AccountId | undefined,
    page: {
      readonly limit: number;
      readonly before?: string | undefined;
      readonly state?: ShownProposalState | undefined;
    },
  ): Promise<readonly StoredProposal[]>;
  propose(
    wanted: Pick<StoredProposal, 'accountId' | 'operation' | 'sentence' | 'shown'>,
    request: ProposedRequest,
    by: AuditActor,
  ): Promise<StoredProposal>;
  /** Undefined: it is not open any more. Whoever gets it is the only one, and says afterwards what came of it. */
  claim(proposal: StoredProposal, by: AuditActor): Promise<StoredProposal | undefined>;
  settle(
    claimed: StoredProposal,
    to: 'carried-out' | 'failed' | 'open',
    by: AuditActor,
    problem?: ProposalProblem,
  ): Promise<StoredProposal>;
  /** Carried out by the provider itself, to help in who is locked out. */
  rescued(claimed: StoredProposal, by: AuditActor): Promise<StoredProposal>;
  /** Undefined: it is not open any more. */
  close(
    proposal: StoredProposal,
    to: 'rejected' | 'withdrawn',
    by: AuditActor,
    reason?: string,
  ): Promise<StoredProposal | undefined>;
}

export interface ConsentBoardParts {
  readonly store: ConsentStore;
  readonly audit: AuditLog;
  readonly newId: () => string;
  readonly wall: () => number;
  readonly heard?: ProposalsHeard;
}

const proposalLivesMs = 30 * 24 * 3_600_000;
const actions = {
  'carried-out': 'proposal.approve',
  failed: 'proposal.fail',
  open: 'proposal.fail',
  rejected: 'proposal.reject',
  withdrawn: 'proposal.withdraw',
} as const;

export function createConsentBoard({ store, audit, newId, wall, heard }: ConsentBoardParts): ConsentBoard {
  const note = (
    proposal: StoredProposal,
    action: string,
    by: AuditActor,
    more: { readonly reason?: string | undefined; readonly problem?: ProposalProblem | undefined } = {},
  ) =>
    audit.note({
      accountId: proposal.accountId,
      actor: by,
      action,
      object: { kind: 'proposal', id: proposal.id, label: proposal.sentence.slice(0, 200) },
      after: {
        operation: proposal.operation,
        proposedBy: proposal.proposedBy.name,
        ...(more.problem && { problem: more.problem.code }),
      },
      ...(more.reason !== undefined && { reason: more.reason }),
    });

  return {
    consentOf: (accountId) => store.consentOf(accountId),
    withheldForPlatform: () => store.withheldForPlatform(),
    findProposal: (accountId, id) => store.findProposal(accountId, id),
    requestOf: (proposal) => store.requestOf(proposal),
    list: (accountId, page) => store.listProposals(accountId, { ...page, nowWallMs: wall() }),
    async setConsent(accountId, given, by, reason) {
      const before = await store.consentOf(accountId);
      const changed = await store.setConsent(accountId, given, by.name, wall());
      if (changed)
        await audit.note({
          accountId,
          actor: by,
          action: given ? 'consent.give' : 'consent.take-back',
          object: { kind: 'account', id: accountId },
          before: { providerMayAct: before.given },
          after: { providerMayAct: given },
          ...(reason !== undefined && { reason }),
        });
      return await store.consentOf(accountId);
    },
    async propose(wanted, request, by) {
      const at = wall();
      const proposal: StoredProposal = {
        ...wanted,
        id: newId(),
        proposedBy: by,
        proposedWallMs: at,
        expiresWallMs: at + proposalLivesMs,
        state: 'open',
      };
      await store.propose(proposal, request);
      await note(proposal, 'proposal.make', by);
      heard?.proposed(proposal);
      return proposal;
    },
    claim: (proposal, by) =>
      store.moveProposal(proposal, 'open', { to: 'carrying-out', by: by.name, atWallMs: wall() }),
    async settle(claimed, to, by, problem) {
      const move = { to, by: by.name, atWallMs: wall(), problem };
      const settled = await store.moveProposal(claimed, 'carrying-out', move);
      await note(claimed, actions[to], by, { problem });
      return settled ?? claimed;
    },
    async rescued(claimed, by) {
      const move = { to: 'carried-out', by: by.name, atWallMs: wall() } as const;
      const settled = await store.moveProposal(claimed, 'carrying-out', move);
      await note(claimed, 'proposal.rescue', by);
      heard?.rescued(claimed, by);
      return settled ?? claimed;
    },
    async close(proposal, to, by, reason) {
      const closed = await store.moveProposal(proposal, 'open', {
        to,
        by: by.name,
        atWallMs: wall(),
        reason,
      });
      if (closed) await note(closed, actions[to], by, { reason });
      return closed;
    },
  };
}

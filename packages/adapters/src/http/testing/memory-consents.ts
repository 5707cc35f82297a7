import type {
  ConsentStore,
  NewProposal,
  ProposedRequest,
  StoredConsent,
  StoredProposal,
} from '../../postgres/consent-store.ts';
import { shownState } from '../../postgres/consent-store.ts';

/** Consents and proposals in memory; `samples` hold no secrets, so what is shown of them is what was asked. */
export function memoryConsents(samples: readonly NewProposal[] = []): ConsentStore {
  const consents = new Map<string, StoredConsent>();
  const proposals = new Map<string, StoredProposal>();
  const requests = new Map<string, ProposedRequest>();
  for (const sample of samples) {
    proposals.set(sample.id, { ...sample, state: 'open' });
    requests.set(sample.id, sample.shown);
  }
  return {
    consentOf: async (accountId) => consents.get(accountId) ?? { given: true },
    async setConsent(accountId, given, by, atWallMs) {
      if (consents.get(accountId)?.given === given) return false;
      consents.set(accountId, { given, changedBy: by, changedWallMs: atWallMs });
      return true;
    },
    withheldForPlatform: async () =>
      new Set([...consents].flatMap(([id, { given }]) => (given ? [] : [id as StoredProposal['accountId']]))),
    async propose(proposal, request) {
      proposals.set(proposal.id, { ...proposal, state: 'open' });
      requests.set(proposal.id, structuredClone(request));
    },
    listProposals: async (accountId, { limit, before, state, nowWallMs }) =>
      [...proposals.values()]
        .filter((one) => accountId === undefined || one.accountId === accountId)
        .filter((one) => state === undefined || shownState(one, nowWallMs) === state)
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .filter((one) => before === undefined || one.id < before)
        .slice(0, limit),
    async findProposal(accountId, id) {
      const found = proposals.get(id);
      return found && (accountId === undefined || found.accountId === accountId) ? found : undefined;
    },
    requestOf: async ({ id }) => requests.get(id),
    async moveProposal({ id }, from, { to, by, atWallMs, reason, problem }) {
      const found = proposals.get(id);
      if (!found || found.state !== from) return undefined;
      if (from === 'open' && found.expiresWallMs <= atWallMs) return undefined;
      const { reason: _reason, problem: _problem, ...rest } = found;
      const moved: StoredProposal = {
        ...rest,
        state: to,
        decidedBy: by,
        decidedWallMs: atWallMs,
        ...(reason !== undefined && { reason }),
        ...(problem && { problem }),
      };
      proposals.set(id, moved);
      return moved;
    },
  };
}

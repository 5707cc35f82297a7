import type { NewProposal, ProposedRequest } from '../../postgres/consent-store.ts';
import { lockedOutId } from './memory-access-board.ts';
import * as world from './sample-world.ts';

const day = 24 * 3_600_000;
const sampleId = (last: number): string => `00000000-0000-6000-8000-${String(last).padStart(12, '0')}`;

/** To read, to approve, to reject, to withdraw; one of the other account. */
export const sampleProposalIds = {
  read: sampleId(1),
  approve: sampleId(2),
  reject: sampleId(3),
  withdraw: sampleId(4),
  globex: sampleId(5),
  rescue: sampleId(6),
} as const;

/** What the operator proposed to both customers before they gave their consent. */
export function sampleProposals(nowWallMs: number): readonly NewProposal[] {
  const proposed = (
    id: string,
    accountId: NewProposal['accountId'],
    operation: string,
    sentence: string,
    shown: ProposedRequest,
    ageDays: number,
  ): NewProposal => ({
    id,
    accountId,
    operation,
    sentence,
    shown,
    proposedBy: { kind: 'user', name: 'operator', role: 'operator' },
    proposedWallMs: nowWallMs - ageDays * day,
    expiresWallMs: nowWallMs + (30 - ageDays) * day,
  });
  const ofDana = { params: { id: world.danaId }, query: {} };
  const tagged = (tag: string) => ({ ...ofDana, body: { tags: [tag] } });
  const tags = (tag: string) => `Dana Fields (dana@acme.example): set tags to ["${tag}"].`;
  return [
    proposed(
      sampleProposalIds.read,
      world.acmeId,
      'people.change',
      'Dana Fields (dana@acme.example): set platformLicence to false.',
      { ...ofDana, body: { platformLicence: false } },
      4,
    ),
    proposed(sampleProposalIds.approve, world.acmeId, 'tags.set', tags('Sales'), tagged('Sales'), 3),
    proposed(sampleProposalIds.reject, world.acmeId, 'tags.set', tags('Support'), tagged('Support'), 2),
    proposed(sampleProposalIds.withdraw, world.acmeId, 'tags.set', tags('Berlin'), tagged('Berlin'), 1),
    proposed(
      sampleProposalIds.rescue,
      world.acmeId,
      'signIns.newPassword',
      'it@acme.example: a new password, shown this once; ends the sessions of that sign-in.',
      { params: { id: lockedOutId }, query: {} },
      5,
    ),
    proposed(
      sampleProposalIds.globex,
      world.globexId,
      'tags.set',
      'Greta Weiss (greta@globex.example): set tags to ["Board"].',
      { params: { id: world.gretaId }, query: {}, body: { tags: ['Board'] } },
      2,
    ),
  ];
}

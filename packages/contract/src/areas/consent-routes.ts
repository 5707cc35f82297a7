import { z } from 'zod';
import { id, page, paging, text } from '../common.ts';
import { proposal, proposalStates, proposedChange, providerConsent } from '../consent.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });
const consentOf = '/api/v1/accounts/{id}/provider-consent';

/** The customer lets the provider act, or decides about each of its changes. */
export const consentRoutes = defineRoutes({
  'consent.read': {
    method: 'GET',
    path: consentOf,
    summary: 'Whether the provider may change things of this account by itself, and who decided so',
    permission: 'consent:read',
    account: 'resource',
    params: byId,
    response: providerConsent,
    problems: [],
  },
  'consent.change': {
    method: 'PUT',
    path: consentOf,
    summary: 'Give the provider the consent to act, or take it back: from then on its changes are proposals',
    permission: 'consent:give',
    account: 'resource',
    params: byId,
    body: z.strictObject({ given: z.boolean(), reason: text(500).optional() }),
    response: providerConsent,
    problems: [],
  },
  'proposals.list': {
    method: 'GET',
    path: '/api/v1/proposals',
    summary: 'What the provider proposed, newest first',
    permission: 'consent:read',
    account: 'scope',
    query: z.object({ account: id.optional(), ...paging, state: z.enum(proposalStates).optional() }),
    response: page(proposal),
    problems: [],
  },
  'proposals.read': {
    method: 'GET',
    path: '/api/v1/proposals/{id}',
    summary: 'One proposal, and what it would change as things are now',
    permission: 'consent:read',
    account: 'resource',
    params: byId,
    response: proposal.extend({
      changes: z
        .array(proposedChange)
        .describe('Fields that would be another; empty where the thing cannot be read by field'),
    }),
    problems: [],
  },
  'proposals.approve': {
    method: 'POST',
    path: '/api/v1/proposals/{id}/approve',
    summary: 'Carry it out now, as if the provider asked with the consent',
    permission: 'proposals:decide',
    account: 'resource',
    params: byId,
    response: z.object({
      proposal,
      answer: z.unknown().optional().describe('What the operation answered; kept nowhere'),
    }),
    problems: ['wrong-state'],
  },
  'proposals.rescue': {
    method: 'POST',
    path: '/api/v1/proposals/{id}/rescue',
    summary:
      'The provider gives an administrator who is locked out the proposed new password: three days after it was proposed, if no administrator of the account signed in since. All of them are told by mail where there is a mail server',
    permission: 'proposals:rescue',
    account: 'resource',
    params: byId,
    response: z.object({
      proposal,
      answer: z.unknown().optional().describe('The password, shown this once'),
    }),
    problems: ['wrong-state'],
  },
  'proposals.reject': {
    method: 'POST',
    path: '/api/v1/proposals/{id}/reject',
    summary: 'Refuse it, with the reason that the provider reads',
    permission: 'proposals:decide',
    account: 'resource',
    params: byId,
    body: z.strictObject({ reason: text(500) }),
    response: proposal,
    problems: ['wrong-state'],
  },
  'proposals.withdraw': {
    method: 'POST',
    path: '/api/v1/proposals/{id}/withdraw',
    summary: 'The provider takes its proposal back',
    permission: 'proposals:withdraw',
    account: 'resource',
    params: byId,
    body: z.strictObject({ reason: text(500).optional() }),
    response: proposal,
    problems: ['wrong-state'],
  },
});

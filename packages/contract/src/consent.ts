import { z } from 'zod';
import { id, plain, timestamp } from './common.ts';
import type { RouteSpec } from './route.ts';

/** Whether the provider may change things of an account by itself. */
export const providerConsent = z.object({
  accountId: id,
  given: z.boolean().describe('Without it what the provider changes is kept as proposals'),
  changedBy: plain.optional().describe('Absent: nobody has decided yet, and it is given'),
  changedAt: timestamp.optional(),
});
export type ProviderConsent = z.infer<typeof providerConsent>;

export const proposalStates = [
  'open',
  'carrying-out',
  'carried-out',
  'failed',
  'rejected',
  'withdrawn',
  'expired',
] as const;
export type ProposalState = (typeof proposalStates)[number];

/** What the provider would change, kept until an administrator of the customer decides. */
export const proposal = z.object({
  id,
  accountId: id,
  operation: plain.describe('The operation of the API that is meant, for example `people.change`'),
  sentence: plain.describe('What it would do'),
  params: z.record(z.string(), z.unknown()).describe('Of the path'),
  query: z.record(z.string(), z.unknown()),
  body: z.unknown().optional().describe('As it was asked for; secrets are never given'),
  state: z.enum(proposalStates),
  proposedBy: plain,
  proposedAt: timestamp,
  expiresAt: timestamp.describe('Nobody can approve it after that'),
  decidedBy: plain.optional().describe('Who approved, rejected or withdrew it'),
  decidedAt: timestamp.optional(),
  reason: plain.optional().describe('Why it was rejected or withdrawn'),
  problem: z
    .object({ code: plain, title: plain, detail: plain.optional(), next: plain })
    .optional()
    .describe(
      'Why it could not be carried out when it was approved; while the state is `open` it may be tried again',
    ),
});
export type Proposal = z.infer<typeof proposal>;

/** One field as it is now and as it would be. */
export const proposedChange = z.object({ field: plain, now: z.unknown().optional(), wanted: z.unknown() });
export type ProposedChange = z.infer<typeof proposedChange>;

/** The header that tells a proposal from any other 202. */
export const proposalHeader = 'tandem-proposal';

/** What a writing operation answers when it became a proposal: readable like a problem, but nothing went wrong. */
export const keptAsProposal = z.object({
  code: z.literal('kept-as-proposal'),
  title: plain,
  detail: plain.describe('What would be done'),
  next: plain,
  proposal: id,
});

/**
 * What an operator may do without the consent: `acts` looks, tries again, or is the provider's own side or a brake; `refused`
 * cannot wait for somebody else. Every other write is kept as a proposal, so a new operation is one without being named.
 */
export type WithoutConsent = 'acts' | 'refused' | 'proposal';

const table: Readonly<Record<string, { readonly how: 'acts' | 'refused'; readonly why: string }>> = {
  'connections.recheck': { how: 'acts', why: 'looks again' },
  'directory.refresh': { how: 'acts', why: 'looks again' },
  'provisioning.recheck': { how: 'acts', why: 'looks again' },
  'provisioning.retry': { how: 'acts', why: 'tries again what the customer decided' },
  'presenceSync.startRun': { how: 'acts', why: 'reads once more, by the rules of the customer' },
  'presence.fix': { how: 'acts', why: 'takes back what is ours and reads again' },
  'webhooks.test': { how: 'acts', why: 'tells the customer’s address that it is heard' },
  'provisioning.preview': { how: 'acts', why: 'a preview changes nothing' },
  'provisioning.takeOverPreview': { how: 'acts', why: 'a preview changes nothing' },
  'presenceSync.preview': { how: 'acts', why: 'a preview changes nothing' },
  'tenantFile.plan': { how: 'acts', why: 'a plan changes nothing' },
  'jobs.create': { how: 'acts', why: 'a previewed job changes nothing; starting it is a proposal' },
  'jobs.undo': { how: 'acts', why: 'a previewed job changes nothing; starting it is a proposal' },
  'jobs.pause': { how: 'acts', why: 'a brake: a bulk job that does harm is stopped at once' },
  'calls.hangUp': { how: 'acts', why: 'a brake: fraud and stuck calls are ended at once' },
  'proposals.rescue': {
    how: 'acts',
    why: 'helps in an administrator who is locked out; announced to all of them three days before',
  },
  'accounts.create': { how: 'acts', why: 'there is no customer yet who could consent' },
  'session.create': { how: 'acts', why: 'signs in' },
  'session.microsoft': { how: 'acts', why: 'signs in' },
  'session.microsoftReturn': { how: 'acts', why: 'signs in' },
  'session.delete': { how: 'acts', why: 'signs out' },
  'connections.signIn': { how: 'refused', why: 'goes on in the browser of who begins it' },
  'connections.consent': { how: 'refused', why: 'goes on in the browser of who begins it' },
  'connections.complete': {
    how: 'acts',
    why: 'only for accounts whose consent is there when Microsoft sends the browser back',
  },
  'ownConnection.complete': {
    how: 'acts',
    why: 'only for accounts whose consent is there when Microsoft sends the browser back',
  },
  'acceleration.begin': { how: 'refused', why: 'goes on in the browser of who begins it' },
  'connections.approvalLink': { how: 'refused', why: 'the answer is a link that counts at once' },
  'routingDomains.script': { how: 'refused', why: 'the answer is a script that counts at once' },
};

/** Of an account the provider's own side: that it is a customer, and whether it has the Teams service. */
const providersOwn: ReadonlySet<string> = new Set(['status', 'teams']);

export function withoutConsent(id: string, route: RouteSpec, body?: unknown): WithoutConsent {
  if (route.method === 'GET' || route.permission === 'public') return 'acts';
  if (id === 'accounts.change') {
    const fields = Object.keys((body ?? {}) as object);
    return fields.length > 0 && fields.every((field) => providersOwn.has(field)) ? 'acts' : 'proposal';
  }
  // Own keys only: an operation's name never reaches into what every object has.
  return Object.hasOwn(table, id) ? (table[id]?.how ?? 'proposal') : 'proposal';
}

/** For documents and tests: every exception with its reason. */
export const actsWithoutConsent = Object.entries(table).map(([operation, row]) => ({ operation, ...row }));

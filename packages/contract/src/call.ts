import { z } from 'zod';
import { id, timestamp } from './common.ts';

export const callDirections = [
  'from-teams',
  'from-phone',
  'to-teams',
  'to-phone',
  'to-person',
  'to-queue',
  'internal',
] as const;
export const resultClasses = ['answered', 'busy', 'no-answer', 'cancelled', 'refused', 'failed'] as const;
export const endedByNames = ['caller', 'callee', 'platform', 'node-crash', 'sweeper'] as const;
export const closedByNames = ['normal', 'crash', 'sweeper'] as const;
/** What a live call is doing; finished calls have a result instead. */
export const callPhases = ['setting-up', 'ringing', 'talking', 'ending'] as const;

export const callerNameSources = ['platform', 'directory', 'network'] as const;
export const callerName = z.object({
  text: z.string(),
  source: z
    .enum(callerNameSources)
    .describe(
      '`platform`: a person or phone of the account. `directory`: the account’s directory at Microsoft. `network`: as it was sent, which proves nothing',
    ),
});
export type CallerName = z.infer<typeof callerName>;

export const callSummary = z.object({
  id,
  accountId: id.optional().describe('Absent only when nobody could be told to be the customer'),
  state: z.enum(['live', 'finished']),
  phase: z.enum(callPhases).optional().describe('Live calls only'),
  direction: z.enum(callDirections),
  emergency: z.boolean(),
  from: z.string(),
  callerName: callerName.optional().describe('Absent: nobody knows it, or the caller hides'),
  to: z.string(),
  personId: id.optional(),
  carrierId: id.optional(),
  hub: z.string().optional(),
  invitedAt: timestamp,
  ringingMs: z.number().optional().describe('INVITE in to the first 18x'),
  answeredMs: z.number().optional().describe('INVITE in to 200'),
  endedAt: timestamp.optional(),
  talkMs: z.number().optional(),
  result: z.enum(resultClasses).optional(),
  status: z.number().int().optional().describe('SIP final answer towards the caller'),
  q850: z.number().int().optional(),
  code: z.string().optional().describe('Stable code of the verdict'),
  sentence: z.string().optional().describe('The verdict in words'),
  queue: z
    .object({
      queueId: id,
      name: z.string(),
      waitedMs: z.number().optional().describe('INVITE in to the answer of a member'),
      memberId: id.optional().describe('Who answered'),
    })
    .optional()
    .describe('The queue that was called'),
});
export type CallSummary = z.infer<typeof callSummary>;

export const routeAttempt = z.object({
  target: z.string(),
  atMs: z.number().describe('Since INVITE'),
  result: z.string(),
});

export const legMedia = z.object({
  codec: z.string().optional(),
  srtpSuite: z.string().optional(),
  localAddress: z.string().optional(),
  remoteAddress: z.string().optional(),
  packetsIn: z.number(),
  packetsOut: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  lostIn: z.number(),
  jitterMs: z.number(),
  rejected: z.record(z.string(), z.number()),
});

export const callLeg = z.object({
  side: z.enum(['a', 'b']),
  role: z.enum(['teams', 'carrier', 'phone']),
  sipCallId: z.string(),
  peer: z.string().optional(),
  media: legMedia.optional(),
});

export const call = callSummary.extend({
  fromAsReceived: z.string(),
  toAsDialled: z.string(),
  legs: z.array(callLeg),
  attempts: z.array(routeAttempt),
  setupMs: z.number().optional().describe('INVITE in to INVITE out'),
  endedBy: z.enum(endedByNames).optional(),
  closedBy: z.enum(closedByNames).optional(),
  why: z.array(z.string()).describe('In words, in order: why it went where it went'),
  microsoftCorrelationId: z.string().optional().describe("The handle for Microsoft's support"),
});
export type Call = z.infer<typeof call>;

export const ladderEntry = z.object({
  atMs: z.number().describe("Since the call's first INVITE"),
  leg: z.enum(['a', 'b']),
  direction: z.enum(['in', 'out']),
  peer: z.string().describe('`TLS 127.0.0.1:16111`, or `step` for a step of our own'),
  text: z
    .string()
    .describe('The message as it was on the wire, keys and credentials removed; a sentence for a step'),
});
export type LadderEntry = z.infer<typeof ladderEntry>;

export const ladder = z.object({ callId: id, entries: z.array(ladderEntry) });
export type Ladder = z.infer<typeof ladder>;

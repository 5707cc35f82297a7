import { z } from 'zod';
import { id, timestamp } from './common.ts';

const heard = z.object({
  lastAt: timestamp.optional().describe('Absent: never'),
  ageSeconds: z.number().optional(),
  status: z.number().int().optional().describe('SIP status of the answer'),
  rttMs: z.number().optional(),
});

export const peer = z.object({
  id: z.string(),
  kind: z.enum(['hub', 'carrier']),
  name: z.string(),
  address: z.string().describe('host:port, with the protocol before it'),
  accountId: id.optional().describe('For a carrier that belongs to one account'),
  state: z.enum(['up', 'degraded', 'down', 'unknown']),
  sentence: z.string().describe('The state in words, with the next step when there is one'),
  since: timestamp.optional().describe('Since when the state holds'),
  weAsk: heard.describe('Our OPTIONS to the peer and its last answer'),
  theyAsk: heard.describe("The peer's OPTIONS to us"),
});
export type Peer = z.infer<typeof peer>;

export const peers = z.object({
  sentence: z.string().describe('All of it in one line'),
  at: timestamp,
  items: z.array(peer),
});
export type Peers = z.infer<typeof peers>;

export const peerQuery = z.object({ kind: z.enum(['hub', 'carrier']).optional() });

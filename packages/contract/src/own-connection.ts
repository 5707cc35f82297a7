import { z } from 'zod';
import { id, plain, timestamp } from './common.ts';

/** Sign-ins of people at Microsoft: one’s own connection for presence, and those that make presence of an account faster. */

export const ownConnectionStates = ['none', 'connected', 'interrupted'] as const;
export type OwnConnectionState = (typeof ownConnectionStates)[number];
export const ownConnectionModes = ['off', 'fallback', 'always'] as const;
export type OwnConnectionMode = (typeof ownConnectionModes)[number];

export const ownConnection = z.object({
  personId: id,
  offered: z.boolean().describe('The account lets people connect their own Microsoft account'),
  state: z.enum(ownConnectionStates),
  account: z.string().optional().describe('Who it is at Microsoft'),
  since: timestamp.optional(),
  checkedAt: timestamp.optional().describe('Microsoft last confirmed the sign-in'),
  inUse: z.boolean().describe('Presence is read and written by it now'),
  sentence: plain,
  next: plain.optional().describe('What to do'),
});
export type OwnConnectionView = z.infer<typeof ownConnection>;

export const beginOwnConnection = z.strictObject({
  returnTo: z.string().max(512).describe('`<portal>/connect/callback`, as registered with the app'),
});

export const ownReturnOutcome = z.object({
  use: z.enum(['own', 'accelerator']),
  accountId: id,
  sentence: plain,
});

export const accelerationStates = ['off', 'no-sign-in', 'starting', 'active', 'waiting'] as const;
export type AccelerationState = (typeof accelerationStates)[number];

export const acceleration = z.object({
  accountId: id,
  ownConnections: z
    .enum(ownConnectionModes)
    .describe(
      'Own connections of people. `fallback`: where the organisation’s does not serve. `always`: before it',
    ),
  accelerate: z.boolean().describe('Let Microsoft tell of changes of presence'),
  state: z.enum(accelerationStates),
  people: z.number().int().describe('Whose presence is read'),
  watched: z.number().int().describe('Of whom Microsoft tells now'),
  sentence: plain,
  signIns: z.array(
    z.object({
      id,
      account: z.string().describe('Who it is at Microsoft'),
      entraTenantId: z.string(),
      state: z.enum(['connected', 'interrupted']),
      since: timestamp,
      watched: z.number().int(),
      sentence: plain,
      next: plain.optional(),
    }),
  ),
});
export type AccelerationView = z.infer<typeof acceleration>;

export const changeAcceleration = z.strictObject({
  ownConnections: z.enum(ownConnectionModes).optional(),
  accelerate: z.boolean().optional(),
});

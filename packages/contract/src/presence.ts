import { z } from 'zod';
import { id, timestamp } from './common.ts';

export const presenceLabels = [
  'available',
  'ringing',
  'on_call',
  'on_hold',
  'in_conference',
  'in_meeting',
  'presenting',
  'calendar_busy',
  'busy',
  'dnd',
  'focusing',
  'be_right_back',
  'away',
  'out_of_office',
  'offline',
  'appear_offline',
  'unknown',
] as const;

/** A person's state as the platform says it: an own answered call counts at once, else what Teams showed last. */
export const presence = z.object({
  label: z.enum(presenceLabels),
  sentence: z.string().describe('The state and where it comes from, in words'),
  source: z.enum(['platform-call', 'teams', 'none']),
  outOfOffice: z.boolean().optional(),
  /** Not read within the time in which it should have been. */
  stale: z.boolean(),
  since: timestamp.optional().describe('Since when the label is what it is, as far as was seen'),
  teams: z
    .object({
      availability: z.string().nullable(),
      activity: z.string().nullable(),
      readAt: timestamp,
    })
    .optional()
    .describe('As Microsoft said it last; absent while never read'),
  written: z
    .object({
      availability: z.string(),
      activity: z.string(),
      leaseEndsAt: timestamp,
    })
    .optional()
    .describe('What we asked Teams to show, while our lease may be alive'),
});
export type Presence = z.infer<typeof presence>;

export const personPresence = presence.extend({ personId: id });
export type PersonPresence = z.infer<typeof personPresence>;

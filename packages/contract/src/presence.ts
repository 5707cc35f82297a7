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

/**
 * Who can say what a person is doing, the strongest first (product-behaviour 2.6). `manual`: by hand on the platform, with a
 * pin. `quiet-hours`: the person's own schedule or "no calls until". `rule`: a call rule matched the state in Teams.
 * `teams-manual`: by hand in Teams. `idle`: away by inactivity, in Teams. `registration`: a phone is registered or is not.
 */
export const presenceSources = [
  'emergency',
  'manual',
  'quiet-hours',
  'rule',
  'teams-manual',
  'platform-call',
  'teams',
  'calendar',
  'idle',
  'registration',
  'none',
] as const;

/** Whether direct calls ring: everybody's, only those of the person's important callers, nobody's. */
export const acceptsDirect = ['yes', 'vip', 'no'] as const;

/** A person's state as the platform says it: of all that is known, the strongest source. */
export const presence = z.object({
  label: z.enum(presenceLabels),
  sentence: z.string().describe('The state and where it comes from, in words'),
  source: z.enum(presenceSources),
  outOfOffice: z.boolean().optional(),
  pinned: z
    .object({ since: timestamp, until: timestamp.optional() })
    .optional()
    .describe('Set by hand on this platform; released by hand or at its end'),
  accepts: z
    .object({ direct: z.enum(acceptsDirect), queue: z.boolean() })
    .optional()
    .describe('Which calls ring now; important callers and callbacks of an emergency call ring besides'),
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

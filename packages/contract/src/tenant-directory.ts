import { z } from 'zod';
import { e164, id, timestamp } from './common.ts';

/** What was read of a connected Microsoft 365 tenant: people, groups, and what is different on both sides. */

export const directoryPerson = z.object({
  objectId: z.string().describe('Entra object id'),
  connectionId: id,
  displayName: z.string(),
  upn: z.string(),
  mail: z.string().optional(),
  phones: z
    .array(
      z.object({
        text: z.string().describe('As the directory has it'),
        number: e164.optional().describe('What can be dialled; absent when the text cannot be read'),
      }),
    )
    .describe('Numbers of the directory: a hint, no assignment in Teams'),
  enabled: z.boolean().optional().describe('May sign in; absent when the permission does not show it'),
  guest: z.boolean(),
  department: z.string().optional(),
  city: z.string().optional(),
  jobTitle: z.string().optional(),
  deletedOn: z.string().optional().describe('In the recycle bin since'),
  personId: id.optional().describe('Who of ours this is'),
});
export type DirectoryPerson = z.infer<typeof directoryPerson>;

export const directoryPeople = z.object({
  items: z.array(directoryPerson),
  more: z.boolean().describe('There are more that match: say more of the name'),
  readAt: timestamp.optional().describe('How old the oldest of it is; absent: the directory was never read'),
});
export type DirectoryPeople = z.infer<typeof directoryPeople>;

export const groupKinds = ['assigned', 'dynamic', 'microsoft365'] as const;

export const directoryGroup = z.object({
  objectId: z.string(),
  connectionId: id,
  name: z.string(),
  kind: z.enum(groupKinds).describe('`dynamic`: a rule decides who is in'),
  synced: z.boolean().describe('Comes from a directory on the customer’s premises, and is changed there'),
  people: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('People in it and in groups in it, where Tandem follows the group'),
  followed: z.boolean().describe('Decides who calls from Teams, or is in a group that does'),
});
export type DirectoryGroup = z.infer<typeof directoryGroup>;

export const directoryGroups = z.object({
  items: z.array(directoryGroup),
  more: z.boolean(),
  sentence: z.string().optional().describe('Why the list may be incomplete'),
});
export type DirectoryGroups = z.infer<typeof directoryGroups>;

export const heldReasons = ['left-group', 'group-deleted', 'user-gone'] as const;

/** A change that would take many people away at once, held until somebody decides. */
export const heldDirectoryChange = z.object({
  id: z.string(),
  connectionId: id,
  heldAt: timestamp,
  state: z
    .enum(['waiting', 'rejected'])
    .describe(
      '`rejected`: somebody decided to keep these people; they stay until they are back or it is confirmed',
    ),
  sentence: z.string(),
  linked: z.number().int().describe('People who were linked when it was held'),
  total: z.number().int(),
  people: z
    .array(
      z.object({
        objectId: z.string(),
        displayName: z.string(),
        upn: z.string(),
        personId: id.optional(),
        reason: z.enum(heldReasons),
      }),
    )
    .describe('At most 200 of them, by name'),
});
export type HeldDirectoryChange = z.infer<typeof heldDirectoryChange>;

export const heldDecision = z.strictObject({
  heldId: z.string().min(1).max(64),
  decision: z.enum(['confirm', 'reject']).describe('`confirm`: these people may leave; `reject`: keep them'),
});

/**
 * `active`: changes come by themselves. `polling`: no public address is configured, changes are asked for. `refused`: Microsoft
 * grants no more subscriptions for now. `failing`: the last attempt went wrong, it is tried again.
 */
export const notificationStates = ['active', 'starting', 'polling', 'refused', 'failing'] as const;

export const directoryState = z.object({
  connectionId: id,
  entraTenantId: z.string(),
  sentence: z.string().describe('All of it in one line, with the next step when there is one'),
  readAt: timestamp.optional().describe('When the last complete reading began; absent: never'),
  ageSeconds: z.number().optional(),
  nextReadAt: timestamp.optional(),
  reading: z.boolean(),
  people: z.number().int().optional().describe('Users of the tenant; absent: never read'),
  groups: z.array(
    directoryGroup.pick({ objectId: true, name: true, kind: true, synced: true, people: true }),
  ),
  comparedAt: timestamp
    .optional()
    .describe('When all memberships were last compared with Microsoft’s own answer'),
  notifications: z.object({
    state: z.enum(notificationStates),
    sentence: z.string(),
    lastHeardAt: timestamp.optional(),
    endsAt: timestamp.optional().describe('When the first of the subscriptions ends unless it is renewed'),
  }),
  held: z.array(heldDirectoryChange),
});
export type DirectoryState = z.infer<typeof directoryState>;

export const directoryStates = z.object({ items: z.array(directoryState) });

/** What does not fit between the people here and the users of the tenant. */
export const mismatchKinds = [
  'missing-here',
  'missing-at-microsoft',
  'disabled-here',
  'disabled-at-microsoft',
  'ambiguous',
  'shared',
] as const;

export const mismatchHint = z.object({
  reason: z.enum(['same-number', 'same-name', 'same-address-part']),
  sentence: z.string(),
  number: e164.optional(),
  objectId: z.string().optional(),
  personId: id.optional(),
});

export const mismatch = z.object({
  kind: z.enum(mismatchKinds),
  connectionId: id,
  sentence: z.string(),
  person: z.object({ id, displayName: z.string(), upn: z.string() }).optional().describe('Ours'),
  user: z
    .object({ objectId: z.string(), displayName: z.string(), upn: z.string() })
    .optional()
    .describe('Microsoft’s'),
  hints: z.array(mismatchHint).describe('Who may be meant; never linked by itself'),
});
export type Mismatch = z.infer<typeof mismatch>;

export const mismatches = z.object({
  items: z.array(mismatch).describe('At most 500'),
  total: z.number().int(),
  matched: z.number().int().describe('People who fit on both sides'),
  readAt: timestamp.optional(),
});
export type Mismatches = z.infer<typeof mismatches>;

export const membership = z.object({
  personId: id,
  status: z
    .enum(['member', 'not-member', 'unread', 'no-user'])
    .describe('`unread`: not every group was read yet; `no-user`: nobody in the tenant matches'),
  sentence: z.string(),
  group: z.object({ objectId: z.string(), name: z.string() }).optional(),
  via: z
    .array(z.object({ objectId: z.string(), name: z.string() }))
    .describe('Groups between the enable group and the person, outermost first; empty: direct'),
  held: z.boolean().describe('Microsoft says no, but a mass change waits for a decision'),
  readAt: timestamp.optional(),
});
export type Membership = z.infer<typeof membership>;

export const managerProposal = z.object({
  personId: id,
  status: z
    .enum(['found', 'none', 'not-here', 'not-matched', 'not-connected', 'not-permitted', 'unavailable'])
    .describe('`not-here`: whom Microsoft names is no active person of the account'),
  sentence: z.string(),
  manager: z
    .object({ displayName: z.string(), upn: z.string() })
    .optional()
    .describe('Whom Microsoft names, wherever they are'),
  leaver: z
    .object({ kind: z.literal('person'), personId: id })
    .optional()
    .describe('What `leaver` of the person would be with the manager in it; nothing is set by itself'),
});
export type ManagerProposal = z.infer<typeof managerProposal>;

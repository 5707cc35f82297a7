import { z } from 'zod';
import { e164, id, text, timestamp } from './common.ts';
import { leaverForward } from './number.ts';
import { linkStates } from './person.ts';

/** `automatic`: the enable groups decide. `manual`: the switch of each person does. `mixed`: the groups propose, an admin approves. */
export const provisioningModes = ['automatic', 'manual', 'mixed'] as const;
export const policyFields = ['voiceRouting', 'calling', 'dialPlan'] as const;
/** What can differ at Microsoft from what was set up here. `voice`: enterprise voice of the person. */
export const driftFields = ['number', 'voice', ...policyFields] as const;
export const driftPolicies = ['repair', 'accept', 'ask'] as const;
export const leaverRules = ['announcement', 'manager', 'queue', 'voicemail'] as const;

const policyName = text(128);
export const policyWish = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('by-hand') }),
    z.strictObject({ kind: z.literal('by-group'), name: policyName }),
    z.strictObject({ kind: z.literal('assign'), name: policyName }),
  ])
  .describe(
    '`by-hand`: nobody looks. `by-group`: the tenant binds it to a group, it is checked and not assigned. `assign`: assigned to each person',
  );
export type PolicyWish = z.infer<typeof policyWish>;

const group = z.strictObject({ id: text(64), name: text(256) });

/** A bundle for those whom it fits: the first persona that fits counts (by attributes in Entra, or by a group). */
export const persona = z.strictObject({
  name: text(64),
  when: z
    .strictObject({
      department: text(128).optional(),
      city: text(128).optional(),
      country: z
        .string()
        .regex(/^[A-Za-z]{2}$/)
        .optional(),
    })
    .describe('All that are given must be equal in Entra, whatever the case; none given fits everybody'),
  policies: z.strictObject({
    voiceRouting: policyName.optional(),
    calling: policyName.optional(),
    dialPlan: policyName.optional(),
  }),
  tag: text(64).optional().describe('Cost centre or the like, for reports'),
});
export type Persona = z.infer<typeof persona>;

export const provisioningSettings = z.strictObject({
  mode: z.enum(provisioningModes),
  enableGroups: z.array(group).max(50).describe('Members of any of them call from Teams'),
  standby: z
    .boolean()
    .optional()
    .describe('In reserve: prerequisites are watched, nothing is assigned, what was assigned is taken back'),
  graceSeconds: z
    .number()
    .int()
    .min(0)
    .max(604_800)
    .describe('How long a person who lost a prerequisite keeps calling'),
  routingByHand: z.boolean().describe('Admins of the account keep domain and routing, nobody looks'),
  policies: z.strictObject({ voiceRouting: policyWish, calling: policyWish, dialPlan: policyWish }),
  personas: z.array(persona).max(50),
  drift: z.strictObject({
    number: z.enum(driftPolicies),
    voice: z.enum(driftPolicies),
    voiceRouting: z.enum(driftPolicies),
    calling: z.enum(driftPolicies),
    dialPlan: z.enum(driftPolicies),
  }),
  leaverRule: z
    .enum(leaverRules)
    .describe(
      'What callers of a leaver get, unless the person has a rule. `voicemail`: they leave a message in the person’s mailbox, while the number rests and the person is not deleted here',
    ),
  leaverForward: leaverForward
    .nullable()
    .optional()
    .describe(
      'Rules `manager` and `queue`: who is rung for those who left, while their number rests, and for those whose Microsoft account is disabled. `queue` wants a queue, or the number of one',
    ),
  guard: z
    .strictObject({
      least: z.number().int().min(1).max(10_000),
      most: z.number().int().min(1).max(100_000),
      percent: z.number().min(0).max(100),
    })
    .describe('When more than max(least, min(most, percent)) people would leave at once, an admin is asked'),
  licences: z.strictObject({
    assign: z
      .enum(['by-hand', 'automatic'])
      .describe('`automatic`: who comes into scope takes one of the pool, who is taken out gives it back'),
    total: z.number().int().min(0).nullable().describe('Size of the pool; null: no limit'),
  }),
  messages: z.strictObject({
    toPerson: z.boolean().describe('A mail when calling works, and one reminder after 24 h'),
    testNumber: e164.optional().describe('A number that the person can call to try'),
  }),
});
export type ProvisioningSettings = z.infer<typeof provisioningSettings>;

export const provisioningChange = provisioningSettings
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')
  .refine(({ leaverRule, leaverForward }) => leaverRule !== 'queue' || leaverForward, {
    path: ['leaverForward'],
    message: 'which queue takes the calls of those who left: a queue, or the number of one',
  })
  .refine(({ leaverRule, leaverForward }) => leaverRule !== 'manager' || leaverForward, {
    path: ['leaverForward'],
    message:
      'who is rung for those who left; Microsoft is not asked for managers, so name a person or a number',
  });
export type ProvisioningChange = z.infer<typeof provisioningChange>;

/** Where people are on the way, from the group to a working client: each number is part of the one above. */
export const funnel = z.object({
  members: z.number().int().optional().describe('People in the enable groups; absent: not read yet'),
  people: z.number().int().describe('People of the platform who belong to this connection'),
  inScope: z.number().int(),
  matched: z.number().int().describe('With an enabled Microsoft user of their own'),
  licensed: z.number().int().describe('With Teams Phone at Microsoft'),
  callingPlan: z.number().int().describe('Excluded by a Calling Plan'),
  withNumber: z.number().int(),
  platformLicensed: z.number().int(),
  assigned: z.number().int().describe('Microsoft has the number'),
  ready: z.number().int(),
});
export type Funnel = z.infer<typeof funnel>;

export const heldRemoval = z.object({
  since: timestamp,
  source: z
    .enum(['own-facts', 'microsoft', 'directory'])
    .describe('`directory`: held before anybody sees it; decided there, by its `id`'),
  id: z.string().optional(),
  people: z.number().int().describe('How many would be taken away'),
  linked: z.number().int().describe('Of how many'),
  names: z.array(z.string()).describe('The first 20'),
});
export type HeldRemoval = z.infer<typeof heldRemoval>;

export const provisioning = z.object({
  connectionId: id,
  accountId: id,
  tenantId: z.string().describe('The Entra tenant'),
  settings: provisioningSettings,
  status: z.object({
    states: z.partialRecord(z.enum(linkStates), z.number().int()).describe('People by state'),
    readAt: timestamp.optional().describe('When Microsoft was read last'),
    notVerifiedSince: timestamp
      .optional()
      .describe('Microsoft cannot be read since then: links keep their state'),
    throttledUntil: timestamp.optional(),
    underWay: z.number().int().describe('Writes that Microsoft has not finished'),
    waiting: z.number().int().describe('People whose writes wait for their turn'),
    approvals: z.number().int().describe('Mixed mode: people who wait for an approval'),
    funnel,
    held: z.array(heldRemoval),
  }),
});
export type Provisioning = z.infer<typeof provisioning>;

/** What a change of the settings would do: nothing is written. */
export const provisioningPreview = z.object({
  preview: z
    .string()
    .describe('To be sent with the change where it needs a confirmation: bound to exactly this'),
  people: z.number().int(),
  join: z.number().int().describe('People who would be provisioned'),
  leave: z.number().int().describe('People whose number would be taken back'),
  policies: z.number().int().describe('Policy assignments that would be written'),
  graphRequests: z.number().int().describe('Estimated requests to Microsoft'),
  needsConfirmation: z.boolean().describe('More would leave at once than the guard lets through'),
  examples: z
    .array(z.object({ personId: id, displayName: z.string(), what: z.string() }))
    .describe('The first 50'),
});
export type ProvisioningPreview = z.infer<typeof provisioningPreview>;

export const drift = z.object({
  field: z.enum(driftFields),
  ours: z.string().nullable(),
  theirs: z.string().nullable(),
  seenAt: timestamp,
  policy: z.enum(driftPolicies),
});
export type Drift = z.infer<typeof drift>;

export const driftDecision = z.object({
  field: z.enum(driftFields),
  ours: z.string().nullable(),
  theirs: z.string().nullable(),
  decision: z.enum(['repair', 'accept']),
  by: z.string(),
  at: timestamp,
  undone: z.boolean(),
});

/** One person's link with Microsoft, whole. */
export const personProvisioning = z.object({
  personId: id,
  accountId: id,
  connectionId: id.optional().describe('Absent: no connection with Microsoft 365 looks at this person'),
  state: z.enum(linkStates),
  since: timestamp,
  code: z.string().optional(),
  reason: z.string().optional().describe('Microsoft’s own words for a refusal'),
  entraObjectId: z.string().optional(),
  number: e164.optional().describe('Ours'),
  numberAtMicrosoft: z.string().nullable().optional().describe('Null: none; absent: not read'),
  numbersEqual: z.boolean().optional(),
  candidates: z
    .array(z.object({ entraObjectId: z.string(), upn: z.string(), displayName: z.string() }))
    .optional()
    .describe('PRV-112: the Microsoft users who match; one of them is to be chosen'),
  enableGroup: z.string().optional().describe('How the person is in the group: `direct` or `via …`'),
  policies: z.array(
    z.object({
      field: z.enum(policyFields),
      wanted: z.string().nullable(),
      atMicrosoft: z.string().nullable().optional().describe('Absent: not read'),
      assignedBy: z.string().optional().describe('`direct`, `group` or what Microsoft says'),
    }),
  ),
  persona: z.string().optional(),
  tag: z.string().optional(),
  approved: z.boolean().optional().describe('Mixed mode only'),
  graceEndsAt: timestamp.optional(),
  acceptedAt: timestamp.optional().describe('When Microsoft accepted the number'),
  retryAt: timestamp.optional(),
  checkedAt: timestamp.optional(),
  notVerifiedSince: timestamp.optional(),
  confirmed: z
    .object({ by: z.enum(['call', 'person', 'override']), at: timestamp })
    .optional()
    .describe('Why Teams is believed to work'),
  held: z.boolean().describe('A change of many people waits for an admin'),
  drift: z.array(drift),
  decisions: z.array(driftDecision).describe('Newest first, at most 20'),
  may: z.object({
    retry: z.boolean(),
    approve: z.boolean(),
    confirmWorks: z.boolean(),
    undo: z.boolean(),
    takeOver: z.boolean().optional().describe('Another Microsoft user has the number (PRV-304)'),
    choose: z.boolean().optional().describe('Several Microsoft users match (PRV-112)'),
  }),
});
export type PersonProvisioning = z.infer<typeof personProvisioning>;

/** From whom a number would be taken (PRV-304). */
export const takeOverPreview = z.object({
  preview: z.string().describe('To be sent with the decision: bound to exactly this holder'),
  number: e164,
  holder: z.object({
    entraObjectId: z.string(),
    upn: z.string(),
    state: z
      .string()
      .describe('`active`, `unlicensed`, `disabled`, `deleted`; `assigned` where nobody can tell'),
  }),
  sentence: z.string(),
});
export type TakeOverPreview = z.infer<typeof takeOverPreview>;

export const provisioningStep = z.object({
  at: timestamp,
  trigger: z.enum(['automatic', 'manual']),
  by: z.string().optional().describe('Who, when it was by hand'),
  event: z.string(),
  from: z.enum(linkStates).optional(),
  to: z.enum(linkStates).optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  graphId: z.string().optional().describe('Microsoft’s operation'),
  requestId: z.string().optional().describe('Microsoft’s `request-id` of the answer'),
  clientRequestId: z
    .string()
    .optional()
    .describe('Our `client-request-id`: how to name a request that nobody answered'),
  durationMs: z.number().int().optional().describe('How long Microsoft took'),
});
export type ProvisioningStep = z.infer<typeof provisioningStep>;

/** A member of the enable group who has no platform user (PRV-101), with the data to create one. */
export const unmatchedMember = z.object({
  accountId: id,
  entraObjectId: z.string(),
  code: z.literal('PRV-101'),
  sentence: z.string(),
  displayName: z.string(),
  upn: z.string(),
  mail: z.string().optional(),
  country: z.string().optional(),
  department: z.string().optional(),
  city: z.string().optional(),
});
export type UnmatchedMember = z.infer<typeof unmatchedMember>;

/** What somebody has to do at Microsoft, over all people: the list empties as it is done. */
export const actionItem = z.object({
  accountId: id,
  connectionId: id.optional(),
  code: z.string(),
  title: z.string(),
  owner: z.string(),
  fix: z.string(),
  link: z.string().optional(),
  people: z.number().int().describe('0: the whole tenant'),
  names: z
    .array(z.object({ personId: id, displayName: z.string(), link: z.string().optional() }))
    .describe('The first 20'),
  since: timestamp.optional(),
});
export type ActionItem = z.infer<typeof actionItem>;

/** What the whole tenant has of ours, beside what its people have. */
export const tenantObjects = [
  'app',
  'domain',
  'activation-account',
  'usage',
  'route',
  'policy',
  'dial-plan',
  'calling-policy',
] as const;

/** One thing that was written in the customer's tenant and stands there. */
export const tenantWrite = z.object({
  accountId: id,
  personId: id.optional().describe('Absent: a thing of the whole tenant'),
  routingDomainId: id.optional(),
  displayName: z.string().describe('Whose it is: a person, or the routing domain'),
  what: z.enum(['number', ...policyFields, ...tenantObjects]),
  value: z.string(),
  since: timestamp.optional(),
  undo: z.string().describe('What undoing does'),
  undoBy: z
    .enum(['tandem', 'powershell', 'admin-centre', 'under-way'])
    .describe(
      '`tandem`: here, by one press. The others say whose hands it needs; `under-way`: it is being taken back',
    ),
  command: z.string().optional().describe('For Teams PowerShell'),
});
export type TenantWrite = z.infer<typeof tenantWrite>;

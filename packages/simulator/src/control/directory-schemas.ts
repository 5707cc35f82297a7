import { z } from 'zod';
import { policyTypes } from '../directory/voice.ts';
import { licenceNames } from '../world/rehearsal-world.ts';

/** What the control API takes about directories: groups, names, the bin, licences, domains, DNS, voice, PowerShell. */

const e164 = z.string().regex(/^\+[1-9][0-9]{6,14}(;ext=[0-9]{1,15})?$/);
/** UPNs or object ids. */
const people = z.array(z.string().min(3).max(320)).max(25_000).default([]);
const delayMs = z.number().int().min(0).max(604_800_000).optional();

export const directoryDelays = z.strictObject({
  /** From the first licensed account in a domain until the domain is active. */
  activationMs: delayMs,
  /** Until a policy that was granted to a group counts for its members, and for those who join. */
  groupPolicyMs: delayMs,
  /** A deleted security group can be restored for 30 days, or is gone at once, as before 2025. */
  deletedSecurityGroups: z.enum(['bin', 'gone']).optional(),
});

export const newGroup = z.strictObject({
  displayName: z.string().min(1).max(256),
  kind: z.enum(['security', 'unified']).default('security'),
  /** `user.department -eq "Sales"`: makes the group dynamic. */
  rule: z.string().max(3_072).optional(),
  /** Ids of groups that are members. */
  nested: z.array(z.string()).default([]),
  members: people,
});

export const groupChange = z.strictObject({
  displayName: z.string().min(1).max(256).optional(),
  nested: z.array(z.string()).optional(),
});

export const membership = z.strictObject({ add: people, remove: people });

export const rename = z.strictObject({
  upn: z.string().regex(/^[^@\s]+@[^@\s]+$/),
  /** Absent: the address stays. */
  mail: z.email().nullable().optional(),
  displayName: z.string().min(1).optional(),
});

export const newPerson = z.strictObject({
  upn: z.string().regex(/^[^@\s]+@[^@\s]+$/),
  displayName: z.string().min(1),
  accountType: z.enum(['member', 'guest', 'resource-account']).default('member'),
  accountEnabled: z.boolean().default(true),
  licences: z.array(z.enum(licenceNames)).default([]),
  mail: z.email().nullable().optional(),
  groupMember: z.boolean().default(false),
});

export const facts = z.strictObject({
  accountType: z.enum(['member', 'guest', 'resource-account']).optional(),
  aliases: z.array(z.email()).optional(),
  usageLocation: z.string().length(2).nullable().optional(),
  department: z.string().max(64).nullable().optional(),
  city: z.string().max(128).nullable().optional(),
  officeLocation: z.string().max(128).nullable().optional(),
  jobTitle: z.string().max(128).nullable().optional(),
  /** Entra keeps one. */
  businessPhones: z.array(z.string().max(64)).max(1).optional(),
  mobilePhone: z.string().max(64).nullable().optional(),
  /** Object id of somebody of the same tenant; null: nobody. */
  managerId: z.uuid().nullable().optional(),
  /** Synchronised from a directory on premises, number included. */
  onPremises: z.boolean().optional(),
  /** Service plans that are switched off, by licence. */
  disabledPlans: z.partialRecord(z.enum(licenceNames), z.array(z.uuid())).optional(),
  /** Policies by type and name; all of them. */
  policies: z.partialRecord(z.enum(policyTypes), z.string().min(1)).optional(),
});

const units = z.number().int().min(0).max(1_000_000).optional();
export const seats = z.partialRecord(
  z.enum(licenceNames),
  z.strictObject({ enabled: units, warning: units, suspended: units, lockedOut: units }),
);

export const domainChange = z.strictObject({
  /** Microsoft does not notice the licensed account. */
  stuck: z.boolean().optional(),
  activated: z.boolean().optional(),
});

export const nameRecords = z.strictObject({
  /** IPv4 address; null takes it away. */
  a: z.ipv4().nullable().optional(),
  txt: z.array(z.string().min(1).max(2_048)).max(50).optional(),
});

export const zoneUpdate = z.strictObject({
  /** As the platform's DNS driver posts them; a TXT value that is there already stays once. */
  records: z
    .array(
      z.object({
        type: z.enum(['TXT', 'A']),
        name: z.string().min(1).max(253),
        value: z.string().min(1).max(2_048),
        ttlSeconds: z.number().int().min(0).optional(),
      }),
    )
    .max(100),
});

export const voiceChange = z.strictObject({
  /** Graph's policy assignment answers 400 for voice routing policies and dial plans. */
  refusesVoicePolicies: z.boolean().optional(),
  groupGrants: z
    .array(
      z.strictObject({
        type: z.enum(policyTypes),
        groupId: z.string(),
        name: z.string().min(1),
        rank: z.number().int().min(1).default(1),
      }),
    )
    .optional(),
  /** As if nobody had ever run the script: usages, routes, policies and grants go. */
  clear: z.literal(true).optional(),
});

export const cloudChange = z.strictObject({ cloud: z.enum(['global', 'us-government', 'china']) });

export const script = z.strictObject({
  script: z.string().min(1).max(200_000),
  /** UPN of who runs it. */
  as: z.string().min(3),
});

export const conflictKinds = [
  'active-user',
  'unlicensed-user',
  'disabled-user',
  'deleted-user',
  'resource-account',
  'conference',
  'other-type',
  'on-premises',
] as const;

export const numberConflict = z.strictObject({
  number: e164,
  /** Who or what has the number that somebody else is to get. */
  kind: z.enum(conflictKinds),
});

import { z } from 'zod';
import { quotaNames } from '../graph/throttle.ts';
import { licenceNames } from '../world/rehearsal-world.ts';

/** What the control API takes. Unknown keys are refused, so that a typo is seen. */

export const answerHabit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('answer'), afterMs: z.number().int().min(0).max(120_000) }),
  z.strictObject({ kind: z.literal('ring') }),
  z.strictObject({ kind: z.literal('decline'), afterMs: z.number().int().min(0).max(120_000) }),
]);

export const clientKind = z.enum(['desktop', 'web', 'mobile']);
export const region = z.enum(['eu', 'us', 'as']);

const presencePair = z.strictObject({ availability: z.string().min(1), activity: z.string().min(1) });

export const calendarEvent = z.strictObject({
  subject: z.string().max(255).default('Meeting'),
  /** ISO 8601 with an offset; absent: Microsoft's time now. */
  startsAt: z.iso.datetime({ offset: true }).optional(),
  minutes: z.number().positive().max(43_200).default(30),
  showAs: z.enum(['free', 'tentative', 'busy', 'oof', 'workingElsewhere']).default('busy'),
  isAllDay: z.boolean().default(false),
  isCancelled: z.boolean().default(false),
  /** False: a mailbox outside of Microsoft 365, whose meetings Teams does not show. */
  teamsShows: z.boolean().default(true),
});

export const userChange = z.strictObject({
  displayName: z.string().min(1).optional(),
  accountEnabled: z.boolean().optional(),
  licences: z.array(z.enum(licenceNames)).optional(),
  enterpriseVoice: z.boolean().optional(),
  number: z
    .string()
    .regex(/^\+[1-9][0-9]{1,14}(;ext=[0-9]+)?$/)
    .nullable()
    .optional(),
  allowOutboundPstn: z.boolean().optional(),
  busyOnBusy: z.boolean().optional(),
  busyElsewhere: z.boolean().optional(),
  /** In the group that decides who calls from Teams; false also leaves the groups nested in it. */
  groupMember: z.boolean().optional(),
  mail: z.email().nullable().optional(),
  /** What the user's own Teams shows while in no call: a meeting, idle …; null: it follows what the user does. */
  presence: presencePair.nullable().optional(),
  /** What the user picked in Teams. */
  preferredPresence: presencePair.nullable().optional(),
  outOfOffice: z.boolean().optional(),
});

export const crowd = z.strictObject({
  tenant: z.string(),
  count: z.number().int().min(1).max(30_000),
  /** Addresses are PREFIX1@domain, PREFIX2@domain …; people who are there already stay. */
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9.-]{0,30}$/)
    .default('person'),
  licences: z.array(z.enum(licenceNames)).default(['teams', 'teams-phone']),
  groupMember: z.boolean().default(true),
  /** Signed in at a desktop. */
  signedIn: z.boolean().default(true),
  /** The first has this number, the next the one after it; absent: nobody has one. */
  numbersFrom: z
    .string()
    .regex(/^\+[1-9][0-9]{6,14}$/)
    .optional(),
  department: z.string().min(1).max(64).optional(),
});

export const clientChange = z.strictObject({
  answers: answerHabit.optional(),
  silent183: z.boolean().optional(),
  silentFork: z.boolean().optional(),
  /** The account was disabled and the client goes on calling: its token is still good, for up to an hour. */
  sessionOutlivesDisabling: z.boolean().optional(),
  /** Teams' own voicemail takes what nobody answered for so long, unless the calling policy forbids it; null: it never does. */
  voicemailAfterMs: z.number().int().min(0).max(120_000).nullable().optional(),
});

export const signIn = z.strictObject({ client: clientKind });
export const clientCallTo = z.strictObject({ to: z.string().min(2), region: region.optional() });
export const clientAction = z.strictObject({
  /** Which call, by correlation id; needed only if there are several. */
  call: z.string().optional(),
  /** Which client answers. */
  client: clientKind.optional(),
  /** Send this request from another region than the call's own. */
  region: region.optional(),
  digits: z
    .string()
    .regex(/^[0-9*#A-D]{1,64}$/)
    .optional(),
});

export const phoneHabit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('answer'), afterMs: z.number().int().min(0).max(120_000) }),
  z.strictObject({ kind: z.literal('ring') }),
  z.strictObject({ kind: z.literal('decline'), afterMs: z.number().int().min(0).max(120_000) }),
  z.strictObject({ kind: z.literal('busy'), afterMs: z.number().int().min(0).max(120_000) }),
]);
const phoneTransport = z.enum(['udp', 'tcp', 'tls']);
export const phoneChange = z.strictObject({
  registered: z.boolean().optional(),
  /** Registers anew when it is registered over another. */
  transport: phoneTransport.optional(),
  answers: phoneHabit.optional(),
});
export const phoneCallTo = z.strictObject({ to: z.string().min(1).max(64) });
export const phoneAction = z.strictObject({
  /** Which call, by its SIP Call-ID; needed only if there are several. */
  call: z.string().optional(),
  digits: z
    .string()
    .regex(/^[0-9*#A-D]{1,64}$/)
    .optional(),
});

export const carrierHabit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('answer'), afterMs: z.number().int().min(0).max(120_000) }),
  z.strictObject({ kind: z.literal('early-media'), answerAfterMs: z.number().int().min(0).max(120_000) }),
  z.strictObject({
    kind: z.literal('reject'),
    status: z.number().int().min(300).max(699),
    afterMs: z.number().int().min(0).max(120_000),
  }),
  z.strictObject({ kind: z.literal('ring') }),
]);

export const carrierChange = z.strictObject({
  /** Habit of one number; null takes it away. */
  number: z.string().optional(),
  habit: carrierHabit.nullable().optional(),
  defaultHabit: carrierHabit.optional(),
});

export const carrierCallTo = z.strictObject({
  from: z.string().min(2),
  to: z.string().min(2),
  protocol: z.enum(['UDP', 'TCP']).optional(),
});

export const carrierAction = z.strictObject({ call: z.string().optional() });

export const faultSetting = z.union([
  z.strictObject({
    at: z.literal('hub'),
    hub: z.union([z.literal(1), z.literal(2), z.literal(3)]),
    fault: z.string(),
  }),
  z.strictObject({ at: z.literal('carrier'), fault: z.string() }),
  /** `name: "*"` breaks every name. */
  z.strictObject({ at: z.literal('dns'), name: z.string().min(1), fault: z.string() }),
  z.strictObject({
    at: z.enum(['login', 'graph']),
    fault: z.string(),
    /** Part of the path: `setPresence`, `/groups/`, `token`; `*` for all. */
    operation: z.string().min(1).default('*'),
    delayMs: z.number().int().min(0).max(600_000).optional(),
    times: z.number().int().min(1).optional(),
    /** So many of the requests that it could hit. */
    percent: z.number().min(0).max(100).optional(),
  }),
]);

export const clockChange = z.strictObject({
  windowMs: z.number().int().positive().optional(),
  minPaceMs: z.number().int().positive().optional(),
  maxPaceMs: z.number().int().positive().optional(),
  ownIntervalMs: z.number().int().min(100).optional(),
  /** Microsoft's clock goes forward: tokens and leases end, what is due happens. */
  advanceMs: z.number().int().min(0).max(31_536_000_000).optional(),
  /** Microsoft's clock is so far before (or, negative, behind) the machine's: one of both is wrong. No time passes by it. */
  skewMs: z.number().int().min(-31_536_000_000).max(31_536_000_000).optional(),
});

const delayMs = z.number().int().min(0).max(86_400_000).optional();
const quota = z
  .strictObject({
    limit: z.number().int().min(1).optional(),
    windowMs: z.number().int().min(100).optional(),
  })
  .optional();

export const graphChange = z.strictObject({
  directoryLagMs: delayMs,
  operationMs: delayMs,
  configurationLagMs: delayMs,
  licenceLagMs: delayMs,
  numberRefusals: z.enum(['operation', 'at-once']).optional(),
  /** Null: the number of somebody without a licence can always be taken back. */
  strandedAfterMs: z.number().int().min(0).max(2_592_000_000).nullable().optional(),
  wrapOperations: z.union([z.boolean(), z.literal('alternate')]).optional(),
  topAboveMaximum: z.enum(['refuse', 'clip']).optional(),
  pageSize: z.number().int().min(1).max(999).optional(),
  deltaPageSize: z.number().int().min(1).max(999).optional(),
  deltaMemberPageSize: z.number().int().min(1).max(5_000).optional(),
  deltaEmptyPages: z.number().int().min(0).max(100).optional(),
  deltaReplays: z.number().int().min(0).max(10).optional(),
  extraMembers: z.boolean().optional(),
  presenceNames: z.enum(['pascal', 'camel', 'fresh']).optional(),
  teamsClientLagMs: delayMs,
  /** A call that ended shows in the call logs so much later. */
  callLogLagMs: delayMs,
  quotas: z.partialRecord(z.enum(quotaNames), quota).optional(),
  /** All quotas times this. */
  quotaScale: z.number().min(0.000_1).max(1_000).optional(),
  /** New signing keys; `and-forget` withdraws the old ones, so that every token is worthless. */
  rotateKeys: z.enum(['keep-old', 'and-forget']).optional(),
  resetCounts: z.boolean().optional(),
});

export const tenantChange = z.strictObject({
  /** Take a domain away from the tenant, as when a customer's subdomain was never added. */
  removeDomain: z.string().optional(),
  addDomain: z.string().optional(),
  activate: z.string().optional(),
  deactivate: z.string().optional(),
  blockedCallers: z.array(z.string()).optional(),
  voiceRoute: z.array(z.string()).optional(),
  /** Application permissions that the tenant granted; null: the enterprise application was deleted. */
  graphRoles: z.array(z.string()).nullable().optional(),
  graphAppEnabled: z.boolean().optional(),
  secondFactor: z.boolean().optional(),
  otherCloud: z.boolean().optional(),
  /** The tenant was deleted, or is back. */
  gone: z.boolean().optional(),
  /** A number of the tenant that nobody has. */
  addNumber: z
    .strictObject({
      number: z.string().regex(/^\+[1-9][0-9]{1,14}(;ext=[0-9]+)?$/),
      type: z.enum(['directRouting', 'callingPlan', 'operatorConnect']),
    })
    .optional(),
});

export const trunkChange = z.strictObject({
  enabled: z.boolean().optional(),
  sendSipOptions: z.boolean().optional(),
  failoverTimeSeconds: z.number().int().min(1).max(120).optional(),
  failoverResponseCodes: z.array(z.number().int()).optional(),
  forwardPai: z.boolean().optional(),
  mediaBypass: z.boolean().optional(),
  maxConcurrentSessions: z.number().int().min(1).max(100_000).nullable().optional(),
});

export const settingsChange = z.strictObject({
  strict: z.boolean().optional(),
  sbcEkuPolicy: z.enum(['both', 'serverOnlyAllowed']).optional(),
  hubCertificate: z.enum(['good', 'server-only', 'expired', 'wrong-name', 'untrusted']).optional(),
});

export const auditQuery = z.object({
  after: z.coerce.number().int().optional(),
  callId: z.string().optional(),
  guid: z.string().optional(),
  method: z.string().optional(),
  kind: z
    .enum(['connection', 'request', 'response', 'sent', 'warning', 'media', 'dns', 'http', 'mail'])
    .optional(),
  check: z.string().optional(),
  failed: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).max(5_000).optional(),
  /** Milliseconds to wait for something to show. */
  wait: z.coerce.number().int().min(0).max(60_000).optional(),
});

export const rehearsalCall = z.strictObject({
  /** A number (E.164, or short), the address of a Teams user, or `phone:NAME`, which registers for the call. */
  from: z.string().min(2).max(256),
  to: z.string().min(2).max(256),
  /** How long both talk once connected. */
  seconds: z.number().min(0.5).max(3_600).default(5),
  /** How phones register. */
  transport: phoneTransport.default('udp'),
});

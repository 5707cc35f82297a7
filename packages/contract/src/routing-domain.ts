import { z } from 'zod';
import { id, plain, text, timestamp } from './common.ts';
import { turns } from './connection.ts';

/** A name by which Microsoft knows a customer at one SBC site, and the voice routing that uses it. */

export const routingDomainStates = [
  'WANTED',
  'UNVERIFIED',
  'VERIFIED',
  'ACTIVE',
  'STUCK',
  'BY_HAND',
] as const;

/** Each is one press of a button. */
export const routingDomainSteps = [
  'add',
  'publish',
  'verify',
  'activate',
  'clean-up',
  'by-hand',
  'watch',
] as const;
export type RoutingDomainStep = (typeof routingDomainSteps)[number];

const objectName = text(49).regex(
  /^[A-Za-z0-9][A-Za-z0-9.-]*$/,
  'letters, digits, hyphens and dots, at most 49 characters',
);

export const voiceRoutingNames = z.strictObject({
  usage: objectName,
  route: objectName,
  policy: objectName,
  dialPlan: objectName.optional(),
  calling: z
    .strictObject({ policy: objectName, holdMusic: z.enum(['teams', 'none']) })
    .optional()
    .describe(
      'A calling policy that the script writes: voicemail as the account chose it, and music for whoever is on hold',
    ),
});

export const routingDomain = z.object({
  id,
  accountId: id,
  connectionId: id,
  host: plain,
  state: z.enum(routingDomainStates),
  since: timestamp,
  code: plain.optional().describe('For example `PRV-011`, where something is still to be done'),
  sentence: plain,
  next: plain.optional().describe('What to do now'),
  turn: z.enum(turns),
  usualSeconds: z.number().int().optional().describe('How long this usually takes at Microsoft'),
  worstSeconds: z.number().int().optional(),
  records: z.array(
    z.object({
      type: z.enum(['TXT', 'A', 'AAAA']),
      name: plain,
      value: plain,
      purpose: plain,
    }),
  ),
  publishedAt: timestamp.optional().describe('When the DNS driver wrote the records'),
  checkedAt: timestamp.optional(),
  problem: plain.optional().describe('What went wrong last, in the words of whoever refused'),
  can: z
    .array(z.enum(routingDomainSteps))
    .describe('The steps that can be taken now; what only the customer can do is in `next`'),
  routing: voiceRoutingNames,
  objects: z
    .array(
      z.object({
        kind: z.enum(['usage', 'route', 'policy', 'dial-plan', 'calling-policy']),
        name: plain,
        state: z.enum(['present', 'missing', 'different', 'unread']),
        words: plain.optional(),
      }),
    )
    .describe('What the tenant has of it, as read back last'),
  voicemail: z.enum(['teams', 'platform']).describe('Who takes messages, as the account chose it'),
  readBackAt: timestamp.optional(),
  readBackBy: z.enum(['script', 'paste', 'graph']).optional(),
});
export type RoutingDomainView = z.infer<typeof routingDomain>;

export const newRoutingDomain = z.strictObject({
  account: id,
  connection: id,
  host: text(63)
    .optional()
    .describe('Below the base domain of this platform; made from the account’s name unless given'),
  routing: voiceRoutingNames.optional(),
});

export const takeStep = z.strictObject({
  step: z.enum(routingDomainSteps),
  preview: z
    .string()
    .max(128)
    .optional()
    .describe('Of `steps/{step}`; needed where something is written at Microsoft'),
});

export const stepPreview = z.object({
  preview: z.string(),
  writes: z.array(plain).describe('What is written, and where'),
  undo: plain.describe('How it is taken back'),
});

export const routingScriptAnswer = z.object({
  script: z.string(),
  fileName: plain,
  reportsTo: plain.optional().describe('Where the script tells what it found; absent: paste its report'),
  endsAt: timestamp.optional().describe('Until when its report is accepted'),
});

export const pastedReport = z.strictObject({ report: z.string().max(60_000) });

/** What PowerShell makes of one element or none is not always a list. */
const listed = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(item).max(1000),
  );
export const routingReport = z.object({
  token: z.string().max(200).optional(),
  usages: listed(z.string().max(256)),
  routes: listed(
    z.object({
      identity: z.string().max(256),
      pattern: z
        .string()
        .max(1024)
        .nullish()
        .transform((value) => value ?? ''),
      gateways: listed(z.string().max(256)),
      usages: listed(z.string().max(256)),
    }),
  ),
  policies: listed(z.object({ identity: z.string().max(256), usages: listed(z.string().max(256)) })),
  dialPlans: listed(z.string().max(256)).optional(),
  callingPolicies: listed(
    z.object({
      identity: z.string().max(256),
      calling: z
        .boolean()
        .nullish()
        .transform((value) => value ?? undefined),
      voicemail: z
        .string()
        .max(64)
        .nullish()
        .transform((value) => value ?? ''),
      music: z
        .string()
        .max(64)
        .nullish()
        .transform((value) => value ?? ''),
    }),
  ).optional(),
});
export type RoutingReportBody = z.infer<typeof routingReport>;

export const callingChoice = z.strictObject({
  holdMusic: z
    .enum(['teams', 'none'])
    .nullable()
    .describe('Who plays music to somebody on hold; null: the script writes no calling policy'),
});

export const startOver = z.strictObject({ host: text(63) });

import {
  accountChange,
  type ConnectionFeature,
  changeAcceleration,
  connectionFeatures,
  newQueue,
  type ProvisioningSettings,
  presenceRules,
  presenceSyncSettings,
  provisioningSettings,
  voicemailAccountChange,
  webhookChange,
} from '@tandem/contract';
import { isE164 } from '@tandem/domain';
import { z } from 'zod';
import { address, digits, e164, fileTarget, moment, text } from './common-shape.ts';
import { fileOwn } from './own-shape.ts';

const account = accountChange.shape;
const settings = provisioningSettings.shape;

const fileAccount = z.strictObject({
  /** Not changed by a file: whose it is, so that it is not applied to somebody else. */
  name: text(200).optional(),
  country: account.country,
  areaCode: digits(account.areaCode),
  timeZone: account.timeZone,
  mailDomains: account.mailDomains,
  mainNumber: e164.optional(),
  unknownCaller: account.unknownCaller,
  noAnswerSeconds: account.noAnswerSeconds,
  status: account.status,
  /** Whether the account uses the Teams service; ended without a time, it ends when the file is applied. */
  teams: z
    .strictObject({
      enabled: z.boolean(),
      endsAt: z.iso
        .datetime({ offset: true })
        .transform((at) => new Date(at).toISOString())
        .optional(),
    })
    .refine(({ enabled, endsAt }) => !enabled || endsAt === undefined, 'ends only where it is not enabled')
    .optional(),
  /** Over which calls go out, first choice first: names of its own carriers and of the operator's. */
  carriers: z.array(text(200)).max(50).optional(),
});

const tenantId = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'wanted the id of the Entra tenant');

/** What a connection with Microsoft may be used for. It is made in the portal: a file holds no credentials. */
const fileConnection = z.strictObject({
  tenant: tenantId,
  /** All of them; permissions for what is new are approved at Microsoft. */
  features: z
    .array(z.enum(connectionFeatures))
    .transform((wanted) => inOrder(wanted))
    .optional(),
  /** Who plays music to somebody on hold; null: the script writes no calling policy. */
  routingDomains: z
    .array(z.strictObject({ host: text(253).toLowerCase(), holdMusic: z.enum(['teams', 'none']).nullable() }))
    .max(50)
    .optional(),
});
/** `provisioning` is always among them. */
const inOrder = (wanted: readonly ConnectionFeature[]): readonly ConnectionFeature[] =>
  connectionFeatures.filter((one) => one === 'provisioning' || wanted.includes(one));

/** Of one connection, named by its Entra tenant. What is not named stays, also inside of the groups of settings. */
const fileProvisioning = z.strictObject({
  tenant: tenantId,
  mode: settings.mode.optional(),
  standby: settings.standby,
  enableGroups: z
    .array(z.strictObject({ id: text(64), name: text(256).optional() }))
    .max(50)
    .optional(),
  graceSeconds: settings.graceSeconds.optional(),
  routingByHand: settings.routingByHand.optional(),
  policies: settings.policies.partial().optional(),
  personas: settings.personas.optional(),
  drift: settings.drift.partial().optional(),
  leaverRule: settings.leaverRule.optional(),
  leaverForward: fileTarget.nullable().optional(),
  guard: settings.guard.partial().optional(),
  licences: settings.licences.partial().optional(),
  messages: z
    .strictObject({ toPerson: z.boolean().optional(), testNumber: e164.nullable().optional() })
    .optional(),
});

const fileRange = z.strictObject({
  name: text(100),
  first: e164,
  last: e164,
  /** Whom its numbers are for; null: everybody. */
  when: z
    .strictObject({ city: text(128).optional(), department: text(128).optional() })
    .refine((when) => when.city !== undefined || when.department !== undefined, 'wanted city or department')
    .nullable()
    .optional(),
});

const holdReason = text(300).optional();
/** A number that nobody has: beside the ranges, or one of a range that is held. */
const fileNumber = z.strictObject({
  number: e164,
  /** null: free for whoever comes next. */
  hold: z
    .union(
      [
        z.strictObject({
          /** Address of somebody who is to come; the number becomes theirs when they appear. */
          reservedFor: address,
          /** A year from when it is applied. */
          until: moment.optional(),
          reason: holdReason,
        }),
        z.strictObject({ ported: z.literal(true), reason: holdReason }),
      ],
      'wanted {reservedFor: ADDRESS, until: DATE}, {ported: true} or null',
    )
    .nullable()
    .optional(),
});

const filePerson = z.strictObject({
  upn: address,
  displayName: text(200).optional(),
  mail: text(320)
    .regex(/^[^@\s]+@[^@\s]+$/, 'wanted an address, for example dana@acme.example')
    .nullable()
    .optional(),
  extension: digits(
    z
      .string()
      .regex(/^[0-9*#]{1,15}$/, 'wanted digits')
      .nullable()
      .optional(),
  ),
  number: z
    .string()
    .refine((value) => value === 'next' || isE164(value), 'wanted "+12025550142", next or null')
    .nullable()
    .optional(),
  /** After the main one. */
  otherNumbers: z.array(e164).max(50).optional(),
  teams: z.boolean().optional(),
  licence: z.boolean().optional(),
  active: z.boolean().optional(),
  /** All of them. */
  tags: z
    .array(text(64))
    .max(20)
    .transform((tags) => [...new Set(tags)].sort())
    .optional(),
  /** What was chosen for this one person, instead of what the account says; `none`: nothing. */
  own: fileOwn.optional(),
});

/** Somebody who may sign in here. Never a password: who is new gets one that is shown once. */
const fileSignIn = z.strictObject({
  name: text(320).regex(/^\S+$/, 'wanted a name without spaces, best an address').toLowerCase(),
  role: z.enum(['admin', 'desk', 'sync', 'user']).optional(),
  /** Who this is; a `user` sees only what is theirs. */
  person: address.nullable().optional(),
  active: z.boolean().optional(),
});

const port = z.number().int().min(1).max(65_535);
const source = z.union([z.ipv4(), z.ipv6()], 'wanted an IP address').transform((one) => one.toLowerCase());
/** A carrier of the account's own, known by its name. Never its password: that is set by itself. */
const fileCarrier = z.strictObject({
  name: text(200),
  targets: z
    .array(
      z.strictObject({
        host: text(253),
        port: port.default(5060),
        protocol: z.enum(['UDP', 'TCP', 'TLS']).default('UDP'),
        priority: z.number().int().min(0).max(65_535).default(1),
        weight: z.number().int().min(0).max(65_535).default(1),
      }),
    )
    .min(1, 'is empty: a carrier needs somewhere to send calls to')
    .max(20)
    .optional(),
  /** Where its packets come from; whoever sends from there is this carrier. */
  sources: z
    .array(z.strictObject({ address: source, port: port.optional() }))
    .max(50)
    .optional(),
  probeWithOptions: z.boolean().optional(),
  maxCalls: z.number().int().min(1).max(100_000).nullable().optional(),
  numberFormat: z.enum(['e164', 'digits']).optional(),
  emergency: z.boolean().optional(),
});

/** What is not named stays, also of the rules. */
const filePresence = presenceSyncSettings.partial().extend({
  rules: presenceRules.partial().optional(),
  ...changeAcceleration.shape,
});

/** Who takes messages, unless somebody chose for themselves. Greetings are sound and are set by themselves. */
const fileVoicemail = z.strictObject(voicemailAccountChange.shape);

const queue = newQueue.shape;
/** Known by its name. Who is logged in is not the file's business. */
const fileQueue = z.strictObject({
  name: text(64),
  extension: digits(
    z
      .string()
      .regex(/^[0-9]{3,6}$/, 'wanted three to six digits')
      .nullable()
      .optional(),
  ),
  number: e164.nullable().optional(),
  /** In their order. */
  members: z.array(address).max(200).optional(),
  offerSeconds: queue.offerSeconds.unwrap().optional(),
  wrapUpSeconds: queue.wrapUpSeconds.unwrap().optional(),
  maxWaitSeconds: queue.maxWaitSeconds.unwrap().optional(),
  maxWaiting: queue.maxWaiting.unwrap().optional(),
  /** Where callers go who cannot wait; null: they are refused. */
  overflowTo: digits(
    z
      .string()
      .regex(/^(\+[1-9][0-9]{1,14}|[0-9]{3,6})$/, 'wanted a number or an extension of the account')
      .nullable()
      .optional(),
  ),
});

const small = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'wanted small letters, digits, dots and dashes');
/** Known by its name. Never its password: a new phone gets one that is shown once. */
const filePhone = z.strictObject({
  name: small,
  kind: z.enum(['desk-phone', 'common-area-phone']).optional(),
  sipUser: small.optional(),
  extension: filePerson.shape.extension,
  number: e164.nullable().optional(),
  /** On whose desk it stands. */
  person: address.nullable().optional(),
});

const hook = webhookChange.shape;
const fileWebhook = z.strictObject({
  name: text(100),
  url: text(2000),
  events: hook.events.unwrap(),
  active: z.boolean().optional(),
});

/** The whole file. A section that is absent is left as it is. */
export const tenantFileShape = z.strictObject({
  version: z.literal(1),
  account: fileAccount.optional(),
  carriers: z.array(fileCarrier).max(50).optional(),
  connections: z.array(fileConnection).max(50).optional(),
  provisioning: z.array(fileProvisioning).max(50).optional(),
  ranges: z.array(fileRange).max(1000).optional(),
  numbers: z.array(fileNumber).max(25_000).optional(),
  people: z.array(filePerson).max(25_000).optional(),
  queues: z.array(fileQueue).max(1000).optional(),
  phones: z.array(filePhone).max(25_000).optional(),
  presence: filePresence.optional(),
  voicemail: fileVoicemail.optional(),
  webhooks: z.array(fileWebhook).max(200).optional(),
  signIns: z.array(fileSignIn).max(200).optional(),
});

export type TenantFile = z.infer<typeof tenantFileShape>;
export type FileProvisioning = NonNullable<TenantFile['provisioning']>[number];
export type FilePerson = NonNullable<TenantFile['people']>[number];
export type FileQueue = NonNullable<TenantFile['queues']>[number];
export type FilePhone = NonNullable<TenantFile['phones']>[number];
export type FileVoicemail = NonNullable<TenantFile['voicemail']>;
export type FilePresence = NonNullable<TenantFile['presence']>;
export type FileConnection = NonNullable<TenantFile['connections']>[number];
export type FileNumber = NonNullable<TenantFile['numbers']>[number];
export type FileRange = NonNullable<TenantFile['ranges']>[number];
export type FileCarrier = NonNullable<TenantFile['carriers']>[number];
export type FileSignIn = NonNullable<TenantFile['signIns']>[number];
export type FileWebhook = NonNullable<TenantFile['webhooks']>[number];

/** Each setting of a connection can stand in a file: does not compile when one is added that cannot. */
export type SettingsCovered = keyof ProvisioningSettings extends keyof FileProvisioning ? true : never;
export const settingsCovered: SettingsCovered = true;

import { z } from 'zod';
import { id, plain, text, timestamp } from './common.ts';

/** Connections of accounts with Microsoft 365 tenants. */

/** What an admin can switch on; each asks Microsoft for permissions of its own. `provisioning` is always on. */
export const connectionFeatures = [
  'provisioning',
  'presence',
  'presence-write',
  'calendar',
  'webhooks',
  'call-records',
  'mail',
  'setup',
] as const;
export type ConnectionFeature = (typeof connectionFeatures)[number];

export const connectionStates = [
  'not-connected',
  'signed-in',
  'consent-pending',
  'consent-incomplete',
  'connected',
  'expiring',
  'expired',
  'interrupted',
  'disconnected',
] as const;
export type ConnectionState = (typeof connectionStates)[number];

export const connectionReasons = [
  'app-removed',
  'app-disabled',
  'permission-missing',
  'credential-expired',
  'credential-refused',
  'clock-differs',
  'blocked-by-policy',
  'tenant-gone',
  'tenant-elsewhere',
  'access-denied',
  'silent',
  'sign-in-refused',
  'declined',
  'user-only',
  'needs-admin',
  'role-unknown',
] as const;
export type ConnectionReason = (typeof connectionReasons)[number];

export const turns = ['entra-admin', 'account-admin', 'operator', 'microsoft', 'nobody'] as const;

const guid = z
  .string()
  .regex(
    /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/,
    'a GUID, for example a1a1a1a1-0000-4000-8000-00000000a001',
  )
  .transform((value) => value.toLowerCase());

const feature = z.enum(connectionFeatures);
const chosenFeatures = z
  .array(feature)
  .max(connectionFeatures.length)
  .describe('What is wanted; `provisioning` is always among it. Permissions are asked for these only');

const registration = z
  .enum(['main', 'presence'])
  .describe('The app registration for everything, or the second one for presence alone');

const permissionOfConnection = z.object({
  role: plain.describe('Application permission of Microsoft Graph, by its name there'),
  granted: z.boolean(),
  lastUsedAt: timestamp.optional().describe('When a request last needed it; to within some minutes'),
});

export const connection = z.object({
  id,
  accountId: id,
  tenant: z.object({
    id: plain.describe("Microsoft's id of the tenant"),
    name: plain.optional(),
    domains: z.array(plain).describe('Domains that the tenant has verified, as read last'),
  }),
  kind: z
    .enum(['platform-app', 'own-app'])
    .describe("The platform's app, approved by consent, or the customer's own app registration"),
  clientId: plain,
  state: z.enum(connectionStates),
  reason: z.enum(connectionReasons).optional(),
  since: timestamp,
  sentence: plain.describe('The state in words'),
  next: plain.optional().describe('What to do, and where'),
  turn: z.enum(turns).describe('Whose turn it is'),
  works: z.boolean().describe('Tandem reads and writes in the tenant now'),
  missing: z
    .array(z.object({ feature, role: plain, words: plain, registration }))
    .describe('Permissions that enabled features need and Microsoft has not granted'),
  features: z.array(
    z.object({
      feature,
      title: plain,
      enabled: z.boolean(),
      works: z.boolean(),
      permissions: z.array(permissionOfConnection),
    }),
  ),
  unneeded: z.array(permissionOfConnection).describe('Granted, but nothing that is switched on needs it'),
  signedIn: z
    .object({ name: plain, roles: z.array(plain), mayConsent: z.boolean() })
    .optional()
    .describe('Who signed in at Microsoft, and with which roles of Entra'),
  connectedBy: plain.optional(),
  connectedAt: timestamp.optional(),
  credential: z
    .object({
      kind: z.enum(['certificate', 'secret']),
      endsAt: timestamp.optional(),
      daysLeft: z.number().int().optional(),
      certificate: plain.optional().describe('PEM, without the key: to be registered at Microsoft'),
      thumbprint: plain.optional(),
    })
    .optional()
    .describe('Of an own registration. What is secret in it is never given'),
  nextCredential: z
    .object({
      kind: z.enum(['certificate', 'secret']),
      certificate: plain.optional(),
      thumbprint: plain.optional(),
      endsAt: timestamp.optional(),
    })
    .optional()
    .describe('Waits for Microsoft to take it; then it replaces the present one'),
  presenceRegistration: z
    .object({
      clientId: plain,
      kind: z.enum(['platform-app', 'own-app']),
      works: z.boolean().describe('Everything that presence needs stood in its last fresh token'),
      reason: z.enum(connectionReasons).optional(),
      sentence: plain,
      next: plain.optional(),
      roles: z.array(plain).describe('Permissions in its last fresh token'),
      unneeded: z.array(plain).describe('Granted to it beyond what presence needs'),
      since: timestamp,
      checkedAt: timestamp.optional(),
      credential: z
        .object({
          kind: z.enum(['certificate', 'secret']),
          endsAt: timestamp.optional(),
          daysLeft: z.number().int().optional(),
          certificate: plain.optional(),
          thumbprint: plain.optional(),
        })
        .optional(),
    })
    .optional()
    .describe(
      'Presence goes by this app registration and by no other: no token that reads or shows presence carries another permission. Absent: the one registration does everything',
    ),
  sharedTenant: z
    .boolean()
    .describe('Another account of this platform uses the same tenant, with another enable group'),
  lastAnswerAt: timestamp.optional().describe('When Microsoft last answered a request as it should'),
  checkedAt: timestamp.optional().describe('When the permissions were last looked at in a fresh token'),
});
export type Connection = z.infer<typeof connection>;

export const connectionFeatureRow = z.object({
  feature,
  title: plain,
  purpose: plain,
  alwaysOn: z.boolean(),
  permissions: z.array(z.object({ role: plain, appRoleId: plain, why: plain, orAnyOf: z.array(plain) })),
});
export const connectionFeatureList = z.object({
  items: z.array(connectionFeatureRow),
  platformApp: z
    .object({ clientId: plain })
    .optional()
    .describe("Absent: this platform has no app registration, only customers' own ones can be used"),
  platformPresenceApp: z
    .object({ clientId: plain })
    .optional()
    .describe('The platform has a second app registration, for presence alone, which is approved by itself'),
  redirectUris: z
    .array(plain)
    .describe('Addresses to which Microsoft sends the browser back; registered with the app'),
  consentRoles: z.array(plain).describe('Roles of Entra that can approve for a whole tenant'),
});
export type ConnectionFeatureList = z.infer<typeof connectionFeatureList>;

/** A page of the portal to which Microsoft sends the browser back: `<portal>/connect/callback`. */
const returnTo = z.string().max(512).describe('`<portal>/connect/callback`, as registered with the app');

export const beginSignIn = z.strictObject({
  account: id,
  connection: id.optional().describe('To sign in again for this one; without it a new tenant'),
  features: chosenFeatures.optional(),
  returnTo,
  shareTenant: z
    .boolean()
    .default(false)
    .describe('The tenant may be one that another account uses already, with another enable group'),
});
export const beginConsent = z.strictObject({ returnTo, registration: registration.default('main') });
export const beginApproval = z.strictObject({ returnTo });

export const goTo = z.object({
  url: z.string().describe('Send the browser there'),
  endsAt: timestamp.describe('Until when the return is accepted, once'),
});
export type GoTo = z.infer<typeof goTo>;

/** What stands in the address of the return, as it stands there. */
export const microsoftReturn = z.strictObject({
  state: z.string().min(1).max(200),
  code: z.string().max(8192).optional(),
  error: z.string().max(200).optional(),
  error_description: z.string().max(4096).optional(),
  error_subcode: z.string().max(200).optional(),
  admin_consent: z.string().max(16).optional(),
  tenant: z.string().max(64).optional(),
  scope: z.string().max(4096).optional(),
  session_state: z.string().max(200).optional(),
});

export const returnOutcome = z.object({
  connection,
  step: z
    .enum(['consent', 'waiting', 'done', 'ask-admin', 'again'])
    .describe(
      '`consent`: go on with the approval. `waiting`: Microsoft is copying the approval, look again. `ask-admin`: send the link to somebody who may approve. `again`: the step can be repeated',
    ),
  sentence: plain,
});
export type ReturnOutcome = z.infer<typeof returnOutcome>;

const pem = (max: number) => z.string().trim().min(1).max(max).startsWith('-----BEGIN ');
const secretCredential = z.strictObject({
  kind: z.literal('secret'),
  secret: z.string().min(8).max(512),
  endsAt: z.iso
    .datetime({ offset: true })
    .describe('The end date that Microsoft showed: nobody else can tell it'),
});
const certificateCredential = z.strictObject({
  kind: z.literal('certificate'),
  certificate: pem(16_384),
  privateKey: pem(16_384),
});
const ownCredential = z.discriminatedUnion('kind', [
  secretCredential,
  certificateCredential,
  z.strictObject({
    kind: z.literal('make-certificate'),
    days: z.number().int().min(30).max(1095).default(730),
  }),
]);

export const newRegistration = z.strictObject({
  account: id,
  tenantId: guid,
  clientId: guid,
  credential: ownCredential,
  features: chosenFeatures.optional(),
  shareTenant: z.boolean().default(false),
});
export const replaceRegistration = z.strictObject({
  clientId: guid.optional().describe('Without it the app stays and only its credential changes'),
  credential: ownCredential,
});

export const presenceRegistration = z.strictObject({
  clientId: guid.describe(
    'Of an app registration that has presence permissions only, not the one for everything else',
  ),
  credential: z.discriminatedUnion('kind', [secretCredential, certificateCredential]),
});

export const changeFeatures = z.strictObject({ features: chosenFeatures });

export const stopPreview = z.object({
  preview: plain.describe('To be sent with the disconnect: it is refused when the list has changed'),
  people: z.number().int().describe('People whose calls from Teams are kept by this connection'),
  stops: z.array(plain).describe('What stops, in words'),
  goesOn: z.array(plain),
});
export type StopPreview = z.infer<typeof stopPreview>;

export const disconnect = z.strictObject({
  preview: z.string().min(1).max(128),
  reason: text(500).optional(),
});

export const approvalLink = z.object({
  url: z.string().describe('For somebody who may approve; needs no sign-in at this platform'),
  endsAt: timestamp,
  text: plain.describe('A message to send with it'),
});
export type ApprovalLink = z.infer<typeof approvalLink>;

/** Wizard step 3: the tenant as it is, with numbers. A count that could not be read is absent, and said. */
export const tenantCheck = z.object({
  readAt: timestamp,
  tenant: z.object({ name: plain.optional(), domains: z.array(plain), country: plain.optional() }),
  skus: z.array(
    z.object({
      sku: plain,
      bought: z.number().int(),
      used: z.number().int(),
      free: z.number().int(),
      teams: z.boolean(),
      teamsPhone: z.boolean(),
      callingPlan: z.boolean(),
    }),
  ),
  funnel: z.array(
    z.object({
      step: z.enum([
        'users',
        'enabled',
        'licensed',
        'phone-system',
        'no-calling-plan',
        'teams-only',
        'no-on-premises-number',
      ]),
      words: plain,
      count: z.number().int(),
      lost: z.number().int().describe('Left out at this step'),
    }),
  ),
  callingPlanUsers: z.number().int().optional(),
  onPremisesNumbers: z.number().int().optional(),
  notTeamsOnly: z.number().int().optional(),
  directRoutingNumbers: z.number().int().optional(),
  unread: z.array(z.object({ what: plain, why: plain })),
});
export type TenantCheck = z.infer<typeof tenantCheck>;

export const outgoingMail = z.object({
  id: plain,
  accountId: id.optional(),
  subject: plain,
  text: plain,
  state: z.enum(['waiting', 'sent', 'failed', 'not-sent']),
  words: plain,
  to: z.array(plain),
  createdAt: timestamp,
  sentAt: timestamp.optional(),
});
export type OutgoingMail = z.infer<typeof outgoingMail>;

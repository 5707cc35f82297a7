import { z } from 'zod';
import { directoryRoleNames } from '../entra/directory-roles.ts';
import { idTokenFaults } from '../entra/entra-settings.ts';
import { isApplicationPermission, isDelegatedPermission } from '../entra/permissions.ts';

/** What the control API takes about sign-in, registrations and consent. */

const application = z.array(
  z.string().refine(isApplicationPermission, { error: 'Graph has no such application permission' }),
);
const delegated = z.array(
  z.string().refine(isDelegatedPermission, { error: 'Graph has no such delegated permission' }),
);
const redirectUri = z.union([
  z.string().transform((uri) => ({ uri, kind: 'web' as const })),
  z.strictObject({ uri: z.string(), kind: z.enum(['web', 'spa', 'public']) }),
]);

export const newApp = z.strictObject({
  /** Tenant in which it is registered. */
  tenant: z.string(),
  displayName: z.string().min(1).max(120),
  multiTenant: z.boolean().default(false),
  redirectUris: z.array(redirectUri).default([]),
  application: application.default([]),
  delegated: delegated.default([]),
  rolesInIdToken: z.boolean().default(false),
  /** The tenant's administrator presses "Grant admin consent" at once. */
  grant: z.boolean().default(false),
});

export const appChange = z.strictObject({
  displayName: z.string().min(1).max(120).optional(),
  redirectUris: z.array(redirectUri).optional(),
  addRedirectUri: redirectUri.optional(),
  removeRedirectUri: z.string().optional(),
  /** What the registration asks for from now on; tenants keep what they agreed to. */
  application: application.optional(),
  delegated: delegated.optional(),
  rolesInIdToken: z.boolean().optional(),
});

/** Below zero: it has expired already. */
const days = z.number().min(-3_650).max(3_650);
export const newSecret = z.strictObject({
  displayName: z.string().max(120).default('secret'),
  days: days.default(180),
});
export const secretChange = z.strictObject({ days });

export const newCertificate = z.union([
  z.strictObject({ pem: z.string().startsWith('-----BEGIN CERTIFICATE-----') }),
  /** The twin makes certificate and key; the key is shown once. */
  z.strictObject({ generate: z.literal(true), days: z.number().min(1).max(3_650).default(365) }),
]);

export const grant = z.strictObject({
  clientId: z.string(),
  /** Absent: what the registration asks for. */
  application: application.optional(),
  delegated: delegated.optional(),
  /** For this person only. */
  user: z.string().optional(),
});

export const enterpriseAppChange = z.strictObject({
  enabled: z.boolean().optional(),
  removeApplication: z.array(z.string()).optional(),
  removeDelegated: z.array(z.string()).optional(),
  /** People whose own consents are taken back. */
  removeUsers: z.array(z.string()).optional(),
});

export const tenantSignIn = z.strictObject({
  userConsent: z.enum(['allowed', 'administrators-only']).optional(),
  secondFactor: z.boolean().optional(),
  /** Conditional Access lets nobody in, apps neither. */
  blocked: z.boolean().optional(),
  otherCloud: z.boolean().optional(),
});

export const rolesChange = z.strictObject({ directoryRoles: z.array(z.enum(directoryRoleNames)) });

const delayMs = z.number().int().min(0).max(86_400_000).optional();
export const entraChange = z.strictObject({
  principalDelayMs: delayMs,
  grantDelayMs: delayMs,
  assertionsOnce: z.boolean().optional(),
  spoilIdToken: z.enum(idTokenFaults).optional(),
  declinedError: z.enum(['access_denied', 'consent_required', 'permission_denied']).optional(),
});

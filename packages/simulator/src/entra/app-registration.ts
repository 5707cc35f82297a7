import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { PermissionSet } from './permissions.ts';

/** An app registration (in one tenant) and its service principals (one in each tenant that uses it; graph 1.8). */

export interface AppCertificate {
  /** Base64url of the SHA-1 and of the SHA-256 of the DER form: `x5t` and `x5t#S256`. */
  readonly sha1: string;
  readonly sha256: string;
  /** The SHA-256 in hexadecimal, as MSAL's `thumbprintSha256` wants it. */
  readonly thumbprintSha256: string;
  readonly publicKey: KeyObject;
  /** Wall ms. */
  readonly notAfter: number;
  readonly pem: string;
}

/** The enterprise application: what one tenant agreed to. */
export interface ServicePrincipal {
  readonly objectId: string;
  enabled: boolean;
  /** Application permissions that were granted, by name; what a new token's `roles` say. */
  roles: readonly string[];
  /** Delegated permissions for everybody of the tenant. */
  scopes: readonly string[];
  /** Delegated permissions that single people agreed to, by their object id. */
  readonly userScopes: Map<string, readonly string[]>;
}

export interface AppSecret {
  /** The "secret id" that people mistake for the secret. */
  readonly id: string;
  readonly name: string;
  readonly value: string;
  /** Wall ms. */
  expiresAt: number;
}

/** Where answers may go, and what kind of client lives there: web has credentials, spa and public have none. */
export interface RedirectUri {
  readonly uri: string;
  readonly kind: 'web' | 'spa' | 'public';
}

export interface AppRegistration {
  readonly clientId: string;
  displayName: string;
  /** The tenant in which it was registered. */
  readonly homeTenantId: string;
  /** `AzureADMultipleOrgs`; else only the home tenant knows it. */
  readonly multiTenant: boolean;
  redirectUris: readonly RedirectUri[];
  /** What consent to "everything" means today; tenants keep what they agreed to before. */
  permissions: PermissionSet;
  /** `groupMembershipClaims` is DirectoryRole: id_tokens carry `wids` too (graph 1.5). */
  rolesInIdToken: boolean;
  readonly certificates: AppCertificate[];
  readonly secrets: AppSecret[];
  /** By tenant. */
  readonly servicePrincipals: Map<string, ServicePrincipal>;
}

export const newServicePrincipal = (objectId: string): ServicePrincipal => ({
  objectId,
  enabled: true,
  roles: [],
  scopes: [],
  userScopes: new Map(),
});

/**
 * "Character for character after decoding", but for the port of http loopback addresses, which Entra does not look at
 * (RFC 8252 7.3, 8.3).
 */
export function findRedirectUri(app: AppRegistration, asked: string): RedirectUri | undefined {
  return app.redirectUris.find(({ uri }) => uri === asked || withoutPort(uri) === withoutPort(asked));
}

const withoutPort = (uri: string): string =>
  uri.replace(/^(http:\/\/(?:localhost|127\.0\.0\.1)):[0-9]+(?=[/?]|$)/, '$1');

/** What is wrong with a redirect URI that somebody wants to register, in words. */
export function judgeRedirectUri(uri: string): string | undefined {
  if (!URL.canParse(uri)) return 'it is no absolute URI';
  const { protocol, hostname, hash } = new URL(uri);
  if (hash !== '') return 'it must have no fragment';
  if (uri.includes('*')) return 'wildcards are not allowed';
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname)) return undefined;
  return 'it must begin with https, or with http://localhost';
}

export function appCertificate(pem: string): AppCertificate {
  const parsed = new X509Certificate(pem);
  const digest = (name: string) => createHash(name).update(parsed.raw).digest();
  return {
    sha1: digest('sha1').toString('base64url'),
    sha256: digest('sha256').toString('base64url'),
    thumbprintSha256: digest('sha256').toString('hex').toUpperCase(),
    publicKey: parsed.publicKey,
    notAfter: parsed.validToDate.getTime(),
    pem: parsed.toString(),
  };
}

export const presenceRoles = ['Presence.Read.All', 'Presence.ReadWrite.All'] as const;

/** What the platform's automation asks for: the base set and presence (graph 5.7). */
export const automationRoles = [
  'User.Read.All',
  'GroupMember.Read.All',
  'Group.Read.All',
  'Organization.Read.All',
  'LicenseAssignment.Read.All',
  'TeamsTelephoneNumber.ReadWrite.All',
  'TeamsPolicyUserAssign.ReadWrite.All',
  'TeamsUserConfiguration.Read.All',
  'Domain.Read.All',
  ...presenceRoles,
] as const;

/** For the sign-in of administrators (graph 5.7). */
export const signInScopes = ['openid', 'profile', 'email', 'offline_access', 'User.Read'] as const;

import { createHash, type KeyObject, X509Certificate } from 'node:crypto';

/** An app registration (one, in the operator's tenant) and its service principals (one per customer tenant; graph 1.8). */

export interface AppCertificate {
  /** Base64url of the SHA-1 and of the SHA-256 of the DER form: `x5t` and `x5t#S256`. */
  readonly sha1: string;
  readonly sha256: string;
  /** The SHA-256 in hexadecimal, as MSAL's `thumbprintSha256` wants it. */
  readonly thumbprintSha256: string;
  readonly publicKey: KeyObject;
  /** Wall ms. */
  readonly notAfter: number;
}

export interface ServicePrincipal {
  readonly objectId: string;
  enabled: boolean;
  /** Application permissions that were granted, by name; what a new token's `roles` say. */
  roles: readonly string[];
}

export interface AppRegistration {
  readonly clientId: string;
  readonly displayName: string;
  readonly certificates: AppCertificate[];
  /** With wall ms of the end of each. */
  readonly secrets: { value: string; expiresAt: number }[];
  readonly servicePrincipals: Map<string, ServicePrincipal>;
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
  };
}

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
  'Presence.Read.All',
  'Presence.ReadWrite.All',
] as const;

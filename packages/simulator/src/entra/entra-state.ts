import type { StateSection } from '../state/state-file.ts';
import type { AppCatalogue } from './app-catalogue.ts';
import { type AppSecret, appCertificate, type RedirectUri } from './app-registration.ts';
import type { Consents, UserConsentPolicy } from './consents.ts';
import type { PermissionSet } from './permissions.ts';

/** What sign-in must not forget over a restart: registrations, credentials, consents. Sessions and tokens it forgets. */

interface SavedApp {
  readonly clientId: string;
  readonly displayName: string;
  readonly homeTenantId: string;
  readonly multiTenant: boolean;
  readonly redirectUris: readonly RedirectUri[];
  readonly permissions: PermissionSet;
  readonly rolesInIdToken: boolean;
  readonly secrets: readonly AppSecret[];
  /** PEM. */
  readonly certificates: readonly string[];
  readonly servicePrincipals: readonly {
    readonly tenantId: string;
    readonly objectId: string;
    readonly enabled: boolean;
    readonly roles: readonly string[];
    readonly scopes: readonly string[];
    readonly userScopes: readonly (readonly [string, readonly string[]])[];
  }[];
}

interface Saved {
  readonly apps: readonly SavedApp[];
  readonly userConsent: readonly (readonly [string, UserConsentPolicy])[];
}

export const entraState = (catalogue: AppCatalogue, consents: Consents): StateSection => ({
  version: 1,
  save: (): Saved => ({
    apps: catalogue.all().map(({ certificates, servicePrincipals, ...app }) => ({
      ...app,
      certificates: certificates.map(({ pem }) => pem),
      servicePrincipals: [...servicePrincipals].map(([tenantId, { userScopes, ...principal }]) => ({
        tenantId,
        ...principal,
        userScopes: [...userScopes],
      })),
    })),
    userConsent: [...consents.userConsent],
  }),
  restore: (value) => {
    const { apps, userConsent } = value as Saved;
    for (const { certificates, servicePrincipals, secrets, ...app } of apps)
      catalogue.restore({
        ...app,
        secrets: [...secrets],
        certificates: certificates.map(appCertificate),
        servicePrincipals: new Map(
          servicePrincipals.map(({ tenantId, userScopes, ...principal }) => [
            tenantId,
            { ...principal, userScopes: new Map(userScopes) },
          ]),
        ),
      });
    for (const [tenantId, policy] of userConsent) consents.userConsent.set(tenantId, policy);
  },
});

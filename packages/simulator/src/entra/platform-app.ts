import { rehearsalWorld } from '../world/rehearsal-world.ts';
import type { AppCatalogue, NewApp } from './app-catalogue.ts';
import {
  type AppRegistration,
  automationRoles,
  newServicePrincipal,
  presenceRoles,
  signInScopes,
} from './app-registration.ts';
import { union } from './permissions.ts';

/** Where the platform's portal takes sign-in back; Entra looks at no port of a loopback address. */
export const portalRedirectUris = [
  'http://localhost/connect/callback',
  'http://127.0.0.1/connect/callback',
  'https://portal.example.net/connect/callback',
] as const;

const day = 86_400_000;

/** The platform's own registration, in the operator's tenant, and what the customers of the rehearsal agreed to already. */
export function registerPlatformApp(
  catalogue: AppCatalogue,
  own: { readonly clientId: string; readonly certificate: string; readonly now: number },
): AppRegistration {
  const wanted: NewApp = {
    clientId: own.clientId,
    displayName: 'Tandem automation',
    homeTenantId: rehearsalWorld.carrierTenantId,
    multiTenant: true,
    redirectUris: portalRedirectUris.map((uri) => ({ uri, kind: 'web' })),
    // More than the first customers agreed to: what was added later reaches nobody by itself (graph 1.3).
    permissions: {
      application: [
        ...automationRoles,
        'CallRecords.Read.All',
        'Mail.Send',
        // The set-up of a routing domain.
        'Domain.ReadWrite.All',
        'User.ReadWrite.All',
        'LicenseAssignment.ReadWrite.All',
      ],
      delegated: signInScopes,
    },
    rolesInIdToken: true,
  };
  const known = catalogue.find(own.clientId);
  if (known) return refreshed(catalogue, known, wanted, own.certificate);
  const app = catalogue.register(wanted);
  catalogue.addCertificate(app, own.certificate);
  catalogue.addSecret(app, 'rehearsal', own.now + 180 * day);
  for (const { entraTenantId } of rehearsalWorld.customers)
    app.servicePrincipals.set(entraTenantId, {
      ...newServicePrincipal(`${entraTenantId.slice(0, 8)}-0000-4000-8000-5e0000000001`),
      roles: automationRoles,
      scopes: signInScopes,
    });
  return app;
}

/** The platform's registration for presence: nothing but presence, so that its tokens can carry nothing else (G23). */
export function registerPresenceApp(
  catalogue: AppCatalogue,
  own: { readonly clientId: string; readonly certificate: string },
): AppRegistration {
  const wanted: NewApp = {
    clientId: own.clientId,
    displayName: 'Tandem presence',
    homeTenantId: rehearsalWorld.carrierTenantId,
    multiTenant: true,
    redirectUris: portalRedirectUris.map((uri) => ({ uri, kind: 'web' })),
    permissions: { application: presenceRoles, delegated: [] },
  };
  const known = catalogue.find(own.clientId);
  if (known) return refreshed(catalogue, known, wanted, own.certificate);
  const app = catalogue.register(wanted);
  catalogue.addCertificate(app, own.certificate);
  return app;
}

/** Remembered from an earlier start: the certificate on disk counts, and what this version asks for is asked for. */
function refreshed(
  catalogue: AppCatalogue,
  app: AppRegistration,
  { redirectUris, permissions }: NewApp,
  certificate: string,
): AppRegistration {
  const known = new Set(app.redirectUris.map(({ uri }) => uri));
  app.redirectUris = [...app.redirectUris, ...redirectUris.filter(({ uri }) => !known.has(uri))];
  app.permissions = {
    application: union(app.permissions.application, permissions.application),
    delegated: union(app.permissions.delegated, permissions.delegated),
  };
  catalogue.addCertificate(app, certificate);
  return app;
}

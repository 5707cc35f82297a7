import { rehearsalWorld } from '../world/rehearsal-world.ts';
import type { AppCatalogue } from './app-catalogue.ts';
import {
  type AppRegistration,
  automationRoles,
  newServicePrincipal,
  signInScopes,
} from './app-registration.ts';

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
  const app = catalogue.register({
    clientId: own.clientId,
    displayName: 'Tandem automation',
    homeTenantId: rehearsalWorld.carrierTenantId,
    multiTenant: true,
    redirectUris: portalRedirectUris.map((uri) => ({ uri, kind: 'web' })),
    // More than the first customers agreed to: what was added later reaches nobody by itself (graph 1.3).
    permissions: {
      application: [...automationRoles, 'CallRecords.Read.All', 'Mail.Send'],
      delegated: signInScopes,
    },
    rolesInIdToken: true,
  });
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

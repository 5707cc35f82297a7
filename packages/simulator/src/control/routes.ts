import { carrierRoutes } from './carrier-routes.ts';
import { clientRoutes } from './client-routes.ts';
import { directoryControlRoutes } from './directory-routes.ts';
import { entraRoutes } from './entra-routes.ts';
import { faultRoutes } from './fault-routes.ts';
import { graphControlRoutes } from './graph-routes.ts';
import { graphSettingsRoutes } from './graph-settings-routes.ts';
import { phoneRoutes } from './phone-routes.ts';
import { runRehearsalCall } from './rehearsal-call.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';
import { tenantRoutes } from './tenant-routes.ts';
import { userRoutes } from './user-routes.ts';
import { watchRoutes } from './watch-routes.ts';

const twinRoutes: readonly Route[] = [
  route({
    method: 'PATCH',
    path: '/settings',
    summary: "Strictness, the EKU policy, and Microsoft's own certificate",
    body: schemas.settingsChange,
    run: async ({ twin }, { body }) => {
      if (body.strict !== undefined) twin.proxy.strict = body.strict;
      if (body.sbcEkuPolicy) twin.proxy.eku = body.sbcEkuPolicy;
      if (body.hubCertificate) await twin.rotateHubCertificate(body.hubCertificate);
      return { strict: twin.proxy.strict, sbcEkuPolicy: twin.proxy.eku };
    },
  }),
  route({
    method: 'POST',
    path: '/calls',
    summary: 'One watched call from party to party through the platform; answers when it is over',
    body: schemas.rehearsalCall,
    run: ({ twin, clock }, { body }) => runRehearsalCall(twin, clock, body),
  }),
];

/** The control API, one row per operation; the OpenAPI description is made from these rows. */
export const routes: readonly Route[] = [
  ...userRoutes,
  ...clientRoutes,
  ...carrierRoutes,
  ...phoneRoutes,
  ...faultRoutes,
  ...graphSettingsRoutes,
  ...graphControlRoutes,
  ...entraRoutes,
  ...directoryControlRoutes,
  ...watchRoutes,
  ...tenantRoutes,
  ...twinRoutes,
];

import { defined, type Route, type RouteContext, route } from './route.ts';
import * as schemas from './schemas.ts';

function graphView({ microsoft365: { settings, throttle, app, keys } }: RouteContext['twin']) {
  return {
    settings,
    quotas: throttle.quotas,
    quotaScale: throttle.scale,
    counts: throttle.counts,
    insideRetryAfterBy: throttle.insideBy,
    signingKey: keys.currentId,
    app: {
      clientId: app.clientId,
      displayName: app.displayName,
      certificates: app.certificates.map(({ thumbprintSha256, notAfter }) => ({
        thumbprintSha256,
        notAfter: new Date(notAfter).toISOString(),
      })),
      secrets: app.secrets.map(({ value, expiresAt }) => ({
        value,
        expiresAt: new Date(expiresAt).toISOString(),
      })),
      tenants: [...app.servicePrincipals].map(([id, principal]) => ({ id, ...principal })),
    },
  };
}

/** Delays, quotas and keys of Graph as a whole. */
export const graphSettingsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/graph',
    summary: "The platform's app registration, delays and quotas of Graph, and how many requests came",
    run: ({ twin }) => graphView(twin),
  }),
  route({
    method: 'PATCH',
    path: '/graph',
    summary: 'Change delays and quotas, rotate the signing keys',
    body: schemas.graphChange,
    run: async ({ twin }, { body }) => {
      const { quotas, quotaScale, rotateKeys, resetCounts, ...settings } = body;
      const { microsoft365 } = twin;
      Object.assign(microsoft365.settings, defined(settings));
      for (const [name, quota] of Object.entries(quotas ?? {}))
        Object.assign(microsoft365.throttle.quotas[name as keyof typeof microsoft365.throttle.quotas], quota);
      if (quotaScale !== undefined) microsoft365.throttle.scale = quotaScale;
      if (rotateKeys) await microsoft365.rotateKeys(rotateKeys === 'and-forget');
      if (resetCounts) microsoft365.throttle.reset();
      return graphView(twin);
    },
  }),
];

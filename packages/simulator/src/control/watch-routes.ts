import { regions } from '../config.ts';
import { checkTable } from '../sip-proxy/check-table.ts';
import { defined, type Route, route } from './route.ts';
import * as schemas from './schemas.ts';

/** Time at Microsoft, the health of trunks, and every message that came and went. */
export const watchRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/clock',
    summary: "Windows of the OPTIONS health, and Microsoft's clock",
    run: ({ twin, clock }) => ({
      now: new Date(clock.wall()).toISOString(),
      microsoftNow: new Date(twin.microsoft365.clock.wall()).toISOString(),
      skewMs: twin.microsoft365.clock.skewMs,
      ...twin.proxy.health.windows,
    }),
  }),
  route({
    method: 'PATCH',
    path: '/clock',
    summary:
      'Change the windows, let time pass at Microsoft, or set its clock wrong, for rehearsals that cannot wait',
    body: schemas.clockChange,
    run: ({ twin }, { body: { advanceMs, skewMs, ...windows } }) => {
      if (advanceMs !== undefined) twin.microsoft365.advance(advanceMs);
      if (skewMs !== undefined) twin.microsoft365.clock.skewMs = skewMs;
      return {
        ...Object.assign(twin.proxy.health.windows, windows),
        microsoftNow: new Date(twin.microsoft365.clock.wall()).toISOString(),
        skewMs: twin.microsoft365.clock.skewMs,
      };
    },
  }),
  route({
    method: 'POST',
    path: '/clock/options',
    summary: "Send Microsoft's own OPTIONS now, to every trunk that probes",
    run: async ({ twin }) => {
      await twin.proxy.probeNow();
      return { trunks: twin.proxy.health.trunks() };
    },
  }),
  route({
    method: 'GET',
    path: '/health',
    summary: 'Trunk states as the health dashboard shows them',
    run: ({ twin, clock }) => {
      const now = clock.now();
      const { health } = twin.proxy;
      const names = new Set([twin.config.sbcBaseDomain, ...health.trunks()]);
      return {
        trunks: [...names].map((name) => {
          const trunk = twin.directory.knowsTrunk(name)?.trunk;
          return {
            trunk: name,
            state: health.state(name, trunk?.sendSipOptions ?? true, now),
            regions: health.regions(name, now),
          };
        }),
        regions,
        liveCalls: [...twin.proxy.calls.values()].filter((call) => !call.done).length,
      };
    },
  }),
  route({
    method: 'GET',
    path: '/audit',
    summary: 'Every message that came and went, with the checks it passed or not',
    query: schemas.auditQuery,
    run: async ({ twin }, { query }) => {
      const { wait, ...rest } = query;
      const filter = defined(rest);
      const entries = wait ? await twin.audit.wait(filter, wait) : twin.audit.find(filter);
      return { entries: rest.limit === undefined ? entries.slice(-500) : entries, last: twin.audit.lastSeq };
    },
  }),
  route({ method: 'GET', path: '/checks', summary: 'What the hubs verify', run: () => checkTable }),
];

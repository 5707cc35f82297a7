import { tenantCalendars } from '@tandem/adapters/graph/calendars.ts';
import type { ConnectionId, RoutingSnapshot } from '@tandem/domain';
import {
  type CalendarKeeper,
  type CalendarKeeperDeps,
  createCalendarKeeper,
  type TenantCalendars,
} from '@tandem/engine';
import type { MicrosoftConnections } from './microsoft-connections.ts';

export interface PresenceCalendarsParts extends Omit<CalendarKeeperDeps, 'calendars'> {
  readonly connections: Pick<MicrosoftConnections, 'all'>;
  readonly snapshot: () => RoutingSnapshot;
  /** The feature is switched on and Microsoft granted what it needs. Absent: nobody's calendar is read. */
  readonly mayRead: ((connectionId: ConnectionId) => boolean) | undefined;
}

/** Meetings by the connection of each person's tenant; asked each time, because permissions come and go. */
export function presenceCalendars(parts: PresenceCalendarsParts): CalendarKeeper {
  const { connections, snapshot, mayRead } = parts;
  const of = (entraTenantId: string): TenantCalendars | undefined => {
    if (!mayRead) return undefined;
    for (const accountId of snapshot().accounts.keys())
      for (const { tenantId, connectionId, graph } of connections.all(accountId))
        if (tenantId === entraTenantId && mayRead(connectionId)) return tenantCalendars(graph);
    return undefined;
  };
  return createCalendarKeeper({ ...parts, calendars: { of } });
}

import type { CallLog } from '../graph/call-log.ts';
import type { TwinRandom } from '../random.ts';
import type { TeamsCall } from './teams-call.ts';

/** Writes a call into the logs when it is over, in Microsoft's time. */
export function logCall(
  call: TeamsCall,
  log: CallLog,
  clock: { wall(): number },
  random: Pick<TwinRandom, 'uuid'>,
): void {
  const invitedAt = clock.wall();
  const { user, tenant, trunk, region, direction, number, guid } = call.facts;
  // Who they were when they talked, whatever becomes of them.
  const { objectId, upn, displayName, number: own } = user;
  void call.ended.then((end) => {
    const { connectedAtMs, startedAtMs } = call;
    log.add({
      id: random.uuid(),
      tenantId: tenant.id,
      correlationId: guid,
      user: { objectId, upn, displayName, number: own },
      direction,
      number,
      trunk,
      region,
      invitedAt,
      connectedAt: connectedAtMs === undefined ? undefined : invitedAt + (connectedAtMs - startedAtMs),
      endedAt: clock.wall(),
      end,
    });
  });
}

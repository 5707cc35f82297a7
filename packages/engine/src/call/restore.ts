import type { CallRecord } from '@tandem/domain';
import { aim, destinationOf } from '@tandem/sip/dialog/route-set.ts';
import type { DialogSnapshot, Protocol, UserAgent } from '@tandem/sip/ua/types.ts';
import type { CallCheckpoint, CallLog } from '../ports/call-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineSettings } from '../settings.ts';
import type { LegRole } from './call-failure.ts';
import { q850Reason } from './reason.ts';
import { verdictOf } from './verdicts.ts';

/**
 * After a crash of the signalling process: no leg may live without the other, so both are ended with BYE and the
 * record is closed as what it is (reliability 2, items 6 and 8). `lastMediaWallMs` is the last sign of media, where
 * somebody knows it.
 */
export function endRestored(
  checkpoint: CallCheckpoint,
  deps: {
    readonly ua: UserAgent;
    readonly log: CallLog;
    readonly clock: Clock;
    readonly settings: EngineSettings;
  },
  lastMediaWallMs: number | undefined,
): CallRecord {
  const { ua, log, clock, settings } = deps;
  const verdict = verdictOf({ kind: 'node-crash' });
  for (const side of ['a', 'b'] as const) {
    const snapshot = checkpoint[side];
    if (!snapshot) continue;
    const role = checkpoint.record.legs.find((leg) => leg.side === side)?.role ?? 'carrier';
    const nextHop = nextHopOf(snapshot, role, settings);
    if (!nextHop) continue;
    ua.resume(snapshot, nextHop).bye(q850Reason(verdict.q850, verdict.say));
  }
  const { record } = checkpoint;
  const endedAt = lastMediaWallMs ?? clock.wall();
  const answeredAt = record.invitedAt + (record.answeredMs ?? 0);
  const closed: CallRecord = {
    ...record,
    endedAt,
    talkMs: Math.max(0, endedAt - answeredAt),
    result: 'answered',
    status: 200,
    q850: verdict.q850,
    code: 'node-crash',
    sentence: verdict.say,
    endedBy: 'node-crash',
    closedBy: 'crash',
    why: [...record.why, verdict.say],
  };
  log.closed(closed, []);
  return closed;
}

function nextHopOf(snapshot: DialogSnapshot, role: LegRole, settings: EngineSettings) {
  const { nextHop } = aim(snapshot.routeSet, snapshot.remoteTarget);
  const { teams, carriers, phones } = settings;
  if (role === 'teams') return destinationOf(nextHop, { protocol: 'TLS', host: '', port: 0, via: teams.via });
  const named = /;transport=(udp|tcp|tls)/i.exec(nextHop)?.[1]?.toUpperCase() as Protocol | undefined;
  const protocol = named ?? 'UDP';
  // A phone's connection died with the process, and only the phone can open another.
  if (role === 'phone' && protocol !== 'UDP') return undefined;
  const via = (role === 'phone' ? phones : carriers)?.via[protocol];
  if (role === 'phone' && via === undefined) return undefined;
  return destinationOf(nextHop, { protocol, host: '', port: 0, via: via ?? 'carrier-udp' });
}

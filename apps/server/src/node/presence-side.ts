import type { Metrics } from '@tandem/adapters/http/metrics.ts';
import type { CallEngine } from '@tandem/engine';
import type { MicrosoftSide } from './microsoft-side.ts';
import type { NodeContext } from './node-context.ts';
import { createPhoneLamps } from './services/phone-watch.ts';
import { createPresence, type Presence } from './services/presence.ts';
import { phonesOfPeople } from './services/presence-phones.ts';
import type { SipEdge } from './sip-edge.ts';
import type { NodeStorage } from './storage.ts';

export interface PresenceSideParts {
  readonly storage: Pick<NodeStorage, 'stores' | 'changes' | 'snapshots'>;
  readonly phones: SipEdge['phones'];
  readonly microsoft: Pick<MicrosoftSide, 'connections' | 'presenceSync' | 'own'>;
  readonly engine: Pick<CallEngine, 'activeCalls'>;
  readonly metrics: Pick<Metrics, 'presence' | 'phoneWatch'>;
}

export type PresenceSide = ReturnType<typeof openPresenceSide>;

/** Who is busy: towards Microsoft, out of calls and phones; towards desk phones, as lamps. */
export function openPresenceSide(
  { config, log, clock, random, feed }: NodeContext,
  parts: PresenceSideParts,
) {
  const { phones, engine, metrics } = parts;
  const { stores, changes, snapshots } = parts.storage;
  const { connections, presenceSync, own } = parts.microsoft;
  const phonesWithPeople = phonesOfPeople({
    clock,
    snapshot: () => snapshots.current(),
    isRegistered: (deviceId) => phones.registrar.contactOf(deviceId) !== undefined,
    onChange: (personIds) => presence.phonesChanged(personIds),
  });
  phones.onRegistrations(phonesWithPeople.changed);
  const presence: Presence = createPresence({
    clock,
    connections: { ...connections, ...presenceSync.links },
    snapshot: () => snapshots.current(),
    leases: stores.presenceLeases,
    preferred: stores.preferredPresence,
    own,
    policies: own.policiesBut(presenceSync.policies),
    interruptedSince(personId) {
      const since = own.interruptedSince(personId);
      return since === undefined ? presenceSync.interruptedSince(personId) : since || undefined;
    },
    states: stores.presenceStates,
    changes: stores.presenceChanges,
    audit: changes.audit,
    mayHaveRules: (accountId) => presenceSync.settingsOf(accountId).personalOverrides,
    rulesChanged: () => presenceSync.policiesChanged(),
    registeredOf: phonesWithPeople.registeredOf,
    ...(config.presenceReadSeconds !== undefined && { otherIntervalMs: config.presenceReadSeconds * 1000 }),
    mayReadCalendars: (connectionId) => connections.mayUse(connectionId, 'calendar'),
    feed,
    metrics: metrics.presence,
    onProblem: (what) => log.warn({ what }, 'presence'),
  });
  const lamps = createPhoneLamps({
    clock,
    realm: config.sbcBaseDomain,
    advertisedAddress: config.advertisedAddress,
    ports: config.ports,
    registrar: phones.registrar,
    presence: presence.watch,
    metrics: metrics.phoneWatch,
    snapshot: () => snapshots.current(),
    activeCalls: () => engine.activeCalls(),
    fraction: random.fraction,
    onProblem: (what) => log.error({ what }, 'lamps'),
  });
  phones.onRegistrations(lamps.registrationsChanged);
  return { presence, lamps };
}

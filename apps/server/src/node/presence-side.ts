import type { Metrics } from '@tandem/adapters/http/metrics.ts';
import type { CallEngine } from '@tandem/engine';
import type { MicrosoftSide } from './microsoft-side.ts';
import type { NodeContext } from './node-context.ts';
import { createPhoneLamps } from './services/phone-watch.ts';
import { createPresence, type Presence } from './services/presence.ts';
import { createAccelerator } from './services/presence-accelerator.ts';
import { phonesOfPeople } from './services/presence-phones.ts';
import type { SipEdge } from './sip-edge.ts';
import type { NodeStorage } from './storage.ts';

export interface PresenceSideParts {
  readonly storage: Pick<NodeStorage, 'stores' | 'changes' | 'snapshots'>;
  readonly phones: SipEdge['phones'];
  readonly microsoft: Pick<MicrosoftSide, 'connections' | 'directory' | 'presenceSync' | 'own'>;
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
  const { connections, directory, presenceSync, own } = parts.microsoft;
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
    dir: config.nodeDir,
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
  const accelerator = createAccelerator({
    keeper: own.keeper,
    graphOf: own.graphOf,
    onChange: own.onChange,
    people: presence.people,
    policies: presenceSync.policies,
    snapshot: () => snapshots.current(),
    book: directory.book,
    clock,
    endpoints: connections.apps.endpoints,
    https: connections.apps.https,
    clientId: connections.apps.platformApp?.clientId,
    // The twin reaches this machine only, and needs no certificate for that.
    publicUrl: () => config.publicUrl ?? (config.twin && `http://127.0.0.1:${config.ports.http}`),
    ...presence.told,
    onProblem: (what, accountId) => log.warn({ what, accountId }, 'the speed-up of presence'),
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
  return { presence, lamps, accelerator };
}

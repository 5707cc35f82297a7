import type { Metrics } from '@tandem/adapters/http/metrics.ts';
import type { CallJournal } from '@tandem/adapters/journal/call-log.ts';
import { phonesVia } from '@tandem/adapters/sip-transport/phone-flows.ts';
import { sipSides } from '@tandem/adapters/sip-transport/sip-endpoint.ts';
import { asCallId, type CallRecord } from '@tandem/domain';
import { allowedMethods, type CallEngine, createCallEngine, defaultBudgets, verdictOf } from '@tandem/engine';
import { createUserAgent } from '@tandem/sip';
import type { NodeConfig } from '../supervisor/child-config.ts';
import type { MicrosoftSide } from './microsoft-side.ts';
import type { NodeContext } from './node-context.ts';
import { createQueueNews } from './queue-news.ts';
import { phaseOf } from './services/live-calls.ts';
import type { PhoneLamps } from './services/phone-watch.ts';
import type { Presence } from './services/presence.ts';
import { sentBy } from './services/sent-by.ts';
import type { SipEdge } from './sip-edge.ts';
import type { NodeStorage } from './storage.ts';

export interface CallEngineParts {
  readonly storage: Pick<NodeStorage, 'calls' | 'snapshots' | 'probeMemory' | 'voicemail'>;
  readonly edge: SipEdge;
  readonly microsoft: Pick<MicrosoftSide, 'provisioning' | 'routingDomains' | 'held' | 'directory'>;
  metrics(): Metrics | undefined;
  /** Both hear the engine's calls, so they are made after it; nobody asks before the engine is started. */
  presence(): Presence;
  lamps(): PhoneLamps;
}

/** The engine on its ports: whom it asks, where its calls are written and who hears of them. */
export function openCallEngine(context: NodeContext, parts: CallEngineParts): CallEngine {
  const { config, log, clock, random, feed, newId } = context;
  const { edge, metrics, presence, lamps } = parts;
  const { calls, snapshots, probeMemory, voicemail } = parts.storage;
  const { provisioning, routingDomains, held, directory } = parts.microsoft;
  const { registrar } = edge.phones;
  const tellOfQueue = createQueueNews({
    clock,
    feed,
    snapshot: () => snapshots.current(),
    viewOf: (id) => engine.queues.viewOf(id),
  });
  const engine: CallEngine = createCallEngine({
    media: edge.media,
    log: {
      opened(record) {
        calls.opened(record);
        metrics()?.callOpened(record);
      },
      confirmed: (checkpoint) => calls.confirmed(checkpoint),
      closed(record, ladder) {
        calls.closed(record, ladder);
        metrics()?.callClosed(record);
        provisioning.callClosed(record);
        routingDomains.callClosed(record);
        if (feed.watched) feed.publish({ kind: 'call', record });
      },
    },
    clock,
    ids: { callId: () => asCallId(newId()) },
    snapshots,
    settings: settingsOf(config),
    access: { ...provisioning.access, forwardOf: held.forwardOf, restsAt: held.restsAt },
    registrations: registrar,
    callerNames: directory.callerNames,
    gate: {
      verdictFor: (personId, call) => presence().gate.verdictFor(personId, call),
      onChange: (listener) => presence().gate.onChange(listener),
    },
    voicemail: voicemail.keeper,
    announcements: voicemail.announcements,
    authenticatePhone: registrar.authenticatePhone,
    onRegister: (incoming) => registrar.onRegister(incoming),
    onSubscribe: (incoming) => lamps().onSubscribe(incoming),
    fraction: random.fraction,
    probeMemory,
    isTeams: (flow) => flow.listener === sipSides.teams,
    onEvent(event) {
      lamps().heard(event);
      if (event.kind === 'call-ended') presence().callEnded(event.call.callId);
      else if ('call' in event) presence().callChanged(event.call);
      if (event.kind === 'call-shed') metrics()?.platform.shed(event.failure.kind);
      // A record is made for each step of each call only while somebody looks.
      if (!feed.watched || event.kind === 'call-shed') return;
      if (event.kind === 'peer-changed') feed.publish({ kind: 'peers' });
      else if (event.kind === 'queue-changed') tellOfQueue(event.queueId);
      else if (event.kind !== 'call-ended')
        feed.publish({ kind: 'call', record: event.call.record(), phase: phaseOf(event.call.state) });
    },
    onBug: (error, callId) => log.error({ err: error, callId }, 'a bug ended a call'),
    userAgent: (handlers) =>
      createUserAgent(
        {
          // No version: whoever scans learns nothing about what to try (T01).
          userAgent: 'Tandem',
          allow: allowedMethods,
          alsoAnswered: ['REGISTER', 'SUBSCRIBE'],
          supported: ['timer'],
          viaFor: sentBy(config),
        },
        {
          ...handlers,
          onMessage(direction, message, peer, now, bytes) {
            const side = 'via' in peer ? peer.via : peer.listener;
            metrics()?.platform.sipMessage(direction, message, side);
            handlers.onMessage(direction, message, peer, now, bytes);
          },
          onAnomaly: (_what, flow) => metrics()?.platform.parseError(flow.listener),
          send: edge.endpoint.send,
          random,
          now: clock.now,
        },
      ),
  });
  return engine;
}

/** Calls that stood when the process died go on; those that were not answered yet get the end of their record. */
export function takeOverCalls(engine: CallEngine, calls: CallJournal): void {
  const left = calls.recover();
  engine.restore(left.confirmed);
  for (const record of left.open) calls.closed(endedByCrash(record), []);
}

function settingsOf({ ports, advertisedAddress: host, sbcBaseDomain }: NodeConfig) {
  return {
    teams: {
      via: sipSides.teams,
      contactPort: ports.teamsTls,
      trunkHost: sbcBaseDomain,
      mediaAddress: host,
    },
    carriers: {
      via: { UDP: sipSides.carrierUdp, TCP: sipSides.carrierTcp },
      contact: { UDP: { host, port: ports.carrierSip }, TCP: { host, port: ports.carrierSip } },
      mediaAddress: host,
    },
    phones: {
      via: phonesVia,
      contact: {
        UDP: { host, port: ports.phonesSip },
        TCP: { host, port: ports.phonesSip },
        TLS: { host, port: ports.phonesTls },
      },
      mediaAddress: host,
    },
    budgets: defaultBudgets,
  };
}

/** A call that was not yet answered when the process died: its transactions died with it, its record must not. */
function endedByCrash(record: CallRecord): CallRecord {
  const { sip: status, q850, say } = verdictOf({ kind: 'node-crash' });
  return {
    ...record,
    endedAt: Date.now(),
    result: 'failed',
    status,
    q850,
    code: 'node-crash',
    sentence: say,
    endedBy: 'node-crash',
    closedBy: 'crash',
    why: [...record.why, say],
  };
}

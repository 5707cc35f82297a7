import type { CallRecord } from '@tandem/domain';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type DirectoryMetrics, registerDirectoryMetrics } from './directory-metrics.ts';
import { type MicrosoftMetrics, registerMicrosoftMetrics } from './microsoft-metrics.ts';
import { type PhoneWatchMetrics, registerPhoneWatchMetrics } from './phone-watch-metrics.ts';
import { type PlatformCounters, type PlatformReadings, registerPlatformMetrics } from './platform-metrics.ts';
import { type PresenceMetrics, registerPresenceMetrics } from './presence-metrics.ts';
import { type QueueMetrics, registerQueueMetrics } from './queue-metrics.ts';
import type { LiveCalls, MetricsText, PeerBoard } from './services.ts';
import { Tally } from './tally.ts';

export interface MetricsDeps {
  readonly live: LiveCalls;
  readonly peers: PeerBoard;
  readonly wall: () => number;
  /** Label for the carrier of a call: its name, from the configured set, never text from the wire (T31). */
  readonly connector: (record: CallRecord) => string;
  /** Wall ms at which the routing snapshot in use was built. */
  readonly snapshotBuiltAt?: () => number;
  /** What the process knows of itself; absent where there is no such process (docs, tests). */
  readonly platform?: () => PlatformReadings;
}

export interface Metrics extends MetricsText {
  /** For what other parts count themselves, under the names of the reference. */
  readonly registry: Registry;
  readonly platform: Omit<PlatformCounters, 'callClosed'>;
  readonly phoneWatch: PhoneWatchMetrics;
  readonly presence: PresenceMetrics;
  readonly queues: QueueMetrics;
  readonly microsoft: MicrosoftMetrics;
  readonly directory: DirectoryMetrics;
  callOpened(record: CallRecord): void;
  callClosed(record: CallRecord): void;
  optionsAnswered(peer: string, rttMs: number): void;
  authFailed(reason: 'refused' | 'throttled'): void;
}

const setupBuckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8, 16];

/** The names are a contract with operators' dashboards (docs: metrics); gauges are read when they are asked for. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // How late the loop is, looked at twenty times a second: each look wakes the process, also when nothing goes on.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 });

  new Gauge({
    name: 'sbc_calls_active',
    help: 'Calls from INVITE to the end, now',
    labelNames: ['direction', 'connector'],
    registers,
    collect() {
      this.reset();
      for (const direction of ['from-teams', 'to-teams', 'internal'])
        this.set({ direction, connector: 'none' }, 0);
      for (const { record } of deps.live.list()) {
        this.inc({ direction: record.direction, connector: deps.connector(record) });
      }
    },
  });
  new Gauge({
    name: 'sbc_peer_up',
    help: '1 while the peer answers OPTIONS, 0 otherwise',
    labelNames: ['peer', 'kind'],
    registers,
    collect() {
      this.reset();
      for (const peer of deps.peers.list()) {
        this.set(
          { peer: peer.name, kind: peer.kind },
          peer.state === 'up' || peer.state === 'degraded' ? 1 : 0,
        );
      }
    },
  });
  new Gauge({
    name: 'sbc_peer_last_options_age_seconds',
    help: 'Seconds since OPTIONS last went well; way: we-ask, they-ask',
    labelNames: ['peer', 'kind', 'way'],
    registers,
    collect() {
      this.reset();
      for (const peer of deps.peers.list()) {
        for (const [way, heard] of [['we-ask', peer.weAsk] as const, ['they-ask', peer.theyAsk] as const]) {
          if (heard.lastAtMs === undefined) continue;
          this.set(
            { peer: peer.name, kind: peer.kind, way },
            Math.max(0, (deps.wall() - heard.lastAtMs) / 1000),
          );
        }
      }
    },
  });
  const { snapshotBuiltAt } = deps;
  if (snapshotBuiltAt) {
    new Gauge({
      name: 'snapshot_age_seconds',
      help: 'Age of the routing facts in use',
      registers,
      collect() {
        this.set(Math.max(0, (deps.wall() - snapshotBuiltAt()) / 1000));
      },
    });
  }

  const attempts = new Tally(
    'sbc_call_attempts_total',
    'Calls that got past admission',
    ['direction', 'connector'],
    registers,
  );
  const results = new Tally(
    'sbc_call_results_total',
    'Calls that ended, by result and Q.850 cause',
    ['direction', 'connector', 'result', 'q850'],
    registers,
  );
  const setup = new Histogram({
    name: 'sbc_call_setup_seconds',
    help: 'INVITE in to INVITE out',
    labelNames: ['connector'],
    buckets: setupBuckets,
    registers,
  });
  const postDial = new Histogram({
    name: 'sbc_post_dial_delay_seconds',
    help: 'INVITE in to the first 18x',
    labelNames: ['connector'],
    buckets: setupBuckets,
    registers,
  });
  const roundTrip = new Histogram({
    name: 'sbc_options_rtt_seconds',
    help: 'Our OPTIONS to its answer',
    labelNames: ['peer'],
    buckets: setupBuckets,
    registers,
  });
  const failures = new Counter({
    name: 'auth_failures_total',
    help: "Sign-ins refused or held back, and bearer tokens that are nobody's",
    labelNames: ['reason'],
    registers,
  });

  const platform = registerPlatformMetrics(registry, deps.platform, deps.wall);
  const queues = registerQueueMetrics(registry);

  return {
    registry,
    platform,
    phoneWatch: registerPhoneWatchMetrics(registry),
    presence: registerPresenceMetrics(registry),
    queues,
    microsoft: registerMicrosoftMetrics(registry),
    directory: registerDirectoryMetrics(registry),
    contentType: registry.contentType,
    text: () => registry.metrics(),
    callOpened(record) {
      const { direction } = record;
      const connector = deps.connector(record);
      attempts.add(`${direction} ${connector}`, 1, () => ({ direction, connector }));
    },
    callClosed(record) {
      platform.callClosed(record);
      queues.callClosed(record);
      const connector = deps.connector(record);
      const { direction, result = 'failed', q850 = 'none' } = record;
      results.add(`${direction} ${result} ${q850} ${connector}`, 1, () => ({
        direction,
        connector,
        result: result.replace('-', '_'),
        q850: String(q850),
      }));
      if (record.setupMs !== undefined) setup.observe({ connector }, record.setupMs / 1000);
      if (record.ringingMs !== undefined) postDial.observe({ connector }, record.ringingMs / 1000);
    },
    optionsAnswered(peer, rttMs) {
      roundTrip.observe({ peer }, rttMs / 1000);
    },
    authFailed(reason) {
      failures.inc({ reason });
    },
  };
}

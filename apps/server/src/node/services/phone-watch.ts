import type { PhoneWatchMetrics } from '@tandem/adapters/http/phone-watch-metrics.ts';
import { phonesVia } from '@tandem/adapters/sip-transport/phone-flows.ts';
import type { RoutingSnapshot } from '@tandem/domain';
import type { Clock, EngineEvent, LiveCall, PresenceWatch } from '@tandem/engine';
import { createPhoneWatch, type PhoneWatch } from '@tandem/engine/blf/phone-watch.ts';
import { defaultPace, defaultWatchLimits } from '@tandem/engine/blf/settings.ts';
import type { Registrar } from '@tandem/engine/registrar/registrar.ts';

export interface PhoneLampsParts {
  readonly clock: Clock;
  readonly realm: string;
  readonly advertisedAddress: string;
  readonly ports: { readonly phonesSip: number; readonly phonesTls: number };
  readonly registrar: Registrar;
  readonly presence: PresenceWatch;
  readonly metrics: PhoneWatchMetrics;
  snapshot(): RoutingSnapshot;
  activeCalls(): readonly LiveCall[];
  fraction(): number;
  onProblem(what: string): void;
}

export interface PhoneLamps extends Omit<PhoneWatch, 'callChanged' | 'callEnded' | 'counts'> {
  /** Each event of the engine. */
  heard(event: EngineEvent): void;
}

/** Lamps on desk phones, put together: who asks, what is known of calls and people, and what is counted. */
export function createPhoneLamps(parts: PhoneLampsParts): PhoneLamps {
  const { advertisedAddress: host, ports, metrics } = parts;
  const watch = createPhoneWatch({
    clock: parts.clock,
    settings: {
      realm: parts.realm,
      via: phonesVia,
      contact: {
        UDP: { host, port: ports.phonesSip },
        TCP: { host, port: ports.phonesSip },
        TLS: { host, port: ports.phonesTls },
      },
      limits: defaultWatchLimits,
      pace: defaultPace,
    },
    authenticatePhone: parts.registrar.authenticatePhone,
    registrations: parts.registrar,
    snapshot: parts.snapshot,
    activeCalls: parts.activeCalls,
    presence: parts.presence,
    fraction: parts.fraction,
    onFault: metrics.refused,
    onNotified: metrics.notified,
  });
  metrics.readSubscriptions(watch.counts);
  return {
    ...watch,
    heard(event) {
      // The engine tells from within a call: what goes wrong with a lamp must not end it.
      try {
        if (event.kind === 'call-ended') watch.callEnded(event.call.callId);
        else if ('call' in event) watch.callChanged(event.call);
      } catch (error) {
        parts.onProblem(`a bug: ${error instanceof Error ? error.stack : String(error)}`);
      }
    },
  };
}

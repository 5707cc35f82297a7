import type { HostPort, NotifierLimits, Protocol } from '@tandem/sip';
import type { UnprovenLimits } from '../registrar/settings.ts';

export interface PhoneWatchSettings {
  /** Host in the URIs of whoever is watched. */
  readonly realm: string;
  /** Transport identities by which phones are reached (`Destination.via`). */
  readonly via: Readonly<Record<Protocol, string>>;
  /** Host and port in our Contacts towards phones. */
  readonly contact: Readonly<Record<Protocol, HostPort>>;
  readonly limits: NotifierLimits;
  /** SUBSCRIBEs of one phone that proved itself, and of all (T04): so many points at once, and so many a second. */
  readonly pace: Pick<UnprovenLimits, 'all'> & { readonly perPhone: UnprovenLimits['perAddress'] };
}

export const defaultWatchLimits: NotifierLimits = {
  lowestSeconds: 60,
  // A lamp that a crash of ours made dark is lit again within this, whatever time the phone asked for.
  highestSeconds: 600,
  // The largest key expansions have 180 keys; a phone that restarts leaves its old ones behind for a while.
  perOwner: 400,
  all: 20_000,
};

export const defaultPace: PhoneWatchSettings['pace'] = {
  // A phone with all its keys comes back after a power cut.
  perPhone: { points: 400, perSecond: 10 },
  all: { points: 5_000, perSecond: 500 },
};

/**
 * Ringing, answer and end go out at once; everything else at most twice a second.
 *
 * DEVIATION: RFC 3856 §6.10 and RFC 4235 §3.10 advise seconds between NOTIFYs. A lamp that lags by seconds is worse than
 * none, and only one NOTIFY is under way for each subscription.
 */
export const notifySettings = { gapMs: 500, retryMs: 5_000, mostMissed: 3 } as const;

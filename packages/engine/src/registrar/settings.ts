import type { DeviceId } from '@tandem/domain';
import type { NonceKey } from '@tandem/sip';
import type { Protocol } from '@tandem/sip/ua/types.ts';

/** H(user:realm:password) of a phone, in hex, by algorithm (RFC 7616 §3.4.2): the password itself is nowhere. */
export interface PhoneSecret {
  readonly deviceId: DeviceId;
  readonly sipUser: string;
  readonly md5: string;
  readonly sha256: string;
}

/** From memory, by digest user name. */
export interface PhoneSecrets {
  ofUser(sipUser: string): PhoneSecret | undefined;
}

export interface RegistrarSettings {
  readonly realm: string;
  readonly nonceKey: NonceKey;
  /** Transport identities by which registered phones are reached (`Destination.via`). */
  readonly via: Readonly<Record<Protocol, string>>;
  readonly expires: ExpiresLimits;
  readonly lockOut: LockOutLimits;
  readonly unproven: UnprovenLimits;
}

/** Seconds a binding lives (RFC 3261 §10.3 step 7). */
export interface ExpiresLimits {
  readonly lowest: number;
  readonly highest: number;
  /** When the phone does not say. */
  readonly usual: number;
}

export const defaultExpires: ExpiresLimits = { lowest: 60, highest: 3600, usual: 300 };

/** Wrong passwords of one user from one address (T02): a stranger locks out only herself. */
export interface LockOutLimits {
  /** So many wrong ones ... */
  readonly wrong: number;
  /** ... within this lock the user out at that address, ... */
  readonly withinMs: number;
  /** ... first for this long, then twice as long each time, ... */
  readonly firstMs: number;
  /** ... up to this. */
  readonly longestMs: number;
  /** Pairs of user and address that are remembered; beyond, the oldest is forgotten. */
  readonly remembered: number;
}

export const defaultLockOut: LockOutLimits = {
  wrong: 5,
  withinMs: 60_000,
  firstMs: 60_000,
  longestMs: 3_600_000,
  remembered: 20_000,
};

/** What requests without a proven identity may cost us, in points (T04). Who has none left gets silence. */
export interface UnprovenLimits {
  readonly perAddress: { readonly points: number; readonly perSecond: number };
  /** All addresses together: forged sources are many. */
  readonly all: { readonly points: number; readonly perSecond: number };
  readonly challenge: number;
  readonly wrong: number;
  readonly remembered: number;
}

export const defaultUnproven: UnprovenLimits = {
  // A site of 200 phones behind one address comes back after a power cut: proving itself gives the point back.
  perAddress: { points: 200, perSecond: 20 },
  all: { points: 2_000, perSecond: 500 },
  challenge: 1,
  wrong: 5,
  remembered: 20_000,
};

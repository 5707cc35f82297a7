import type { DeviceId } from '@tandem/domain';
import type { Destination, Flow } from '@tandem/sip/ua/types.ts';

/** Where a registered phone is reached now: one contact a phone, the last one registered (RFC 3261 §10). */
export interface PhoneContact {
  /** Request-URI, as the phone gave it in Contact. */
  readonly uri: string;
  /** Where requests go: the flow of the registration, so that phones behind NAT and TLS are reached (RFC 5626 idea). */
  readonly destination: Destination;
  readonly expiresAtWallMs: number;
}

/** The registrar as routing sees it. From memory. */
export interface Registrations {
  contactOf(deviceId: DeviceId): PhoneContact | undefined;
  /** Whose authenticated registration came over this flow or address; a hint for counting, never a proof of identity. */
  deviceAt(flow: Flow): DeviceId | undefined;
}

export const noRegistrations: Registrations = { contactOf: () => undefined, deviceAt: () => undefined };

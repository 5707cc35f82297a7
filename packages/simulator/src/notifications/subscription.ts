import type { Caller } from '../graph/graph-world.ts';
import type { Watched } from './resources.ts';

/** One subscription; times are wall ms of Microsoft's clock. */
export interface Subscription {
  readonly id: string;
  readonly tenantId: string;
  readonly applicationId: string;
  readonly creatorId: string;
  readonly creatorKind: Caller['kind'];
  readonly resource: string;
  readonly watched: Watched;
  /** In the order of the alphabet. */
  readonly changeTypes: readonly string[];
  notificationUrl: string;
  readonly lifecycleNotificationUrl: string | null;
  readonly clientState: string | null;
  expiresAt: number;
  readonly includeResourceData: boolean;
  /** Base64 of the DER form; never shown again. */
  encryptionCertificate: string | null;
  encryptionCertificateId: string | null;
  readonly latestSupportedTlsVersion: string;
  /** A person's subscription delivers while the token behind it lives. */
  tokenEndsAt: number;
  patchedAt: number;
  reauthorizedAt: number;
  /** Deliveries are dropped until then (S9). */
  droppedUntil: number;
}

export const subscriptionEntity = (one: Subscription): Record<string, unknown> => ({
  id: one.id,
  resource: one.resource,
  applicationId: one.applicationId,
  changeType: one.changeTypes.join(','),
  clientState: one.clientState,
  notificationUrl: one.notificationUrl,
  notificationQueryOptions: null,
  lifecycleNotificationUrl: one.lifecycleNotificationUrl,
  expirationDateTime: new Date(one.expiresAt).toISOString(),
  creatorId: one.creatorId,
  includeResourceData: one.includeResourceData,
  latestSupportedTlsVersion: one.latestSupportedTlsVersion,
  encryptionCertificate: null,
  encryptionCertificateId: one.encryptionCertificateId,
  notificationUrlAppId: null,
});

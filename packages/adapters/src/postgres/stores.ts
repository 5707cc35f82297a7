import type {
  ConnectionStore,
  OwnSignInStore,
  PersonStates,
  PreferredStates,
  PresenceLeases,
  SignInAttempts,
} from '@tandem/engine';
import type { PresenceSyncStore } from '@tandem/engine/presence-sync/ports.ts';
import type { SecretBox } from '../security/secret-box.ts';
import { type AccountStore, createAccountStore } from './account-store.ts';
import { type AuditStore, createAuditStore } from './audit-store.ts';
import { type BulkStore, createBulkStore } from './bulk-store.ts';
import { type CallRecordStore, createCallRecordStore, type UnstoredCalls } from './call-record-store.ts';
import { type CarrierStore, createCarrierStore } from './carrier-store.ts';
import { createConnectionStore } from './connection-store.ts';
import { type ConsentStore, createConsentStore } from './consent-store.ts';
import { type ContactStore, createContactStore } from './contact-store.ts';
import type { Database } from './database.ts';
import { createDeviceStore, type DeviceStore } from './device-store.ts';
import { createJobStore, type JobStore } from './job-store.ts';
import { createLinkStore, type LinkStore } from './link-store.ts';
import { createMailStore, type MailStore } from './mail-store.ts';
import { createNumberStockStore, type NumberStockStore } from './number-stock-store.ts';
import { createNumberStore, type NumberStore } from './number-store.ts';
import { createOwnSignInStore } from './own-sign-in-store.ts';
import { createPersonStore, type PersonStore } from './person-store.ts';
import { createPlatformFactsStore, type PlatformFactsStore } from './platform-facts-store.ts';
import { createPreferredPresenceStore } from './preferred-presence-store.ts';
import { createPresenceChangeStore, type PresenceChangeStore } from './presence-change-store.ts';
import { createPresenceLeaseStore } from './presence-lease-store.ts';
import { createPresenceStateStore } from './presence-state-store.ts';
import { createPresenceSyncStore } from './presence-sync-store.ts';
import {
  createProvisioningHistoryStore,
  type ProvisioningHistoryStore,
} from './provisioning-history-store.ts';
import {
  createProvisioningSettingsStore,
  type ProvisioningSettingsStore,
} from './provisioning-settings-store.ts';
import { createQueueStore, type QueueStore } from './queue-store.ts';
import { createRoutingDomainStore, type RoutingDomainStore } from './routing-domain-store.ts';
import { createSessionStore, type SessionStore } from './session-store.ts';
import { createSignInAttemptStore } from './sign-in-attempt-store.ts';
import { createTagStore, type TagStore } from './tag-store.ts';
import { createTogether, type Together } from './together.ts';
import { createTokenStore, type TokenStore } from './token-store.ts';
import { createUserStore, type UserStore } from './user-store.ts';
import { createVoicemailRows, type VoicemailRows } from './voicemail-store.ts';
import { createWebhookStore, type WebhookStore } from './webhook-store.ts';

/** Everything that the platform keeps in the database, by noun. */
export interface Stores {
  readonly accounts: AccountStore;
  readonly people: PersonStore;
  readonly numbers: NumberStore;
  readonly carriers: CarrierStore;
  readonly devices: DeviceStore;
  readonly calls: CallRecordStore;
  readonly users: UserStore;
  readonly tokens: TokenStore;
  readonly sessions: SessionStore;
  readonly facts: PlatformFactsStore;
  readonly links: LinkStore;
  readonly provisioning: ProvisioningSettingsStore;
  readonly provisioningHistory: ProvisioningHistoryStore;
  readonly presenceLeases: PresenceLeases;
  readonly presenceStates: PersonStates;
  readonly presenceChanges: PresenceChangeStore;
  readonly presenceSync: PresenceSyncStore;
  readonly preferredPresence: PreferredStates;
  readonly ownSignIns: OwnSignInStore;
  readonly connections: ConnectionStore;
  readonly signInAttempts: SignInAttempts;
  readonly mails: MailStore;
  readonly audit: AuditStore;
  readonly webhooks: WebhookStore;
  readonly jobs: JobStore;
  readonly bulk: BulkStore;
  readonly together: Together;
  readonly tags: TagStore;
  readonly numberStock: NumberStockStore;
  readonly routingDomains: RoutingDomainStore;
  readonly contacts: ContactStore;
  readonly consents: ConsentStore;
  readonly queues: QueueStore;
  readonly voicemail: VoicemailRows;
}

export function createStores(db: Database, box: SecretBox, unstoredCalls?: UnstoredCalls): Stores {
  return {
    accounts: createAccountStore(db),
    people: createPersonStore(db),
    numbers: createNumberStore(db),
    carriers: createCarrierStore(db, box),
    devices: createDeviceStore(db, box),
    calls: createCallRecordStore(db, unstoredCalls),
    users: createUserStore(db),
    tokens: createTokenStore(db),
    sessions: createSessionStore(db),
    facts: createPlatformFactsStore(db),
    links: createLinkStore(db),
    provisioning: createProvisioningSettingsStore(db),
    provisioningHistory: createProvisioningHistoryStore(db),
    presenceLeases: createPresenceLeaseStore(db),
    presenceStates: createPresenceStateStore(db),
    presenceChanges: createPresenceChangeStore(db),
    presenceSync: createPresenceSyncStore(db),
    preferredPresence: createPreferredPresenceStore(db),
    ownSignIns: createOwnSignInStore(db, box),
    connections: createConnectionStore(db, box),
    signInAttempts: createSignInAttemptStore(db, box),
    mails: createMailStore(db),
    audit: createAuditStore(db),
    webhooks: createWebhookStore(db, box),
    jobs: createJobStore(db),
    bulk: createBulkStore(db),
    tags: createTagStore(db),
    together: createTogether(db, (inner) => createStores(inner, box, unstoredCalls)),
    numberStock: createNumberStockStore(db),
    routingDomains: createRoutingDomainStore(db),
    contacts: createContactStore(db),
    consents: createConsentStore(db, box),
    queues: createQueueStore(db),
    voicemail: createVoicemailRows(db),
  };
}

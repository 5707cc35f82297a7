import { context } from './0001-context.ts';
import { directory } from './0002-directory.ts';
import { access } from './0003-access.ts';
import { callRecords } from './0004-call-records.ts';
import { rowSecurity } from './0005-row-security.ts';
import { routingChanges } from './0006-routing-changes.ts';
import { provisioning } from './0007-provisioning.ts';
import { presenceLeases } from './0008-presence-leases.ts';
import { devices } from './0009-devices.ts';
import { microsoftConnections } from './0010-microsoft-connections.ts';
import { provisioningSettings } from './0011-provisioning-settings.ts';
import { leaverForward } from './0012-leaver-forward.ts';
import { numberStock } from './0013-number-stock.ts';
import { jobs } from './0014-jobs.ts';
import { audit } from './0015-audit.ts';
import { webhooks } from './0016-webhooks.ts';
import { routingDomains } from './0017-routing-domains.ts';
import { leastGrants } from './0018-least-grants.ts';
import { personTags } from './0019-person-tags.ts';
import { presenceSync } from './0020-presence-sync.ts';
import { presenceRuns } from './0021-presence-runs.ts';
import { queues } from './0022-queues.ts';
import { presenceStates } from './0024-presence-states.ts';
import { presenceJournal } from './0025-presence-journal.ts';
import { preferredPresence } from './0026-preferred-presence.ts';
import { ownContacts } from './0027-own-contacts.ts';
import { syncOperator } from './0028-sync-operator.ts';
import { ownSignIns } from './0030-own-sign-ins.ts';
import { voicemail } from './0032-voicemail.ts';
import { leaverRules } from './0034-leaver-rules.ts';
import { rangePlaces } from './0035-range-places.ts';
import { leaverVoicemail } from './0036-leaver-voicemail.ts';
import { providerConsent } from './0037-provider-consent.ts';
import { microsoftPurges } from './0039-microsoft-purges.ts';
import { presenceRegistration } from './0041-presence-registration.ts';
import type { Migration } from './migration.ts';

/** In order. Append only. */
export const migrations: readonly Migration[] = [
  context,
  directory,
  access,
  callRecords,
  rowSecurity,
  routingChanges,
  provisioning,
  presenceLeases,
  devices,
  microsoftConnections,
  provisioningSettings,
  numberStock,
  jobs,
  audit,
  webhooks,
  routingDomains,
  leastGrants,
  presenceSync,
  presenceRuns,
  leaverForward,
  queues,
  ownContacts,
  preferredPresence,
  presenceStates,
  presenceJournal,
  syncOperator,
  personTags,
  leaverRules,
  ownSignIns,
  voicemail,
  rangePlaces,
  leaverVoicemail,
  providerConsent,
  microsoftPurges,
  presenceRegistration,
];

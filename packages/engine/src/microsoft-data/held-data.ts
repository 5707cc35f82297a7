import type { ConnectionFeature } from '../connection/features.ts';

/**
 * What this platform keeps of Microsoft's data, by the feature for which it was read (features G25, G27). The purge, the export,
 * the reference page and a test against the real schema all follow this table: a table that no row here owns and that
 * `tablesWithout` does not explain fails that test.
 */
export interface HeldData {
  readonly feature: ConnectionFeature;
  readonly kind: 'table' | 'file' | 'memory';
  /** Name of the table; of the file below the node's folder; what holds it in memory. */
  readonly name: string;
  readonly what: string;
  readonly exported: string;
  /** What the purge takes. */
  readonly purged?: string;
  /** Why something, or all of it, stays. */
  readonly kept?: string;
  /** Of no use without this feature either: goes when that one is switched off, too. */
  readonly with?: ConnectionFeature;
}

const rows = 'as rows';

export const heldData = [
  {
    feature: 'provisioning',
    kind: 'table',
    name: 'provisioning_steps',
    what: "the last steps of each person's link, with Microsoft's ids, operations and answers",
    exported: rows,
    purged: 'deleted when the last connection of the account ends',
  },
  {
    feature: 'provisioning',
    kind: 'table',
    name: 'teams_links',
    what: 'who is which Entra user, the number and policies that Microsoft has for them',
    exported: rows,
    kept: 'Calls of people who are set up go on after a connection ended, and a later one has to know which numbers are ours. It goes with the account.',
  },
  {
    feature: 'provisioning',
    kind: 'table',
    name: 'provisioning_settings',
    what: 'which groups of the tenant an admin chose, by id and name',
    exported: rows,
    kept: 'It was chosen here, and a later connection goes on with it.',
  },
  {
    feature: 'provisioning',
    kind: 'table',
    name: 'own_contacts',
    what: "object ids of colleagues whom somebody put on a list of their own, without anything of the directory's",
    exported: rows,
    kept: 'It was chosen here; without the directory such an entry has no name and no number.',
  },
  {
    feature: 'provisioning',
    kind: 'table',
    name: 'microsoft_connections',
    what: 'the tenant, its name and verified domains, what it granted and who approved',
    exported: rows,
    kept: 'The row says that there was a connection. Its credential, its roles and who signed in are forgotten when it ends.',
  },
  {
    feature: 'provisioning',
    kind: 'table',
    name: 'routing_domains',
    what: 'our host names in the tenant, and what its administrator told of their set-up',
    exported: rows,
    kept: 'Calls need it as long as the tenant sends them here.',
  },
  {
    feature: 'provisioning',
    kind: 'table',
    name: 'call_records',
    what: "who called, by name, where the number was somebody's in the directory",
    exported: 'those records as rows',
    kept: 'A record says who was shown as calling, as the list on the phone that rang does; the name goes with the record.',
  },
  {
    feature: 'provisioning',
    kind: 'file',
    name: 'directory/<connection>.mirror',
    what: 'users and groups of the tenant, and how far changes were read',
    exported: 'users as rows',
    purged: 'deleted, with the mirror in memory, when the connection ends',
  },
  {
    feature: 'provisioning',
    kind: 'file',
    name: 'links.json',
    what: 'the same links on disk, for a start without the database',
    exported: 'by its table',
    kept: 'As its table.',
  },
  {
    feature: 'provisioning',
    kind: 'file',
    name: 'connections.json',
    what: 'the connection on disk, without credentials, for a start without the database',
    exported: 'by its table',
    kept: 'As its table.',
  },
  {
    feature: 'presence',
    kind: 'table',
    name: 'presence_changes',
    what: 'the journal of what people showed, with what Teams said then',
    exported: 'the lines that Teams or a calendar caused, or that hold its words',
    purged: 'those lines are deleted; of people with a sign-in of their own they stay',
  },
  {
    feature: 'presence',
    kind: 'table',
    name: 'presence_run_results',
    what: "what came of each person in a run: address, and Microsoft's answer",
    exported: rows,
    purged: 'deleted when no other connection of the account reads presence',
  },
  {
    feature: 'presence',
    kind: 'table',
    name: 'presence_sync_people',
    what: 'which Entra user a person was found to be, and what was in the way',
    exported: rows,
    purged: 'user, result and proposal are taken out of the row',
    kept: 'What an admin chose stays: whether a person is synced, and an Entra user that was named by hand.',
  },
  {
    feature: 'presence-write',
    with: 'presence',
    kind: 'table',
    name: 'presence_lease',
    what: 'what Teams may show of somebody because of a call of ours, for five minutes',
    exported: rows,
    purged: 'deleted; Microsoft ends the session by itself within five minutes',
  },
  {
    feature: 'presence-write',
    with: 'presence',
    kind: 'table',
    name: 'preferred_presence',
    what: 'what somebody prefers at Microsoft because of us, and until when',
    exported: rows,
    purged: 'deleted; Microsoft ends the state at its time',
  },
  {
    feature: 'presence',
    kind: 'file',
    name: 'presence-sync.json',
    what: 'the same matches on disk, for a start without the database',
    exported: 'by its table',
    purged: 'written anew within seconds after its table',
  },
  {
    feature: 'presence',
    kind: 'file',
    name: 'presence-journal.ndjson',
    what: 'lines of that journal on disk, before they are in the table',
    exported: 'by its table',
    purged: 'in the table within seconds, and gone from there with the next look',
  },
  {
    feature: 'presence',
    kind: 'memory',
    name: 'what Teams said of people',
    what: 'availability and activity as read last',
    exported: 'by the presence of each person',
    purged: 'forgotten at once: nobody is asked about in a tenant whose presence is off',
  },
  {
    feature: 'calendar',
    kind: 'memory',
    name: 'meetings of people',
    what: 'when each person is in a meeting, for half an hour ahead',
    exported: 'it lives for less than an hour, and only in memory',
    purged: 'not used from that moment on, forgotten within half an hour',
  },
  {
    feature: 'calendar',
    kind: 'table',
    name: 'presence_changes',
    what: 'the lines of the journal that a meeting caused',
    exported: rows,
    purged: 'those lines are deleted when no other connection of the account reads calendars',
  },
  {
    feature: 'webhooks',
    kind: 'file',
    name: 'directory/subscriptions.json',
    what: 'our subscriptions at Microsoft: ids, ends, hashes of their secrets',
    exported: 'it says nothing about anybody',
    purged: 'ended at Microsoft and taken out of the file',
  },
  {
    feature: 'webhooks',
    kind: 'file',
    name: 'directory/notifications.jsonl',
    what: 'that something changed at a time: ids of the subscription and of the changed object',
    exported: 'it says nothing but when to look',
    kept: 'A ring of bounded size that overwrites itself; it is how a crash loses no notification.',
  },
] as const satisfies readonly HeldData[];

/** Features that keep nothing, and why. */
export const featuresWithout = {
  'call-records': 'Nothing of it is read by this version.',
  mail: 'Only sends. What was sent is ours and stands in outgoing_mails.',
  setup: 'Only acts. What came of it stands with the routing domain.',
} as const satisfies Partial<Record<ConnectionFeature, string>>;

type HeldTable = Extract<(typeof heldData)[number], { kind: 'table' }>;
export type HeldTableName = HeldTable['name'];

/** Tables that hold nothing of Microsoft's, or what is not a feature's, with the reason. */
export const tablesWithout: Readonly<Record<string, string>> = {
  accounts: 'customers, as they were made here',
  account_carriers: 'ours',
  account_sbc_hosts: 'host names of ours',
  api_tokens: 'ours',
  audit_entries: 'the record of who did what, chained: nothing is taken out of it',
  audit_heads: 'the ends of those chains',
  carrier_credentials: 'ours',
  carriers: 'ours',
  clock_offset: 'the clock of rehearsals',
  devices: 'phones',
  extensions: 'ours',
  job_items: 'what an admin asked for, for whom, and what came of it',
  jobs: 'what an admin asked for',
  journal_applied: 'how far the journal of calls was read',
  microsoft_purges: 'what was purged when, as numbers',
  microsoft_sign_ins: 'ways to Microsoft and back that are open, sealed, for ten minutes',
  number_ranges: 'ours',
  numbers: 'numbers of the customer',
  outgoing_mails: 'what this platform wrote to administrators',
  own_connection_settings: 'what an admin allows',
  own_sign_ins:
    "a person's own sign-in: not a connection's; it goes when the person disconnects, or with the person",
  peer_probe: 'the health of hubs and carriers',
  people: 'people as the customer entered them',
  person_tags: 'words of the customer',
  presence_runs: 'that a run was, what it asked by the ids of the requests, and how many people it was about',
  presence_states: 'what people decided here about their own presence',
  presence_sync_settings: 'what an admin decided about presence',
  proposals: 'what the provider proposed to the customer',
  provider_consents: 'what the customer allows the provider',
  queue_members: 'ours',
  queues: 'ours',
  routing_changes: 'that facts of routing changed',
  schema_migrations: 'steps of the schema',
  sessions: 'sign-ins at the portal',
  settings: 'of the platform',
  users: 'sign-ins at the portal',
  voicemail_messages: 'who called whom when, with the name that was shown',
  voicemail_settings: 'what was chosen here',
  webhook_deliveries: 'events that the customer asked for, until they are delivered, and some days after',
  webhooks: 'what the customer asked for',
};

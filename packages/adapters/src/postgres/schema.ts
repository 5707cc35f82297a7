import type {
  AccountId,
  CallId,
  CallRecord,
  CarrierId,
  ConnectionId,
  DeviceId,
  Link,
  PersonId,
  QueueId,
  SignInId,
  VoicemailOwner,
} from '@tandem/domain';
import type {
  ConnectionLife,
  CredentialFacts,
  HistoryStep,
  Mail,
  OwnConnectionMode,
  PinnedState,
  PresenceChange,
  PresenceExceptions,
  ProvisioningSettings,
  SignInLife,
  SignInUse,
  StoredConnection,
} from '@tandem/engine';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { CodeDetail, PresenceCode } from '@tandem/engine/presence-sync/codes.ts';
import type { IdentityStep } from '@tandem/engine/presence-sync/identity.ts';
import type { StoredPresencePerson } from '@tandem/engine/presence-sync/ports.ts';
import type { RunResult, StoredRun } from '@tandem/engine/presence-sync/run.ts';
import type { PresenceChoice, PresenceSyncSettings } from '@tandem/engine/presence-sync/settings.ts';
import type { RoutingDomain } from '@tandem/engine/routing-domain/routing-domain.ts';
import type { ColumnType, Generated } from 'kysely';
import type { ProposalProblem, ProposedRequest, StoredProposalState } from './consent-store.ts';

/** Tables as Kysely sees them. Timestamps are read as wall ms and written as Date. */
export type Wall = ColumnType<number, Date, Date>;
type GeneratedWall = ColumnType<number, Date | undefined, Date>;

export type UserRole = 'operator' | 'admin' | 'desk' | 'sync' | 'user';

export interface Schema {
  accounts: {
    id: AccountId;
    name: string;
    status: 'active' | 'suspended';
    mail_domains: string[];
    entra_tenant_id: string | null;
    country: string;
    area_code: string | null;
    time_zone: string;
    main_number: string | null;
    unknown_caller: 'reject' | 'main-number';
    no_answer_seconds: number;
    quarantine_days: Generated<number>;
    teams_enabled: Generated<boolean>;
    teams_ends_at: ColumnType<number | null, Date | null | undefined, Date | null>;
    version: Generated<number>;
    created_at: GeneratedWall;
    updated_at: GeneratedWall;
  };
  account_sbc_hosts: { host: string; account_id: AccountId; position: number };
  account_carriers: { account_id: AccountId; carrier_id: CarrierId; position: number };
  people: {
    id: PersonId;
    account_id: AccountId;
    display_name: string;
    upn: string;
    mail: string | null;
    active: boolean;
    teams_toggle: boolean;
    leaver_person: Generated<PersonId | null>;
    leaver_number: Generated<string | null>;
    leaver_queue: Generated<QueueId | null>;
    leaver_announcement: Generated<boolean>;
    leaver_voicemail: Generated<boolean>;
    platform_licence: boolean;
    version: Generated<number>;
    created_at: GeneratedWall;
    updated_at: GeneratedWall;
  };
  numbers: {
    number: string;
    account_id: AccountId;
    person_id: PersonId | null;
    device_id: Generated<DeviceId | null>;
    queue_id: Generated<QueueId | null>;
    position: number;
    version: Generated<number>;
    held: Generated<'reserved' | 'quarantine' | 'ported' | null>;
    held_until: ColumnType<number | null, Date | null | undefined, Date | null>;
    held_reason: Generated<string | null>;
    reserved_for: Generated<string | null>;
    former_owner: Generated<string | null>;
    former_person_id: Generated<PersonId | null>;
    forward_person: Generated<PersonId | null>;
    forward_number: Generated<string | null>;
    forward_queue: Generated<QueueId | null>;
    range_id: Generated<string | null>;
  };
  number_ranges: {
    id: string;
    account_id: AccountId;
    name: string;
    first: string;
    last: string;
    city: string | null;
    department: string | null;
    created_at: GeneratedWall;
  };
  extensions: {
    account_id: AccountId;
    extension: string;
    person_id: PersonId | null;
    device_id: Generated<DeviceId | null>;
    queue_id: Generated<QueueId | null>;
  };
  queues: {
    id: QueueId;
    account_id: AccountId;
    name: string;
    offer_seconds: number;
    wrap_up_seconds: number;
    max_wait_seconds: number;
    max_waiting: number;
    overflow_to: string | null;
    version: Generated<number>;
    created_at: GeneratedWall;
    updated_at: GeneratedWall;
  };
  queue_members: {
    account_id: AccountId;
    queue_id: QueueId;
    person_id: PersonId;
    position: number;
    logged_in: Generated<boolean>;
  };
  devices: {
    id: DeviceId;
    account_id: AccountId;
    name: string;
    kind: 'desk-phone' | 'common-area-phone';
    sip_user: string;
    person_id: PersonId | null;
    secret_sealed: string;
    version: Generated<number>;
    created_at: GeneratedWall;
    updated_at: GeneratedWall;
  };
  carriers: {
    id: CarrierId;
    owner_account_id: AccountId | null;
    name: string;
    targets: ColumnType<unknown, string, string>;
    sources: ColumnType<unknown, string, string>;
    probe_with_options: boolean;
    max_calls: number | null;
    number_format: 'e164' | 'digits';
    emergency: boolean;
    version: Generated<number>;
    updated_at: GeneratedWall;
  };
  carrier_credentials: {
    carrier_id: CarrierId;
    owner_account_id: AccountId | null;
    username: string;
    password_sealed: string;
    realm: string | null;
  };
  users: {
    id: string;
    account_id: AccountId | null;
    name: string;
    role: UserRole;
    person_id: PersonId | null;
    password_hash: string;
    disabled: Generated<boolean>;
    version: Generated<number>;
    created_at: GeneratedWall;
    last_sign_in_at: Wall | null;
  };
  api_tokens: {
    id: string;
    account_id: AccountId | null;
    hash: Buffer;
    prefix: string;
    name: string;
    role: UserRole;
    scopes: string[];
    created_at: GeneratedWall;
    expires_at: Wall | null;
    last_used_at: Wall | null;
  };
  sessions: {
    hash: Buffer;
    user_id: string;
    account_id: AccountId | null;
    created_at: GeneratedWall;
    last_seen_at: GeneratedWall;
    idle_until: Wall;
    ends_at: Wall;
  };
  call_records: {
    call_id: CallId;
    account_id: AccountId | null;
    revision: number;
    invited_at: Wall;
    ended_at: Wall | null;
    from_number: string;
    to_number: string;
    direction: string;
    result: string | null;
    record: ColumnType<CallRecord, string, string>;
  };
  journal_applied: { journal_id: string; position: number; updated_at: GeneratedWall };
  presence_states: {
    person_id: PersonId;
    account_id: AccountId;
    manual: ColumnType<PinnedState | null, string | null | undefined, string | null>;
    exceptions: ColumnType<PresenceExceptions | null, string | undefined, string>;
    callback_until: ColumnType<number | null, Date | undefined, Date>;
    updated_at: GeneratedWall;
  };
  presence_changes: {
    id: Generated<string>;
    account_id: AccountId;
    person_id: PersonId;
    at: Wall;
    change: ColumnType<Omit<PresenceChange, 'accountId' | 'personId' | 'atWallMs'>, string, never>;
  };
  presence_lease: {
    person_id: PersonId;
    account_id: AccountId;
    entra_tenant_id: string;
    object_id: string;
    sequence: number;
    lease_ends: Wall;
    updated_at: GeneratedWall;
  };
  preferred_presence: {
    person_id: PersonId;
    account_id: AccountId;
    entra_tenant_id: string;
    object_id: string;
    availability: string;
    activity: string;
    wish: string;
    standing: boolean;
    sequence: number;
    ends_at: Wall;
    updated_at: GeneratedWall;
  };
  presence_sync_settings: {
    account_id: AccountId;
    settings: ColumnType<Partial<PresenceSyncSettings>, string, string>;
    version: Generated<number>;
    changed_by: string | null;
    changed_at: GeneratedWall;
  };
  presence_sync_people: {
    person_id: PersonId;
    account_id: AccountId;
    choice: PresenceChoice;
    entra_tenant_id: string | null;
    object_id: string | null;
    found_by: IdentityStep | null;
    result: ColumnType<NonNullable<StoredPresencePerson['result']> | null, string | null, string | null>;
    proposal: string | null;
    changed_at: GeneratedWall;
  };
  presence_runs: {
    id: string;
    account_id: AccountId;
    state: string;
    run: ColumnType<StoredRun, string, string>;
    started_at: Wall;
    updated_at: GeneratedWall;
  };
  presence_run_results: {
    run_id: string;
    person_id: PersonId;
    account_id: AccountId;
    display_name: string;
    mail: string | null;
    outcome: RunResult['outcome'];
    code: PresenceCode | null;
    detail: ColumnType<CodeDetail | null, string | null, string | null>;
  };
  peer_probe: { peer: string; last_sent_at: Wall };
  teams_links: {
    person_id: PersonId;
    account_id: AccountId;
    state: string;
    link: ColumnType<Link | null, string | undefined, string>;
    client_seen_by: 'call' | 'person' | 'override' | null;
    client_seen_at: ColumnType<number | null, Date | undefined, Date>;
    only_web_client: Generated<boolean>;
    updated_at: GeneratedWall;
  };
  audit_entries: {
    chain: string;
    sequence: ColumnType<string, number, never>;
    account_id: AccountId | null;
    at: ColumnType<number, Date, never>;
    actor: ColumnType<Record<string, unknown>, string, never>;
    action: string;
    object: ColumnType<Record<string, unknown>, string, never>;
    before: ColumnType<Record<string, unknown> | null, string | null, never>;
    after: ColumnType<Record<string, unknown> | null, string | null, never>;
    reason: string | null;
    previous: string;
    hash: string;
  };
  audit_heads: {
    chain: string;
    sequence: ColumnType<string, number, never>;
    account_id: AccountId | null;
    hash: string;
    signed_at: ColumnType<number, Date, never>;
    signature: string;
  };
  webhooks: {
    id: string;
    account_id: AccountId;
    name: string;
    url: string;
    events: string[];
    sealed_secret: string;
    active: Generated<boolean>;
    stopped_because: string | null;
    failures: Generated<number>;
    last_success_at: Wall | null;
    version: Generated<number>;
    created_at: GeneratedWall;
  };
  own_contacts: {
    id: string;
    account_id: AccountId;
    owner_id: PersonId;
    person_id: PersonId | null;
    object_id: string | null;
    display_name: string | null;
    mail: string | null;
    numbers: Generated<string[]>;
    favourite: Generated<boolean>;
    speed_dial: number | null;
    created_at: GeneratedWall;
  };
  webhook_deliveries: {
    id: string;
    webhook_id: string;
    account_id: AccountId;
    event: string;
    body: string;
    created_at: GeneratedWall;
    attempts: Generated<number>;
    next_at: Wall | null;
    delivered_at: Wall | null;
    last_status: number | null;
    last_problem: string | null;
  };
  provisioning_settings: {
    id: Generated<number>;
    account_id: AccountId;
    connection_id: ConnectionId | null;
    settings: ColumnType<Partial<ProvisioningSettings>, string, string>;
    version: Generated<number>;
    updated_at: GeneratedWall;
  };
  provisioning_steps: {
    id: Generated<number>;
    account_id: AccountId;
    person_id: PersonId;
    at: Wall;
    step: ColumnType<HistoryStep, string, string>;
  };
  routing_domains: {
    id: string;
    account_id: AccountId;
    connection_id: string;
    host: string;
    domain: ColumnType<RoutingDomain, string, string>;
    report_token_hash: Buffer | null;
    report_token_until: Wall | null;
    updated_at: GeneratedWall;
  };
  microsoft_connections: {
    id: ConnectionId;
    account_id: AccountId;
    entra_tenant_id: string;
    tenant_name: string | null;
    domains: string[];
    kind: 'platform-app' | 'own-app';
    client_id: string;
    credential: ColumnType<CredentialFacts | null, string | null, string | null>;
    credential_sealed: string | null;
    next_credential: ColumnType<
      NonNullable<StoredConnection['nextCredential']> | null,
      string | null,
      string | null
    >;
    next_credential_sealed: string | null;
    presence_registration: ColumnType<
      NonNullable<StoredConnection['presence']> | null,
      string | null,
      string | null
    >;
    presence_credential_sealed: string | null;
    features: string[];
    roles: string[];
    roles_read_at: ColumnType<number | null, Date | null, Date | null>;
    role_uses: ColumnType<Record<string, number>, string, string>;
    state: string;
    life: ColumnType<ConnectionLife, string, string>;
    signed_in: ColumnType<NonNullable<StoredConnection['signedIn']> | null, string | null, string | null>;
    connected_by: string | null;
    connected_at: ColumnType<number | null, Date | null, Date | null>;
    created_at: GeneratedWall;
    updated_at: GeneratedWall;
    version: Generated<number>;
  };
  own_sign_ins: {
    id: SignInId;
    account_id: AccountId;
    use: SignInUse;
    person_id: PersonId | null;
    entra_tenant_id: string;
    object_id: string;
    name: string;
    client_id: string;
    scopes: string[];
    state: string;
    life: ColumnType<SignInLife, string, string>;
    refresh_token_sealed: string;
    created_at: Wall;
    updated_at: GeneratedWall;
  };
  own_connection_settings: {
    account_id: AccountId;
    own_connections: OwnConnectionMode;
    accelerate: boolean;
    updated_at: GeneratedWall;
  };
  provider_consents: {
    account_id: AccountId;
    given: boolean;
    changed_by: string;
    changed_at: GeneratedWall;
  };
  proposals: {
    id: string;
    account_id: AccountId;
    operation: string;
    sentence: string;
    shown: ColumnType<ProposedRequest, string, never>;
    request_sealed: ColumnType<string, string, never>;
    proposed_by: ColumnType<AuditActor, string, never>;
    proposed_at: Wall;
    expires_at: Wall;
    state: StoredProposalState;
    decided_by: string | null;
    decided_at: ColumnType<number | null, Date | null, Date | null>;
    reason: string | null;
    problem: ColumnType<ProposalProblem | null, string | null, string | null>;
  };
  microsoft_sign_ins: {
    state_hash: Buffer;
    account_id: AccountId;
    attempt_sealed: string;
    ends_at: Wall;
  };
  outgoing_mails: {
    id: string;
    key: string;
    account_id: AccountId;
    recipients: string[];
    subject: string;
    body: string;
    attachments: ColumnType<NonNullable<Mail['attachments']>, string, string>;
    state: 'waiting' | 'sent' | 'failed' | 'not-sent';
    tries: Generated<number>;
    next_try_at: ColumnType<number | null, Date | null, Date | null>;
    sent_at: ColumnType<number | null, Date | null | undefined, Date | null>;
    trouble: string | null;
    created_at: GeneratedWall;
  };
  jobs: {
    id: string;
    account_id: AccountId;
    kind: string;
    title: string;
    state: string;
    preview: string;
    options: ColumnType<Record<string, unknown>, string, never>;
    created_by: ColumnType<AuditActor, string, never>;
    created_at: GeneratedWall;
    started_at: ColumnType<number | null, Date | undefined, Date>;
    finished_at: ColumnType<number | null, Date | undefined, Date>;
    undo_of: string | null;
    undone_by: Generated<string | null>;
  };
  job_items: {
    job_id: string;
    position: number;
    account_id: AccountId;
    person_id: PersonId | null;
    label: string;
    state: string;
    code: string | null;
    words: string;
    before: ColumnType<Record<string, unknown> | null, string | null, string>;
    after: ColumnType<Record<string, unknown> | null, string | null, string>;
    finished_at: ColumnType<number | null, Date | undefined, Date>;
  };
  voicemail_settings: {
    subject_id: string;
    account_id: AccountId;
    person_id: PersonId | null;
    owner: ColumnType<VoicemailOwner | null, VoicemailOwner | null | undefined, VoicemailOwner | null>;
    max_seconds: ColumnType<number | null, number | undefined, number>;
    retention_days: ColumnType<number | null, number | undefined, number>;
    greeting_ms: ColumnType<number | null, number | null | undefined, number | null>;
    updated_at: GeneratedWall;
  };
  voicemail_messages: {
    id: string;
    account_id: AccountId;
    person_id: PersonId;
    call_id: string;
    caller: string;
    caller_name: string | null;
    calling_person_id: PersonId | null;
    left_at: Wall;
    length_ms: number;
    heard_at: ColumnType<number | null, Date | undefined, Date | null>;
  };
  person_tags: { account_id: AccountId; person_id: PersonId; tag: string };
  settings: { key: string; value: ColumnType<unknown, string, string>; version: Generated<number> };
  routing_changes: { id: Generated<number>; at: GeneratedWall; what: string };
}

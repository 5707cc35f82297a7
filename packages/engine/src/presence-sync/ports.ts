import type { AccountId, ConnectionId, PersonId } from '@tandem/domain';
import type { DirectoryView } from '../ports/directory-view.ts';
import type { RequestIds } from '../provisioning/write-outcome.ts';
import type { CodeDetail, PresenceCode } from './codes.ts';
import type { IdentityStep } from './identity.ts';
import type { PresenceReach } from './judgement.ts';
import type { RunResult, StoredRun } from './run.ts';
import type { PresenceChoice, StoredPresenceSettings } from './settings.ts';

/** What is kept of one person. Without a row: the choice is `inherit`, and nothing was found out yet. */
export interface StoredPresencePerson {
  readonly accountId: AccountId;
  readonly personId: PersonId;
  readonly choice: PresenceChoice;
  readonly link?: {
    readonly entraTenantId: string;
    readonly objectId: string;
    readonly by: IdentityStep;
  };
  readonly result?: {
    readonly is: 'synced' | 'failed';
    readonly code?: PresenceCode;
    readonly detail?: CodeDetail;
  };
  /** Object id that the addresses would find by now. */
  readonly proposal?: string;
  readonly changedWallMs: number;
}

export type SettingsWrite =
  | { readonly ok: true; readonly stored: StoredPresenceSettings }
  /** Somebody wrote since; this is what stands. */
  | { readonly ok: false; readonly standing: StoredPresenceSettings };

/** Rejects while the database is away. */
export interface PresenceSyncStore {
  loadForPlatform(): Promise<{
    readonly settings: readonly StoredPresenceSettings[];
    readonly people: readonly StoredPresencePerson[];
  }>;
  /** Another text whenever something of it is different: asked every few seconds. */
  markForPlatform(): Promise<string>;
  /** Refused when `version` is not the one that stands. */
  saveSettings(next: StoredPresenceSettings, version: number): Promise<SettingsWrite>;
  /**
   * Writes these rows. Gives back those of whom the Entra user is linked with somebody else by now, of this customer or of
   * another: they were written without a link. `personId`s that are gone are left out.
   */
  savePeople(rows: readonly StoredPresencePerson[]): Promise<{ readonly taken: readonly PersonId[] }>;
  createRun(run: StoredRun): Promise<void>;
  saveRun(run: StoredRun): Promise<void>;
  /** One result a person; a later one replaces it. */
  saveResults(run: Pick<StoredRun, 'id' | 'accountId'>, results: readonly RunResult[]): Promise<void>;
  /** Newest first. */
  listRuns(accountId: AccountId, page: RunPage): Promise<readonly StoredRun[]>;
  findRunForPlatform(id: string): Promise<StoredRun | undefined>;
  listOpenRunsForPlatform(): Promise<readonly StoredRun[]>;
  /** Failed ones first, by name. */
  listResults(
    run: Pick<StoredRun, 'id' | 'accountId'>,
    page: {
      readonly limit: number;
      readonly offset: number;
      readonly outcome?: RunResult['outcome'] | undefined;
    },
  ): Promise<readonly RunResult[]>;
  /** Keeps the newest ones of the account. */
  trimRuns(accountId: AccountId, keep: number): Promise<void>;
}

export interface RunPage {
  readonly limit: number;
  /** Id of the last one seen. */
  readonly before?: string | undefined;
}

/** What of a directory's mirror presence asks for. */
export type PresenceView = Pick<DirectoryView, 'user' | 'users' | 'match' | 'readAtWallMs'>;

/** The connection that a person belongs to, as far as presence goes. */
export interface PresenceTenant {
  readonly connectionId: ConnectionId;
  readonly entraTenantId: string;
  readonly name: string;
  /** Tandem reads and writes in the tenant now. */
  readonly works: boolean;
  readonly connectedWallMs?: number;
  /** What interrupted it. */
  readonly reason?: string;
  readonly reach: PresenceReach;
  readonly view: PresenceView | undefined;
}

/** `found`: object ids whose presence came. */
export type PresenceProbeOutcome = (
  | { readonly is: 'read'; readonly found: ReadonlySet<string> }
  | { readonly is: 'throttled'; readonly retryAfterMs?: number }
  | { readonly is: 'failed' }
  | { readonly is: 'refused' }
) & { readonly request?: RequestIds };

/** Reads presence at Microsoft once, to see whether it may. At most 650 at a time. Never rejects. */
export interface PresenceProbe {
  read(connectionId: ConnectionId, objectIds: readonly string[]): Promise<PresenceProbeOutcome>;
}

/** A user in the groups of the account at Microsoft who is nobody here. */
export interface MissingHere {
  readonly objectId: string;
  readonly displayName: string;
  readonly upn: string;
  /** Hints in words, for example the same phone number as somebody here. */
  readonly hints: readonly string[];
}

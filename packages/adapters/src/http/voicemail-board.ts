import type { AccountId, PersonId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type {
  KeptMessage,
  MessagePage,
  VoicemailCounts,
  VoicemailSettings,
  VoicemailSettingsChange,
} from '../postgres/voicemail-store.ts';

export interface MailboxSettings {
  readonly own: VoicemailSettings;
  readonly account: VoicemailSettings;
  readonly counts: VoicemailCounts;
}

export interface AccountMailboxes extends Omit<MailboxSettings, 'own'> {
  /** Length of the account's recording for numbers out of service. */
  readonly announcementMs?: number;
}

export type GreetingChange = { readonly ok: true } | { readonly ok: false; readonly say: string };

/** Mailboxes of one account at a time. Whoever asks for messages names whose mailbox it is: nobody has another one's. */
export interface VoicemailBoard {
  list(
    accountId: AccountId,
    personId: PersonId,
    ask: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<MessagePage>;
  /** What was said, as a WAV file. Undefined: there is no such message, or its sound is gone. */
  sound(accountId: AccountId, personId: PersonId, id: string): Promise<Buffer | undefined>;
  setHeard(
    accountId: AccountId,
    personId: PersonId,
    id: string,
    heard: boolean,
  ): Promise<KeptMessage | undefined>;
  remove(accountId: AccountId, personId: PersonId, id: string): Promise<boolean>;
  ofPerson(accountId: AccountId, personId: PersonId): Promise<MailboxSettings>;
  ofAccount(accountId: AccountId): Promise<AccountMailboxes>;
  /** Holds for the next call when it answers. False: there is nobody like that. */
  choose(
    accountId: AccountId,
    personId: PersonId | undefined,
    change: Omit<VoicemailSettingsChange, 'greetingMs'>,
    by: AuditActor,
  ): Promise<boolean>;
  /** Undefined takes the greeting back. */
  greet(
    accountId: AccountId,
    personId: PersonId | undefined,
    file: Buffer | undefined,
    by: AuditActor,
  ): Promise<GreetingChange>;
  /** What callers of a number out of service hear; undefined takes the recording back. */
  announce(accountId: AccountId, file: Buffer | undefined, by: AuditActor): Promise<GreetingChange>;
}

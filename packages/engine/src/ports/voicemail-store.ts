import type { AccountId, CallId, PersonId } from '@tandem/domain';

/** A message before its first sound: whose it will be, and who leaves it. */
export interface MessageEnvelope {
  /** UUID, chosen by whoever records. */
  readonly id: string;
  readonly accountId: AccountId;
  /** Whose mailbox it is. */
  readonly personId: PersonId;
  readonly callId: CallId;
  /** As it may be shown: E.164 where known, an extension, or `anonymous`. */
  readonly from: string;
  readonly callerName?: string;
  /** The caller, when one of ours. */
  readonly callingPersonId?: PersonId;
  /** When the caller was answered by the mailbox. */
  readonly atWallMs: number;
}

export interface MessageKept {
  /** False: too short to be one, and nothing is left of it. */
  readonly kept: boolean;
  readonly lengthMs: number;
}

/**
 * Where messages are kept. The envelope is on disk before the first sound, and the sound is on disk while it comes in: what
 * was said survives a crash of any process, and the database may be away. Nothing here ever throws.
 */
export interface VoicemailStore {
  /** A new id for a message. */
  newId(): string;
  /** Room for a message: the file into which its sound goes. Undefined: nothing can be kept now, so nobody may be asked to speak. */
  begin(envelope: MessageEnvelope): Promise<string | undefined>;
  /** All its sound is in the file. Too short, and it is gone; else it is the mailbox's from now on. */
  finish(id: string): Promise<MessageKept>;
  /** A recorded greeting as a file: the person's, else the account's. Undefined: a tone pattern. From memory. */
  greetingOf(accountId: AccountId, personId: PersonId): string | undefined;
}

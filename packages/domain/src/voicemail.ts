import type { AccountId, PersonId } from './ids.ts';

/** Who takes a message for somebody who does not answer. Exactly one of them does (product-behaviour 4.13). */
export const voicemailOwners = ['teams', 'platform'] as const;
export type VoicemailOwner = (typeof voicemailOwners)[number];

/** What an account, or one of its people, chose about voicemail. Absent fields: the account's, or the default. */
export interface VoicemailChoice {
  readonly owner?: VoicemailOwner;
  /** Longest message, seconds. Only an account says. */
  readonly maxSeconds?: number;
  /** Whether there is a greeting of their own. */
  readonly greeting?: boolean;
}

/** By account or person; who chose nothing is not in it. */
export type VoicemailChoices = ReadonlyMap<AccountId | PersonId, VoicemailChoice>;

/** What holds for who chose nothing: Teams takes the messages, as before there was a mailbox here. */
export const voicemailDefaults = { owner: 'teams', maxSeconds: 180, retentionDays: 30 } as const;

/** Below this there is nothing to listen to: somebody hung up into the beep. */
export const shortestMessageMs = 1_000;

/** The person's own choice, else the account's, else Teams. */
export function voicemailOwnerOf(
  choices: VoicemailChoices | undefined,
  accountId: AccountId,
  personId: PersonId,
): VoicemailOwner {
  return choices?.get(personId)?.owner ?? choices?.get(accountId)?.owner ?? voicemailDefaults.owner;
}

import type { E164, LeaverChoice, LeaverForward, PersonId, QueueId } from '@tandem/domain';

/** A person's own leaver rule as the columns of `people` have it; undefined: by the account's rule. */
export function leaverChoiceOf(row: {
  readonly leaver_person: PersonId | null;
  readonly leaver_number: string | null;
  readonly leaver_queue: QueueId | null;
  readonly leaver_announcement: boolean;
  readonly leaver_voicemail: boolean;
}): LeaverChoice | undefined {
  if (row.leaver_announcement) return { kind: 'announcement' };
  if (row.leaver_voicemail) return { kind: 'voicemail' };
  return forwardFrom(row.leaver_person, row.leaver_number, row.leaver_queue);
}

export const leaverColumns = (choice: LeaverChoice | undefined) => ({
  leaver_person: choice?.kind === 'person' ? choice.personId : null,
  leaver_number: choice?.kind === 'number' ? choice.number : null,
  leaver_queue: choice?.kind === 'queue' ? choice.queueId : null,
  leaver_announcement: choice?.kind === 'announcement',
  leaver_voicemail: choice?.kind === 'voicemail',
});

/** Who is rung under a number that rests, as the columns of `numbers` have it. */
export const forwardOf = (row: {
  readonly forward_person: PersonId | null;
  readonly forward_number: string | null;
  readonly forward_queue: QueueId | null;
}): LeaverForward | undefined => forwardFrom(row.forward_person, row.forward_number, row.forward_queue);

export const forwardColumns = (forward: LeaverForward | undefined) => ({
  forward_person: forward?.kind === 'person' ? forward.personId : null,
  forward_number: forward?.kind === 'number' ? forward.number : null,
  forward_queue: forward?.kind === 'queue' ? forward.queueId : null,
});

function forwardFrom(
  personId: PersonId | null,
  number: string | null,
  queueId: QueueId | null,
): LeaverForward | undefined {
  if (personId !== null) return { kind: 'person', personId };
  if (queueId !== null) return { kind: 'queue', queueId };
  return number === null ? undefined : { kind: 'number', number: number as E164 };
}

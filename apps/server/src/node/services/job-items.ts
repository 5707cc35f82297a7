import { readTags } from '@tandem/adapters/csv/people-csv.ts';
import type { BulkOutcome, BulkWrite, NumberBefore } from '@tandem/adapters/postgres/bulk-writes.ts';
import type { Facts, JobItem, StoredJob } from '@tandem/adapters/postgres/job-store.ts';
import type { Refusal, Versioned } from '@tandem/adapters/postgres/outcome.ts';
import type { PersonChange } from '@tandem/adapters/postgres/person-store.ts';
import { asPersonId, type E164, type Person } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { asPreviewed, asWanted } from './job-plans.ts';

/** Looks at an item again right before it is carried out: what changed since the preview is left as it is. */
export function decideItem(
  job: Pick<StoredJob, 'accountId'>,
  item: JobItem,
  person: Versioned<Person> | undefined,
  tags: readonly string[],
  newId: () => string,
): JobItem | BulkWrite {
  const over = (state: JobItem['state'], words: string): JobItem => ({ ...item, state, words });
  const wanted = item.after ?? {};
  if (wanted.create === true)
    return person
      ? // Undone is only what the job made: somebody else's person is not taken for its own.
        over('left-out', 'Was made by somebody else after the preview; left as it is.')
      : {
          do: 'create',
          next: wanted.number === 'next',
          ...(typeof wanted.range === 'string' && { rangeId: wanted.range }),
          ...(typeof wanted.tags === 'string' && { tags: readTags(wanted.tags) }),
          person: {
            id: asPersonId(newId()),
            accountId: job.accountId,
            displayName: String(wanted.displayName),
            upn: String(wanted.upn),
            ...(typeof wanted.mail === 'string' && { mail: wanted.mail.trim() }),
            ...(typeof wanted.extension === 'string' && { extension: wanted.extension }),
            numbers:
              typeof wanted.number === 'string' && wanted.number !== 'next' ? [wanted.number as E164] : [],
            active: wanted.active !== false,
            teamsToggle: wanted.teamsToggle !== false,
            platformLicence: wanted.platformLicence !== false,
          },
        };
  if (!person) return over('left-out', 'The person is not there any more.');
  const { giveBack, remove, number, range, tags: tagged, ...rest } = wanted;
  const back = giveBack === undefined ? {} : { giveBack: giveBack as readonly NumberBefore[] };
  if (remove === true) return { do: 'remove', person, ...back };
  if (asWanted(item, person, tags)) return over('done', 'Done.');
  if (!asPreviewed(item, person, tags)) return over('left-out', 'Changed after the preview; left as it is.');
  const change: PersonChange = {
    ...(rest as PersonChange),
    ...(number !== undefined && number !== 'next' && { numbers: mainNumber(person, number as E164 | null) }),
  };
  return {
    do: 'change',
    person,
    change,
    next: number === 'next',
    ...(typeof range === 'string' && { rangeId: range }),
    ...(tagged !== undefined && { tags: readTags(typeof tagged === 'string' ? tagged : 'none') }),
    ...back,
  };
}

/** The item with what came of it, and with what an undo needs. */
export function itemOver(
  item: JobItem,
  write: BulkWrite,
  outcome: BulkOutcome | { readonly ok: 'fault' },
): JobItem {
  if (outcome.ok === 'fault')
    return { ...item, state: 'refused', words: 'Failed by a fault of the platform; see its log.' };
  if (!outcome.ok) return { ...item, ...refusedAs(outcome.refusal) };
  const { person, took } = outcome;
  if (write.do === 'remove') return { ...item, state: 'done', words: 'Removed.' };
  const [main] = person.numbers;
  const given = took.some(({ number }) => number === main) ? main : undefined;
  const { range: _, ...wanted } = item.after ?? {};
  const after: Facts = {
    ...wanted,
    ...(given !== undefined && { number: given }),
    ...(took.length > 0 && { took }),
  };
  const words =
    write.do === 'create'
      ? given === undefined
        ? 'Created.'
        : `Created with ${given}.`
      : write.next && given !== undefined
        ? `Has ${given}.`
        : 'Done.';
  return { ...item, personId: person.id, state: 'done', words, after };
}

/** As an admin's own change would stand there, with the job as the reason. */
export function auditOf(
  job: Pick<StoredJob, 'accountId' | 'createdBy' | 'title'>,
  item: JobItem,
  write: BulkWrite,
  { person, took }: Extract<BulkOutcome, { ok: true }>,
): AuditEntry {
  const base = {
    accountId: job.accountId,
    actor: job.createdBy,
    object: { kind: 'person', id: person.id, label: person.displayName },
    reason: job.title,
  };
  const { upn, mail, numbers, teamsToggle } = person;
  if (write.do === 'create')
    return {
      ...base,
      action: 'person.create',
      after: {
        upn,
        ...(mail !== undefined && { mail }),
        numbers,
        teamsToggle,
        ...(write.tags && { tags: write.tags }),
      },
    };
  if (write.do === 'remove') return { ...base, action: 'person.delete', before: { upn, numbers } };
  const { giveBack: _, range: __, ...after } = item.after ?? {};
  return {
    ...base,
    action: 'person.change',
    ...(item.before && { before: item.before }),
    after: { ...after, ...(took.length > 0 && 'number' in after && { number: numbers[0] ?? null }) },
  };
}

/** The opposite of what was done, held against how it is now when its turn comes. */
export function undoOf(item: JobItem, position: number): readonly JobItem[] {
  const base = {
    position,
    label: item.label,
    state: 'waiting' as const,
    ...(item.personId !== undefined && { personId: item.personId }),
  };
  const { took, create, upn: _, ...made } = item.after ?? {};
  const giveBack = took === undefined ? {} : { giveBack: took };
  if (create === true)
    return [
      {
        ...base,
        words: took === undefined ? 'Is removed again.' : 'Is removed again; the number is as it was before.',
        after: { remove: true, ...giveBack },
      },
    ];
  if (!item.after || !item.before) return [];
  return [{ ...base, words: 'Is put back.', before: made, after: { ...item.before, ...giveBack } }];
}

function mainNumber(person: Person, main: E164 | null): readonly E164[] {
  const others = person.numbers.slice(1);
  return main === null ? others : [main, ...others.filter((number) => number !== main)];
}

function refusedAs(
  refusal: Refusal | { readonly kind: 'no-free-number' },
): Pick<JobItem, 'state' | 'code' | 'words'> {
  switch (refusal.kind) {
    case 'no-free-number':
      return { state: 'refused', code: 'PRV-301', words: 'The account has no free number.' };
    case 'taken':
      return { state: 'refused', code: 'PRV-304', words: `The ${refusal.what} belongs to somebody else.` };
    case 'held':
      return { state: 'refused', code: 'PRV-307', words: refusal.say };
    case 'invalid':
      return { state: 'refused', code: 'PRV-801', words: refusal.detail };
    default:
      return { state: 'refused', code: 'PRV-801', words: `Refused: ${refusal.kind}.` };
  }
}

import type { BulkWrite } from '@tandem/adapters/postgres/bulk-writes.ts';
import type { Versioned } from '@tandem/adapters/postgres/outcome.ts';
import { differing } from '@tandem/adapters/tenant-file/differing.ts';
import { personFacts } from '@tandem/adapters/tenant-file/write-file.ts';
import { type AccountId, asPersonId, type Person } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { entryOf, type Making, type PersonStep, wordsOf } from './making.ts';

/** People and their numbers in a handful of statements, whatever their count. */
export async function makePeople(steps: readonly PersonStep[], making: Making): Promise<void> {
  const { accountId, inside, note, words, refusals, spared } = making;
  const ids = steps.flatMap((step) => (step.do === 'create-person' ? [] : [step.person.id]));
  const now = new Map((await inside.lockPeople({ ids, upns: [] })).map((one) => [one.id, one]));
  const writes = new Map<BulkWrite, PersonStep>();
  for (const step of steps) {
    const write = writeOf(step, accountId, now, making.newId);
    if (write) writes.set(write, step);
    else refusals.set(step, 'The person is not there any more.');
  }
  const faults = new Map<BulkWrite, Error>();
  const outcomes = await inside.write([...writes.keys()], faults, spared);
  const [fault] = faults.values();
  if (fault) throw fault;
  for (const [write, step] of writes) {
    const outcome = outcomes.get(write);
    if (!outcome?.ok) {
      refusals.set(step, outcome ? wordsOf(outcome.refusal) : 'Refused.');
      continue;
    }
    note(auditOf(making, write, outcome.person));
    if (step.do !== 'remove-person' && step.wish.tags) {
      const { id, displayName } = outcome.person;
      const made = await inside.stores.tags.set(accountId, id, step.wish.tags);
      if (!made.ok) refusals.set(step, wordsOf(made.refusal));
      else
        note(
          entryOf(
            making,
            'person.tag',
            { kind: 'person', id, label: displayName },
            { before: { tags: made.value.before }, after: { tags: step.wish.tags } },
          ),
        );
    }
    if (write.do !== 'remove' && write.next) words.set(step, `Has ${outcome.person.numbers[0]}.`);
  }
}

/** Undefined: the person is gone. What somebody else changed since stays, but for what is wanted here. */
function writeOf(
  step: PersonStep,
  accountId: AccountId,
  now: ReadonlyMap<Person['id'], Versioned<Person>>,
  newId: () => string,
): BulkWrite | undefined {
  if (step.do === 'create-person') {
    const { displayName, mail, extension, numbers, active, teamsToggle, platformLicence } = step.wish;
    return {
      do: 'create',
      next: numbers === 'next',
      // The file says that they have none.
      ...(Array.isArray(numbers) && { withoutReserved: true }),
      person: {
        id: asPersonId(newId()),
        accountId,
        upn: step.upn,
        displayName,
        ...(typeof mail === 'string' && { mail }),
        ...(typeof extension === 'string' && { extension }),
        numbers: numbers === 'next' || numbers === undefined ? [] : numbers,
        active: active ?? true,
        teamsToggle: teamsToggle ?? true,
        platformLicence: platformLicence ?? true,
      },
    };
  }
  const person = now.get(step.person.id);
  if (!person) return undefined;
  if (step.do === 'remove-person') return { do: 'remove', person };
  const { numbers, tags: _, ...rest } = step.wish;
  const change = { ...rest, ...(numbers !== undefined && numbers !== 'next' && { numbers }) };
  return { do: 'change', person, change, next: numbers === 'next' };
}

function auditOf(making: Making, write: BulkWrite, person: Person): AuditEntry {
  const object = { kind: 'person', id: person.id, label: person.displayName };
  if (write.do === 'create') return entryOf(making, 'person.create', object, { after: personFacts(person) });
  if (write.do === 'remove') return entryOf(making, 'person.delete', object, { before: personFacts(person) });
  return entryOf(making, 'person.change', object, {
    ...differing(personFacts(write.person), personFacts(person)),
  });
}

import type { Person } from '@tandem/domain';
import type { AuditLog } from '@tandem/engine/ports/audit.ts';
import type { Directory } from '../http/services.ts';

/** Every change of a person that an API caller made is in the log before the caller hears that it was made. */
export function auditedDirectory(directory: Directory, audit: AuditLog): Directory {
  return {
    ...directory,
    async changePerson(scope, id, change, by) {
      const outcome = await directory.changePerson(scope, id, change, by);
      if (outcome.kind !== 'changed') return outcome;
      const { before, person } = outcome;
      const [was, is] = differing(shown(before), shown(person));
      if (Object.keys(is).length > 0)
        await audit.note({
          accountId: person.accountId,
          actor: by,
          action: 'person.change',
          object: { kind: 'person', id: person.id, label: person.displayName },
          before: was,
          after: is,
        });
      return outcome;
    },
  };
}

const shown = (person: Person): Record<string, unknown> => ({
  displayName: person.displayName,
  upn: person.upn,
  mail: person.mail ?? null,
  extension: person.extension ?? null,
  numbers: person.numbers,
  active: person.active,
  teamsToggle: person.teamsToggle,
  platformLicence: person.platformLicence,
  leaver: person.leaver ?? null,
});

/** Only the fields that differ, as they were and as they are. */
export function differing(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly [Record<string, unknown>, Record<string, unknown>] {
  const was: Record<string, unknown> = {};
  const is: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    was[key] = before[key] ?? null;
    is[key] = after[key] ?? null;
  }
  return [was, is];
}

import { writeCsv, writeTags } from '@tandem/adapters/csv/people-csv.ts';
import { type Scope, seesAccount } from '@tandem/adapters/http/scope.ts';
import type { PreviewGround } from './job-previews.ts';

const heading = [
  'upn',
  'displayName',
  'mail',
  'extension',
  'number',
  'teams',
  'licence',
  'active',
  'tags',
  'verdict',
  'code',
  'headline',
] as const;

/** Everybody whom the scope may see, with columns that an import reads and what their readiness comes to. */
export function peopleSheet(
  scope: Scope,
  { snapshot, readinessOf, tags }: Pick<PreviewGround, 'snapshot' | 'readinessOf' | 'tags'>,
): string {
  const { people, accounts } = snapshot;
  const rows = [...people.values()]
    .filter((person) => scope.kind !== 'person' && seesAccount(scope, person.accountId))
    .sort((a, b) => (a.upn < b.upn ? -1 : 1))
    .map((person) => {
      const account = accounts.get(person.accountId);
      const readiness = account && readinessOf(account, person);
      return [
        person.upn,
        person.displayName,
        person.mail,
        person.extension,
        person.numbers[0],
        person.teamsToggle,
        person.platformLicence,
        person.active,
        writeTags(tags.get(person.id) ?? []),
        readiness?.verdict,
        readiness?.code,
        readiness?.headline,
      ];
    });
  return writeCsv(heading, rows);
}

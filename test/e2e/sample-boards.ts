import type { ApiServices, JudgedPerson } from '@tandem/adapters/http/services.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import type { Presence } from '@tandem/contract';
import { fixOf, type PersonId, type ReadinessCheck, reportOf, sentenceOf } from '@tandem/domain';

const minuteMs = 60_000;
const at = (wallMs: number): string => new Date(wallMs).toISOString();
const idOf = (name: string): PersonId => {
  const person = world.people().find((one) => one.displayName === name);
  if (!person) throw new Error(`no ${name} in the sample world`);
  return person.id;
};
export const ellaId = idOf('Ella Brandt');
export const hanaId = idOf('Hana Sato');
export const ivoId = idOf('Ivo Petrov');

/** Dana's findings, all green, told of somebody else and with one of them changed. */
export function judgedBut(
  dana: JudgedPerson,
  personId: PersonId,
  name: ReadinessCheck['name'],
  change: Partial<ReadinessCheck>,
): JudgedPerson {
  const person = world.people().find((one) => one.id === personId);
  const told = (sentence: string): string =>
    sentence
      .replaceAll('Dana Fields', person?.displayName ?? '')
      .replaceAll('+12025550142', person?.numbers[0] ?? '')
      .replaceAll('someone@acme.example', person?.upn ?? '');
  const checks = dana.report.checks.map((check) => ({
    ...check,
    sentence: told(check.sentence),
    ...(check.name === name ? change : {}),
  }));
  return { ...dana, report: reportOf(checks), state: 'BLOCKED' };
}

/**
 * What the pages have to show beyond the API's own doubles: Ivo's licence is still being enabled by Microsoft, Hana's
 * presence is stale, Ella is out of the office. Tests change the maps and publish the event, as the server does.
 */
export function sampleBoards(services: ApiServices, wallMs: number) {
  const presences = new Map<PersonId, Presence>([
    [
      hanaId,
      {
        label: 'available',
        sentence: 'Teams said Available; it has not been read in time since.',
        source: 'teams',
        stale: true,
        since: at(wallMs - 50 * minuteMs),
        teams: {
          availability: 'Available',
          activity: 'Available',
          readAt: at(wallMs - 9 * minuteMs),
        },
      },
    ],
    [
      ellaId,
      {
        label: 'available',
        sentence: 'Teams says Available, with an out-of-office message.',
        source: 'teams',
        outOfOffice: true,
        stale: false,
        teams: { availability: 'Available', activity: 'OutOfOffice', readAt: at(wallMs - 4_000) },
      },
    ],
  ]);
  const [acme, [person]] = [world.accounts()[0], world.people()];
  if (!acme || !person) throw new Error('the sample world is empty');
  const dana = services.readiness.of(acme, person);
  const judged = new Map<PersonId, JudgedPerson>([
    [
      ivoId,
      judgedBut(dana, ivoId, 'microsoft-licence', {
        status: 'red',
        code: 'PRV-403',
        sentence: sentenceOf('PRV-403'),
        owner: 'microsoft',
        fix: fixOf('PRV-403'),
        sinceWallMs: wallMs - 20 * minuteMs,
        usualSeconds: 3_600,
        worstSeconds: 86_400,
      }),
    ],
  ]);
  return {
    presences,
    judged,
    dana,
    readiness: {
      ...services.readiness,
      of: (account, person) => judged.get(person.id) ?? services.readiness.of(account, person),
    } satisfies ApiServices['readiness'],
    presence: {
      of: (personId) => presences.get(personId) ?? services.presence.of(personId),
    } satisfies ApiServices['presence'],
  };
}

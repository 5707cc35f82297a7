import type { Person, Readiness, ReadinessCheck, UnmatchedMember } from '@tandem/contract';
import { readinessCodes } from '@tandem/domain';

const verdictWords: Readonly<Record<Readiness['verdict'], string>> = {
  ready: 'READY',
  attention: 'WORKS, SOMETHING IS LEFT TO DO',
  unverified: 'NOT VERIFIED',
  blocked: 'BLOCKED',
};
const statusWords: Readonly<Record<ReadinessCheck['status'], string>> = {
  green: 'ok',
  amber: 'to do',
  red: 'MISSING',
  unknown: 'unknown',
};
const ownerWords: Readonly<Record<ReadinessCheck['owner'], string>> = {
  nobody: 'nobody',
  'entra-admin': 'the administrator of Microsoft 365 (Entra)',
  'teams-admin': 'the administrator of Teams',
  'platform-admin': 'the administrator of this account on the platform',
  user: 'the person',
  vendor: 'the operator of this platform',
  microsoft: 'Microsoft',
};

/** Seconds as people say them: `20 s`, `10 min`, `24 h`. */
export function lasting(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function checkLines({
  title,
  status,
  code,
  sentence,
  owner,
  fix,
  link,
  since,
  ...clock
}: ReadinessCheck): string[] {
  const head = `  ${statusWords[status].padEnd(9)}${title}${code ? `  ${code}` : ''}`;
  if (status === 'green') return [head];
  const { usualSeconds, worstSeconds } = clock;
  const lines = [
    head,
    sentence,
    ...(owner === 'nobody' ? [] : [`Whose turn: ${ownerWords[owner]}.`]),
    ...(fix && fix !== sentence ? [`Next: ${fix}`] : []),
    ...(link ? [`Where: ${link}`] : []),
    ...(since ? [`Since ${since}.`] : []),
    ...(usualSeconds !== undefined && worstSeconds !== undefined
      ? [`Usually takes ${lasting(usualSeconds)}, at worst ${lasting(worstSeconds)}: Microsoft's time.`]
      : []),
  ];
  return lines.map((line, at) => (at === 0 ? line : `           ${line}`));
}

/** For people, on standard output. `nowWallMs`: to say how old the reading is. */
export function doctorText(person: Person, readiness: Readiness, nowWallMs: number): string {
  const { displayName, upn, numbers, extension } = person;
  const { verdict, headline, code, state, checkedAt, checks } = readiness;
  const reach = [...numbers, ...(extension ? [`extension ${extension}`] : [])].join(', ');
  const age = Math.max(0, Math.round((nowWallMs - Date.parse(checkedAt)) / 1000));
  return [
    '',
    `${displayName}, ${upn}${reach ? `, ${reach}` : ', no number'}`,
    `${verdictWords[verdict]}${code ? ` (${code})` : ''}: ${headline}`,
    `Judged by what was read ${lasting(age)} ago${state ? `; state ${state}` : ''}.`,
    '',
    ...checks.flatMap(checkLines),
    '',
  ].join('\n');
}

/** A member of an enable group whom the platform does not know: there are no thirteen checks to show, but a next step. */
export function unmatchedText({ displayName, upn, code, sentence }: UnmatchedMember): string {
  const { fix, owners } = readinessCodes[code];
  return [
    '',
    `${displayName}, ${upn}, no person on the platform`,
    `${verdictWords.blocked} (${code}): ${sentence}`,
    '',
    `  Whose turn: ${ownerWords[owners[0]]}.`,
    `  Next: ${fix}`,
    '  Where: /people (In the enable group, but nobody here).',
    '',
  ].join('\n');
}

/** Several people fit what was typed: which there are. */
export function choiceText(asked: string, people: readonly Person[]): string {
  return [
    `tandem doctor: "${asked}" fits ${people.length} people; name one by the sign-in address:`,
    ...people.map(
      ({ upn, displayName, numbers }) => `  ${upn}  ${displayName}${numbers[0] ? `  ${numbers[0]}` : ''}`,
    ),
    '',
  ].join('\n');
}

/** Whom the words mean: an exact sign-in address, mail, number or extension goes before a part of a name. */
export function meant(asked: string, found: readonly Person[]): readonly Person[] {
  const text = asked.trim().toLowerCase();
  const digits = text.replace(/[\s().-]/g, '');
  const exact = (pick: (person: Person) => readonly (string | undefined)[]): readonly Person[] =>
    found.filter((person) => pick(person).some((value) => value?.toLowerCase() === text || value === digits));
  for (const pick of [
    (person: Person) => [person.upn],
    (person: Person) => [person.mail],
    (person: Person) => person.numbers,
    (person: Person) => [person.extension],
    (person: Person) => [person.displayName],
  ]) {
    const fits = exact(pick);
    if (fits.length > 0) return fits;
  }
  return found;
}

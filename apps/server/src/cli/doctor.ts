import type { Person, Provisioning, Readiness, UnmatchedMember } from '@tandem/contract';
import { findInstance, type InstanceFile } from '../supervisor/instance-file.ts';
import { portBaseBounds } from '../supervisor/ports.ts';
import { choiceText, doctorText, meant, unmatchedText } from './doctor-report.ts';
import { parseCommandLine } from './flags.ts';

const help = `usage: npm run doctor -- USER [--json] [--port-base N]

Says why a person can or cannot call with Teams: every prerequisite, whose turn it is and the next step.

  USER          the sign-in address (dana@acme.example), or a name, number or extension that fits one person
  --json        one JSON object on standard output: {"person": ..., "readiness": ...}
  --port-base N the instance that was started with the same flag, default ${portBaseBounds.default}

Exit code 0: ready, or calls work and something is left to do. 1: blocked, not verified, or unknown here. 2: no instance runs, or nobody
or more than one person fits.

Try: npm run doctor -- dana@acme.example
`;

/** Microsoft is read anew when somebody looks; this is how long the answer is waited for. */
const patienceMs = 6_000;

const write = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
  new Promise((resolve) => stream.write(text, () => resolve()));

/** `tandem doctor`: see `help`. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { flags, words, withoutValue } = parseCommandLine(args, new Set(['json', 'help']));
  const json = flags.json === true;
  const fail = async (why: string, more: object = {}): Promise<number> => {
    await write(process.stderr, why.startsWith('tandem') ? why : `tandem doctor: ${why}\n`);
    if (json) await write(process.stdout, `${JSON.stringify({ error: why.trim(), ...more })}\n`);
    return 2;
  };
  if (flags.help === true) {
    await write(process.stdout, help);
    return 0;
  }
  const unknown = [...Object.keys(flags), ...withoutValue].find(
    (name) => !['json', 'help', 'port-base'].includes(name),
  );
  if (unknown !== undefined) return await fail(`no such flag --${unknown}; see --help`);
  const asked = words.join(' ').trim();
  if (asked === '') return await fail('whom? For example: npm run doctor -- dana@acme.example');
  const portBase = flags['port-base'] === undefined ? portBaseBounds.default : Number(flags['port-base']);
  if (!Number.isInteger(portBase))
    return await fail(`--port-base ${flags['port-base']}: wanted a whole number`);
  const instance = findInstance(portBase);
  if (!instance) return await fail(`no instance runs at port base ${portBase}: start one with npm start`);

  try {
    const found = await search(instance, asked);
    const people = meant(asked, found);
    const [person] = people;
    if (!person) {
      const member = await unmatchedMember(instance, asked);
      if (!member) return await fail(`nobody fits "${asked}"`);
      await write(process.stdout, json ? `${JSON.stringify({ member })}\n` : unmatchedText(member));
      return 1;
    }
    if (people.length > 1)
      return await fail(choiceText(asked, people), { fits: people.map(({ upn }) => upn) });
    const readiness = await freshReadiness(instance, person);
    await write(
      process.stdout,
      json ? `${JSON.stringify({ person, readiness })}\n` : doctorText(person, readiness, Date.now()),
    );
    return readiness.verdict === 'ready' || readiness.verdict === 'attention' ? 0 : 1;
  } catch (error) {
    return await fail(`the instance does not answer: ${(error as Error).message}`);
  }
};

async function get<T>(instance: InstanceFile, path: string): Promise<T> {
  const answer = await fetch(`${instance.api}${path}`, {
    headers: { authorization: `Bearer ${instance.token}` },
    signal: AbortSignal.timeout(10_000),
  });
  const body = (await answer.json()) as T & { detail?: string; title?: string };
  if (!answer.ok) throw new Error(body.detail ?? body.title ?? `status ${answer.status}`);
  return body;
}

/** The API finds by part; a mail address that is nobody's sign-in is found by its first part. */
async function search(instance: InstanceFile, asked: string): Promise<readonly Person[]> {
  for (const text of [asked, asked.split('@')[0] ?? '']) {
    if (text === '') continue;
    const { items } = await get<{ items: readonly Person[] }>(
      instance,
      `/people?limit=100&search=${encodeURIComponent(text)}`,
    );
    const fits =
      text === asked ? items : items.filter(({ mail }) => mail?.toLowerCase() === asked.toLowerCase());
    if (fits.length > 0) return fits;
  }
  return [];
}

/** Who is in an enable group and nobody on the platform (PRV-101), by sign-in name, mail or name. */
async function unmatchedMember(instance: InstanceFile, asked: string): Promise<UnmatchedMember | undefined> {
  const text = asked.toLowerCase();
  const connections = await get<{ items: readonly Provisioning[] }>(instance, '/provisioning');
  for (const { connectionId } of connections.items) {
    let cursor = '';
    do {
      const page = await get<{ items: readonly UnmatchedMember[]; nextCursor?: string }>(
        instance,
        `/connections/${connectionId}/provisioning/unmatched?limit=200${cursor}`,
      );
      const found = page.items.find((one) =>
        [one.upn, one.mail, one.displayName].some((value) => value?.toLowerCase() === text),
      );
      if (found) return found;
      cursor = page.nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
    } while (cursor !== '');
  }
  return undefined;
}

/** Looking makes Microsoft be read; the answer that knows of it is taken, or after a while the one there is. */
async function freshReadiness(instance: InstanceFile, person: Person): Promise<Readiness> {
  const path = `/people/${person.id}/readiness`;
  const first = await get<Readiness>(instance, path);
  const freshMs = 5_000;
  const deadline = performance.now() + patienceMs;
  for (let last = first; ; last = await get<Readiness>(instance, path)) {
    const looked = last.state !== undefined && Date.now() - Date.parse(last.checkedAt) > freshMs;
    if (!looked || performance.now() > deadline) return last;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

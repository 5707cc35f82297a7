import type { Person } from '@tandem/domain';
import type { PresenceMemory } from './presence-memory.ts';
import type { RunResult, StoredRun } from './run.ts';
import { runMail } from './run-mail.ts';
import type { RunnerParts } from './runner-parts.ts';

export function namedResult({
  id,
  displayName,
  mail,
  upn,
}: Person): Pick<RunResult, 'personId' | 'displayName' | 'mail'> {
  const address = mail ?? upn;
  return { personId: id, displayName, ...(address !== '' && { mail: address }) };
}

/** How a person came out, from what is kept. `well`: what a good result is called. */
export function resultOf(
  memory: Pick<PresenceMemory, 'rowOf'>,
  person: Person,
  well: 'synced' | 'already-synced',
): RunResult {
  const result = memory.rowOf(person.id)?.result;
  const named = namedResult(person);
  if (result?.is === 'synced')
    return {
      ...named,
      outcome: well,
      ...(result.code && { code: result.code }),
      ...(result.detail && { detail: result.detail }),
    };
  return {
    ...named,
    outcome: 'failed',
    code: result?.code ?? 'PRS-120',
    detail: result?.detail ?? { why: 'The directory at Microsoft was not read yet.' },
  };
}

/** The mail about a run that is over. */
export async function tellOfRun(
  parts: RunnerParts,
  run: StoredRun,
  results: readonly RunResult[],
  connectionLost: boolean,
): Promise<void> {
  const { mailer, memory, accountName, tenants, portal, csv } = parts;
  await mailer.send(
    runMail(run, {
      accountName: accountName(run.accountId) ?? 'your account',
      tenants: tenants(run.accountId).map(({ name }) => name),
      results,
      portal,
      notify: memory.settingsOf(run.accountId).settings.notify,
      connectionLost,
      csv,
    }),
  );
}

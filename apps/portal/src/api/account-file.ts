import {
  ApiError,
  type TenantFileChange,
  type TenantFilePlan,
  type TenantFileResult,
} from '@tandem/contract';
import { api } from './client.ts';

/** Entries of an account's file: what is not named stays. With `prune`, an entry of a list that is left out goes. */
export interface FilePart {
  readonly account: string;
  readonly sections: Readonly<Record<string, unknown>>;
  readonly prune?: boolean;
}

const bodyOf = ({ account, sections, prune = false }: FilePart) => ({
  account,
  file: JSON.stringify({ version: 1, ...sections }),
  prune,
});

/** What it would change, said before it does. */
export async function planPart(part: FilePart): Promise<TenantFilePlan> {
  try {
    return await api.call('tenantFile.plan', { body: bodyOf(part) });
  } catch (error) {
    throw withFields(error);
  }
}

/** Exactly what was planned, or nothing: who changed something meanwhile is seen first. */
export async function applyPart(
  part: FilePart,
  { preview, changes }: TenantFilePlan,
): Promise<TenantFileResult> {
  refuse(changes);
  const made = await api.call('tenantFile.apply', { body: { ...bodyOf(part), preview } });
  refuse(made.applied);
  return made;
}

/** What goes with one entry that a pruned list leaves out. Nothing else may: somebody may have added one since this page was read. */
export async function planRemoval(part: FilePart, name: string): Promise<TenantFilePlan> {
  const plan = await planPart(part);
  const others = plan.changes.filter(({ action, what }) => action === 'remove' && what !== name);
  if (others.length > 0)
    throw refusal(
      `The list has changed: ${others.map(({ what }) => what).join(', ')} would go as well.`,
      'Load the page again, then remove it.',
    );
  return plan;
}

export const makePart = async (part: FilePart): Promise<TenantFileResult> =>
  await applyPart(part, await planPart(part));

/** What is said of one field of the form; null: nothing. */
export const saidOf = (error: unknown, field: string): string | null =>
  (error instanceof ApiError &&
    error.problem?.errors?.find(({ path }) => path === field || path.startsWith(`${field}[`))?.message) ||
  null;

function refuse(changes: readonly TenantFileChange[]): void {
  const fault = changes.find(({ action }) => action === 'refused');
  if (!fault) return;
  throw refusal(
    fault.words ?? 'It cannot be made so.',
    'Change what is said here, then try again.',
    fault.field,
  );
}

const refusal = (message: string, next: string, field?: string): ApiError =>
  new ApiError(
    409,
    {
      type: '/problems/wrong-state',
      title: 'Nothing was changed',
      status: 409,
      code: 'wrong-state',
      detail: message,
      next,
      ...(field !== undefined && { errors: [{ path: field, message }] }),
    },
    message,
  );

/** The faults of a file say where they are in words, `carriers[0].name …`: here they stand at their fields. */
function withFields(error: unknown): unknown {
  if (!(error instanceof ApiError) || !error.problem?.errors) return error;
  const errors = error.problem.errors.map(({ path, message }) => {
    const found = /^[a-zA-Z]+\[\d+\]\.(\S+) (.*)$/s.exec(message);
    return found ? { path: found[1] ?? path, message: found[2] ?? message } : { path, message };
  });
  return new ApiError(
    error.status,
    { ...error.problem, title: 'Something does not fit', errors },
    error.message,
  );
}

import type { TenantFileChange, TenantFilePlan } from '@tandem/contract';

const marks: Readonly<Record<TenantFileChange['action'], string>> = {
  create: '+',
  change: '~',
  remove: '-',
  refused: '!',
};

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** One change in one line, and a line for each field of a change. */
function changeText({ kind, what, action, before, after, words, line, field }: TenantFileChange): string[] {
  const where = line === undefined ? '' : ` (line ${line}${field === undefined ? '' : `, ${field}`})`;
  const head = `${marks[action]} ${kind} ${what}${action === 'refused' ? ` refused${where}` : ''}${words === undefined ? '' : `: ${words}`}`;
  if (action === 'refused' || action === 'remove' || !after) return [head];
  const fields = Object.entries(after).map(([key, value]) =>
    action === 'create'
      ? `    ${key}: ${valueText(value)}`
      : `    ${key}: ${valueText(before?.[key])} → ${valueText(value)}`,
  );
  return [head, ...fields];
}

export function countsText({ create, change, remove, refused }: TenantFilePlan['counts']): string {
  return `${create} to create, ${change} to change, ${remove} to remove${refused > 0 ? `, ${refused} refused` : ''}.`;
}

/** A plan as people read it. */
export function planText(plan: Pick<TenantFilePlan, 'changes' | 'counts'>): string {
  if (plan.changes.length === 0) return 'Nothing to change: the account is as the file says.\n';
  return `${[...plan.changes.flatMap(changeText), '', countsText(plan.counts)].join('\n')}\n`;
}

/** What came of an apply: only what somebody has to know beyond the plan. */
export const appliedText = (applied: readonly TenantFileChange[], sentence: string): string =>
  `${[...applied.filter(({ words }) => words !== undefined).flatMap((one) => changeText(one).slice(0, 1)), sentence].join('\n')}\n`;

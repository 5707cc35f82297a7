import {
  type ProvisioningChange,
  type ProvisioningSettings,
  provisioningChange,
  provisioningSettings,
} from '@tandem/contract';
import type { FileTarget } from './common-shape.ts';
import { differing } from './differing.ts';
import type { FileProvisioning } from './file-shape.ts';
import type { PeopleAfter } from './people-after.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import type { TenantState } from './state.ts';
import { settingsFacts } from './write-file.ts';

/** What the account will have by this file, for rules that name it. */
export interface AfterFile {
  readonly people: PeopleAfter;
  readonly queues: ReadonlySet<string>;
  /** Numbers that somebody or something has; those of queues. */
  readonly numbers: ReadonlySet<string>;
  readonly queueNumbers: ReadonlySet<string>;
}

/** Settings of one connection. Ids of people and queues that come by the same file are known once it is made. */
export function planProvisioning(
  wanted: FileProvisioning,
  state: TenantState,
  after: AfterFile,
): readonly Planned[] {
  const { tenant, leaverForward, ...named } = wanted;
  const connection = state.connections.find(({ tenantId }) => tenantId.toLowerCase() === tenant);
  const base: Change = { kind: 'provisioning', what: tenant, action: 'change' };
  const refuse = (change: Change, field: string, say: string): Planned[] => [
    refused(change, say, { of: wanted, field }),
  ];
  if (!connection)
    return refuse(
      base,
      'tenant',
      'This Microsoft 365 tenant is not connected: connect it in the portal first.',
    );
  const now = connection.settings;
  const whole = provisioningSettings.safeParse(merged(now, named));
  if (!whole.success) {
    const [issue] = whole.error.issues;
    return refuse(base, String(issue?.path[0] ?? 'tenant'), issue?.message ?? 'The settings do not fit.');
  }
  const given = Object.keys(named) as (keyof typeof named)[];
  const found = differing(settingsFacts(now, state), {
    ...Object.fromEntries(given.map((key) => [key, whole.data[key]])),
    leaverForward,
  });
  if (!found) return [];
  const change: Change = { ...base, ...found };
  const fault = leaverFault(whole.data.leaverRule, settingsFacts(now, state).leaverForward, wanted, after);
  if (fault) return refuse(change, fault.field, fault.say);
  const { leaverForward: forward, ...rest } = found.after as Record<string, unknown>;
  return [
    {
      change,
      step: {
        do: 'change-provisioning',
        connectionId: connection.id,
        change: rest as ProvisioningChange,
        ...(forward !== undefined && { forward: forward as FileTarget | null }),
      },
    },
  ];
}

/** A rule that cannot work, and the field of the file that says so. What stands already is not judged again. */
function leaverFault(
  rule: ProvisioningSettings['leaverRule'],
  standing: unknown,
  { leaverRule, leaverForward }: FileProvisioning,
  { people, queues, numbers, queueNumbers }: AfterFile,
): { readonly field: string; readonly say: string } | undefined {
  if (leaverRule === undefined && leaverForward === undefined) return undefined;
  const forward = leaverForward === undefined ? standing : leaverForward;
  // By the rules of everybody; who it is is looked up below, by name.
  const asked = provisioningChange.safeParse({
    leaverRule: rule,
    leaverForward: forward ? { kind: 'number', number: '+12025550100' } : null,
  });
  const issue = asked.error?.issues[0];
  if (issue) {
    const field = String(issue.path[0]);
    const named = field === 'leaverForward' && leaverForward === undefined ? 'leaverRule' : field;
    return { field: named, say: `${field}: ${issue.message}.` };
  }
  if (!leaverForward) return undefined;
  const at = (say: string) => ({ field: 'leaverForward', say });
  if ('person' in leaverForward) {
    const fault = people.fault(leaverForward.person);
    if (fault !== undefined) return at(`Calls of those who left would reach nobody: ${fault}`);
  }
  if ('queue' in leaverForward && !queues.has(leaverForward.queue))
    return at(
      `Calls of those who left would reach nobody: there is no queue ${leaverForward.queue} in this account.`,
    );
  if ('number' in leaverForward && !numbers.has(leaverForward.number))
    return at(
      `Calls of those who left would reach nobody: ${leaverForward.number} is nobody's in this account.`,
    );
  const toQueue =
    'queue' in leaverForward || ('number' in leaverForward && queueNumbers.has(leaverForward.number));
  if (rule === 'queue' && !toQueue)
    return at(
      'The rule queue wants a queue or the number of one; use manager for a person or another number.',
    );
  return undefined;
}

/** The settings as they would be: groups of settings are filled up with what stands. */
function merged(
  { leaverForward: _, ...now }: ProvisioningSettings,
  named: Omit<FileProvisioning, 'tenant' | 'leaverForward'>,
): unknown {
  const { enableGroups, policies, drift, guard, licences, messages, ...rest } = named;
  const { testNumber = now.messages.testNumber, ...toPerson } = messages ?? {};
  return {
    ...now,
    ...rest,
    ...(enableGroups && { enableGroups: groupsOf(now, enableGroups) }),
    policies: { ...now.policies, ...policies },
    drift: { ...now.drift, ...drift },
    guard: { ...now.guard, ...guard },
    licences: { ...now.licences, ...licences },
    messages: {
      toPerson: now.messages.toPerson,
      ...toPerson,
      ...(testNumber !== undefined && testNumber !== null && { testNumber }),
    },
  };
}

/** A group is its id; names are labels that Entra changes, and the order means nothing. */
function groupsOf(
  now: Pick<ProvisioningSettings, 'enableGroups'>,
  wanted: NonNullable<FileProvisioning['enableGroups']>,
): ProvisioningSettings['enableGroups'] {
  const ids = new Set(wanted.map(({ id }) => id));
  const known = new Map(now.enableGroups.map((group) => [group.id, group]));
  if (ids.size === known.size && [...ids].every((id) => known.has(id))) return now.enableGroups;
  return [...new Map(wanted.map((group) => [group.id, group])).values()].map(
    ({ id, name = id }) => known.get(id) ?? { id, name },
  );
}

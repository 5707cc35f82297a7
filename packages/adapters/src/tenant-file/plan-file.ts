import {
  type Permission,
  type PresenceSyncSettings,
  type ProvisioningChange,
  type ProvisioningSettings,
  provisioningSettings,
} from '@tandem/contract';
import type { Device, E164, Person, Queue } from '@tandem/domain';
import type { AccountChangeAsk } from '../http/connection-board.ts';
import type { FileProvisioning, FileRange, FileWebhook, TenantFile } from './file-shape.ts';
import { compareLines, type PhoneWish, planLines, type QueueWish } from './plan-lines.ts';
import { planPeople } from './plan-people.ts';
import { planPresence } from './plan-presence.ts';
import type { StoredWebhook, TenantState } from './state.ts';
import { accountFacts } from './write-file.ts';

export type Facts = Readonly<Record<string, unknown>>;

/** What a change of a person sets. `next`: the next free number of the account. */
export interface PersonWish {
  readonly displayName?: string;
  readonly mail?: string | null;
  readonly extension?: string | null;
  readonly numbers?: readonly E164[] | 'next';
  readonly active?: boolean;
  readonly teamsToggle?: boolean;
  readonly platformLicence?: boolean;
  readonly tags?: readonly string[];
}

/** How a planned change is carried out. */
export type Step =
  | { readonly do: 'change-account'; readonly change: AccountChangeAsk }
  | {
      readonly do: 'change-provisioning';
      readonly connectionId: string;
      readonly change: ProvisioningChange;
    }
  | { readonly do: 'create-range'; readonly name: string; readonly first: E164; readonly last: E164 }
  | { readonly do: 'remove-range'; readonly id: string }
  | {
      readonly do: 'create-person';
      readonly upn: string;
      readonly wish: PersonWish & { readonly displayName: string };
    }
  | { readonly do: 'change-person'; readonly person: Person; readonly wish: PersonWish }
  | { readonly do: 'remove-person'; readonly person: Person }
  | { readonly do: 'create-queue'; readonly name: string; readonly wish: QueueWish }
  | { readonly do: 'change-queue'; readonly queue: Queue; readonly wish: QueueWish }
  | { readonly do: 'remove-queue'; readonly queue: Queue }
  | {
      readonly do: 'create-phone';
      readonly name: string;
      readonly wish: PhoneWish & { readonly sipUser: string };
    }
  | { readonly do: 'change-phone'; readonly phone: Device; readonly wish: PhoneWish }
  | { readonly do: 'remove-phone'; readonly phone: Device }
  | { readonly do: 'change-presence'; readonly change: Partial<PresenceSyncSettings> }
  | { readonly do: 'create-webhook'; readonly wanted: Omit<StoredWebhook, 'id'> }
  | { readonly do: 'change-webhook'; readonly id: string; readonly change: Partial<StoredWebhook> }
  | { readonly do: 'remove-webhook'; readonly id: string };

/** One change as it is shown. `before` and `after` hold only what differs. */
export interface Change {
  readonly kind: 'account' | 'provisioning' | 'range' | 'person' | 'queue' | 'phone' | 'presence' | 'webhook';
  readonly what: string;
  readonly action: 'create' | 'change' | 'remove' | 'refused';
  readonly before?: Facts;
  readonly after?: Facts;
  readonly words?: string;
}

export interface Planned {
  readonly change: Change;
  /** Absent: refused. */
  readonly step?: Step;
}

export interface PlanAsk {
  /** Also remove people, ranges, queues, phones and webhooks that a section of the file does not name. */
  readonly prune: boolean;
  readonly may: (permission: Permission) => boolean;
}

/**
 * What has to be done so that the account is as the file says; nothing, once it is. A section that is absent is left
 * alone, whatever `prune` says: only a list that is there, be it empty, can be what remains.
 */
export function planTenantFile(file: TenantFile, state: TenantState, { prune, may }: PlanAsk): Planned[] {
  const planned: Planned[] = [];
  const allowed = (permission: Permission, changes: readonly Planned[]): void => {
    planned.push(
      ...(may(permission)
        ? changes
        : changes.map(({ change }) =>
            refused(change, 'Only the operator of this platform may change this.'),
          )),
    );
  };
  allowed('accounts:write', planAccount(file, state));
  allowed(
    'provisioning:write',
    (file.provisioning ?? []).flatMap((wanted) => planProvisioning(wanted, state)),
  );
  allowed('numbers:write', file.ranges ? planRanges(file.ranges, state, prune) : []);
  const lines = compareLines(file, state, prune);
  const people = file.people ? planPeople(file.people, state, prune, lines) : [];
  allowed('people:write', people);
  const { queues, phones } = planLines(lines, state, people);
  allowed('queues:write', queues);
  allowed('people:write', phones);
  const left = queues.reduce(
    (count, { step }) => count + (step?.do === 'create-queue' ? 1 : step?.do === 'remove-queue' ? -1 : 0),
    state.queues.length,
  );
  allowed('presence-sync:write', file.presence ? planPresence(file.presence, state, left > 0) : []);
  allowed('webhooks:write', file.webhooks ? planWebhooks(file.webhooks, state, prune) : []);
  return planned;
}

export const refused = (change: Change, words: string): Planned => ({
  change: { ...change, action: 'refused', words },
});

/** Only what is named and differs, as it was and as it is wanted. */
export function differing(
  now: Facts,
  wanted: Facts,
): { readonly before: Facts; readonly after: Facts } | undefined {
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined || canonical(now[key]) === canonical(value)) continue;
    before[key] = now[key] ?? null;
    after[key] = value;
  }
  return Object.keys(after).length === 0 ? undefined : { before, after };
}

/** The same text for the same value, whatever the order of its keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}

function planAccount(file: TenantFile, { account }: TenantState): readonly Planned[] {
  if (!file.account) return [];
  const { name: _, ...wanted } = file.account;
  const found = differing(accountFacts(account), wanted);
  if (!found) return [];
  const change: Change = { kind: 'account', what: account.name, action: 'change', ...found };
  return [{ change, step: { do: 'change-account', change: found.after as AccountChangeAsk } }];
}

function planProvisioning(wanted: FileProvisioning, state: TenantState): readonly Planned[] {
  const { tenant, ...named } = wanted;
  const connection = state.connections.find(({ tenantId }) => tenantId.toLowerCase() === tenant);
  const base: Change = { kind: 'provisioning', what: tenant, action: 'change' };
  if (!connection)
    return [refused(base, 'This Microsoft 365 tenant is not connected: connect it in the portal first.')];
  const now = connection.settings;
  const whole = provisioningSettings.safeParse(merged(now, named));
  if (!whole.success) return [refused(base, whole.error.issues[0]?.message ?? 'The settings do not fit.')];
  const given = Object.keys(named) as (keyof ProvisioningSettings)[];
  const found = differing({ ...now }, Object.fromEntries(given.map((key) => [key, whole.data[key]])));
  if (!found) return [];
  return [
    {
      change: { ...base, ...found },
      step: {
        do: 'change-provisioning',
        connectionId: connection.id,
        change: found.after as ProvisioningChange,
      },
    },
  ];
}

/** The settings as they would be: groups of settings are filled up with what stands. */
function merged(now: ProvisioningSettings, named: Omit<FileProvisioning, 'tenant'>): unknown {
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
  now: ProvisioningSettings,
  wanted: NonNullable<FileProvisioning['enableGroups']>,
): ProvisioningSettings['enableGroups'] {
  const ids = new Set(wanted.map(({ id }) => id));
  const known = new Map(now.enableGroups.map((group) => [group.id, group]));
  if (ids.size === known.size && [...ids].every((id) => known.has(id))) return now.enableGroups;
  return [...new Map(wanted.map((group) => [group.id, group])).values()].map(
    ({ id, name = id }) => known.get(id) ?? { id, name },
  );
}

function planRanges(wanted: readonly FileRange[], state: TenantState, prune: boolean): Planned[] {
  const spanOf = ({ first, last }: { first: string; last: string }): string => `${first}-${last}`;
  const left = new Map(state.ranges.map((range) => [range.id, range]));
  const missing: FileRange[] = [];
  const planned: Planned[] = [];
  for (const range of wanted) {
    const found = state.ranges.find((one) => left.has(one.id) && spanOf(one) === spanOf(range));
    if (found) left.delete(found.id);
    else missing.push(range);
    if (found && found.name !== range.name)
      planned.push(
        refused(
          {
            kind: 'range',
            what: found.name,
            action: 'change',
            before: { name: found.name },
            after: { name: range.name },
          },
          'A range keeps its name; remove it and create it anew, or take over the name.',
        ),
      );
  }
  if (prune)
    for (const { id, name, first, last, size, free } of left.values()) {
      const change: Change = { kind: 'range', what: name, action: 'remove', before: { name, first, last } };
      planned.push(
        free < size
          ? refused(change, `${size - free} of its numbers are somebody's or held back.`)
          : { change, step: { do: 'remove-range', id } },
      );
    }
  const stays = state.ranges.filter(
    ({ id }) => !planned.some(({ step }) => step?.do === 'remove-range' && step.id === id),
  );
  for (const { name, first, last } of missing) {
    const change: Change = { kind: 'range', what: name, action: 'create', after: { name, first, last } };
    const over = stays.find(
      (one) => one.first.length === first.length && one.first <= last && first <= one.last,
    );
    planned.push(
      over
        ? refused(change, `It overlaps the range ${over.name} (${over.first} to ${over.last}).`)
        : { change, step: { do: 'create-range', name, first: first as E164, last: last as E164 } },
    );
  }
  return planned;
}

/** By name; several of one name are told apart by being equal. */
function planWebhooks(wanted: readonly FileWebhook[], state: TenantState, prune: boolean): Planned[] {
  const left = new Map(state.webhooks.map((hook) => [hook.id, hook]));
  const factsOf = ({ name, url, events, active }: StoredWebhook): Facts => ({ name, url, events, active });
  const take = (fits: (hook: StoredWebhook) => boolean): StoredWebhook | undefined => {
    const found = [...left.values()].find(fits);
    if (found) left.delete(found.id);
    return found;
  };
  const open = wanted.filter((hook) => !take((one) => differing(factsOf(one), hook) === undefined));
  const planned = open.map((hook): Planned => {
    const found = take(({ name }) => name === hook.name);
    if (!found) {
      const made = { ...hook, active: hook.active ?? true };
      return {
        change: { kind: 'webhook', what: hook.name, action: 'create', after: made },
        step: { do: 'create-webhook', wanted: made },
      };
    }
    const change = differing(factsOf(found), hook);
    return {
      change: { kind: 'webhook', what: hook.name, action: 'change', ...change },
      step: { do: 'change-webhook', id: found.id, change: change?.after ?? {} },
    };
  });
  if (prune)
    for (const hook of left.values())
      planned.push({
        change: { kind: 'webhook', what: hook.name, action: 'remove', before: factsOf(hook) },
        step: { do: 'remove-webhook', id: hook.id },
      });
  return planned;
}

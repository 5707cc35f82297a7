import type {
  HeldRemoval,
  PersonProvisioning,
  Provisioning,
  ProvisioningStep,
  ProvisioningSettings as SettingsView,
} from '@tandem/contract';
import { type LinkState, type Person, policyFields } from '@tandem/domain';
import {
  type AccountProvisioner,
  type HeldRemoval as EngineHeld,
  funnelOf,
  type HistoryStep,
  linkedStates,
  type ProvisioningSettings,
  personaOf,
} from '@tandem/engine';
import { compact, instant } from './shape.ts';

export interface ShownConnection {
  readonly connectionId: string;
  readonly accountId: string;
  readonly tenantId: string;
  readonly provisioner: AccountProvisioner;
}

const mostNames = 20;

export function toSettings(settings: ProvisioningSettings): SettingsView {
  const { mode, enableGroups, graceSeconds, routingByHand, policies, personas, drift, leaverRule, guard } =
    settings;
  return {
    mode,
    enableGroups: enableGroups.map((group) => ({ ...group })),
    standby: settings.standby === true,
    graceSeconds,
    routingByHand,
    policies: { ...policies },
    personas: personas.map((persona) => ({
      ...persona,
      when: { ...persona.when },
      policies: { ...persona.policies },
    })),
    drift: { ...drift },
    leaverRule,
    leaverForward: settings.leaverForward ? { ...settings.leaverForward } : null,
    guard: { ...guard },
    licences: { assign: settings.licences.assign, total: settings.licences.total ?? null },
    messages: { ...settings.messages },
  };
}

export function toHeldRemoval(held: EngineHeld, people: ReadonlyMap<Person['id'], Person>): HeldRemoval {
  return {
    since: instant(held.sinceWallMs),
    source: held.source,
    people: held.people.size,
    linked: held.linked,
    names: [...held.people]
      .slice(0, mostNames)
      .map((personId) => people.get(personId)?.displayName ?? 'a deleted person'),
  };
}

/** Since when Microsoft cannot be read, as far as links are concerned. */
function notVerifiedSince({ tenantFacts }: AccountProvisioner): number | undefined {
  const { connection, trouble } = tenantFacts;
  if (connection.is === 'lost') return connection.sinceWallMs;
  return trouble?.is === 'unavailable' ? trouble.sinceWallMs : undefined;
}

export function toProvisioning({
  connectionId,
  accountId,
  tenantId,
  provisioner,
}: ShownConnection): Provisioning {
  const states: Partial<Record<LinkState, number>> = {};
  for (const state of provisioner.states()) states[state] = (states[state] ?? 0) + 1;
  const { settings, readAtWallMs, tenantFacts } = provisioner;
  const since =
    notVerifiedSince(provisioner) ?? (tenantFacts.connection.is === 'connected' ? undefined : readAtWallMs);
  const people = new Map(
    [...provisioner.entries()].flatMap(([id, { person }]) => (person ? [[id, person] as const] : [])),
  );
  const approvals =
    settings.mode === 'mixed'
      ? [...provisioner.entries().values()].filter(
          ({ facts, link, person }) =>
            person && facts?.inEnableGroup === true && link.approvedWallMs === undefined,
        ).length
      : 0;
  return {
    connectionId,
    accountId,
    tenantId,
    settings: toSettings(settings),
    status: compact({
      states,
      readAt: readAtWallMs === undefined ? undefined : instant(readAtWallMs),
      notVerifiedSince: since === undefined ? undefined : instant(since),
      throttledUntil:
        tenantFacts.trouble?.is === 'throttled' ? instant(tenantFacts.trouble.untilWallMs) : undefined,
      underWay: provisioner.underWay,
      waiting: provisioner.waiting,
      approvals,
      funnel: { ...funnelOf(provisioner) },
      held: provisioner.held().map((held) => toHeldRemoval(held, people)),
    }),
  };
}

export function toPersonProvisioning(
  person: Person,
  one: ShownConnection | undefined,
  nowWallMs: number,
): PersonProvisioning {
  const entry = one?.provisioner.entries().get(person.id);
  const nothing = { retry: false, approve: false, confirmWorks: false, undo: false };
  if (!one || !entry)
    return {
      personId: person.id,
      accountId: person.accountId,
      state: 'OUT',
      since: instant(nowWallMs),
      policies: [],
      held: false,
      drift: [],
      decisions: [],
      may: nothing,
    };
  const { link, facts, evidence } = entry;
  const { provisioner } = one;
  const { settings } = provisioner;
  const user = facts?.user && facts.user !== 'unread' ? facts.user : undefined;
  const persona = personaOf(settings, user);
  const wanted = provisioner.wantedFor(entry);
  const seen = facts?.policies === 'unread' ? undefined : facts?.policies;
  const [number] = person.numbers;
  const inventory = facts && facts.number !== 'unread' ? facts.number : undefined;
  const held = inventory?.holder.is === 'this-person';
  const atMicrosoft = inventory ? (held ? (number ?? null) : (inventory.otherNumber ?? null)) : undefined;
  const since = notVerifiedSince(provisioner);
  const member = facts?.inEnableGroup === true;
  const groups = facts?.via ?? [];
  const asInstant = (wallMs: number | undefined): string | undefined =>
    wallMs === undefined ? undefined : instant(wallMs);
  return compact({
    personId: person.id,
    accountId: person.accountId,
    connectionId: one.connectionId,
    state: link.state,
    since: instant(link.sinceWallMs),
    code: link.code,
    reason: link.reason,
    entraObjectId: link.objectId ?? user?.objectId,
    number,
    numberAtMicrosoft: atMicrosoft,
    numbersEqual: inventory ? held && number !== undefined : undefined,
    candidates: facts?.candidates?.map(({ objectId, upn, displayName }) => ({
      entraObjectId: objectId,
      upn,
      displayName,
    })),
    enableGroup: member ? (groups.length === 0 ? 'direct' : `via ${groups.join(', ')}`) : undefined,
    policies: policyFields.flatMap((field) => {
      const wish = wanted[field];
      if (!wish && !seen?.[field].name) return [];
      return [
        compact({
          field,
          wanted: wish?.name ?? null,
          atMicrosoft: seen ? seen[field].name : undefined,
          assignedBy: seen?.[field].by,
        }),
      ];
    }),
    persona: persona?.name,
    tag: persona?.tag,
    approved: settings.mode === 'mixed' ? link.approvedWallMs !== undefined : undefined,
    graceEndsAt:
      link.graceEndsWallMs !== undefined && Number.isFinite(link.graceEndsWallMs)
        ? instant(link.graceEndsWallMs)
        : undefined,
    acceptedAt: asInstant(link.acceptedWallMs),
    retryAt: asInstant(link.notBeforeWallMs),
    checkedAt: asInstant(facts?.readAtWallMs),
    notVerifiedSince: asInstant(since),
    confirmed: evidence.clientSeen && {
      by: evidence.clientSeen.by,
      at: instant(evidence.clientSeen.wallMs),
    },
    held: entry.held || provisioner.held().some(({ people }) => people.has(person.id)),
    drift: (link.drift ?? []).map(({ field, ours, theirs, seenWallMs }) => ({
      field,
      ours,
      theirs,
      seenAt: instant(seenWallMs),
      policy: settings.drift[field],
    })),
    decisions: (link.decisions ?? []).map(({ field, ours, theirs, decision, by, atWallMs, undone }) => ({
      field,
      ours,
      theirs,
      decision,
      by,
      at: instant(atWallMs),
      undone: undone === true,
    })),
    may: {
      retry: link.state === 'FAILED' || link.state === 'REMOVE_FAILED' || link.code === 'PRV-502',
      approve: settings.mode === 'mixed' && member,
      confirmWorks: linkedStates.has(link.state) && link.acceptedWallMs !== undefined,
      undo: link.assignedNumber !== undefined || link.policies !== undefined,
      takeOver: link.state === 'FAILED' && link.code === 'PRV-304',
      choose: facts?.candidates !== undefined && link.assignedNumber === undefined,
    },
  });
}

export function toStep({ atWallMs, ...step }: HistoryStep): ProvisioningStep {
  return { at: instant(atWallMs), ...step };
}

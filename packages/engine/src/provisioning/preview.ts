import { type PersonId, type PolicyField, policyFields } from '@tandem/domain';
import type { AccountProvisioner } from './account-provisioner.ts';
import { needsConfirmation } from './decide-events.ts';
import { type Entry, standsInTeams } from './entry.ts';
import { type ProvisioningSettings, wantedPolicies } from './settings.ts';

export interface SettingsPreview {
  readonly people: number;
  readonly join: number;
  readonly leave: number;
  readonly policies: number;
  readonly graphRequests: number;
  readonly needsConfirmation: boolean;
  readonly examples: readonly {
    readonly personId: PersonId;
    readonly displayName: string;
    readonly what: string;
  }[];
}

const mostExamples = 50;

/** Whether the person would be meant; undefined: other groups than were read decide. */
function meant(
  entry: Readonly<Entry>,
  settings: ProvisioningSettings,
  sameGroups: boolean,
  approvedAnyway = false,
): boolean | undefined {
  if (settings.standby) return false;
  if (settings.mode === 'manual') return entry.person?.teamsToggle === true;
  if (!sameGroups) return undefined;
  if (entry.facts?.inEnableGroup === 'unread' || !entry.facts) return undefined;
  const approved = approvedAnyway || entry.link.approvedWallMs !== undefined;
  return entry.facts.inEnableGroup && (settings.mode === 'automatic' || approved);
}

/** What a change of the settings would do, by what was read last. Nothing is written. */
export function previewSettings(
  provisioner: AccountProvisioner,
  next: ProvisioningSettings,
): SettingsPreview {
  const before = provisioner.settings;
  const ids = (settings: ProvisioningSettings): string =>
    settings.enableGroups
      .map(({ id }) => id)
      .sort()
      .join();
  const sameGroups = ids(before) === ids(next);
  let people = 0;
  let join = 0;
  let leave = 0;
  let policies = 0;
  let linked = 0;
  const examples: SettingsPreview['examples'][number][] = [];
  for (const [personId, entry] of provisioner.entries()) {
    if (!entry.person) continue;
    people++;
    const { displayName } = entry.person;
    const stands = standsInTeams(entry.link);
    if (stands) linked++;
    // Who stands when the mode becomes mixed needs no approval.
    const now = meant(entry, next, sameGroups, stands && before.mode !== 'mixed');
    const say = (what: string): void => {
      if (examples.length < mostExamples) examples.push({ personId, displayName, what });
    };
    if (now === false && stands) {
      leave++;
      say('the number is taken back');
      continue;
    }
    const ready = entry.person.teamsToggle && entry.person.numbers.length > 0;
    if (now === true && !stands && ready && meant(entry, before, true) !== true) {
      join++;
      say('is provisioned');
    }
    if (!stands) continue;
    const changed = policyChanges(entry, before, next);
    policies += changed.length;
    for (const what of changed) say(what);
  }
  return {
    people,
    join,
    leave,
    policies,
    // A write and a poll each for numbers, 20 to a request; policies 20 to a call.
    graphRequests: Math.ceil(join / 10) + Math.ceil(leave / 10) + Math.ceil(policies / 20),
    needsConfirmation: needsConfirmation(leave, linked, next.guard),
    examples,
  };
}

function policyChanges(
  entry: Readonly<Entry>,
  before: ProvisioningSettings,
  next: ProvisioningSettings,
): readonly string[] {
  const user = entry.facts?.user && entry.facts.user !== 'unread' ? entry.facts.user : undefined;
  const was = wantedPolicies(before, user, entry.link.accepted);
  const will = wantedPolicies(next, user, entry.link.accepted);
  const shown = (wish: (typeof was)[PolicyField]): string => wish?.name ?? 'kept by hand';
  return policyFields.flatMap((field) => {
    const wish = will[field];
    const seen = entry.facts?.policies;
    const equal = seen && seen !== 'unread' && seen[field].name === wish?.name;
    return wish?.assign && !equal && wish.name !== was[field]?.name
      ? [`${field}: ${shown(was[field])} → ${shown(wish)}`]
      : [];
  });
}

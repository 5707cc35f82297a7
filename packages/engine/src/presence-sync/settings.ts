import { type AccountId, type CallRules, defaultCallRules } from '@tandem/domain';
import { notSynced, type PresencePolicy } from '../ports/presence-policies.ts';

export const presenceModes = ['all', 'selected', 'disabled'] as const;
export type PresenceMode = (typeof presenceModes)[number];

export const presenceDirections = ['both', 'to-platform', 'to-teams'] as const;
export type PresenceDirection = (typeof presenceDirections)[number];

/** What an account decided about presence (product-behaviour 2.2). Kept over disabling and disconnecting. */
export interface PresenceSyncSettings {
  readonly mode: PresenceMode;
  readonly direction: PresenceDirection;
  /** "Customize call presence": the rules count. */
  readonly customizeCalls: boolean;
  readonly rules: CallRules;
  readonly keepDuringInactivity: boolean;
  readonly meetingsFromCalendar: boolean;
  readonly personalOverrides: boolean;
  /** Addresses that get the mail about a run, beside who began it. */
  readonly notify: readonly string[];
}

export interface StoredPresenceSettings {
  readonly accountId: AccountId;
  readonly settings: PresenceSyncSettings;
  /** 0: nobody has set it up. */
  readonly version: number;
  readonly changedBy?: string;
  readonly changedWallMs?: number;
}

export const defaultPresenceSettings: PresenceSyncSettings = {
  mode: 'disabled',
  direction: 'both',
  customizeCalls: false,
  rules: defaultCallRules,
  keepDuringInactivity: false,
  meetingsFromCalendar: true,
  personalOverrides: false,
  notify: [],
};

export const neverSetUp = (accountId: AccountId): StoredPresenceSettings => ({
  accountId,
  settings: defaultPresenceSettings,
  version: 0,
});

/** A person's own place in it: `on` counts in the mode "selected", `unsynced` wins over every mode. */
export const presenceChoices = ['inherit', 'on', 'unsynced'] as const;
export type PresenceChoice = (typeof presenceChoices)[number];

export type PresenceScope = 'in' | 'unsynced' | 'not-selected' | 'off';

export function scopeOf({ mode }: Pick<PresenceSyncSettings, 'mode'>, choice: PresenceChoice): PresenceScope {
  if (mode === 'disabled') return 'off';
  if (choice === 'unsynced') return 'unsynced';
  return mode === 'all' || choice === 'on' ? 'in' : 'not-selected';
}

export const choiceActions = ['select', 'deselect', 'unsync', 'resync'] as const;
export type ChoiceAction = (typeof choiceActions)[number];

/** What an action of the page makes of a choice. Resync clears Unsync and leaves a selection as it was before. */
export const choiceAfter: Readonly<Record<ChoiceAction, Readonly<Record<PresenceChoice, PresenceChoice>>>> = {
  select: { inherit: 'on', on: 'on', unsynced: 'on' },
  deselect: { inherit: 'inherit', on: 'inherit', unsynced: 'unsynced' },
  unsync: { inherit: 'unsynced', on: 'unsynced', unsynced: 'unsynced' },
  resync: { inherit: 'inherit', on: 'on', unsynced: 'inherit' },
};

export const readsTeams = ({ direction }: Pick<PresenceSyncSettings, 'direction'>): boolean =>
  direction !== 'to-teams';
export const writesTeams = ({ direction }: Pick<PresenceSyncSettings, 'direction'>): boolean =>
  direction !== 'to-platform';

/** The policy of those who are synced by these settings. */
export function policyOf(settings: PresenceSyncSettings): PresencePolicy {
  if (settings.mode === 'disabled') return notSynced;
  const reads = readsTeams(settings);
  return {
    synced: true,
    readsTeams: reads,
    writesTeams: writesTeams(settings),
    rules: settings.customizeCalls && reads ? settings.rules : undefined,
    keepDuringInactivity: settings.keepDuringInactivity,
    meetingsFromCalendar: settings.meetingsFromCalendar,
  };
}

/**
 * Whether the switch of the rules is offered (product-behaviour 2.2). `isOn`: it was switched on before. It stays on when the
 * last queue goes, since the rules are about direct calls as well; nobody's calls change because a queue is deleted.
 */
export function customizeOffered(
  settings: Pick<PresenceSyncSettings, 'direction'>,
  hasQueue: boolean,
  isOn = false,
): { readonly offered: boolean; readonly reason?: string } {
  if (!readsTeams(settings))
    return {
      offered: false,
      reason: `The rules go by what Teams shows, and the direction does not read Teams.${isOn ? ' They count again once it does.' : ''}`,
    };
  if (!hasQueue)
    return {
      offered: false,
      reason: isOn
        ? 'The account has no call queue any more. The rules go on counting for direct calls; once switched off, they can be switched on again when there is a queue.'
        : 'The account has no call queue. Create one first: the rules are about its calls.',
    };
  return { offered: true };
}

import type { CallRules, PersonId } from '@tandem/domain';

/** What was decided about one person's presence: the account's settings with the person's own exception applied. */
export interface PresencePolicy {
  /** False: the account's mode, the selection or "Unsync" leaves this person out; nothing is read or written. */
  readonly synced: boolean;
  /** By the account's direction (product-behaviour 2.2). Both false when not synced. */
  readonly readsTeams: boolean;
  readonly writesTeams: boolean;
  /** "Customize call presence": undefined while the switch is off. With a person's own overrides applied (N66). */
  readonly rules: CallRules | undefined;
  /** Away and idle that come from Teams' inactivity change nothing (N06). */
  readonly keepDuringInactivity: boolean;
  /** InACall during a calendar meeting without a leg of ours counts as the meeting (U05). */
  readonly meetingsFromCalendar: boolean;
}

/** From memory: routing and the presence loops ask for it all the time. */
export interface PresencePolicies {
  of(personId: PersonId): PresencePolicy;
  /** Somebody decided something; everybody's policy may be another. */
  onChange(listener: () => void): () => void;
}

export const notSynced: PresencePolicy = {
  synced: false,
  readsTeams: false,
  writesTeams: false,
  rules: undefined,
  keepDuringInactivity: false,
  meetingsFromCalendar: true,
};

export const syncedBothWays: PresencePolicy = {
  ...notSynced,
  synced: true,
  readsTeams: true,
  writesTeams: true,
};

/** For tests, and wherever nobody set anything up. */
export const samePolicyForAll = (policy: PresencePolicy): PresencePolicies => ({
  of: () => policy,
  onChange: () => () => undefined,
});

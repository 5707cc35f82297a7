/** What a person is doing, as the platform says it (product-behaviour 2.3). */
export const presenceLabels = [
  'available',
  'ringing',
  'on_call',
  'on_hold',
  'in_conference',
  'in_meeting',
  'presenting',
  'calendar_busy',
  'busy',
  'dnd',
  'focusing',
  'be_right_back',
  'away',
  'out_of_office',
  'offline',
  'appear_offline',
  'unknown',
] as const;
export type PresenceLabel = (typeof presenceLabels)[number];

/** Whether direct calls ring: everybody's, only those of the person's VIP list, nobody's. */
export type AcceptDirect = 'yes' | 'vip' | 'no';

/** What routing uses; the label is for people. */
export interface AcceptFlags {
  readonly acceptDirect: AcceptDirect;
  readonly acceptQueue: boolean;
}

/** A state as Graph tells it. Both are texts, not enums: an unseen value is data, never an error. */
export interface TeamsPresence {
  readonly availability: string | null;
  readonly activity: string | null;
  readonly outOfOffice?: boolean;
}

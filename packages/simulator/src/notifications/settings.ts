/** How deliveries go, and what goes wrong with them on purpose. Percentages are per notification. */
export interface NotificationSettings {
  /** From a change to its first delivery. */
  delayMs: number;
  /** Never delivered, nobody is told (S11). */
  losePercent: number;
  doublePercent: number;
  /** Overtaken by what comes after it. */
  reorderPercent: number;
  latePercent: number;
  lateMs: number;
  /** Beside a genuine POST one that is not Microsoft's: a wrong clientState, a subscription that nobody made (S12). */
  forgePercent: number;
  /** A POST with content whose validation token is not right (S13). */
  forgeTokenPercent: number;
  /** What the receiver has for the first attempt, for later ones, and for the validation of a URL. */
  firstAnswerMs: number;
  retryAnswerMs: number;
  validationAnswerMs: number;
  /** First pause before another attempt; it doubles each time. */
  retryFirstMs: number;
  /** Then the notification is given up. */
  retryForMs: number;
  /** An endpoint is judged slow or dead by no fewer answers in ten minutes. */
  judgedFrom: number;
  /** An expiry above the maximum (S4). */
  aboveMaximum: 'refuse' | 'clip';
  /** Challenges before the end of a token or a subscription; some subscriptions never get one. */
  challenges: boolean;
  /** PATCH and reauthorize within ten minutes of each other: deliveries of ten minutes are dropped (S9). */
  dropAfterBoth: boolean;
  quotaPerApp: number;
  quotaPerTenant: number;
  quotaPerAppAndTenant: number;
  /** How often presences are looked at for changes. */
  presenceCheckMs: number;
  /** Tenants that ask for an assignment to our app, which the sender does not have: no validation tokens. */
  assignmentRequired: string[];
}

export const defaultNotificationSettings = (): NotificationSettings => ({
  delayMs: 800,
  losePercent: 0,
  doublePercent: 0,
  reorderPercent: 0,
  latePercent: 0,
  lateMs: 60_000,
  forgePercent: 0,
  forgeTokenPercent: 0,
  firstAnswerMs: 3_000,
  retryAnswerMs: 10_000,
  validationAnswerMs: 10_000,
  retryFirstMs: 10_000,
  retryForMs: 4 * 3_600_000,
  judgedFrom: 10,
  aboveMaximum: 'refuse',
  challenges: true,
  dropAfterBoth: false,
  quotaPerApp: 50_000,
  quotaPerTenant: 1_000,
  quotaPerAppAndTenant: 100,
  presenceCheckMs: 1_000,
  assignmentRequired: [],
});

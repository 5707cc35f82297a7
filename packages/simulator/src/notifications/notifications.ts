import type { Audit } from '../audit/audit.ts';
import type { Agenda } from '../directory/agenda.ts';
import type { Directory } from '../directory/directory.ts';
import type { PresenceBook } from '../graph/presence-book.ts';
import { judgeNotifications } from '../graph/subset.ts';
import type { StateFile } from '../state/state-file.ts';
import { SubscriptionOffice } from './office.ts';
import type { OutgoingRules } from './outgoing.ts';
import type { TokenMaker } from './rich-content.ts';
import { defaultNotificationSettings } from './settings.ts';
import { watchDirectory, watchPresences } from './watchers.ts';

/** Subscriptions, what they are told of, and how it gets there; put together. */
export function openNotifications(parts: {
  readonly directory: Directory;
  readonly presence: PresenceBook;
  readonly agenda: Agenda;
  readonly tokens: TokenMaker;
  readonly outgoing: OutgoingRules;
  readonly audit: Audit;
  readonly state: StateFile;
  /** Application permissions of an app in a tenant; undefined: it has no enabled service principal there. */
  readonly granted: (tenantId: string, appId: string) => readonly string[] | undefined;
  /** A notification that is not in Microsoft's schema is an error of the twin. */
  readonly checkAnswers: boolean;
}): { readonly office: SubscriptionOffice; close(): void } {
  const { directory, presence, agenda, tokens, outgoing, audit, state, granted } = parts;
  const office: SubscriptionOffice = new SubscriptionOffice({
    agenda,
    settings: defaultNotificationSettings(),
    tokens,
    outgoing,
    audit,
    granted,
    changed: () => state.changed(),
    check: (body) => {
      const odd = parts.checkAnswers ? judgeNotifications(body) : undefined;
      if (odd !== undefined) throw new Error(`The twin made a notification that is not Microsoft's: ${odd}`);
    },
  });
  state.register('subscriptions', {
    version: 1,
    save: () => office.save(),
    restore: (value) => office.restore(value),
  });
  const closing = [watchDirectory(directory, office), watchPresences(directory, presence, office, agenda)];
  return {
    office,
    close: () => {
      for (const close of closing) close();
    },
  };
}

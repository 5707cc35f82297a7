import type { TeamsRead } from '@tandem/engine';
import { type ContentKeys, openContent } from './rich-content.ts';
import { type TokenCheckParts, tokenFault } from './validation-tokens.ts';

/** Items of one POST that name a subscription of ours and its secret; what they contain is not believed yet. */
export interface ContentPost {
  readonly items: readonly {
    readonly subscriptionId: string;
    readonly entraTenantId: string;
    readonly encryptedContent: unknown;
  }[];
  readonly validationTokens: unknown;
}

export interface PresenceInboxParts extends TokenCheckParts {
  readonly contentKeys: ContentKeys;
  /** A state with its place in the order of this person's states. */
  onPresence(entraTenantId: string, objectId: string, read: TeamsRead): void;
  /** A state without one: it may be older than what is known, so it is read. */
  onHint(entraTenantId: string, objectId: string): void;
  onResult(result: InboxResult): void;
}

export type InboxResult = 'taken' | 'hint' | 'doubled' | 'not-proved' | 'unreadable';

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Retries come minutes later, most within seconds. */
const rememberedPosts = 5_000;

const short = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, 64) : null);

/**
 * Presences that Microsoft sends (microsoft-graph 2.7, 3.6): proved by their tokens, decrypted, each once (reliability F09). The
 * order is the reader's affair, by sequence number, never by arrival. Never throws.
 */
export function createPresenceInbox(parts: PresenceInboxParts): (post: ContentPost) => Promise<void> {
  const seen = new Set<string>();
  const known = (key: string): boolean => {
    if (seen.has(key)) return true;
    seen.add(key);
    const [oldest] = seen.size > rememberedPosts ? seen : [];
    if (oldest !== undefined) seen.delete(oldest);
    return false;
  };
  return async ({ items, validationTokens }) => {
    const tenants = new Set(items.map(({ entraTenantId }) => entraTenantId));
    const fault = await tokenFault(validationTokens, tenants, parts);
    for (const { subscriptionId, entraTenantId, encryptedContent } of items) {
      if (fault !== undefined) {
        parts.onResult('not-proved');
        continue;
      }
      const content = openContent(encryptedContent, parts.contentKeys) as Record<string, unknown> | null;
      const { id, availability, activity, sequenceNumber, outOfOfficeSettings } = content ?? {};
      if (typeof id !== 'string' || !guid.test(id)) {
        parts.onResult('unreadable');
        continue;
      }
      if (typeof sequenceNumber !== 'string') {
        parts.onResult('hint');
        parts.onHint(entraTenantId, id);
        continue;
      }
      if (known(`${subscriptionId} ${id} ${sequenceNumber}`)) {
        parts.onResult('doubled');
        continue;
      }
      const away = (outOfOfficeSettings as { isOutOfOffice?: unknown } | null | undefined)?.isOutOfOffice;
      parts.onResult('taken');
      parts.onPresence(entraTenantId, id, {
        availability: short(availability),
        activity: short(activity),
        outOfOffice: away === true,
        sequenceNumber: sequenceNumber.slice(0, 64),
      });
    }
  };
}

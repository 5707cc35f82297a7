/** What an app sent through Graph, for assertions: mail and activity notifications (graph 7.1; M1, M2). */

export interface SentItem {
  readonly id: number;
  readonly at: string;
  readonly kind: 'mail' | 'activity';
  readonly tenantId: string;
  readonly appId: string;
  /** Whose mailbox it left, or whose feed it shows in. */
  readonly userPrincipalName: string;
  readonly content: Readonly<Record<string, unknown>>;
}

const kept = 1_000;

export class SentItems {
  readonly #items: SentItem[] = [];
  /** Teams apps: what they declare, and who does not have them. Absent: the platform's own app, with everything. */
  readonly activityTypes = new Set(['callForwarded', 'missedCall', 'numberAssigned', 'systemDefault']);
  /** Object ids of users for whom the Teams app is not installed. */
  readonly withoutApp = new Set<string>();
  #next = 1;

  add(item: Omit<SentItem, 'id'>): void {
    this.#items.push({ id: this.#next++, ...item });
    if (this.#items.length > kept) this.#items.shift();
  }

  all(): readonly SentItem[] {
    return this.#items;
  }

  clear(): number {
    return this.#items.splice(0).length;
  }
}

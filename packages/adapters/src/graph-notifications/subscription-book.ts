import { createHash, timingSafeEqual } from 'node:crypto';

/** A subscription of ours as the receiver knows it: in memory, so that it answers whatever else is away (T17). */
export interface KnownSubscription {
  readonly subscriptionId: string;
  readonly connectionId: string;
  readonly entraTenantId: string;
  /** SHA-256 of the secret that Microsoft repeats with each notification; the secret itself is not kept (T16). */
  readonly clientStateHash: Buffer;
}

export type Verdict = 'accepted' | 'unknown' | 'forged' | 'foreign-tenant';

export const hashClientState = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

const nobodys = Buffer.alloc(32);

/** Which subscriptions are ours, and for whom a new one is being made right now. */
export class SubscriptionBook {
  readonly #known = new Map<string, KnownSubscription>();
  readonly #expected = new Map<string, number>();

  add(one: KnownSubscription): void {
    this.#known.set(one.subscriptionId.toLowerCase(), one);
  }

  remove(subscriptionId: string): void {
    this.#known.delete(subscriptionId.toLowerCase());
  }

  /** Microsoft is being asked for a subscription: its validation calls come meanwhile, and only then. */
  async whileExpecting<T>(connectionId: string, work: () => Promise<T>): Promise<T> {
    this.#expected.set(connectionId, (this.#expected.get(connectionId) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#expected.get(connectionId) ?? 1) - 1;
      if (left === 0) this.#expected.delete(connectionId);
      else this.#expected.set(connectionId, left);
    }
  }

  expects(connectionId: string): boolean {
    return this.#expected.has(connectionId);
  }

  /** One hash and one comparison, whether the subscription is ours or not. */
  judge(
    connectionId: string,
    item: { readonly subscriptionId: string; readonly clientState: string; readonly tenantId: string },
  ): Verdict {
    const known = this.#known.get(item.subscriptionId.toLowerCase());
    const same = timingSafeEqual(hashClientState(item.clientState), known?.clientStateHash ?? nobodys);
    if (!known || known.connectionId !== connectionId) return 'unknown';
    if (!same) return 'forged';
    return known.entraTenantId === item.tenantId.toLowerCase() ? 'accepted' : 'foreign-tenant';
  }
}

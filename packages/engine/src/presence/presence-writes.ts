import type { PreferredPair, SessionPair } from './wish.ts';

/** One request to Microsoft about one person. The number only grows; it fences out a process of before. */
export type PresenceWrite =
  | {
      readonly kind: 'setPresence';
      readonly sequence: number;
      readonly availability: SessionPair['availability'];
      readonly activity: SessionPair['activity'];
      readonly expirationDuration: 'PT5M';
    }
  | { readonly kind: 'clearPresence'; readonly sequence: number }
  | ({
      readonly kind: 'setPreferred';
      readonly sequence: number;
      /** Ends at Microsoft by itself after this time. */
      readonly forMs: number;
      /** It stood before a call: not set again over what the person chose in Teams meanwhile. */
      readonly unlessChosen: boolean;
      /** Others of ours that may stand there: no choice of the person's. */
      readonly orPairs?: readonly PreferredPair[];
    } & PreferredPair)
  /** Only if Microsoft still shows this pair, or one of those before it, read just before (product-behaviour 2.8). */
  | ({
      readonly kind: 'clearPreferred';
      readonly sequence: number;
      readonly orPairs?: readonly PreferredPair[];
    } & PreferredPair);

export type PresenceWriteOutcome =
  | { readonly is: 'done' }
  /** 404: no session to clear, or no such user. */
  | { readonly is: 'notFound' }
  | { readonly is: 'refused' }
  /** Microsoft shows something that is not ours: nothing was written. */
  | { readonly is: 'left' }
  /** The person has no session, or is unknown now: what is preferred cannot be seen. Nothing was written. */
  | { readonly is: 'hidden' }
  /** 429, 5xx, no answer: whether it took effect is not known. `throttled`: Microsoft asked to wait, for how long or not. */
  | { readonly is: 'later'; readonly retryAfterMs?: number; readonly throttled?: true };

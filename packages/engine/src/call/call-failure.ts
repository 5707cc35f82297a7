import type { PresenceLabel, ReadinessCode } from '@tandem/domain';

export type LegRole = 'teams' | 'carrier' | 'phone';

/** What a person lacks. Status and cause come from the kind unless provisioning is more exact (product-behaviour 1.8). */
export interface Lacking {
  readonly code?: ReadinessCode;
  readonly sentence: string;
  readonly sip?: number;
  readonly q850?: number;
}

/** Everything that can keep a call from happening or end it early. Closed: each kind has one verdict (verdicts.ts). */
export type CallFailure =
  // decided before anybody was called
  | { readonly kind: 'unknown-host'; readonly host: string }
  | { readonly kind: 'unknown-number'; readonly dialled: string }
  | { readonly kind: 'unknown-extension'; readonly dialled: string }
  | { readonly kind: 'unreadable-number'; readonly dialled: string }
  | { readonly kind: 'caller-account-suspended' }
  | { readonly kind: 'callee-account-suspended' }
  | { readonly kind: 'caller-not-owned'; readonly presented: string }
  | ({ readonly kind: 'caller-disabled' } & Lacking)
  | ({ readonly kind: 'caller-not-eligible' } & Lacking)
  | ({ readonly kind: 'callee-disabled' } & Lacking)
  | ({ readonly kind: 'callee-not-eligible' } & Lacking)
  | {
      /** Presence lets no call ring, and this is what was chosen for such calls. */
      readonly kind: 'callee-unavailable';
      readonly sip: 480 | 486 | 603;
      readonly label: PresenceLabel;
      readonly sentence: string;
    }
  /** Full, or nobody is logged in, and the queue refuses such calls. */
  | { readonly kind: 'queue-closed'; readonly sentence: string }
  /** Nobody of the queue took it in time. */
  | { readonly kind: 'queue-timeout'; readonly afterSeconds: number }
  /** The caller hung up while waiting. */
  | { readonly kind: 'queue-abandoned'; readonly afterSeconds: number }
  /** The queue was removed while the caller waited. */
  | { readonly kind: 'queue-gone' }
  | { readonly kind: 'unknown-phone'; readonly phone: string }
  | { readonly kind: 'phone-not-registered'; readonly phone: string }
  | { readonly kind: 'calls-itself' }
  | { readonly kind: 'no-route'; readonly dialled: string }
  | { readonly kind: 'too-many-hops' }
  | { readonly kind: 'loop-detected' }
  | { readonly kind: 'too-many-calls'; readonly limit: number; readonly of: string }
  | { readonly kind: 'draining' }
  // found out by calling
  | { readonly kind: 'peer-rejected'; readonly role: LegRole; readonly status: number }
  | { readonly kind: 'teams-unreachable'; readonly tried: number }
  | { readonly kind: 'carrier-unreachable'; readonly tried: number }
  | { readonly kind: 'phone-unreachable'; readonly tried: number }
  | { readonly kind: 'no-answer'; readonly afterSeconds: number }
  | { readonly kind: 'caller-cancelled'; readonly elsewhere: boolean }
  /** The mailbox answered: nobody else did. */
  | { readonly kind: 'voicemail' }
  // media
  | { readonly kind: 'offer-missing' }
  | { readonly kind: 'body-unsupported' }
  | { readonly kind: 'no-ports' }
  | { readonly kind: 'engine-down'; readonly detail: string }
  | { readonly kind: 'sdp-malformed'; readonly detail: string }
  | { readonly kind: 'media-unreachable'; readonly detail: string }
  | { readonly kind: 'no-common-codec'; readonly offered: readonly string[] }
  | { readonly kind: 'srtp-required' }
  | { readonly kind: 'crypto-unsupported'; readonly offered: readonly string[] }
  // an answered call that had to end
  | { readonly kind: 'no-ack' }
  | { readonly kind: 'media-silent'; readonly side: 'a' | 'b'; readonly forSeconds: number }
  | { readonly kind: 'engine-lost' }
  | { readonly kind: 'session-expired'; readonly side: 'a' | 'b' }
  | { readonly kind: 'peer-gone'; readonly side: 'a' | 'b'; readonly status: number }
  | { readonly kind: 'hung-up-by-operator' }
  | { readonly kind: 'node-crash' }
  | { readonly kind: 'bug'; readonly detail: string };

import type { E164, PersonId, PresenceLabel } from '@tandem/domain';

/** A call that is about to ring a person, as far as presence decides about it. */
export interface KnockingCall {
  /** `queue`: a queue offers it to the person as a member. Transfers to the person are direct calls. */
  readonly kind: 'direct' | 'queue';
  /** Undefined: hidden or not said. Nobody who hides the number is on a list of important callers. */
  readonly callerNumber: E164 | string | undefined;
  /** The caller, when one of ours. */
  readonly callingPersonId: PersonId | undefined;
}

/** What happens to a direct call that must not ring. */
export type UnavailableTreatment =
  /** The mailbox here where the platform takes the messages (4.13); where Teams does, the call is refused with 480. */
  | { readonly kind: 'voicemail' }
  /** The carrier, the PBX or Teams of the caller does with it what it does (N52). */
  | { readonly kind: 'refuse'; readonly sip: 480 | 486 | 603 }
  /** Another number or extension of the account, or a queue by its extension. */
  | { readonly kind: 'forward'; readonly to: string };

/** The person's state, and whether it lets the call ring. `because` is a whole sentence for the call's record. */
export type GateVerdict =
  | {
      readonly rings: true;
      readonly because?: string;
      /** A call rule says that calls of queues ring also while the person has a call (product-behaviour 2.6). */
      readonly alsoInCalls?: true;
    }
  | {
      readonly rings: false;
      readonly label: PresenceLabel;
      readonly because: string;
      /** For a direct call; a queue goes on to its next member. */
      readonly otherwise: UnavailableTreatment;
    };

/**
 * Whether presence lets a call ring (product-behaviour 2.4, 2.6, 2.7, U16). From memory and at once: routing waits for
 * nobody, and what is not known lets calls ring.
 */
export interface PresenceGate {
  verdictFor(personId: PersonId, call: KnockingCall): GateVerdict;
  /** The person called for help within the hour, also before a restart: whoever calls back gets through. */
  awaitsCallback?(personId: PersonId): boolean;
  /** Somebody may be free again, or not any more: queues look. */
  onChange(listener: (personId: PersonId) => void): () => void;
}

/** For a platform without presence, and for tests of everything else. */
export const openGate: PresenceGate = {
  verdictFor: () => ({ rings: true }),
  onChange: () => () => undefined,
};

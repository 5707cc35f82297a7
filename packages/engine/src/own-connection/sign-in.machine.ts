/** A person's sign-in at Microsoft that Tandem keeps (product-behaviour 2.12): it works, it does not now, or it is not there. */
export const signInStates = ['CONNECTED', 'INTERRUPTED', 'REMOVED'] as const;
export type SignInState = (typeof signInStates)[number];

export const signInEvents = [
  /** The person came back from Microsoft, and it is the right person. */
  'signedIn',
  /** The sign-in service gave a new token. */
  'refreshed',
  /** The sign-in service refuses for good: password, consent, policy. */
  'refused',
  /** Graph refused twice running, each time with a fresh token. */
  'lostAccess',
  /** Disconnected here, or the person is gone. */
  'removed',
] as const;
export type SignInEvent = (typeof signInEvents)[number];

export const signInActions = ['begin', 'tell', 'resume', 'forget'] as const;
export type SignInAction = (typeof signInActions)[number];

export type SignInMove = readonly [next: SignInState, ...actions: SignInAction[]];

/**
 * What a row does not name changes nothing in that state.
 *
 *     REMOVED → CONNECTED ⇄ INTERRUPTED          CONNECTED, INTERRUPTED → REMOVED
 *
 * An interruption is told once, and what was chosen stays: the same sign-in goes on when it ends.
 */
export const signInMachine = {
  CONNECTED: {
    signedIn: ['CONNECTED'],
    refused: ['INTERRUPTED', 'tell'],
    lostAccess: ['INTERRUPTED', 'tell'],
    removed: ['REMOVED', 'forget'],
  },
  INTERRUPTED: {
    signedIn: ['CONNECTED', 'resume'],
    refreshed: ['CONNECTED', 'resume'],
    removed: ['REMOVED', 'forget'],
  },
  REMOVED: { signedIn: ['CONNECTED', 'begin'] },
} as const satisfies Record<SignInState, Partial<Record<SignInEvent, SignInMove>>>;

/** Undefined: this means nothing in this state. */
export function stepSignInState(state: SignInState, event: SignInEvent): SignInMove | undefined {
  return (signInMachine[state] as Partial<Record<SignInEvent, SignInMove>>)[event];
}

/** A connection of an account with one Entra tenant (features N05; product-behaviour 2.10). */
export const connectionStates = [
  /** Entered, never proved. */
  'NOT_CONNECTED',
  /** Grant 1: an administrator of the tenant signed in. Nothing of the tenant may be read. */
  'SIGNED_IN',
  /** Grant 2 came back, or a credential was entered; the roles are not in a fresh token yet. */
  'CONSENT_PENDING',
  /** The half state: declined, only for one user, no right to approve, or roles still missing after minutes. */
  'CONSENT_INCOMPLETE',
  'CONNECTED',
  /** Works; the own credential ends within thirty days. */
  'EXPIRING',
  'EXPIRED',
  'INTERRUPTED',
  'DISCONNECTED',
] as const;
export type ConnectionState = (typeof connectionStates)[number];

export const connectionEvents = [
  'signedIn',
  /** An own credential was entered, or a consent came back without an error. */
  'proofWanted',
  /** No approval for the tenant came of it. */
  'consentFailed',
  /** A fresh token holds all that the connection cannot do without. */
  'rolesComplete',
  'rolesMissing',
  /** The roles did not come within the minutes that replication takes. */
  'proofOver',
  /** The sign-in service refuses for good. */
  'refused',
  /** 401 or 403 twice running. */
  'lostAccess',
  /** No successful read for three minutes. */
  'silent',
  /** After silence: a request was answered as it should. */
  'answered',
  'credentialEndsSoon',
  'credentialEnded',
  'credentialFresh',
  'disconnected',
] as const;
export type ConnectionEvent = (typeof connectionEvents)[number];

export const connectionActions = [
  'startProof',
  'begin',
  'tellInterrupted',
  'resume',
  'tellExpired',
  'stop',
] as const;
export type ConnectionAction = (typeof connectionActions)[number];

export type ConnectionStep = readonly [next: ConnectionState, ...actions: ConnectionAction[]];
type Row = Partial<Record<ConnectionEvent, ConnectionStep>>;

const disconnect: Row = { disconnected: ['DISCONNECTED', 'stop'] };
/** Before the first proof nothing is lost by a refusal: it is only not yet there. */
const before: Row = {
  ...disconnect,
  signedIn: ['SIGNED_IN'],
  proofWanted: ['CONSENT_PENDING', 'startProof'],
  consentFailed: ['CONSENT_INCOMPLETE'],
};
const lost: ConnectionStep = ['INTERRUPTED', 'tellInterrupted'];
const works: Row = {
  ...disconnect,
  rolesMissing: lost,
  refused: lost,
  lostAccess: lost,
  silent: lost,
  credentialEnded: ['EXPIRED', 'tellExpired'],
};

/**
 * What a row does not name changes nothing in that state. A connection that worked once never falls back to the states
 * before: it is interrupted, and resumes with everything that was chosen.
 *
 *     NOT_CONNECTED → SIGNED_IN → CONSENT_PENDING → CONNECTED ⇄ EXPIRING → EXPIRED
 *                         ↘            ↓ ↑              ↓ ↑
 *                          CONSENT_INCOMPLETE       INTERRUPTED          any → DISCONNECTED
 */
export const connectionMachine = {
  NOT_CONNECTED: { ...before, rolesComplete: ['CONNECTED', 'begin'] },
  SIGNED_IN: { ...before },
  CONSENT_PENDING: {
    ...before,
    rolesComplete: ['CONNECTED', 'begin'],
    proofOver: ['CONSENT_INCOMPLETE'],
  },
  CONSENT_INCOMPLETE: { ...before, rolesComplete: ['CONNECTED', 'begin'] },
  CONNECTED: { ...works, credentialEndsSoon: ['EXPIRING'] },
  EXPIRING: { ...works, credentialFresh: ['CONNECTED'] },
  EXPIRED: { ...disconnect, rolesComplete: ['CONNECTED', 'resume'] },
  INTERRUPTED: {
    ...disconnect,
    rolesComplete: ['CONNECTED', 'resume'],
    answered: ['CONNECTED', 'resume'],
    credentialEnded: ['EXPIRED'],
  },
  DISCONNECTED: {
    signedIn: ['SIGNED_IN'],
    proofWanted: ['CONSENT_PENDING', 'startProof'],
  },
} as const satisfies Record<ConnectionState, Row>;

/** Undefined: this means nothing in this state. */
export function stepConnectionState(
  state: ConnectionState,
  event: ConnectionEvent,
): ConnectionStep | undefined {
  return (connectionMachine[state] as Row)[event];
}

/** States in which Tandem reads and writes in the tenant. */
export const workingStates: ReadonlySet<ConnectionState> = new Set(['CONNECTED', 'EXPIRING']);
/** States after the first proof: whoever looks goes on looking, and resumes. */
export const provenStates: ReadonlySet<ConnectionState> = new Set([
  'CONNECTED',
  'EXPIRING',
  'EXPIRED',
  'INTERRUPTED',
]);

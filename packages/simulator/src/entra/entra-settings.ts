/** Times of sign-in that a rehearsal may change, and choices where Microsoft's texts leave the answer open. */
export interface EntraSettings {
  /** The enterprise application shows this long after the first consent; until then AADSTS700016. */
  principalDelayMs: number;
  /** Permissions show this long after that; until then tokens lack roles. */
  grantDelayMs: number;
  /** Articles differ in the word for a consent that was declined. */
  declinedError: 'access_denied' | 'consent_required' | 'permission_denied';
  /**
   * A client assertion is refused the second time. Microsoft asks for a unique `jti`, and its own library (msal-node 7.2)
   * sends one assertion again and again until it ends: so this cannot be enforced there, and is off.
   */
  assertionsOnce: boolean;
  /** What is wrong with every id_token from now on: for clients that must notice (RFC 9700, OpenID Connect Core 3.1.3.7). */
  spoilIdToken: IdTokenFault;
}

export const idTokenFaults = [
  'nothing',
  'signature',
  'algorithm-none',
  'audience',
  'issuer',
  'tenant',
  'nonce',
  'expired',
  'not-yet',
] as const;
export type IdTokenFault = (typeof idTokenFaults)[number];

export const defaultEntraSettings: Readonly<EntraSettings> = {
  principalDelayMs: 0,
  grantDelayMs: 0,
  declinedError: 'access_denied',
  assertionsOnce: false,
  spoilIdToken: 'nothing',
};

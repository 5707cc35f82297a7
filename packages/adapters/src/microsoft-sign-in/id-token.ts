import type { MicrosoftPerson } from '@tandem/engine';
import { errors, jwtVerify } from 'jose';
import type { HttpsExchange } from '../graph/https-exchange.ts';
import { createMicrosoftKeys } from './microsoft-keys.ts';

export type IdTokenVerdict =
  | { readonly ok: true; readonly person: MicrosoftPerson }
  /** `why` is for the log: what was wrong, never the token. */
  | {
      readonly ok: false;
      readonly why: string;
      /** Valid but for its times: the clocks differ, or it is an old one. */
      readonly times?: true;
    };

export interface IdTokenCheck {
  verify(
    token: string,
    expected: { readonly clientId: string; readonly nonce: string },
  ): Promise<IdTokenVerdict>;
}

/** F17: tokens are judged with a minute's allowance. */
const usualAllowanceSeconds = 60;

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The checks of a multi-tenant app (microsoft-graph 1.5): signature by a key of the sign-in service, audience, times, nonce,
 * version, and the issuer built from this very token's `tid`, exactly. Throws only when the keys cannot be fetched.
 */
export function createIdTokenCheck(parts: {
  /** The login host: `https://login.microsoftonline.com`. */
  readonly login: string;
  readonly https: HttpsExchange;
  readonly wall: () => number;
  /** Between Microsoft's clock and ours; the twin's can be moved by days. */
  readonly allowanceSeconds?: number;
}): IdTokenCheck {
  const login = new URL(parts.login).origin;
  const keys = createMicrosoftKeys(parts);

  return {
    async verify(token, { clientId, nonce }) {
      let claims: Record<string, unknown>;
      try {
        const verified = await jwtVerify(token, keys, {
          algorithms: ['RS256'],
          audience: clientId,
          clockTolerance: parts.allowanceSeconds ?? usualAllowanceSeconds,
          currentDate: new Date(parts.wall()),
          requiredClaims: ['iss', 'tid', 'oid', 'exp', 'nonce', 'ver'],
        });
        claims = verified.payload;
      } catch (error) {
        if (isOfTimes(error)) {
          const { nbf, exp } = error.payload;
          const ours = clockTime(parts.wall() / 1000);
          const why = `it is valid from ${clockTime(nbf)} to ${clockTime(exp)}, and this server's clock says ${ours}`;
          return { ok: false, why, times: true };
        }
        if (error instanceof errors.JOSEError) return { ok: false, why: `${error.code}: ${error.message}` };
        throw error;
      }
      const { tid, oid, iss, ver } = claims;
      if (ver !== '2.0') return { ok: false, why: 'not a v2.0 token' };
      if (typeof tid !== 'string' || !guid.test(tid)) return { ok: false, why: 'tid is no GUID' };
      if (typeof oid !== 'string' || !guid.test(oid)) return { ok: false, why: 'oid is no GUID' };
      if (iss !== `${login}/${tid}/v2.0`) return { ok: false, why: "the issuer is not the token's tenant" };
      if (claims.nonce !== nonce) return { ok: false, why: 'the nonce is not the one that was sent' };
      const wids = Array.isArray(claims.wids)
        ? claims.wids.filter((id): id is string => typeof id === 'string')
        : undefined;
      const shown = [claims.name, claims.preferred_username].find((one) => typeof one === 'string');
      return {
        ok: true,
        person: {
          entraTenantId: tid,
          objectId: oid,
          name: plainName(shown) ?? oid,
          ...(wids && { wids }),
        },
      };
    },
  };
}

const isOfTimes = (error: unknown): error is errors.JWTExpired | errors.JWTClaimValidationFailed =>
  error instanceof errors.JWTExpired ||
  (error instanceof errors.JWTClaimValidationFailed &&
    error.claim === 'nbf' &&
    error.reason === 'check_failed');

const clockTime = (seconds: number | undefined): string =>
  seconds === undefined ? 'no time' : `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

/** A display name is what somebody typed: no control characters, no length without end (T31). */
function plainName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  const plain = [...name]
    .filter((letter) => (letter.codePointAt(0) ?? 0) >= 0x20 && letter !== '\u007f')
    .join('')
    .trim()
    .slice(0, 128);
  return plain === '' ? undefined : plain;
}

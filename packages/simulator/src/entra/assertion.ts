import type { AppRegistration } from './app-registration.ts';
import type { EntraFailure } from './entra-error.ts';
import { isJwtAlgorithm, isSignedBy, readJwt } from './jwt.ts';

/**
 * The client assertion of an app that proves itself by its certificate (graph 1.4, check A9). `now` is the real time, not
 * the twin's: whoever signs has no other clock.
 */

export interface AssertionContext {
  readonly app: AppRegistration;
  /** Every way to spell the token endpoint of this tenant. */
  readonly audiences: readonly string[];
  /** Wall ms. */
  readonly now: number;
  /** Ids of assertions that were used, with the second of their end; grows by this one. */
  readonly used: Map<string, number>;
  /** Whether one that was used is refused. */
  readonly once: boolean;
}

/** Clocks may differ by this, in seconds. */
const skew = 300;

export function judgeAssertion(text: string, context: AssertionContext): EntraFailure | undefined {
  const jwt = readJwt(text);
  if (!jwt || !isJwtAlgorithm(jwt.header.alg)) return { code: 50012, detail: 'It is no signed JWT.' };
  const { app, audiences, used } = context;
  const { header, claims } = jwt;
  const certificate = app.certificates.find(
    ({ sha1, sha256 }) =>
      header['x5t#S256'] === sha256 || (header['x5t#S256'] === undefined && header.x5t === sha1),
  );
  if (!certificate) return { code: 700027, detail: 'No registered certificate has this thumbprint.' };
  if (!isSignedBy(jwt, certificate.publicKey)) return { code: 700027, detail: 'The signature is wrong.' };
  if (certificate.notAfter < context.now) return { code: 700027, detail: 'The certificate has expired.' };
  if (claims.iss !== app.clientId || claims.sub !== app.clientId)
    return { code: 50012, detail: 'iss and sub must be the client id.' };
  if (typeof claims.aud !== 'string' || !audiences.includes(claims.aud))
    return { code: 50012, detail: 'aud must be the token endpoint of this tenant.' };

  const seconds = context.now / 1000;
  const { exp, nbf, jti } = claims;
  if (typeof exp !== 'number' || exp + skew < seconds) return { code: 700024, detail: 'It has expired.' };
  if (typeof nbf === 'number' && nbf - skew > seconds)
    return { code: 700024, detail: 'It is not valid yet.' };
  if (typeof jti !== 'string' || jti === '') return { code: 50012, detail: 'jti is missing.' };
  for (const [id, end] of used) if (end + skew < seconds) used.delete(id);
  if (context.once && used.has(jti)) return { code: 50012, detail: 'This jti was used before.' };
  used.set(jti, exp);
  return undefined;
}

import { constants, createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';

/** Clocks may differ: Microsoft takes five to ten minutes (microsoft-graph 1.4). */
const lifetimeSeconds = 600;

/**
 * The app's proof for one request: PS256, `x5t#S256`, and an id that is used once (RFC 7523 3). MSAL would send one proof
 * for ten minutes, and who asks for two tokens at a time would be taken for a replay.
 */
export function clientAssertion(options: {
  readonly clientId: string;
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: string;
}): (tokenEndpoint: string, nowWallMs: number) => string {
  const key = createPrivateKey(options.privateKey);
  const thumbprint = Buffer.from(
    new X509Certificate(options.certificate).fingerprint256.replaceAll(':', ''),
    'hex',
  ).toString('base64url');
  const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const header = encoded({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint });
  return (tokenEndpoint, nowWallMs) => {
    const now = Math.floor(nowWallMs / 1000);
    const claims = {
      aud: tokenEndpoint,
      iss: options.clientId,
      sub: options.clientId,
      jti: randomUUID(),
      nbf: now,
      iat: now,
      exp: now + lifetimeSeconds,
    };
    const text = `${header}.${encoded(claims)}`;
    const signature = sign('sha256', Buffer.from(text), {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    });
    return `${text}.${signature.toString('base64url')}`;
  };
}

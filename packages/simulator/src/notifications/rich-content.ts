import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  publicEncrypt,
  X509Certificate,
} from 'node:crypto';
import type { JwtPart } from '../entra/jwt.ts';
import type { SigningKeys } from '../entra/signing-keys.ts';
import type { TwinRandom } from '../random.ts';

/** Content that only the subscriber can read, and the proof that Microsoft sent it (graph 3.6). */

/** Microsoft's change tracking service. */
export const changeTrackingAppId = '0bf30f3b-4a52-48df-9a82-234910c4a086';

/** The public part of a certificate in base64, as a subscription names it; undefined: it is none, or no RSA key of 2,048 to 4,096 bits. */
export function readCertificate(base64: string): X509Certificate | undefined {
  try {
    const text = Buffer.from(base64, 'base64');
    const certificate = new X509Certificate(text);
    const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
    const fits = certificate.publicKey.asymmetricKeyType === 'rsa' && bits >= 2_048 && bits <= 4_096;
    return fits ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** A new key for each item: RSA-OAEP with SHA-1 for the key, AES-256-CBC for the content, HMAC-SHA-256 over it. */
export function encryptContent(
  content: unknown,
  certificate: X509Certificate,
  certificateId: string,
  random: TwinRandom,
): Record<string, string> {
  const key = random.bytes(32);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16));
  const data = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
  return {
    data: data.toString('base64'),
    dataKey: publicEncrypt({ key: certificate.publicKey, ...padding }, key).toString('base64'),
    dataSignature: createHmac('sha256', key).update(data).digest('base64'),
    encryptionCertificateId: certificateId,
    encryptionCertificateThumbprint: createHash('sha1').update(certificate.raw).digest('hex').toUpperCase(),
  };
}

export type TokenFault = 'signature' | 'caller' | 'audience' | 'expired' | 'tenant';
export const tokenFaults: readonly TokenFault[] = ['signature', 'caller', 'audience', 'expired', 'tenant'];

/** What validation tokens are made from. */
export interface TokenMaker {
  readonly keys: SigningKeys;
  readonly now: () => number;
  readonly random: TwinRandom;
  /** Issuer of v2 tokens for a tenant: what the login host's discovery says. */
  readonly issuer: (tenantId: string) => string;
}

/** A validation token for one app and tenant; `fault` makes it one that a receiver must refuse. */
export function validationToken(
  maker: TokenMaker,
  appId: string,
  tenantId: string,
  version: 1 | 2,
  fault?: TokenFault,
): string {
  const now = Math.floor(maker.now() / 1000);
  const tid = fault === 'tenant' ? maker.random.uuid() : tenantId;
  const caller = fault === 'caller' ? maker.random.uuid() : changeTrackingAppId;
  const claims: JwtPart = {
    aud: fault === 'audience' ? maker.random.uuid() : appId,
    iat: now - 300,
    nbf: now - 300,
    exp: fault === 'expired' ? now - 60 : now + 3_600,
    tid,
    oid: maker.random.uuid(),
    sub: maker.random.uuid(),
    uti: maker.random.bytes(16).toString('base64url'),
    ...(version === 1
      ? { iss: `https://sts.windows.net/${tid}/`, appid: caller, appidacr: '2', ver: '1.0' }
      : { iss: maker.issuer(tid), azp: caller, azpacr: '2', ver: '2.0' }),
  };
  const token = maker.keys.sign(claims);
  if (fault !== 'signature') return token;
  const [head, body] = token.split('.');
  return `${head}.${body}.${maker.random.bytes(256).toString('base64url')}`;
}

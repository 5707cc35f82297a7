import {
  constants,
  createDecipheriv,
  createHmac,
  type KeyObject,
  privateDecrypt,
  timingSafeEqual,
} from 'node:crypto';

/** The private half of the certificate that a subscription names; old ones as long as notifications name them. */
export type ContentKeys = (certificateId: string) => KeyObject | undefined;

/** Two keys of 4,096 bits and a body of a presence are far below. */
const mostBytes = 64 * 1024;

/**
 * Opens the content of one notification (microsoft-graph 3.6): the key for RSA-OAEP with SHA-1, the signature before anything is
 * decrypted, then AES-256-CBC. Undefined: not for us, changed on the way, or no JSON.
 */
export function openContent(content: unknown, keys: ContentKeys): unknown {
  if (typeof content !== 'object' || content === null) return undefined;
  const { data, dataKey, dataSignature, encryptionCertificateId } = content as Record<string, unknown>;
  const texts = [data, dataKey, dataSignature];
  if (typeof encryptionCertificateId !== 'string' || !texts.every((text) => typeof text === 'string'))
    return undefined;
  if (texts.some((text) => (text as string).length > mostBytes)) return undefined;
  const privateKey = keys(encryptionCertificateId);
  if (!privateKey) return undefined;
  const bytes = (text: unknown): Buffer => Buffer.from(text as string, 'base64');
  try {
    const key = privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      bytes(dataKey),
    );
    const signature = createHmac('sha256', key).update(bytes(data)).digest();
    const told = bytes(dataSignature);
    if (key.length !== 32 || told.length !== signature.length || !timingSafeEqual(signature, told))
      return undefined;
    const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16));
    const text = Buffer.concat([decipher.update(bytes(data)), decipher.final()]).toString('utf8');
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { promisify } from 'node:util';

/**
 * A self-signed certificate for an app registration (X.509 v3, RFC 5280 4.1), written here because nothing else of ours
 * needs a certificate library at run time. The key never leaves the platform.
 */
export interface MadeCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly endsWallMs: number;
}

const dayMs = 86_400_000;

export async function makeCertificate(
  name: string,
  nowWallMs: number,
  days: number,
): Promise<MadeCertificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  // Whole seconds: that is all that the certificate can say. A clock of Microsoft's may be behind ours.
  const from = Math.floor(nowWallMs / 1000) * 1000 - 60 * 60_000;
  const until = Math.floor(nowWallMs / 1000) * 1000 + days * dayMs;
  const sha256WithRsa = sequence(oid('1.2.840.113549.1.1.11'), Buffer.from([0x05, 0x00]));
  const subject = sequence(set(sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(name, 'utf8')))));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    sha256WithRsa,
    subject,
    sequence(time(from), time(until)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', body, privateKey);
  const whole = sequence(body, sha256WithRsa, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    certificate: new X509Certificate(whole).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    endsWallMs: until,
  };
}

/** What is wrong with a certificate and its key for signing in, in words; undefined: nothing. */
export function certificateFault(
  certificate: string,
  privateKey: string,
  nowWallMs: number,
): string | undefined {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return 'The certificate is not one: PEM from -----BEGIN CERTIFICATE----- to its end is wanted.';
  }
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(privateKey);
  } catch {
    return 'The private key cannot be read: PEM without a passphrase is wanted.';
  }
  if (key.asymmetricKeyType !== 'rsa') return 'Microsoft takes RSA keys only for this.';
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 2048) return `The key has ${bits} bits; at least 2048 are wanted.`;
  const spki = { type: 'spki', format: 'der' } as const;
  if (!createPublicKey(key).export(spki).equals(parsed.publicKey.export(spki)))
    return 'The private key does not belong to the certificate.';
  if (parsed.validToDate.getTime() <= nowWallMs) return `The certificate ended on ${parsed.validTo}.`;
  if (parsed.validFromDate.getTime() > nowWallMs)
    return `The certificate begins only on ${parsed.validFrom}.`;
  return undefined;
}

export const certificateEndsWallMs = (certificate: string): number =>
  new X509Certificate(certificate).validToDate.getTime();

// ---- DER (X.690), as much as the above needs

function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const size =
    length < 0x80
      ? Buffer.from([length])
      : length < 0x100
        ? Buffer.from([0x81, length])
        : Buffer.from([0x82, length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), size, content]);
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, Buffer.concat(parts));
const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, Buffer.concat(parts));
const integer = (bytes: Uint8Array): Buffer => tagged(0x02, bytes);
/** GeneralizedTime from 2050 on (RFC 5280 4.1.2.5). */
function time(wallMs: number): Buffer {
  const text = `${new Date(wallMs).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return new Date(wallMs).getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(text.slice(2)))
    : tagged(0x18, Buffer.from(text));
}
function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

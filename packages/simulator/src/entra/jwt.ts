import { constants, type KeyObject, sign, verify } from 'node:crypto';

/** JSON Web Tokens as far as Entra needs them (RFC 7515, RFC 7518 3.3 and 3.5): RS256 and PS256, compact form. */

export type JwtPart = Readonly<Record<string, unknown>>;

export interface Jwt {
  readonly header: JwtPart;
  readonly claims: JwtPart;
  readonly signed: string;
  readonly signature: Buffer;
}

export function readJwt(text: string): Jwt | undefined {
  const [head = '', body = '', signature = '', more] = text.split('.');
  const header = part(head);
  const claims = part(body);
  if (!header || !claims || signature === '' || more !== undefined) return undefined;
  return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
}

function part(text: string): JwtPart | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JwtPart)
      : undefined;
  } catch {
    return undefined;
  }
}

const padding = {
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
} as const;
export type JwtAlgorithm = keyof typeof padding;

export const isJwtAlgorithm = (value: unknown): value is JwtAlgorithm =>
  value === 'RS256' || value === 'PS256';

export function writeJwt(header: JwtPart & { alg: JwtAlgorithm }, claims: JwtPart, key: KeyObject): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, ...padding[header.alg] });
  return `${signed}.${signature.toString('base64url')}`;
}

const encode = (value: JwtPart): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function isSignedBy(jwt: Jwt, key: KeyObject): boolean {
  const { alg } = jwt.header;
  return (
    isJwtAlgorithm(alg) && verify('sha256', Buffer.from(jwt.signed), { key, ...padding[alg] }, jwt.signature)
  );
}

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isSignedBy, type Jwt, type JwtPart, writeJwt } from './jwt.ts';
import type { SelfSigned } from './self-signed.ts';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly der: Buffer;
}

/** The keys that sign tokens, newest first. Old ones stay published, so tokens outlive a rotation (graph 1.6). */
export class SigningKeys {
  readonly #keys: SigningKey[];

  constructor(first: SelfSigned) {
    this.#keys = [read(first)];
  }

  /** Keys roll without notice: `next` signs from now on. `forget` also withdraws all older ones. */
  rotate(next: SelfSigned, forget = false): void {
    if (forget) this.#keys.length = 0;
    this.#keys.unshift(read(next));
  }

  get currentId(): string {
    return (this.#keys[0] as SigningKey).kid;
  }

  sign(claims: JwtPart): string {
    const key = this.#keys[0] as SigningKey;
    return writeJwt({ typ: 'JWT', alg: 'RS256', kid: key.kid, x5t: key.kid }, claims, key.privateKey);
  }

  /** Ours, by a key that is still published; RS256 only. */
  verify(jwt: Jwt): boolean {
    const key = this.#keys.find(({ kid }) => kid === jwt.header.kid);
    return key !== undefined && jwt.header.alg === 'RS256' && isSignedBy(jwt, key.publicKey);
  }

  /** RFC 7517 set with the members that Entra adds. */
  jwks(issuer: string): { keys: JwtPart[] } {
    return {
      keys: this.#keys.map(({ kid, publicKey, der }) => {
        const { n, e } = publicKey.export({ format: 'jwk' });
        return { kty: 'RSA', use: 'sig', kid, x5t: kid, n, e, x5c: [der.toString('base64')], issuer };
      }),
    };
  }
}

function read({ cert, key }: SelfSigned): SigningKey {
  const parsed = new X509Certificate(cert);
  return {
    kid: createHash('sha1').update(parsed.raw).digest('base64url'),
    privateKey: createPrivateKey(key),
    publicKey: parsed.publicKey,
    der: parsed.raw,
  };
}

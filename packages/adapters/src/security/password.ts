import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * Passwords of sign-ins: scrypt (RFC 7914), never on the main thread. The stored text names its cost, so that the cost
 * may rise without a migration: `scrypt$N$r$p$salt$hash`, base64url.
 */
export interface ScryptCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's 2024 sheet: N = 2^16, r = 8, p = 2 is one of its equal choices; 64 MiB, about 0.3 s of one core here. */
export const defaultCost: ScryptCost = { n: 2 ** 16, r: 8, p: 2 };

const hashBytes = 32;
const maxPasswordLength = 1024;

export async function hashPassword(password: string, cost: ScryptCost = defaultCost): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return ['scrypt', cost.n, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** False for a wrong password and for a stored text that is not ours; both cost the same order of work. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parts = stored.split('$');
  const [scheme, n, r, p, salt, hash] = parts;
  const cost: ScryptCost = { n: Number(n), r: Number(r), p: Number(p) };
  if (scheme !== 'scrypt' || parts.length !== 6 || !salt || !hash || !acceptable(cost)) {
    await derive(password, Buffer.alloc(16), defaultCost);
    return false;
  }
  const wanted = Buffer.from(hash, 'base64url');
  const found = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/**
 * The same work as a verification, for a name that nobody has: an unknown user must not be told apart by time (T02).
 */
export async function wasteVerification(password: string, cost: ScryptCost = defaultCost): Promise<false> {
  await derive(password, Buffer.alloc(16), cost);
  return false;
}

/** A stored text comes from our own database, which is not trusted with our memory (I13). */
function acceptable(cost: ScryptCost): boolean {
  const power = Math.log2(cost.n);
  return (
    Number.isInteger(power) &&
    power >= 1 &&
    power <= 20 &&
    cost.r >= 1 &&
    cost.r <= 16 &&
    cost.p >= 1 &&
    cost.p <= 8
  );
}

function derive(password: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  const text = password.slice(0, maxPasswordLength).normalize('NFKC');
  return new Promise((resolve, reject) => {
    const options = { N: cost.n, r: cost.r, p: cost.p, maxmem: 256 * cost.n * cost.r };
    scrypt(text, salt, hashBytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

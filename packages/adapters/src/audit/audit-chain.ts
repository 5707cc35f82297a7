import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/**
 * The chain of an audit log (reliability-and-security 5.2): every entry holds the hash of the one before it, and from time
 * to time the last hash is signed. Whoever changes, drops or inserts an entry breaks every hash after it; whoever cuts the
 * end off contradicts a signed head.
 */
export interface ChainedEntry {
  /** `platform`, or the account's id: one chain each. */
  readonly chain: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly atWallMs: number;
  readonly actor: Readonly<Record<string, unknown>>;
  readonly action: string;
  readonly object: Readonly<Record<string, unknown>>;
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  readonly after?: Readonly<Record<string, unknown>> | undefined;
  readonly reason?: string | undefined;
  /** Hexadecimal SHA-256 of the entry before; 64 zeros for the first. */
  readonly previous: string;
  readonly hash: string;
}

export interface SignedHead {
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
  readonly signedAtWallMs: number;
  /** Ed25519, base64url, over the canonical form of the rest. */
  readonly signature: string;
}

export const firstPrevious = '0'.repeat(64);

/** JSON with sorted keys and without what is undefined: the same value always has the same text (as RFC 8785 asks). */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const parts = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`);
  return `{${parts.join(',')}}`;
}

/** Hexadecimal SHA-256 over everything but the hash itself. */
export function hashOf(entry: Omit<ChainedEntry, 'hash'>): string {
  const { chain, sequence, atWallMs, actor, action, object, before, after, reason, previous } = entry;
  return createHash('sha256')
    .update(
      canonical({ chain, sequence, atWallMs, actor, action, object, before, after, reason, previous }),
      'utf8',
    )
    .digest('hex');
}

/** The key that signs heads, derived from the master key: it never stands anywhere. RFC 8410 7 for the DER form. */
export function headKey(masterKey: Uint8Array): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), 'tandem audit head v1', 32));
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

const headText = ({ chain, sequence, hash, signedAtWallMs }: Omit<SignedHead, 'signature'>): Buffer =>
  Buffer.from(canonical({ chain, sequence, hash, signedAtWallMs }), 'utf8');

export function signHead(head: Omit<SignedHead, 'signature'>, key: KeyObject): SignedHead {
  return { ...head, signature: sign(null, headText(head), key).toString('base64url') };
}

export function headIsOurs(head: SignedHead, key: KeyObject): boolean {
  const signature = Buffer.from(head.signature, 'base64url');
  return verify(null, headText(head), createPublicKey(key), signature);
}

/** What is wrong with a chain, and where. */
export interface ChainFault {
  readonly sequence: number;
  readonly what:
    | 'gap'
    | 'changed'
    | 'previous-does-not-fit'
    | 'head-not-signed-by-us'
    | 'head-does-not-fit'
    | 'cut-off';
}

/** Walks a chain from its first entry. Feed entries in their order, then ask. */
export class ChainCheck {
  readonly #heads: ReadonlyMap<number, readonly SignedHead[]>;
  readonly #lastHead: number;
  #previous = firstPrevious;
  #sequence = 0;
  #fault: ChainFault | undefined;

  constructor(heads: readonly SignedHead[], key: KeyObject) {
    const bySequence = new Map<number, SignedHead[]>();
    for (const head of heads) bySequence.set(head.sequence, [...(bySequence.get(head.sequence) ?? []), head]);
    this.#heads = bySequence;
    this.#lastHead = Math.max(0, ...bySequence.keys());
    const foreign = heads.find((head) => !headIsOurs(head, key));
    if (foreign) this.#fault = { sequence: foreign.sequence, what: 'head-not-signed-by-us' };
  }

  add(entry: ChainedEntry): void {
    if (this.#fault) return;
    const { sequence, hash, previous } = entry;
    if (sequence !== this.#sequence + 1) this.#fault = { sequence: this.#sequence + 1, what: 'gap' };
    else if (previous !== this.#previous) this.#fault = { sequence, what: 'previous-does-not-fit' };
    else if (hashOf(entry) !== hash) this.#fault = { sequence, what: 'changed' };
    else if (this.#heads.get(sequence)?.some((head) => head.hash !== hash))
      this.#fault = { sequence, what: 'head-does-not-fit' };
    this.#sequence = sequence;
    this.#previous = hash;
  }

  /** After the last entry. */
  end(): { readonly entries: number; readonly heads: number; readonly fault?: ChainFault } {
    const cut: ChainFault | undefined =
      this.#sequence < this.#lastHead ? { sequence: this.#sequence + 1, what: 'cut-off' } : undefined;
    const fault = this.#fault ?? cut;
    let heads = 0;
    for (const same of this.#heads.values()) heads += same.length;
    return { entries: this.#sequence, heads, ...(fault && { fault }) };
  }
}

/**
 * The header names that we know: how they are written, their compact form (RFC 3261 §7.3.3 and the RFCs that
 * registered them), and whether a message may carry them once only.
 *
 * Lookups go by `key`: the lower-case long form. The map below holds the usual spellings ready made (Teams writes
 * all capitals), so that asking for one of them costs no case conversion.
 */
const once = true;
const many = false;

const table: readonly (readonly [name: string, single: boolean, compact?: string])[] = [
  ['Via', many, 'v'],
  ['From', once, 'f'],
  ['To', once, 't'],
  ['Call-ID', once, 'i'],
  ['CSeq', once],
  ['Max-Forwards', once],
  ['Contact', many, 'm'],
  ['Content-Length', once, 'l'],
  ['Content-Type', once, 'c'],
  ['Content-Encoding', many, 'e'],
  ['Content-Disposition', once],
  ['Content-ID', once],
  ['Record-Route', many],
  ['Route', many],
  ['Allow', many],
  ['Supported', many, 'k'],
  ['Require', many],
  ['Proxy-Require', many],
  ['Unsupported', many],
  ['Expires', once],
  ['Min-Expires', once],
  ['Session-Expires', once, 'x'],
  ['Min-SE', once],
  ['User-Agent', once],
  ['Server', once],
  ['Date', once],
  ['Timestamp', once],
  ['Organization', once],
  ['Priority', once],
  ['MIME-Version', once],
  ['Subject', once, 's'],
  ['Accept', many],
  ['Accept-Encoding', many],
  ['Accept-Language', many],
  ['Accept-Contact', many, 'a'],
  ['Reject-Contact', many, 'j'],
  ['Alert-Info', many],
  ['Call-Info', many],
  ['Error-Info', many],
  ['Warning', many],
  ['In-Reply-To', many],
  ['Reply-To', once],
  ['Retry-After', once],
  ['Reason', many],
  ['Privacy', once],
  ['P-Asserted-Identity', many],
  ['P-Preferred-Identity', many],
  ['Diversion', many],
  ['History-Info', many],
  ['Refer-To', once, 'r'],
  ['Referred-By', once, 'b'],
  ['Replaces', once],
  ['Event', once, 'o'],
  ['Allow-Events', many, 'u'],
  ['Subscription-State', once],
  ['RSeq', once],
  ['RAck', once],
  ['Path', many],
  ['Service-Route', many],
  ['Geolocation', many],
  ['WWW-Authenticate', many],
  ['Proxy-Authenticate', many],
  ['Authorization', many],
  ['Proxy-Authorization', many],
  ['Authentication-Info', once],
  ['Identity', many, 'y'],
];

/** One known header name. */
export interface KnownHeader {
  readonly key: string;
  readonly name: string;
  /** A bit of its own when the header may appear once only, else 0. */
  readonly onceBit: number;
}

const bySpelling = new Map<string, KnownHeader>();
/** For lines still in the text: by length and first letter, so that a name is found without cutting it out. */
const byShape = new Array<Spelling[] | undefined>(1024).fill(undefined);

interface Spelling {
  readonly lower: Uint8Array;
  readonly known: KnownHeader;
}

let bits = 0;
for (const [name, single, compact] of table) {
  const known: KnownHeader = { key: name.toLowerCase(), name, onceBit: single ? 1 << bits++ : 0 };
  for (const spelling of compact ? [name, compact] : [name]) {
    const lower = spelling.toLowerCase();
    for (const written of [spelling, lower, spelling.toUpperCase()]) bySpelling.set(written, known);
    const bytes = Buffer.from(lower);
    const shape = shapeOf(bytes.length, bytes[0]!);
    byShape[shape] = [...(byShape[shape] ?? []), { lower: bytes, known }];
  }
}
if (bits > 32) throw new Error('more once-only headers than bits');

/** The same for both cases of a letter: only the low five bits count. */
function shapeOf(length: number, first: number): number {
  return (length & 31) * 32 + (first & 31);
}

/** The known header that `bytes[from..to)` spells, whatever its case; undefined for a name that we do not know. */
export function knownHeader(bytes: Buffer, from: number, to: number): KnownHeader | undefined {
  const candidates = byShape[shapeOf(to - from, bytes[from]!)];
  if (candidates === undefined) return undefined;
  for (let index = 0; index < candidates.length; index++) {
    const { lower, known } = candidates[index]!;
    if (spells(bytes, from, to, lower)) return known;
  }
  return undefined;
}

function spells(bytes: Buffer, from: number, to: number, lower: Uint8Array): boolean {
  if (to - from !== lower.length) return false;
  for (let at = from, other = 0; at < to; at++, other++) {
    const code = bytes[at]!;
    const wanted = lower[other]!;
    if (code !== wanted && (code < 65 || code > 90 || code + 32 !== wanted)) return false;
  }
  return true;
}

/** As `knownHeader`, for a name that stands by itself. */
export function knownName(spelling: string): KnownHeader | undefined {
  return bySpelling.get(spelling) ?? bySpelling.get(spelling.toLowerCase());
}

/** A known header by the name in the table above; anything else is a mistake in our own code. */
export function theHeader(name: string): KnownHeader {
  const known = bySpelling.get(name);
  if (!known) throw new TypeError(`not in the table of headers: ${name}`);
  return known;
}

/** The name under which all spellings of one header meet: lower-case, long form. */
export function headerKey(spelling: string): string {
  const known = bySpelling.get(spelling);
  if (known) return known.key;
  const lower = spelling.toLowerCase();
  return bySpelling.get(lower)?.key ?? lower;
}

/**
 * The header names that we know: how they are written, their compact form (RFC 3261 §7.3.3 and the RFCs that
 * registered them), and whether a message may carry them once only.
 *
 * Lookups go by `key`: the lower-case long form. The map below holds the usual spellings ready made (Teams writes
 * all capitals), so that a message in one of them costs no case conversion.
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

/** One known header name. `mask` has a bit of its own when the header may appear once only, else 0. */
export interface KnownHeader {
  readonly key: string;
  readonly name: string;
  readonly single: boolean;
}

const bySpelling = new Map<string, KnownHeader>();
for (const [name, single, compact] of table) {
  const known: KnownHeader = { key: name.toLowerCase(), name, single };
  for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) bySpelling.set(spelling, known);
  if (compact) {
    bySpelling.set(compact, known);
    bySpelling.set(compact.toUpperCase(), known);
  }
}

/** The known header that this spelling means, whatever its case; undefined for a name that we do not know. */
export function knownHeader(spelling: string): KnownHeader | undefined {
  return bySpelling.get(spelling) ?? bySpelling.get(spelling.toLowerCase());
}

/** The name under which all spellings of one header meet: lower-case, long form. */
export function headerKey(spelling: string): string {
  const known = bySpelling.get(spelling);
  if (known) return known.key;
  const lower = spelling.toLowerCase();
  return bySpelling.get(lower)?.key ?? lower;
}

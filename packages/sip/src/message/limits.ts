/**
 * What we are willing to read. Every number bounds work or memory that a stranger can cause
 * (docs/reference threat T01). RFC 3261 sets no upper bounds; §18.1.1 only wants 65,535 bytes to be possible.
 */
export const limits = {
  /** Whole message, start line to last body byte. */
  messageBytes: 65_536,
  headerLines: 200,
  /** One header field including its folded continuation lines. */
  headerLineChars: 8_192,
  /** Request-URI, and any URI that `parseUri` is asked to read. */
  uriChars: 2_048,
  /** Values that `Headers.list` returns for one name; the rest of a longer list is refused by the parser's line limits. */
  listValues: 1_000,
  /** Parameters of one header value or URI. */
  params: 100,
  sdpBytes: 32_768,
  sdpMedia: 10,
  sdpCandidates: 100,
  bodyParts: 20,
  maxForwards: 70,
} as const;

/**
 * A SIP message in memory. Lossless: the Request-URI is the text as received, headers keep their lines, the body its
 * bytes. `readonly kind` tells the two apart; the other fields may be changed by whoever owns the message.
 */
import type { Headers } from './headers.ts';

export interface SipRequest {
  readonly kind: 'request';
  /** Case matters (RFC 3261 §7.1): `INVITE`. */
  method: string;
  /** Raw, byte for byte. */
  uri: string;
  headers: Headers;
  body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  /** 100..699 */
  status: number;
  /** As on the wire (latin1); may be empty. */
  reason: string;
  headers: Headers;
  body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

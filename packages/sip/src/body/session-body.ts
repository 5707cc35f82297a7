/**
 * Where the SDP of a message is: the body itself, or the part of a multipart/mixed that is for the session
 * (RFC 5621 §3.1). Emergency calls carry a location beside it.
 */
import { isContentType } from '../header/content-type.ts';
import type { SipMessage } from '../message/message.ts';
import { type BodyPart, dispositionOf, parseMultipart } from './multipart.ts';

export type SessionBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'sdp'; readonly bytes: Buffer; readonly otherParts: readonly BodyPart[] }
  /** A body that we must understand and do not: 415, with the types in Accept (RFC 3261 §8.2.3). */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'broken'; readonly why: string };

export function sessionBodyOf(message: SipMessage): SessionBody {
  if (message.body.length === 0) return { kind: 'none' };
  const contentType = message.headers.get('content-type');
  const encoding = message.headers.get('content-encoding')?.toLowerCase();
  if (encoding !== undefined && encoding !== 'identity') return { kind: 'unsupported' };
  if (contentType === undefined) return { kind: 'broken', why: 'body without Content-Type' };
  if (isContentType(contentType, 'application/sdp')) {
    return { kind: 'sdp', bytes: message.body, otherParts: [] };
  }
  if (!/^multipart\//i.test(contentType)) return { kind: 'unsupported' };
  const outcome = parseMultipart(contentType, message.body);
  if (!outcome.ok) return { kind: 'broken', why: outcome.why };
  const session = outcome.parts.find(
    (part) =>
      isContentType(part.headers.get('content-type'), 'application/sdp') &&
      dispositionOf(part).kind === 'session',
  );
  if (!session) return { kind: 'none' };
  return { kind: 'sdp', bytes: session.body, otherParts: outcome.parts.filter((part) => part !== session) };
}

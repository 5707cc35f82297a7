/** ICE in SDP (RFC 8839), read only as far as a relay or an ICE-lite end needs; candidates stay text. */
import { attribute, attributes, hasAttribute } from './attribute.ts';
import type { MediaDescription, SessionDescription } from './sdp.ts';

export interface IceDescription {
  readonly lite: boolean;
  readonly ufrag: string;
  readonly pwd: string;
  /** What follows `candidate:`. */
  readonly candidates: readonly string[];
}

/** Undefined without both credentials: then there is no ICE here. */
export function iceOf(sdp: SessionDescription, media: MediaDescription): IceDescription | undefined {
  const ufrag = attribute(media.lines, 'ice-ufrag') ?? attribute(sdp.lines, 'ice-ufrag');
  const pwd = attribute(media.lines, 'ice-pwd') ?? attribute(sdp.lines, 'ice-pwd');
  if (!ufrag || !pwd) return undefined;
  return {
    lite: hasAttribute(sdp.lines, 'ice-lite'),
    ufrag,
    pwd,
    candidates: attributes(media.lines, 'candidate'),
  };
}

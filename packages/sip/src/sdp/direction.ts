/**
 * Direction of a medium: a media-level attribute, else the session's, else sendrecv (RFC 8866 §6.7). An address of
 * 0.0.0.0 is the old way to say hold (RFC 3264 §8.4): whoever offers it does not want to receive.
 */
import { attributeLine, hasAttribute, withoutAttributes } from './attribute.ts';
import { connectionOf } from './connection.ts';
import type { MediaDescription, SdpLine, SessionDescription } from './sdp.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const directions: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** As its sender sees it: `sendonly` = the sender of this SDP sends. */
export function directionOf(sdp: SessionDescription, media: MediaDescription): Direction {
  const stated = statedIn(media.lines) ?? statedIn(sdp.lines) ?? 'sendrecv';
  if (connectionOf(sdp, media)?.address !== '0.0.0.0') return stated;
  return directionFrom(sends(stated), false);
}

function statedIn(lines: readonly SdpLine[]): Direction | undefined {
  for (const direction of directions) if (hasAttribute(lines, direction)) return direction;
  return undefined;
}

/** The same medium with one direction attribute, at its end. */
export function withDirection(media: MediaDescription, direction: Direction): MediaDescription {
  return { ...media, lines: [...withoutAttributes(media.lines, ...directions), attributeLine(direction)] };
}

export function sends(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function receives(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

export function directionFrom(send: boolean, receive: boolean): Direction {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

/** The same stream seen from the other end. */
export function mirrored(direction: Direction): Direction {
  return directionFrom(receives(direction), sends(direction));
}

/**
 * The direction to answer (RFC 3264 §6.1): what the offer leaves and what we want.
 *
 *     offered    we may answer
 *     sendrecv   anything
 *     sendonly   recvonly, inactive
 *     recvonly   sendonly, inactive
 *     inactive   inactive
 */
export function answerDirection(offered: Direction, wanted: Direction): Direction {
  const room = mirrored(offered);
  return directionFrom(sends(room) && sends(wanted), receives(room) && receives(wanted));
}

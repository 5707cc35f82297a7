import { BlockList, isIP } from 'node:net';

/** One call has one listener: groups and broadcasts are nobody's phone, and would multiply what one offer asks for. */
const manyListeners = new BlockList();
manyListeners.addSubnet('224.0.0.0', 4, 'ipv4');
manyListeners.addAddress('255.255.255.255', 'ipv4');
manyListeners.addSubnet('ff00::', 8, 'ipv6');

/** Why no media goes from our address to the peer's, or undefined. 0.0.0.0 is an old way to hold a call (RFC 3264 §8.4). */
export function whyUnreachable(theirs: string, ours: string): string | undefined {
  const version = isIP(theirs);
  if (version === 0) return 'the media address is a name, not a number';
  if (version !== isIP(ours)) return 'the media address is of another IP version than ours';
  if (manyListeners.check(theirs, version === 6 ? 'ipv6' : 'ipv4'))
    return 'the media address is a group or a broadcast';
  return undefined;
}

/** Where media goes: c=, m= port, a=rtcp (RFC 8866 §5.7, RFC 3605, RFC 5761). */
import { isIPv4, isIPv6, parsePort } from '../uri/host.ts';
import { attribute, hasAttribute } from './attribute.ts';
import type { MediaDescription, SdpLine, SessionDescription } from './sdp.ts';
import { words } from './words.ts';

export interface Connection {
  readonly family: 4 | 6;
  /** An address, or a name where a peer writes one. */
  readonly address: string;
}

/** The medium's own c= line, else the session's. Undefined when missing or unreadable. */
export function connectionOf(sdp: SessionDescription, media: MediaDescription): Connection | undefined {
  const line = connectionLine(media.lines) ?? connectionLine(sdp.lines);
  return line && parseConnection(line.value);
}

/** `IN IP4 198.51.100.20`; multicast suffixes (`/ttl`) are cut off. */
export function parseConnection(value: string): Connection | undefined {
  const [netType, addressType, full = ''] = words(value);
  const slash = full.indexOf('/');
  const address = slash < 0 ? full : full.slice(0, slash);
  if (netType !== 'IN' || address === '') return undefined;
  if (addressType === 'IP4') return isIPv6(address) ? undefined : { family: 4, address };
  if (addressType === 'IP6') return isIPv4(address) ? undefined : { family: 6, address };
  return undefined;
}

export function printConnection(address: string): string {
  return `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
}

function connectionLine(lines: readonly SdpLine[]): SdpLine | undefined {
  for (const line of lines) if (line.type === 'c') return line;
  return undefined;
}

export interface RtcpPlace {
  readonly port: number;
  /** Only when a=rtcp names one. */
  readonly address?: string;
}

/** Where RTCP goes without multiplexing: a=rtcp, else the port above RTP. */
export function rtcpOf(media: MediaDescription): RtcpPlace {
  const value = attribute(media.lines, 'rtcp');
  const [portText = '', , , address] = value === undefined ? [] : words(value);
  const port = parsePort(portText) ?? media.port + 1;
  return address ? { port, address } : { port };
}

/** RFC 5761: RTCP on the RTP port. */
export function hasRtcpMux(media: MediaDescription): boolean {
  return hasAttribute(media.lines, 'rtcp-mux');
}

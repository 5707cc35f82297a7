import { Headers, type SipMessage } from '@tandem/sip';
import { apiName, type Region, regionalName } from '../config.ts';

/** How Microsoft writes SIP (teams-direct-routing 1.7, 4.1, 4.7): header names in upper case, its own SERVER line. */

export const software = 'Microsoft.PSTNHub.SIPProxy v.2026.1.1.1 i.TWIN.1';

export function upperCaseHeaders(message: SipMessage): void {
  const headers = new Headers();
  for (const [name, value] of message.headers) {
    const upper = name.toUpperCase();
    headers.append(message.kind === 'response' && upper === 'USER-AGENT' ? 'SERVER' : upper, value);
  }
  if (!headers.has('content-length')) headers.append('CONTENT-LENGTH', String(message.body.length));
  message.headers = headers;
}

export const recordRouteUri = (region: Region, port: number): string =>
  `sip:${regionalName(region)}:${port};transport=tls;lr`;

/**
 * Contact of calls: an internal host with port 443 that nobody may dial; `x-i` is the correlation id, `x-c` tells calls
 * from the SBC (`s`) and to it (`d`) apart.
 */
export const contactUri = (
  region: Region,
  guid: string,
  callHex: string,
  way: 's' | 'd',
  hex: string,
): string => `sip:${apiName(region)}:443;x-i=${guid};x-c=${callHex}/${way}/1/${hex}`;

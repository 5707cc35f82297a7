import { Headers, type SipMessage } from '@tandem/sip';
import { apiName, type Region, regionalName } from '../config.ts';
import { allowed } from './answers.ts';

/** How Microsoft writes SIP (teams-direct-routing 1.7, 4.1, 4.7): header names in upper case, its own SERVER line. */

export const software = 'Microsoft.PSTNHub.SIPProxy v.2026.1.1.1 i.TWIN.1';

/** What the user agent is about to send, as Microsoft would write it. */
export function inMicrosoftStyle(
  message: SipMessage,
  call: { readonly guid: string; readonly recordRoute: string } | undefined,
): void {
  if (message.kind === 'request') message.headers.delete('route');
  if (message.kind === 'response' && message.status > 100 && message.status < 300 && call) {
    if (/INVITE$/.test(message.headers.get('cseq') ?? '')) {
      message.headers.prepend('Record-Route', `<${call.recordRoute}>`);
      message.headers.set('Allow', allowed);
      message.headers.delete('supported');
    }
  }
  if (message.kind === 'request' && (message.method === 'INVITE' || message.method === 'OPTIONS')) {
    message.headers.set('Allow', allowed);
  }
  // BYE from Microsoft carries a Reason; give it the guid when nobody else did (2.3).
  if (message.kind === 'request' && message.method === 'BYE' && call && !message.headers.has('reason')) {
    message.headers.append('Reason', `Q.850;cause=16;text="${call.guid};Normal call clearing"`);
  }
  upperCaseHeaders(message);
}

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

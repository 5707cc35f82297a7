/**
 * The ACK to a 3xx-6xx, RFC 3261 §17.1.1.3: the INVITE's Request-URI, top Via, Route, From, Call-ID and CSeq number,
 * the response's To. The ACK to a 2xx is the dialog's business and looks different.
 */
import { cseqOf } from '../message/access.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';

const NO_BODY = Buffer.alloc(0);

export function ackToRejection(invite: SipRequest, response: SipResponse): SipRequest {
  return sibling(invite, 'ACK', response.headers.get('to') ?? invite.headers.get('to') ?? '');
}

/** CANCEL, RFC 3261 §9.1: as the ACK, with the INVITE's own To. */
export function cancelOf(invite: SipRequest): SipRequest {
  return sibling(invite, 'CANCEL', invite.headers.get('to') ?? '');
}

function sibling(invite: SipRequest, method: string, to: string): SipRequest {
  const { headers: source } = invite;
  const headers = new Headers();
  headers.append('Via', source.get('via') ?? '');
  headers.append('Max-Forwards', source.get('max-forwards') ?? '70');
  for (const route of source.getAll('route')) headers.append('Route', route);
  headers.append('From', source.get('from') ?? '');
  headers.append('To', to);
  headers.append('Call-ID', source.get('call-id') ?? '');
  headers.append('CSeq', `${cseqOf(invite)?.number ?? 1} ${method}`);
  const agent = source.get('user-agent');
  if (agent !== undefined) headers.append('User-Agent', agent);
  return { kind: 'request', method, uri: invite.uri, headers, body: NO_BODY };
}

/**
 * Where a response goes and what its top Via says: RFC 3261 §18.2.1 and §18.2.2 with RFC 3581 (rport).
 *
 *     stream          back over the connection it came on; when that is closed, to its address and the sent-by port
 *     UDP, rport      to the packet's source
 *     UDP             to the packet's source address and the sent-by port
 *
 * DEVIATION: `maddr` is not obeyed: it would let a stranger aim our responses at third parties, and multicast SIP is
 * not what anybody here speaks.
 */
import { printVia, type Via } from '../header/via.ts';
import { topVia } from '../message/access.ts';
import type { SipMessage, SipRequest } from '../message/message.ts';
import type { Destination, Flow } from '../ua/types.ts';
import { hostEquals, isIp, withoutBrackets } from '../uri/host.ts';
import { flat } from './keys.ts';

/** All Via values of the request in order, the top one with `received` and `rport` filled in. */
export function viasForReply(request: SipRequest, flow: Flow): string[] {
  const lines = request.headers.getAll('via');
  const via = topVia(request);
  if (!via) return lines;
  const foreign = !hostEquals(withoutBrackets(via.host), withoutBrackets(flow.remote.host));
  if (!foreign && via.rport === undefined && via.received === undefined) return lines;
  const values = lines.length === 1 && !lines[0]?.includes(',') ? lines : request.headers.list('via');
  const stamped: { -readonly [K in keyof Via]: Via[K] } = { ...via };
  // RFC 3581 §4: with rport, `received` is written even when it says what sent-by says.
  if (foreign || via.rport !== undefined) stamped.received = withoutBrackets(flow.remote.host);
  else delete stamped.received;
  if (via.rport !== undefined) stamped.rport = flow.remote.port;
  values[0] = printVia(stamped);
  return values;
}

/** UDP: the flow itself where source and sent-by port agree or rport was asked for. Streams: the flow. */
export function replyTarget(request: SipRequest, flow: Flow): Flow | Destination {
  if (flow.protocol !== 'UDP') return flow;
  const via = topVia(request);
  if (!via || via.rport !== undefined) return flow;
  const port = via.port ?? 5060;
  if (port === flow.remote.port || port === 0) return flow;
  return { protocol: 'UDP', host: flow.remote.host, port, via: flow.listener };
}

/** §18.2.2 for a stream that is gone: the address it came from, at the port that the Via names. */
export function replyFallback(response: SipMessage, flow: Flow): Destination {
  const via = topVia(response);
  const port = via?.port || (flow.protocol === 'TLS' ? 5061 : 5060);
  const fallback: Destination = { protocol: flow.protocol, host: flow.remote.host, port, via: flow.listener };
  return via && flow.protocol === 'TLS' && !isIp(via.host)
    ? { ...fallback, serverName: flat(via.host) }
    : fallback;
}

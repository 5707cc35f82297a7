/**
 * Where in-dialog requests go: RFC 3261 §12.1 (building the route set) and §12.2.1.1 (using it).
 * Routes and targets are kept and sent byte for byte; they are decoded only to find the next hop.
 */
import { parseNameAddr } from '../header/name-addr.ts';
import { hasParam, paramOf } from '../header/params.ts';
import type { SipMessage } from '../message/message.ts';
import { flat } from '../transaction/keys.ts';
import { isFlow } from '../transaction/world.ts';
import type { Destination, Flow, Protocol } from '../ua/types.ts';
import { withoutBrackets } from '../uri/host.ts';
import { parseSipUri } from '../uri/uri.ts';

/** UAS: Record-Route as it stands. UAC: reversed. */
export function routeSetOf(message: SipMessage, role: 'uac' | 'uas'): string[] {
  const routes = message.headers.list('record-route').map(flat);
  return role === 'uac' ? routes.reverse() : routes;
}

export interface Aim {
  readonly requestUri: string;
  readonly routes: readonly string[];
  /** The URI that says where the message goes physically. */
  readonly nextHop: string;
}

/** §12.2.1.1: loose routers get the target as Request-URI; before a strict one the target moves to the last Route. */
export function aim(routeSet: readonly string[], remoteTarget: string): Aim {
  const first = routeSet[0];
  const uri = first === undefined ? undefined : parseNameAddr(first)?.uri;
  if (uri === undefined) return { requestUri: remoteTarget, routes: [], nextHop: remoteTarget };
  const parsed = parseSipUri(uri);
  // A route that we cannot read is taken for a loose one: every router of this century is.
  if (!parsed || hasParam(parsed.params, 'lr'))
    return { requestUri: remoteTarget, routes: routeSet, nextHop: uri };
  return { requestUri: uri, routes: [...routeSet.slice(1), `<${remoteTarget}>`], nextHop: uri };
}

/**
 * A URI as a destination. `like` is the way the dialog was made: its listener, and its protocol when the URI names
 * none.
 *
 * DEVIATION from RFC 3263 §4.1: a sip URI without `transport` is not taken for UDP when the dialog lives on TCP or
 * TLS. Endpoints in the field leave the parameter out, and falling back to UDP would take a secured call off TLS.
 */
export function destinationOf(uri: string, like: Flow | Destination): Destination | undefined {
  const parsed = parseSipUri(uri);
  if (!parsed) return undefined;
  const named = paramOf(parsed.params, 'transport')?.toUpperCase();
  let protocol: Protocol = named === 'UDP' || named === 'TCP' || named === 'TLS' ? named : like.protocol;
  if (parsed.scheme === 'sips') protocol = 'TLS';
  const port = parsed.port || (protocol === 'TLS' ? 5061 : 5060);
  return {
    protocol,
    host: flat(withoutBrackets(parsed.host)),
    port,
    via: isFlow(like) ? like.listener : like.via,
  };
}

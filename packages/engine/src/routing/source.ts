import type { Carrier, CarrierId, RoutingSnapshot } from '@tandem/domain';
import type { Flow } from '@tandem/sip/ua/types.ts';

/** Who a message came from, by the connection alone (T03): never by what it says. */
export type Source =
  | { readonly kind: 'teams' }
  | { readonly kind: 'carrier'; readonly carrierId: CarrierId }
  /** Arrived on a phones' listener; whose it is says its digest only. */
  | { readonly kind: 'phone' }
  | { readonly kind: 'unknown' };

interface Sources {
  /** The first carrier that has the address without a port. */
  anyPort: Carrier | undefined;
  readonly byPort: Map<number, Carrier>;
}

/** Snapshots never change, so each is indexed once; the index goes with it. */
const indexes = new WeakMap<RoutingSnapshot, Map<string, Sources>>();

/**
 * A carrier is known by the address that its packets come from, and by the port too where carriers share an
 * address. Exact port beats any port. Asked for every datagram, strangers' included.
 */
export function carrierBySource(snapshot: RoutingSnapshot, flow: Pick<Flow, 'remote'>): Carrier | undefined {
  let index = indexes.get(snapshot);
  if (!index) {
    index = indexOf(snapshot);
    indexes.set(snapshot, index);
  }
  const { host, port } = flow.remote;
  const sources = index.get(host);
  return sources && (sources.byPort.get(port) ?? sources.anyPort);
}

function indexOf(snapshot: RoutingSnapshot): Map<string, Sources> {
  const index = new Map<string, Sources>();
  for (const carrier of snapshot.carriers.values()) {
    for (const { address, port } of carrier.sources) {
      let sources = index.get(address);
      if (!sources) {
        sources = { anyPort: undefined, byPort: new Map() };
        index.set(address, sources);
      }
      if (port === undefined) sources.anyPort ??= carrier;
      else if (!sources.byPort.has(port)) sources.byPort.set(port, carrier);
    }
  }
  return index;
}

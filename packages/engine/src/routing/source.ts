import type { Carrier, CarrierId, RoutingSnapshot } from '@tandem/domain';
import type { Flow } from '@tandem/sip/ua/types.ts';

/** Who a message came from, by the connection alone (T03): never by what it says. */
export type Source =
  | { readonly kind: 'teams' }
  | { readonly kind: 'carrier'; readonly carrierId: CarrierId }
  | { readonly kind: 'unknown' };

/**
 * A carrier is known by the address that its packets come from, and by the port too where carriers share an
 * address. Exact port beats any port.
 */
export function carrierBySource(snapshot: RoutingSnapshot, flow: Flow): Carrier | undefined {
  let byAddress: Carrier | undefined;
  const { host, port } = flow.remote;
  for (const carrier of snapshot.carriers.values()) {
    for (const source of carrier.sources) {
      if (source.address !== host) continue;
      if (source.port === undefined) byAddress ??= carrier;
      else if (source.port === port) return carrier;
    }
  }
  return byAddress;
}

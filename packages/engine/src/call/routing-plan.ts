import type { Carrier, RoutingSnapshot } from '@tandem/domain';
import type { PeerBook } from '../health/peer-book.ts';
import type { Route } from '../routing/decision.ts';
import type { EngineSettings } from '../settings.ts';
import { carrierTarget, type Target, teamsTarget } from './target.ts';

/** The targets of one call, first choice first, made when they are needed: most calls need one. */
export function* targetsOf(
  route: Route,
  snapshot: RoutingSnapshot,
  peers: PeerBook,
  settings: EngineSettings,
  hops: number,
  full: (carrier: Carrier) => boolean,
): Generator<Target, undefined> {
  if (route.kind === 'to-teams') {
    for (const hub of peers.hubsInOrder(snapshot.hubs)) yield teamsTarget(route, hub, settings, hops);
    return undefined;
  }
  for (const carrier of route.carriers) {
    // An emergency call is worth more than a carrier's limit (I15).
    if (full(carrier) && !route.emergency) continue;
    for (const target of peers.carrierTargets(carrier, route.emergency !== undefined))
      yield carrierTarget(route, carrier, target, settings, hops);
  }
  return undefined;
}

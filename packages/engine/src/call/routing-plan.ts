import type { Carrier, RoutingSnapshot } from '@tandem/domain';
import type { PeerBook } from '../health/peer-book.ts';
import { type Branch, branchesOf, type Route } from '../routing/decision.ts';
import type { EngineSettings } from '../settings.ts';
import type { BranchPlan } from './branch-plan.ts';
import { carrierTarget, phoneTarget, type Target, teamsTarget } from './target.ts';

export interface RoutingPlan {
  readonly snapshot: RoutingSnapshot;
  readonly peers: PeerBook;
  readonly settings: EngineSettings;
  readonly hops: number;
  full(carrier: Carrier): boolean;
}

/** The ways to the called side, each with its targets. */
export function plansOf(route: Route, plan: RoutingPlan): readonly BranchPlan[] {
  return branchesOf(route).map((branch) => ({ route: branch, targets: targetsOf(branch, plan) }));
}

/** The targets of one branch, first choice first, made when they are needed: most calls need one. */
function* targetsOf(branch: Branch, plan: RoutingPlan): Generator<Target, undefined> {
  const { snapshot, peers, settings, hops, full } = plan;
  switch (branch.kind) {
    case 'to-teams':
      for (const hub of peers.hubsInOrder(snapshot.hubs)) yield teamsTarget(branch, hub, settings, hops);
      return undefined;
    case 'to-phone':
      yield phoneTarget(branch, settings, hops);
      return undefined;
    case 'to-carrier':
      for (const carrier of branch.carriers) {
        // An emergency call is worth more than a carrier's limit (I15).
        if (full(carrier) && !branch.emergency) continue;
        for (const target of peers.carrierTargets(carrier, branch.emergency !== undefined))
          yield carrierTarget(branch, carrier, target, settings, hops);
      }
      return undefined;
  }
}

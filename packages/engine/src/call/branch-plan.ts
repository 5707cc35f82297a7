import type { Branch as BranchRoute } from '../routing/decision.ts';
import type { Target } from './target.ts';

/** A way to the called side, and the places where it may be reached. */
export interface BranchPlan {
  readonly route: BranchRoute;
  readonly targets: Iterator<Target>;
}

import type { ConnectionFeature } from '@tandem/engine';
import type { OperationName } from './operations.ts';

/**
 * Purpose limitation (G25): operations that belong to a feature which can be switched off. Everything else is part of
 * knowing and deciding who calls from Teams, which is always on. What ends something is allowed always.
 */
const features: Partial<Record<OperationName, readonly ConnectionFeature[]>> = {
  presences: ['presence', 'presence-write'],
  setPresence: ['presence-write'],
  setPreferred: ['presence-write'],
  calendarView: ['calendar'],
  createSubscription: ['webhooks'],
  renewSubscription: ['webhooks'],
  addDomain: ['setup'],
  verifyDomain: ['setup'],
  createUser: ['setup'],
};

/** Whether an operation may be sent with these features on, whatever the token would let through. */
export function permits(operation: OperationName, enabled: readonly ConnectionFeature[]): boolean {
  const needed = features[operation];
  return needed === undefined || needed.some((feature) => enabled.includes(feature));
}

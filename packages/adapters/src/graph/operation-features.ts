import type { ConnectionFeature, Registration } from '@tandem/engine';
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

/** All that an app registration for presence is for: its client sends nothing else, whatever was granted to it (G23). */
const ofPresence: ReadonlySet<OperationName> = new Set([
  'presences',
  'setPresence',
  'clearPresence',
  'setPreferred',
  'clearPreferred',
]);

/** The same for one registration of a connection that has two. */
export function permitsRegistration(
  registration: Registration,
  operation: OperationName,
  enabled: readonly ConnectionFeature[],
): boolean {
  if (registration === 'presence' && !ofPresence.has(operation)) return false;
  return permits(operation, enabled);
}

/** Whether an operation may be sent with these features on, whatever the token would let through. */
export function permits(operation: OperationName, enabled: readonly ConnectionFeature[]): boolean {
  const needed = features[operation];
  return needed === undefined || needed.some((feature) => enabled.includes(feature));
}

import type { MicrosoftFacts } from './facts.ts';

/**
 * What was not read this time stays as it was read before, with its age: the time of the whole is that of its oldest part.
 * A limit on one kind of request must not make everything else unknown.
 */
export function mergeFacts(before: MicrosoftFacts | undefined, now: MicrosoftFacts): MicrosoftFacts {
  if (!before || now.user === null || now.user === 'unread')
    return before && now.user === 'unread' ? before : now;
  const kept = {
    ...(now.inEnableGroup === 'unread' && { inEnableGroup: before.inEnableGroup }),
    ...(now.licence === 'unread' && { licence: before.licence }),
    ...(now.number === 'unread' && { number: before.number }),
    ...(now.policies === 'unread' && {
      policies: before.policies,
      ...(before.policiesReadAtWallMs !== undefined && { policiesReadAtWallMs: before.policiesReadAtWallMs }),
    }),
  };
  if (Object.keys(kept).length === 0) return now;
  return { ...now, ...kept, readAtWallMs: Math.min(before.readAtWallMs, now.readAtWallMs) };
}

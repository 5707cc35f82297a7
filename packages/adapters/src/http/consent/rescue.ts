import { type StoredProposal, shownState } from '../../postgres/consent-store.ts';
import type { PlatformUser } from '../../postgres/user-store.ts';

/** So long every administrator could sign in and reject it; where the platform has a mail server, they had the mail about it. */
export const rescueAfterMs = 3 * 24 * 3_600_000;

/**
 * Why the provider may not carry this out by itself; undefined: it may. The one exception to the consent: whoever administers the
 * account has lost the password, so that nobody can approve that they get another one.
 */
export function rescueFault(
  proposal: Pick<
    StoredProposal,
    'operation' | 'shown' | 'state' | 'accountId' | 'proposedWallMs' | 'expiresWallMs'
  >,
  signIns: readonly Pick<PlatformUser, 'id' | 'accountId' | 'role' | 'disabled' | 'lastSignInAt'>[],
  nowWallMs: number,
): string | undefined {
  const { operation, shown, accountId, proposedWallMs } = proposal;
  const state = shownState(proposal, nowWallMs);
  if (state !== 'open') return `The proposal is ${state}.`;
  const admins = signIns.filter(
    (one) => one.accountId === accountId && one.role === 'admin' && !one.disabled,
  );
  if (operation !== 'signIns.newPassword' || !admins.some(({ id }) => id === shown.params.id))
    return 'Only a new password of an administrator can be given without the customer: all else waits for a decision.';
  if (admins.some(({ lastSignInAt }) => lastSignInAt !== undefined && lastSignInAt >= proposedWallMs))
    return 'An administrator of the account has signed in since it was proposed, and can decide.';
  const from = proposedWallMs + rescueAfterMs;
  return nowWallMs < from
    ? `Its administrators may decide until ${new Date(from).toISOString()}.`
    : undefined;
}

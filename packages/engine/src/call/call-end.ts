import type { AccountId, DeviceId, PersonId, Queue, QueueId } from '@tandem/domain';
import type { Branch as BranchRoute, DecisionFacts } from '../routing/decision.ts';
import type { CallState } from './call.machine.ts';
import type { LegRole } from './call-failure.ts';

/**
 * One end of a call that is somebody's of ours, from the first ringing on: what a lamp shows. An end at a phone names the
 * phone, and the person at whose desk it stands or who was called.
 */
export interface CallEnd {
  readonly accountId: AccountId;
  readonly personId: PersonId | undefined;
  readonly deviceId: DeviceId | undefined;
  /** The queue in which the caller waits: somebody should take this call. */
  readonly queueId?: QueueId;
  /** Who called, and who was called. */
  readonly direction: 'initiator' | 'recipient';
  /** `trying`: the other side does not ring yet. `early`: it rings. `confirmed`: answered. */
  readonly state: 'trying' | 'early' | 'confirmed';
  /** The other side as it may be shown: E.164 where known, `anonymous` when it hides. */
  readonly remote: string;
}

/** As much of a branch as its end shows. */
export interface EndBranch {
  readonly route: BranchRoute;
  readonly rings: boolean;
}

const callerStates: Readonly<Record<CallState, CallEnd['state'] | undefined>> = {
  opening: undefined,
  trying: 'trying',
  soothing: 'trying',
  ringing: 'early',
  turning: 'early',
  // Nobody of ours rings, and nobody will.
  announcing: undefined,
  // In a queue the caller is answered and hears music.
  waiting: 'confirmed',
  answering: 'confirmed',
  talking: 'confirmed',
  ending: undefined,
  over: undefined,
};

/** The ends of a call now; empty before it goes anywhere and after it is over. Carriers are nobody of ours. */
export function endsOf(
  state: CallState,
  decision: Pick<DecisionFacts, 'accountId' | 'callingPersonId' | 'from' | 'to'>,
  caller: { readonly role: LegRole; readonly deviceId: DeviceId | undefined },
  branches: readonly EndBranch[],
  winner: BranchRoute | undefined,
  waitsIn: Queue | undefined,
): readonly CallEnd[] {
  const callerState = callerStates[state];
  if (callerState === undefined) return [];
  const ends: CallEnd[] = [];
  const { accountId, callingPersonId: personId, from, to } = decision;
  const { deviceId } = caller;
  if (accountId !== undefined && caller.role !== 'carrier' && (personId ?? deviceId) !== undefined)
    ends.push({ accountId, personId, deviceId, direction: 'initiator', state: callerState, remote: to });
  if (waitsIn) {
    const { id: queueId, accountId: of } = waitsIn;
    const nobody = { personId: undefined, deviceId: undefined };
    ends.push({ ...nobody, accountId: of, queueId, direction: 'recipient', state: 'early', remote: from });
  }
  const end = (route: BranchRoute, at: CallEnd['state']): void => {
    if (route.kind === 'to-carrier') return;
    ends.push({
      accountId: route.account.id,
      personId: route.person?.id,
      deviceId: route.kind === 'to-phone' ? route.device.id : undefined,
      direction: 'recipient',
      state: at,
      remote: from,
    });
  };
  if (winner) end(winner, 'confirmed');
  else for (const { route, rings } of branches) if (rings) end(route, 'early');
  return ends;
}

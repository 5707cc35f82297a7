/**
 * Whose turn it is to INVITE inside a dialog: RFC 3261 §14.1 and §14.2, RFC 5407 §3.1.4 for the INVITE that arrives
 * before the ACK of the last one. One INVITE at a time, whoever sent it.
 *
 *     they INVITE while ours is open            491
 *     they INVITE while theirs is unanswered    500 with Retry-After 0..10
 *     they INVITE before they ACKed our 2xx     491
 *     we INVITE while any is open               491, locally, without a packet
 */
import type { Machine } from '../transaction/machine.ts';
import { ignored } from '../transaction/machine.ts';

export type TurnState = 'idle' | 'ours' | 'theirs' | 'unacked';
export type TurnInput = 'weInvite' | 'theyInvite' | 'ourFinal' | 'weAccept' | 'weReject' | 'settled';
export type TurnAction = 'go' | 'refuse491' | 'refuse500';

export const inviteTurn: Machine<TurnState, TurnInput, TurnAction> = {
  idle: {
    weInvite: ['ours', 'go'],
    theyInvite: ['theirs', 'go'],
    ourFinal: ignored,
    weAccept: ignored,
    weReject: ignored,
    settled: ignored,
  },
  ours: {
    weInvite: ['ours', 'refuse491'],
    theyInvite: ['ours', 'refuse491'],
    ourFinal: ['idle'],
    weAccept: ignored,
    weReject: ignored,
    settled: ignored,
  },
  theirs: {
    weInvite: ['theirs', 'refuse491'],
    theyInvite: ['theirs', 'refuse500'],
    ourFinal: ignored,
    weAccept: ['unacked'],
    weReject: ['idle'],
    settled: ignored,
  },
  /** Our 2xx is out; `settled` is its ACK, or that none came. */
  unacked: {
    weInvite: ['unacked', 'refuse491'],
    theyInvite: ['unacked', 'refuse491'],
    ourFinal: ignored,
    weAccept: ignored,
    weReject: ignored,
    settled: ['idle'],
  },
};

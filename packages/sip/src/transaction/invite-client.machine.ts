/**
 * INVITE client transaction. RFC 3261 §17.1.1 (figure 5) with the Accepted state of RFC 6026 §7.2 and §8.4.
 *
 * - `transportError` counts in Calling and Completed only: once a response was heard, the request has arrived.
 * - `giveUp` is RFC 3261 §9.1: no final answer 64*T1 after our CANCEL.
 */
import { ignored, type Machine } from './machine.ts';

export type InviteClientState = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated';
export type ClientInput =
  | 'retransmit' // timer A (INVITE) or E
  | 'timeout' // timer B or F
  | 'linger' // timer D (INVITE, Completed), M (INVITE, Accepted) or K
  | 'giveUp'
  | 'r1xx'
  | 'r2xx'
  | 'r3xx6xx'
  | 'transportError';
export type ClientAction =
  | 'resend'
  | 'passUp'
  | 'ack' // ACK to a non-2xx, built (first time) or sent again
  | 'stopTimers'
  | 'linger' // set timer D, K or M
  | 'reportTimeout'
  | 'reportTransport';

export const inviteClient: Machine<InviteClientState, ClientInput, ClientAction> = {
  calling: {
    retransmit: ['calling', 'resend'],
    timeout: ['terminated', 'reportTimeout'],
    linger: ignored,
    giveUp: ['terminated', 'reportTimeout'],
    r1xx: ['proceeding', 'stopTimers', 'passUp'],
    r2xx: ['accepted', 'stopTimers', 'linger', 'passUp'],
    r3xx6xx: ['completed', 'stopTimers', 'ack', 'linger', 'passUp'],
    transportError: ['terminated', 'reportTransport'],
  },
  proceeding: {
    retransmit: ignored,
    timeout: ignored,
    linger: ignored,
    giveUp: ['terminated', 'reportTimeout'],
    r1xx: ['proceeding', 'passUp'],
    r2xx: ['accepted', 'linger', 'passUp'],
    r3xx6xx: ['completed', 'ack', 'linger', 'passUp'],
    transportError: ignored,
  },
  accepted: {
    retransmit: ignored,
    timeout: ignored,
    linger: ['terminated'],
    giveUp: ignored,
    r1xx: ignored,
    r2xx: ['accepted', 'passUp'],
    r3xx6xx: ignored,
    transportError: ignored,
  },
  completed: {
    retransmit: ignored,
    timeout: ignored,
    linger: ['terminated'],
    giveUp: ignored,
    r1xx: ignored,
    r2xx: ignored,
    r3xx6xx: ['completed', 'ack'],
    // The outcome has been reported already; RFC 3261 §17.1.1.2 only wants the transaction to end.
    transportError: ['terminated'],
  },
  terminated: {
    retransmit: ignored,
    timeout: ignored,
    linger: ignored,
    giveUp: ignored,
    r1xx: ignored,
    r2xx: ignored,
    r3xx6xx: ignored,
    transportError: ignored,
  },
};

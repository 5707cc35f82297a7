/**
 * INVITE server transaction. RFC 3261 §17.2.1 (figure 7) with the Accepted state of RFC 6026 §7.1 and §8.7.
 *
 * A transport error ends no server transaction (RFC 6026 §7.1): the response goes the other way of §18.2.2, the
 * client's retransmissions draw it again, and H or L ends the transaction in time.
 */
import { ignored, type Machine } from './machine.ts';

export type InviteServerState = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';
export type ServerInput =
  | 'request' // the same request once more
  | 'ack'
  | 'send1xx'
  | 'send2xx'
  | 'send3xx6xx'
  | 'retransmit' // timer G
  | 'timeout' // timer H; for non-INVITE: nobody answered (RFC 4320 §4.2)
  | 'linger' // timer I (Confirmed), J, or L (Accepted)
  | 'transportError';
export type ServerAction =
  | 'send'
  | 'resend'
  | 'absorb' // nothing to say, and that is right
  | 'passAck' // an ACK with the INVITE's branch to a 2xx: a peer's mistake that the dialog can live with
  | 'stopTimers'
  | 'retransmit' // set timer G and H
  | 'retransmitAgain' // set the next, longer timer G
  | 'linger' // set timer I, J or L
  | 'reportNoAck';

export const inviteServer: Machine<InviteServerState, ServerInput, ServerAction> = {
  proceeding: {
    request: ['proceeding', 'resend'],
    ack: ignored,
    send1xx: ['proceeding', 'send'],
    send2xx: ['accepted', 'send', 'linger'],
    send3xx6xx: ['completed', 'send', 'retransmit'],
    retransmit: ignored,
    timeout: ignored,
    linger: ignored,
    transportError: ignored,
  },
  accepted: {
    request: ['accepted', 'absorb'], // the 2xx is retransmitted by its own clock (§13.3.1.4)
    ack: ['accepted', 'passAck'],
    send1xx: ignored,
    send2xx: ['accepted', 'send'],
    send3xx6xx: ignored,
    retransmit: ignored,
    timeout: ignored,
    linger: ['terminated'],
    transportError: ignored,
  },
  completed: {
    request: ['completed', 'resend'],
    ack: ['confirmed', 'stopTimers', 'linger'],
    send1xx: ignored,
    send2xx: ignored,
    send3xx6xx: ignored,
    retransmit: ['completed', 'resend', 'retransmitAgain'],
    timeout: ['terminated', 'reportNoAck'],
    linger: ignored,
    transportError: ignored,
  },
  confirmed: {
    request: ['confirmed', 'absorb'],
    ack: ['confirmed', 'absorb'],
    send1xx: ignored,
    send2xx: ignored,
    send3xx6xx: ignored,
    retransmit: ignored,
    timeout: ignored,
    linger: ['terminated'],
    transportError: ignored,
  },
  terminated: {
    request: ignored,
    ack: ignored,
    send1xx: ignored,
    send2xx: ignored,
    send3xx6xx: ignored,
    retransmit: ignored,
    timeout: ignored,
    linger: ignored,
    transportError: ignored,
  },
};

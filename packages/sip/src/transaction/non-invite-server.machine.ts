/** Non-INVITE server transaction. RFC 3261 §17.2.2 (figure 8), and RFC 4320 §4.2: never answered is never answered. */
import type { ServerAction, ServerInput } from './invite-server.machine.ts';
import { ignored, type Machine } from './machine.ts';

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

export const nonInviteServer: Machine<NonInviteServerState, ServerInput, ServerAction> = {
  trying: {
    request: ['trying', 'absorb'],
    ack: ignored,
    send1xx: ['proceeding', 'send'],
    send2xx: ['completed', 'send', 'linger'],
    send3xx6xx: ['completed', 'send', 'linger'],
    retransmit: ignored,
    timeout: ['terminated'],
    linger: ignored,
    transportError: ignored,
  },
  proceeding: {
    request: ['proceeding', 'resend'],
    ack: ignored,
    send1xx: ['proceeding', 'send'],
    send2xx: ['completed', 'send', 'linger'],
    send3xx6xx: ['completed', 'send', 'linger'],
    retransmit: ignored,
    timeout: ['terminated'],
    linger: ignored,
    transportError: ignored,
  },
  completed: {
    request: ['completed', 'resend'],
    ack: ignored,
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

/** Non-INVITE client transaction. RFC 3261 §17.1.2 (figure 6). 2xx and 3xx-6xx are the same to it. */
import type { ClientAction, ClientInput } from './invite-client.machine.ts';
import { ignored, type Machine } from './machine.ts';

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';

export const nonInviteClient: Machine<NonInviteClientState, ClientInput, ClientAction> = {
  trying: {
    retransmit: ['trying', 'resend'],
    timeout: ['terminated', 'reportTimeout'],
    linger: ignored,
    giveUp: ['terminated', 'reportTimeout'],
    r1xx: ['proceeding', 'passUp'],
    r2xx: ['completed', 'stopTimers', 'linger', 'passUp'],
    r3xx6xx: ['completed', 'stopTimers', 'linger', 'passUp'],
    transportError: ['terminated', 'reportTransport'],
  },
  proceeding: {
    retransmit: ['proceeding', 'resend'],
    timeout: ['terminated', 'reportTimeout'],
    linger: ignored,
    giveUp: ['terminated', 'reportTimeout'],
    r1xx: ['proceeding', 'passUp'],
    r2xx: ['completed', 'stopTimers', 'linger', 'passUp'],
    r3xx6xx: ['completed', 'stopTimers', 'linger', 'passUp'],
    transportError: ['terminated', 'reportTransport'],
  },
  completed: {
    retransmit: ignored,
    timeout: ignored,
    linger: ['terminated'],
    giveUp: ignored,
    r1xx: ignored,
    r2xx: ignored,
    r3xx6xx: ignored,
    transportError: ignored,
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

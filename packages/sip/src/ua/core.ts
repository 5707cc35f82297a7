/** What the parts of one user agent know of the whole. */
import type { SipRequest } from '../message/message.ts';
import type { ClientTransaction, ClientUser } from '../transaction/client-transaction.ts';
import type { TransactionWorld } from '../transaction/world.ts';
import type { LiveDialog } from './live-dialog.ts';
import type { Destination, Flow, UserAgentOptions, UserAgentPorts } from './types.ts';

export interface Core extends TransactionWorld {
  readonly options: UserAgentOptions;
  readonly ports: UserAgentPorts;
  /** Starts a client transaction; the request's top Via must already carry `branch`. */
  startClient(
    branch: string,
    request: SipRequest,
    to: Flow | Destination,
    user: ClientUser,
  ): ClientTransaction;
  /** Takes the time from the clock port, for calls that come without a `now`. */
  touch(): void;
  keepDialog(dialog: LiveDialog): void;
  dropDialog(dialog: LiveDialog): void;
}

/** One client transaction, INVITE or not: the table says what happens, this class does it. */
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Destination, Flow, TransportFailure } from '../ua/types.ts';
import {
  type ClientAction,
  type ClientInput,
  type InviteClientState,
  inviteClient,
} from './invite-client.machine.ts';
import { ackToRejection } from './invite-siblings.ts';
import { clientKey } from './keys.ts';
import type { Step } from './machine.ts';
import { type NonInviteClientState, nonInviteClient } from './non-invite-client.machine.ts';
import type { Timer } from './timer-queue.ts';
import { isReliable, type TransactionWorld } from './world.ts';

export type ClientState = InviteClientState | NonInviteClientState;
type Table = Readonly<Record<string, Readonly<Record<ClientInput, Step<string, ClientAction> | undefined>>>>;

/** Who started it. `onEnded`: nothing comes any more after an accepted INVITE, a timeout or a transport failure. */
export interface ClientUser {
  onResponse(response: SipResponse): void;
  onTimeout(): void;
  onTransportFailure(failure: TransportFailure): void;
  onEnded?(): void;
}

export class ClientTransaction {
  readonly key: string;
  readonly branch: string;
  readonly request: SipRequest;
  readonly to: Flow | Destination;
  readonly invite: boolean;
  state: ClientState;
  readonly #world: TransactionWorld;
  readonly #table: Table;
  readonly #reliable: boolean;
  readonly #failed: (why: TransportFailure) => void;
  #user: ClientUser | undefined;
  /** The request, and once completed its ACK. */
  #bytes: Buffer | undefined;
  #acked = false;
  #gap: number;
  #retransmit: Timer | undefined;
  #life: Timer | undefined;

  constructor(
    branch: string,
    request: SipRequest,
    to: Flow | Destination,
    user: ClientUser,
    world: TransactionWorld,
  ) {
    this.branch = branch;
    this.key = clientKey(branch, request.method);
    this.request = request;
    this.to = to;
    this.invite = request.method === 'INVITE';
    this.state = this.invite ? 'calling' : 'trying';
    this.#table = this.invite ? inviteClient : nonInviteClient;
    this.#world = world;
    this.#user = user;
    this.#reliable = isReliable(to);
    this.#gap = world.timing.t1;
    this.#failed = (why) => this.#step('transportError', undefined, why);
  }

  /** Sends the request and sets timers A and B, or E and F. */
  start(): void {
    const { timers, timing } = this.#world;
    this.#life = timers.set(timing.patience, 'timeout', this);
    if (!this.#reliable) this.#retransmit = timers.set(this.#gap, 'retransmit', this);
    this.#bytes = this.#world.transmit(this.to, this.request, this.#failed);
  }

  receive(response: SipResponse): void {
    const { status } = response;
    this.#step(status < 200 ? 'r1xx' : status < 300 ? 'r2xx' : 'r3xx6xx', response);
  }

  /** RFC 3261 §9.1: nothing final came after our CANCEL. */
  giveUp(): void {
    this.#step('giveUp');
  }

  /** No more retransmissions: the owner went elsewhere and only waits for what may still come back. */
  fallSilent(): void {
    this.#world.timers.cancel(this.#retransmit);
    this.#retransmit = undefined;
  }

  /** The owner does not care any more; the transaction still does its duty. */
  forgetUser(): void {
    this.#user = undefined;
  }

  timerFired(timer: string): void {
    if (timer === 'retransmit') this.#retransmit = undefined;
    else this.#life = undefined;
    this.#step(timer as ClientInput);
  }

  #step(input: ClientInput, response?: SipResponse, failure?: TransportFailure): void {
    const step = this.#table[this.state]?.[input];
    if (!step) return;
    this.state = step[0] as ClientState;
    for (let at = 1; at < step.length; at++) this.#act(step[at] as ClientAction, response, failure);
    if (step[0] === 'terminated') this.#end();
  }

  #act(action: ClientAction, response: SipResponse | undefined, failure: TransportFailure | undefined): void {
    const { timers, timing } = this.#world;
    switch (action) {
      case 'resend':
        // Timer A doubles without bound; E doubles up to T2 and is T2 once proceeding (§17.1.1.2, §17.1.2.2).
        if (this.invite) this.#gap *= 2;
        else this.#gap = this.state === 'proceeding' ? timing.t2 : Math.min(this.#gap * 2, timing.t2);
        this.#retransmit = timers.set(this.#gap, 'retransmit', this);
        if (this.#bytes) this.#world.retransmit(this.to, this.#bytes, this.#failed);
        return;
      case 'stopTimers':
        this.#stopTimers();
        return;
      case 'linger':
        this.#linger();
        return;
      case 'ack':
        if (this.#acked && this.#bytes) this.#world.retransmit(this.to, this.#bytes, this.#failed);
        else if (response) {
          this.#acked = true;
          this.#bytes = this.#world.transmit(this.to, ackToRejection(this.request, response), this.#failed);
        }
        return;
      case 'passUp':
        if (response) this.#user?.onResponse(response);
        return;
      case 'reportTimeout':
        this.#user?.onTimeout();
        return;
      case 'reportTransport':
        if (failure) this.#user?.onTransportFailure(failure);
        else this.#user?.onTransportFailure({ kind: 'send', detail: 'not sent' });
        return;
      default:
        action satisfies never;
    }
  }

  /** Timer D, K or M; zero ends the transaction at once (the user hears the response all the same). */
  #linger(): void {
    const { timers, timing } = this.#world;
    this.#stopTimers();
    if (this.state === 'accepted') this.#bytes = undefined;
    const afterMs =
      this.state === 'accepted'
        ? timing.patience
        : this.#reliable
          ? 0
          : this.invite
            ? timing.patience
            : timing.t4;
    if (afterMs > 0) this.#life = timers.set(afterMs, 'linger', this);
    else {
      this.state = 'terminated';
      this.#world.clientEnded(this);
    }
  }

  #stopTimers(): void {
    this.#world.timers.cancel(this.#retransmit);
    this.#world.timers.cancel(this.#life);
    this.#retransmit = this.#life = undefined;
  }

  #end(): void {
    this.#stopTimers();
    this.#bytes = undefined;
    this.#world.clientEnded(this);
    const user = this.#user;
    this.#user = undefined;
    user?.onEnded?.();
  }
}

/** A request whose failures nobody needs to hear of. */
export const carefree: ClientUser = {
  onResponse() {},
  onTimeout() {},
  onTransportFailure() {},
};

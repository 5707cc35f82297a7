/** One server transaction, INVITE or not: the table says what happens, this class does it. */
import type { SipRequest, SipResponse } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import type { Destination, Flow, TransportFailure } from '../ua/types.ts';
import {
  type InviteServerState,
  inviteServer,
  type ServerAction,
  type ServerInput,
} from './invite-server.machine.ts';
import { flat } from './keys.ts';
import type { Step } from './machine.ts';
import { type NonInviteServerState, nonInviteServer } from './non-invite-server.machine.ts';
import { replyFallback, replyTarget } from './reply-route.ts';
import type { Timer } from './timer-queue.ts';
import { isReliable, type TransactionWorld, unheeded } from './world.ts';

export type ServerState = InviteServerState | NonInviteServerState;
type Table = Readonly<Record<string, Readonly<Record<ServerInput, Step<string, ServerAction> | undefined>>>>;

/** Who answers it. Let go with the final response, so that a request is not kept for the 32 s of timer J or L. */
export interface ServerUser {
  /** CANCEL arrived while unanswered; the 200 to it has been sent. */
  cancelled(cancel: SipRequest): void;
}

export class ServerTransaction {
  readonly key: string;
  /** Set for requests outside dialogs only (§8.2.2.2). */
  readonly mergeKey: string | undefined;
  readonly invite: boolean;
  flow: Flow;
  state: ServerState;
  /** The tag in our responses; the 200 to a CANCEL carries it too (§9.2). */
  localTag: string | undefined;
  user: ServerUser | undefined;
  readonly #world: TransactionWorld;
  readonly #table: Table;
  readonly #target: Flow | Destination;
  readonly #failed: (why: TransportFailure) => void;
  /** The last response. Its message is read again from the bytes in the rare case that it is needed. */
  #bytes: Buffer | undefined;
  #fellBack = false;
  #gap: number;
  #retransmit: Timer | undefined;
  #life: Timer | undefined;
  #onAck: ((ack: SipRequest) => void) | undefined;

  constructor(
    key: string,
    mergeKey: string | undefined,
    request: SipRequest,
    flow: Flow,
    world: TransactionWorld,
  ) {
    this.key = flat(key);
    this.mergeKey = mergeKey;
    this.invite = request.method === 'INVITE';
    this.state = this.invite ? 'proceeding' : 'trying';
    this.#table = this.invite ? inviteServer : nonInviteServer;
    this.flow = flow;
    this.#world = world;
    this.#target = replyTarget(request, flow);
    this.#gap = world.timing.t1;
    this.#failed = flow.protocol === 'UDP' ? unheeded : () => this.#sendFailed();
  }

  /** Whether a final response has been given. */
  get answered(): boolean {
    return this.state !== 'proceeding' && this.state !== 'trying';
  }

  /** The same request again, or the ACK that belongs to it; `flow` is where it came in this time. */
  receive(request: SipRequest, flow: Flow): void {
    if (!this.flow.open && flow.open) {
      this.flow = flow;
      this.#fellBack = false;
    }
    this.#step(request.method === 'ACK' ? 'ack' : 'request', undefined, request);
  }

  respond(response: SipResponse): void {
    const { status } = response;
    this.#step(status < 200 ? 'send1xx' : status < 300 ? 'send2xx' : 'send3xx6xx', response);
  }

  /** The 2xx once more; its clock ticks in the dialog (RFC 3261 §13.3.1.4). */
  resendAccept(): void {
    if (this.state === 'accepted') this.#resend();
  }

  /** The last provisional response once more (§13.3.1.1). */
  resendProgress(): void {
    if (this.state === 'proceeding') this.#resend();
  }

  /** RFC 4320 §4.2: a non-INVITE that its owner leaves unanswered ends in silence when the client has given up. */
  expectAnswer(): void {
    const { timers, timing } = this.#world;
    if (!this.answered && !this.invite) this.#life = timers.set(timing.patience, 'timeout', this);
  }

  /** For an ACK that carries the INVITE's own branch although it answers a 2xx. */
  passAckTo(handler: (ack: SipRequest) => void): void {
    this.#onAck = handler;
  }

  timerFired(timer: string): void {
    if (timer === 'retransmit') this.#retransmit = undefined;
    else this.#life = undefined;
    this.#step(timer as ServerInput);
  }

  #step(input: ServerInput, response?: SipResponse, ack?: SipRequest): void {
    const step = this.#table[this.state]?.[input];
    if (!step) return;
    this.state = step[0] as ServerState;
    for (let at = 1; at < step.length; at++) this.#act(step[at] as ServerAction, response, ack);
    if (step[0] === 'terminated') this.#end();
  }

  #act(action: ServerAction, response: SipResponse | undefined, ack: SipRequest | undefined): void {
    const { timers, timing } = this.#world;
    const reliable = isReliable(this.flow);
    switch (action) {
      case 'send':
        if (this.answered) {
          this.user = undefined;
          this.#stopTimers();
        }
        if (response) this.#send(response);
        return;
      case 'resend':
        this.#resend();
        return;
      case 'retransmitAgain':
        this.#gap = Math.min(this.#gap * 2, timing.t2);
        this.#retransmit = timers.set(this.#gap, 'retransmit', this);
        return;
      case 'absorb':
      case 'reportNoAck':
        return;
      case 'passAck':
        if (ack) this.#onAck?.(ack);
        return;
      case 'stopTimers':
        this.#stopTimers();
        return;
      case 'retransmit':
        this.#life = timers.set(timing.patience, 'timeout', this);
        if (!reliable) this.#retransmit = timers.set(this.#gap, 'retransmit', this);
        return;
      case 'linger':
        this.#linger(reliable);
        return;
      default:
        action satisfies never;
    }
  }

  /** Timer I, J or L. L is 64*T1 on every transport (RFC 6026 §8.7): proxies may bring the INVITE back late. */
  #linger(reliable: boolean): void {
    const { timers, timing } = this.#world;
    const afterMs =
      this.state === 'accepted' ? timing.patience : reliable ? 0 : this.invite ? timing.t4 : timing.patience;
    if (afterMs > 0) this.#life = timers.set(afterMs, 'linger', this);
    else {
      this.state = 'terminated';
      this.#end();
    }
  }

  #send(response: SipResponse): void {
    this.#bytes = this.#world.transmit(this.#way(response), response, this.#failed);
  }

  #resend(): void {
    if (!this.#bytes) return;
    if (this.flow.protocol === 'UDP') this.#world.retransmit(this.#target, this.#bytes, this.#failed);
    else if (this.flow.open) this.#world.retransmit(this.flow, this.#bytes, this.#failed);
    else this.#resendElsewhere(this.#bytes);
  }

  #way(response: SipResponse): Flow | Destination {
    if (this.flow.protocol === 'UDP') return this.#target;
    return this.flow.open ? this.flow : replyFallback(response, this.flow);
  }

  /** RFC 3261 §18.2.2: the connection failed under a response. Once: if the other way fails too, that is that. */
  #sendFailed(): void {
    if (this.#fellBack || !this.#bytes) return;
    this.#fellBack = true;
    this.#resendElsewhere(this.#bytes);
  }

  #resendElsewhere(bytes: Buffer): void {
    const last = parseMessage(bytes);
    if (last.ok) this.#world.retransmit(replyFallback(last.message, this.flow), bytes, unheeded);
  }

  #stopTimers(): void {
    this.#world.timers.cancel(this.#retransmit);
    this.#world.timers.cancel(this.#life);
    this.#retransmit = this.#life = undefined;
  }

  #end(): void {
    this.#stopTimers();
    this.#bytes = this.user = this.#onAck = undefined;
    this.#world.serverEnded(this);
  }
}

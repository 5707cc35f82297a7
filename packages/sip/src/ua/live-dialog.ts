/**
 * A dialog at work (RFC 3261 §12, §14, §15): the phase and the INVITE turn are tables in `dialog/`; this class keeps
 * the facts, sends what they ask for and answers what comes in.
 */
import { AnswerClock } from '../dialog/answer-clock.ts';
import { type DialogInput, type DialogPhase, dialogMachine } from '../dialog/dialog.machine.ts';
import {
  inviteTurn,
  type TurnAction,
  type TurnInput,
  type TurnState,
} from '../dialog/invite-turn.machine.ts';
import { type Aim, aim, destinationOf, routeSetOf } from '../dialog/route-set.ts';
import { contactsOf, cseqOf } from '../message/access.ts';
import { Headers } from '../message/headers.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import { dialogKey, flat } from '../transaction/keys.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { isFlow, unheeded } from '../transaction/world.ts';
import { composeRequest, localResponse, tagged } from './compose.ts';
import type { Core } from './core.ts';
import { InDialogExchange } from './in-dialog-exchange.ts';
import { LiveIncomingRequest } from './incoming-request.ts';
import type {
  Destination,
  Dialog,
  DialogEnd,
  DialogSnapshot,
  FinalOutcome,
  Flow,
  IncomingRequest,
  InDialogOptions,
  MessageParts,
} from './types.ts';

export interface DialogFacts {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Name-addr without tag, as it stands in From and To. */
  readonly localUri: string;
  readonly remoteUri: string;
  remoteTarget: string;
  routeSet: readonly string[];
  localCseq: number;
  remoteCseq: number | undefined;
  localContact: string;
  readonly secure: boolean;
}

/** What the INVITE that made the dialog (as UAS) wants to know. */
export interface InitialInvite {
  acked(ack: SipRequest): void;
  ackMissing(): void;
  /** BYE in the early dialog (§15.1.2): the INVITE is answered 487. */
  byeBeforeAnswer(bye: SipRequest): void;
}

export class LiveDialog implements Dialog {
  readonly id: string;
  readonly facts: DialogFacts;
  onRequest?: ((request: IncomingRequest) => void) | undefined;
  onAck?: ((ack: SipRequest) => void) | undefined;
  onEnded?: ((why: DialogEnd) => void) | undefined;
  readonly #core: Core;
  /** The way the dialog was made: listener and protocol of what it sends. */
  readonly #like: Flow | Destination;
  #phase: DialogPhase;
  #turn: TurnState;
  #aim: Aim | undefined;
  #nextHop: Flow | Destination | undefined;
  #override: Flow | Destination | undefined;
  /** CSeq of the INVITE whose 2xx we ACK; the ACK's bytes while that 2xx may come again. */
  #inviteCseq = 0;
  #acked = false;
  #ackBytes: Buffer | undefined;
  /** Our own 2xx waiting for its ACK, and the INVITE that made the dialog while that is the one. */
  #answer: AnswerClock | undefined;
  #initial: InitialInvite | undefined;
  #byeAsked = false;
  #byeWaiting: { reason: string | undefined } | undefined;
  /** Requests of the peer that are not answered yet. */
  #open: LiveIncomingRequest[] | undefined;

  /** An INVITE made it; else it has no session that INVITE changes and BYE ends. */
  readonly #session: boolean;

  constructor(
    core: Core,
    facts: DialogFacts,
    phase: DialogPhase,
    turn: TurnState,
    like: Flow | Destination,
    session = true,
  ) {
    this.#session = session;
    this.id = dialogKey(facts.callId, facts.localTag, facts.remoteTag);
    this.facts = facts;
    this.#core = core;
    this.#like = like;
    this.#phase = phase;
    this.#turn = turn;
    core.keepDialog(this);
  }

  get state(): 'early' | 'confirmed' | 'ended' {
    return this.#phase === 'leaving' ? 'ended' : this.#phase;
  }

  get snapshot(): DialogSnapshot {
    return { ...this.facts };
  }

  // ------------------------------------------------------------ the INVITE that makes the dialog, as UAC

  /** A provisional or final response of this fork: target and route set (§12.1.2, §13.2.2.4). */
  learn(response: SipResponse, inviteCseq: number): void {
    this.#inviteCseq = inviteCseq;
    const target = contactsOf(response)[0]?.uri;
    if (target !== undefined) this.facts.remoteTarget = flat(target);
    if (response.headers.has('record-route') || response.status >= 200) {
      this.facts.routeSet = routeSetOf(response, 'uac');
    }
    this.#forgetAim();
  }

  confirm(): void {
    this.#step('accepted');
    if (this.#turn === 'ours') this.#take('ourFinal');
  }

  /** The INVITE failed or was won by another fork. */
  inviteFailed(): void {
    this.#step('inviteFailed');
  }

  ack(parts: MessageParts = {}): void {
    if (this.#acked || this.#inviteCseq === 0 || this.#phase === 'early') return;
    this.#core.touch();
    this.#acked = true;
    this.#ackBytes = this.sendAck(this.#inviteCseq, parts);
  }

  /** The 2xx came again: so does the ACK. */
  ackAgain(cseq: number): void {
    if (!this.#acked || cseq !== this.#inviteCseq) return;
    if (this.#ackBytes) this.#core.retransmit(this.nextHop(), this.#ackBytes, unheeded);
    else this.sendAck(cseq, {});
  }

  /** 64*T1 after the 2xx it cannot come again. */
  dropAck(): void {
    this.#ackBytes = undefined;
  }

  /** ACK to a 2xx: a request of its own, with its own branch (§13.2.2.4). */
  sendAck(cseq: number, parts: MessageParts): Buffer {
    const hop = this.nextHop();
    return this.#core.transmit(hop, this.#compose('ACK', cseq, hop, parts), unheeded);
  }

  // ------------------------------------------------------------ the INVITE that makes the dialog, as UAS

  /** Our 2xx went out in `transaction`. `initial` is there for the INVITE that made the dialog. */
  answered(transaction: ServerTransaction, cseq: number, initial: InitialInvite | undefined): void {
    this.#step('accepted');
    this.#take('weAccept');
    this.#initial = initial;
    const { timers, timing } = this.#core;
    this.#answer?.stop();
    this.#answer = new AnswerClock(cseq, transaction, timers, timing, () => this.#ackMissing());
    transaction.passAckTo((ack) => this.receiveAck(ack));
  }

  expectEarlyBye(initial: InitialInvite): void {
    this.#initial = initial;
  }

  receiveAck(ack: SipRequest): void {
    const answer = this.#answer;
    // An ACK that comes again answers a 2xx that we sent again.
    if (!answer || cseqOf(ack)?.number !== answer.cseq) return;
    answer.stop();
    this.#answer = undefined;
    this.#take('settled');
    const initial = this.#initial;
    this.#initial = undefined;
    if (initial) initial.acked(ack);
    else this.onAck?.(ack);
    this.#sendWaitingBye();
  }

  #ackMissing(): void {
    this.#answer = undefined;
    this.#take('settled');
    const initial = this.#initial;
    this.#initial = undefined;
    if (initial) {
      initial.ackMissing();
      this.#sendWaitingBye();
    } else if (this.#byeWaiting) this.#sendWaitingBye();
    else this.#gone(408, true); // §14.2: a re-INVITE's 2xx without ACK ends the session with BYE
  }

  // ------------------------------------------------------------ requests of ours

  request(options: InDialogOptions): void {
    this.#core.touch();
    const { method } = options;
    const hop = this.nextHop();
    const alive = this.#phase === 'confirmed' || this.#phase === 'early';
    if (method === 'ACK' || method === 'CANCEL') return;
    if (method === 'BYE') {
      if (!alive || this.#byeAsked) return;
      this.#byeAsked = true;
      this.#sendBye(options);
      return;
    }
    const refusal = !alive ? 481 : method === 'INVITE' && this.#take('weInvite') !== 'go' ? 491 : undefined;
    if (refusal !== undefined) {
      const unsent = this.#compose(method, this.facts.localCseq + 1, hop, options);
      options.onFinal({ kind: 'response', response: localResponse(unsent, refusal) });
      return;
    }
    this.#start(options);
  }

  bye(reason?: string): void {
    if (!this.#session || this.#byeAsked || (this.#phase !== 'confirmed' && this.#phase !== 'early')) return;
    this.#core.touch();
    this.#byeAsked = true;
    if (this.#answer) {
      this.#byeWaiting = { reason };
      return;
    }
    this.#leave(reason);
  }

  close(): void {
    if (!this.#session) this.#step('gone');
  }

  setNextHop(to: Flow | Destination): void {
    this.#override = to;
  }

  nextHop(): Flow | Destination {
    const override = this.#override;
    if (override && (!isFlow(override) || override.open)) return override;
    this.#nextHop ??= destinationOf(this.#aimed().nextHop, this.#like) ?? this.#like;
    return this.#nextHop;
  }

  /** 2xx to a re-INVITE, UPDATE or refreshing SUBSCRIBE, theirs or ours: the peer may have moved (§12.2). */
  refreshTarget(message: SipMessage): void {
    const target = contactsOf(message)[0]?.uri;
    if (target === undefined || target === this.facts.remoteTarget) return;
    this.facts.remoteTarget = flat(target);
    this.#forgetAim();
  }

  /** Our re-INVITE is over: the next may come. */
  inviteEnded(): void {
    this.#take('ourFinal');
  }

  /** A request of ours ended. 481, 408 and silence end the dialog (§12.2.1.2). */
  exchangeEnded(method: string, outcome: FinalOutcome): void {
    if (method === 'BYE') {
      this.#step('byeFinished', { kind: 'bye-sent' });
      return;
    }
    // DEVIATION: NOTIFY and SUBSCRIBE speak for a subscription, not for the call (RFC 5057 §5.1): a transferor that
    // forgot its REFER answers 481 to our last NOTIFY, and the call must live on.
    if (method === 'NOTIFY' || method === 'SUBSCRIBE') return;
    if (outcome.kind === 'timeout') this.#gone(408, true);
    else if (outcome.kind === 'response' && outcome.response.status === 408) this.#gone(408, true);
    else if (outcome.kind === 'response' && outcome.response.status === 481) this.#gone(481, false);
  }

  repeat(bytes: Buffer): void {
    this.#core.retransmit(this.nextHop(), bytes, unheeded);
  }

  #leave(reason: string | undefined): void {
    // A 2xx that we have not ACKed yet must be ACKed whatever happens next (§13.2.2.4).
    if (this.#phase === 'confirmed') this.ack();
    const headers = reason === undefined ? undefined : Headers.of([['Reason', reason]]);
    this.#sendBye(headers ? { headers } : {});
  }

  #sendBye(parts: MessageParts & { onFinal?(outcome: FinalOutcome): void }): void {
    this.#step('byeSent');
    const options: InDialogOptions = {
      ...parts,
      method: 'BYE',
      onFinal: (outcome) => parts.onFinal?.(outcome),
    };
    this.#start(options);
    this.#abandonOpen();
  }

  #sendWaitingBye(): void {
    const waiting = this.#byeWaiting;
    this.#byeWaiting = undefined;
    if (waiting) this.#leave(waiting.reason);
  }

  #start(options: InDialogOptions): void {
    const hop = this.nextHop();
    const cseq = ++this.facts.localCseq;
    const exchange = new InDialogExchange(this, options, cseq, this.#core.timers);
    const branch = this.#core.ports.random.branch();
    const request = this.#compose(options.method, cseq, hop, options, branch);
    exchange.transaction = this.#core.startClient(branch, request, hop, exchange);
  }

  #compose(
    method: string,
    cseq: number,
    to: Flow | Destination,
    parts: MessageParts,
    branch = this.#core.ports.random.branch(),
  ): SipRequest {
    const { facts } = this;
    const { requestUri, routes } = this.#aimed();
    const contact = method === 'BYE' ? undefined : facts.localContact;
    return composeRequest(
      {
        method,
        uri: requestUri,
        branch,
        to,
        from: tagged(facts.localUri, facts.localTag),
        toValue: tagged(facts.remoteUri, facts.remoteTag),
        callId: facts.callId,
        cseq,
        routes,
        contact,
      },
      parts,
      this.#core.options,
    );
  }

  // ------------------------------------------------------------ requests of the peer

  /** A new request with our tags in it; its transaction exists. */
  receive(request: SipRequest, flow: Flow, transaction: ServerTransaction): void {
    const { facts } = this;
    const incoming = new LiveIncomingRequest(this.#core, request, flow, transaction, this);
    const cseq = cseqOf(request)?.number ?? 0;
    if (facts.remoteCseq !== undefined && cseq < facts.remoteCseq) {
      incoming.respond(500, { reason: 'CSeq Out Of Order' }); // §12.2.2
      return;
    }
    facts.remoteCseq = cseq;
    if (!this.#session && (request.method === 'BYE' || request.method === 'INVITE')) {
      incoming.respond(481); // RFC 5057 §5: there is no such usage in this dialog
      return;
    }
    if (request.method === 'BYE') {
      this.#receiveBye(request, incoming);
      return;
    }
    if (this.#phase === 'leaving' || this.#phase === 'ended') {
      incoming.respond(481);
      return;
    }
    if (request.method === 'INVITE') {
      const turn = this.#take('theyInvite');
      if (turn !== 'go') {
        this.#refuseInvite(incoming, turn);
        return;
      }
    }
    if (!this.onRequest) {
      // RFC 3261 §14.2: a session that cannot be changed stays as it is.
      incoming.respond(request.method === 'INVITE' ? 488 : request.method === 'OPTIONS' ? 200 : 501);
      return;
    }
    this.#open ??= [];
    this.#open.push(incoming);
    this.onRequest(incoming);
  }

  /** One of the peer's requests got its final answer. */
  closed(incoming: LiveIncomingRequest, status: number, transaction: ServerTransaction): void {
    const at = this.#open?.indexOf(incoming) ?? -1;
    if (at >= 0) this.#open?.splice(at, 1);
    const { method } = incoming.request;
    const moves = method === 'INVITE' || method === 'UPDATE' || (method === 'SUBSCRIBE' && !this.#session);
    if (status < 300 && moves) this.refreshTarget(incoming.request);
    if (method !== 'INVITE') return;
    if (status < 300) this.answered(transaction, cseqOf(incoming.request)?.number ?? 0, undefined);
    else if (!incoming.refusedForTurn) this.#take('weReject');
  }

  #refuseInvite(incoming: LiveIncomingRequest, turn: TurnAction | undefined): void {
    incoming.refusedForTurn = true;
    if (turn !== 'refuse500') {
      incoming.respond(491);
      return;
    }
    const seconds = Math.floor(this.#core.ports.random.fraction() * 11);
    incoming.respond(500, { headers: Headers.of([['Retry-After', String(seconds)]]) });
  }

  #receiveBye(bye: SipRequest, incoming: LiveIncomingRequest): void {
    if (this.#phase === 'ended') {
      incoming.respond(481);
      return;
    }
    incoming.respond(200);
    const initial = this.#phase === 'early' ? this.#initial : undefined;
    this.#step('byeReceived', { kind: 'bye-received', request: bye });
    initial?.byeBeforeAnswer(bye);
  }

  // ------------------------------------------------------------ the end

  #gone(status: number, tell: boolean): void {
    if (this.#phase !== 'confirmed' && this.#phase !== 'early') return;
    if (tell && !this.#byeAsked) {
      this.#byeAsked = true;
      const farewell: InDialogOptions = { method: 'BYE', onFinal() {} };
      this.#start(farewell);
    }
    this.#step('gone', { kind: 'gone', status });
  }

  /** RFC 3261 §15.1.2: what the peer still waits for when the dialog ends is answered 487. */
  #abandonOpen(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open) for (const incoming of open) incoming.respond(487);
  }

  #step(input: DialogInput, why?: DialogEnd): void {
    const step = dialogMachine[this.#phase][input];
    if (!step) return;
    this.#phase = step[0];
    for (let at = 1; at < step.length; at++) {
      if (step[at] === 'forget') this.#forget();
      else if (why) this.onEnded?.(why);
    }
    // Transactions remember the dialog for a while; its owner need not be remembered with it.
    if (this.#phase === 'ended') this.onRequest = this.onAck = this.onEnded = undefined;
  }

  #forget(): void {
    this.#answer?.stop();
    this.#answer = this.#byeWaiting = this.#ackBytes = undefined;
    this.#initial = undefined;
    this.#core.dropDialog(this);
    this.#abandonOpen();
  }

  #take(input: TurnInput): TurnAction | undefined {
    const step = inviteTurn[this.#turn][input];
    if (!step) return undefined;
    this.#turn = step[0];
    return step[1];
  }

  #aimed(): Aim {
    this.#aim ??= aim(this.facts.routeSet, this.facts.remoteTarget);
    return this.#aim;
  }

  #forgetAim(): void {
    this.#aim = this.#nextHop = undefined;
  }
}

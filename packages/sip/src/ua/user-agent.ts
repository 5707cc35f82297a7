/**
 * The user agent: bytes and time in, bytes and events out (RFC 3261 §8, §12, §13, §15, §17, §18).
 *
 * A request goes through these gates, cheapest first; what fails at one is answered without keeping anything, by the
 * same answer for the same request (§8.2.7), or dropped with a word to `onAnomaly`:
 *
 *     readable? → known transaction? → ACK, CANCEL → room? → rules (400, 405, 416, 420, 483) → dialog? (481)
 *               → merged? (482) → a transaction of its own, and its owner
 */
import { createHmac } from 'node:crypto';
import { cseqOf, fromTagOf, topVia, toTagOf } from '../message/access.ts';
import { checkRequest, type RequestRules } from '../message/check.ts';
import type { Headers } from '../message/headers.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import { type ParseFault, parseMessage } from '../message/parse.ts';
import { printMessage } from '../message/print.ts';
import { ClientTransaction, type ClientUser } from '../transaction/client-transaction.ts';
import { clientKey, dialogKey, mergeKey, serverKey } from '../transaction/keys.ts';
import { replyTarget } from '../transaction/reply-route.ts';
import { ServerTransaction } from '../transaction/server-transaction.ts';
import { TimerQueue } from '../transaction/timer-queue.ts';
import { type Timing, timing } from '../transaction/timing.ts';
import { type SendFailed, unheeded } from '../transaction/world.ts';
import { composeResponse, NO_BODY } from './compose.ts';
import type { Core } from './core.ts';
import { LiveIncomingInvite } from './incoming-invite.ts';
import { LiveIncomingRequest } from './incoming-request.ts';
import { LiveDialog } from './live-dialog.ts';
import { LiveOutgoingInvite } from './outgoing-invite.ts';
import { LiveOutgoingRequest } from './outgoing-request.ts';
import type {
  Destination,
  Dialog,
  DialogSnapshot,
  Flow,
  InviteOptions,
  Millis,
  OutgoingInvite,
  OutgoingRequest,
  OutOfDialogOptions,
  UserAgent,
  UserAgentOptions,
  UserAgentPorts,
} from './types.ts';

/** Requests inside dialogs get in beyond the limit by this much: they end calls, and so make room (T04). */
const IN_DIALOG_GRACE = 1.25;

export function createUserAgent(options: UserAgentOptions, ports: UserAgentPorts): UserAgent {
  return new LiveUserAgent(options, ports);
}

class LiveUserAgent implements UserAgent, Core {
  readonly options: UserAgentOptions;
  readonly ports: UserAgentPorts;
  readonly timers = new TimerQueue();
  readonly timing: Timing;
  readonly #rules: RequestRules;
  readonly #maxTransactions: number;
  readonly #statelessKey: string;
  /** What is being received: its bytes are wanted where it is known whose it is. */
  #received: Buffer = NO_BODY;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #merges = new Map<string, ServerTransaction>();
  readonly #dialogs = new Map<string, LiveDialog>();

  constructor(options: UserAgentOptions, ports: UserAgentPorts) {
    this.options = options;
    this.ports = ports;
    this.timing = timing(options.t1Ms, options.t2Ms, options.t4Ms);
    this.#rules = {
      methods: [...options.allow, ...(options.alsoAnswered ?? [])],
      named: options.allow,
      supported: options.supported,
    };
    this.#maxTransactions = options.maxTransactions ?? 100_000;
    this.#statelessKey = `${ports.random.tag()}${ports.random.callId()}`;
  }

  get counts(): { readonly transactions: number; readonly dialogs: number } {
    return { transactions: this.#clients.size + this.#servers.size, dialogs: this.#dialogs.size };
  }

  // ------------------------------------------------------------ UserAgent

  receive(bytes: Buffer, flow: Flow, now: Millis): void {
    this.timers.moveTo(now);
    this.#received = bytes;
    const parsed = parseMessage(bytes);
    if (!parsed.ok) this.#faulty(parsed.fault, flow);
    else if (parsed.message.kind === 'response') this.#receiveResponse(parsed.message, flow);
    else this.#receiveRequest(parsed.message, flow);
    this.#received = NO_BODY;
  }

  flowClosed(flow: Flow, now: Millis): void {
    // Server transactions look at `flow.open` when they next speak (§18.2.2); what was being sent has failed by itself.
    this.timers.moveTo(now);
    void flow;
  }

  advance(now: Millis): Millis | undefined {
    this.timers.fireDue(now);
    return this.timers.nextDue();
  }

  invite(options: InviteOptions, now: Millis): OutgoingInvite {
    this.timers.moveTo(now);
    return new LiveOutgoingInvite(this, options);
  }

  request(options: OutOfDialogOptions, now: Millis): OutgoingRequest {
    this.timers.moveTo(now);
    return new LiveOutgoingRequest(this, options);
  }

  resume(snapshot: DialogSnapshot, nextHop: Flow | Destination): Dialog {
    const dialog = new LiveDialog(this, { ...snapshot }, 'confirmed', 'idle', nextHop);
    dialog.setNextHop(nextHop);
    return dialog;
  }

  // ------------------------------------------------------------ Core

  touch(): void {
    if (this.ports.now) this.timers.moveTo(this.ports.now());
  }

  startClient(
    branch: string,
    request: SipRequest,
    to: Flow | Destination,
    user: ClientUser,
  ): ClientTransaction {
    const transaction = new ClientTransaction(branch, request, to, user, this);
    this.#clients.set(transaction.key, transaction);
    transaction.start();
    return transaction;
  }

  clientEnded(transaction: ClientTransaction): void {
    this.#clients.delete(transaction.key);
  }

  serverEnded(transaction: ServerTransaction): void {
    this.#servers.delete(transaction.key);
    if (transaction.mergeKey !== undefined && this.#merges.get(transaction.mergeKey) === transaction) {
      this.#merges.delete(transaction.mergeKey);
    }
  }

  keepDialog(dialog: LiveDialog): void {
    this.#dialogs.set(dialog.id, dialog);
  }

  dropDialog(dialog: LiveDialog): void {
    if (this.#dialogs.get(dialog.id) === dialog) this.#dialogs.delete(dialog.id);
  }

  transmit(to: Flow | Destination, message: SipMessage, failed: SendFailed): Buffer {
    this.options.decorate?.(message, to);
    const bytes = printMessage(message);
    this.ports.onMessage?.('out', message, to, this.timers.now, bytes);
    this.ports.send(to, bytes, message, failed);
    return bytes;
  }

  retransmit(to: Flow | Destination, bytes: Buffer, failed: SendFailed): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) return;
    this.ports.onMessage?.('out', parsed.message, to, this.timers.now, bytes);
    this.ports.send(to, bytes, parsed.message, failed);
  }

  #heard(message: SipMessage, flow: Flow): void {
    this.ports.onMessage?.('in', message, flow, this.timers.now, this.#received);
  }

  // ------------------------------------------------------------ responses

  #receiveResponse(response: SipResponse, flow: Flow): void {
    const cseq = cseqOf(response);
    const branch = topVia(response)?.branch;
    if (!cseq || branch === undefined) {
      this.#anomaly('response without a branch', flow);
      return;
    }
    const transaction = this.#clients.get(clientKey(branch, cseq.method));
    if (transaction) {
      this.#heard(response, flow);
      transaction.receive(response);
      return;
    }
    // §13.2.2.4: a 2xx may come again after its transaction is gone; without its ACK the peer hangs up.
    if (cseq.method === 'INVITE' && response.status >= 200 && response.status < 300) {
      const dialog = this.#dialogs.get(
        dialogKey(response.headers.get('call-id') ?? '', fromTagOf(response) ?? '', toTagOf(response) ?? ''),
      );
      if (dialog) {
        this.#heard(response, flow);
        dialog.ackAgain(cseq.number);
        return;
      }
    }
    this.#anomaly(`${response.status} without a transaction`, flow);
  }

  // ------------------------------------------------------------ requests

  #receiveRequest(request: SipRequest, flow: Flow): void {
    const { method } = request;
    const key = serverKey(request, method);
    const known = this.#servers.get(key);
    if (known) {
      this.#heard(request, flow);
      known.receive(request, flow);
    } else if (method === 'ACK') this.#receiveAck(request, flow);
    else if (method === 'CANCEL') this.#receiveCancel(request, flow);
    else this.#receiveNew(key, request, flow);
  }

  #receiveAck(ack: SipRequest, flow: Flow): void {
    const dialog = this.#dialogOf(ack);
    if (dialog) {
      this.#heard(ack, flow);
      dialog.receiveAck(ack);
    } else if (toTagOf(ack) !== this.#statelessTag(ack)) this.#anomaly('ACK that belongs to nothing', flow);
  }

  #receiveCancel(cancel: SipRequest, flow: Flow): void {
    const invite = this.#servers.get(serverKey(cancel, 'INVITE'));
    if (!invite?.invite) {
      this.#replyStateless(cancel, flow, 481, {});
      return;
    }
    this.#heard(cancel, flow);
    // §9.2: always 200, whatever has become of the INVITE; the same for the same CANCEL, so nothing is kept.
    const ok = { status: 200, localTag: invite.localTag };
    this.transmit(replyTarget(cancel, flow), composeResponse(cancel, flow, ok, {}, this.options), unheeded);
    if (!invite.answered) invite.user?.cancelled(cancel);
  }

  #receiveNew(key: string, request: SipRequest, flow: Flow): void {
    const inDialog = toTagOf(request) !== undefined;
    const room = inDialog ? this.#maxTransactions * IN_DIALOG_GRACE : this.#maxTransactions;
    if (this.#clients.size + this.#servers.size >= room) {
      this.#replyStateless(request, flow, 503, {});
      this.#anomaly('transaction table full', flow);
      return;
    }
    const refusal = checkRequest(request, this.#rules);
    if (refusal) {
      this.#replyStateless(request, flow, refusal.status, { headers: refusal.headers });
      this.#anomaly(`refused: ${refusal.why}`, flow);
      return;
    }
    if (inDialog) {
      const dialog = this.#dialogOf(request);
      if (!dialog) {
        this.#replyStateless(request, flow, 481, {});
        return;
      }
      const transaction = this.#keepServer(key, undefined, request, flow);
      dialog.receive(request, flow, transaction);
      this.#afterwards(transaction, request, flow);
      return;
    }
    const merge = mergeKey(request);
    const other = this.#merges.get(merge);
    // DEVIATION: once answered, a request other than INVITE does not count as ongoing: devices exist that send their
    // keep-alive OPTIONS with the same Call-ID, tag and CSeq for ever.
    if (other && (other.invite || !other.answered)) {
      this.#replyStateless(request, flow, 482, {});
      return;
    }
    const transaction = this.#keepServer(key, merge, request, flow);
    if (request.method === 'INVITE') {
      this.ports.onInvite(new LiveIncomingInvite(this, request, flow, transaction));
    } else {
      this.ports.onRequest(new LiveIncomingRequest(this, request, flow, transaction, undefined));
      this.#afterwards(transaction, request, flow);
    }
  }

  #keepServer(key: string, merge: string | undefined, request: SipRequest, flow: Flow): ServerTransaction {
    this.#heard(request, flow);
    const transaction = new ServerTransaction(key, merge, request, flow, this);
    this.#servers.set(transaction.key, transaction);
    if (merge !== undefined) this.#merges.set(merge, transaction);
    return transaction;
  }

  /** The owner did not answer on the spot: a re-INVITE gets its 100 (§17.2.1), another request its deadline. */
  #afterwards(transaction: ServerTransaction, request: SipRequest, flow: Flow): void {
    if (transaction.answered) return;
    if (transaction.invite) {
      transaction.respond(composeResponse(request, flow, { status: 100 }, {}, this.options));
    } else transaction.expectAnswer();
  }

  #dialogOf(request: SipRequest): LiveDialog | undefined {
    const callId = request.headers.get('call-id') ?? '';
    return this.#dialogs.get(dialogKey(callId, toTagOf(request) ?? '', fromTagOf(request) ?? ''));
  }

  // ------------------------------------------------------------ refusals without a memory

  #faulty(fault: ParseFault, flow: Flow): void {
    this.#anomaly(fault.why, flow);
    const { status, partial } = fault;
    if (status === undefined || partial?.kind !== 'request' || partial.method === 'ACK') return;
    // RFC 4475 wants a 400 also where From, To or CSeq is missing or unreadable: it is sent with what there is. Without a
    // Via, or without anything to match it by at the other end, an answer is noise, and noise can be aimed.
    if (!topVia(partial)) return;
    if (!partial.headers.has('call-id') && !partial.headers.has('cseq')) return;
    this.#replyStateless(partial, flow, status, { reason: fault.why });
  }

  #replyStateless(
    request: SipRequest,
    flow: Flow,
    status: number,
    parts: { headers?: Headers; reason?: string },
  ): void {
    if (request.method === 'ACK') return;
    this.#heard(request, flow);
    const line = { status, reason: parts.reason, localTag: this.#statelessTag(request) };
    const response = composeResponse(request, flow, line, parts, this.options);
    this.transmit(replyTarget(request, flow), response, unheeded);
  }

  /** §8.2.7: the same tag for the same request, without remembering it; and for its ACK. */
  #statelessTag(request: SipRequest): string {
    const what = `${request.headers.get('call-id')} ${fromTagOf(request)} ${cseqOf(request)?.number}`;
    return createHmac('sha256', this.#statelessKey).update(what).digest('hex').slice(0, 16);
  }

  #anomaly(what: string, flow: Flow): void {
    this.ports.onAnomaly?.(what, flow);
  }
}

/**
 * An INVITE of ours from the first packet to the last: one transaction (two after a challenge), many possible forks
 * (RFC 3261 §13.2), and the races of CANCEL (§9.1).
 *
 *     calling     nothing heard; a CANCEL waits
 *     proceeding  something heard; a CANCEL goes out at once
 *     cancelling  CANCEL wanted or sent; a 2xx that crosses it is ACKed and ended with BYE
 *     accepted    one fork won; others that answer are ACKed and ended with BYE
 *     failed      told the owner; what still comes back is cleaned up quietly
 */
import { cseqOf, toOf, toTagOf } from '../message/access.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { type ClientTransaction, type ClientUser, carefree } from '../transaction/client-transaction.ts';
import { cancelOf } from '../transaction/invite-siblings.ts';
import { flat } from '../transaction/keys.ts';
import type { Timer } from '../transaction/timer-queue.ts';
import { composeRequest, localResponse, partyOf, tagged } from './compose.ts';
import type { Core } from './core.ts';
import { answered } from './digest-retry.ts';
import { LiveDialog } from './live-dialog.ts';
import type { FinalOutcome, InviteOptions, OutgoingInvite, TransportFailure } from './types.ts';

/** Early dialogs of one INVITE; each costs memory that the peer decides about (T04). */
const MAX_FORKS = 32;

const nobody: InviteOptions['handlers'] = {
  onProvisional() {},
  onAccepted() {},
  onFailed() {},
};

export class LiveOutgoingInvite implements OutgoingInvite, ClientUser {
  state: OutgoingInvite['state'] = 'calling';
  request: SipRequest;
  readonly #core: Core;
  #options: InviteOptions;
  readonly #localTag: string;
  #transaction: ClientTransaction;
  #forks: Map<string, LiveDialog> | undefined;
  #confirmed = false;
  #heard = false;
  #challenged = false;
  #cancelWanted = false;
  #cancelReason: string | undefined;
  #cancelSent = false;
  #reported = false;
  #firstResponse: Timer | undefined;
  #only100: Timer | undefined;
  #cancelPatience: Timer | undefined;

  constructor(core: Core, options: InviteOptions) {
    this.#core = core;
    this.#options = options;
    const { random } = core.ports;
    this.#localTag = random.tag();
    const branch = random.branch();
    this.request = composeRequest(
      {
        method: 'INVITE',
        uri: options.requestUri,
        branch,
        to: options.destination,
        from: tagged(options.from, this.#localTag),
        toValue: options.to,
        callId: options.callId ?? random.callId(),
        cseq: 1,
        contact: options.contact,
        maxForwards: options.maxForwards,
      },
      options,
      core.options,
    );
    const { timers } = core;
    if (options.firstResponseMs !== undefined) {
      this.#firstResponse = timers.set(options.firstResponseMs, 'firstResponse', this);
    }
    if (options.only100Ms !== undefined) this.#only100 = timers.set(options.only100Ms, 'only100', this);
    this.#transaction = core.startClient(branch, this.request, options.destination, this);
  }

  cancel(reason?: string): void {
    if (this.#cancelWanted || this.state === 'accepted' || this.state === 'failed') return;
    this.#core.touch();
    this.#cancelWanted = true;
    this.#cancelReason = reason;
    this.state = 'cancelling';
    if (this.#heard) this.#sendCancel();
  }

  forgetOwner(): void {
    if (this.state !== 'accepted') return;
    const { requestUri, from, to, contact, destination } = this.#options;
    this.#options = { requestUri, from, to, contact, destination, handlers: nobody };
  }

  onResponse(response: SipResponse): void {
    const { status } = response;
    if (!this.#heard) {
      this.#heard = true;
      this.#firstResponse = this.#stop(this.#firstResponse);
    }
    if (status > 100) this.#only100 = this.#stop(this.#only100);
    if (status < 200) this.#progress(response);
    else if (status < 300) this.#accepted(response);
    else this.#rejected(response);
  }

  onTimeout(): void {
    this.#fail({ kind: 'timeout' });
  }

  onTransportFailure(failure: TransportFailure): void {
    this.#fail({ kind: 'transport', failure });
  }

  /** Timer M: no 2xx can come any more; forks that never answered are over (§13.2.2.4). */
  onEnded(): void {
    this.#stopTimers();
    if (this.#forks) {
      for (const fork of this.#forks.values()) {
        fork.dropAck();
        fork.inviteFailed();
      }
    }
    this.#forks = undefined;
  }

  timerFired(timer: string): void {
    if (timer === 'cancelPatience') {
      this.#cancelPatience = undefined;
      this.#transaction.giveUp();
      return;
    }
    if (timer === 'firstResponse') this.#firstResponse = undefined;
    else this.#only100 = undefined;
    if (this.#reported || this.#confirmed) return;
    // The owner goes on at once. Should the peer wake up, its answer is cancelled or ended with BYE.
    if (!this.#heard) this.#transaction.fallSilent();
    this.#cancelWanted = true;
    if (this.#heard) this.#sendCancel();
    this.#fail({ kind: 'timeout' });
  }

  #progress(response: SipResponse): void {
    if (this.#cancelWanted) {
      this.#sendCancel();
      return;
    }
    if (this.state === 'calling') this.state = 'proceeding';
    if (response.status === 100) return;
    const tag = toTagOf(response);
    const early = tag === undefined ? undefined : this.#fork(tag, response);
    if (early && early.state === 'early') early.learn(response, this.#cseq());
    this.#options.handlers.onProvisional(response, early);
  }

  #accepted(response: SipResponse): void {
    this.#stopTimers();
    // RFC 2543 peers answer without a tag; it is '' in the dialog then (§12.1.2).
    const tag = toTagOf(response) ?? '';
    const known = this.#forks?.get(tag);
    if (known && known.state !== 'early') {
      this.#acceptedAgain(known, response);
      return;
    }
    const dialog = this.#fork(tag, response);
    if (!dialog) return;
    dialog.learn(response, this.#cseq());
    dialog.confirm();
    const { handlers } = this.#options;
    const extra = this.#confirmed;
    this.#confirmed = true;
    if (!extra && !this.#cancelWanted && !this.#reported) {
      this.state = 'accepted';
      this.#reported = true;
      handlers.onAccepted(response, dialog, false);
      return;
    }
    dialog.ack();
    dialog.bye(this.#cancelReason);
    if (extra) handlers.onAccepted(response, dialog, true);
    else this.#fail(this.#terminated(response));
  }

  /** The same 2xx once more; or the first of a fork that we left with BYE while it rang: ACKed, and that was it. */
  #acceptedAgain(fork: LiveDialog, response: SipResponse): void {
    if (fork.state === 'confirmed' || this.#confirmed) {
      fork.ackAgain(this.#cseq());
      return;
    }
    this.#confirmed = true;
    fork.learn(response, this.#cseq());
    fork.ack();
    this.#fail(this.#terminated(response));
  }

  /** The 487 that a crossing 2xx stands for. */
  #terminated(response: SipResponse): FinalOutcome {
    const local = localResponse(this.request, 487);
    return { kind: 'response', response: { ...local, headers: response.headers.clone() } };
  }

  #rejected(response: SipResponse): void {
    if ((response.status === 401 || response.status === 407) && this.#tryCredentials(response)) return;
    this.#fail({ kind: 'response', response });
  }

  /** §22.2: once, with a new branch and the next CSeq; early dialogs of the first try are over. */
  #tryCredentials(response: SipResponse): boolean {
    if (this.#challenged || this.#cancelWanted || this.#reported) return false;
    this.#challenged = true;
    const { options, ports } = this.#core;
    const branch = ports.random.branch();
    const { credentials, destination } = this.#options;
    const again = answered(this.request, response, credentials?.bind(this.#options), {
      to: destination,
      branch,
      cnonce: ports.random.tag(),
      options,
    });
    if (!again) return false;
    this.#endForks();
    this.request = again;
    this.#transaction.forgetUser();
    this.#transaction = this.#core.startClient(branch, again, destination, this);
    return true;
  }

  /** Undefined when a peer makes up more forks than any phone system has. */
  #fork(tag: string, response: SipResponse): LiveDialog | undefined {
    const known = this.#forks?.get(tag);
    if (known) return known;
    if (this.#forks && this.#forks.size >= MAX_FORKS && !this.#makeRoom(response)) return undefined;
    const { request } = this;
    const options = this.#options;
    const address = toOf(response);
    const fork = new LiveDialog(
      this.#core,
      {
        callId: flat(request.headers.get('call-id') ?? ''),
        localTag: this.#localTag,
        remoteTag: flat(tag),
        localUri: partyOf(options.from),
        remoteUri: address ? partyOf(response.headers.get('to') ?? '', address) : partyOf(options.to),
        remoteTarget: options.requestUri,
        routeSet: [],
        localCseq: this.#cseq(),
        remoteCseq: undefined,
        localContact: options.contact,
        secure: options.requestUri.startsWith('sips:'),
      },
      'early',
      'ours',
      options.destination,
    );
    this.#forks ??= new Map();
    this.#forks.set(fork.facts.remoteTag, fork);
    return fork;
  }

  /** Ringing forks beyond the bound do not matter, but an answer does: the fork that has rung longest gives way to it. */
  #makeRoom(response: SipResponse): boolean {
    if (response.status < 200) return false;
    for (const [tag, fork] of this.#forks ?? []) {
      if (fork.state !== 'early') continue;
      fork.inviteFailed();
      return this.#forks?.delete(tag) ?? false;
    }
    return false;
  }

  #sendCancel(): void {
    if (this.#cancelSent) return;
    this.#cancelSent = true;
    const cancel = cancelOf(this.request);
    if (this.#cancelReason !== undefined) cancel.headers.append('Reason', this.#cancelReason);
    const { timers, timing } = this.#core;
    this.#cancelPatience = timers.set(timing.patience, 'cancelPatience', this);
    this.#core.startClient(this.#transaction.branch, cancel, this.#transaction.to, carefree);
  }

  #fail(outcome: FinalOutcome): void {
    this.#stopTimersUnlessCancelling();
    if (this.#reported) {
      this.#endForks();
      return;
    }
    this.#reported = true;
    this.state = 'failed';
    this.#endForks();
    this.#options.handlers.onFailed(outcome);
  }

  #endForks(): void {
    if (!this.#forks) return;
    for (const [tag, fork] of this.#forks) {
      if (fork.state !== 'early') continue;
      fork.inviteFailed();
      this.#forks.delete(tag);
    }
  }

  /** After an abandoned INVITE the transaction still waits for the end of its CANCEL. */
  #stopTimersUnlessCancelling(): void {
    this.#firstResponse = this.#stop(this.#firstResponse);
    this.#only100 = this.#stop(this.#only100);
    const { state } = this.#transaction;
    if (state !== 'calling' && state !== 'proceeding')
      this.#cancelPatience = this.#stop(this.#cancelPatience);
  }

  #stopTimers(): void {
    this.#firstResponse = this.#stop(this.#firstResponse);
    this.#only100 = this.#stop(this.#only100);
    this.#cancelPatience = this.#stop(this.#cancelPatience);
  }

  #stop(timer: Timer | undefined): undefined {
    this.#core.timers.cancel(timer);
    return undefined;
  }

  #cseq(): number {
    return cseqOf(this.request)?.number ?? 1;
  }
}

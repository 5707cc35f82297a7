/**
 * An INVITE to us outside a dialog, from arrival to ACK (RFC 3261 §13.3). `100` has gone out before the owner sees it.
 */

import { routeSetOf } from '../dialog/route-set.ts';
import { contactsOf, cseqOf, fromOf, fromTagOf, toOf } from '../message/access.ts';
import type { SipRequest } from '../message/message.ts';
import { flat } from '../transaction/keys.ts';
import type { ServerTransaction, ServerUser } from '../transaction/server-transaction.ts';
import type { Timer } from '../transaction/timer-queue.ts';
import { composeResponse, partyOf } from './compose.ts';
import type { Core } from './core.ts';
import { type InitialInvite, LiveDialog } from './live-dialog.ts';
import type { Dialog, Flow, IncomingInvite, ResponseParts } from './types.ts';

/** §13.3.1.1: a provisional answer is repeated every minute, so that proxies (and NATs) do not forget the call. */
const PROGRESS_AGAIN_MS = 60_000;

export class LiveIncomingInvite implements IncomingInvite, ServerUser, InitialInvite {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly localTag: string;
  state: IncomingInvite['state'] = 'proceeding';
  onCancel?: ((cancel: SipRequest) => void) | undefined;
  onAck?: ((ack: SipRequest) => void) | undefined;
  onAckTimeout?: (() => void) | undefined;
  readonly #core: Core;
  readonly #transaction: ServerTransaction;
  #contact: string | undefined;
  #dialog: LiveDialog | undefined;
  #progressAgain: Timer | undefined;

  constructor(core: Core, request: SipRequest, flow: Flow, transaction: ServerTransaction) {
    this.#core = core;
    this.request = request;
    this.flow = flow;
    this.#transaction = transaction;
    this.localTag = core.ports.random.tag();
    transaction.localTag = this.localTag;
    transaction.user = this;
    this.#respond(100, {});
  }

  progress(status: number, parts: ResponseParts = {}): void {
    if (this.state !== 'proceeding' || status <= 100 || status > 199) return;
    this.#core.touch();
    this.#makeDialog(parts);
    this.#respond(status, parts);
    this.#stopProgress();
    this.#progressAgain = this.#core.timers.set(PROGRESS_AGAIN_MS, 'progressAgain', this);
  }

  accept(parts: ResponseParts): Dialog {
    const dialog = this.#makeDialog(parts);
    if (this.state !== 'proceeding') {
      // Cancelled or rejected meanwhile: a dialog that is over already.
      dialog.inviteFailed();
      return dialog;
    }
    this.#core.touch();
    this.#stopProgress();
    this.state = 'accepted';
    this.#respond(200, parts);
    dialog.answered(this.#transaction, cseqOf(this.request)?.number ?? 0, this);
    return dialog;
  }

  reject(status: number, parts: ResponseParts = {}): void {
    if (this.state !== 'proceeding' || status < 300 || status > 699) return;
    this.#core.touch();
    this.#close('rejected', status, parts);
  }

  // ServerUser: CANCEL in time (§9.2); the 200 to it has gone out.
  // The name `onCancel` belongs to the owner, hence this one.
  cancelled(cancel: SipRequest): void {
    if (this.state !== 'proceeding') return;
    this.#close('cancelled', 487, {});
    this.onCancel?.(cancel);
  }

  acked(ack: SipRequest): void {
    this.state = 'confirmed';
    this.onAck?.(ack);
  }

  ackMissing(): void {
    this.onAckTimeout?.();
  }

  /** §15.1.2: the caller hung up with BYE instead of CANCEL; the owner hears it as the cancel that it means. */
  byeBeforeAnswer(bye: SipRequest): void {
    this.cancelled(bye);
  }

  timerFired(): void {
    this.#progressAgain = undefined;
    if (this.state !== 'proceeding') return;
    this.#transaction.resendProgress();
    this.#progressAgain = this.#core.timers.set(PROGRESS_AGAIN_MS, 'progressAgain', this);
  }

  #close(state: 'rejected' | 'cancelled', status: number, parts: ResponseParts): void {
    this.#stopProgress();
    this.state = state;
    this.#respond(status, parts);
    this.#dialog?.inviteFailed();
  }

  #respond(status: number, parts: ResponseParts): void {
    const makesDialog = status > 100 && status < 300;
    if (parts.contact !== undefined) this.#contact = parts.contact;
    this.#transaction.respond(
      composeResponse(
        this.request,
        this.flow,
        {
          status,
          reason: parts.reason,
          localTag: this.localTag,
          contact: makesDialog ? this.#contact : parts.contact,
          makesDialog,
        },
        parts,
        this.#core.options,
      ),
    );
  }

  #makeDialog(parts: ResponseParts): LiveDialog {
    const dialog = this.#dialog;
    const contact = parts.contact ?? parts.headers?.get('contact');
    if (dialog) {
      if (contact !== undefined) dialog.facts.localContact = contact;
      return dialog;
    }
    const { request } = this;
    const { headers } = request;
    const target = contactsOf(request)[0]?.uri ?? '';
    const made = new LiveDialog(
      this.#core,
      {
        callId: flat(headers.get('call-id') ?? ''),
        localTag: this.localTag,
        remoteTag: flat(fromTagOf(request) ?? ''),
        localUri: partyOf(headers.get('to') ?? '', toOf(request)),
        remoteUri: partyOf(headers.get('from') ?? '', fromOf(request)),
        remoteTarget: flat(target),
        routeSet: routeSetOf(request, 'uas'),
        localCseq: 0,
        remoteCseq: cseqOf(request)?.number,
        localContact: contact ?? this.#contact ?? '',
        secure: request.uri.startsWith('sips:'),
      },
      'early',
      'theirs',
      this.flow,
    );
    made.expectEarlyBye(this);
    this.#dialog = made;
    return made;
  }

  #stopProgress(): void {
    this.#core.timers.cancel(this.#progressAgain);
    this.#progressAgain = undefined;
  }
}

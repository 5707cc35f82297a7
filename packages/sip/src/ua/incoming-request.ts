/** A request to us other than an INVITE that makes a dialog; re-INVITEs are among them. */
import { routeSetOf } from '../dialog/route-set.ts';
import { contactsOf, cseqOf, fromOf, fromTagOf, toOf } from '../message/access.ts';
import type { SipRequest } from '../message/message.ts';
import { flat } from '../transaction/keys.ts';
import type { ServerTransaction, ServerUser } from '../transaction/server-transaction.ts';
import { composeResponse, partyOf } from './compose.ts';
import type { Core } from './core.ts';
import { LiveDialog } from './live-dialog.ts';
import type { Dialog, Flow, IncomingRequest, ResponseParts } from './types.ts';

export class LiveIncomingRequest implements IncomingRequest, ServerUser {
  readonly request: SipRequest;
  readonly flow: Flow;
  answered = false;
  /** Refused because it was not the peer's turn: the turn that is taken stays taken. */
  refusedForTurn = false;
  readonly #core: Core;
  readonly #transaction: ServerTransaction;
  readonly #dialog: LiveDialog | undefined;

  constructor(
    core: Core,
    request: SipRequest,
    flow: Flow,
    transaction: ServerTransaction,
    dialog: LiveDialog | undefined,
  ) {
    this.request = request;
    this.flow = flow;
    this.#core = core;
    this.#transaction = transaction;
    this.#dialog = dialog;
    transaction.user = this;
  }

  get dialog(): Dialog | undefined {
    return this.#dialog;
  }

  respond(status: number, parts: ResponseParts = {}): void {
    if (this.answered) return;
    this.#core.touch();
    this.answered = status >= 200;
    const transaction = this.#transaction;
    const dialog = this.#dialog;
    if (!dialog) transaction.localTag ??= this.#core.ports.random.tag();
    const { method } = this.request;
    const given = parts.contact;
    if (given !== undefined && dialog && status < 300) dialog.facts.localContact = given;
    const inSession = dialog && method !== 'BYE' && status > 100 && status < 300;
    transaction.respond(
      composeResponse(
        this.request,
        this.flow,
        {
          status,
          reason: parts.reason,
          localTag: transaction.localTag,
          contact: given ?? (inSession ? dialog.facts.localContact : undefined),
        },
        parts,
        this.#core.options,
      ),
    );
    if (status >= 200) dialog?.closed(this, status, transaction);
  }

  accept(parts: ResponseParts & { readonly contact: string }): Dialog | undefined {
    if (this.answered || this.#dialog) return undefined;
    this.#core.touch();
    this.answered = true;
    const transaction = this.#transaction;
    const localTag = this.#core.ports.random.tag();
    transaction.localTag = localTag;
    const { request, flow } = this;
    const { headers } = request;
    const { contact, reason } = parts;
    const dialog = new LiveDialog(
      this.#core,
      {
        callId: flat(headers.get('call-id') ?? ''),
        localTag,
        remoteTag: flat(fromTagOf(request) ?? ''),
        localUri: partyOf(headers.get('to') ?? '', toOf(request)),
        remoteUri: partyOf(headers.get('from') ?? '', fromOf(request)),
        remoteTarget: flat(contactsOf(request)[0]?.uri ?? ''),
        routeSet: routeSetOf(request, 'uas'),
        localCseq: 0,
        remoteCseq: cseqOf(request)?.number,
        localContact: contact,
        secure: request.uri.startsWith('sips:'),
      },
      'confirmed',
      'idle',
      flow,
      false,
    );
    transaction.respond(
      composeResponse(
        request,
        flow,
        { status: 200, reason, localTag, contact, makesDialog: true },
        parts,
        this.#core.options,
      ),
    );
    return dialog;
  }

  cancelled(): void {
    // §9.2: CANCEL means nothing to requests other than INVITE.
    if (this.request.method === 'INVITE') this.respond(487);
  }
}

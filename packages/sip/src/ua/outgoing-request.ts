/** A request of ours outside dialogs that is no INVITE: OPTIONS, REGISTER. */
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { ClientUser } from '../transaction/client-transaction.ts';
import { composeRequest, tagged } from './compose.ts';
import type { Core } from './core.ts';
import { answered } from './digest-retry.ts';
import type { FinalOutcome, OutgoingRequest, OutOfDialogOptions, TransportFailure } from './types.ts';

export class LiveOutgoingRequest implements OutgoingRequest, ClientUser {
  request: SipRequest;
  readonly #core: Core;
  readonly #options: OutOfDialogOptions;
  #challenged = false;
  #done = false;

  constructor(core: Core, options: OutOfDialogOptions) {
    this.#core = core;
    this.#options = options;
    const { random } = core.ports;
    const branch = random.branch();
    this.request = composeRequest(
      {
        method: options.method,
        uri: options.requestUri,
        branch,
        to: options.destination,
        from: tagged(options.from, random.tag()),
        toValue: options.to,
        callId: options.callId ?? random.callId(),
        cseq: options.cseq ?? 1,
        contact: options.contact,
      },
      options,
      core.options,
    );
    core.startClient(branch, this.request, options.destination, this);
  }

  // MICROSOFT: the 200 to OPTIONS comes without a To tag; nothing here asks for one.
  onResponse(response: SipResponse): void {
    const { status } = response;
    if (status < 200) {
      if (status > 100) this.#options.onProvisional?.(response);
      return;
    }
    if ((status === 401 || status === 407) && this.#tryCredentials(response)) return;
    this.#finish({ kind: 'response', response });
  }

  onTimeout(): void {
    this.#finish({ kind: 'timeout' });
  }

  onTransportFailure(failure: TransportFailure): void {
    this.#finish({ kind: 'transport', failure });
  }

  #tryCredentials(response: SipResponse): boolean {
    if (this.#challenged) return false;
    this.#challenged = true;
    const { ports, options } = this.#core;
    const branch = ports.random.branch();
    const { credentials, destination } = this.#options;
    const again = answered(this.request, response, credentials?.bind(this.#options), {
      to: destination,
      branch,
      cnonce: ports.random.tag(),
      options,
    });
    if (!again) return false;
    this.request = again;
    this.#core.startClient(branch, again, destination, this);
    return true;
  }

  #finish(outcome: FinalOutcome): void {
    if (this.#done) return;
    this.#done = true;
    this.#options.onFinal(outcome);
  }
}

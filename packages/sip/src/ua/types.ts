import type { Headers } from '../message/headers.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';

/**
 * The user agent's border. It is sans-I/O: bytes and time come in as arguments, everything that must happen in the
 * world leaves through {@link UserAgentPorts}. One user agent carries every call of a process.
 */

export type Protocol = 'UDP' | 'TCP' | 'TLS';

/** Monotonic milliseconds. Never wall time (I12). */
export type Millis = number;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * One UDP association or one stream connection as the transport knows it. The transport creates it, keeps it alive
 * and may hang what it learned about the peer on `peer`; the user agent only compares `id` and sends to it.
 */
export interface Flow {
  readonly id: number;
  readonly protocol: Protocol;
  /** Name of our listener or connector the flow belongs to, for example `teams`, `carrier-udp`. */
  readonly listener: string;
  readonly local: HostPort;
  /** The packet's source for UDP, the connection's far end for streams. */
  readonly remote: HostPort;
  /** What the transport proved about the far end (verified certificate names, configured peer). Opaque here. */
  readonly peer?: unknown;
  /** False once a stream is closed. UDP flows are always open. */
  readonly open: boolean;
}

/** Where a request goes when no flow is given: resolved, pooled and connected by the transport. */
export interface Destination {
  readonly protocol: Protocol;
  /** A name or an address. The transport resolves names (A/AAAA, cached); SRV is done before (resolve/). */
  readonly host: string;
  readonly port: number;
  /** TLS name to send and verify; defaults to `host`. */
  readonly serverName?: string;
  /** Which of our identities (certificate, local socket) is used, for example `teams` or `carrier-udp`. */
  readonly via: string;
}

export type TransportFailure = {
  readonly kind: 'resolve' | 'connect' | 'tls' | 'reset' | 'timeout' | 'closed' | 'send';
  readonly detail: string;
};

/** Names and numbers that must not be guessed. Tests give counters, the server gives crypto. */
export interface RandomPort {
  branch(): string; // with the magic cookie z9hG4bK
  tag(): string;
  callId(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
}

export interface UserAgentPorts {
  /**
   * Hand one message to the transport. `bytes` is what goes out; `message` is the same, for tracing.
   * `failed` is called at most once, later, when the message certainly did not reach the peer.
   */
  send(
    to: Flow | Destination,
    bytes: Buffer,
    message: SipMessage,
    failed: (why: TransportFailure) => void,
  ): void;
  /** A new INVITE outside any dialog, retransmissions absorbed, 100 Trying already sent. */
  onInvite(invite: IncomingInvite): void;
  /** Any other request outside any dialog (OPTIONS, REGISTER, ...), retransmissions absorbed. */
  onRequest(request: IncomingRequest): void;
  /**
   * Every message in and out that belongs to something, for ladder, metrics and HEP. Cheap; must not throw. Who keeps
   * it keeps `bytes`, as they are on the wire: a parsed message is several times its text.
   */
  onMessage?(
    direction: 'in' | 'out',
    message: SipMessage,
    to: Flow | Destination,
    now: Millis,
    bytes: Buffer,
  ): void;
  /** Something on the wire that was dropped or answered without anybody asking: parse faults, stray ACKs, ... */
  onAnomaly?(what: string, flow: Flow): void;
  readonly random: RandomPort;
  /**
   * Monotonic time for calls that carry no `now` (everything on dialogs, invites and incoming requests). Without it the
   * latest `now` ever given counts: then call `advance(now)` before acting after a quiet spell.
   */
  now?(): Millis;
}

export interface UserAgentOptions {
  /** Written into every request and response unless the caller's headers say otherwise. */
  readonly userAgent?: string;
  /** Methods answered; anything else gets 405 with this list as Allow. The caller's headers may override per message. */
  readonly allow: readonly string[];
  /** Methods handed over as well, but not named in Allow: REGISTER is a registrar's matter, not a call's. */
  readonly alsoAnswered?: readonly string[];
  /** Option tags understood in Require; anything else gets 420. */
  readonly supported: readonly string[];
  /** RFC 3261 T1, T2, T4 in ms (defaults 500, 4000, 5000). */
  readonly t1Ms?: number;
  readonly t2Ms?: number;
  readonly t4Ms?: number;
  /** Upper bound of live transactions; beyond it new requests get a stateless 503 (T04). Default 100,000. */
  readonly maxTransactions?: number;
  /** Via sent-by and `alias`/`rport` for requests sent to `to`. The user agent adds the branch. */
  viaFor(to: Flow | Destination): { readonly sentBy: string; readonly params: string };
  /** Last hook before printing: the twin writes Microsoft's upper-case headers here. */
  decorate?(message: SipMessage, to: Flow | Destination): void;
}

/** Extra headers are appended as given; well-known ones replace what the user agent would write. */
export interface MessageParts {
  readonly headers?: Headers;
  readonly body?: Buffer;
  readonly contentType?: string;
}

export interface ResponseParts extends MessageParts {
  readonly reason?: string;
  /** Our Contact (without it the one given at creation is used; for 1xx/2xx to INVITE it is required once). */
  readonly contact?: string;
}

export type FinalOutcome =
  | { readonly kind: 'response'; readonly response: SipResponse }
  | { readonly kind: 'timeout' } // timer B or F
  | { readonly kind: 'transport'; readonly failure: TransportFailure };

/** A server transaction outside INVITE. */
export interface IncomingRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** The dialog it came in, if any. */
  readonly dialog?: Dialog | undefined;
  respond(status: number, parts?: ResponseParts): void;
  /**
   * 200 to a request that asks for a dialog without a session (RFC 6665 §4.2.1: SUBSCRIBE), and that dialog. Undefined:
   * it is in a dialog already, or it has been answered.
   */
  accept(parts: ResponseParts & { readonly contact: string }): Dialog | undefined;
  /** True once a final answer has been given. */
  readonly answered: boolean;
}

export interface OutgoingRequest {
  readonly request: SipRequest;
}

export interface OutOfDialogOptions extends MessageParts {
  readonly method: string;
  readonly requestUri: string;
  readonly from: string; // name-addr without tag
  readonly to: string; // name-addr
  readonly callId?: string;
  readonly contact?: string;
  readonly destination: Flow | Destination;
  readonly cseq?: number;
  /** Digest credentials for one 401/407 to REGISTER or OPTIONS; other methods are never repeated (T07). */
  credentials?(challenge: {
    realm: string;
    proxy: boolean;
  }): { username: string; password: string } | undefined;
  onProvisional?(response: SipResponse): void;
  onFinal(outcome: FinalOutcome): void;
}

export interface InviteOptions extends MessageParts {
  readonly requestUri: string;
  readonly from: string; // name-addr without tag; the tag is ours
  readonly to: string;
  readonly contact: string; // full name-addr, e.g. <sip:sbc1.customers.example.net:5061;transport=tls>
  readonly callId?: string;
  readonly maxForwards?: number;
  readonly destination: Flow | Destination;
  /** Ends with `timeout` when nothing at all has been heard after this long (default timer B). */
  readonly firstResponseMs?: number;
  /** Ends with `timeout` (after CANCEL) when only 100 has been heard after this long. Default: none. */
  readonly only100Ms?: number;
  /** Digest credentials for 401/407 on this request only (T07). */
  credentials?(challenge: {
    realm: string;
    proxy: boolean;
  }): { username: string; password: string } | undefined;
  readonly handlers: InviteHandlers;
}

export interface InviteHandlers {
  /** 101-199. `early` is set when the response has a To tag; the same object for the same fork. 100 is not reported. */
  onProvisional(response: SipResponse, early: Dialog | undefined): void;
  /**
   * A 2xx. The first makes `dialog` confirmed. The caller must call `dialog.ack()` (with a body for a late offer);
   * retransmitted 2xx are then ACKed again by the user agent. A 2xx of another fork comes here again with
   * `extra: true`: it has already been ACKed and its BYE sent; it is reported for the record only.
   */
  onAccepted(response: SipResponse, dialog: Dialog, extra: boolean): void;
  /** 3xx-6xx (ACK already sent), timeout or transport failure. Exactly once, never after a non-extra accept. */
  onFailed(outcome: FinalOutcome): void;
}

/** One INVITE client: one transaction, many possible early dialogs (forks). */
export interface OutgoingInvite {
  readonly request: SipRequest;
  readonly state: 'calling' | 'proceeding' | 'cancelling' | 'accepted' | 'failed';
  /**
   * Cancel it. CANCEL goes out at once if a provisional was heard, else as soon as one is; a crossing 2xx is ACKed and
   * ended with BYE by the user agent and reported as failed 487. `reason` becomes the Reason header.
   */
  cancel(reason?: string): void;
  /**
   * Once accepted: the handlers are not needed any more. The transaction lives on for half a minute (RFC 6026), and
   * what its owner holds must not live with it. Other forks that answer are still ended, untold.
   */
  forgetOwner(): void;
}

/** An INVITE server outside a dialog, from first arrival to ACK. */
export interface IncomingInvite {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly state: 'proceeding' | 'accepted' | 'confirmed' | 'rejected' | 'cancelled';
  /** The To tag of every answer of ours but 100: lets the owner write a checkpoint before the 200 goes out. */
  readonly localTag: string;
  /** 101-199 with our To tag. The same tag each time. */
  progress(status: number, parts?: ResponseParts): void;
  /** 200. Retransmitted until ACK (64*T1, RFC 3261 13.3.1.4), then `onAckTimeout` (the owner sends BYE). */
  accept(parts: ResponseParts): Dialog;
  /** 3xx-6xx. */
  reject(status: number, parts?: ResponseParts): void;
  /**
   * CANCEL arrived in time: 200 to it and 487 to the INVITE have been sent. The request is a BYE when the caller hung
   * up its early dialog instead (RFC 3261 15.1.2).
   */
  onCancel?: ((cancel: SipRequest) => void) | undefined;
  onAck?: ((ack: SipRequest) => void) | undefined;
  onAckTimeout?: (() => void) | undefined;
}

/** A dialog as data, enough to resume it in another process (reliability 2, checkpoint). */
export interface DialogSnapshot {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From and To as name-addr, display name kept, tag left out. */
  readonly localUri: string;
  readonly remoteUri: string;
  /** The peer's Contact URI byte for byte. */
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly localCseq: number;
  readonly remoteCseq: number | undefined;
  readonly localContact: string;
  readonly secure: boolean;
}

export interface InDialogOptions extends MessageParts {
  readonly method: string;
  onProvisional?(response: SipResponse): void;
  /**
   * For a re-INVITE a 2xx is ACKed by the user agent at once, unless `ackBody` is given, which is then asked for it.
   * 401/407 are not answered with credentials inside a dialog (T07). 408 or 481 ends the dialog: `onEnded` follows.
   */
  onFinal(outcome: FinalOutcome): void;
  ackBody?(response: SipResponse): Buffer | undefined;
}

/** RFC 3261 12. Matched by Call-ID and tags, never by connection. Early until the 2xx. */
export interface Dialog {
  readonly id: string;
  readonly state: 'early' | 'confirmed' | 'ended';
  readonly snapshot: DialogSnapshot;
  /** ACK for the 2xx that confirmed an outgoing INVITE's dialog. */
  ack(parts?: MessageParts): void;
  /** In-dialog request. A re-INVITE while one is pending in either direction throws nothing: it fails with a local 491. */
  request(options: InDialogOptions): void;
  /** BYE, once; later calls do nothing. `reason` becomes the Reason header. Before the ACK of our own 2xx it waits for it (RFC 3261 15). */
  bye(reason?: string): void;
  /** For a dialog without a session: it is forgotten without a word. What is under way in it may still be answered. */
  close(): void;
  /** Where in-dialog requests go physically, when it is not what route set and target say (proxy in front, NAT). */
  setNextHop(to: Flow | Destination): void;
  /** Any request inside the dialog except ACK, CANCEL and BYE (BYE is answered 200 and reported as ended). Re-INVITE glare and overlaps (491, 500 with Retry-After) are answered before. Absent handler: 405/501 as fitting. */
  onRequest?: ((request: IncomingRequest) => void) | undefined;
  /** ACK to a re-INVITE that we answered (with its body, for late offers). */
  onAck?: ((ack: SipRequest) => void) | undefined;
  /** The dialog is over: BYE from the peer (with it), our BYE answered, 481/408 to a request, session timer expired. Once. */
  onEnded?: ((why: DialogEnd) => void) | undefined;
}

export type DialogEnd =
  | { readonly kind: 'bye-received'; readonly request: SipRequest }
  | { readonly kind: 'bye-sent' }
  | { readonly kind: 'gone'; readonly status: number }
  | { readonly kind: 'session-expired' };

export interface UserAgent {
  /** One datagram, or one framed message of a stream. */
  receive(bytes: Buffer, flow: Flow, now: Millis): void;
  /** A stream is gone: pending sends on it have failed already; server transactions fall back to Via (18.2.2). */
  flowClosed(flow: Flow, now: Millis): void;
  /** Fire what is due. Returns when to call again, or undefined when nothing is pending. */
  advance(now: Millis): Millis | undefined;
  invite(options: InviteOptions, now: Millis): OutgoingInvite;
  request(options: OutOfDialogOptions, now: Millis): OutgoingRequest;
  /** Bring a confirmed dialog back from its snapshot (after a crash). */
  resume(snapshot: DialogSnapshot, nextHop: Flow | Destination): Dialog;
  readonly counts: { readonly transactions: number; readonly dialogs: number };
}

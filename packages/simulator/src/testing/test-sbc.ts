import {
  type Dialog,
  type FinalOutcome,
  type Flow,
  type Headers,
  type IncomingInvite,
  type MessageParts,
  parseMessage,
  type SipResponse,
} from '@tandem/sip';
import { MessageTransport, type TransportFailure } from '@tandem/wire';
import { realClock } from '../clock.ts';
import { type AudioOutline, printAudioSdp } from '../media/sdp.ts';
import { twinRandom } from '../random.ts';
import { SipNode, streamFramer } from '../sip-node.ts';
import { fullChain, type Issued } from '../trust/authority.ts';
import type { Twin } from '../twin.ts';

/** A small SBC that does everything right, and whose every habit can be broken: the other side of the checks. */
export class TestSbc {
  readonly responses: SipResponse[] = [];
  readonly incoming: IncomingInvite[] = [];
  readonly failures: TransportFailure[] = [];
  onInvite: ((invite: IncomingInvite) => void) | undefined;
  readonly node: SipNode;
  readonly #transport: MessageTransport;
  readonly #twin: Twin;
  readonly #clock = realClock;
  readonly #random = twinRandom(7);
  readonly #waiting = new Map<string, (response: SipResponse) => void>();

  constructor(twin: Twin, certificate: Issued = twin.sbc) {
    this.#twin = twin;
    const tls = {
      cert: fullChain(certificate),
      key: certificate.key,
      ca: [twin.trust.microsoft.cert],
      rejectUnauthorized: false,
    };
    this.#transport = new MessageTransport({
      framer: streamFramer,
      resolve: async () => ['127.0.0.1'],
      onMessage: (bytes, flow) => this.#receive(bytes, flow),
      onFlowClosed: (_flow, why) => this.failures.push(why),
    });
    this.#transport.connector({ name: 'teams', tls: () => tls });
    this.node = new SipNode(
      {
        allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'NOTIFY', 'REFER'],
        supported: ['timer', 'replaces'],
        viaFor: () => ({ sentBy: 'sbc1.customers.example.net:5061', params: 'alias' }),
      },
      {
        send: (to, bytes, _message, failed) => {
          this.#transport.send(to, bytes, (why) => {
            this.failures.push(why);
            failed(why);
          });
          this.node.kick();
        },
        onInvite: (invite) => {
          this.incoming.push(invite);
          this.onInvite?.(invite);
        },
        onRequest: (request) =>
          request.respond(200, { contact: '<sip:customers.example.net:5061;transport=tls>' }),
      },
      this.#clock,
      this.#random,
    );
    this.#tls = tls;
  }

  readonly #tls: object;

  /** Takes calls from Microsoft on the twin's configured SBC address. */
  async listen(): Promise<void> {
    const port = Number(this.#twin.config.sbcTeamsTls.split(':')[1]);
    await this.#transport.listenStream({
      name: 'teams-in',
      protocol: 'TLS',
      address: '127.0.0.1',
      port,
      tls: { ...this.#tls, requestCert: true },
    });
  }

  hub(index: 0 | 1 | 2 = 0) {
    return {
      protocol: 'TLS' as const,
      host: '127.0.0.1',
      port: Number(this.#twin.ready.hubs[index]?.split(':')[1]),
      serverName: 'sip.pstnhub.microsoft.com',
      via: 'teams',
    };
  }

  /** Sends bytes as they are and gives the first final response with that Call-ID, or what became of the connection. */
  raw(text: string, hub: 0 | 1 | 2 = 0): Promise<SipResponse | TransportFailure> {
    const bytes = Buffer.from(text, 'latin1');
    const line = (name: string): string => new RegExp(`^${name}:\\s*(.+?)\\r$`, 'im').exec(text)?.[1] ?? '';
    const key = `${line('call-id')} ${line('cseq')}`;
    return new Promise((resolve) => {
      this.#waiting.set(key, resolve);
      this.#transport.send(this.hub(hub), bytes, resolve);
    });
  }

  /** An INVITE through the user agent. */
  call(options: {
    to?: string;
    host?: string;
    body?: Buffer;
    hub?: 0 | 1 | 2;
    headers?: Headers;
    onProvisional?(response: SipResponse, early: Dialog | undefined): void;
    ack?: boolean;
  }): {
    outcome: Promise<{ dialog: Dialog; response: SipResponse } | FinalOutcome>;
    cancel(reason?: string): void;
  } {
    const host = options.host ?? 'sbc1.customers.example.net';
    const to = options.to ?? '+12025550142';
    let cancel: (reason?: string) => void = () => undefined;
    const outcome = new Promise<{ dialog: Dialog; response: SipResponse } | FinalOutcome>((resolve) => {
      const invite = this.node.ua.invite(
        {
          requestUri: `sip:${to}@sip.pstnhub.microsoft.com:5061;user=phone;transport=tls`,
          from: `<sip:+12025550199@${host};user=phone>`,
          to: `<sip:${to}@sip.pstnhub.microsoft.com;user=phone>`,
          contact: `<sip:+12025550199@${host}:5061;transport=tls>`,
          destination: this.hub(options.hub),
          ...(options.headers ? { headers: options.headers } : {}),
          body: options.body ?? sbcSdp(),
          contentType: 'application/sdp',
          handlers: {
            onProvisional: (response, early) => options.onProvisional?.(response, early),
            onAccepted: (response, dialog) => {
              dialog.setNextHop(this.hub(options.hub));
              if (options.ack !== false) dialog.ack();
              this.node.kick();
              resolve({ dialog, response });
            },
            onFailed: resolve,
          },
        },
        this.node.now,
      );
      cancel = (reason) => {
        invite.cancel(reason);
        this.node.kick();
      };
      this.node.kick();
    });
    return { outcome, cancel: (reason) => cancel(reason) };
  }

  reinvite(dialog: Dialog, parts: MessageParts): Promise<FinalOutcome> {
    return new Promise((resolve) => {
      dialog.request({ method: 'INVITE', ...parts, contentType: 'application/sdp', onFinal: resolve });
      this.node.kick();
    });
  }

  async close(): Promise<void> {
    this.node.close();
    await this.#transport.close();
  }

  #receive(bytes: Buffer, flow: Flow): void {
    const parsed = parseMessage(bytes);
    if (parsed.ok && parsed.message.kind === 'response') {
      this.responses.push(parsed.message);
      const { headers } = parsed.message;
      const key = `${headers.get('call-id') ?? ''} ${headers.get('cseq') ?? ''}`;
      const waiting = this.#waiting.get(key);
      if (waiting && parsed.message.status >= 200) {
        this.#waiting.delete(key);
        waiting(parsed.message);
        return;
      }
    }
    this.node.ua.receive(bytes, flow, this.node.now);
    this.node.kick();
  }
}

export const testKey = 'Nqu1ZuuqBbVq+spkbY/MExZZJZxBT6RxTzWBVO/V';

/** The offer of teams-direct-routing 6.3, with one thing changed. */
export function sbcSdp(change: Partial<AudioOutline> = {}): Buffer {
  return printAudioSdp({
    origin: 'TestSBC 71001 1 IN IP4 127.0.0.1',
    session: '-',
    address: '127.0.0.1',
    port: 20010,
    protocol: 'RTP/SAVP',
    payloads: [
      { number: 8, name: 'PCMA/8000' },
      { number: 0, name: 'PCMU/8000' },
      { number: 101, name: 'telephone-event/8000', fmtp: '0-15' },
    ],
    crypto: [{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', keyBase64: testKey }],
    direction: 'sendrecv',
    rtcpMux: true,
    microsoft: false,
    ...change,
  });
}

let counter = 0;

/** A correct request of the SBC as text; `change` replaces lines by header name, `null` drops them. */
export function sbcRequest(
  method: string,
  change: {
    uri?: string;
    contactHost?: string;
    headers?: Readonly<Record<string, string | null>>;
    body?: Buffer;
  } = {},
): string {
  counter += 1;
  const host =
    change.contactHost ?? (method === 'OPTIONS' ? 'customers.example.net' : 'sbc1.customers.example.net');
  const uri =
    change.uri ??
    (method === 'OPTIONS'
      ? 'sip:sip.pstnhub.microsoft.com:5061;transport=tls'
      : 'sip:+12025550142@sip.pstnhub.microsoft.com:5061;user=phone;transport=tls');
  const body = change.body ?? (method === 'INVITE' ? sbcSdp() : Buffer.alloc(0));
  const lines: Record<string, string | null> = {
    Via: `SIP/2.0/TLS ${host}:5061;alias;branch=z9hG4bKtest${counter}`,
    'Max-Forwards': '70',
    From: `<sip:+12025550199@${host};user=phone>;tag=t${counter}`,
    To: '<sip:+12025550142@sip.pstnhub.microsoft.com;user=phone>',
    'Call-ID': `test-${counter}@${host}`,
    CSeq: `1 ${method}`,
    Contact: `<sip:+12025550199@${host}:5061;transport=tls>`,
    Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER',
    ...(body.length > 0 ? { 'Content-Type': 'application/sdp' } : {}),
    'Content-Length': String(body.length),
    ...change.headers,
  };
  const head = Object.entries(lines)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return `${method} ${uri} SIP/2.0\r\n${head}\r\n${body.toString('latin1')}`;
}

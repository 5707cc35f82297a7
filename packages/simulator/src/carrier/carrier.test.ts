import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { callIdOf, type Flow, type IncomingInvite, parseMessage, type SipMessage } from '@tandem/sip';
import { MessageTransport } from '@tandem/wire';
import { realClock } from '../clock.ts';
import { readAudioSdp } from '../media/sdp.ts';
import { twinRandom } from '../random.ts';
import { SipNode, streamFramer } from '../sip-node.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { printCarrierSdp } from './carrier-sdp.ts';

/** The SBC's carrier side: takes calls, places calls, remembers what came. */
class CarrierSide {
  readonly heard: SipMessage[] = [];
  onInvite: (invite: IncomingInvite) => void = () => undefined;
  readonly node: SipNode;
  readonly #transport: MessageTransport;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
    this.#transport = new MessageTransport({
      framer: streamFramer,
      resolve: async (host) => [host],
      onMessage: (bytes, flow) => this.#receive(bytes, flow),
    });
    this.node = new SipNode(
      {
        allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'],
        supported: [],
        viaFor: () => ({ sentBy: `127.0.0.1:${port}`, params: 'rport' }),
      },
      {
        send: (to, bytes, _message, failed) => {
          this.#transport.send(to, bytes, failed);
          this.node.kick();
        },
        onInvite: (invite) => this.onInvite(invite),
        onRequest: (request) => request.respond(200),
      },
      realClock,
      twinRandom(5),
    );
  }

  async open(): Promise<void> {
    await this.#transport.listenUdp({ name: 'carrier-udp', address: '127.0.0.1', port: this.#port });
  }

  sdp(): Buffer {
    return printCarrierSdp({ address: '127.0.0.1', port: 23_900, version: 1, direction: 'sendrecv' });
  }

  /** Calls `number` at one of the carrier's ports; the final status, or `timeout`. */
  call(
    port: number,
    number: string,
    credentials = false,
    patienceMs = 5000,
  ): Promise<{ status: number; body: Buffer; provisional: number[] }> {
    const provisional: number[] = [];
    return new Promise((resolve) => {
      this.node.ua.invite(
        {
          requestUri: `sip:${number}@127.0.0.1:${port}`,
          from: '<sip:+12025550142@127.0.0.1>',
          to: `<sip:${number}@127.0.0.1:${port}>`,
          contact: `<sip:127.0.0.1:${this.#port}>`,
          destination: { protocol: 'UDP', host: '127.0.0.1', port, via: 'carrier-udp' },
          body: this.sdp(),
          firstResponseMs: patienceMs,
          ...(credentials ? { credentials: () => ({ username: 'tandem', password: 'rehearsal' }) } : {}),
          handlers: {
            onProvisional: (response) => provisional.push(response.status),
            onAccepted: (response, dialog) => {
              dialog.ack();
              dialog.bye();
              this.node.kick();
              resolve({ status: response.status, body: response.body, provisional });
            },
            onFailed: (outcome) =>
              resolve({
                status: outcome.kind === 'response' ? outcome.response.status : 0,
                body: Buffer.alloc(0),
                provisional,
              }),
          },
        },
        this.node.now,
      );
      this.node.kick();
    });
  }

  async close(): Promise<void> {
    this.node.close();
    await this.#transport.close();
  }

  #receive(bytes: Buffer, flow: Flow): void {
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.heard.push(parsed.message);
    this.node.ua.receive(bytes, flow, this.node.now);
    this.node.kick();
  }
}

describe('the rehearsal carrier and its bad days', () => {
  let twin: Twin;
  let close: () => Promise<void>;
  let sbc: CarrierSide;
  let ports: readonly number[];
  before(async () => {
    ({ twin, close } = await startTestTwin(23_200));
    sbc = new CarrierSide(Number(twin.config.sbcCarrier.split(':')[1]));
    await sbc.open();
    ports = twin.carrier.ports;
  });
  after(async () => {
    await sbc.close();
    await close();
  });
  afterEach(async () => {
    await twin.faults.clear();
    for (const call of twin.carrier.calls.values()) call.hangUp();
    sbc.heard.length = 0;
  });

  const habits: readonly [number: string, status: number][] = [
    ['+12025550198', 200],
    ['+12025550196', 486],
    ['+12025550195', 404],
    ['+12025550192', 503],
    ['911', 200],
  ];
  for (const [number, status] of habits) {
    it(`SBC calls ${number}: ${status}`, async () => {
      assert.equal((await sbc.call(ports[0] ?? 0, number)).status, status);
    });
  }

  it('SBC calls the announcement number: 183 with early media before the answer', async () => {
    twin.carrier.habits.set('+12025550197', { kind: 'early-media', answerAfterMs: 30 });
    const { status, provisional } = await sbc.call(ports[0] ?? 0, '+12025550197');
    assert.deepEqual([status, provisional], [200, [183]]);
  });

  it('503-first and silent: the first address fails, the second answers', async () => {
    for (const [fault, status, patienceMs] of [
      ['503-first', 503, 5000],
      ['silent', 0, 150],
    ] as const) {
      await twin.faults.set({ at: 'carrier' }, fault);
      assert.equal((await sbc.call(ports[0] ?? 0, '+12025550198', false, patienceMs)).status, status);
      assert.equal((await sbc.call(ports[1] ?? 0, '+12025550198')).status, 200);
      await twin.faults.clear();
    }
  });

  it('drop-first-200: the call is answered by the retransmission', async () => {
    await twin.faults.set({ at: 'carrier' }, 'drop-first-200');
    assert.equal((await sbc.call(ports[0] ?? 0, '+12025550198')).status, 200);
    assert.equal(
      twin.audit.find({ kind: 'sent' }).some((entry) => /lost on purpose/.test(entry.summary)),
      true,
    );
  });

  it('duplicate-200: the same 200 comes twice', async () => {
    await twin.faults.set({ at: 'carrier' }, 'duplicate-200');
    assert.equal((await sbc.call(ports[0] ?? 0, '+12025550198')).status, 200);
    const answers = (): number =>
      sbc.heard.filter(
        (m) => m.kind === 'response' && m.status === 200 && /INVITE/.test(m.headers.get('cseq') ?? ''),
      ).length;
    while (answers() < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('digest: 407 without credentials, 200 with them', async () => {
    await twin.faults.set({ at: 'carrier' }, 'digest');
    assert.equal((await sbc.call(ports[0] ?? 0, '+12025550198')).status, 407);
    assert.equal((await sbc.call(ports[0] ?? 0, '+12025550198', true)).status, 200);
  });

  it('no-common-codec and huge-sdp change what the carrier says', async () => {
    await twin.faults.set({ at: 'carrier' }, 'no-common-codec');
    assert.equal((await sbc.call(ports[0] ?? 0, '+12025550198')).status, 488);
    await twin.faults.clear();
    await twin.faults.set({ at: 'carrier' }, 'huge-sdp');
    const { body } = await sbc.call(ports[0] ?? 0, '+12025550198');
    assert.ok(body.length > 20_000);
  });

  it('a party at the carrier calls: early offer by default, none with offerless, no ACK with never-ack', async () => {
    const arrived = (): Promise<IncomingInvite> =>
      new Promise((resolve) => {
        sbc.onInvite = resolve;
      });
    let next = arrived();
    const call = await twin.carrier.place({ from: '+12025550199', to: '+12025550142' });
    const offered = await next;
    assert.ok(readAudioSdp(offered.request.body).ok);
    offered.reject(486);
    sbc.node.kick();
    assert.equal((await call.ended).status, 486);

    await twin.faults.set({ at: 'carrier' }, 'offerless');
    next = arrived();
    const second = await twin.carrier.place({ from: '+12025550199', to: '+12025550142' });
    const offerless = await next;
    assert.equal(offerless.request.body.length, 0);
    const acked = new Promise<Buffer>((resolve) => {
      offerless.onAck = (ack) => resolve(ack.body);
    });
    offerless.accept({
      contact: `<sip:${twin.config.sbcCarrier}>`,
      body: sbc.sdp(),
      contentType: 'application/sdp',
    });
    sbc.node.kick();
    assert.ok(readAudioSdp(await acked).ok);
    second.hangUp();

    await twin.faults.clear();
    await twin.faults.set({ at: 'carrier' }, 'never-ack');
    next = arrived();
    const third = await twin.carrier.place({ from: '+12025550199', to: '+12025550142' });
    const unacked = await next;
    sbc.heard.length = 0;
    unacked.accept({
      contact: `<sip:${twin.config.sbcCarrier}>`,
      body: sbc.sdp(),
      contentType: 'application/sdp',
    });
    sbc.node.kick();
    await new Promise<void>((resolve) => third.whenConnected(resolve));
    assert.equal(
      sbc.heard.some((m) => m.kind === 'request' && m.method === 'ACK' && callIdOf(m) === third.sipCallId),
      false,
    );
  });
});

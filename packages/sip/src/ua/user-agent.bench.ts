/**
 * CPU per complete call (INVITE 100 180 200 ACK BYE 200) through two user agents, sockets left out: what the stack
 * itself costs. `node packages/sip/src/ua/user-agent.bench.ts [calls]`; one JSON line at the end. Divide by two for
 * one side; a B2BUA has two sides per call.
 */
import type { Flow, InviteHandlers, UserAgent, UserAgentPorts } from './types.ts';
import { createUserAgent } from './user-agent.ts';

const CALLS = Number(process.argv[2] ?? 20_000);
/** Calls at once, so that the tables are as full as in life: 150 calls/s and 32 s of timers. */
const RATE = 150;

const sdp = Buffer.from(
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8 0 101\r\n' +
    'a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n',
);

let now = 0;
let ids = 0;
const random = {
  branch: () => `z9hG4bK${(++ids).toString(36)}0123456789`,
  tag: () => `t${(++ids).toString(36)}01234567`,
  callId: () => `c${(++ids).toString(36)}0123456789@example.net`,
  fraction: () => 0.5,
};

function flow(id: number, host: string): Flow {
  return {
    id,
    protocol: 'UDP',
    listener: 'bench',
    local: { host: '192.0.2.9', port: 5060 },
    remote: { host, port: 5060 },
    open: true,
  };
}

const toAlice = flow(1, '192.0.2.1');
const toBob = flow(2, '192.0.2.2');
/** Deliveries wait in a queue, as they do behind a socket. */
const wire: (() => void)[] = [];

function agent(host: string, far: () => UserAgent, from: Flow, ports: Partial<UserAgentPorts>): UserAgent {
  return createUserAgent(
    {
      allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'NOTIFY', 'REFER'],
      supported: ['timer', 'replaces'],
      userAgent: 'bench',
      viaFor: () => ({ sentBy: `${host}:5060`, params: ';rport' }),
    },
    {
      send: (_to, bytes) => wire.push(() => far().receive(bytes, from, now)),
      onInvite() {},
      onRequest() {},
      random,
      ...ports,
    },
  );
}

let ended = 0;
const alice: UserAgent = agent('192.0.2.1', () => bob, toAlice, {});
const bob: UserAgent = agent('192.0.2.2', () => alice, toBob, {
  onInvite(invite) {
    const contact = '<sip:bob@192.0.2.2:5060>';
    invite.progress(180, { contact });
    invite.accept({ contact, body: sdp });
  },
});

const handlers: InviteHandlers = {
  onProvisional() {},
  onAccepted(_response, dialog) {
    dialog.onEnded = () => ended++;
    dialog.ack();
    dialog.bye();
  },
  onFailed() {
    throw new Error('a bench call failed');
  },
};

function run(calls: number): void {
  for (let call = 0; call < calls; call++) {
    alice.invite(
      {
        requestUri: 'sip:+12025550142@192.0.2.2:5060;user=phone',
        from: '<sip:+12025550199@192.0.2.1;user=phone>',
        to: '<sip:+12025550142@192.0.2.2;user=phone>',
        contact: '<sip:alice@192.0.2.1:5060>',
        destination: toBob,
        body: sdp,
        handlers,
      },
      now,
    );
    for (let at = 0; at < wire.length; at++) wire[at]?.();
    wire.length = 0;
    now += 1000 / RATE;
    alice.advance(now);
    bob.advance(now);
  }
}

run(Math.min(CALLS, 5000));
globalThis.gc?.();
ended = 0;
const before = process.cpuUsage();
run(CALLS);
const used = process.cpuUsage(before);
globalThis.gc?.();
const heldTransactions = alice.counts.transactions + bob.counts.transactions;
const microsPerCall = (used.user + used.system) / CALLS;
console.log(
  JSON.stringify({
    bench: 'user-agent',
    calls: ended,
    microsPerCall: Math.round(microsPerCall * 10) / 10,
    microsPerMessage: Math.round((microsPerCall / 7) * 10) / 10,
    heldTransactions,
    heapMb: Math.round(process.memoryUsage().heapUsed / 1e6),
    node: process.version,
  }),
);

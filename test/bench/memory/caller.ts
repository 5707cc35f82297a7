/**
 * A carrier that sets up calls and then holds them in silence, RTCP every five seconds; what SIPp cannot do, because it
 * cannot send RTCP to a port that it learns per call. Run as a process of its own:
 *
 *     node caller.ts LOCAL_PORT TARGET_PORT MEDIA_PORT
 *
 * On standard input: `call N RATE` and `end`; on standard output one JSON line for each, with what came of it.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { startKeepAlive } from '../rig/keep-alive.ts';

const [localPort = 0, targetPort = 0, mediaPort = 0] = process.argv.slice(2).map(Number);
const keepAlive = await startKeepAlive(mediaPort);
const here = `127.0.0.1:${localPort}`;
const RESEND_MS = 500;
const GIVE_UP_MS = 15_000;

type Phase = 'calling' | 'up' | 'ending' | 'ended' | 'failed';
interface Call {
  readonly id: string;
  readonly sinceMs: number;
  phase: Phase;
  /** What is repeated until answered. */
  pending: string | undefined;
  sentMs: number;
  endsMs: number;
  remote: string;
  to: string;
  routes: string;
  branch: number;
}

const calls = new Map<string, Call>();
let made = 0;
const socket = createSocket({
  type: 'udp4',
  lookup: (host, _options, done) => done(null, host, 4),
  recvBufferSize: 4 << 20,
});
const send = (text: string): void => socket.send(Buffer.from(text, 'latin1'), targetPort, '127.0.0.1');

const offer = [
  'v=0',
  'o=carrier 53655765 2353687637 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  `m=audio ${mediaPort} RTP/AVP 8 0 101`,
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

const head = (call: Call, method: string, cseq: number, uri: string): string =>
  `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${here};branch=z9hG4bK${call.id}-${call.branch}\r\n${call.routes}` +
  `From: "Pat Example" <sip:+12025550199@${here};user=phone>;tag=${call.id}\r\nTo: ${call.to}\r\n` +
  `Call-ID: ${call.id}@127.0.0.1\r\nCSeq: ${cseq} ${method}\r\nMax-Forwards: 70\r\n`;

function invite(): void {
  made += 1;
  const target = `127.0.0.1:${targetPort}`;
  const call: Call = {
    id: `bench${process.pid}x${made}`,
    sinceMs: performance.now(),
    phase: 'calling',
    pending: undefined,
    sentMs: performance.now(),
    endsMs: performance.now() + GIVE_UP_MS,
    remote: `sip:+12025550142@${target};user=phone`,
    to: `<sip:+12025550142@${target}>`,
    routes: '',
    branch: 1,
  };
  calls.set(call.id, call);
  call.pending =
    `${head(call, 'INVITE', 1, call.remote)}Contact: <sip:+12025550199@${here}>\r\n` +
    `Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\nContent-Type: application/sdp\r\nContent-Length: ${offer.length}\r\n\r\n${offer}`;
  send(call.pending);
}

function bye(call: Call): void {
  call.phase = 'ending';
  call.branch += 1;
  call.pending = `${head(call, 'BYE', 2, call.remote)}Content-Length: 0\r\n\r\n`;
  call.sentMs = performance.now();
  call.endsMs = call.sentMs + GIVE_UP_MS;
  send(call.pending);
}

const header = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*:\\s*(.*)$`, 'im').exec(text)?.[1]?.trim();

function receive(text: string): void {
  const call = calls.get(/^(?:call-id|i)\s*:\s*([^@\s]+)/im.exec(text)?.[1] ?? '');
  if (call === undefined) return;
  if (!text.startsWith('SIP/2.0 ')) {
    // The other side ends a call that we hold: answered, and a failure for us.
    const copied = text
      .slice(0, text.indexOf('\r\n\r\n'))
      .split('\r\n')
      .filter((line) => /^(via|v|from|f|to|t|call-id|i|cseq)\s*:/i.test(line))
      .join('\r\n');
    send(`SIP/2.0 200 OK\r\n${copied}\r\nContent-Length: 0\r\n\r\n`);
    if (text.startsWith('BYE') && call.phase === 'up') call.phase = 'failed';
    return;
  }
  const status = Number(text.slice(8, 11));
  const method = header(text, 'cseq')?.split(' ')[1];
  if (status < 200) return;
  call.pending = undefined;
  if (method === 'BYE') call.phase = 'ended';
  if (method !== 'INVITE') return;
  call.to = header(text, 'to') ?? header(text, 't') ?? call.to;
  if (status >= 300) {
    send(`${head(call, 'ACK', 1, call.remote)}Content-Length: 0\r\n\r\n`);
    call.phase = 'failed';
    return;
  }
  if (call.phase === 'calling') {
    const routes = [...text.matchAll(/^record-route\s*:\s*(.*)$/gim)]
      .flatMap((match) => match[1]!.trim().split(/,(?=\s*<)/))
      .reverse();
    call.routes = routes.map((route) => `Route: ${route.trim()}\r\n`).join('');
    call.remote = /<([^>]+)>/.exec(header(text, 'contact') ?? '')?.[1] ?? call.remote;
    call.branch += 1;
    call.phase = 'up';
    keepAlive.add(text.slice(text.indexOf('\r\n\r\n') + 4));
  }
  send(`${head(call, 'ACK', 1, call.remote)}Content-Length: 0\r\n\r\n`);
}

const count = (phase: Phase): number => [...calls.values()].filter((call) => call.phase === phase).length;
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function settled(phase: Phase): Promise<void> {
  while (count(phase) > 0) {
    const now = performance.now();
    for (const call of calls.values()) {
      if (call.phase !== phase || call.pending === undefined) continue;
      if (now > call.endsMs) call.phase = 'failed';
      else if (now - call.sentMs > RESEND_MS) {
        call.sentMs = now;
        send(call.pending);
      }
    }
    await wait(50);
  }
}

/** Paced by the clock, in steps of 10 ms. */
async function paced(total: number, rate: number, act: (index: number) => void): Promise<void> {
  const start = performance.now();
  for (let done = 0; done < total; ) {
    while (done < total && (performance.now() - start) * rate >= done * 1000) act(done++);
    await wait(10);
  }
}

const say = (what: string): void => {
  process.stdout.write(
    `${JSON.stringify({ what, up: count('up'), ended: count('ended'), failed: count('failed') })}\n`,
  );
};

async function obey(line: string): Promise<void> {
  const [word, total = '0', rate = '50'] = line.trim().split(' ');
  if (word === 'call') {
    await paced(Number(total), Number(rate), invite);
    await settled('calling');
  } else if (word === 'end') {
    const up = [...calls.values()].filter((call) => call.phase === 'up');
    await paced(up.length, 100, (index) => bye(up[index]!));
    await settled('ending');
  }
  say(word ?? '');
}

socket.on('message', (bytes) => receive(bytes.toString('latin1')));
await new Promise<void>((done) => socket.bind(localPort, '127.0.0.1', done));
let last = Promise.resolve();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    last = last.then(() => obey(line));
  })
  .on('close', () => process.exit(0));
say('ready');

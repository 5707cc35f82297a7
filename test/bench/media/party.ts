/**
 * One side of all calls of the media bench, as a process of its own: speaks G.711 at 20 ms into the relay and judges what
 * comes out. Every payload carries its call, its number and when it was sent; process.hrtime is one clock for all
 * processes of a machine. Started by `fork`, commanded over its channel (party-messages.ts).
 */
import { createSocket, type Socket } from 'node:dgram';
import {
  parseMasterKey,
  printRtcp,
  SrtcpReceiver,
  SrtcpSender,
  SrtpReceiver,
  SrtpSender,
} from '@tandem/media';
import {
  DELAY_STEP_MS,
  DELAY_STEPS,
  type PartyAnswer,
  type PartyCommand,
  type Target,
} from './party-messages.ts';

const FRAME_MS = 20;
const RTCP_MS = 5000;
const HEADER = 12;
const PACKET = 172;
const PAYLOAD_TYPE = 8;
const suite = 'AES_CM_128_HMAC_SHA1_80';
/** A stall longer than this is not caught up: a burst would measure the burst. */
const MAX_CATCH_UP_MS = 200;

// Within the payload.
const MAGIC = 0x7a6d_1234;
const AT = { magic: 12, call: 16, number: 20, counted: 24, sentAt: 28, tail: 168 } as const;

interface Call {
  readonly index: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly packet: Buffer;
  readonly ssrc: number;
  sequence: number;
  dueMs: number;
  rtcpDueMs: number;
  packets: number;
  target: Target | undefined;
  sender: SrtpSender | undefined;
  receiver: SrtpReceiver | undefined;
  controlSender: SrtcpSender | undefined;
  controlReceiver: SrtcpReceiver | undefined;
}

const now = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
};

let calls: Call[] = [];
let counting = false;
let [sent, received, rejected, rtcpReceived, rtcpRejected] = [0, 0, 0, 0, 0];
const delays = new Array<number>(DELAY_STEPS).fill(0);

async function bind(address: string): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, done) => done(null, host, 4),
    recvBufferSize: 1 << 20,
  });
  socket.on('error', () => undefined);
  // With a lookup that answers at once, it listens before bind returns: only the callback is told.
  await new Promise<void>((done) => socket.bind(0, address, done));
  return socket;
}

async function open(address: string, count: number, muxed: boolean): Promise<Target[]> {
  for (let index = 0; index < count; index += 1) {
    const rtp = await bind(address);
    const rtcp = muxed ? rtp : await bind(address);
    const packet = Buffer.alloc(PACKET + 10, 0xd5);
    packet[0] = 0x80;
    packet[1] = PAYLOAD_TYPE;
    const ssrc = (0x1000_0000 + process.pid * 4096 + index) >>> 0;
    packet.writeUInt32BE(ssrc, 8);
    const call: Call = {
      index,
      rtp,
      rtcp,
      packet,
      ssrc,
      sequence: 0,
      dueMs: 0,
      rtcpDueMs: 0,
      packets: 0,
      target: undefined,
      sender: undefined,
      receiver: undefined,
      controlSender: undefined,
      controlReceiver: undefined,
    };
    calls.push(call);
    rtp.on('message', (bytes) => {
      // RFC 5761 §4: RTCP types 192-223 where RTP has marker and payload type.
      if (bytes[1]! >= 192 && bytes[1]! <= 223) hearControl(call, bytes);
      else hear(call, bytes);
    });
    if (!muxed) rtcp.on('message', (bytes) => hearControl(call, bytes));
  }
  return calls.map(({ rtp, rtcp }) => ({
    address,
    rtpPort: rtp.address().port,
    rtcpPort: rtcp.address().port,
  }));
}

function hear(call: Call, bytes: Buffer): void {
  const at = now();
  const length = call.receiver === undefined ? bytes.length : call.receiver.unprotect(bytes, bytes.length);
  if (
    length !== PACKET ||
    bytes.readUInt32BE(AT.magic) !== MAGIC ||
    bytes.readUInt32BE(AT.call) !== call.index ||
    bytes.readUInt32BE(AT.tail) !== 0xd5d5_d5d5
  ) {
    rejected += 1;
    return;
  }
  if (bytes[AT.counted] !== 1) return;
  received += 1;
  const delay = Math.max(0, Math.floor((at - bytes.readDoubleBE(AT.sentAt)) / DELAY_STEP_MS));
  delays[Math.min(delay, DELAY_STEPS - 1)]! += 1;
}

function hearControl(call: Call, bytes: Buffer): void {
  const length =
    call.controlReceiver === undefined ? bytes.length : call.controlReceiver.unprotect(bytes, bytes.length);
  if (length < 8 || bytes[0]! >> 6 !== 2) rtcpRejected += 1;
  else rtcpReceived += 1;
}

function say(call: Call): void {
  const { packet, target } = call;
  if (target === undefined) return;
  call.sequence += 1;
  packet.fill(0xd5, HEADER, PACKET);
  packet.writeUInt16BE(call.sequence & 0xffff, 2);
  packet.writeUInt32BE((call.sequence * 160) >>> 0, 4);
  packet.writeUInt32BE(MAGIC, AT.magic);
  packet.writeUInt32BE(call.index, AT.call);
  packet.writeUInt32BE(call.sequence, AT.number);
  packet[AT.counted] = counting ? 1 : 0;
  packet.writeDoubleBE(now(), AT.sentAt);
  const length = call.sender === undefined ? PACKET : call.sender.protect(packet, PACKET);
  call.rtp.send(packet, 0, length, target.rtpPort, target.address);
  call.packets += 1;
  if (counting) sent += 1;
}

function sayControl(call: Call, nowMs: number): void {
  const { target, ssrc } = call;
  if (target === undefined) return;
  const unix = Date.now();
  const plain = printRtcp([
    {
      kind: 'sr',
      ssrc,
      sender: {
        ntpSeconds: (Math.floor(unix / 1000) + 2_208_988_800) >>> 0,
        ntpFraction: Math.floor(((unix % 1000) / 1000) * 0x1_0000_0000),
        rtpTimestamp: (call.sequence * 160) >>> 0,
        packets: call.packets,
        octets: (call.packets * 160) >>> 0,
      },
      reports: [],
    },
    { kind: 'sdes', ssrc, cname: `bench${call.index}` },
  ]);
  const packet = call.controlSender === undefined ? plain : call.controlSender.protect(plain);
  if (packet) call.rtcp.send(packet, target.rtcpPort, target.address);
  call.rtcpDueMs = nowMs + RTCP_MS;
}

/** Absolute due times, every call with its own place within the 20 ms. */
function turn(): void {
  const nowMs = now();
  for (const call of calls) {
    if (nowMs - call.dueMs > MAX_CATCH_UP_MS) call.dueMs = nowMs;
    while (call.dueMs <= nowMs) {
      say(call);
      call.dueMs += FRAME_MS;
    }
    if (call.rtcpDueMs <= nowMs) sayControl(call, nowMs);
  }
  setTimeout(turn, 1);
}

function talk(command: Extract<PartyCommand, { kind: 'talk' }>): void {
  const master = (key: string): Buffer => parseMasterKey(key)!;
  const startMs = now() + command.phaseMs;
  for (const call of calls) {
    const keys = command.keys?.[call.index];
    call.target = command.targets[call.index];
    call.dueMs = startMs + (call.index * FRAME_MS) / calls.length;
    call.rtcpDueMs = startMs + 500 + (call.index * 2000) / calls.length;
    if (keys === undefined) continue;
    call.sender = new SrtpSender({ suite, master: master(keys.tx) });
    call.receiver = new SrtpReceiver({ suite, master: master(keys.rx) });
    call.controlSender = new SrtcpSender({ suite, master: master(keys.tx) });
    call.controlReceiver = new SrtcpReceiver({ suite, master: master(keys.rx) });
  }
  turn();
}

const answer = (message: PartyAnswer): void => void process.send?.(message);

process.on('message', (command: PartyCommand) => {
  switch (command.kind) {
    case 'open':
      calls = [];
      void open(command.address, command.calls, command.muxed).then((targets) =>
        answer({ kind: 'opened', targets }),
      );
      return;
    case 'talk':
      talk(command);
      answer({ kind: 'done' });
      return;
    case 'reset':
      // What was refused before belongs to the warm-up (keys on their way, latching).
      [sent, received, rejected, rtcpReceived, rtcpRejected] = [0, 0, 0, 0, 0];
      delays.fill(0);
      answer({ kind: 'done' });
      return;
    case 'count':
      counting = true;
      answer({ kind: 'done' });
      return;
    case 'uncount':
      counting = false;
      answer({ kind: 'done' });
      return;
    case 'report':
      answer({ kind: 'report', sent, received, rejected, rtcpReceived, rtcpRejected, delays });
      return;
  }
});
process.on('disconnect', () => process.exit(0));

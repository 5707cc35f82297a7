/**
 * What one packet costs in the relay itself, sockets left out: `node packages/media/src/relay/relay.bench.ts`. Prints one
 * JSON line, microseconds of CPU per packet, the median of five rounds.
 */
import { randomBytes } from 'node:crypto';
import { printRtp } from '../rtp/packet.ts';
import { parseMasterKey } from '../srtp/session-keys.ts';
import { SrtpReceiver, SrtpSender } from '../srtp/srtp.ts';
import { PacketRing } from './packet-ring.ts';
import type { CodecMap, SrtpSettings } from './relay-commands.ts';
import { RelaySession } from './relay-session.ts';

const ROUNDS = 5;
const PACKETS = 100_000;
const payload = randomBytes(160);

const key = (): string => randomBytes(30).toString('base64');
const suite = 'AES_CM_128_HMAC_SHA1_80';
const pcma: CodecMap = { pcma: 8, send: 'pcma' };
const pcmu: CodecMap = { pcmu: 0, send: 'pcmu' };

function session(srtpA: SrtpSettings | null, codecsB: CodecMap): RelaySession {
  const local = { address: '127.0.0.1', rtpPort: 2, rtcpPort: 3 };
  const remote = { address: '127.0.0.1', port: 4000, mux: true };
  return new RelaySession(
    {
      session: 'bench',
      locals: { a: local, b: local },
      a: { remote, codecs: pcma, srtp: srtpA },
      b: { remote, codecs: codecsB },
    },
    {
      send: () => undefined,
      event: () => undefined,
      fraction: () => 0.5,
      random32: () => 7,
      wallOffsetMs: 0,
      ring: new PacketRing(),
    },
    0,
  );
}

const plain = (sequence: number, payloadType: number): Buffer =>
  printRtp({
    marker: false,
    payloadType,
    sequence: sequence & 0xffff,
    timestamp: (sequence * 160) >>> 0,
    ssrc: 5,
    payload,
  });

/** Packets are made ahead of the clock; making them is not measured. */
function measure(make: (sequence: number) => Buffer, work: (packet: Buffer) => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const packets = Array.from({ length: PACKETS }, (_, i) => make(round * PACKETS + i));
    const before = process.cpuUsage();
    for (const packet of packets) work(packet);
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / PACKETS);
  }
  return Number(rounds.sort((a, b) => a - b)[ROUNDS >> 1]!.toFixed(2));
}

const protector = (keyBase64: string): ((sequence: number) => Buffer) => {
  const sender = new SrtpSender({ suite, master: parseMasterKey(keyBase64)! });
  return (sequence) => {
    const room = Buffer.alloc(182);
    plain(sequence, 8).copy(room);
    sender.protect(room, 172);
    return room;
  };
};

const theirs = key();
const srtp: SrtpSettings = { suite, tx: { keyBase64: key() }, rx: { keyBase64: theirs } };
const into = (relay: RelaySession, side: 'a' | 'b') => (packet: Buffer) =>
  relay.receive(side, 'rtp', packet, packet.length, '127.0.0.1', 4000, 0);
const sender = new SrtpSender({ suite, master: parseMasterKey(key())! });
const receiverKey = key();
const receiver = new SrtpReceiver({ suite, master: parseMasterKey(receiverKey)! });

const microsPerPacket = {
  protect: measure(
    (sequence) => Buffer.concat([plain(sequence, 8), Buffer.alloc(10)]),
    (packet) => void sender.protect(packet, 172),
  ),
  unprotect: measure(protector(receiverKey), (packet) => void receiver.unprotect(packet, packet.length)),
  rtpToRtp: measure((sequence) => plain(sequence, 8), into(session(null, pcma), 'a')),
  rtpToRtpTranscoded: measure((sequence) => plain(sequence, 8), into(session(null, pcmu), 'a')),
  srtpToRtp: measure(protector(theirs), into(session(srtp, pcma), 'a')),
  rtpToSrtp: measure((sequence) => plain(sequence, 8), into(session(srtp, pcma), 'b')),
};
process.stdout.write(`${JSON.stringify({ bench: 'relay', microsPerPacket, node: process.version })}\n`);

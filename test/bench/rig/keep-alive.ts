/**
 * RTCP that keeps an otherwise silent call alive, for parties of the memory bench: the same small report for every call of
 * this process, every five seconds, to where the other side's SDP said.
 */
import { createSocket, type Socket } from 'node:dgram';
import { parseMasterKey, printRtcp, SrtcpSender } from '@tandem/media';

const INTERVAL_MS = 5000;
/** Spread over the interval, so that a thousand reports are not one burst. */
const SLICES = 50;
const SSRC = 0x2468_ace0;

export interface KeepAlive {
  /** What our SDP names for RTCP. */
  readonly port: number;
  add(sdp: string): void;
}

/** RTP's port is one below. `keyBase64`: SRTCP under this key; without it plain. */
export async function startKeepAlive(port: number, keyBase64?: string): Promise<KeepAlive> {
  const rtp = await bind(port);
  const rtcp = await bind(port + 1);
  const sender =
    keyBase64 === undefined
      ? undefined
      : new SrtcpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', master: parseMasterKey(keyBase64)! });
  const targets: { readonly port: number; readonly muxed: boolean }[] = [];
  const plain = printRtcp([
    { kind: 'rr', ssrc: SSRC, reports: [] },
    { kind: 'sdes', ssrc: SSRC, cname: 'bench' },
  ]);
  let slice = 0;
  let packet: Buffer = plain;
  const timer = setInterval(() => {
    // One packet per round for all: every call has its own context at the other end.
    if (slice === 0) packet = sender?.protect(plain) ?? plain;
    for (let at = slice; at < targets.length; at += SLICES) {
      const target = targets[at]!;
      (target.muxed ? rtp : rtcp).send(packet, target.port, '127.0.0.1');
    }
    slice = (slice + 1) % SLICES;
  }, INTERVAL_MS / SLICES);
  timer.unref();
  return {
    port: port + 1,
    add(sdp) {
      const rtpPort = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
      if (!rtpPort) return;
      const muxed = /^a=rtcp-mux/m.test(sdp);
      const rtcpPort = Number(/^a=rtcp:(\d+)/m.exec(sdp)?.[1] ?? rtpPort + 1);
      targets.push({ port: muxed ? rtpPort : rtcpPort, muxed });
    },
  };
}

async function bind(port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  socket.on('error', () => undefined);
  socket.on('message', () => undefined);
  await new Promise<void>((done) => socket.bind(port, '127.0.0.1', done));
  return socket;
}

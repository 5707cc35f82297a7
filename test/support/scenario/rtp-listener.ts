import { createSocket } from 'node:dgram';
import { decodeG711, goertzel } from '@tandem/media';

/** An ear on one RTP port: what it heard in the last second, by frequency. */
export interface RtpListener {
  readonly port: number;
  /** `share(hz)`: how much of the power of the last half second is at this frequency, 0 to 1. */
  heard(): { readonly packets: number; share(hz: number): number };
  close(): Promise<void>;
}

const window = 4_000;

export async function rtpListener(): Promise<RtpListener> {
  const socket = createSocket('udp4').unref();
  let samples = new Int16Array(0);
  let packets = 0;
  socket.on('message', (packet) => {
    const type = (packet[1] ?? 0) & 0x7f;
    if (packet.length < 13 || (type !== 0 && type !== 8)) return;
    packets += 1;
    const sound = decodeG711(type === 8 ? 'pcma' : 'pcmu', packet.subarray(12));
    const joined = new Int16Array(samples.length + sound.length);
    joined.set(samples);
    joined.set(sound, samples.length);
    samples = joined.slice(-window);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    port: socket.address().port,
    heard: () => ({
      packets,
      share(hz) {
        if (samples.length < window) return 0;
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        return power < 1_000 ? 0 : goertzel(samples, hz) / power;
      },
    }),
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

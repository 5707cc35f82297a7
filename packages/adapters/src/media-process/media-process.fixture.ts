import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type EndpointOptions, RtpEndpoint, type SrtpSettings, ToneSource } from '@tandem/media';
import type { MediaConfig } from './media-config.ts';
import { mediaProcessArgs } from './media-process-command.ts';
import { bindUdp } from './session-sockets.ts';

/** A media process of the test's own, and parties with sockets that talk through it. */

export interface RunningMedia {
  readonly child: ChildProcess;
  readonly socketPath: string;
  stop(): Promise<number | null>;
}

export async function startMedia(config: Partial<MediaConfig> = {}): Promise<RunningMedia> {
  const directory = mkdtempSync(join(tmpdir(), 'media-'));
  const socketPath = join(directory, 'media.sock');
  const args = mediaProcessArgs({ ...config, socket: socketPath });
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  if (!JSON.parse(String(line)).ready) throw new Error(`media process said ${String(line)}`);
  return {
    child,
    socketPath,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.stdin.end();
        await once(child, 'exit');
      }
      rmSync(directory, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}

/** Resolves as soon as `isTrue`; rejects after ten seconds with what was waited for. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const give = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > give) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A telephone with real sockets. Its time runs faster than the clock, so that a second of audio takes a tenth. */
export class Party {
  readonly endpoint: RtpEndpoint;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  target: { address: string; rtpPort: number; rtcpPort: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nowMs = 0;

  private constructor(rtp: Socket, rtcp: Socket, endpoint: RtpEndpoint) {
    this.rtp = rtp;
    this.rtcp = rtcp;
    this.endpoint = endpoint;
    for (const socket of [rtp, rtcp])
      socket.on('message', (packet) => this.endpoint.receive(packet, this.#nowMs));
  }

  static async open(options: Omit<EndpointOptions, 'ssrc'>): Promise<Party> {
    const [rtp, rtcp] = [await bindUdp('127.0.0.1', 0), await bindUdp('127.0.0.1', 0)];
    if (!rtp.ok || !rtcp.ok) throw new Error('no port for a test party');
    return new Party(
      rtp.socket,
      rtcp.socket,
      new RtpEndpoint({ ssrc: randomBytes(4).readUInt32BE(), ...options }),
    );
  }

  get remote(): { address: string; port: number; rtcpPort: number } {
    return { address: '127.0.0.1', port: this.rtp.address().port, rtcpPort: this.rtcp.address().port };
  }

  talk(hz: number): void {
    this.endpoint.play(new ToneSource(hz));
    this.#timer ??= setInterval(() => {
      this.#nowMs += 20;
      for (const { channel, packet } of this.endpoint.tick(this.#nowMs)) {
        if (this.target === undefined) continue;
        const { address, rtpPort, rtcpPort } = this.target;
        if (channel === 'rtp' || rtcpPort === rtpPort) this.rtp.send(packet, rtpPort, address);
        else this.rtcp.send(packet, rtcpPort, address);
      }
    }, 2);
  }

  hears(hz: number): boolean {
    const heard = this.endpoint.heardHz(0.5);
    return heard !== undefined && Math.abs(heard - hz) < 3;
  }

  close(): void {
    clearInterval(this.#timer);
    this.rtp.close();
    this.rtcp.close();
  }
}

export function freshKeys(): { ours: SrtpSettings; theirs: SrtpSettings } {
  const [one, two] = [randomBytes(30).toString('base64'), randomBytes(30).toString('base64')];
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  return {
    ours: { suite, tx: { keyBase64: one }, rx: { keyBase64: two } },
    theirs: { suite, tx: { keyBase64: two }, rx: { keyBase64: one } },
  };
}

export const openSocket = (): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });

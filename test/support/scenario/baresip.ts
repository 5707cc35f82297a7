import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyseTone, parseWav, printWav } from '@tandem/media';
import { type Program, startProgram } from './processes.ts';
import { until } from './until.ts';

/** baresip, unattended: a phone that nobody of us wrote, with its own SIP, RTP and SRTP. */

export interface BaresipOptions {
  /** SIP over UDP and TCP here; TLS on the next port. */
  readonly port: number;
  /** Its own number: only calls to it are answered. */
  readonly number: string;
  readonly controlPort: number;
  /** First of forty. */
  readonly rtpPort: number;
  /** What it says, for a minute. */
  readonly toneHz: number;
  readonly tls?: { readonly bothFile: string; readonly caFile: string };
  readonly srtp?: boolean;
  readonly codec: 'PCMA' | 'PCMU';
  /** Everything is sent there first. */
  readonly outbound?: string;
  readonly answers?: boolean;
  /** Registers as `number` of this realm by digest, over what `outbound` says. */
  readonly registers?: { readonly realm: string; readonly password: string };
  /** Addresses whose presence it watches by SUBSCRIBE. */
  readonly watches?: readonly string[];
}

export interface BaresipEvent {
  readonly type: string;
  readonly param?: string;
  readonly peeruri?: string;
  readonly id?: string;
}

export interface Baresip {
  readonly events: readonly BaresipEvent[];
  command(command: string, params?: string): void;
  /** Waits for an event; only those after `since` count. */
  sees(type: string, since?: number): Promise<BaresipEvent>;
  /** The tone that it heard in its only call, once that is over. */
  heardHz(): Promise<number | undefined>;
  /** Sound that it has recorded so far, seconds; for those who wait until there is enough to tell a tone. */
  recordedSeconds(): number;
  said(): string;
  stop(): Promise<void>;
}

const sine = (hz: number, seconds: number): Int16Array =>
  Int16Array.from({ length: seconds * 8000 }, (_, at) => 9_000 * Math.sin((2 * Math.PI * hz * at) / 8000));

export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-baresip-'));
  const recordings = join(folder, 'heard');
  mkdirSync(recordings);
  const { port, number, tls, registers } = options;
  writeFileSync(join(folder, 'send.wav'), printWav({ rate: 8000, samples: sine(options.toneHz, 60) }));
  writeFileSync(
    join(folder, 'config'),
    [
      'poll_method epoll',
      `sip_listen 127.0.0.1:${port}`,
      'net_interface 127.0.0.1',
      ...(tls ? [`sip_certificate ${tls.bothFile}`, `sip_cafile ${tls.caFile}`] : []),
      `audio_source aufile,${join(folder, 'send.wav')}`,
      `audio_player aufile,${join(folder, 'unused.wav')}`,
      'ausrc_srate 8000',
      'auplay_srate 8000',
      'ausrc_channels 1',
      'auplay_channels 1',
      `rtp_ports ${options.rtpPort}-${options.rtpPort + 39}`,
      `snd_path ${recordings}`,
      'module_path /usr/lib/baresip/modules',
      ...['g711', 'aufile', 'srtp', 'sndfile', 'uuid'].map((name) => `module ${name}.so`),
      'module_tmp account.so',
      ...(options.watches ? ['module_app contact.so', 'module_app presence.so'] : []),
      'module_app menu.so',
      'module_app ctrl_tcp.so',
      `ctrl_tcp_listen 127.0.0.1:${options.controlPort}`,
      '',
    ].join('\n'),
  );
  writeFileSync(
    join(folder, 'accounts'),
    [
      registers
        ? `<sip:${number}@${registers.realm}>;regint=120;auth_user=${number};auth_pass=${registers.password}`
        : `<sip:${number}@127.0.0.1${tls ? ';transport=tls' : ''}>;regint=0`,
      `audio_codecs=${options.codec}`,
      ...(options.srtp ? ['mediaenc=srtp-mand'] : []),
      ...(options.answers === false ? [] : ['answermode=auto']),
      ...(options.outbound ? [`outbound="${options.outbound}"`] : []),
    ]
      .join(';')
      .concat('\n'),
  );
  const contacts = (options.watches ?? []).map((uri) => `"${uri}" <${uri}>;presence=p2p\n`);
  writeFileSync(join(folder, 'contacts'), contacts.join(''));
  const program: Program = startProgram('baresip', ['-f', folder, '-v'], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
  });
  const control = await until('baresip takes commands', () => connected(options.controlPort));
  const events: BaresipEvent[] = [];
  listen(control, (message) => {
    if (message.event === true && typeof message.type === 'string') events.push(message as never);
  });
  let ended = false;
  return {
    events,
    command(command, params) {
      const text = JSON.stringify({ command, ...(params === undefined ? {} : { params }), token: '1' });
      control.write(`${Buffer.byteLength(text)}:${text},`);
    },
    sees: (type, since = 0) =>
      until(`baresip ${number} sees ${type}`, () =>
        events.slice(since).find((event) => event.type === type),
      ).catch((error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(events)}\n${program.said().slice(-4_000)}`);
      }),
    async heardHz() {
      const file = await until('a recording of what baresip heard', () =>
        readdirSync(recordings).find((name) => name.endsWith('-dec.wav')),
      );
      const wav = parseWav(readFileSync(join(recordings, file)));
      if (!wav.ok) throw new Error(`${file}: ${JSON.stringify(wav)}`);
      return analyseTone(wav.audio.samples.subarray(-12_000), wav.audio.rate).hz;
    },
    recordedSeconds() {
      const file = readdirSync(recordings).find((name) => name.endsWith('-dec.wav'));
      // 16-bit samples at 8 kHz, behind a short header.
      return file === undefined ? 0 : statSync(join(recordings, file)).size / 16_000;
    },
    said: () => program.said(),
    async stop() {
      if (ended) return;
      ended = true;
      control.destroy();
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function connected(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(socket.unref()));
    socket.once('error', () => resolve(undefined));
  });
}

/** Netstrings of JSON: `LENGTH:{…},`. */
function listen(socket: Socket, each: (message: Record<string, unknown>) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const colon = rest.indexOf(':');
      if (colon < 0) return;
      const length = Number(rest.subarray(0, colon).toString('latin1'));
      if (rest.length < colon + 1 + length + 1) return;
      each(JSON.parse(rest.subarray(colon + 1, colon + 1 + length).toString('utf8')) as never);
      rest = rest.subarray(colon + 1 + length + 1);
    }
  });
}

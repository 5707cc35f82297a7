import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MediaClient } from '@tandem/adapters/media-process/media-client.ts';
import { mediaProcessArgs } from '@tandem/adapters/media-process/media-process-command.ts';
import { type Rtpengine, sdesTeamsOnly, startRtpengine } from '../rig/rtpengine.ts';
import type { PartyKeys, Target } from './party-messages.ts';

/** What one call needs from a relay: the carrier's side in plain RTP, Teams' in SRTP with RTCP multiplexed. */
export interface CallParties {
  readonly id: string;
  readonly carrier: Target;
  readonly teams: Target;
  /** What Teams sends with; the relay's own key is the relay's business. */
  readonly teamsKey: string;
  /** A fresh key, for a relay that takes one. */
  readonly relayKey: string;
}

export interface RelayedCall {
  readonly carrier: Target;
  readonly teams: Target;
  readonly teamsKeys: PartyKeys;
}

export interface Relay {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  connect(call: CallParties): Promise<RelayedCall>;
  release(id: string): Promise<void>;
  stop(): Promise<void>;
}

const suite = 'AES_CM_128_HMAC_SHA1_80';

/** Tandem's media process as the supervisor starts it. */
export async function startTandemRelay(folder: string, address: string): Promise<Relay> {
  const socketPath = join(folder, 'media.sock');
  const child: ChildProcess = spawn(
    process.execPath,
    mediaProcessArgs({ socket: socketPath, address, firstPort: 20_000, lastPort: 29_999 }),
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await once(createInterface({ input: child.stdout! }), 'line');
  const client = new MediaClient({ socketPath });
  if (!(await client.ready(5000))) throw new Error('the media process does not answer');
  return {
    name: 'tandem',
    version: process.version,
    pid: child.pid!,
    async connect({ id, carrier, teams, teamsKey, relayKey }) {
      const codecs = { pcma: 8, telephoneEvent: 101, send: 'pcma' };
      const answer = await client.allocate({
        session: id,
        a: {
          remote: { address: carrier.address, port: carrier.rtpPort, rtcpPort: carrier.rtcpPort },
          codecs,
        },
        b: {
          remote: { address: teams.address, port: teams.rtpPort, mux: true },
          codecs,
          srtp: { suite, tx: { keyBase64: relayKey }, rx: { keyBase64: teamsKey } },
        },
      });
      if (!answer.ok) throw new Error(`the media process refuses: ${answer.reason}: ${answer.detail}`);
      return {
        carrier: { ...answer.value.a },
        teams: { ...answer.value.b, rtcpPort: answer.value.b.rtpPort },
        teamsKeys: { tx: teamsKey, rx: relayKey },
      };
    },
    async release(id) {
      await client.release(id);
    },
    async stop() {
      client.close();
      const exited = once(child, 'exit');
      child.stdin!.end();
      await exited;
    },
  };
}

const sdp = (side: Target, profile: string, lines: readonly string[]): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 ${side.address}`,
    's=-',
    `c=IN IP4 ${side.address}`,
    't=0 0',
    `m=audio ${side.rtpPort} ${profile} 8 101`,
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    ...lines,
    'a=sendrecv',
    '',
  ].join('\r\n');

function targetOf(text: string): Target {
  const rtpPort = Number(/^m=audio (\d+)/m.exec(text)?.[1]);
  const muxed = /^a=rtcp-mux/m.test(text);
  return {
    address: /^c=IN IP4 (\S+)/m.exec(text)?.[1] ?? '',
    rtpPort,
    rtcpPort: muxed ? rtpPort : Number(/^a=rtcp:(\d+)/m.exec(text)?.[1] ?? rtpPort + 1),
  };
}

/** rtpengine in user space, two threads, the same calls by offer and answer. */
export async function startRtpengineRelay(carrier: string, teams: string, ngPort: number): Promise<Relay> {
  const engine: Rtpengine = await startRtpengine({
    interfaces: [`carrier/${carrier}`, `teams/${teams}`],
    ngPort,
    firstPort: 20_000,
    lastPort: 29_999,
  });
  const common = { replace: ['origin', 'session-connection'], ICE: 'remove', DTLS: 'off' };
  return {
    name: 'rtpengine',
    version: engine.version,
    pid: engine.pid,
    async connect(call) {
      const offer = await engine.ask({
        command: 'offer',
        'call-id': call.id,
        'from-tag': 'carrier',
        sdp: sdp(call.carrier, 'RTP/AVP', [`a=rtcp:${call.carrier.rtcpPort}`]),
        ...common,
        'transport-protocol': 'RTP/SAVP',
        direction: ['carrier', 'teams'],
        SDES: sdesTeamsOnly,
        'rtcp-mux': ['offer'],
      });
      const offered = String(offer.sdp);
      const [, tag = '1', relayKey = ''] =
        /^a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80 inline:([A-Za-z0-9+/]{40})/m.exec(offered) ?? [];
      const answer = await engine.ask({
        command: 'answer',
        'call-id': call.id,
        'from-tag': 'carrier',
        'to-tag': 'teams',
        sdp: sdp(call.teams, 'RTP/SAVP', ['a=rtcp-mux', `a=crypto:${tag} ${suite} inline:${call.teamsKey}`]),
        ...common,
      });
      return {
        carrier: targetOf(String(answer.sdp)),
        teams: targetOf(offered),
        teamsKeys: { tx: call.teamsKey, rx: relayKey },
      };
    },
    async release(id) {
      await engine.ask({ command: 'delete', 'call-id': id });
    },
    async stop() {
      await engine.stop();
    },
  };
}

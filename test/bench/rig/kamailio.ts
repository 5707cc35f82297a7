import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './instance.ts';
import { treeCpuSeconds } from './processes.ts';

export interface Kamailio {
  readonly version: string;
  readonly pid: number;
  cpuSeconds(): number;
  stop(): Promise<void>;
}

const moduleFolders = [
  '/usr/lib/x86_64-linux-gnu/kamailio/modules/',
  '/usr/lib/aarch64-linux-gnu/kamailio/modules/',
  '/usr/lib/kamailio/modules/',
];

export interface KamailioPlan {
  readonly folder: string;
  readonly carrierPort: number;
  readonly tlsPort: number;
  readonly hubPort: number;
  /** PEM files that it presents, and the roots it trusts. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** NG port of an rtpengine that every call is given to. */
  readonly rtpengine?: number;
}

const suites = [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
  'AES_192_CM_HMAC_SHA1_80',
  'AES_192_CM_HMAC_SHA1_32',
  'AES_CM_128_HMAC_SHA1_32',
  'F8_128_HMAC_SHA1_80',
  'F8_128_HMAC_SHA1_32',
  'NULL_HMAC_SHA1_80',
  'NULL_HMAC_SHA1_32',
]
  .map((suite) => `SDES-no-${suite}`)
  .join(' ');

/** Kamailio as a TLS proxy with record-routing and dialogs, configured from kamailio.cfg beside the bench. */
export async function startKamailio(plan: KamailioPlan): Promise<Kamailio> {
  mkdirSync(plan.folder, { recursive: true });
  const modules = moduleFolders.find((folder) => existsSync(folder));
  if (!modules) throw new Error('kamailio is not installed: apt-get install kamailio kamailio-tls-modules');
  const tlsConfig = join(plan.folder, 'tls.cfg');
  const side = `method = TLSv1.2+\ncertificate = ${plan.cert}\nprivate_key = ${plan.key}\nca_list = ${plan.ca}\nverify_certificate = yes\nrequire_certificate = yes\n`;
  writeFileSync(tlsConfig, `[server:default]\n${side}[client:default]\n${side}`);
  const media = plan.rtpengine !== undefined;
  const values: Record<string, string> = {
    CARRIER: String(plan.carrierPort),
    TLS: String(plan.tlsPort),
    HUB: String(plan.hubPort),
    MODULES: modules,
    TLSCFG: tlsConfig,
    RTPENGINE_LOAD: media
      ? `loadmodule "rtpengine.so"\nmodparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${plan.rtpengine}")`
      : '',
    RTPENGINE_BYE: media ? 'if (is_method("BYE")) rtpengine_delete();' : '',
    RTPENGINE_OFFER: media
      ? `rtpengine_offer("replace-origin replace-session-connection ICE=remove RTP/SAVP DTLS=off ${suites}"); t_on_reply("MEDIA");`
      : '',
    RTPENGINE_ROUTES: media
      ? 'onreply_route[MEDIA] { if (has_body("application/sdp")) rtpengine_answer("replace-origin replace-session-connection ICE=remove"); }'
      : '',
  };
  const template = readFileSync(join(repository, 'test/bench/signalling/kamailio.cfg'), 'utf8');
  const config = join(plan.folder, 'kamailio.cfg');
  writeFileSync(
    config,
    template.replace(/@([A-Z_]+)@/g, (_, name: string) => values[name] ?? ''),
  );
  const child: ChildProcess = spawn(
    'kamailio',
    [
      '-DD',
      '-E',
      '-f',
      config,
      '-m',
      '512',
      '-M',
      '16',
      '-P',
      join(plan.folder, 'kamailio.pid'),
      '-Y',
      plan.folder,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk) => (said = (said + chunk).slice(-4_000)));
  const listening = () => {
    for (const file of ['/proc/net/udp', '/proc/net/tcp'])
      if (
        !readFileSync(file, 'latin1').includes(
          `:${(file.endsWith('udp') ? plan.carrierPort : plan.tlsPort).toString(16).toUpperCase().padStart(4, '0')} `,
        )
      )
        return false;
    return true;
  };
  while (!listening()) {
    if (child.exitCode !== null) throw new Error(`kamailio did not start:\n${said}`);
    await new Promise((again) => setTimeout(again, 50));
  }
  const version =
    /kamailio ([0-9.]+)/.exec(execFileSync('kamailio', ['-v'], { encoding: 'utf8' }))?.[1] ?? '?';
  return {
    version,
    pid: child.pid!,
    cpuSeconds: () => treeCpuSeconds(child.pid!),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

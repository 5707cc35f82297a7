import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hubNames, regionalName, regions } from '../config.ts';
import { Authority, fullChain, type Issued, type LeafOptions } from './authority.ts';

/**
 * The twin's certificates, made once and kept in a folder:
 *
 * | root | signs |
 * | --- | --- |
 * | Root Programme | an intermediate, which signs SBC certificates: what Microsoft accepts |
 * | Untrusted | SBC certificates that Microsoft must refuse |
 * | Microsoft | the hubs, the sign-in service, Graph |
 */

const day = 86_400_000;
/** A leaf is renewed at start when less than this is left. */
const renewBefore = 14 * day;

const webNames = ['graph.microsoft.com', 'login.microsoftonline.com', 'localhost', '127.0.0.1'] as const;

export interface TrustStore {
  readonly programme: Authority;
  readonly programmeRoot: Authority;
  readonly untrusted: Authority;
  readonly microsoft: Authority;
  readonly hub: Issued;
  /** For Microsoft's https services: sign-in and Graph. */
  readonly web: Issued;
}

/** What is wrong with an SBC certificate, or nothing (`good`). teams-direct-routing 10.4 "Trust". */
export type SbcVariant =
  | 'good'
  | 'server-only'
  | 'expired'
  | 'wildcard-without-base'
  | 'base-only'
  | 'ecdsa'
  | 'missing-intermediate'
  | 'untrusted'
  | 'other-domain';

export type HubVariant = 'good' | 'server-only' | 'expired' | 'wrong-name' | 'untrusted';

export async function openTrustStore(folder: string, now: number): Promise<TrustStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = (name: string): string => join(folder, name);
  const programmeRoot = await authority(folder, 'root-programme', [], () =>
    Authority.root('Twin Root Programme', now),
  );
  const [programme, untrusted, microsoft] = await Promise.all([
    authority(folder, 'issuing', ['self'], () => programmeRoot.intermediate('Twin Issuing CA 1', now)),
    authority(folder, 'untrusted', [], () => Authority.root('Twin Untrusted Root', now)),
    authority(folder, 'microsoft', [], () => Authority.root('Twin Microsoft Root', now)),
  ]);
  const hub = await leaf(kept('hub.cert.pem'), kept('hub.key.pem'), now, () =>
    issueHub(microsoft, 'good', now),
  );
  const web = await leaf(kept('web.cert.pem'), kept('web.key.pem'), now, () =>
    microsoft.issue({
      commonName: webNames[0],
      names: webNames,
      usages: ['server'],
      notBefore: now - day,
      notAfter: now + 180 * day,
    }),
  );
  return { programme, programmeRoot, untrusted, microsoft, hub, web };
}

/** `self` in `chain`: the authority is an intermediate and stands in its own chain. */
async function authority(
  folder: string,
  name: string,
  chain: readonly 'self'[],
  make: () => Promise<Authority>,
): Promise<Authority> {
  const certFile = join(folder, `${name}.cert.pem`);
  const keyFile = join(folder, `${name}.key.pem`);
  if (existsSync(certFile) && existsSync(keyFile)) {
    const cert = await readFile(certFile, 'utf8');
    return Authority.load(
      cert,
      await readFile(keyFile, 'utf8'),
      chain.map(() => cert),
    );
  }
  const made = await make();
  await writeFileSafely(keyFile, made.key, 0o600);
  await writeFileSafely(certFile, made.cert, 0o644);
  return made;
}

async function leaf(
  certFile: string,
  keyFile: string,
  now: number,
  make: () => Promise<Issued>,
): Promise<Issued> {
  if (existsSync(certFile) && existsSync(keyFile)) {
    const text = await readFile(certFile, 'utf8');
    const [cert, ...chain] = splitPem(text);
    if (cert && new X509Certificate(cert).validToDate.getTime() - now > renewBefore) {
      return { cert, chain, key: await readFile(keyFile, 'utf8') };
    }
  }
  const issued = await make();
  await writeFileSafely(keyFile, issued.key, 0o600);
  await writeFileSafely(certFile, fullChain(issued), 0o644);
  return issued;
}

export function splitPem(text: string): string[] {
  return (text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g) ?? []).map(
    (block) => (block.endsWith('\n') ? block : `${block}\n`),
  );
}

async function writeFileSafely(file: string, text: string, mode: number): Promise<void> {
  const next = `${file}.next`;
  await writeFile(next, text, { mode });
  await chmod(next, mode);
  await rename(next, file);
}

/** Every root in one file, for whoever wants to verify both sides. */
export async function writeBundle(store: TrustStore, file: string): Promise<void> {
  await writeFileSafely(file, store.microsoft.cert + store.programmeRoot.cert, 0o644);
}

const hubLeaf = (now: number): LeafOptions => ({
  commonName: hubNames[0],
  names: [...hubNames, ...regions.map(regionalName)],
  usages: ['server', 'client'],
  notBefore: now - day,
  notAfter: now + 180 * day,
});

export function issueHub(
  microsoft: Authority,
  variant: HubVariant,
  now: number,
  untrusted?: Authority,
): Promise<Issued> {
  const good = hubLeaf(now);
  switch (variant) {
    case 'good':
      return microsoft.issue(good);
    case 'server-only':
      return microsoft.issue({ ...good, usages: ['server'] });
    case 'expired':
      return microsoft.issue({ ...good, notBefore: now - 90 * day, notAfter: now - day });
    case 'wrong-name':
      return microsoft.issue({ ...good, commonName: 'sip.example.org', names: ['sip.example.org'] });
    case 'untrusted':
      return (untrusted ?? microsoft).issue(good);
  }
}

export async function issueSbc(
  store: TrustStore,
  baseDomain: string,
  variant: SbcVariant,
  now: number,
): Promise<Issued> {
  const good: LeafOptions = {
    commonName: baseDomain,
    names: [baseDomain, `*.${baseDomain}`],
    usages: ['server', 'client'],
    notBefore: now - day,
    notAfter: now + 90 * day,
  };
  switch (variant) {
    case 'good':
      return store.programme.issue(good);
    case 'server-only':
      return store.programme.issue({ ...good, usages: ['server'] });
    case 'expired':
      return store.programme.issue({ ...good, notBefore: now - 90 * day, notAfter: now - day });
    case 'wildcard-without-base':
      return store.programme.issue({ ...good, commonName: `*.${baseDomain}`, names: [`*.${baseDomain}`] });
    case 'base-only':
      return store.programme.issue({ ...good, names: [baseDomain] });
    case 'ecdsa':
      return store.programme.issue({ ...good, keyType: 'ecdsa' });
    case 'missing-intermediate':
      return { ...(await store.programme.issue(good)), chain: [] };
    case 'untrusted':
      return store.untrusted.issue(good);
    case 'other-domain':
      return store.programme.issue({
        ...good,
        commonName: 'sbc.example.org',
        names: ['sbc.example.org', '*.sbc.example.org'],
      });
  }
}

/** The SBC's certificate as an operator would have it from a public CA: `sbc.cert.pem` (chain included), `sbc.key.pem`. */
export async function mintSbcFiles(
  store: TrustStore,
  folder: string,
  baseDomain: string,
  now: number,
): Promise<Issued> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return leaf(join(folder, 'sbc.cert.pem'), join(folder, 'sbc.key.pem'), now, () =>
    issueSbc(store, baseDomain, 'good', now),
  );
}

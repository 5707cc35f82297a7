import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { createEmbeddedMedia } from '@tandem/adapters/embedded-media/embedded-media.ts';
import type { Metrics } from '@tandem/adapters/http/metrics.ts';
import { watchCertificate } from '@tandem/adapters/sip-transport/certificate-watch.ts';
import { createNameResolver } from '@tandem/adapters/sip-transport/name-resolver.ts';
import { importCertificate } from '@tandem/adapters/sip-transport/own-certificate.ts';
import { SipEndpoint } from '@tandem/adapters/sip-transport/sip-endpoint.ts';
import { carrierBySource } from '@tandem/engine/routing/source.ts';
import type { Flow } from '@tandem/sip';
import { LoopTurn } from '@tandem/wire';
import type { NodeContext } from './node-context.ts';
import { openPhones } from './services/phones.ts';
import type { NodeStorage } from './storage.ts';

/** About thirty calls a second, fourteen messages each: below it what a call costs does not matter, above it adds up. */
const busyMessagesPerSecond = 400;

export interface SipEdgeParts extends Pick<NodeStorage, 'stores' | 'box' | 'masterKey' | 'snapshots'> {
  /** The metrics need the engine, and the sockets need the metrics: they come later. */
  metrics(): Pick<Metrics, 'platform'> | undefined;
  /** Somebody waits for the database or for an answer of the API: signalling does not keep the loop from them. */
  othersWait(): boolean;
  /** Besides the registrar: who else talked over it. */
  flowClosed(flow: Flow): void;
}

export type SipEdge = Awaited<ReturnType<typeof openSipEdge>>;

/** What touches the world of SIP: certificate, sockets, registrar of the desk phones and the media process. */
export async function openSipEdge({ config, log, clock, random }: NodeContext, parts: SipEdgeParts) {
  const { stores, snapshots } = parts;
  const names = [config.sbcBaseDomain, `*.${config.sbcBaseDomain}`].map((name) => name.replace('*.', 'any.'));
  const imported = await importCertificate(config.certificateDir, names, Date.now());
  if (!imported.ok)
    throw new Error(
      `${config.certificateDir}: ${imported.say}. Put sbc.cert.pem (the whole chain, leaf first) and sbc.key.pem there, or name another folder with --certificate-dir.`,
    );
  for (const warning of imported.warnings) log.warn({ warning }, 'certificate');
  const phones = await openPhones({
    clock,
    devices: stores.devices,
    box: parts.box,
    masterKey: parts.masterKey,
    nodeDir: config.nodeDir,
    realm: config.sbcBaseDomain,
    snapshot: () => snapshots.current(),
    randomBytes: random.bytes,
    onFault: (reason) => parts.metrics()?.platform.registerFailed(reason),
    onProblem: (what) => log.warn({ what }, 'phones'),
  });
  const turn = new LoopTurn({
    cadenceMs: config.signallingCadenceMs,
    busyPerSecond: busyMessagesPerSecond,
    mayRest: () => !parts.othersWait(),
  });
  const media = createEmbeddedMedia({
    socketPath: config.mediaSocket,
    name: 'node',
    atTurnEnd: (work) => turn.atEnd(work),
  });
  const endpoint = new SipEndpoint({
    bindAddress: config.bindAddress,
    teamsPort: config.ports.teamsTls,
    carrierPort: config.ports.carrierSip,
    certificate: imported.certificate,
    turn,
    hubRoots: await readRoots(config.hubRootsFile),
    hubNames: config.hubs.map(({ name }) => name),
    resolver: createNameResolver(config.twin ? { servers: [config.twin.dns] } : {}),
    admitCarrier: (address, port) =>
      carrierBySource(snapshots.current(), { remote: { host: address, port } }) !== undefined,
    phones: {
      sipPort: config.ports.phonesSip,
      tlsPort: config.ports.phonesTls,
      door: phones.registrar.door,
      flowClosed(flow) {
        phones.registrar.flowClosed(flow);
        parts.flowClosed(flow);
      },
    },
    onAnomaly(what, from) {
      parts.metrics()?.platform.parseError(from.listener);
      log.info({ what, ...from }, 'refused on the wire');
    },
  });
  return {
    phones,
    media,
    endpoint,
    /** A renewed certificate serves new connections; one that does not fit leaves the old one in place. */
    watchCertificate: () =>
      watchCertificate({
        folder: config.certificateDir,
        names,
        current: imported.certificate,
        onRenewed: (certificate) => {
          endpoint.renew(certificate);
          log.info({ until: certificate.leaf.validTo }, 'a renewed certificate is used for new connections');
        },
        onRefused: (say) => log.error({ say }, 'a renewed certificate was refused, the old one stays'),
      }),
  };
}

/** PEM bundle to certificates; without a file the runtime's own roots, which hold those that Microsoft announced. */
async function readRoots(file: string | undefined): Promise<X509Certificate[]> {
  const text = file === undefined ? rootCertificates.join('\n') : await readFile(file, 'utf8');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    throw new Error(`${file}: no certificates in it; wanted the roots of Microsoft's chain as PEM`);
  return blocks.map((block) => new X509Certificate(block));
}

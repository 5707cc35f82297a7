import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Configuration, settings } from '@tandem/adapters/config/schema.ts';
import { mediaProcessArgs } from '@tandem/adapters/media-process/media-process-command.ts';
import { graphAppClientId } from '@tandem/simulator/world/rehearsal-world.ts';
import type { HubAddress, NodeConfig, TwinAddresses, TwinConfig } from './child-config.ts';
import { type DataDir, type RehearsalSecrets, socketPath } from './data-dir.ts';
import type { Ports } from './ports.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));

/** The programs that the supervisor runs beside PostgreSQL. */
export const childPrograms = {
  twin: join(repository, 'packages/simulator/src/main.ts'),
  node: join(repository, 'apps/server/src/node/main.ts'),
} as const;

/** Microsoft's own names, so that SNI and certificates are what they will be; the twin's DNS says where they are. */
const hubNames = ['sip.pstnhub.microsoft.com', 'sip2.pstnhub.microsoft.com', 'sip3.pstnhub.microsoft.com'];

/** The twin plays Microsoft: it never listens where others could take it for the real one. */
const twinAddress = '127.0.0.1';

export const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Where we reach a listener of ours. */
export const reachable = (bindAddress: string): string =>
  bindAddress === '0.0.0.0' ? '127.0.0.1' : bindAddress === '::' ? '::1' : bindAddress;

export interface ChildInputs {
  readonly values: Configuration;
  readonly ports: Ports;
  readonly dataDir: DataDir;
  /** Absent without the twin. */
  readonly rehearsal?: RehearsalSecrets;
  readonly instanceFile?: string;
}

export interface ChildConfigs {
  /** Its command line. */
  readonly media: readonly string[];
  readonly twin?: TwinConfig;
  /** What only the others know when they are up: the database's addresses, the root of the twin's Microsoft side. */
  readonly node: (
    database: { readonly appUrl: string; readonly ownerUrl: string },
    /** PEM file; only with the twin. */
    microsoftRoot: string | undefined,
  ) => NodeConfig;
  readonly twinAddresses?: TwinAddresses;
  /** A folder for sockets outside the data directory; removed at the end. */
  readonly socketDir?: string;
}

/** What each child is told. Pure but for the folder that a long socket path needs. */
export const childConfigs = ({
  values,
  ports,
  dataDir,
  rehearsal,
  instanceFile,
}: ChildInputs): ChildConfigs => {
  const { bindAddress, logLevel, sbcBaseDomain } = values;
  const socket = socketPath(dataDir, 'media');
  const certificateDir =
    rehearsal === undefined ? (values.certificateDir ?? dataDir.certificates) : dataDir.certificates;
  const caFile = join(dataDir.twin, 'ca.pem');
  const phones = (rehearsal?.phones ?? []).map((phone) => ({ ...phone, realm: sbcBaseDomain }));
  const hubPorts = [ports.twinHub1, ports.twinHub2, ports.twinHub3];

  const twinAddresses: TwinAddresses | undefined = rehearsal && {
    controlUrl: `http://${hostPort(twinAddress, ports.twinControl)}`,
    loginUrl: `https://${hostPort(twinAddress, ports.twinLogin)}`,
    graphUrl: `https://${hostPort(twinAddress, ports.twinGraph)}`,
    dns: hostPort(twinAddress, ports.twinDns),
    caFile,
    hubs: hubPorts.map((port) => hostPort(twinAddress, port)),
    carrier: hostPort(twinAddress, ports.twinCarrier),
    carrierSecond: hostPort(twinAddress, ports.twinCarrierSecond),
    carrierThird: hostPort(twinAddress, ports.twinCarrierThird),
    smtp: hostPort(twinAddress, ports.twinSmtp),
  };
  // Whoever names hubs gets them, beside the twin too: benches put a hub of their own behind Tandem.
  const hubs: readonly HubAddress[] =
    rehearsal === undefined || values.hubs !== settings.hubs.default
      ? values.hubs
      : hubNames.map((name, index) => ({ name, port: hubPorts[index]! }));

  return {
    media: mediaProcessArgs({
      socket: socket.path,
      address: bindAddress,
      firstPort: ports.relayRtp.first,
      lastPort: ports.relayRtp.last,
      threads: values.mediaWorkers,
    }),
    ...(rehearsal && {
      twin: {
        dataDir: dataDir.twin,
        bindAddress: twinAddress,
        ports,
        seed: values.twinSeed,
        caFile,
        certificateDir,
        sbcBaseDomain,
        sbcTeamsTls: hostPort(reachable(bindAddress), ports.teamsTls),
        sbcCarrier: hostPort(reachable(bindAddress), ports.carrierSip),
        sbcPhones: {
          sip: hostPort(reachable(bindAddress), ports.phonesSip),
          tls: hostPort(reachable(bindAddress), ports.phonesTls),
        },
        phones,
        hubNames,
        controlToken: rehearsal.controlToken,
        plainNotificationUrls: true,
        logLevel,
      },
    }),
    node: ({ appUrl, ownerUrl }, microsoftRoot) => ({
      dataDir: dataDir.root,
      nodeDir: dataDir.node,
      bindAddress,
      advertisedAddress: values.advertisedAddress ?? reachable(bindAddress),
      ports,
      databaseUrl: appUrl,
      databaseOwnerUrl: ownerUrl,
      mediaSocket: socket.path,
      mediaPorts: ports.relayRtp,
      hubs,
      sbcBaseDomain,
      certificateDir,
      ...(rehearsal !== undefined
        ? { graphClientId: graphAppClientId }
        : values.graphClientId !== undefined
          ? { graphClientId: values.graphClientId }
          : {}),
      ...(values.graphPresenceClientId !== undefined && {
        graphPresenceClientId: values.graphPresenceClientId,
      }),
      ...(rehearsal !== undefined
        ? { hubRootsFile: microsoftRoot ?? caFile }
        : values.hubRootsFile !== undefined
          ? { hubRootsFile: values.hubRootsFile }
          : {}),
      ...(values.presenceReadSeconds !== undefined && { presenceReadSeconds: values.presenceReadSeconds }),
      ...publicUrlOf(values.publicUrl, rehearsal && `http://${hostPort(reachable(bindAddress), ports.http)}`),
      ...dnsOf(
        values,
        rehearsal &&
          twinAddresses && { url: `${twinAddresses.controlUrl}/dns`, token: rehearsal.controlToken },
      ),
      ...mailOf(values),
      ...(twinAddresses && { twin: twinAddresses }),
      rehearsal: rehearsal !== undefined,
      signIns: rehearsal?.signIns ?? [],
      phones,
      ...(rehearsal && { apiToken: rehearsal.apiToken }),
      ...(instanceFile !== undefined && { instanceFile }),
      signallingCadenceMs: values.signallingCadenceMs,
      logLevel,
      allowUnsafeMedia: values.allowUnsafeMedia,
    }),
    ...(twinAddresses && { twinAddresses }),
    ...(socket.dir !== undefined && { socketDir: socket.dir }),
  };
};

function publicUrlOf(
  configured: string | undefined,
  rehearsal: string | undefined,
): Pick<NodeConfig, 'publicUrl'> {
  const publicUrl = configured ?? rehearsal;
  return publicUrl === undefined ? {} : { publicUrl };
}

/** The operator's own driver, else the twin's zone while there is one. */
function dnsOf(
  values: Pick<Configuration, 'dnsCommand' | 'dnsUrl' | 'dnsToken'>,
  rehearsal: { readonly url: string; readonly token: string } | undefined,
): Pick<NodeConfig, 'dns'> {
  const { dnsCommand: command, dnsUrl, dnsToken } = values;
  if (command !== undefined) return { dns: { kind: 'command', command } };
  if (dnsUrl !== undefined)
    return { dns: { kind: 'http', url: dnsUrl, ...(dnsToken !== undefined && { token: dnsToken }) } };
  return rehearsal ? { dns: { kind: 'http', ...rehearsal } } : {};
}

function mailOf(
  values: Pick<
    Configuration,
    'mailHost' | 'mailPort' | 'mailSecurity' | 'mailUser' | 'mailPassword' | 'mailFrom' | 'sbcBaseDomain'
  >,
): Pick<NodeConfig, 'mail'> {
  const { mailHost, mailPort, mailSecurity, mailUser, mailPassword, mailFrom } = values;
  if (mailHost === undefined) return {};
  return {
    mail: {
      host: mailHost,
      port: mailPort,
      security: mailSecurity,
      from: mailFrom ?? `tandem@${values.sbcBaseDomain}`,
      ...(mailUser !== undefined && { user: mailUser }),
      ...(mailPassword !== undefined && { password: mailPassword }),
    },
  };
}

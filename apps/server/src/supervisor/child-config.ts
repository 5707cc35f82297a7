/**
 * What the supervisor tells its children at start, and the few words they exchange over Node's IPC channel. (The media
 * process is older-fashioned: arguments in, one line out, and it ends with its standard input.)
 *
 * ```
 * supervisor                     child
 *    ├── {type:'configure', config} ──►│   once, right after the spawn
 *    │◄── {type:'ready', …} ───────────┤   every listener is open; or {type:'failed', message} and exit 1
 *    ├── {type:'stop'} ───────────────►│   finish within 2 s, exit 0
 * ```
 * A child ignores SIGINT and SIGTERM (a terminal sends them to the whole group; the supervisor ends its children in
 * order) and exits by itself when the channel disconnects, because then its supervisor is dead. What a child prints
 * goes to `<dataDir>/logs/<child>.log`; a line that contains `"level":50` (pino's error) or more, or `warn:`, is
 * shown on the supervisor's stderr too. A restarted child is configured again with the same values.
 */
import type { Role } from '@tandem/contract/permissions.ts';
import type { PortRange, Ports } from './ports.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export interface HubAddress {
  /** Kept for SNI and for the check of the hub's certificate; resolved through `twin.dns` or the system. */
  readonly name: string;
  readonly port: number;
}

/** Where Microsoft's side and the rehearsal carrier live while the twin is on. URLs have no slash at the end. */
export interface TwinAddresses {
  readonly controlUrl: string;
  readonly loginUrl: string;
  readonly graphUrl: string;
  /** `host:port`, UDP and TCP. */
  readonly dns: string;
  /** PEM of the twin's private CA; exists when the twin is ready. */
  readonly caFile: string;
  /** `host:port` each, in the order sip, sip2, sip3. */
  readonly hubs: readonly string[];
  /** `host:port`, UDP and TCP: the rehearsal carrier. */
  readonly carrier: string;
  readonly carrierSecond: string;
  readonly carrierThird: string;
  /** `host:port`: takes mail for anybody and keeps it. */
  readonly smtp: string;
}

export interface SignIn {
  readonly role: Role;
  readonly name: string;
  readonly password: string;
  /** Account code (`acme`); absent for the operator's own people. */
  readonly account?: string;
}

/** What a phone of the rehearsal world registers with. */
export interface PhoneSignIn {
  /** As in the world: `dana-desk`. */
  readonly name: string;
  /** Account code (`acme`). */
  readonly account: string;
  /** Digest user name and address of record. */
  readonly user: string;
  readonly password: string;
  readonly realm: string;
}

/** Signalling, API and portal: apps/server/src/node/main.ts. */
export interface NodeConfig {
  readonly dataDir: string;
  /** Ours to write: journal, call audio, snapshots. Exists. */
  readonly nodeDir: string;
  readonly bindAddress: string;
  /** Address written into Contact, Via and SDP. */
  readonly advertisedAddress: string;
  readonly ports: Ports;
  /** As the application's role: no superuser, owns nothing, bound by row-level security. */
  readonly databaseUrl: string;
  /** As the owner of the tables: for migrations only. */
  readonly databaseOwnerUrl: string;
  /** Unix socket (named pipe on Windows) of the media process. */
  readonly mediaSocket: string;
  readonly mediaPorts: PortRange;
  /** In the order in which they are tried. */
  readonly hubs: readonly HubAddress[];
  /** Base domain of the customers' host names: `customers.example.net`. */
  readonly sbcBaseDomain: string;
  /** Holds `sbc.cert.pem` (chain), `sbc.key.pem`; with the twin on, the twin writes them before it is ready. */
  readonly certificateDir: string;
  /**
   * Client id of the platform's app registration at Microsoft; its certificate is `graph-app.cert.pem` and `graph-app.key.pem`
   * of the same folder. Absent: Microsoft 365 is not looked at.
   */
  readonly graphClientId?: string;
  /** The same for presence alone: `graph-presence-app.cert.pem`, `.key.pem`. Absent: the first app does that too. */
  readonly graphPresenceClientId?: string;
  /** Between two reads of presence of people with whom nothing goes on: 15 to 30. */
  readonly presenceReadSeconds?: number;
  /** Where browsers and Microsoft reach the portal, without a slash at the end. */
  readonly publicUrl?: string;
  /** Who writes DNS records of customers. Absent: they are shown, and somebody writes them by hand. */
  readonly dns?:
    | { readonly kind: 'command'; readonly command: string }
    | { readonly kind: 'http'; readonly url: string; readonly token?: string };
  /** How mail to administrators leaves. Absent: the twin's mail server while it is on, else mails are kept and not sent. */
  readonly mail?: {
    readonly host: string;
    readonly port: number;
    readonly security: 'tls' | 'starttls' | 'none';
    readonly user?: string;
    readonly password?: string;
    readonly from: string;
  };
  /** PEM of the roots that Microsoft's certificates must chain to; the twin's CA while the twin is on. */
  readonly hubRootsFile?: string;
  readonly twin?: TwinAddresses;
  /** True: seed the rehearsal world at first start, accept `signIns` and `apiToken`. */
  readonly rehearsal: boolean;
  readonly signIns: readonly SignIn[];
  /** Passwords of the rehearsal world's phones. */
  readonly phones: readonly PhoneSignIn[];
  /** Bearer token of outside scripts; only while the twin is on. */
  readonly apiToken?: string;
  /** Path of the `instance` file, for messages; the supervisor writes and removes it. */
  readonly instanceFile?: string;
  /** A busy loop takes a turn no more often than this, ms; 0: it never rests. */
  readonly signallingCadenceMs: number;
  readonly logLevel: LogLevel;
  /** Never true outside tests and benches: lets an rtpengine below the safe version floor be used. */
  readonly allowUnsafeMedia: boolean;
}

/** The twin: packages/simulator/src/main.ts. It may not import this file; it states the same shape itself. */
export interface TwinConfig {
  /** The twin's own folder (CA, audit, recordings). Exists. */
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly ports: Ports;
  readonly seed: number;
  /** Written by the twin before it is ready. */
  readonly caFile: string;
  /** The twin mints `sbc.cert.pem` and `sbc.key.pem` (0600) for `*.{sbcBaseDomain}` and the base itself here, if absent or near their end. */
  readonly certificateDir: string;
  readonly sbcBaseDomain: string;
  /** `host:port`: where the hubs reach Tandem for any name below `sbcBaseDomain`. */
  readonly sbcTeamsTls: string;
  /** `host:port`: where the rehearsal carrier sends its calls. */
  readonly sbcCarrier: string;
  /** `host:port` each: where phones register, over UDP and TCP, and over TLS. */
  readonly sbcPhones: { readonly sip: string; readonly tls: string };
  readonly phones: readonly PhoneSignIn[];
  /** Names of the hubs in the order of their ports: sip, sip2, sip3. */
  readonly hubNames: readonly string[];
  /** Bearer token that the control API asks for. */
  readonly controlToken: string;
  /** Subscriptions may name our own listener, which speaks http here. Microsoft would refuse. */
  readonly plainNotificationUrls: true;
  readonly logLevel: LogLevel;
}

export type ToChild<Config> =
  | { readonly type: 'configure'; readonly config: Config }
  | { readonly type: 'stop' };

export type FromChild =
  /** The twin's `microsoftRoot` is the PEM file of the root that signs its Microsoft side; it becomes `hubRootsFile`. */
  | { readonly type: 'ready'; readonly microsoftRoot?: string }
  /** One sentence for a person: what is wrong and what to do. */
  | { readonly type: 'failed'; readonly message: string };

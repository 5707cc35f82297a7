/**
 * How a twin is started and what it says when it is up. The supervisor spawns `main.ts` with an IPC channel:
 *
 * ```
 * supervisor                       twin
 *    ├── {type:'configure', config} ──►│
 *    │◄── {type:'ready', …} ───────────┤   every listener is open, certificates are on disk
 *    │◄── {type:'failed', message} ────┤   or this, and exit 1
 *    ├── {type:'stop'} ───────────────►│   clients hang up, exit 0 within 2 s
 * ```
 * It also ends by itself when the channel disconnects. `apps/server` states the same shape in its child-config; this
 * package may not import it, and a test of the server holds the two together.
 */

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The ports that the twin binds or calls; the supervisor's table has more. */
export interface TwinPorts {
  readonly twinControl: number;
  readonly twinHub1: number;
  readonly twinHub2: number;
  readonly twinHub3: number;
  /** UDP and TCP: the carrier's three addresses. */
  readonly twinCarrier: number;
  readonly twinCarrierSecond: number;
  readonly twinCarrierThird: number;
  /** https: Entra's sign-in and Graph. */
  readonly twinLogin: number;
  readonly twinGraph: number;
  /** UDP and TCP. */
  readonly twinDns: number;
  /** SMTP: a mail server that keeps what it gets, for `GET /mail`. */
  readonly twinSmtp: number;
  /** RTP of clients and of the carrier, both ends included. */
  readonly twinRtp: PortRange;
}

/** A phone of the rehearsal world. */
export interface TwinPhone {
  readonly name: string;
  /** Customer's key: `acme`. */
  readonly account: string;
  /** Digest user name and address of record. */
  readonly user: string;
  readonly password: string;
  readonly realm: string;
}

export interface TwinConfig {
  /** The twin's own folder (certificates, recordings). */
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly ports: TwinPorts;
  /** Seed of every choice the twin makes. */
  readonly seed: number;
  /** Every root of the twin, PEM; written before it is ready. */
  readonly caFile: string;
  /**
   * `sbc.cert.pem` (full chain) and `sbc.key.pem` (0600) are minted here if absent or near their end;
   * `graph-app.cert.pem` and `graph-app.key.pem`, with which the platform signs in to Entra, if absent.
   */
  readonly certificateDir: string;
  readonly sbcBaseDomain: string;
  /** `host:port`: where the hubs reach the SBC for any name at or below `sbcBaseDomain`. */
  readonly sbcTeamsTls: string;
  /** `host:port`, UDP and TCP: where the rehearsal carrier sends its calls. */
  readonly sbcCarrier: string;
  /** `host:port` each: where phones register, over UDP and TCP, and over TLS. Absent: there are no phones. */
  readonly sbcPhones?: { readonly sip: string; readonly tls: string };
  /** The phones that the twin can be, with what they register with. */
  readonly phones?: readonly TwinPhone[];
  /** Names of the hubs in the order of their ports: sip, sip2, sip3. */
  readonly hubNames: readonly string[];
  /** Bearer token that the control API asks for; empty = none. */
  readonly controlToken: string;
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** Enforce the checks tagged T and I as well as the documented ones (D). Default true. */
  readonly strict?: boolean;
  /** Graph refuses to send an answer that is not in Microsoft's schema: for tests of the twin. Default false. */
  readonly checkAnswers?: boolean;
  /**
   * Take `http://` of a loopback address as a subscription's notificationUrl. Microsoft takes https only; the rehearsal
   * turns this on because the platform's own listener there speaks http. Default false.
   */
  readonly plainNotificationUrls?: boolean;
  /** RFC 3261 T1 in ms, default 500. For rehearsals of what takes 64*T1. */
  readonly sipT1Ms?: number;
}

export type ToTwin = { readonly type: 'configure'; readonly config: TwinConfig } | { readonly type: 'stop' };

export interface TwinReady {
  readonly type: 'ready';
  /** URL of the control API, without a final slash. */
  readonly control: string;
  /** URLs of Entra's sign-in and of Graph (without a version), without a final slash. */
  readonly login: string;
  readonly graph: string;
  /** `host:port` of sip, sip2, sip3. */
  readonly hubs: readonly string[];
  readonly carrier: string;
  readonly carrierSecond: string;
  readonly dns: string;
  /** `host:port` of the mail server. */
  readonly smtp: string;
  /** Every root of the twin in one PEM file: enough to verify the hubs and the SBC. */
  readonly ca: string;
  /** Only the root that signs Microsoft's side: what the SBC should trust. */
  readonly microsoftRoot: string;
}

export type FromTwin = TwinReady | { readonly type: 'failed'; readonly message: string };

export type Region = 'eu' | 'us' | 'as';

/** In the order of the connection points when the primary is in EMEA (teams-direct-routing 1.1). */
export const regions: readonly Region[] = ['eu', 'us', 'as'];

export const hubNames = [
  'sip.pstnhub.microsoft.com',
  'sip2.pstnhub.microsoft.com',
  'sip3.pstnhub.microsoft.com',
] as const;

/** What Record-Route and the From of OPTIONS say. */
export const regionalName = (region: Region): string => `sip-du-a-${region}.pstnhub.microsoft.com`;

/** What the Contact of calls says; port 443, never to be dialled. */
export const apiName = (region: Region): string =>
  ({
    eu: 'api-du-a-euwe.pstnhub.microsoft.com',
    us: 'api-du-a-usea.pstnhub.microsoft.com',
    as: 'api-du-a-asse.pstnhub.microsoft.com',
  })[region];

export function parseHostPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TypeError(`not host:port: ${text}`);
  }
  return { host: text.slice(0, colon), port };
}

/**
 * How a twin is started and what it says when it is up. The supervisor forks `main.ts` with an IPC channel, sends a
 * {@link TwinConfigure} and waits for a {@link TwinReady}; nobody else needs to know how the twin is built.
 */

export interface TwinAddress {
  readonly host: string;
  readonly port: number;
}

export interface TwinConfig {
  /** Certificates and recordings are kept below this folder; it is made when missing. */
  readonly dataDir: string;
  /** Address of every listener of the twin, 127.0.0.1 unless told otherwise. */
  readonly bind: string;
  readonly ports: {
    readonly control: number;
    /** sip, sip2, sip3, in this order. TLS. */
    readonly hubs: readonly [number, number, number];
    /** UDP and TCP on the same number: the carrier's first address. */
    readonly carrier: number;
    /** The carrier's second address, for failover. */
    readonly carrierSecond: number;
    /** UDP and TCP. */
    readonly dns: number;
    /** RTP of clients and of the carrier, both ends included. Even first port. */
    readonly rtp: { readonly first: number; readonly last: number };
  };
  /** Where the SBC under test listens. */
  readonly sbc: {
    /** The port of the carrier trunk and of all derived trunks (`SipSignalingPort`). */
    readonly teamsTls: TwinAddress;
    readonly carrierUdp: TwinAddress;
    readonly carrierTcp: TwinAddress;
  };
  /** Address written into the A records of the SBC's names; default: the host of `sbc.teamsTls`. */
  readonly sbcAddress?: string;
  /** Checks tagged T and I are enforced as well as the documented ones. Default true. */
  readonly strict?: boolean;
  /** Seed of every choice the twin makes (tags, shuffles). Default 1. */
  readonly seed?: number;
  /** Name of the control API's writer token; absent = the API is open to whoever reaches the loopback address. */
  readonly controlToken?: string;
}

export interface TwinConfigure {
  readonly type: 'configure';
  readonly config: TwinConfig;
}

/** Paths of PEM files, as an operator gets them from a public CA. */
export interface CertificateFiles {
  readonly folder: string;
  /** The leaf only. */
  readonly cert: string;
  /** The leaf and every intermediate, leaf first: what a TLS server is configured with. */
  readonly fullChain: string;
  /** Intermediates only. */
  readonly chain: string;
  readonly key: string;
}

export interface TwinReady {
  readonly type: 'ready';
  /** URL of the control API, without a final slash. */
  readonly control: string;
  /** `host:port` of sip, sip2, sip3. */
  readonly hubs: readonly string[];
  /** Names to put into Tandem's hub configuration, with the twin's ports. */
  readonly hubNames: readonly { readonly name: string; readonly port: number }[];
  readonly carrier: string;
  readonly carrierSecond: string;
  readonly dns: string;
  /** Every root of the twin in one PEM file: enough to verify the hubs and the SBC. */
  readonly ca: string;
  /** Only the roots that sign Microsoft's side: what the SBC should trust. */
  readonly microsoftRoots: string;
  /** The SBC's certificate, for the same import path that an operator uses. */
  readonly sbcCertificate: CertificateFiles;
}

export interface TwinFailed {
  readonly type: 'failed';
  readonly reason: string;
}

/** The region names of the three connection points, in the order of `ports.hubs` (primary in EMEA). */
export const hubNames = [
  'sip.pstnhub.microsoft.com',
  'sip2.pstnhub.microsoft.com',
  'sip3.pstnhub.microsoft.com',
] as const;

export const regionalNames = [
  'sip-du-a-eu.pstnhub.microsoft.com',
  'sip-du-a-us.pstnhub.microsoft.com',
  'sip-du-a-as.pstnhub.microsoft.com',
] as const;

import type { HostPort, Protocol } from '@tandem/sip/ua/types.ts';

/** Methods that work today; what is not here is answered 405 or 501, and Microsoft does not ask for it. */
export const allowedMethods: readonly string[] = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'];
export const allowHeader = allowedMethods.join(', ');

export interface EngineSettings {
  readonly teams: {
    /** Identity of the transport used towards hubs (`Destination.via`). */
    readonly via: string;
    /** Port written into our Contacts towards Microsoft: the one its connections reach us on. */
    readonly contactPort: number;
    /** FQDN of the carrier trunk: the only one that sends OPTIONS (teams-direct-routing 1.7). */
    readonly trunkHost: string;
    /** Address in c= lines towards Microsoft. */
    readonly mediaAddress: string;
  };
  readonly carriers: {
    readonly via: Readonly<Partial<Record<Protocol, string>>>;
    /** Host and port in our Contacts towards carriers, per protocol. */
    readonly contact: Readonly<Partial<Record<Protocol, HostPort>>>;
    readonly mediaAddress: string;
  };
  /** Phones that register with us. Absent: none are served. */
  readonly phones?: {
    /** Names of the phones' listeners: what arrives on one of them is a phone and proves itself by digest. */
    readonly via: Readonly<Partial<Record<Protocol, string>>>;
    /** Host and port in our Contacts towards phones, per protocol. */
    readonly contact: Readonly<Partial<Record<Protocol, HostPort>>>;
    readonly mediaAddress: string;
  };
  readonly budgets: Budgets;
}

/** Milliseconds unless the name says otherwise. Sources: DESIGN 6.1, teams-direct-routing 1.10 and 1.11. */
export interface Budgets {
  /** Connect and first answer of any kind, per target. */
  readonly firstResponseMs: number;
  /** Nothing but 100 from a target. */
  readonly only100Ms: number;
  /** After this no further target is begun. */
  readonly routingMs: number;
  /** A carrier's caller hears something by then. */
  readonly soothCarrierMs: number;
  /** MICROSOFT: FailoverTimeSeconds is 10 s, and only an 18x stops it (S8). */
  readonly soothTeamsMs: number;
  /** Ringing without an end. */
  readonly ringMs: number;
  /** Wait for the checkpoint before the 200 is relayed. */
  readonly checkpointMs: number;
  /** Silence (RTP and RTCP) that ends a call, and the same on hold. */
  readonly silentMs: number;
  readonly silentOnHoldMs: number;
  /** How long a finished call waits for the last messages and counters before its record closes. */
  readonly farewellMs: number;
  readonly sessionExpiresSeconds: number;
  readonly minSessionExpiresSeconds: number;
  /** Further targets after the first: three hubs, or three carrier addresses. */
  readonly furtherTargets: number;
  /** INVITEs at once per source that nobody has taken up: not ringing yet, from a phone not answered yet (T04). */
  readonly unansweredPerSource: number;
}

export const defaultBudgets: Budgets = {
  firstResponseMs: 3000,
  only100Ms: 5000,
  routingMs: 6000,
  soothCarrierMs: 4000,
  soothTeamsMs: 7000,
  ringMs: 180_000,
  checkpointMs: 5,
  silentMs: 60_000,
  silentOnHoldMs: 30 * 60_000,
  farewellMs: 1000,
  sessionExpiresSeconds: 1800,
  minSessionExpiresSeconds: 300,
  furtherTargets: 2,
  unansweredPerSource: 64,
};

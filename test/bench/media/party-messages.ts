/** What the bench says to its two party processes and hears from them, over Node's own channel of `fork`. */

export interface Target {
  readonly address: string;
  readonly rtpPort: number;
  /** Equal to `rtpPort` when RTCP is multiplexed. */
  readonly rtcpPort: number;
}

/** One per call. */
export interface PartyKeys {
  /** Base64, what this party sends with. */
  readonly tx: string;
  readonly rx: string;
}

export type PartyCommand =
  /** Opens the sockets of all calls. Without keys: plain RTP, RTCP on a socket of its own. */
  | { readonly kind: 'open'; readonly address: string; readonly calls: number; readonly muxed: boolean }
  | {
      readonly kind: 'talk';
      readonly targets: readonly Target[];
      readonly keys?: readonly PartyKeys[];
      /** Where in the 20 ms this party's first call begins. */
      readonly phaseMs: number;
    }
  /** All counters to zero; said to both parties before either counts, else one hears what it then forgets. */
  | { readonly kind: 'reset' }
  /** Packets sent from here on count. */
  | { readonly kind: 'count' }
  /** Go on talking, but uncounted. */
  | { readonly kind: 'uncount' }
  | { readonly kind: 'report' };

export interface PartyReport {
  readonly sent: number;
  readonly received: number;
  /** SRTP tag, replay, or a payload that is not what was sent. */
  readonly rejected: number;
  readonly rtcpReceived: number;
  readonly rtcpRejected: number;
  /** How many packets took how long, in steps of {@link DELAY_STEP_MS}; the last one holds all that took longer. */
  readonly delays: readonly number[];
}

export type PartyAnswer =
  | { readonly kind: 'opened'; readonly targets: readonly Target[] }
  | { readonly kind: 'done' }
  | ({ readonly kind: 'report' } & PartyReport);

export const DELAY_STEP_MS = 0.02;
export const DELAY_STEPS = 10_000;

/**
 * Timer values of RFC 3261 table 4 with RFC 6026's L and M, all derived from T1, T2 and T4. On a reliable transport
 * nothing is retransmitted and nobody waits for a retransmission: A, E and G are never set, D, I, J and K are zero.
 */
export interface Timing {
  /** Round-trip estimate. */
  readonly t1: number;
  /** Largest retransmission gap of non-INVITE requests and INVITE responses. */
  readonly t2: number;
  /** How long a message stays in the network. */
  readonly t4: number;
  /** 64*T1: timers B, D, F, H, J, L, M, and the wait for an ACK. D is "at least 32 s" (§17.1.1.2): 64*T1 by default. */
  readonly patience: number;
}

/** Milliseconds; the RFC's defaults are T1 500, T2 4,000, T4 5,000 (§17.1.1.1, §17.1.2.2). */
export function timing(t1 = 500, t2 = 4000, t4 = 5000): Timing {
  return { t1, t2, t4, patience: 64 * t1 };
}

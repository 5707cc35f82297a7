/**
 * Whether a peer takes calls, from our probes and from calls (reliability 2, "Failover towards others"):
 *
 *     unknown ─probeGood→ up ─probeBad→ shaky ─probeBad→ down ─probeGood→ recovering ─probeGood→ up
 *                          └──────── callFailed ─────────→ ↑ └────────────── probeBad ──┘
 *
 * `unknown` and `shaky` are used like `up`; `down` and `recovering` are tried last.
 */
export type PeerState = 'unknown' | 'up' | 'shaky' | 'down' | 'recovering';
export type PeerInput = 'probeGood' | 'probeBad' | 'callGood' | 'callFailed';

export const peerHealth = {
  unknown: { probeGood: 'up', probeBad: 'shaky', callGood: 'up', callFailed: 'down' },
  up: { probeGood: 'up', probeBad: 'shaky', callGood: 'up', callFailed: 'down' },
  shaky: { probeGood: 'up', probeBad: 'down', callGood: 'up', callFailed: 'down' },
  down: { probeGood: 'recovering', probeBad: 'down', callGood: 'up', callFailed: 'down' },
  recovering: { probeGood: 'up', probeBad: 'down', callGood: 'up', callFailed: 'down' },
} as const satisfies Record<PeerState, Record<PeerInput, PeerState>>;

export function takesCalls(state: PeerState): boolean {
  return state !== 'down' && state !== 'recovering';
}

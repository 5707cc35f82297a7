/**
 * When a hub was last sent OPTIONS, remembered over a restart: Microsoft wants not more than one in 60 s, and a
 * process that restarts in a loop must not break that. Wall ms, because it survives the process.
 */
export interface ProbeMemory {
  lastSentAt(peer: string): number | undefined;
  sent(peer: string, atWallMs: number): void;
}

export function forgetfulProbeMemory(): ProbeMemory {
  const sent = new Map<string, number>();
  return { lastSentAt: (peer) => sent.get(peer), sent: (peer, at) => void sent.set(peer, at) };
}

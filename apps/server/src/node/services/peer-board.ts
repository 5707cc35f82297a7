import type { PeerBoard, PeerHealth } from '@tandem/adapters/http/services.ts';
import type { RoutingSnapshot } from '@tandem/domain';
import type { PeerView } from '@tandem/engine';

const stateWords: Readonly<Record<PeerView['state'], PeerHealth['state']>> = {
  unknown: 'unknown',
  up: 'up',
  shaky: 'degraded',
  recovering: 'degraded',
  down: 'down',
};

/** Hubs and carriers as the engine's peer book knows them, with what went wrong in words. */
export function createPeerBoard(deps: {
  peers(): readonly PeerView[];
  snapshot(): RoutingSnapshot;
}): PeerBoard {
  return {
    list() {
      const { carriers } = deps.snapshot();
      return deps.peers().map((peer): PeerHealth => {
        const carrier = peer.carrierId && carriers.get(peer.carrierId);
        const status = peer.lastProbeResult === undefined ? Number.NaN : Number(peer.lastProbeResult);
        return {
          id: peer.id,
          kind: peer.kind,
          name: carrier?.name ?? peer.name,
          address: peer.name,
          ...(carrier && carrier.owner !== 'operator' && { accountId: carrier.owner }),
          state: stateWords[peer.state],
          ...reasonOf(peer),
          sinceMs: peer.changedAt,
          weAsk: {
            lastAtMs: peer.lastProbeAt,
            ...(Number.isInteger(status) && { status }),
            rttMs: peer.lastProbeMs,
          },
          theyAsk: { lastAtMs: peer.lastHeardAt },
        };
      });
    },
  };
}

function reasonOf(peer: PeerView): { readonly reason?: string } {
  if (peer.coolingUntil !== undefined) return { reason: 'it asked to be left alone for a moment (503)' };
  if (peer.breakerOpen) return { reason: 'too many of its last calls failed' };
  if (peer.state !== 'up' && peer.lastProbeResult !== undefined)
    return {
      reason: /^2\d\d/.test(peer.lastProbeResult)
        ? 'a call could not get through there'
        : `OPTIONS: ${peer.lastProbeResult}`,
    };
  return {};
}

import type { Peer, Peers } from '@tandem/contract';
import { type Scope, seesAccount } from '../scope.ts';
import type { Heard, PeerHealth } from '../services.ts';
import { compact, instant } from './shape.ts';

/** Microsoft asks every minute; a peer that has been silent for longer than this is worth a word (reliability 8). */
const quietAfterMs = 90_000;

export function toPeers(
  all: readonly PeerHealth[],
  scope: Scope,
  kind: string | undefined,
  wallMs: number,
): Peers {
  const seen = all.filter((peer) => peer.accountId === undefined || seesAccount(scope, peer.accountId));
  const items = seen
    .filter((peer) => kind === undefined || peer.kind === kind)
    .map((peer) => toPeer(peer, wallMs));
  return { sentence: summary(items), at: instant(wallMs), items };
}

function toPeer(peer: PeerHealth, wallMs: number): Peer {
  return compact({
    id: peer.id,
    kind: peer.kind,
    name: peer.name,
    address: peer.address,
    accountId: peer.accountId,
    state: peer.state,
    sentence: sentenceOf(peer, wallMs),
    since: peer.sinceMs === undefined ? undefined : instant(peer.sinceMs),
    weAsk: toHeard(peer.weAsk, wallMs),
    theyAsk: toHeard(peer.theyAsk, wallMs),
  });
}

function toHeard(heard: Heard, wallMs: number): Peer['weAsk'] {
  return compact({
    lastAt: heard.lastAtMs === undefined ? undefined : instant(heard.lastAtMs),
    ageSeconds:
      heard.lastAtMs === undefined ? undefined : Math.max(0, Math.round((wallMs - heard.lastAtMs) / 1000)),
    status: heard.status,
    rttMs: heard.rttMs,
  });
}

function sentenceOf(peer: PeerHealth, wallMs: number): string {
  const because = peer.reason ? ` (${peer.reason})` : '';
  const what = peer.kind === 'hub' ? 'Microsoft hub' : 'Carrier';
  const theirs = peer.theyAsk.lastAtMs;
  const silent = theirs === undefined || wallMs - theirs > quietAfterMs;
  switch (peer.state) {
    case 'up':
      if (peer.kind === 'hub' && silent) {
        return `Answers our OPTIONS, but ${theirs === undefined ? 'never asked us' : 'stopped asking us'}: Microsoft may hold us for down. Check that our host name and certificate reach it.`;
      }
      return `${what} answers${because}.`;
    case 'degraded':
      return `${what} answers badly${because}: others are tried first.`;
    case 'down':
      return `${what} does not answer${because}: calls go another way if there is one.`;
    case 'unknown':
      return `${what} has not been asked yet, or gave no answer to judge by${because}.`;
  }
}

function summary(items: readonly Peer[]): string {
  if (items.length === 0) return 'Neither hubs nor carriers are configured.';
  const part = (kind: Peer['kind'], one: string, many: string): string | undefined => {
    const group = items.filter((item) => item.kind === kind);
    if (group.length === 0) return undefined;
    const up = group.filter((item) => item.state === 'up').length;
    const noun = group.length === 1 ? one : many;
    return up === group.length ? `all ${group.length} ${noun} up` : `${up} of ${group.length} ${noun} up`;
  };
  const words = [part('hub', 'hub', 'hubs'), part('carrier', 'carrier', 'carriers')].filter(
    (word) => word !== undefined,
  );
  const text = words.join(', ').replace(/all 1 (hub|carrier) up/g, 'the $1 is up');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

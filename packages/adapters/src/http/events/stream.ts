import { type LiveEvent, liveEvent } from '@tandem/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../auth/principal.ts';
import { seesQueue } from '../queue-board.ts';
import { Refusal } from '../refusal.ts';
import { type Scope, scopeOf, seesAccount, seesPerson } from '../scope.ts';
import { apiHeaders } from '../security-headers.ts';
import { type ApiServices, isAway } from '../services.ts';
import { toCallSummary } from '../views/call-view.ts';
import { toPeers } from '../views/peer-view.ts';
import { instant } from '../views/shape.ts';

export interface StreamLimits {
  readonly total: number;
  readonly perUser: number;
  /** How often `alive` is sent; the session is checked then too (role or session loss takes effect, T21). */
  readonly aliveMs: number;
}

/** A client that does not read is let go; it comes back and reads everything again. */
const mostUnreadBytes = 256 * 1024;
/** Peers change in bursts when a network goes: one picture a second is enough for eyes. */
const peersEveryMs = 1_000;

/**
 * Opens the stream of live changes. Events are filtered for the reader here, at the last step, so that no publisher
 * needs to know about accounts.
 */
export function openStream(
  services: ApiServices,
  limits: StreamLimits,
  request: FastifyRequest,
  reply: FastifyReply,
  principal: Principal,
  scope: Scope,
  again: () => Promise<Principal | undefined>,
  open: Map<string, number>,
): Refusal | undefined {
  const mine = open.get(principal.userId) ?? 0;
  const all = [...open.values()].reduce((sum, count) => sum + count, 0);
  if (mine >= limits.perUser || all >= limits.total)
    return new Refusal('too-many-requests', { retryAfterSeconds: 30 });
  open.set(principal.userId, mine + 1);

  const { clock } = services;
  reply.hijack();
  const out = reply.raw;
  out.writeHead(200, {
    ...apiHeaders,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  });
  request.raw.socket.setTimeout(0);
  request.raw.socket.setNoDelay(true);

  let ended = false;
  let stopTimer = (): void => undefined;
  let stopPeers: (() => void) | undefined;
  let peersSentAt = Number.NEGATIVE_INFINITY;

  const send = (event: LiveEvent): void => {
    if (ended) return;
    out.write(`event: ${event.kind}\ndata: ${JSON.stringify(liveEvent.parse(event))}\n\n`);
    if (out.writableLength > mostUnreadBytes) end();
  };
  const end = (): void => {
    if (ended) return;
    ended = true;
    stopTimer();
    stopPeers?.();
    unsubscribe();
    const left = (open.get(principal.userId) ?? 1) - 1;
    if (left > 0) open.set(principal.userId, left);
    else open.delete(principal.userId);
    out.end();
  };
  const maySeePeers = principal.role !== 'user';
  const sendPeers = (): void => {
    peersSentAt = clock.now();
    send({ kind: 'peers', peers: toPeers(services.peers.list(), scope, undefined, clock.wall()) });
  };

  const unsubscribe = services.events.subscribe((event) => {
    if (event.kind === 'call') {
      if (seesPerson(scope, event.record))
        send({ kind: 'call', call: toCallSummary(event.record, event.phase) });
      return;
    }
    if (event.kind === 'person') {
      if (seesPerson(scope, event)) send(event);
      // How colleagues are, is for colleagues; whether they may call from Teams is not.
      else if (event.presence && seesAccount(scope, event.accountId))
        send({
          kind: 'person',
          accountId: event.accountId,
          personId: event.personId,
          presence: event.presence,
        });
      return;
    }
    if (event.kind === 'queue') {
      const { accountId, live } = event;
      if (seesQueue(scope, { accountId, members: live.members })) send({ kind: 'queue', accountId, live });
      return;
    }
    if (!maySeePeers || stopPeers) return;
    const wait = peersSentAt + peersEveryMs - clock.now();
    if (wait <= 0) sendPeers();
    else {
      stopPeers = clock.after(wait, () => {
        stopPeers = undefined;
        sendPeers();
      });
    }
  });

  const tick = async (): Promise<void> => {
    // While the database is away a stream that was allowed stays allowed (I1).
    const now = await again().catch((error: unknown) => (isAway(error) ? principal : undefined));
    if (ended) return;
    const nowScope = now && scopeOf(now);
    if (now?.role !== principal.role || JSON.stringify(nowScope) !== JSON.stringify(scope)) {
      send({ kind: 'signed-out', at: instant(clock.wall()) });
      end();
      return;
    }
    send({ kind: 'alive', at: instant(clock.wall()) });
    stopTimer = clock.after(limits.aliveMs, () => void tick());
  };

  out.on('close', end);
  out.on('error', end);
  send({ kind: 'hello', at: instant(clock.wall()) });
  if (maySeePeers) sendPeers();
  stopTimer = clock.after(limits.aliveMs, () => void tick());
  return undefined;
}

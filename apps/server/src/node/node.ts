import type { Metrics } from '@tandem/adapters/http/metrics.ts';
import type { HttpServer } from '@tandem/adapters/http/server.ts';
import type { NodeConfig } from '../supervisor/child-config.ts';
import { openBoards } from './boards.ts';
import { openCallEngine, takeOverCalls } from './call-engine.ts';
import { openMicrosoftSide } from './microsoft-side.ts';
import { createNodeContext } from './node-context.ts';
import { openMetrics } from './node-metrics.ts';
import { openPresenceSide, type PresenceSide } from './presence-side.ts';
import { createLiveCalls } from './services/live-calls.ts';
import { createPeerBoard } from './services/peer-board.ts';
import { openSipEdge } from './sip-edge.ts';
import { openStorage } from './storage.ts';
import { openWeb } from './web.ts';

export interface RunningNode {
  stop(): Promise<void>;
}

/** Puts one node together: what is opened first is closed last. Nothing here decides anything about a call. */
export async function startNode(config: NodeConfig): Promise<RunningNode> {
  const context = createNodeContext(config);
  const { clock } = context;

  // What counts is made before what is counted: the metrics need the engine, and the sockets need the metrics. And the
  // engine asks presence, which hears the engine's calls. So each of these is read where it is needed, not earlier.
  const later: { metrics?: Metrics; presence?: PresenceSide; http?: Pick<HttpServer, 'answering'> } = {};
  const presenceSide = (): PresenceSide => {
    if (!later.presence) throw new Error('presence is asked before the node is put together');
    return later.presence;
  };
  const metricsSoFar = () => later.metrics;

  const storage = await openStorage(context);
  const { snapshots } = storage;
  const edge = await openSipEdge(context, {
    ...storage,
    metrics: metricsSoFar,
    othersWait: () => storage.db.counts.inUse > 0 || (later.http?.answering ?? 0) > 0,
    flowClosed: (flow) => presenceSide().lamps.flowClosed(flow),
  });
  const { phones, media, endpoint } = edge;
  const microsoft = await openMicrosoftSide(context, {
    ...storage,
    metrics: metricsSoFar,
    personalRules: (personId) => later.presence?.presence.rulesOf(personId),
    told: () => later.presence?.accelerator,
    holds: (personId) => later.presence?.presence.holds(personId) ?? false,
  });
  const { mailer, connections, routingDomains, directory, provisioning, presenceSync, own } = microsoft;
  const engine = openCallEngine(context, {
    storage,
    edge,
    microsoft,
    metrics: metricsSoFar,
    presence: () => presenceSide().presence,
    lamps: () => presenceSide().lamps,
  });
  snapshots.onChange(() => {
    engine.snapshotChanged();
    phones.snapshotChanged();
    presence.snapshotChanged();
    lamps.snapshotChanged();
  });

  const live = createLiveCalls(engine);
  const peers = createPeerBoard({ peers: () => engine.peers(), snapshot: () => snapshots.current() });
  const metrics = openMetrics(context, { storage, edge, microsoft, engine, live, peers });
  later.metrics = metrics;
  later.presence = openPresenceSide(context, { storage, phones, microsoft, engine, metrics });
  const { presence, lamps, accelerator } = later.presence;
  const boards = openBoards(context, { storage, microsoft, engine, presence, accelerator });
  const { adminAddresses, reminder, proposalNotice, jobs } = boards;
  const { portal, http } = await openWeb(context, {
    storage,
    edge,
    microsoft,
    presence,
    accelerator,
    boards,
    live,
    peers,
    metrics,
  });

  later.http = http;

  if (!(await media.ready(10_000))) throw new Error('the media process does not answer');
  await media.releaseStrangers();
  await storage.voicemail.keeper.recover();
  await endpoint.open(engine.ua);
  engine.start();
  takeOverCalls(engine, storage.calls);
  storage.voicemail.keeper.start();
  presence.start();
  await http.listen();
  directory.start();
  presenceSync.start();
  microsoft.data.start();
  own.start();
  accelerator.start();
  portal.start();
  jobs.start();
  const renewal = edge.watchCertificate();

  return {
    async stop() {
      renewal.stop();
      lamps.stop();
      engine.stop();
      for (const { callId } of engine.activeCalls()) engine.hangUp(callId);
      await Promise.race([engine.drain(), new Promise((done) => clock.after(1_500, () => done(undefined)))]);
      await Promise.all([
        portal.stop(),
        http.close(),
        presence.stop(),
        presenceSync.stop(),
        own.stop(),
        accelerator.stop(),
        provisioning.stop(),
        directory.stop(),
      ]);
      await microsoft.data.stop();
      await connections.stop();
      await mailer.stop();
      connections.close();
      await endpoint.close();
      await phones.stop();
      media.close();
      reminder.stop();
      proposalNotice.stop();
      adminAddresses.stop();
      await jobs.stop();
      await routingDomains.stop();
      await storage.close();
      context.stopClock();
    },
  };
}

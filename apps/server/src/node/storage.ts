import { join } from 'node:path';
import { auditedDirectory } from '@tandem/adapters/audit/audited-directory.ts';
import { createStoredServices } from '@tandem/adapters/http/stored-services.ts';
import { createCallLog } from '@tandem/adapters/journal/call-log.ts';
import { openLadderStore } from '@tandem/adapters/journal/ladder-store.ts';
import { startRecordFiller } from '@tandem/adapters/journal/record-filler.ts';
import { openDatabase } from '@tandem/adapters/postgres/database.ts';
import { migrate } from '@tandem/adapters/postgres/migrate.ts';
import { createStores } from '@tandem/adapters/postgres/stores.ts';
import { createSecretBox, loadOrCreateMasterKey } from '@tandem/adapters/security/secret-box.ts';
import { openRoutingSnapshotSource } from '@tandem/adapters/snapshot/routing-snapshot-source.ts';
import type { NodeContext } from './node-context.ts';
import { createProbeMemory } from './probe-memory.ts';
import { seedRehearsal } from './seed-rehearsal.ts';
import { openChangeLog } from './services/change-log.ts';
import { withCurrentFacts } from './services/current-facts.ts';
import { openVoicemail } from './services/voicemail.ts';

export type NodeStorage = Awaited<ReturnType<typeof openStorage>>;

/** What is kept: database, journal of calls, log of changes, and the facts for calls that outlive the database. */
export async function openStorage({ config, log, clock, newId }: NodeContext) {
  await migrate({ ownerUrl: config.databaseOwnerUrl }).catch((error: Error) => {
    // I1, I3: a node that has a snapshot on disk carries calls without its database.
    log.warn({ error: error.message }, 'the database cannot be brought up to date now');
  });
  const db = openDatabase({ url: config.databaseUrl, applicationName: 'tandem-node' });
  const masterKey = loadOrCreateMasterKey(join(config.nodeDir, 'master.key'));
  const box = createSecretBox(masterKey);
  const ladders = openLadderStore({ dir: join(config.nodeDir, 'ladders') });
  const calls = await createCallLog({
    dir: join(config.nodeDir, 'journal'),
    ladderStore: ladders,
    onHealth: (healthy, detail) => log[healthy ? 'info' : 'error']({ detail }, 'journal'),
  });
  const stores = createStores(db, box, calls);
  const changes = openChangeLog({
    stores,
    masterKey,
    nodeDir: config.nodeDir,
    clock,
    newId,
    insideAllowed: config.twin !== undefined,
    onProblem: (what) => log.warn({ what }, 'audit and webhooks'),
  });
  const filler = startRecordFiller({
    journal: calls,
    db,
    onProblem: (what) => log.warn({ what }, 'call records'),
  });
  if (config.rehearsal)
    await seedRehearsal(stores, config).catch((error: Error) => {
      log.warn({ error: error.message }, 'the rehearsal world cannot be seeded now');
    });
  const snapshots = await openRoutingSnapshotSource({
    db,
    url: config.databaseUrl,
    file: join(config.nodeDir, 'routing-snapshot'),
    hubs: config.hubs,
    box,
    onProblem: (what) => log.warn({ what }, 'routing snapshot'),
  });
  const probeMemory = await createProbeMemory(stores.facts);
  const voicemail = openVoicemail({
    rows: stores.voicemail,
    nodeDir: config.nodeDir,
    clock,
    audit: changes.audit,
    snapshot: () => snapshots.current(),
    refresh: () => snapshots.refresh(),
    newId,
    onProblem: (what) => log.warn({ what }, 'voicemail'),
  });

  const stored = createStoredServices(stores, ladders);
  const audited = { ...stored, directory: auditedDirectory(stored.directory, changes.audit) };
  return {
    db,
    masterKey,
    box,
    calls,
    stores,
    changes,
    snapshots,
    probeMemory,
    voicemail,
    /** As the API has them: whoever changes something is written down, and is answered when calls follow the change. */
    apiStores: withCurrentFacts(audited, snapshots),
    async close() {
      await voicemail.keeper.stop();
      await changes.stop();
      await filler.stop();
      await calls.close();
      await ladders.close();
      await snapshots.close();
      await db.close();
    },
  };
}

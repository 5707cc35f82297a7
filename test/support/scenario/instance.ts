import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@tandem/adapters/postgres/database.ts';
import { createStores, type Stores } from '@tandem/adapters/postgres/stores.ts';
import { createSecretBox, loadOrCreateMasterKey } from '@tandem/adapters/security/secret-box.ts';
import { openTrustStore, type TrustStore } from '@tandem/simulator/trust/trust-store.ts';
import { type Ready, type SpawnedInstance, spawnInstance } from '../../kit/spawn-instance.ts';
import { Api } from './api.ts';
import { Twin } from './twin.ts';
import { until } from './until.ts';

/** A whole platform with its twin, as `npm start` runs it, for the stories of one file. */
export interface Platform {
  readonly ready: Ready;
  readonly api: Api;
  /** The operator's bearer token. */
  readonly token: string;
  readonly twin: Twin;
  readonly stores: Stores;
  readonly portBase: number;
  /** `host:port` for carriers (UDP and TCP) and for Teams (TLS). */
  readonly carrierSide: string;
  readonly teamsSide: string;
  readonly spawned: SpawnedInstance;
  /** The twin's certificate authorities: to be Microsoft, or to pretend it badly. */
  trust(): Promise<TrustStore>;
  /** Process id of a child: `node`, `media`, `twin`, `postgres`. */
  pidOf(child: string): number;
  stop(): Promise<void>;
}

export async function startPlatform(
  portBase: number,
  environment: Readonly<Record<string, string>> = {},
  options: { readonly hubsComeLater?: boolean } = {},
): Promise<Platform> {
  const spawned = spawnInstance(['--fresh', '--port-base', String(portBase)], environment);
  const ready = await spawned.ready;
  const file = JSON.parse(readFileSync(ready.instance ?? '', 'utf8')) as {
    token: string;
    controlToken: string;
  };
  const secrets = JSON.parse(readFileSync(join(ready.data, 'postgres/secrets.json'), 'utf8')) as {
    app: string;
  };
  const db = openDatabase({
    url: `postgres://tandem_app:${secrets.app}@127.0.0.1:${portBase + 10}/tandem`,
    applicationName: 'tandem-scenarios',
  });
  const box = createSecretBox(loadOrCreateMasterKey(join(ready.data, 'node/master.key')));
  const api = new Api(ready.api, file.token);
  // The first OPTIONS to every peer are over: no hub is tried before it is known.
  await until(
    'all hubs are up',
    async () =>
      options.hubsComeLater === true ||
      (await api.peers()).items.filter(({ kind }) => kind === 'hub').every(({ state }) => state === 'up'),
  ).catch(async (error) => {
    spawned.process.kill('SIGTERM');
    await spawned.exited;
    throw error;
  });
  return {
    ready,
    api,
    token: file.token,
    twin: new Twin(ready.twin?.control ?? '', file.controlToken),
    stores: createStores(db, box),
    portBase,
    carrierSide: ready.sip.carrierUdp,
    teamsSide: ready.sip.teamsTls,
    spawned,
    trust: () => openTrustStore(join(ready.data, 'twin/trust'), Date.now()),
    pidOf: (child) =>
      (JSON.parse(readFileSync(join(ready.data, 'children', `${child}.json`), 'utf8')) as { pid: number })
        .pid,
    async stop() {
      await db.close();
      spawned.process.kill('SIGTERM');
      await spawned.exited;
    },
  };
}

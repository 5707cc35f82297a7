import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from '@tandem/adapters/config/schema.ts';
import { endOrphanServer } from '@tandem/adapters/embedded-postgres/orphan.ts';
import { clusterDirOf } from '@tandem/adapters/embedded-postgres/place.ts';
import type { SignIn } from './child-config.ts';
import { childConfigs, childPrograms, hostPort, reachable } from './children.ts';
import {
  claimWorld,
  type DataDir,
  makeFreshDir,
  prepareDataDir,
  rehearsalSecrets,
  removeDataDir,
  sweepFreshDirs,
} from './data-dir.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { busyPorts } from './free-ports.ts';
import { publishInstance, type ReadyLine, withdrawInstance } from './instance-file.ts';
import { ipcChild } from './ipc-child.ts';
import { clearOrphans } from './orphans.ts';
import { portsAt, portTable } from './ports.ts';
import { postgresChild } from './postgres-child.ts';
import type { ReadyMessage, SpawnChild } from './running-child.ts';
import { stdioChild } from './stdio-child.ts';
import { type SupervisedChild, superviseChild } from './supervised-child.ts';

/** The start was refused or failed; the message says what is wrong and what to do. */
export class StartError extends Error {}

export interface InstanceOptions {
  readonly values: Configuration;
  /** A throwaway data directory, removed at the end. */
  readonly fresh: boolean;
  /** One line for a person. */
  readonly onNotice: (line: string) => void;
}

export interface Instance {
  /** Resolves when everything is ready; rejects with StartError. */
  start(): Promise<{ readonly readyLine: ReadyLine; readonly signIns: readonly SignIn[] }>;
  /** Ends whatever runs, in order, within 10 s. Safe at any time, any number of times. */
  stop(): Promise<void>;
}

/** In the order in which they end: whoever takes calls first, whoever keeps the facts last. Sums to 9 s at most. */
const stopOrder = [
  ['node', 3_000],
  ['twin', 1_000],
  ['media', 1_000],
  ['postgres', 4_000],
] as const;
type ChildName = (typeof stopOrder)[number][0];
const patienceOf = new Map<ChildName, number>(stopOrder);

/**
 * What a call leaves behind dies within seconds. With V8's usual 16 MB for the young, 150 calls/s are copied twice and
 * thrown away among the old; with more room they are never copied at all (decision 0003).
 */
const signallingFlags = ['--max-semi-space-size=64'];

const describeBusy = (busy: Awaited<ReturnType<typeof busyPorts>>): string => {
  const lines = busy.map(
    ({ what, port, transport, code }) =>
      `  ${port}/${transport}  ${what}${code === 'EADDRINUSE' ? '' : ` (${code})`}`,
  );
  return `These ports are taken:\n${lines.join('\n')}\nStart with another --port-base, for example --port-base 17000.`;
};

export const createInstance = ({ values, fresh, onNotice }: InstanceOptions): Instance => {
  const children = new Map<ChildName, SupervisedChild>();
  /** Undone in reverse at the end. */
  const cleanups: (() => void | Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;

  const bail = (): void => {
    if (stopping !== undefined) throw new StartError('stopped before it was ready');
  };

  const openDataDir = async (portBase: number): Promise<DataDir> => {
    await sweepFreshDirs();
    const dataDir = prepareDataDir(fresh ? makeFreshDir() : values.dataDir);
    const lock = await lockDataDir(dataDir.root, portBase, process.argv.slice(2).join(' '));
    if (!lock.ok) {
      const who = lock.holder
        ? `process ${lock.holder.pid}, since ${lock.holder.since}, port base ${lock.holder.portBase}`
        : 'another process that is just starting';
      throw new StartError(
        `The data directory ${dataDir.root} is in use by ${who}. Stop that one, or start with another --data and another --port-base.`,
      );
    }
    cleanups.push(async () => {
      if (fresh) removeDataDir(dataDir.root);
      await lock.release();
    });
    // Also after a start that failed: what a killed run left may still be there.
    const ended = await clearOrphans(dataDir.root);
    await endOrphanServer(clusterDirOf(dataDir.root));
    if (lock.wasKilled)
      onNotice(`The last run was killed${ended > 0 ? `; ${ended} of its processes were still ending` : ''}.`);
    return dataDir;
  };

  const start: Instance['start'] = async () => {
    const ports = portsAt(values.portBase);
    const dataDir = await openDataDir(ports.base);
    bail();

    const wanted = values.twin ? 'rehearsal' : 'real';
    const world = claimWorld(dataDir, wanted);
    if (world !== wanted) {
      throw new StartError(
        world === 'rehearsal'
          ? `${dataDir.root} holds the rehearsal world; --no-twin needs a data directory of its own. Start with another --data.`
          : `${dataDir.root} was set up without the twin; the rehearsal never touches it. Start with --no-twin, or with another --data.`,
      );
    }
    const busy = await busyPorts(
      ports,
      values.bindAddress,
      (name) =>
        (values.twin || !('twin' in portTable[name])) &&
        (name !== 'postgres' || values.databaseUrl === undefined),
    );
    if (busy.length > 0) throw new StartError(describeBusy(busy));
    bail();

    const rehearsal = values.twin ? rehearsalSecrets(dataDir) : undefined;
    const instanceFile = rehearsal && join(dataDir.root, 'instance.json');
    const configs = childConfigs({
      values,
      ports,
      dataDir,
      ...(rehearsal && { rehearsal }),
      ...(instanceFile !== undefined && { instanceFile }),
    });
    const { socketDir } = configs;
    if (socketDir !== undefined) cleanups.push(() => rmSync(socketDir, { recursive: true, force: true }));

    const launch = async (name: ChildName, spawn: SpawnChild): Promise<ReadyMessage> => {
      bail();
      const child = superviseChild({
        name,
        dataDir: dataDir.root,
        logPath: join(dataDir.logs, `${name}.log`),
        spawn,
        stopPatienceMs: patienceOf.get(name)!,
        onNotice,
      });
      children.set(name, child);
      const begun = performance.now();
      const slow = setInterval(() => {
        onNotice(`${name}: not ready after ${Math.round((performance.now() - begun) / 1_000)} s`);
      }, 10_000);
      try {
        return await child.start();
      } finally {
        clearInterval(slow);
      }
    };

    let database = {
      appUrl: values.databaseUrl ?? '',
      ownerUrl: values.databaseOwnerUrl ?? values.databaseUrl ?? '',
    };
    const startDatabase = async (): Promise<void> => {
      if (values.databaseUrl !== undefined) return;
      await launch(
        'postgres',
        postgresChild({ dataDir: dataDir.root, port: ports.postgres }, ({ appUrl, ownerUrl }) => {
          database = { appUrl, ownerUrl };
        }),
      );
    };
    const [twinReady] = await Promise.all([
      configs.twin && launch('twin', ipcChild(childPrograms.twin, configs.twin)),
      launch('media', stdioChild(configs.media)),
      startDatabase(),
    ]);
    await launch(
      'node',
      ipcChild(childPrograms.node, configs.node(database, twinReady?.microsoftRoot), signallingFlags),
    );
    bail();

    const host = reachable(values.bindAddress);
    const portal = `http://${hostPort(host, ports.http)}`;
    const twin = configs.twinAddresses;
    const places = {
      portal,
      api: `${portal}/api/v1`,
      metrics: `${portal}/metrics`,
      sip: {
        teamsTls: hostPort(host, ports.teamsTls),
        carrierUdp: hostPort(host, ports.carrierSip),
        carrierTcp: hostPort(host, ports.carrierSip),
        phonesUdp: hostPort(host, ports.phonesSip),
        phonesTcp: hostPort(host, ports.phonesSip),
        phonesTls: hostPort(host, ports.phonesTls),
      },
      ...(twin && {
        twin: {
          control: twin.controlUrl,
          login: twin.loginUrl,
          graph: twin.graphUrl,
          hubs: twin.hubs,
          carrier: twin.carrier,
          dns: twin.dns,
          smtp: twin.smtp,
          ca: twin.caFile,
        },
      }),
      data: dataDir.root,
    };
    if (rehearsal !== undefined && instanceFile !== undefined) {
      cleanups.push(() => withdrawInstance(instanceFile, ports.base));
      publishInstance(instanceFile, {
        ...places,
        token: rehearsal.apiToken,
        controlToken: rehearsal.controlToken,
        signIns: rehearsal.signIns,
        phones: rehearsal.phones.map((phone) => ({ ...phone, realm: values.sbcBaseDomain })),
        pid: process.pid,
        portBase: ports.base,
      });
    }
    const { portal: first, api, metrics, sip, ...rest } = places;
    return {
      readyLine: {
        ready: true,
        portal: first,
        api,
        metrics,
        ...(instanceFile !== undefined && { instance: instanceFile }),
        sip,
        ...rest,
      },
      signIns: rehearsal?.signIns ?? [],
    };
  };

  const stopAll = async (started: Promise<unknown> | undefined): Promise<void> => {
    for (const [name] of stopOrder) await children.get(name)?.stop();
    // A start under way sees `stopping` at its next step; what it added since is ended too.
    await started?.catch(() => {});
    for (const [name] of stopOrder) await children.get(name)?.stop();
    for (const cleanup of cleanups.splice(0).reverse()) {
      try {
        await cleanup();
      } catch (error) {
        onNotice(`While ending: ${(error as Error).message}`);
      }
    }
  };

  let started: ReturnType<Instance['start']> | undefined;
  return {
    start: () => {
      started ??= start();
      return started;
    },
    stop: () => {
      stopping ??= Promise.resolve().then(() => stopAll(started));
      return stopping;
    },
  };
};

import { type Person, uuidV7 } from '@tandem/domain';
import type { AuditLog } from '@tandem/engine';
import type { UserChange } from '@tandem/engine/directory-sync/directory-changes.ts';
import { DirectoryMirror } from '@tandem/engine/directory-sync/directory-mirror.ts';
import { teamsPlanId } from '@tandem/engine/presence-sync/judgement.ts';
import { MemoryPresenceStore } from '@tandem/engine/presence-sync/memory-presence-store.ts';
import { PresenceSyncDesk } from '@tandem/engine/presence-sync/presence-desk.ts';
import { PresenceMemory } from '@tandem/engine/presence-sync/presence-memory.ts';
import { PresenceRunner } from '@tandem/engine/presence-sync/presence-runner.ts';
import { presenceTenant } from '@tandem/engine/presence-sync/presence-tenant.ts';
import { defaultPresenceSettings } from '@tandem/engine/presence-sync/settings.ts';
import type { ConnectionBoard } from '../connection-board.ts';
import type { PresenceSyncBoard } from '../presence-sync-board.ts';
import type { ApiClock } from '../services.ts';
import type { MemoryDirectory } from './memory-directory.ts';
import * as world from './sample-world.ts';

export const acmeRunId = '01930000-0000-7000-8000-000000005001';
const globexRunId = '01930000-0000-7000-8000-000000005002';

const userIdOf = ({ id }: Pick<Person, 'id'>): string => `dadadada-0000-4000-8000-${id.slice(-12)}`;

export const danaObjectId = userIdOf({ id: world.danaId });

/** Everybody of the sample world at Microsoft, but Ella, whose address differs, and Hana, who is two there. */
function usersOf(people: readonly Person[]): readonly UserChange[] {
  return people.flatMap((person): UserChange[] => {
    const { displayName, upn } = person;
    const plans = [{ servicePlanId: teamsPlanId, capabilityStatus: 'Enabled' }];
    const user = { objectId: userIdOf(person), displayName, upn, mail: upn, enabled: true, plans };
    if (displayName === 'Ella Brandt') return [{ ...user, upn: `e.${upn}`, mail: `e.${upn}` }];
    if (displayName === 'Hana Sato')
      return [
        { ...user, upn: `h1.${upn}` },
        { ...user, objectId: user.objectId.replace(/^dadadada/, 'dadadadb'), upn: `h2.${upn}` },
      ];
    return [user];
  });
}

/** The real setup of presence over memory: Acme syncs everybody, Globex never set it up. */
export function memoryPresenceSync(parts: {
  readonly clock: ApiClock;
  readonly directory: Pick<MemoryDirectory, 'data'>;
  readonly connections: Pick<ConnectionBoard, 'list'>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly gate: () => void;
}): PresenceSyncBoard & {
  /** Everybody of the account is at Microsoft from now on, new people too. */
  atMicrosoft(accountId: Person['accountId']): void;
} {
  const { clock, directory, connections, audit, gate } = parts;
  const store = new MemoryPresenceStore(gate);
  const person = (id: string): Person | undefined => directory.data.people.find((one) => one.id === id);
  const memory = new PresenceMemory({ person, knownObjectId: () => undefined });
  const mirrors = new Map(directory.data.accounts.map(({ id }) => [id, new DirectoryMirror(id)]));
  const atMicrosoft = (accountId: Person['accountId']): void =>
    mirrors.get(accountId)?.commitUsers({
      full: true,
      changes: usersOf(directory.data.people.filter((one) => one.accountId === accountId)),
      beganAtWallMs: clock.wall(),
    });
  for (const accountId of mirrors.keys()) atMicrosoft(accountId);
  const tenants = (accountId: Person['accountId']) =>
    connections
      .list()
      .filter((one) => one.accountId === accountId && one.life.state !== 'DISCONNECTED')
      .map((one) => presenceTenant(one, mirrors.get(accountId)));
  let counter = 0;
  const shared = {
    memory,
    store,
    clock,
    audit,
    person,
    tenants,
    people: (accountId: Person['accountId']) =>
      directory.data.people.filter((one) => one.accountId === accountId),
    tenantOf: ({ accountId }: Person) => tenants(accountId)[0],
    knownObjectId: () => undefined,
    breath: () => Promise.resolve(),
    probe: {
      read: async (_connection: string, ids: readonly string[]) =>
        ({ is: 'read', found: new Set(ids) }) as const,
    },
    mailer: { send: async () => undefined },
    accountName: (accountId: Person['accountId']) =>
      directory.data.accounts.find(({ id }) => id === accountId)?.name,
    newId: () =>
      uuidV7(
        clock.wall(),
        Uint8Array.from({ length: 10 }, (_, at) => (at === 9 ? counter++ : 0)),
      ),
    portal: 'http://localhost',
    csv: () => '',
    onProblem: () => undefined,
  };
  const runner = new PresenceRunner(shared);
  const desk = new PresenceSyncDesk({
    ...shared,
    runner,
    hasQueue: (accountId) => accountId === world.acmeId,
    missingHere: () => [],
    countryOf: () => 'US',
  });
  const setUp = {
    accountId: world.acmeId,
    settings: { ...defaultPresenceSettings, mode: 'all' as const },
    version: 1,
    changedBy: 'admin@acme.example',
    changedWallMs: clock.wall(),
  };
  store.settings.set(world.acmeId, setUp);
  memory.putSettings(setUp);
  for (const [id, accountId] of [
    [acmeRunId, world.acmeId],
    [globexRunId, world.globexId],
  ] as const)
    void store.createRun({
      id,
      accountId,
      reason: 'by-hand',
      state: 'done',
      mode: 'all',
      direction: 'both',
      startedBy: { kind: 'user', name: 'admin@acme.example' },
      startedWallMs: clock.wall() - 5_000,
      finishedWallMs: clock.wall() - 3_000,
      counts: { inScope: 8, synced: 4, alreadySynced: 0, unsynced: 0, failed: 4, judged: 8 },
      mailed: true,
    });
  runner.start();
  return {
    desk,
    atMicrosoft,
    connectionsOf: (accountId) =>
      connections.list().filter((one) => one.accountId === accountId && one.life.state !== 'DISCONNECTED'),
  };
}

import {
  type AccountId,
  asAccountId,
  asConnectionId,
  asPersonId,
  type E164,
  type Person,
  type PersonId,
} from '@tandem/domain';
import type { UserChange } from '../directory-sync/directory-changes.ts';
import { DirectoryMirror } from '../directory-sync/directory-mirror.ts';
import type { AuditEntry } from '../ports/audit.ts';
import type { Mail } from '../ports/mailer.ts';
import { teamsPlanId } from './judgement.ts';
import { MemoryPresenceStore } from './memory-presence-store.ts';
import type { PresenceProbeOutcome, PresenceTenant } from './ports.ts';
import { PresenceSyncDesk } from './presence-desk.ts';
import { PresenceMemory } from './presence-memory.ts';
import { PresenceRunner } from './presence-runner.ts';

export const acme = asAccountId('01930000-0000-7000-8000-00000000ac3e');
export const entraTenantId = 'acacacac-0000-4000-8000-000000000001';
export const admin = { kind: 'user', name: 'ann@acme.example' } as const;

/** Time that moves when told to, with what follows from it. */
export class TestClock {
  #now = 0;
  #timers: { at: number; fire: () => void }[] = [];
  readonly startWallMs = Date.UTC(2026, 10, 22, 12);
  now = (): number => this.#now;
  wall = (): number => this.startWallMs + this.#now;
  after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: this.#now + ms, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await turns();
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      await turns();
    }
    this.#now = until;
  }
}

export const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
};

export const userId = (n: number): string => `dadadada-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const microsoftUser = (
  n: number,
  change: Omit<Partial<Extract<UserChange, { upn?: unknown }>>, 'objectId' | 'gone'> = {},
): UserChange => ({
  objectId: userId(n),
  upn: `p${n}@acme.example`,
  displayName: `Person ${n}`,
  mail: `p${n}@acme.example`,
  enabled: true,
  plans: [{ servicePlanId: teamsPlanId, capabilityStatus: 'Enabled' }],
  ...change,
});
export const personId = (n: number): PersonId =>
  asPersonId(`01930000-0000-7000-8000-${String(n).padStart(12, '0')}`);
export const platformPerson = (n: number, change: Partial<Person> = {}): Person => ({
  id: personId(n),
  accountId: acme,
  displayName: `Person ${n}`,
  upn: `p${n}@acme.example`,
  mail: `p${n}@acme.example`,
  numbers: [],
  active: true,
  teamsToggle: true,
  platformLicence: true,
  ...change,
});
export const phone = (text: string): E164 => text as E164;

export const mirrorOf = (users: readonly UserChange[]): DirectoryMirror => {
  const mirror = new DirectoryMirror(entraTenantId);
  mirror.commitUsers({ full: true, changes: users, beganAtWallMs: 1 });
  return mirror;
};

/** One account with one connection, everything in memory. */
export function presenceWorld(people: readonly Person[], users: readonly UserChange[]) {
  const clock = new TestClock();
  const store = new MemoryPresenceStore();
  const mails: Mail[] = [];
  const audits: AuditEntry[] = [];
  const problems: string[] = [];
  const reads: (readonly string[])[] = [];
  const world = {
    people: new Map(people.map((one) => [one.id, one])),
    known: new Map<PersonId, string>(),
    mirror: mirrorOf(users),
    hasQueue: true,
    tenant: {
      connectionId: asConnectionId('c0c0c0c0-0000-7000-8000-000000000001'),
      entraTenantId,
      name: 'Acme',
      works: true,
      connectedWallMs: 0,
      reach: { reads: true, writes: true },
    } as Omit<PresenceTenant, 'view'> | undefined,
    answer: (ids: readonly string[]): PresenceProbeOutcome => ({
      is: 'read',
      found: new Set(ids),
      request: { requestId: 'r-1', clientRequestId: 'ours-1' },
    }),
  };
  let ids = 0;
  const tenantOf = (): PresenceTenant | undefined => world.tenant && { ...world.tenant, view: world.mirror };
  function node() {
    const memory = new PresenceMemory({
      person: (id) => world.people.get(id),
      knownObjectId: (id) => world.known.get(id),
    });
    const shared = {
      memory,
      store,
      clock,
      people: (accountId: AccountId) =>
        [...world.people.values()].filter((one) => one.accountId === accountId),
      person: (id: PersonId) => world.people.get(id),
      tenantOf,
      tenants: () => {
        const tenant = tenantOf();
        return tenant ? [tenant] : [];
      },
      knownObjectId: (id: PersonId) => world.known.get(id),
      breath: () => Promise.resolve(),
      probe: {
        read: async (_connection: string, objectIds: readonly string[]) => {
          reads.push(objectIds);
          return world.answer(objectIds);
        },
      },
      mailer: { send: async (mail: Mail) => void mails.push(mail) },
      audit: { note: async (entry: AuditEntry) => void audits.push(entry) },
      accountName: () => 'Acme',
      newId: () => `01930000-0000-7000-9000-${String(++ids).padStart(12, '0')}`,
      portal: 'https://portal.example.net',
      csv: (header: readonly string[], rows: readonly (readonly (string | undefined)[])[]) =>
        [header, ...rows].map((row) => row.join(';')).join('\n'),
      onProblem: (what: string) => void problems.push(what),
    };
    const runner = new PresenceRunner(shared);
    const desk = new PresenceSyncDesk({
      ...shared,
      runner,
      hasQueue: () => world.hasQueue,
      missingHere: () => [],
      countryOf: () => 'US',
    });
    return { memory, runner, desk };
  }
  return { ...node(), node, world, clock, store, mails, audits, problems, reads };
}

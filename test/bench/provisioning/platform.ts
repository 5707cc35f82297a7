import { graphDirectorySource } from '@tandem/adapters/graph/delta.ts';
import { graphTenant } from '@tandem/adapters/graph/read-tenant.ts';
import {
  type Account,
  asAccountId,
  asPersonId,
  type E164,
  type Link,
  newLink,
  type Person,
  type PersonId,
} from '@tandem/domain';
import { AccountProvisioner, defaultSettings, type LinkKeeper, type StoredLink } from '@tandem/engine';
import { DirectoryReader } from '@tandem/engine/directory-sync/directory-reader.ts';
import type { TeamsUser } from '@tandem/simulator/directory/tenant.ts';
import type { BenchMicrosoft } from './microsoft.ts';
import type { VirtualTime } from './virtual-time.ts';

const accountId = asAccountId('01930000-0000-7000-8000-00000000be9c');
const account: Account = {
  id: accountId,
  name: 'Bench',
  status: 'active',
  sbcHosts: ['sbc1.customers.example.net'],
  mailDomains: [],
  country: 'US',
  timeZone: 'UTC',
  unknownCaller: 'reject',
  carriers: [],
  noAnswerSeconds: 20,
};

export const numberAt = (index: number): E164 => `+1202${5_600_000 + index}` as E164;
const personIdAt = (index: number): PersonId =>
  asPersonId(`01930000-0000-7000-8000-${String(index).padStart(12, '0')}`);

export const peopleOf = (users: readonly TeamsUser[]): readonly Person[] =>
  users.map((user, index) => ({
    id: personIdAt(index),
    accountId,
    displayName: user.displayName,
    upn: user.upn,
    mail: user.upn,
    numbers: [numberAt(index)],
    active: true,
    teamsToggle: true,
    platformLicence: true,
  }));

/** Links of people for whom everything was done long ago. */
export const readyLinks = (users: readonly TeamsUser[], wallMs: number): readonly StoredLink[] =>
  users.map((user, index) => {
    const link: Link = {
      ...newLink(accountId, personIdAt(index), wallMs - 86_400_000),
      state: 'READY',
      objectId: user.objectId,
      assignedNumber: numberAt(index),
      acceptedWallMs: wallMs - 80_000_000,
    };
    const clientSeen = { by: 'call' as const, wallMs: wallMs - 1_000 };
    return { accountId, personId: link.personId, link, evidence: { onlyWebClient: false, clientSeen } };
  });

export interface BenchPlatform {
  readonly provisioner: AccountProvisioner;
  /** The people as they are from now on. */
  readonly own: (people: readonly Person[]) => void;
  readonly mirror: DirectoryReader;
  readonly problems: string[];
  /** What happened to links, how often. */
  readonly events: Map<string, number>;
  stop(): void;
}

/** Mirror and provisioning of one connection, put together as the node does, over a store in memory. */
export function openPlatform(
  time: VirtualTime,
  microsoft: BenchMicrosoft,
  people: readonly Person[],
  links: readonly StoredLink[],
): BenchPlatform {
  const problems: string[] = [];
  const mirror = new DirectoryReader(microsoft.tenant.id, {
    source: graphDirectorySource(microsoft.graph, time.wall),
    clock: time,
    random: () => 0.5,
    onRead: () => undefined,
    onProblem: (what) => problems.push(what),
  });
  const events = new Map<string, number>();
  const kept = new Map<PersonId, Link>();
  const keeper: LinkKeeper = {
    save: async (link) => void kept.set(link.personId, link),
    noteClient: async () => undefined,
    remove: async (_account, personId) => void kept.delete(personId),
  };
  const provisioner = new AccountProvisioner(account, defaultSettings(accountId), {
    tenant: graphTenant(microsoft.graph, {
      wall: time.wall,
      sleep: time.sleep,
      view: mirror,
    }),
    keeper,
    clock: time,
    random: () => 0.5,
    onPerson: () => undefined,
    onObjectIds: () => undefined,
    onProblem: (what) => problems.push(what),
    history: (_personId, { event, from, to }) => {
      const what = from === undefined ? event : `${event}: ${from} → ${to}`;
      events.set(what, (events.get(what) ?? 0) + 1);
    },
    routing: () => ({ domain: { is: 'active' }, routing: { is: 'present' } }),
  });
  mirror.onChange(() => provisioner.directoryChanged());
  mirror.followGroups([microsoft.groupId]);
  mirror.start();
  provisioner.load(links);
  const settings = defaultSettings(accountId, {
    enableGroups: [{ id: microsoft.groupId, name: 'Voice Users' }],
    policies: {
      voiceRouting: { kind: 'assign', name: microsoft.policy },
      calling: { kind: 'by-hand' },
      dialPlan: { kind: 'by-hand' },
    },
  });
  const own = (now: readonly Person[]): void => provisioner.own(account, now, settings);
  own(people);
  provisioner.start();
  return {
    provisioner,
    own,
    mirror,
    problems,
    events,
    stop() {
      provisioner.stop();
      mirror.stop();
    },
  };
}

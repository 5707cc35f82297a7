import type { CallRecord } from '@tandem/domain';
import { auditedDirectory } from '../../audit/audited-directory.ts';
import { createSessionService } from '../auth/session-service.ts';
import { matches } from '../call-filter.ts';
import { createConsentBoard } from '../consent/consent-board.ts';
import { createEventFeed } from '../events/event-feed.ts';
import { createMetrics } from '../metrics.ts';
import { seesPerson } from '../scope.ts';
import type { ApiClock, ApiServices, LiveCall } from '../services.ts';
import { createMemoryAccess, type MemoryUser, memoryUser } from './memory-access.ts';
import { memoryAccessBoard, sampleSignIns } from './memory-access-board.ts';
import { memoryAudit } from './memory-audit.ts';
import { memoryPresence, memoryReadiness } from './memory-boards.ts';
import { memoryAccountDesk, memoryConnections } from './memory-connections.ts';
import { memoryConsents } from './memory-consents.ts';
import { memoryContacts } from './memory-contacts.ts';
import { memoryDialling } from './memory-dialling.ts';
import { createMemoryDirectory, slice } from './memory-directory.ts';
import { memoryJobs } from './memory-jobs.ts';
import { memoryMicrosoftData } from './memory-microsoft-data.ts';
import { memoryMicrosoftDoor } from './memory-microsoft-door.ts';
import { memoryNumbers } from './memory-numbers.ts';
import { memoryOwnConnections } from './memory-own-connections.ts';
import { memoryOwnPresence } from './memory-own-presence.ts';
import { memoryPresenceSync } from './memory-presence-sync.ts';
import { memoryProvisioning } from './memory-provisioning.ts';
import { memoryQueues } from './memory-queues.ts';
import { memoryRoutingDomains } from './memory-routing-domains.ts';
import { memoryTags } from './memory-tags.ts';
import { memoryTenantDirectory } from './memory-tenant-directory.ts';
import { memoryTenantFiles } from './memory-tenant-file.ts';
import { memoryVoicemail } from './memory-voicemail.ts';
import { memoryWebhooks } from './memory-webhooks.ts';
import { sampleProposals } from './sample-proposals.ts';
import * as world from './sample-world.ts';

/** Everybody's password in the sample world. */
export const samplePassword = 'correct horse';

export const sampleUsers = (): MemoryUser[] => [
  memoryUser('operator', 'operator', samplePassword),
  memoryUser('admin@acme.example', 'admin', samplePassword, { account: world.acmeId }),
  memoryUser('desk@acme.example', 'desk', samplePassword, { account: world.acmeId }),
  memoryUser('sync@acme.example', 'sync', samplePassword, { account: world.acmeId }),
  memoryUser('sync@globex.example', 'sync', samplePassword, { account: world.globexId }),
  memoryUser('dana@acme.example', 'user', samplePassword, { account: world.acmeId, person: world.danaId }),
  memoryUser('admin@globex.example', 'admin', samplePassword, { account: world.globexId }),
  memoryUser('desk@globex.example', 'desk', samplePassword, { account: world.globexId }),
  memoryUser('greta@globex.example', 'user', samplePassword, {
    account: world.globexId,
    person: world.gretaId,
  }),
  memoryUser('left@acme.example', 'admin', samplePassword, { account: world.acmeId, disabled: true }),
];

class DatabaseAway extends Error {
  readonly code = 'database-unavailable';
}

/** All services over memory: the API's tests, the browser's tests and `vite dev` run on them. */
export function createMemoryServices(clock: ApiClock) {
  const switches = { databaseAway: false };
  const gate = (): void => {
    if (switches.databaseAway) throw new DatabaseAway('stopped by the test');
  };
  const events = createEventFeed();
  const signIns = sampleSignIns();
  const access = createMemoryAccess(sampleUsers(), gate, clock.wall);
  const finished: CallRecord[] = world.finishedCalls(clock.wall());
  const { endedAt, result, endedBy, closedBy, talkMs, sentence, status, q850, ...running } = world.record(
    90,
    clock.wall() - 42_000,
    {},
  );
  const liveCalls: LiveCall[] = [
    { record: running, phase: 'talking' },
    {
      record: {
        ...running,
        callId: world.record(91, 0, {}).callId,
        accountId: world.globexId,
        personId: world.gretaId,
        from: '+12025550197',
        to: '+12025550171',
        invitedAt: clock.wall() - 3_000,
      },
      phase: 'ringing',
    },
  ];
  const live = {
    list: () => liveCalls,
    find: (id: string) => liveCalls.find((call) => call.record.callId === id),
    ladder: () => world.ladderOf(90).slice(0, 11),
    async hangUp(id: string, by: string) {
      const index = liveCalls.findIndex((call) => call.record.callId === id);
      const [call] = index < 0 ? [] : liveCalls.splice(index, 1);
      if (!call) return false;
      const over: CallRecord = {
        ...call.record,
        endedAt: clock.wall(),
        talkMs: 38_000,
        result: 'answered',
        status: 200,
        q850: 16,
        endedBy: 'platform',
        closedBy: 'normal',
        sentence: `Ended by ${by}.`,
      };
      finished.unshift(over);
      events.publish({ kind: 'call', record: over });
      return true;
    },
  };
  const peers = { list: () => world.peerHealth(clock.wall()) };
  const metrics = createMetrics({ live, peers, wall: clock.wall, connector: () => 'Rehearsal carrier' });
  const sessions = createSessionService({
    stores: access,
    clock,
    onFailure: (reason) => metrics.authFailed(reason),
  });
  const microsoftDoor = memoryMicrosoftDoor(clock, sessions, access.list);
  const directory = createMemoryDirectory(
    { accounts: world.accounts(), people: world.people(), carriers: world.carriers() },
    gate,
  );
  const audit = memoryAudit(clock);
  for (const accountId of [undefined, world.acmeId, world.globexId])
    void audit.note({
      accountId,
      actor: { kind: 'system', name: 'start' },
      action: 'account.open',
      object: { kind: 'account', id: accountId ?? 'platform' },
    });
  const boards = {
    accountDesk: memoryAccountDesk(directory.data.accounts, gate),
    numbers: memoryNumbers(directory, audit),
    provisioning: memoryProvisioning(clock),
    webhooks: memoryWebhooks(audit),
  };
  const presence = memoryPresence(clock);
  const connections = memoryConnections(clock, gate);
  const presenceSync = memoryPresenceSync({ clock, directory, connections, audit, gate });
  const services: ApiServices = {
    ...boards,
    version: '0.0.0-test',
    clock,
    connections,
    presenceSync,
    sessions,
    microsoftDoor,
    directory: auditedDirectory(directory, audit),
    calls: {
      async list(scope, ask) {
        gate();
        const found = finished.filter((call) => seesPerson(scope, call) && matches(call, ask));
        return slice(
          found.sort((a, b) => b.invitedAt - a.invitedAt),
          ask,
        );
      },
      async record(scope, id) {
        gate();
        return finished.find((call) => call.callId === id && seesPerson(scope, call));
      },
      async ladder(_scope, id) {
        gate();
        const index = finished.findIndex((call) => call.callId === id);
        return index < 0 ? undefined : world.ladderOf(index + 1);
      },
    },
    live,
    readiness: memoryReadiness(clock),
    presence,
    ownPresence: memoryOwnPresence(clock, presence, gate, () => directory.data.people),
    contacts: memoryContacts(directory),
    microsoftData: memoryMicrosoftData(() => clock.wall()),
    outgoing: {
      show: async () => {
        const at = new Date(clock.wall()).toISOString();
        return { at, since: at, sentence: 'Nothing was contacted.', items: [], unexplained: [] };
      },
    },
    ownConnections: memoryOwnConnections(() => clock.wall()),
    access: memoryAccessBoard(directory, signIns),
    consents: createConsentBoard({
      store: memoryConsents(sampleProposals(clock.wall())),
      audit,
      newId: sequentialIds(),
      wall: clock.wall,
    }),
    dialling: memoryDialling(directory),
    tags: memoryTags(() => directory.data.people),
    queues: memoryQueues(world.acmeId, world.globexId, [world.danaId, world.boId], (personId) =>
      world.people().find(({ id }) => id === personId),
    ),
    voicemail: memoryVoicemail(clock, gate),
    peers,
    phones: { list: () => world.phones() },
    tenantDirectory: memoryTenantDirectory(clock),
    events,
    audit,
    routingDomains: memoryRoutingDomains(),
    jobs: memoryJobs(auditedDirectory(directory, audit), clock),
    tenantFiles: memoryTenantFiles({ ...boards, directory, audit, signIns }),
    metrics,
    async dependencies() {
      return [
        {
          name: 'database',
          ready: !switches.databaseAway,
          optional: true,
          words: switches.databaseAway ? 'away' : 'answers',
        },
        { name: 'media', ready: true, words: 'answers' },
      ];
    },
  };
  return { services, switches, access, directory, events, liveCalls, finished, presenceSync };
}

/** Ids in their order, like those of the platform. */
function sequentialIds(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `00000000-0000-7000-8000-${String(last).padStart(12, '0')}`;
  };
}

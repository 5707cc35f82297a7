import type { Queue, QueueLive } from '@tandem/contract';
import type { AccountId, Person, PersonId } from '@tandem/domain';
import { type QueueBoard, type QueueOutcome, seesQueue } from '../queue-board.ts';
import type { Scope } from '../scope.ts';

export const acmeQueueId = 'queue-acme-sales';

/** Queues over memory, with one of Acme's and an empty one of Globex's. Nobody calls here: members are free or logged out, and nobody waits. */
export function memoryQueues(
  acme: AccountId,
  globex: AccountId,
  members: readonly PersonId[],
  nameOf: (personId: PersonId) => Pick<Person, 'displayName' | 'accountId'> | undefined,
): QueueBoard {
  const queues = new Map<string, Queue>();
  let made = 0;
  const memberOf = (personId: PersonId, before?: Queue) => ({
    personId: personId as string,
    displayName: nameOf(personId)?.displayName ?? 'gone',
    loggedIn: before?.members.find((one) => one.personId === personId)?.loggedIn ?? true,
  });
  const sample = (id: string, accountId: AccountId, its: readonly PersonId[]): Queue => ({
    id,
    accountId,
    name: 'Sales',
    extension: '1500',
    strategy: 'longest-idle',
    members: its.map((personId) => memberOf(personId)),
    offerSeconds: 15,
    wrapUpSeconds: 0,
    maxWaitSeconds: 900,
    maxWaiting: 50,
    overflow: { kind: 'refuse' },
    version: 1,
  });
  queues.set(acmeQueueId, sample(acmeQueueId, acme, members));
  queues.set('queue-globex-sales', sample('queue-globex-sales', globex, []));
  const find = (scope: Scope, id: string): Queue | undefined => {
    const queue = queues.get(id);
    return queue && seesQueue(scope, queue) ? queue : undefined;
  };
  const strangers = (accountId: string, ids: readonly string[]): QueueOutcome | undefined => {
    const at = ids.findIndex((one) => nameOf(one as PersonId)?.accountId !== accountId);
    if (at < 0) return undefined;
    const errors = [{ path: `members.${at}`, message: 'is nobody of this account' }];
    return { ok: false, code: 'invalid-request', errors };
  };
  const nameInUse = (accountId: string, name: string | undefined, but?: string): QueueOutcome | undefined => {
    const taken = [...queues.values()].some(
      (other) => other.accountId === accountId && other.name === name && other.id !== but,
    );
    return taken
      ? { ok: false, code: 'name-in-use', detail: `Another queue of the account is called ${name}.` }
      : undefined;
  };
  const keep = (queue: Queue): QueueOutcome => {
    queues.set(queue.id, queue);
    return { ok: true, queue };
  };
  const outdated = (queue: Queue, version: number | undefined): QueueOutcome | undefined =>
    version === undefined || version === queue.version ? undefined : { ok: false, code: 'changed-meanwhile' };
  return {
    list: async (scope) => [...queues.values()].filter((queue) => seesQueue(scope, queue)),
    get: async (scope, id) => find(scope, id),
    async live(scope, id) {
      const queue = find(scope, id);
      if (!queue) return undefined;
      const live: QueueLive = {
        queueId: queue.id,
        waiting: [],
        members: queue.members.map(({ personId, displayName, loggedIn }) => ({
          personId,
          displayName,
          state: loggedIn ? ('free' as const) : ('logged-out' as const),
          sentence: loggedIn ? 'Free.' : 'Logged out of this queue.',
        })),
      };
      return live;
    },
    async create(accountId, { members: wanted = [], ...rest }) {
      const refused = strangers(accountId, wanted) ?? nameInUse(accountId, rest.name);
      if (refused) return refused;
      const listed = wanted.map((personId) => memberOf(personId as PersonId));
      made += 1;
      const id = `queue-${made}`;
      return keep({ ...rest, id, accountId, strategy: 'longest-idle', members: listed, version: 1 });
    },
    async change(scope, id, { version, extension, number, ...rest }) {
      const queue = find(scope, id);
      if (!queue) return { ok: false, code: 'not-found' };
      const refused = outdated(queue, version) ?? nameInUse(queue.accountId, rest.name, queue.id);
      if (refused) return refused;
      const { extension: oldExtension, number: oldNumber, ...stays } = queue;
      const nextExtension = extension === undefined ? oldExtension : extension;
      const nextNumber = number === undefined ? oldNumber : number;
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      return keep({
        ...stays,
        ...given,
        ...(nextExtension && { extension: nextExtension }),
        ...(nextNumber && { number: nextNumber }),
        version: queue.version + 1,
      });
    },
    async setMembers(scope, id, wanted, version) {
      const queue = find(scope, id);
      if (!queue) return { ok: false, code: 'not-found' };
      const refused = outdated(queue, version) ?? strangers(queue.accountId, wanted);
      if (refused) return refused;
      const listed = wanted.map((personId) => memberOf(personId, queue));
      return keep({ ...queue, members: listed, version: queue.version + 1 });
    },
    async logIn(scope, id, personId, loggedIn) {
      const queue = find(scope, id);
      if (!queue?.members.some((one) => one.personId === personId)) return { ok: false, code: 'not-found' };
      const listed = queue.members.map((one) => (one.personId === personId ? { ...one, loggedIn } : one));
      return keep({ ...queue, members: listed });
    },
    async remove(scope, id) {
      const queue = find(scope, id);
      return queue !== undefined && queues.delete(queue.id);
    },
  };
}

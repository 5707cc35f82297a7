import { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import type { HttpsExchange } from '@tandem/adapters/graph/https-exchange.ts';
import { Audit } from '@tandem/simulator/audit/audit.ts';
import type { Directory } from '@tandem/simulator/directory/directory.ts';
import { MovableClock } from '@tandem/simulator/directory/movable-clock.ts';
import { rehearsalDirectory } from '@tandem/simulator/directory/rehearsal-directory.ts';
import type { TeamsUser, Tenant } from '@tandem/simulator/directory/tenant.ts';
import { makeSelfSigned } from '@tandem/simulator/entra/self-signed.ts';
import { SigningKeys } from '@tandem/simulator/entra/signing-keys.ts';
import { FaultBoard } from '@tandem/simulator/faults/fault-board.ts';
import { GraphService } from '@tandem/simulator/graph/graph-service.ts';
import {
  defaultGraphSettings,
  type GraphSettings,
  type GraphWorld,
} from '@tandem/simulator/graph/graph-world.ts';
import { NumberOffice } from '@tandem/simulator/graph/number-office.ts';
import { Throttle } from '@tandem/simulator/graph/throttle.ts';
import { seededRandom } from '@tandem/simulator/random.ts';
import { makeCrowd } from '@tandem/simulator/world/crowd.ts';
import { customerGroups, rehearsalWorld } from '@tandem/simulator/world/rehearsal-world.ts';
import type { VirtualTime } from './virtual-time.ts';

const appId = '7a4de000-0000-4000-8000-000000000001';
/** microsoft-graph 5.7: what daily work needs. */
const roles = [
  'User.Read.All',
  'GroupMember.Read.All',
  'Group.Read.All',
  'LicenseAssignment.Read.All',
  'TeamsTelephoneNumber.ReadWrite.All',
  'TeamsPolicyUserAssign.ReadWrite.All',
  'TeamsUserConfiguration.Read.All',
];

interface Inner {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface BenchMicrosoft {
  /** Answers of 429, those inside batches counted one by one. */
  readonly throttled: number;
  /** Requests of a kind that were sent although we had been told to wait. */
  readonly insideRetryAfter: number;
  readonly tenant: Tenant;
  readonly directory: Directory;
  readonly settings: GraphSettings;
  readonly throttle: Throttle;
  readonly groupId: string;
  readonly policy: string;
  readonly graph: GraphClient;
  /** Requests by path; a batch is one. */
  readonly requests: Map<string, number>;
  /** How often Microsoft accepted to assign each number. */
  readonly assigned: Map<string, number>;
  /** Milliseconds of CPU inside the twin. */
  readonly twinMs: number;
  total(): number;
  crowd(
    count: number,
    change?: { readonly numbersFrom?: string; readonly groups?: readonly string[] },
  ): readonly TeamsUser[];
  joinGroup(users: readonly TeamsUser[]): void;
}

/** The twin's Graph with one tenant, in this process and on virtual time: every request passes all of its checks but the schema of answers. */
export async function openMicrosoft(time: VirtualTime, seed: number): Promise<BenchMicrosoft> {
  const clock = new MovableClock(time);
  const random = seededRandom(seed);
  const { directory } = rehearsalDirectory(5061, () => clock.wall());
  const [customer] = rehearsalWorld.customers;
  if (!customer) throw new Error('the rehearsal world has no customer');
  const tenant = directory.tenant(customer.entraTenantId);
  if (!tenant) throw new Error('the twin has no tenant');
  // Policies are to be assigned to each person, not granted to the group.
  tenant.voice.groupGrants = [];
  const settings: GraphSettings = { ...defaultGraphSettings, operationMs: 3_000, configurationLagMs: 5_000 };
  const numbers = new NumberOffice({
    directory,
    clock,
    random,
    settings,
    after: (ms, fire) => void time.after(ms, fire),
  });
  const throttle = new Throttle(() => clock.now());
  const keys = new SigningKeys(await makeSelfSigned('bench', Date.now(), 30));
  const audit = new Audit(() => clock.wall(), 100);
  const faults = new FaultBoard(() => random.fraction());
  const service = new GraphService({
    world: {
      directory,
      clients: new Map(),
      clock,
      random,
      settings,
      numbers,
      sealKey: random.bytes(32),
      txt: () => [],
    } as Partial<GraphWorld> as GraphWorld,
    directory,
    keys,
    audit,
    faults,
    throttle,
    gone: new Set(),
    checkAnswers: false,
    delay: time.sleep,
  });
  const requests = new Map<string, number>();
  const assigned = new Map<string, number>();
  const made = { twinMs: 0, throttled: 0, insideRetryAfter: 0 };
  /** What Microsoft asked to wait for, as far as we were told: by kind of request, until when. */
  const waits = new Map<string, number>();
  const kindOf = (method: string, path: string): string =>
    `${path.includes('/admin/teams/') ? 'teams' : 'identity'} ${method === 'GET' ? 'read' : 'write'}`;
  const noteSent = (inner: Inner): void => {
    if (time.wall() < (waits.get(kindOf(inner.method, inner.path)) ?? 0)) made.insideRetryAfter++;
  };
  const noteAnswered = ({ method, path, body }: Inner, status: number, retryAfter: unknown): void => {
    if (status === 429) {
      made.throttled++;
      waits.set(kindOf(method, path), time.wall() + Number(retryAfter ?? 0) * 1000);
    }
    if (status !== 202 || !path.endsWith('/assignNumber')) return;
    const { telephoneNumber } = body as { readonly telephoneNumber: string };
    assigned.set(telephoneNumber, (assigned.get(telephoneNumber) ?? 0) + 1);
  };
  const https: HttpsExchange = {
    async exchange({ method, url, headers = {}, body = '' }) {
      const at = new URL(url);
      const path = at.pathname.replace(/^\/v1\.0/, '').replace(/\/operations\/.*|\/[0-9a-f-]{36}.*/, '/…');
      const name = `${method} ${at.searchParams.has('$deltatoken') || at.pathname.endsWith('/delta') ? at.pathname.replace('/v1.0', '') : path}`;
      requests.set(name, (requests.get(name) ?? 0) + 1);
      const batch = name.endsWith('/$batch')
        ? (JSON.parse(body) as { requests: (Inner & { id: string; url: string })[] }).requests
        : undefined;
      const inners: readonly Inner[] = batch
        ? batch.map((one) => ({ method: one.method, path: one.url, body: one.body }))
        : [{ method, path: at.pathname, body: body === '' ? undefined : JSON.parse(body) }];
      for (const inner of inners) noteSent(inner);
      const began = process.cpuUsage();
      const answer = await service.handle({ method, url: at, headers, body });
      const took = process.cpuUsage(began);
      made.twinMs += (took.user + took.system) / 1000;
      if (answer === 'reset') throw new Error('reset');
      const lower = Object.entries(answer.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]);
      // Microsoft takes its time as well; what it asks for is known when the answer is there.
      await time.sleep(80);
      if (batch) {
        const { responses } = JSON.parse(answer.body ?? '{}') as {
          responses?: { id: string; status: number; headers?: Record<string, string> }[];
        };
        for (const one of responses ?? []) {
          const inner = inners[batch.findIndex(({ id }) => id === one.id)];
          const wait = Object.entries(one.headers ?? {}).find(([key]) => key.toLowerCase() === 'retry-after');
          if (inner) noteAnswered(inner, one.status, wait?.[1]);
        }
      } else if (inners[0]) {
        const headers = Object.fromEntries(lower) as Record<string, unknown>;
        noteAnswered(inners[0], answer.status, headers['retry-after']);
      }
      return { status: answer.status, headers: Object.fromEntries(lower), body: answer.body ?? '' };
    },
    close: () => undefined,
  };
  const now = Math.floor(time.wall() / 1000);
  const token = keys.sign({
    aud: 'https://graph.microsoft.com',
    tid: tenant.id,
    appid: appId,
    roles,
    nbf: now - 60,
    exp: now + 7 * 86_400,
  });
  const graph = new GraphClient({
    graph: 'https://graph.twin',
    entraTenantId: tenant.id,
    tokens: { token: async () => token },
    https,
    clock: { wall: time.wall, sleep: time.sleep },
    random: () => random.fraction(),
  });
  const { enableGroupId } = customerGroups(customer);
  return {
    tenant,
    directory,
    settings,
    throttle,
    groupId: enableGroupId,
    policy: `VRP-${customer.name}`,
    graph,
    requests,
    assigned,
    get throttled() {
      return made.throttled;
    },
    get insideRetryAfter() {
      return made.insideRetryAfter;
    },
    get twinMs() {
      return made.twinMs;
    },
    total: () => [...requests.values()].reduce((sum, count) => sum + count, 0),
    crowd(count, change = {}) {
      const upns = makeCrowd(directory, tenant, () => random.uuid(), { count, prefix: 'crowd', ...change });
      return upns.map((upn) => tenant.users.get(upn) as TeamsUser);
    },
    joinGroup(users) {
      for (const user of users) directory.change(user, { groups: [...user.groups, enableGroupId] });
    },
  };
}

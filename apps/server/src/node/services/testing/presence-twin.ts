import { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import type { HttpsExchange } from '@tandem/adapters/graph/https-exchange.ts';
import { tenantPresence } from '@tandem/adapters/graph/presences.ts';
import { asAccountId, asPersonId } from '@tandem/domain';
import type { PresencePerson, TenantPresence } from '@tandem/engine';
import { Audit } from '@tandem/simulator/audit/audit.ts';
import { TeamsClients } from '@tandem/simulator/clients/teams-client.ts';
import { MovableClock } from '@tandem/simulator/directory/movable-clock.ts';
import { rehearsalDirectory } from '@tandem/simulator/directory/rehearsal-directory.ts';
import type { TeamsUser, Tenant } from '@tandem/simulator/directory/tenant.ts';
import { makeSelfSigned } from '@tandem/simulator/entra/self-signed.ts';
import { SigningKeys } from '@tandem/simulator/entra/signing-keys.ts';
import { FaultBoard } from '@tandem/simulator/faults/fault-board.ts';
import { GraphService } from '@tandem/simulator/graph/graph-service.ts';
import { defaultGraphSettings, type GraphWorld } from '@tandem/simulator/graph/graph-world.ts';
import { NumberOffice } from '@tandem/simulator/graph/number-office.ts';
import { PresenceBook } from '@tandem/simulator/graph/presence-book.ts';
import { Throttle } from '@tandem/simulator/graph/throttle.ts';
import { seededRandom } from '@tandem/simulator/random.ts';
import { makeCrowd } from '@tandem/simulator/world/crowd.ts';
import { rehearsalWorld } from '@tandem/simulator/world/rehearsal-world.ts';
import type { VirtualTime } from './virtual-time.ts';

const appId = 'a1a1a1a1-0000-4000-8000-00000000a001';

export interface TwinPerson extends PresencePerson {
  readonly user: TeamsUser;
  readonly clients: TeamsClients;
}

export interface TwinRequest {
  readonly kind: 'read' | 'write';
  readonly path: string;
  readonly entraTenantId: string;
}

export interface PresenceTwin {
  readonly book: PresenceBook;
  readonly throttle: Throttle;
  readonly faults: FaultBoard;
  readonly graphs: ReadonlyMap<string, GraphClient>;
  readonly requests: { reads: number; writes: number; throttled: number; insideRetryAfter: number };
  /** Called as a request leaves the platform. */
  onRequest: (request: TwinRequest) => void;
  of(entraTenantId: string): TenantPresence | undefined;
  /** People of a new tenant of the twin, each with a Teams desktop client signed in. */
  addTenant(people: number): readonly TwinPerson[];
}

/**
 * Presence of the twin's Graph in this process and on virtual time: each request passes tokens, permissions, schemas and
 * limits. An answer takes 80 ms.
 */
export async function openPresenceTwin(time: VirtualTime, seed: number): Promise<PresenceTwin> {
  const clock = new MovableClock(time);
  const random = seededRandom(seed);
  const { directory } = rehearsalDirectory(5061, () => clock.wall());
  const model = directory.tenant(rehearsalWorld.customers[0]?.entraTenantId ?? '');
  if (!model) throw new Error('the twin has no tenant');
  const clients = new Map<string, TeamsClients>();
  const book = new PresenceBook(clients, () => clock.wall());
  const throttle = new Throttle(() => clock.now());
  const faults = new FaultBoard(() => random.fraction());
  const settings = { ...defaultGraphSettings };
  const numbers = new NumberOffice({
    directory,
    clock,
    random,
    settings,
    after: (ms, fire) => void time.after(ms, fire),
  });
  const keys = new SigningKeys(await makeSelfSigned('presence', Date.now(), 30));
  const service = new GraphService({
    world: {
      directory,
      clients,
      clock,
      random,
      settings,
      numbers,
      presence: book,
      sealKey: random.bytes(32),
      txt: () => [],
    } as Partial<GraphWorld> as GraphWorld,
    directory,
    keys,
    audit: new Audit(() => clock.wall(), 100),
    faults,
    throttle,
    checkAnswers: false,
    gone: new Set(),
    delay: time.sleep,
  });
  const counts = { reads: 0, writes: 0, throttled: 0, insideRetryAfter: 0 };
  const graphs = new Map<string, GraphClient>();
  const presences = new Map<string, TenantPresence>();
  let made = 0;

  const twin: PresenceTwin = {
    book,
    throttle,
    faults,
    graphs,
    requests: counts,
    onRequest: () => undefined,
    of: (id) => presences.get(id),
    addTenant(people) {
      const id = random.uuid();
      const domain = `t${graphs.size}.example`;
      const tenant: Tenant = {
        ...model,
        id,
        name: domain,
        initialDomain: `t${graphs.size}.onmicrosoft.com`,
        domains: new Map([[domain, { name: domain, activated: true }]]),
        users: new Map(),
        groups: new Map(),
        seats: new Map(),
      };
      directory.tenants.set(id, tenant);
      const graph = graphOf(id);
      graphs.set(id, graph);
      presences.set(id, tenantPresence(graph, appId));
      const accountId = asAccountId(`01930000-0000-7000-9000-${String(graphs.size).padStart(12, '0')}`);
      return makeCrowd(directory, tenant, () => random.uuid(), { count: people, prefix: 'p' }).map((upn) => {
        const user = tenant.users.get(upn) as TeamsUser;
        const own = new TeamsClients(upn, 440, ['desktop'], { kind: 'ring' }, time);
        clients.set(upn, own);
        const personId = asPersonId(`01930000-0000-7000-8000-${String(made++).padStart(12, '0')}`);
        return { accountId, personId, entraTenantId: id, objectId: user.objectId, user, clients: own };
      });
    },
  };

  function graphOf(entraTenantId: string): GraphClient {
    let blockedUntil = 0;
    const https: HttpsExchange = {
      async exchange({ method, url, headers = {}, body = '' }) {
        const at = new URL(url);
        const kind = at.pathname.endsWith('/getPresencesByUserId') ? 'read' : 'write';
        if (kind === 'read') counts.reads++;
        else counts.writes++;
        if (time.now() < blockedUntil) counts.insideRetryAfter++;
        twin.onRequest({ kind, path: at.pathname, entraTenantId });
        const answer = await service.handle({ method, url: at, headers, body });
        await time.sleep(80);
        if (answer === 'reset') throw new Error('reset');
        const lower = Object.fromEntries(
          Object.entries(answer.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
        ) as Record<string, string>;
        if (answer.status === 429) {
          counts.throttled++;
          blockedUntil = Math.max(blockedUntil, time.now() + Number(lower['retry-after'] ?? 0) * 1000);
        }
        return { status: answer.status, headers: lower, body: answer.body ?? '' };
      },
      close: () => undefined,
    };
    const seconds = Math.floor(time.wall() / 1000);
    const token = keys.sign({
      aud: 'https://graph.microsoft.com',
      tid: entraTenantId,
      appid: appId,
      roles: ['Presence.ReadWrite.All', 'Presence.Read.All', 'Calendars.ReadBasic'],
      nbf: seconds - 60,
      exp: seconds + 30 * 86_400,
    });
    return new GraphClient({
      graph: 'https://graph.twin',
      entraTenantId,
      tokens: { token: async () => token },
      https,
      clock: { wall: time.wall, sleep: time.sleep },
      random: () => random.fraction(),
    });
  }
  return twin;
}

import type { Directory } from '../directory/directory.ts';
import { MovableClock } from '../directory/movable-clock.ts';
import type { Tenant } from '../directory/tenant.ts';
import {
  defaultGraphSettings,
  type GraphAnswer,
  type GraphCall,
  type GraphWorld,
} from '../graph/graph-world.ts';
import { seededRandom } from '../random.ts';

/** Graph's functions over a directory without a listener in between: for what has to be asked thousands of times. */
export class DirectoryCalls {
  readonly world: GraphWorld;
  readonly tenant: Tenant;
  readonly clock: MovableClock;

  constructor(directory: Directory, tenant: Tenant, clock: MovableClock) {
    this.tenant = tenant;
    this.clock = clock;
    this.world = {
      directory,
      clock,
      random: seededRandom(7),
      settings: { ...defaultGraphSettings },
      sealKey: Buffer.alloc(32, 7),
      txt: () => [],
    } as Partial<GraphWorld> as GraphWorld;
  }

  /** `path` may be a whole link. */
  get(
    run: (call: GraphCall) => GraphAnswer,
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): GraphAnswer {
    const url = new URL(path, 'https://graph.twin');
    return run({
      world: this.world,
      tenant: this.tenant,
      caller: {
        tenantId: this.tenant.id,
        appId: 'app',
        kind: 'app',
        roles: ['User.Read.All', 'GroupMember.Read.All'],
        scopes: [],
        objectId: '',
        directoryRoles: [],
        expiresAt: Number.POSITIVE_INFINITY,
      },
      params: {},
      query: url.searchParams,
      header: (name) => headers[name],
      body: undefined,
      base: 'https://graph.twin/v1.0',
      path: url.pathname.replace(/^\/v1\.0/, ''),
    });
  }
}

export const testClock = (): MovableClock => {
  const base = { wall: () => Date.UTC(2026, 5, 1), now: () => 0, after: () => () => undefined };
  return new MovableClock(base);
};

import type { Directory } from '../directory/directory.ts';
import type { MovableClock } from '../directory/movable-clock.ts';
import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import type { TwinRandom } from '../random.ts';
import type { GraphSettings } from './graph-world.ts';
import { hasTeamsPhone } from './licence-catalogue.ts';

/**
 * Telephone numbers of a tenant and the operations that give and take them (graph 5.2). Who has which number is in the
 * directory, where the hubs look; this keeps what is free, what is of another kind, and what is under way.
 */

export type NumberType = 'directRouting' | 'callingPlan' | 'operatorConnect';

export interface Operation {
  readonly id: string;
  readonly kind: 'Assignment' | 'Unassignment';
  readonly tenantId: string;
  readonly number: string;
  readonly targetId: string | undefined;
  /** The number's type as asked. */
  readonly type: string;
  readonly createdAt: number;
  readonly dueAt: number;
  outcome: 'running' | 'succeeded' | 'failed';
  detail: string | null;
}

export class NumberOffice {
  readonly #directory: Directory;
  readonly #clock: MovableClock;
  readonly #random: TwinRandom;
  readonly #settings: GraphSettings;
  readonly #after: (ms: number, fire: () => void) => void;
  readonly #operations = new Map<string, Operation>();
  readonly #running = new Set<Operation>();
  /** Numbers that nobody has, or that are not for Direct Routing; by tenant. */
  readonly #inventory = new Map<string, Map<string, NumberType>>();

  constructor(options: {
    readonly directory: Directory;
    readonly clock: MovableClock;
    readonly random: TwinRandom;
    readonly settings: GraphSettings;
    readonly after: (ms: number, fire: () => void) => void;
  }) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#settings = options.settings;
    this.#after = options.after;
  }

  /** Puts a number into the tenant's inventory. */
  stock(tenantId: string, number: string, type: NumberType): void {
    this.inventory(tenantId).set(number, type);
  }

  inventory(tenantId: string): Map<string, NumberType> {
    const known = this.#inventory.get(tenantId) ?? new Map<string, NumberType>();
    this.#inventory.set(tenantId, known);
    return known;
  }

  operation(tenantId: string, id: string): Operation | undefined {
    this.settle();
    const found = this.#operations.get(id);
    return found?.tenantId === tenantId ? found : undefined;
  }

  /** Assignments under way, by number. */
  pending(tenantId: string): Map<string, Operation> {
    this.settle();
    return new Map(
      [...this.#running]
        .filter((one) => one.tenantId === tenantId && one.kind === 'Assignment')
        .map((one) => [one.number, one]),
    );
  }

  /** Why the number cannot go to the target, in the words of `statusDetail`; undefined if it can. */
  whyNot(tenant: Tenant, number: string, target: TeamsUser | undefined, type: string): string | undefined {
    if (!/^\+[1-9][0-9]{6,14}(;ext=[0-9]{1,15})?$/.test(number)) return 'The telephone number is malformed.';
    if (!target) return 'The assignment target was not found.';
    if (!hasTeamsPhone(target)) return 'The user does not have a Teams Phone licence.';
    if (target.accountType === 'guest') return 'The user is a guest.';
    if ((this.inventory(tenant.id).get(number) ?? 'directRouting') !== type)
      return 'The telephone number is of another type.';
    const owner = this.#directory.userByNumber(tenant, number);
    if (owner && owner !== target) return 'The telephone number is already assigned.';
    if (target.number !== undefined && target.number !== number)
      return 'The user already has a primary telephone number.';
    return undefined;
  }

  start(
    kind: Operation['kind'],
    tenant: Tenant,
    number: string,
    target: TeamsUser | undefined,
    type: string,
  ): Operation {
    const now = this.#clock.wall();
    const operation: Operation = {
      id: Buffer.from(`${kind}|${this.#random.uuid()}`).toString('base64url'),
      kind,
      tenantId: tenant.id,
      number,
      targetId: target?.objectId,
      type,
      createdAt: now,
      dueAt: now + this.#settings.operationMs,
      outcome: 'running',
      detail: null,
    };
    this.#operations.set(operation.id, operation);
    this.#running.add(operation);
    // Hubs must see the number when it is due, whether somebody polls or not.
    this.#after(this.#settings.operationMs + 1, () => this.settle());
    return operation;
  }

  /** Does what is due. Called whenever somebody looks, and when the clock was moved. */
  settle(): void {
    const now = this.#clock.wall();
    for (const operation of this.#running) {
      if (operation.dueAt > now) continue;
      this.#running.delete(operation);
      this.#finish(operation);
    }
  }

  #finish(operation: Operation): void {
    const tenant = this.#directory.tenant(operation.tenantId) as Tenant;
    const { number } = operation;
    if (operation.kind === 'Assignment') {
      const target = this.#directory.userById(tenant, operation.targetId ?? '');
      const why = this.whyNot(tenant, number, target, operation.type);
      operation.outcome = why === undefined ? 'succeeded' : 'failed';
      operation.detail = why ?? null;
      if (target && why === undefined) {
        this.inventory(tenant.id).delete(number);
        this.#directory.change(target, { number, enterpriseVoice: true });
      }
      return;
    }
    const owner = this.#directory.userByNumber(tenant, number);
    operation.outcome = owner ? 'succeeded' : 'failed';
    operation.detail = owner ? null : 'The telephone number is not assigned.';
    if (!owner) return;
    this.stock(tenant.id, number, 'directRouting');
    this.#directory.change(owner, { number: undefined, enterpriseVoice: false });
  }
}

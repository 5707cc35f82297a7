import type { Directory } from '../directory/directory.ts';
import type { MovableClock } from '../directory/movable-clock.ts';
import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import type { TwinRandom } from '../random.ts';
import type { StateSection } from '../state/state-file.ts';
import type { GraphSettings } from './graph-world.ts';
import { hasCallingPlan, hasTeamsPhone, isPhonePlan } from './licence-catalogue.ts';

/**
 * Telephone numbers of a tenant and the operations that give and take them (graph 5.2). Who has which number is in the
 * directory, where the hubs look; this keeps what is free, what is of another kind, and what is under way.
 */

export type NumberType = 'directRouting' | 'callingPlan' | 'operatorConnect';
export type Category = 'primary' | 'private' | 'alternate';

export interface Operation {
  readonly id: string;
  readonly kind: 'Assignment' | 'Unassignment';
  readonly tenantId: string;
  readonly number: string;
  readonly targetId: string | undefined;
  /** The number's type as asked; undefined: whatever it is. */
  readonly type: string | undefined;
  readonly category: Category;
  readonly createdAt: number;
  readonly dueAt: number;
  outcome: 'running' | 'succeeded' | 'failed';
  detail: string | null;
}

/** What stands beside a number whoever has it. */
export interface NumberDetails {
  locationId: string | null;
  networkSiteId: string | null;
  reverseNumberLookupOptions: readonly string[];
}

interface Saved {
  readonly inventory: readonly (readonly [string, readonly (readonly [string, NumberType])[]])[];
  readonly extras: readonly (readonly [string, readonly (readonly [string, Extra])[]])[];
  readonly details: readonly (readonly [string, NumberDetails])[];
  readonly operations: readonly Operation[];
}

/** A number beside the primary one. */
interface Extra {
  readonly targetId: string;
  readonly category: 'private' | 'alternate';
}

/** What is said of a number or a policy that stays with somebody whose licence went first (T8). */
export const stranded = 'The user does not have a Teams Phone licence any more.';

/** Operations that are done are shown for an hour. */
const operationLifeMs = 3_600_000;

export class NumberOffice {
  onChange: () => void = () => undefined;
  readonly #directory: Directory;
  readonly #clock: MovableClock;
  readonly #random: TwinRandom;
  readonly #settings: GraphSettings;
  readonly #after: (ms: number, fire: () => void) => void;
  readonly #operations = new Map<string, Operation>();
  readonly #running = new Set<Operation>();
  /** The earliest end of what runs. */
  #nextDue = Number.POSITIVE_INFINITY;
  /** Numbers that the tenant bought or uploaded, free or not, with their types; by tenant. */
  readonly #inventory = new Map<string, Map<string, NumberType>>();
  readonly #extras = new Map<string, Map<string, Extra>>();
  readonly #details = new Map<string, NumberDetails>();

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
    this.onChange();
  }

  inventory(tenantId: string): Map<string, NumberType> {
    return held(this.#inventory, tenantId);
  }

  /** Numbers beside the primary ones. */
  extras(tenantId: string): ReadonlyMap<string, Extra> {
    return held(this.#extras, tenantId);
  }

  /** Those of one user, as `userConfigurations` shows them. */
  extrasOf({ tenantId, objectId }: TeamsUser): { telephoneNumber: string; assignmentCategory: string }[] {
    const found: { telephoneNumber: string; assignmentCategory: string }[] = [];
    for (const [telephoneNumber, { targetId, category }] of held(this.#extras, tenantId))
      if (targetId === objectId) found.push({ telephoneNumber, assignmentCategory: category });
    return found;
  }

  typeOf(tenantId: string, number: string): NumberType {
    return this.inventory(tenantId).get(number) ?? 'directRouting';
  }

  details(tenantId: string, number: string): NumberDetails {
    return (
      this.#details.get(`${tenantId} ${number}`) ?? {
        locationId: null,
        networkSiteId: null,
        reverseNumberLookupOptions: [],
      }
    );
  }

  /** An empty text clears, null and what is absent keep. */
  update(tenantId: string, number: string, change: Partial<Record<keyof NumberDetails, unknown>>): void {
    const before = this.details(tenantId, number);
    const kept = (name: 'locationId' | 'networkSiteId'): string | null => {
      const wish = change[name];
      return typeof wish === 'string' ? wish || null : before[name];
    };
    const { reverseNumberLookupOptions: options } = change;
    this.#details.set(`${tenantId} ${number}`, {
      locationId: kept('locationId'),
      networkSiteId: kept('networkSiteId'),
      reverseNumberLookupOptions: Array.isArray(options)
        ? options.map(String)
        : before.reverseNumberLookupOptions,
    });
    this.onChange();
  }

  operation(tenantId: string, id: string): Operation | undefined {
    this.settle();
    const found = this.#operations.get(id);
    return found?.tenantId === tenantId ? found : undefined;
  }

  /** Assignments under way, by number. */
  pending(tenantId: string): Map<string, Operation> {
    this.settle();
    const found = new Map<string, Operation>();
    for (const one of this.#running)
      if (one.tenantId === tenantId && one.kind === 'Assignment') found.set(one.number, one);
    return found;
  }

  /** Why the number cannot go to the target, in the words of `statusDetail`; undefined if it can (T1). */
  whyNot(
    tenant: Tenant,
    number: string,
    target: TeamsUser | undefined,
    type: string | undefined,
    category: Category = 'primary',
  ): string | undefined {
    if (!/^\+[1-9][0-9]{6,14}(;ext=[0-9]{1,15})?$/.test(number)) return 'The telephone number is malformed.';
    if (!target) return 'The assignment target was not found.';
    if (!hasTeamsPhone(target)) return 'The user does not have a Teams Phone licence.';
    if (target.accountType === 'guest') return 'The user is a guest.';
    if (target.onPremises) return 'The user is homed on premises: the number is synchronised from there.';
    if (type === 'directRouting' && hasCallingPlan(target))
      return 'The user has a Calling Plan licence, which conflicts with Direct Routing.';
    if (this.typeOf(tenant.id, number) !== type) return 'The telephone number is of another type.';
    const extra = this.extras(tenant.id).get(number);
    const owners = this.#directory.holdersOf(tenant, number);
    if (
      owners.some((one) => one !== target) ||
      (extra && extra.targetId !== target.objectId) ||
      tenant.conferenceNumbers.includes(number)
    )
      return 'The telephone number is already assigned.';
    if (category === 'primary') {
      if (target.number !== undefined && target.number !== number)
        return 'The user already has a primary telephone number.';
      return extra ? `The telephone number is assigned as ${extra.category}.` : undefined;
    }
    if (target.number === undefined) return `A ${category} number needs a primary number beside it.`;
    if (target.number === number) return 'The telephone number is assigned as primary.';
    const another = [...this.extras(tenant.id)].some(
      ([other, one]) =>
        other !== number &&
        one.targetId === target.objectId &&
        one.category === 'private' &&
        category === 'private',
    );
    return another ? 'The user already has a private telephone number.' : undefined;
  }

  /** Why a number cannot be taken back. */
  whyNotBack(tenant: Tenant, number: string, type: string | undefined): string | undefined {
    const owner = this.#directory.userByNumber(tenant, number);
    if (!owner && !this.extras(tenant.id).has(number)) return 'The telephone number is not assigned.';
    if (owner?.onPremises) return 'The user is homed on premises: the number is synchronised from there.';
    if (owner && this.isStranded(owner)) return stranded;
    return type !== undefined && this.typeOf(tenant.id, number) !== type
      ? 'The telephone number is of another type.'
      : undefined;
  }

  /** The licence went first, and too long ago. Who never had one, or lost it before anybody looked, is let go. */
  isStranded(user: TeamsUser): boolean {
    const { strandedAfterMs } = this.#settings;
    if (strandedAfterMs === null || hasTeamsPhone(user)) return false;
    const lostAt = user.pastPlans.findLast(({ planId }) => isPhonePlan(planId))?.assignedAt;
    return lostAt !== undefined && this.#clock.wall() - lostAt >= strandedAfterMs;
  }

  start(
    kind: Operation['kind'],
    tenant: Tenant,
    number: string,
    target: TeamsUser | undefined,
    type: string | undefined,
    category: Category = 'primary',
  ): Operation {
    const now = this.#clock.wall();
    const operation: Operation = {
      id: Buffer.from(`${kind}|${this.#random.uuid()}`).toString('base64url'),
      kind,
      tenantId: tenant.id,
      number,
      targetId: target?.objectId,
      type,
      category,
      createdAt: now,
      dueAt: now + this.#settings.operationMs,
      outcome: 'running',
      detail: null,
    };
    this.#run(operation);
    this.#forgetOld(now);
    this.onChange();
    return operation;
  }

  #run(operation: Operation): void {
    this.#operations.set(operation.id, operation);
    this.#running.add(operation);
    this.#nextDue = Math.min(this.#nextDue, operation.dueAt);
    // Hubs must see the number when it is due, whether somebody polls or not.
    const wait = Math.max(0, operation.dueAt - this.#clock.wall()) + 1;
    this.#after(Math.min(wait, 2_000_000_000), () => this.settle());
  }

  #forgetOld(now: number): void {
    for (const [id, { outcome, dueAt }] of this.#operations) {
      if (outcome === 'running' || dueAt + operationLifeMs > now) break;
      this.#operations.delete(id);
    }
  }

  /** Does what is due. Called whenever somebody looks, and when the clock was moved. */
  settle(): void {
    const now = this.#clock.wall();
    if (this.#nextDue > now) return;
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const operation of [...this.#running]) {
      if (operation.dueAt > now) {
        this.#nextDue = Math.min(this.#nextDue, operation.dueAt);
        continue;
      }
      this.#running.delete(operation);
      this.#finish(operation);
      this.onChange();
    }
  }

  #finish(operation: Operation): void {
    const tenant = this.#directory.tenant(operation.tenantId) as Tenant;
    const { number, type, category } = operation;
    const assign = operation.kind === 'Assignment';
    const target = this.#directory.userById(tenant, operation.targetId ?? '');
    const why = assign
      ? this.whyNot(tenant, number, target, type, category)
      : this.whyNotBack(tenant, number, type);
    operation.outcome = why === undefined ? 'succeeded' : 'failed';
    operation.detail = why ?? null;
    if (why !== undefined) return;
    const extras = held(this.#extras, tenant.id);
    if (assign && target) {
      if (category === 'primary') this.#directory.change(target, { number, enterpriseVoice: true });
      else extras.set(number, { targetId: target.objectId, category });
      return;
    }
    this.inventory(tenant.id).set(number, this.typeOf(tenant.id, number));
    if (extras.delete(number)) return;
    const owner = this.#directory.userByNumber(tenant, number);
    if (owner) this.#directory.change(owner, { number: undefined, enterpriseVoice: false });
  }

  /** For the twin's memory. */
  state(): StateSection {
    return {
      version: 1,
      save: (): Saved => ({
        inventory: [...this.#inventory].map(([tenant, numbers]) => [tenant, [...numbers]]),
        extras: [...this.#extras].map(([tenant, numbers]) => [tenant, [...numbers]]),
        details: [...this.#details],
        operations: [...this.#operations.values()].slice(-2_000),
      }),
      restore: (value) => {
        const { inventory, extras, details, operations } = value as Saved;
        for (const [tenant, numbers] of inventory) this.#inventory.set(tenant, new Map(numbers));
        for (const [tenant, numbers] of extras) this.#extras.set(tenant, new Map(numbers));
        for (const [key, one] of details) this.#details.set(key, one);
        for (const operation of operations) {
          if (operation.outcome === 'running') this.#run({ ...operation });
          else this.#operations.set(operation.id, operation);
        }
      },
    };
  }
}

function held<V>(of: Map<string, Map<string, V>>, tenantId: string): Map<string, V> {
  const known = of.get(tenantId);
  if (known) return known;
  const made = new Map<string, V>();
  of.set(tenantId, made);
  return made;
}

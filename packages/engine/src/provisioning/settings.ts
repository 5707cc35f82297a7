import type { AccountId, ConnectionId, DriftField, LeaverForward, Link, PolicyField } from '@tandem/domain';

export type DriftPolicy = 'repair' | 'accept' | 'ask';

/** `by-hand`: nobody looks. `by-group`: the tenant binds it to a group, it is checked only. `assign`: a write a person. */
export type PolicyWish =
  | { readonly kind: 'by-hand' }
  | { readonly kind: 'by-group'; readonly name: string }
  | { readonly kind: 'assign'; readonly name: string };

/** Policies for those whom it fits; the first persona that fits counts. */
export interface Persona {
  readonly name: string;
  /** All that are given must be equal in Entra, whatever the case; none given fits everybody. */
  readonly when: { readonly department?: string; readonly city?: string; readonly country?: string };
  readonly policies: Readonly<Partial<Record<PolicyField, string>>>;
  readonly tag?: string;
}

export type LeaverRule = 'announcement' | 'manager' | 'queue' | 'voicemail';

/** How one connection of an account decides who calls from Teams, and with what. */
export interface ProvisioningSettings {
  readonly accountId: AccountId;
  /** Undefined: the account's first connection, whichever that is. */
  readonly connectionId?: ConnectionId;
  readonly mode: 'automatic' | 'manual' | 'mixed';
  /** Entra groups by object id: a new name changes only the label. Members of any of them are meant. */
  readonly enableGroups: readonly { readonly id: string; readonly name: string }[];
  /** Another provider carries the calls: prerequisites are watched and nothing is assigned (product-behaviour 3). */
  readonly standby?: boolean;
  /** How long a person who lost a prerequisite keeps calling, 0 to 604800. */
  readonly graceSeconds: number;
  /** How long leaving a group must last before it counts: a person who is taken out and put back was never away. */
  readonly settleSeconds: number;
  /** The account's admins keep routing domain and voice routing, and Tandem does not look. */
  readonly routingByHand: boolean;
  readonly policies: Readonly<Record<PolicyField, PolicyWish>>;
  readonly personas: readonly Persona[];
  readonly drift: Readonly<Record<DriftField, DriftPolicy>>;
  readonly leaverRule: LeaverRule;
  /** Rule `manager`: who is rung for those who left, unless somebody else was named for one of them. */
  readonly leaverForward?: LeaverForward;
  /** More than max(least, min(most, percent of the linked)) who would leave at once wait for an admin. */
  readonly guard: { readonly least: number; readonly most: number; readonly percent: number };
  readonly licences: {
    /** `automatic`: who comes into scope takes one of the pool, who is taken out gives it back. */
    readonly assign: 'by-hand' | 'automatic';
    /** Undefined: no limit. */
    readonly total?: number;
  };
  readonly messages: { readonly toPerson: boolean; readonly testNumber?: string };
}

const byHand = { kind: 'by-hand' } as const;

/** What stands when nobody has decided otherwise (product-behaviour 1.2, 1.4, 1.5). */
export function defaultSettings(
  accountId: AccountId,
  change: Partial<ProvisioningSettings> = {},
): ProvisioningSettings {
  return {
    accountId,
    mode: 'automatic',
    enableGroups: [],
    graceSeconds: 86_400,
    settleSeconds: 15,
    routingByHand: false,
    policies: { voiceRouting: byHand, calling: byHand, dialPlan: byHand },
    personas: [],
    drift: { number: 'ask', voice: 'repair', voiceRouting: 'repair', calling: 'ask', dialPlan: 'ask' },
    leaverRule: 'announcement',
    guard: { least: 10, most: 50, percent: 20 },
    licences: { assign: 'by-hand' },
    messages: { toPerson: true },
    ...change,
  };
}

/** Nobody can be meant: provisioning has nothing to go by. */
export const decidesNobody = ({ mode, enableGroups }: ProvisioningSettings): boolean =>
  mode !== 'manual' && enableGroups.length === 0;

/** The persona that fits, by what Entra says of the person. */
export function personaOf(
  settings: Pick<ProvisioningSettings, 'personas'>,
  user: { readonly department?: string; readonly city?: string; readonly country?: string } | undefined,
): Persona | undefined {
  return settings.personas.find(({ when }) =>
    (['department', 'city', 'country'] as const).every(
      (key) => when[key] === undefined || when[key].toLowerCase() === user?.[key]?.toLowerCase(),
    ),
  );
}

/** Which policies a person shall have. Undefined: nobody looks at that kind. */
export type WantedPolicies = Readonly<
  Record<PolicyField, { readonly name: string | null; readonly assign: boolean } | undefined>
>;

/**
 * What is wanted of each kind of policy: what an admin accepted for this person, else the persona's, else the account's.
 * A persona or an exception that names a policy makes it ours to assign.
 */
export function wantedPolicies(
  settings: Pick<ProvisioningSettings, 'policies' | 'personas'>,
  user: Parameters<typeof personaOf>[1],
  accepted: NonNullable<Link['accepted']> = {},
): WantedPolicies {
  const persona = personaOf(settings, user);
  const of = (field: PolicyField): WantedPolicies[PolicyField] => {
    const exception = accepted[field];
    if (exception !== undefined) return exception;
    const wish = settings.policies[field];
    const special = persona?.policies[field];
    if (special !== undefined) return { name: special, assign: true };
    return wish.kind === 'by-hand' ? undefined : { name: wish.name, assign: wish.kind === 'assign' };
  };
  return { voiceRouting: of('voiceRouting'), calling: of('calling'), dialPlan: of('dialPlan') };
}

/** There are policies that we assign, not only look at. */
export const managesPolicies = ({
  policies,
  personas,
}: Pick<ProvisioningSettings, 'policies' | 'personas'>): boolean =>
  personas.length > 0 || Object.values(policies).some(({ kind }) => kind === 'assign');

/**
 * The parts of Graph's resources that we read, cut by hand from graph-openapi-cut.json (`graph-types.test.ts` holds these
 * names to it). Everything may be missing: a selected field that the permission does not cover, or a future value.
 */
export interface GraphAssignedPlan {
  readonly servicePlanId?: string | null;
  readonly capabilityStatus?: string | null;
  readonly service?: string | null;
  readonly assignedDateTime?: string | null;
}

export interface GraphUser {
  readonly id: string;
  readonly userPrincipalName?: string | null;
  readonly displayName?: string | null;
  readonly mail?: string | null;
  readonly accountEnabled?: boolean | null;
  readonly userType?: string | null;
  readonly usageLocation?: string | null;
  readonly proxyAddresses?: readonly string[];
  readonly isResourceAccount?: boolean | null;
  readonly department?: string | null;
  readonly city?: string | null;
  readonly assignedPlans?: readonly GraphAssignedPlan[];
}

export interface GraphNumberAssignment {
  readonly id: string;
  readonly telephoneNumber?: string;
  readonly numberType?: string;
  readonly activationState?: string;
  readonly assignmentTargetId?: string | null;
  readonly assignmentCategory?: string | null;
  readonly assignmentStatus?: string | null;
  readonly numberSource?: string | null;
}

export interface GraphNumberOperation {
  readonly id: string;
  readonly status?: string;
  readonly numbers?: readonly ({ readonly status?: string; readonly statusDetail?: string | null } | null)[];
}

export interface GraphUserConfiguration {
  readonly id: string;
  readonly accountType?: string;
  readonly isEnterpriseVoiceEnabled?: boolean | null;
  readonly featureTypes?: readonly (string | null)[];
  readonly telephoneNumbers?: readonly ({
    readonly telephoneNumber?: string;
    readonly assignmentCategory?: string | null;
  } | null)[];
  readonly effectivePolicyAssignments?: readonly ({
    readonly policyType?: string;
    readonly policyAssignment?: {
      readonly displayName?: string | null;
      readonly assignmentType?: string | null;
      readonly policyId?: string | null;
    } | null;
  } | null)[];
}

export interface GraphPresence {
  readonly id: string;
  readonly availability?: string | null;
  readonly activity?: string | null;
  readonly outOfOfficeSettings?: { readonly isOutOfOffice?: boolean | null } | null;
  readonly sequenceNumber?: string | null;
}

/** Selected by name, since without it the interesting fields do not come (microsoft-graph 4.1). */
export const userFields = [
  'id',
  'userPrincipalName',
  'displayName',
  'mail',
  'accountEnabled',
  'userType',
  'usageLocation',
  'proxyAddresses',
  'isResourceAccount',
  'department',
  'city',
  'assignedPlans',
] as const satisfies readonly (keyof GraphUser)[];

/** An object with an id, whatever else stands in it. */
export function hasId(value: unknown): value is { readonly id: string } & Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && typeof (value as { id?: unknown }).id === 'string';
}

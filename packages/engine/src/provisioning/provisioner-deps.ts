import type { LinkState, Person, PersonId, ReadinessReport } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { LinkKeeper } from '../ports/link-store.ts';
import type { MicrosoftTenant } from '../ports/microsoft.ts';
import type { HistoryStep } from '../ports/provisioning-history.ts';
import type { OwnPerson, TenantFacts } from './facts.ts';
import type { HeldRemoval } from './mass-change.ts';
import type { ProvisioningAction } from './reconcile-link.ts';

/** Something that a person or the admins should hear of. */
export type ProvisioningNotice =
  | Extract<ProvisioningAction, { readonly kind: 'tell-person' | 'alert' | 'release-number' }>
  | { readonly kind: 'held'; readonly held: HeldRemoval };

export interface ProvisionerDeps {
  readonly tenant: MicrosoftTenant;
  readonly keeper: LinkKeeper;
  readonly clock: Clock;
  /** 0 to 1, for the jitter of waits. */
  readonly random: () => number;
  /** What is said of this person, or what their calls get, may have changed. */
  readonly onPerson: (personId: PersonId) => void;
  /** Who is who at Microsoft, as far as it is settled. */
  readonly onObjectIds: (objectIds: ReadonlyMap<PersonId, string | undefined>) => void;
  readonly onProblem: (what: string) => void;
  /** Told once each. `personId` is absent for what is about the whole connection. */
  readonly notify?: (notice: ProvisioningNotice, personId: PersonId | undefined) => void;
  readonly history?: (personId: PersonId, step: HistoryStep) => void;
  /** The name of another account whose enable group holds this Microsoft user too (PRV-206). */
  readonly claimedElsewhere?: (objectId: string) => string | undefined;
  /** What is known of routing domain, voice route and edge, where they are not kept by hand. */
  readonly routing?: () => Partial<Pick<TenantFacts, 'domain' | 'routing' | 'edgeSilent' | 'withoutCalling'>>;
  /** A number that is kept for this person, or was theirs, and is reserved or rests (PRV-307). */
  readonly heldNumber?: (person: Person) => OwnPerson['heldNumber'];
  /** Takes a licence of the platform for a person, or gives it back to the pool. */
  readonly setLicence?: (personId: PersonId, licensed: boolean) => void;
}

export interface Judged {
  readonly report: ReadinessReport;
  readonly state: LinkState;
  readonly checkedAtWallMs?: number;
}

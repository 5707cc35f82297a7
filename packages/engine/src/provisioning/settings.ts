import type { AccountId } from '@tandem/domain';

/** How an account decides who calls from Teams. */
export interface ProvisioningSettings {
  readonly accountId: AccountId;
  /** The Entra group whose members call from Teams, by object id: a new name changes only the label. */
  readonly enableGroup: { readonly id: string; readonly name: string };
  /** How long a person who lost a prerequisite keeps calling, 0 to 604800. */
  readonly graceSeconds: number;
  /** The account's admins keep routing domain and voice routing, and Tandem does not look. */
  readonly routingByHand: boolean;
}

import { type CallingPolicy, callingPolicyOf } from '@tandem/engine/routing-domain/calling-policy.ts';
import type { RoutingDomain, VoiceRouting } from '@tandem/engine/routing-domain/routing-domain.ts';
import type { RoutingDomainParts } from './ground.ts';

/** A host label from what people call the account; never empty. */
export function labelOf(name: string): string {
  const label = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 20)
    .replace(/^-+|-+$/g, '');
  return label === '' ? 'customer' : label;
}

/** The calling policy beside a voice routing policy of these names. */
export const callingNameFor = (policy: string): string =>
  /^VRP-/i.test(policy) ? policy.replace(/^VRP-/i, 'CP-') : `CP-${policy}`.slice(0, 49);

/** What the calling policy of a domain holds, where the account wants one. */
export const callingOf = (
  { voicemailOf }: Pick<RoutingDomainParts, 'voicemailOf'>,
  { accountId, routing }: RoutingDomain,
): CallingPolicy | undefined => routing.calling && callingPolicyOf(routing.calling, voicemailOf(accountId));

/** Names of the voice routing that the script makes. */
export function namesFor(accountName: string): VoiceRouting {
  const label = labelOf(accountName);
  const part = label.slice(0, 1).toUpperCase() + label.slice(1);
  return { usage: `U-Tandem-${part}`, route: `R-Tandem-${part}`, policy: `VRP-Tandem-${part}` };
}

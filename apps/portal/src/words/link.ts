import type { PersonProvisioning, ProvisioningStep } from '@tandem/contract';

type Confirmed = NonNullable<PersonProvisioning['confirmed']>;
/** Why Teams is believed to work. */
export const confirmedWords: Record<Confirmed['by'], string> = {
  call: 'a call in Teams',
  person: 'the person said so',
  override: 'an administrator said so',
};

export const triggerWords: Record<ProvisioningStep['trigger'], string> = {
  automatic: 'by itself',
  manual: 'by hand',
};

/** `direct`, or `via Voice Users > Sales`: groups from the outermost on. */
export function membershipPath(group: string | undefined, via: readonly { readonly name: string }[]): string {
  const names = [...(group === undefined ? [] : [group]), ...via.map(({ name }) => name)];
  return via.length === 0
    ? `direct${group === undefined ? '' : `, in ${group}`}`
    : `via group ${names.join(' > ')}`;
}

/** What Microsoft's support asks for; without an answer only our own id names the request. */
export const requestWords = (step: {
  readonly requestId?: string | undefined;
  readonly clientRequestId?: string | undefined;
}): string | undefined =>
  step.requestId
    ? `request ${step.requestId}`
    : step.clientRequestId && `our request ${step.clientRequestId}, no answer`;

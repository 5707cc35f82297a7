import type { VoiceRouting } from '@tandem/engine/routing-domain/routing-domain.ts';

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

/** Names of the voice routing that the script makes. */
export function namesFor(accountName: string): VoiceRouting {
  const label = labelOf(accountName);
  const part = label.slice(0, 1).toUpperCase() + label.slice(1);
  return { usage: `U-Tandem-${part}`, route: `R-Tandem-${part}`, policy: `VRP-Tandem-${part}` };
}

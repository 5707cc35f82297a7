import { type Link, type LinkPolicy, type PolicyField, policyFields } from '@tandem/domain';
import type { EffectivePolicies, MicrosoftFacts, Seen } from './facts.ts';
import type { WantedPolicies } from './settings.ts';

/** One person's policy to be set; null takes ours away, so that the tenant's default counts again. */
export interface PolicyWrite {
  readonly field: PolicyField;
  readonly name: string | null;
}

/** Repeating does not make Microsoft show it sooner (product-behaviour 1.2). */
const rewriteAfterMs = 86_400_000;

/** The policies as read after our last write of any: they may be judged. */
export function policiesReadBack(
  link: Pick<Link, 'lastPolicyWriteWallMs'>,
  microsoft: MicrosoftFacts | undefined,
): EffectivePolicies | undefined {
  const seen: Seen<EffectivePolicies> = microsoft?.policies ?? 'unread';
  if (seen === 'unread') return undefined;
  const wrote = link.lastPolicyWriteWallMs;
  return wrote === undefined || (microsoft?.policiesReadAtWallMs ?? 0) > wrote ? seen : undefined;
}

/**
 * What is to be written now. What Microsoft shows already is not written, by whomever it was set; what it took from us is
 * not written again before a day has passed without it showing.
 */
export function policiesDue(
  link: Pick<Link, 'policies' | 'lastPolicyWriteWallMs'>,
  wanted: WantedPolicies | undefined,
  microsoft: MicrosoftFacts | undefined,
  nowWallMs: number,
): readonly PolicyWrite[] {
  if (!wanted) return [];
  const seen = policiesReadBack(link, microsoft);
  return policyFields.flatMap((field): PolicyWrite[] => {
    const wish = wanted[field];
    if (!wish?.assign) return [];
    const wrote = link.policies?.[field];
    if (seen && seen[field].name === wish.name) return [];
    if (wrote && wrote.name === (wish.name ?? '')) {
      // Shown once and now something else: a change by somebody, which is drift.
      if (wrote.seen || !seen || nowWallMs - wrote.wroteWallMs < rewriteAfterMs) return [];
    }
    return [{ field, name: wish.name }];
  });
}

/** Everything that we assigned, to be taken away. */
export const policiesToUnassign = (link: Pick<Link, 'policies'>): readonly PolicyWrite[] =>
  policyFields.filter((field) => link.policies?.[field]).map((field) => ({ field, name: null }));

/** The link after Microsoft took these. */
export function wrotePolicies(link: Link, writes: readonly PolicyWrite[], nowWallMs: number): Link {
  const policies: Partial<Record<PolicyField, LinkPolicy>> = { ...link.policies };
  for (const { field, name } of writes) {
    if (name === null) delete policies[field];
    else policies[field] = { name, wroteWallMs: nowWallMs };
  }
  const { policies: _, ...rest } = link;
  return {
    ...rest,
    ...(Object.keys(policies).length > 0 && { policies }),
    lastPolicyWriteWallMs: nowWallMs,
  };
}

/** Notes which of ours Microsoft shows by now. The same link when nothing is new. */
export function sawPolicies(link: Link, microsoft: MicrosoftFacts | undefined): Link {
  const seen = policiesReadBack(link, microsoft);
  if (!seen || !link.policies) return link;
  const fresh = policyFields.filter((field) => {
    const wrote = link.policies?.[field];
    return wrote && !wrote.seen && seen[field].name === wrote.name;
  });
  if (fresh.length === 0) return link;
  const policies: Partial<Record<PolicyField, LinkPolicy>> = { ...link.policies };
  for (const field of fresh) policies[field] = { ...(policies[field] as LinkPolicy), seen: true };
  return { ...link, policies };
}

/** Policies that are wanted and that Microsoft does not show, as far as it was read. */
export function policiesMissing(
  wanted: WantedPolicies | undefined,
  seen: EffectivePolicies | undefined,
): readonly { readonly field: PolicyField; readonly name: string | null; readonly assign: boolean }[] {
  if (!wanted || !seen) return [];
  return policyFields.flatMap((field) => {
    const wish = wanted[field];
    return wish && seen[field].name !== wish.name ? [{ field, ...wish }] : [];
  });
}

import { type DriftDecision, type DriftField, type Link, type LinkDrift, policyFields } from '@tandem/domain';
import type { MicrosoftFacts, NumberFacts } from './facts.ts';
import { policiesReadBack } from './policies.ts';
import type { DriftPolicy, WantedPolicies } from './settings.ts';

const mostDecisions = 20;
/** Somebody else's program changes it back each time: after this many repairs in a day an admin is asked. */
const mostRepairsADay = 3;
const dayMs = 86_400_000;

/**
 * What somebody else changed at Microsoft since it was as we wanted it. `number` is the inventory as read after our last
 * write; undefined says nothing about it.
 */
export function driftOf(
  link: Link,
  number: NumberFacts | undefined,
  wanted: WantedPolicies | undefined,
  microsoft: MicrosoftFacts | undefined,
  nowWallMs: number,
): readonly LinkDrift[] {
  const found: LinkDrift[] = [];
  const since = (field: DriftField, ours: string | null, theirs: string | null): void => {
    const known = link.drift?.find((one) => one.field === field && one.theirs === theirs);
    found.push({ field, ours, theirs, seenWallMs: known?.seenWallMs ?? nowWallMs });
  };
  const ours = link.assignedNumber ?? null;
  if (number && !number.pending) {
    const here = number.holder.is === 'this-person';
    if (!here) since('number', ours, number.otherNumber ?? null);
    else if (number.voiceEnabled === false) since('voice', 'on', 'off');
  } else if (!number) {
    // Not read: what was seen before stands.
    found.push(...(link.drift ?? []).filter(({ field }) => field === 'number' || field === 'voice'));
  }
  const seen = policiesReadBack(link, microsoft);
  for (const field of policyFields) {
    const wish = wanted?.[field];
    if (!wish) continue;
    if (!seen) {
      found.push(...(link.drift ?? []).filter((one) => one.field === field));
      continue;
    }
    const wrote = link.policies?.[field];
    const stood = (wrote?.seen && wrote.name === wish.name) || (!wish.assign && link.accepted?.[field]);
    if (stood && seen[field].name !== wish.name) since(field, wish.name, seen[field].name);
  }
  return found;
}

/** The same differences, whenever they were seen. */
export function sameDrift(a: readonly LinkDrift[] = [], b: readonly LinkDrift[] = []): boolean {
  return (
    a.length === b.length &&
    a.every((one) =>
      b.some((other) => other.field === one.field && other.theirs === one.theirs && other.ours === one.ours),
    )
  );
}

/** Which of these are settled without asking, by the account's rule for the field. */
export function decidedByRule(
  link: Link,
  drift: readonly LinkDrift[],
  rules: Readonly<Record<DriftField, DriftPolicy>>,
  nowWallMs: number,
): readonly { readonly drift: LinkDrift; readonly decision: 'repair' | 'accept' }[] {
  return drift.flatMap((one) => {
    const rule = rules[one.field];
    if (rule === 'ask' || (rule === 'accept' && one.field === 'number')) return [];
    const lately = (link.decisions ?? []).filter(
      ({ field, decision, atWallMs }) =>
        field === one.field && decision === 'repair' && nowWallMs - atWallMs < dayMs,
    );
    if (rule === 'repair' && lately.length >= mostRepairsADay) return [];
    return [{ drift: one, decision: rule === 'accept' && one.field !== 'voice' ? 'accept' : 'repair' }];
  });
}

/** The link after a decision about one field; what follows from it is written by the next round. */
export function decided(
  link: Link,
  drift: LinkDrift,
  decision: 'repair' | 'accept',
  by: string,
  nowWallMs: number,
): Link {
  const { field, ours, theirs } = drift;
  const { seenWallMs: _, ...what } = drift;
  const decisions: readonly DriftDecision[] = [
    { ...what, decision, by, atWallMs: nowWallMs },
    ...(link.decisions ?? []),
  ].slice(0, mostDecisions);
  const { drift: before = [], ...rest } = link;
  const left = before.filter((one) => one.field !== field);
  const next: Link = { ...rest, decisions, ...(left.length > 0 && { drift: left }) };
  if (field === 'voice') return { ...next, reassign: true };
  if (field === 'number') {
    if (decision === 'accept') return next;
    // Nothing to take away first: the number is given once more.
    return theirs === null ? { ...next, reassign: true } : { ...next, replaces: theirs };
  }
  if (decision === 'accept')
    return { ...next, accepted: { ...next.accepted, [field]: { name: theirs, assign: false } } };
  // To be written again: it counts as never written.
  const { [field]: _gone, ...policies } = next.policies ?? {};
  const { [field]: _accepted, ...accepted } = next.accepted ?? {};
  const kept = ours === null ? next : { ...next, policies };
  return {
    ...kept,
    ...(next.accepted?.[field] && { accepted: { ...accepted, [field]: { name: ours, assign: true } } }),
  };
}

/** The last decision about this field that stands, and the link without it. Undefined: there is none. */
export function undone(
  link: Link,
  field: DriftField,
): { readonly link: Link; readonly decision: DriftDecision } | undefined {
  const decisions = link.decisions ?? [];
  const index = decisions.findIndex((one) => one.field === field && !one.undone);
  const decision = decisions[index];
  if (!decision) return undefined;
  const marked: Link = {
    ...link,
    decisions: decisions.map((one, i) => (i === index ? { ...one, undone: true } : one)),
  };
  if (field === 'number' || field === 'voice') return { link: marked, decision };
  if (decision.decision === 'accept') {
    // Ours is wanted again.
    const { [field]: _, ...accepted } = marked.accepted ?? {};
    const { [field]: _w, ...policies } = marked.policies ?? {};
    return { link: { ...marked, accepted, policies }, decision };
  }
  const theirs = { name: decision.theirs, assign: true };
  return { link: { ...marked, accepted: { ...marked.accepted, [field]: theirs } }, decision };
}

import { createHash } from 'node:crypto';
import type { DnsRecord } from '@tandem/adapters/dns-driver/dns-driver.ts';
import {
  addDomain,
  type DomainWrite,
  makeActivationAccount,
  releaseActivationLicence,
  verifyDomain,
} from '@tandem/adapters/graph/domains.ts';
import type { RoutingDomainRefusal } from '@tandem/adapters/http/routing-domain-board.ts';
import type { RoutingDomainStep } from '@tandem/contract';
import {
  afterDomainEvent,
  type RoutingDomain,
  type RoutingDomainEvent,
} from '@tandem/engine/routing-domain/routing-domain.ts';
import type { DomainGround } from './ground.ts';
import { type RoutingMeans, recordsOf } from './words.ts';

const ttlSeconds = 300;

/** Steps that write somewhere else than here: whoever takes one has seen what it writes. */
export const needsPreview: ReadonlySet<RoutingDomainStep> = new Set([
  'add',
  'publish',
  'activate',
  'clean-up',
]);

/** What a step would write, and how it is taken back. */
export function writesOf(
  domain: RoutingDomain,
  means: RoutingMeans,
  step: RoutingDomainStep,
): readonly [writes: string[], undo: string] {
  const { host } = domain;
  const records = recordsOf(domain, means).map(({ type, name, value }) => `${type} ${name} = ${value}`);
  switch (step) {
    case 'add':
      return [
        [`Microsoft 365: the domain ${host}, without services`],
        'Remove the domain in the admin centre.',
      ];
    case 'publish':
      return [records, 'Remove the records from the zone.'];
    case 'verify':
      return [[`Microsoft 365: looks for the TXT record of ${host}`], 'Nothing to take back.'];
    case 'activate':
      return [
        [
          `Microsoft 365: the user activate@${host}, disabled, with a random password that nobody knows`,
          'Microsoft 365: one free licence with Teams for this user, until the domain is active',
        ],
        'Press Clean up: the licence goes back. The user may be deleted in Entra.',
      ];
    case 'clean-up':
      return [[`Microsoft 365: the licence of activate@${host} goes back`], 'Press Activate again.'];
    case 'by-hand':
      return [[], 'Press Watch again.'];
    case 'watch':
      return [[], 'Press By hand again.'];
  }
}

/** A name for what somebody was shown: another one when the step would write something else by now. */
export const previewOf = (domain: RoutingDomain, means: RoutingMeans, step: RoutingDomainStep): string =>
  createHash('sha256')
    .update(JSON.stringify([domain.id, step, domain.state, writesOf(domain, means, step)]))
    .digest('base64url')
    .slice(0, 32);

const written = (outcome: Exclude<DomainWrite, { kind: 'done' }>): RoutingDomainRefusal =>
  outcome.kind === 'refused'
    ? { kind: 'microsoft-refused', say: outcome.say }
    : { kind: 'microsoft-unavailable', say: outcome.say };

/** Takes one step; what comes back is why it was not taken. */
export async function carryOut(
  { parts, kept, meansOf, graphOf, look }: DomainGround,
  domain: RoutingDomain,
  step: RoutingDomainStep,
): Promise<RoutingDomainRefusal | undefined> {
  const graph = graphOf(domain);
  const now = parts.clock.wall();
  const byEvent = async (event: RoutingDomainEvent): Promise<undefined> => {
    const moved = afterDomainEvent(domain, event, now);
    if (moved) await kept.put(moved);
    return undefined;
  };
  if (step === 'by-hand') return await byEvent('takenByHand');
  if (step === 'watch') {
    await byEvent('takenBack');
    await look(domain.id);
    return undefined;
  }
  if (step === 'publish') {
    const records: DnsRecord[] = recordsOf(domain, meansOf(domain)).map(({ type, name, value }) => ({
      type,
      name,
      value,
      ttlSeconds,
    }));
    const outcome = await parts.dns?.publish(records);
    const { problem: _, ...clean } = kept.of(domain.id) ?? domain;
    if (outcome?.kind === 'published') await kept.put({ ...clean, publishedWallMs: now });
    else if (outcome) {
      await kept.put({ ...clean, problem: outcome.say });
      return { kind: 'wrong-state', say: outcome.say };
    }
    await look(domain.id);
    return undefined;
  }
  if (!graph) return { kind: 'wrong-state', say: 'The connection with this tenant is not there any more.' };
  if (step === 'add' || step === 'verify') {
    const outcome = await (step === 'add' ? addDomain : verifyDomain)(graph, domain.host);
    if (outcome.kind !== 'done') return written(outcome);
    await look(domain.id);
    return undefined;
  }
  if (step === 'activate') {
    const country = parts.accountOf(domain.accountId)?.country ?? 'US';
    const outcome = await makeActivationAccount(graph, domain.host, country);
    if (outcome.kind !== 'made') return written(outcome);
    await kept.put({ ...(kept.of(domain.id) ?? domain), activation: outcome.account });
    return undefined;
  }
  const { activation } = domain;
  if (!activation) return undefined;
  const outcome = await releaseActivationLicence(graph, activation);
  if (outcome.kind !== 'done') return written(outcome);
  await kept.put({ ...(kept.of(domain.id) ?? domain), activation: { ...activation, licensed: false } });
  return undefined;
}

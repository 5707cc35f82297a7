import type { RoutingDomainStep, RoutingDomainView } from '@tandem/contract';
import {
  type RoutingDomain,
  usualActivationSeconds,
  worstActivationSeconds,
} from '@tandem/engine/routing-domain/routing-domain.ts';

/** What this installation and this connection can do by themselves. */
export interface RoutingMeans {
  /** The connection may write domains and an activation account in the tenant (the feature `setup`). */
  readonly setup: boolean;
  /** The name of the DNS driver, when there is one. */
  readonly dns?: string;
  /** Where Microsoft reaches our edge, for the A record. */
  readonly edgeAddress?: string;
}

type Said = Pick<RoutingDomainView, 'sentence' | 'turn'> & {
  readonly code?: string;
  readonly next?: string;
  readonly usualSeconds?: number;
  readonly worstSeconds?: number;
};

const objectNames = {
  usage: 'usage',
  route: 'voice route',
  policy: 'voice routing policy',
  'dial-plan': 'dial plan',
  'calling-policy': 'calling policy',
};

/** The records that DNS must show. A wildcard does not help: the name has a record of its own (RFC 4592 2.2.1). */
export function recordsOf(domain: RoutingDomain, means: RoutingMeans): RoutingDomainView['records'] {
  const records: RoutingDomainView['records'] = [];
  if (domain.txt !== undefined)
    records.push({
      type: 'TXT',
      name: domain.host,
      value: domain.txt,
      purpose: 'proves to Microsoft that the name may stand in this tenant',
    });
  if (means.edgeAddress !== undefined)
    records.push({
      type: means.edgeAddress.includes(':') ? 'AAAA' : 'A',
      name: domain.host,
      value: means.edgeAddress,
      purpose: 'where Microsoft sends the calls of this customer',
    });
  return records;
}

/** The steps that may be taken now. */
export function stepsOf(domain: RoutingDomain, means: RoutingMeans): readonly RoutingDomainStep[] {
  const { state, activation, txt } = domain;
  const steps: RoutingDomainStep[] = [];
  if (state === 'BY_HAND') return ['watch'];
  if (state === 'WANTED' && means.setup) steps.push('add');
  if (state === 'UNVERIFIED' && txt !== undefined && means.dns !== undefined) steps.push('publish');
  if (state === 'UNVERIFIED' && means.setup) steps.push('verify');
  if (state === 'VERIFIED' && means.setup && !activation?.licensed) steps.push('activate');
  if ((state === 'ACTIVE' || state === 'STUCK') && means.setup && activation?.licensed)
    steps.push('clean-up');
  steps.push('by-hand');
  return steps;
}

/** Where it stands, whose turn it is, and what to do next. */
export function saidOf(domain: RoutingDomain, means: RoutingMeans): Said {
  const { host, state } = domain;
  switch (state) {
    case 'BY_HAND':
      return {
        sentence: `${host} is kept by hand; nobody looks whether it is in order.`,
        turn: 'nobody',
      };
    case 'WANTED':
      return {
        code: 'PRV-010',
        sentence: `${host} is not a domain of the Microsoft 365 tenant yet.`,
        ...(means.setup
          ? { turn: 'account-admin', next: 'Press Add: Tandem adds it to the tenant.' }
          : {
              turn: 'entra-admin',
              next: `Add ${host} as a domain in the Microsoft 365 admin centre, without services. This page goes on by itself.`,
            }),
      };
    case 'UNVERIFIED':
      if (domain.publishedWallMs === undefined && means.dns !== undefined && domain.txt !== undefined)
        return {
          code: 'PRV-010',
          sentence: `Microsoft waits for the TXT record of ${host}.`,
          turn: 'account-admin',
          next: `Press Publish: the records are written through ${means.dns}.`,
        };
      return {
        code: 'PRV-010',
        sentence: `Microsoft waits for the TXT record of ${host}; we check every minute.`,
        ...(means.dns === undefined
          ? { turn: 'operator', next: `Put the records below into the zone of ${host}.` }
          : {
              turn: means.setup ? 'nobody' : 'entra-admin',
              next: means.setup
                ? 'Wait: DNS needs some minutes.'
                : `Press Verify for ${host} in the Microsoft 365 admin centre.`,
            }),
      };
    case 'VERIFIED':
      return domain.activation?.licensed
        ? {
            code: 'PRV-011',
            sentence: `Microsoft has not activated ${host} yet. Do not repeat the step.`,
            turn: 'microsoft',
            next: 'Run the script below now, and again later: it succeeds once the domain is active, and this page goes on.',
            usualSeconds: usualActivationSeconds,
            worstSeconds: worstActivationSeconds,
          }
        : {
            code: 'PRV-011',
            sentence: `${host} is verified. Microsoft activates it once a licensed account has a name in it.`,
            ...(means.setup
              ? {
                  turn: 'account-admin',
                  next: 'Press Activate: Tandem makes the account and licenses it for some hours.',
                }
              : {
                  turn: 'entra-admin',
                  next: `Make a user whose name ends with @${host}, disabled, and give it any licence with Teams.`,
                }),
            usualSeconds: usualActivationSeconds,
            worstSeconds: worstActivationSeconds,
          };
    case 'STUCK':
      return {
        code: 'PRV-012',
        sentence: `${host} has been verified for more than a day and is not active.`,
        turn: 'account-admin',
        next: 'Start over with a new name; people, numbers and links stay.',
        worstSeconds: worstActivationSeconds,
      };
    case 'ACTIVE':
      return routingSaid(domain);
  }
}

function routingSaid(domain: RoutingDomain): Said {
  const { host, readBack } = domain;
  const wrong = readBack?.objects.filter(({ state }) => state !== 'present') ?? [];
  if (!readBack || wrong.length > 0) {
    const names = wrong.map(
      ({ kind, name, state, words }) =>
        `${objectNames[kind]} ${name} ${state === 'missing' ? 'was not found' : (words ?? 'was not read')}`,
    );
    return {
      code: 'PRV-013',
      sentence: readBack
        ? `${host} is active. ${names.join('; ')}.`
        : `${host} is active; its voice routing has not been read back.`,
      turn: 'entra-admin',
      next: 'Run the script below as a Teams administrator. This page goes on by itself.',
    };
  }
  return { sentence: `${host} is active and its voice routing stands.`, turn: 'nobody' };
}

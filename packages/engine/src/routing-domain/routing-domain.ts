import type { AccountId, ConnectionId } from '@tandem/domain';
import type { CallingChoice } from './calling-policy.ts';

/**
 * A routing domain: the name by which Microsoft knows one customer at one SBC site (teams-direct-routing 3.1). It is a
 * domain of the customer's tenant and at once the name of the derived trunk in the customer's voice routes.
 */
export const routingDomainStates = [
  /** Wanted here; the customer's tenant does not have it. */
  'WANTED',
  /** In the tenant, the TXT record is missing or Microsoft has not looked yet. */
  'UNVERIFIED',
  /** Verified; works only after a licensed account has a name in it, and some hours (teams-direct-routing 3.3). */
  'VERIFIED',
  'ACTIVE',
  /** Verified for longer than a day without becoming active: only a new name helps. */
  'STUCK',
  /** The account declares that its admins keep it, and nobody looks. */
  'BY_HAND',
] as const;
export type RoutingDomainState = (typeof routingDomainStates)[number];

export const routingDomainEvents = [
  'added',
  'gone',
  'verified',
  'unverified',
  /** A route with this name was accepted, or a call came under it: both need an active domain. */
  'seenWorking',
  'dayPassed',
  'takenByHand',
  'takenBack',
] as const;
export type RoutingDomainEvent = (typeof routingDomainEvents)[number];

type Row = Partial<Record<RoutingDomainEvent, RoutingDomainState>>;

/** What a row does not name is ignored in that state. */
export const routingDomainMachine = {
  WANTED: { added: 'UNVERIFIED', verified: 'VERIFIED', seenWorking: 'ACTIVE', takenByHand: 'BY_HAND' },
  UNVERIFIED: { gone: 'WANTED', verified: 'VERIFIED', seenWorking: 'ACTIVE', takenByHand: 'BY_HAND' },
  VERIFIED: {
    gone: 'WANTED',
    unverified: 'UNVERIFIED',
    seenWorking: 'ACTIVE',
    dayPassed: 'STUCK',
    takenByHand: 'BY_HAND',
  },
  ACTIVE: { gone: 'WANTED', unverified: 'UNVERIFIED', takenByHand: 'BY_HAND' },
  STUCK: { gone: 'WANTED', unverified: 'UNVERIFIED', seenWorking: 'ACTIVE', takenByHand: 'BY_HAND' },
  BY_HAND: { takenBack: 'WANTED' },
} as const satisfies Record<RoutingDomainState, Row>;

/** microsoft-graph 10.3 and teams-direct-routing 3.3: up to 24 hours; usually one to some. Seconds. */
export const usualActivationSeconds = 3_600;
export const worstActivationSeconds = 86_400;

/** What the tenant's voice routing must hold, by name (microsoft-graph 5.6). */
export interface VoiceRouting {
  readonly usage: string;
  readonly route: string;
  readonly policy: string;
  /** Optional: assigned beside the policy. */
  readonly dialPlan?: string;
  /** Optional: voicemail and hold music of the people who have it. */
  readonly calling?: CallingChoice;
}

export const routingObjects = ['usage', 'route', 'policy', 'dial-plan', 'calling-policy'] as const;
export type RoutingObjectKind = (typeof routingObjects)[number];

/** One object of the tenant as it was read back. */
export interface RoutingObject {
  readonly kind: RoutingObjectKind;
  readonly name: string;
  readonly state: 'present' | 'missing' | 'different' | 'unread';
  /** What differs, in words. */
  readonly words?: string;
  /** Of a calling policy: its switches, as they were read. */
  readonly holds?: string;
}

export interface RoutingDomain {
  readonly id: string;
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  /** Lower case, at most 63 characters in all (teams-direct-routing 3.1). */
  readonly host: string;
  readonly state: RoutingDomainState;
  readonly sinceWallMs: number;
  /** The value that Microsoft wants in DNS, once it gave one. */
  readonly txt?: string;
  /** Records that a DNS driver has written. */
  readonly publishedWallMs?: number;
  /** What the driver, or Microsoft, said last when it did not work. */
  readonly problem?: string;
  readonly checkedWallMs?: number;
  /** The activation account that we made in the tenant: to be cleaned up when the domain is active. */
  readonly activation?: { readonly userId: string; readonly upn: string; readonly licensed: boolean };
  readonly routing: VoiceRouting;
  /** What the tenant said of itself last. */
  readonly readBack?: {
    readonly wallMs: number;
    readonly by: 'script' | 'paste' | 'graph';
    readonly objects: readonly RoutingObject[];
    /** Calling policies of the tenant with which nobody calls. */
    readonly withoutCalling?: readonly string[];
  };
}

/** The domain after an event, or undefined where its state ignores it. */
export function afterDomainEvent(
  domain: RoutingDomain,
  event: RoutingDomainEvent,
  nowWallMs: number,
): RoutingDomain | undefined {
  const row: Row = routingDomainMachine[domain.state];
  const next = row[event];
  return next === undefined ? undefined : { ...domain, state: next, sinceWallMs: nowWallMs };
}

/** What Graph says of the name in the customer's tenant. */
export type DomainSeen =
  | { readonly is: 'absent' }
  | { readonly is: 'unverified'; readonly txt?: string }
  | { readonly is: 'verified' };

/** What was seen moves the domain; time alone makes it stuck. */
export function withDomainSeen(domain: RoutingDomain, seen: DomainSeen, nowWallMs: number): RoutingDomain {
  if (domain.state === 'BY_HAND') return domain;
  const event: RoutingDomainEvent =
    seen.is === 'absent' ? 'gone' : seen.is === 'verified' ? 'verified' : 'unverified';
  const added = seen.is === 'unverified' ? afterDomainEvent(domain, 'added', nowWallMs) : undefined;
  let moved = added ?? afterDomainEvent(domain, event, nowWallMs) ?? domain;
  if (moved.state === 'VERIFIED' && nowWallMs - moved.sinceWallMs > worstActivationSeconds * 1000)
    moved = afterDomainEvent(moved, 'dayPassed', nowWallMs) ?? moved;
  const txt = seen.is === 'unverified' ? (seen.txt ?? moved.txt) : moved.txt;
  return { ...moved, ...(txt !== undefined && { txt }), checkedWallMs: nowWallMs };
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What is wrong with a name for a routing domain below this base domain, or undefined. */
export function hostFault(host: string, baseDomain: string): string | undefined {
  if (host.length > 63) return `${host} has ${host.length} characters; a trunk's name may have 63`;
  if (!host.endsWith(`.${baseDomain}`)) return `must end with .${baseDomain}`;
  const first = host.slice(0, -baseDomain.length - 1);
  return label.test(first) ? undefined : `${first} must be one label: letters, digits and hyphens`;
}

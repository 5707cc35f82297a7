import type {
  Account,
  AccountId,
  CallerName,
  Carrier,
  CarrierId,
  Device,
  E164,
  EmergencyNumber,
  Person,
  PersonId,
  Queue,
} from '@tandem/domain';
import type { CallFailure } from '../call/call-failure.ts';
import type { PhoneContact } from '../ports/registrations.ts';
import type { CallingParty } from './called-party.ts';

/** Who is shown to the called side. */
export interface Caller {
  /** E.164 where known, else digits as received; undefined when nobody said. */
  readonly number: string | undefined;
  readonly displayName: string | undefined;
  /** Whose word that name is; absent: what the caller's side sent. */
  readonly nameSource?: CallerName['source'];
  /** The caller hides the number: shown to nobody but the network. */
  readonly anonymous: boolean;
  /** A number of the customer's that answers for the call: P-Asserted-Identity towards carriers. */
  readonly asserted: E164 | undefined;
}

export interface ToTeams {
  readonly kind: 'to-teams';
  readonly account: Account;
  readonly person: Person;
  /** The number that Microsoft looks up. */
  readonly number: E164;
  /** SBC FQDN of the customer: Contact and From host towards Microsoft. */
  readonly sbcHost: string;
  readonly caller: Caller;
}

export interface ToCarrier {
  readonly kind: 'to-carrier';
  /** Undefined only for an emergency call through a host that belongs to nobody. */
  readonly account: Account | undefined;
  readonly person: Person | undefined;
  /** E.164, or the emergency digits untouched. */
  readonly called: string;
  readonly emergency: EmergencyNumber | undefined;
  /** In the order in which they are tried. */
  readonly carriers: readonly Carrier[];
  readonly caller: Caller;
  readonly diversion: { readonly number: string; readonly reason: string } | undefined;
}

export interface ToPhone {
  readonly kind: 'to-phone';
  readonly account: Account;
  /** Whose call it is; undefined when the phone itself was called. */
  readonly person: Person | undefined;
  readonly device: Device;
  readonly contact: PhoneContact;
  /** Number or extension that was called. */
  readonly dialled: string;
  readonly caller: Caller;
}

/** One way to the called side. */
export type Branch = ToTeams | ToPhone | ToCarrier;

/** All of a person's endpoints at once; the first answer wins. */
export interface Together {
  readonly kind: 'together';
  readonly branches: readonly (ToTeams | ToPhone)[];
  readonly caller: Caller;
}

/** A place in a queue: the caller is answered and waits; who is rung shows later. */
export interface ToQueue {
  readonly kind: 'to-queue';
  readonly account: Account;
  readonly queue: Queue;
  readonly dialled: string;
  readonly caller: Caller;
  readonly calling: CallingParty;
}

/** The mailbox of a person: the caller is answered and leaves a message. */
export interface ToMailbox {
  readonly kind: 'to-mailbox';
  readonly account: Account;
  readonly person: Person;
  readonly dialled: string;
  readonly caller: Caller;
}

export type Route = Branch | Together | ToQueue | ToMailbox;

export function branchesOf(route: Route): readonly Branch[] {
  if (route.kind === 'to-queue' || route.kind === 'to-mailbox') return [];
  return route.kind === 'together' ? route.branches : [route];
}

/** Facts for the record that hold whether the call is routed or refused. */
export interface DecisionFacts {
  readonly accountId: AccountId | undefined;
  readonly personId: PersonId | undefined;
  /** The person of ours who calls, at a phone or in Teams. */
  readonly callingPersonId: PersonId | undefined;
  readonly carrierId: CarrierId | undefined;
  readonly emergency: boolean;
  /** As presented, E.164 where known. */
  readonly from: string;
  readonly to: string;
  /** Absent: nobody knows it, or the caller hides. */
  readonly callerName?: CallerName;
  /** In words, in order: what was looked at and what followed. For the service desk. */
  readonly why: readonly string[];
}

export type Decision = DecisionFacts &
  (
    | { readonly outcome: 'route'; readonly route: Route }
    | {
        readonly outcome: 'refuse';
        readonly failure: CallFailure;
        /** Whose announcement the caller hears before the refusal: the number is not in service. */
        readonly announce?: Account;
      }
  );

import {
  type Account,
  type Device,
  type DeviceId,
  type E164,
  type EligibilityFinding,
  type Owner,
  type Person,
  type PersonId,
  type Queue,
  type QueueId,
  type RoutingSnapshot,
  teamsEligibility,
} from '@tandem/domain';
import type { CallFailure } from '../call/call-failure.ts';
import type { CallerNames } from '../ports/caller-names.ts';
import type { GateVerdict, PresenceGate } from '../ports/presence-gate.ts';
import { noRegistrations, type Registrations } from '../ports/registrations.ts';
import { ownFactsOnly, type TeamsAccess } from '../ports/teams-access.ts';
import type { CallRefusal } from '../provisioning/call-outcome.ts';
import { leaverOwner } from '../provisioning/leaver-rule.ts';
import type { Caller, Route, ToPhone, ToTeams } from './decision.ts';
import { devicesOf } from './devices.ts';
import { mailboxRoute } from './mailbox.ts';

/** What a decision asks besides the snapshot: where phones are, and what provisioning says. Both from memory. */
export interface Reach {
  readonly access: TeamsAccess;
  readonly registrations: Registrations;
  /** Whether presence lets a call ring. Absent: it always does. */
  readonly gate?: PresenceGate;
  /** Somebody who called for help a while ago: whoever calls back gets through (4.2 item 1). Absent: nobody did. */
  readonly awaitsCallback?: (personId: PersonId) => boolean;
  /** Whether a caller may wait in a queue now; a sentence when not. Absent: no queue is served. */
  readonly queueShut?: (queue: Queue) => string | undefined;
  /** Who calls, where no name of ours is known. Absent: nobody knows. */
  readonly callerNames?: CallerNames;
}

/** Teams by our own facts, and no phones. */
export const ownReach: Reach = { access: ownFactsOnly, registrations: noRegistrations };

/** Who calls, as far as it decides what must not ring. */
export interface CallingParty {
  readonly kind: 'carrier' | 'teams' | 'phone';
  readonly personId: PersonId | undefined;
  readonly deviceId: DeviceId | undefined;
}

export type Called =
  | { readonly route: Route; readonly failure?: undefined }
  | {
      readonly failure: CallFailure;
      /** Who was called left, and nobody is rung for them: the caller hears that the number is not in service. */
      readonly announce?: true;
      readonly route?: undefined;
    };

export interface CalledAs {
  readonly account: Account;
  /** Number or extension, for the To of a phone. */
  readonly dialled: string;
  /** The number that Microsoft is asked for; undefined: the person's main one. */
  readonly number: E164 | undefined;
  readonly caller: Caller;
  readonly calling: CallingParty;
  /** `queue`: offered to a member by a queue. Default: a direct call. */
  readonly kind?: 'direct' | 'queue';
  /** Presence sent the call on already: it does so once a call. */
  readonly forwarded?: true;
}

/**
 * The endpoints of an owned number or extension: of a person Teams and all registered phones at once
 * (product-behaviour 4.2 item 6), of a phone that phone. What already talks is not rung (4.5).
 */
export function calledEndpoints(
  snapshot: RoutingSnapshot,
  owner: Owner,
  as: CalledAs,
  reach: Reach,
  why: string[],
): Called {
  if (owner.kind === 'person') return ringPerson(snapshot, owner.personId, as, reach, why);
  if (owner.kind === 'queue') return waitIn(snapshot, owner.queueId, as, reach, why);
  const device = snapshot.devices.get(owner.deviceId);
  if (!device) {
    why.push('The phone with this number is gone.');
    return { failure: { kind: 'unknown-number', dialled: as.dialled } };
  }
  if (device.id === as.calling.deviceId) {
    why.push(`The phone ${device.name} calls itself.`);
    if (device.personId !== undefined) return ringPerson(snapshot, device.personId, as, reach, why);
    return { failure: { kind: 'calls-itself' } };
  }
  // The phone's own number rings that phone alone; who answers there is still the person whose desk it is.
  const whose = device.personId === undefined ? undefined : snapshot.people.get(device.personId);
  const shut = whose?.accountId === device.accountId ? shutTo(whose, as, reach, why) : undefined;
  if (whose && shut) return turnAway(snapshot, whose, shut, as, reach, why);
  const phone = phoneBranch(device, whose?.accountId === device.accountId ? whose : undefined, as, reach);
  if (!phone) {
    why.push(`The phone ${device.name} is not registered.`);
    const mailbox = voicemailOf(snapshot, whose, as, why);
    if (mailbox) return mailbox;
    return { failure: { kind: 'phone-not-registered', phone: device.name } };
  }
  why.push(`It rings the phone ${device.name}.`);
  return { route: phone };
}

/** A place in the queue, or what it gives whom it cannot take (4.6). */
function waitIn(
  snapshot: RoutingSnapshot,
  queueId: QueueId,
  as: CalledAs,
  reach: Reach,
  why: string[],
): Called {
  const queue = snapshot.queues.get(queueId);
  if (!queue || !reach.queueShut) {
    why.push('The queue with this number is gone.');
    return { failure: { kind: 'unknown-number', dialled: as.dialled } };
  }
  const { account, dialled, caller, calling } = as;
  const shut = reach.queueShut(queue);
  if (shut === undefined) {
    why.push(`The call waits in the queue ${queue.name}.`);
    return { route: { kind: 'to-queue', account, queue, dialled, caller, calling } };
  }
  why.push(shut);
  return overflowOf(snapshot, queue, as, reach, why, { kind: 'queue-closed', sentence: shut });
}

/** Where a queue sends whom it does not take, once a call; the failure stands for "refuse". */
export function overflowOf(
  snapshot: RoutingSnapshot,
  queue: Queue,
  as: CalledAs,
  reach: Reach,
  why: string[],
  failure: CallFailure,
): Called {
  const { overflow } = queue;
  if (overflow.kind === 'refuse') return { failure };
  const owner = ownerIn(snapshot, as.account, overflow.to);
  if (as.forwarded || !owner || (owner.kind === 'queue' && owner.queueId === queue.id)) {
    why.push(
      owner
        ? 'The call was sent on once already, so it goes no further.'
        : `The queue would send it on to ${overflow.to}, which nobody at ${as.account.name} has.`,
    );
    return { failure };
  }
  why.push(`The queue sends it on to ${overflow.to}.`);
  const next = { ...as, dialled: overflow.to, number: undefined, forwarded: true as const };
  return calledEndpoints(snapshot, owner, next, reach, why);
}

function ringPerson(
  snapshot: RoutingSnapshot,
  personId: PersonId,
  as: CalledAs,
  reach: Reach,
  why: string[],
): Called {
  const { account } = as;
  const person = snapshot.people.get(personId);
  const teams = teamsBranch(account, person, as, reach, why);
  // A person who is not there, or not active, has no endpoints at all (1.8).
  if (!person?.active || (teams.failure && !teams.otherEndpoints))
    return { failure: teams.failure ?? { kind: 'unknown-number', dialled: as.dialled } };
  const instead = teams.leaver === 'first' ? byLeaverRule(snapshot, person, as, reach, why) : undefined;
  if (instead) return instead;
  const shut = shutTo(person, as, reach, why);
  if (shut) return turnAway(snapshot, person, shut, as, reach, why);

  const branches: (ToTeams | ToPhone)[] = [];
  const silent: string[] = [];
  for (const device of devicesOf(snapshot, personId)) {
    if (device.id === as.calling.deviceId) continue;
    const phone = phoneBranch(device, person, as, reach);
    if (phone) branches.push(phone);
    else silent.push(device.name);
    if (phone) why.push(`${person.displayName}'s phone ${device.name} rings.`);
  }
  if (silent.length > 0) why.push(`Not registered: ${silent.join(', ')}.`);
  const { calling } = as;
  const talksInTeams = calling.kind === 'teams' && calling.personId === personId;
  // Who calls the own number from Teams is rung elsewhere only (4.5); with no phone, Teams knows best what to do.
  if (talksInTeams && branches.length > 0)
    why.push(`${person.displayName} calls from Teams: it is not rung.`);
  else if (teams.branch) {
    branches.unshift(teams.branch);
    why.push(offeredInWords(person, teams.branch, reach));
  }
  const [first, ...others] = branches;
  if (first)
    return { route: others.length === 0 ? first : { kind: 'together', branches, caller: as.caller } };
  const failure = teams.failure ?? { kind: 'calls-itself' as const };
  const leaves = teams.leaver === 'last' ? byLeaverRule(snapshot, person, as, reach, why) : undefined;
  if (leaves) return leaves;
  const mailbox = failure.kind === 'calls-itself' ? undefined : voicemailOf(snapshot, person, as, why);
  if (mailbox) return mailbox;
  const announce = teams.leaver && as.kind !== 'queue' ? { announce: true as const } : {};
  if (failure.kind !== 'callee-not-eligible' || silent.length === 0) return { failure, ...announce };
  return {
    failure: { ...failure, sentence: `${failure.sentence} No phone of ${person.displayName} is registered.` },
    ...announce,
  };
}

/**
 * The person's Microsoft account is disabled or deleted: whom the leaver rule names is rung instead of everything of theirs
 * (product-behaviour 1.4); who left the enable group only, and has no phone that rings: likewise. Undefined: nobody is named
 * or can be rung.
 */
function byLeaverRule(
  snapshot: RoutingSnapshot,
  person: Person,
  as: CalledAs,
  reach: Reach,
  why: string[],
): Called | undefined {
  // A queue has its own order, and who calls the own number or is called back for help means this person.
  if (as.kind === 'queue' || as.calling.personId === person.id || reach.awaitsCallback?.(person.id))
    return undefined;
  const forward = reach.access.leaverForward?.(person);
  if (!forward) return undefined;
  if (forward.kind === 'voicemail') return leaveMessage(person, as, why);
  const owner = leaverOwner(snapshot, person.accountId, forward);
  const same = owner?.kind === 'person' && owner.personId === person.id;
  if (as.forwarded || !owner || same) {
    why.push(
      owner && !same
        ? 'The call was sent on once already, so it goes no further.'
        : `Whom the leaver rule names for ${person.displayName} cannot be rung.`,
    );
    return undefined;
  }
  why.push(`Calls to ${person.displayName} go to ${nameOf(snapshot, owner)} by the leaver rule.`);
  const next = { ...as, number: undefined, forwarded: true as const };
  return calledEndpoints(snapshot, owner, next, reach, why);
}

/** By the leaver rule the mailbox answers, whoever takes the messages otherwise: Teams does not do it for them any more. */
export function leaveMessage(person: Person, as: CalledAs, why: string[]): Called {
  why.push(`By the leaver rule the mailbox of ${person.displayName} answers.`);
  const { account, dialled, caller } = as;
  return { route: { kind: 'to-mailbox', account, person, dialled, caller } };
}

function nameOf(snapshot: RoutingSnapshot, owner: Owner): string {
  if (owner.kind === 'person') return snapshot.people.get(owner.personId)?.displayName ?? 'nobody';
  if (owner.kind === 'queue') return `the queue ${snapshot.queues.get(owner.queueId)?.name ?? ''}`;
  return `the phone ${snapshot.devices.get(owner.deviceId)?.name ?? ''}`;
}

type Shut = Extract<GateVerdict, { readonly rings: false }>;

/** What presence says against it (2.6, 2.7). Who calls the own number, or is called back after an emergency, is let through. */
function shutTo(person: Person, as: CalledAs, reach: Reach, why: string[]): Shut | undefined {
  const { calling, caller, kind = 'direct' } = as;
  if (!reach.gate || calling.personId === person.id) return undefined;
  if (reach.awaitsCallback?.(person.id)) {
    why.push(`${person.displayName} made an emergency call a while ago: every call gets through.`);
    return undefined;
  }
  const callerNumber = caller.anonymous ? undefined : caller.number;
  const verdict = reach.gate.verdictFor(person.id, {
    kind,
    callerNumber,
    callingPersonId: calling.personId,
  });
  if (verdict.because !== undefined) why.push(verdict.because);
  return verdict.rings ? undefined : verdict;
}

/** Refused with the word that was chosen for it (N52), or sent on, once, within the account. */
function turnAway(
  snapshot: RoutingSnapshot,
  person: Person,
  shut: Shut,
  as: CalledAs,
  reach: Reach,
  why: string[],
): Called {
  const { otherwise, label, because: sentence } = shut;
  const refused = (sip: 480 | 486 | 603): Called => ({
    failure: { kind: 'callee-unavailable', sip, label, sentence },
  });
  if (otherwise.kind === 'refuse') return refused(otherwise.sip);
  if (as.kind === 'queue') return refused(480);
  if (otherwise.kind === 'voicemail') return voicemailOf(snapshot, person, as, why) ?? refused(480);
  const { to } = otherwise;
  if (as.forwarded) {
    why.push('The call was sent on once already, so it goes no further.');
    return refused(480);
  }
  const owner = ownerIn(snapshot, as.account, to);
  if (!owner || (owner.kind === 'person' && owner.personId === person.id)) {
    why.push(
      owner
        ? `Calls to ${person.displayName} would be sent on to the same person.`
        : `Calls to ${person.displayName} would be sent on to ${to}, which nobody at ${as.account.name} has.`,
    );
    return refused(480);
  }
  why.push(`The call is sent on to ${to}.`);
  const next = { ...as, dialled: to, number: undefined, forwarded: true as const };
  return calledEndpoints(snapshot, owner, next, reach, why);
}

/** The person's mailbox, where the platform takes the messages (4.13). A queue goes on to its next member instead. */
export function voicemailOf(
  snapshot: RoutingSnapshot,
  person: Person | undefined,
  as: CalledAs,
  why: string[],
): Called | undefined {
  const route = as.kind === 'queue' ? undefined : mailboxRoute(snapshot, as.account, person, as);
  if (!route) return undefined;
  why.push(`The mailbox of ${route.person.displayName} answers.`);
  return { route };
}

/** Whose number or extension it is within the account; another customer's is nobody's here (T03). */
export function ownerIn(snapshot: RoutingSnapshot, account: Account, to: string): Owner | undefined {
  const owner = snapshot.numbers.get(to as E164) ?? snapshot.extensions.get(account.id)?.get(to);
  return owner?.accountId === account.id ? owner : undefined;
}

type TeamsBranch =
  | {
      readonly branch: ToTeams | undefined;
      readonly failure?: undefined;
      readonly otherEndpoints?: undefined;
      readonly leaver?: undefined;
    }
  | {
      readonly failure: CallFailure;
      readonly otherEndpoints: boolean;
      /** The leaver rule says who is rung: instead of everything of theirs, or where nothing of theirs can be rung. */
      readonly leaver?: 'first' | 'last' | undefined;
      readonly branch?: undefined;
    };

/** Our own facts first and at once, then what provisioning says (1.8). */
function teamsBranch(
  account: Account,
  person: Person | undefined,
  as: CalledAs,
  reach: Reach,
  why: string[],
): TeamsBranch {
  const outcome = person && reach.access.outcomeOf(account.id, person.id)?.toPerson;
  const finding = ownFinding(account, person, outcome?.offered);
  if (finding || !person) {
    const { code, sentence } = finding ?? {
      code: 'PRV-101' as const,
      sentence: 'The owner of the number is gone.',
    };
    why.push(`${code}: ${sentence}`);
    const disabled = code === 'PRV-101' || code === 'PRV-102';
    const kind = disabled ? 'callee-disabled' : 'callee-not-eligible';
    return { failure: { kind, code, sentence }, otherEndpoints: !disabled };
  }
  if (outcome && !outcome.offered) {
    const { refusal, otherEndpoints, route } = outcome;
    why.push(refusalInWords(refusal));
    const failure = { kind: 'callee-not-eligible' as const, ...refusal };
    const leaver = route === 'leaver' ? 'first' : route === 'leaver-last' ? 'last' : undefined;
    return { failure, otherEndpoints, leaver };
  }
  const sbcHost = account.sbcHosts[0];
  // Microsoft knows a person by one number: the main one, or that of before while it changes. By hand it may be any.
  const number = outcome ? (outcome.number ?? person.numbers[0]) : (as.number ?? person.numbers[0]);
  if (sbcHost === undefined || number === undefined) {
    why.push(`${account.name} has no host name at Microsoft.`);
    return { failure: { kind: 'no-route', dialled: as.dialled }, otherEndpoints: true };
  }
  return { branch: { kind: 'to-teams', account, person, number, sbcHost, caller: as.caller } };
}

/**
 * What our own facts say against it. A licence that was taken away counts after the grace time, and provisioning knows when
 * that is over (1.4): until then `works` stands.
 */
export function ownFinding(
  account: Account,
  person: Person | undefined,
  works: boolean | undefined,
): EligibilityFinding | undefined {
  const [finding] = teamsEligibility(account, person);
  return finding?.code === 'PRV-402' && works === true ? undefined : finding;
}

/** Nobody is called ready who is not: why Microsoft may not ring stands beside the reason for asking it all the same. */
function offeredInWords({ accountId, id, displayName }: Person, { sbcHost }: ToTeams, reach: Reach): string {
  const to = reach.access.outcomeOf(accountId, id)?.toPerson;
  if (!to?.offered || !to.but)
    return `${displayName} is ready for Teams: the call goes to Microsoft as ${sbcHost}.`;
  const { code, sentence } = to.but;
  return `${code === undefined ? '' : `${code}: `}${sentence} Microsoft has ${displayName}'s number all the same: the call goes there as ${sbcHost}, which may not ring.`;
}

export function refusalInWords(refusal: CallRefusal): string {
  return refusal.code === undefined ? refusal.sentence : `${refusal.code}: ${refusal.sentence}`;
}

function phoneBranch(
  device: Device,
  person: Person | undefined,
  as: CalledAs,
  reach: Reach,
): ToPhone | undefined {
  const contact = reach.registrations.contactOf(device.id);
  if (!contact || device.accountId !== as.account.id) return undefined;
  const { account, dialled, caller } = as;
  return { kind: 'to-phone', account, person, device, contact, dialled, caller };
}

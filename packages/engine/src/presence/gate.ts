import type { GateVerdict, KnockingCall } from '../ports/presence-gate.ts';
import type { EffectivePresence } from './effective-presence.ts';
import { letsThrough, type PresenceExceptions } from './exceptions.ts';
import { callsSentenceOf, labelWords, type Wording } from './presence-words.ts';
import type { PresenceVector } from './vector.ts';

/** Everything of one person that decides about a call. */
export interface GateFacts {
  readonly vector: PresenceVector;
  readonly effective: EffectivePresence;
  readonly exceptions: PresenceExceptions;
  /** As it stands in sentences of a call's record. */
  readonly name: string;
  readonly wording: Wording;
}

/**
 * Whether presence lets a call ring. First who gets through whatever the state says: the callback of an emergency call, and
 * for direct calls the person's important callers and those let through for a time. Then what was decided or is known
 * (product-behaviour 2.4, 2.6, 2.7, U16). Asked about calls to the person only: nothing here ever stops a call from the
 * person.
 */
export function gateVerdict(facts: GateFacts, call: KnockingCall): GateVerdict {
  const { vector, effective, exceptions, name, wording } = facts;
  const callback = vector.emergency?.callbackUntilWallMs;
  if (callback !== undefined && callback > wording.nowWallMs)
    return { rings: true, because: `${name} made an emergency call a while ago: every call gets through.` };
  const direct = call.kind === 'direct';
  const { acceptDirect, acceptQueue } = effective.flags;
  const open = direct ? acceptDirect === 'yes' : acceptQueue;
  if (open) return { rings: true, ...(!direct && ringsInCalls(effective) && { alsoInCalls: true }) };
  const known = direct ? letsThrough(exceptions, call, wording.nowWallMs) : undefined;
  if (known)
    return {
      rings: true,
      because:
        known === 'important'
          ? `${name} shows ${labelWords[effective.label]}; the caller is on the list of important callers.`
          : `${name} shows ${labelWords[effective.label]}; the caller is let through for a time.`,
    };
  return {
    rings: false,
    label: effective.label,
    because: `${name} shows ${labelWords[effective.label]}. ${callsSentenceOf(vector, effective, wording, 'their')}`,
    otherwise: exceptions.unavailable,
  };
}

/** "Accept all calls" for a state that is a call: then a call is no reason to pass the person over (2.6). */
const ringsInCalls = ({ rule }: EffectivePresence): boolean =>
  rule?.rule === 'accept-all' && rule.state.startsWith('in-a-');

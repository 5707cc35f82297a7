import type { CallRecord, PersonId } from '@tandem/domain';
import type { CallWithParties, LiveCall } from '@tandem/engine';
import type { Clock } from '@tandem/engine/ports/clock.ts';

/** What presence hears of a call; tests give as much of it as they need. */
export type HeardCall = CallWithParties & {
  readonly ends?: LiveCall['ends'];
  readonly record?: () => Pick<CallRecord, 'emergency'>;
};

export interface CallWatch {
  callChanged(call: HeardCall): void;
  callEnded(callId: string): void;
  /** Wall ms since which a call rings the person. */
  ringingSince(personId: PersonId): number | undefined;
  /** Wall ms since which the person is in an emergency call. */
  emergencySince(personId: PersonId): number | undefined;
}

interface Heard {
  readonly emergency: boolean;
  /** Whom it rings, or, for an emergency call, who makes it. */
  people: ReadonlyMap<PersonId, number>;
}

/**
 * Ringing is told this much later, ms, once for all that rings and stops in between: a look at everything that is known of
 * a person costs more than a ring, and most rings end in an answer that is told at once. Who asks hears it at once.
 */
const ringingToldAfterMs = 40;

/** Whom calls ring and who calls for help, from the engine's events: what answered legs do not say. */
export function watchCalls(deps: {
  readonly clock: Pick<Clock, 'wall' | 'after'>;
  /** It rings somebody, or does not any more: told for a while, not for each call. */
  readonly onRinging: (personId: PersonId) => void;
  /** An emergency call of this person began, or is over. */
  readonly onEmergency: (personId: PersonId) => void;
}): CallWatch {
  const calls = new Map<string, Heard>();
  const rung = new Set<PersonId>();
  const tellRinging = (personId: PersonId): void => {
    if (rung.size === 0)
      deps.clock.after(ringingToldAfterMs, () => {
        const people = [...rung];
        rung.clear();
        for (const one of people) deps.onRinging(one);
      });
    rung.add(personId);
  };
  const since = {
    ringing: new Map<PersonId, Map<string, number>>(),
    help: new Map<PersonId, Map<string, number>>(),
  };

  function put(callId: string, heard: Heard, now: ReadonlyMap<PersonId, number>): void {
    const side = heard.emergency ? since.help : since.ringing;
    const tell = heard.emergency ? deps.onEmergency : tellRinging;
    const before = heard.people;
    heard.people = now;
    const touched: PersonId[] = [];
    for (const personId of before.keys()) {
      if (now.has(personId)) continue;
      const of = side.get(personId);
      of?.delete(callId);
      if (of?.size === 0) side.delete(personId);
      touched.push(personId);
    }
    for (const [personId, at] of now) {
      if (before.has(personId)) continue;
      const of = side.get(personId) ?? new Map<string, number>();
      of.set(callId, at);
      side.set(personId, of);
      touched.push(personId);
    }
    for (const personId of touched) tell(personId);
  }

  const oldest = (of: ReadonlyMap<string, number> | undefined): number | undefined =>
    of && of.size > 0 ? Math.min(...of.values()) : undefined;

  return {
    callChanged(call) {
      const ends = call.ends?.() ?? [];
      let heard = calls.get(call.callId);
      if (!heard) {
        if (ends.length === 0) return;
        heard = { emergency: call.record?.().emergency ?? false, people: new Map() };
        calls.set(call.callId, heard);
      }
      const { emergency, people } = heard;
      const now = new Map<PersonId, number>();
      for (const { personId, direction, state } of ends) {
        const counts = emergency ? direction === 'initiator' : direction === 'recipient' && state === 'early';
        if (personId !== undefined && counts) now.set(personId, people.get(personId) ?? deps.clock.wall());
      }
      if (now.size > 0 || people.size > 0) put(call.callId, heard, now);
    },
    callEnded(callId) {
      const heard = calls.get(callId);
      if (!heard) return;
      calls.delete(callId);
      put(callId, heard, new Map());
    },
    ringingSince: (personId) => oldest(since.ringing.get(personId)),
    emergencySince: (personId) => oldest(since.help.get(personId)),
  };
}

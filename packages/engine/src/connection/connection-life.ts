import {
  type ConnectionAction,
  type ConnectionState,
  provenStates,
  stepConnectionState,
  workingStates,
} from './connection.machine.ts';
import type { Trouble } from './trouble.ts';

/** All that is remembered of a connection's course: plain data, stored as it is. Times are wall milliseconds. */
export interface ConnectionLife {
  readonly state: ConnectionState;
  readonly sinceWallMs: number;
  readonly reason?: Trouble;
  /** Permissions that the connection cannot do without and that were not in the last fresh token. */
  readonly missing?: readonly string[];
  /** Until when a proof is looked for. */
  readonly proofUntilWallMs?: number;
  /** 401 and 403 in a row. */
  readonly refusedInRow?: number;
  /** Microsoft last answered as it should. */
  readonly answeredWallMs?: number;
  /** Mails about the present trouble, the first included. */
  readonly told?: number;
  readonly toldWallMs?: number;
  /** Days before the end of the credential for which the last reminder went out. */
  readonly reminded?: number;
}

export type ConnectionInput =
  | { readonly is: 'signed-in' }
  | { readonly is: 'proof-wanted' }
  | { readonly is: 'consent-failed'; readonly trouble: Trouble }
  /** The roles of a fresh token were held against what is needed. */
  | { readonly is: 'roles'; readonly missing: readonly string[] }
  | { readonly is: 'refused'; readonly trouble: Trouble }
  /** A request was answered, or refused with 401 or 403. Other failures say nothing. */
  | { readonly is: 'answered' }
  | { readonly is: 'denied' }
  /** Time has passed. `credentialEndsWallMs`: of an own registration. */
  | { readonly is: 'tick'; readonly credentialEndsWallMs?: number | undefined }
  | { readonly is: 'disconnected' };

export type LifeAction =
  | ConnectionAction
  /** The same trouble, another day. */
  | 'tellAgain'
  /** `reminded` says for how many days before the end. */
  | 'remind';

export interface LifeStep {
  readonly life: ConnectionLife;
  readonly actions: readonly LifeAction[];
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** After consent, service principal and roles are copied: seconds to minutes (microsoft-graph 1.3). */
export const proofMs = 5 * minuteMs;
/** product-behaviour 2.10. */
export const silenceMs = 3 * minuteMs;
const deniedInRow = 2;
const endsByAnswer: ReadonlySet<Trouble | undefined> = new Set<Trouble>(['silent', 'access-denied']);
/** product-behaviour 2.10: repeat daily, at most 7. */
const repeatMs = dayMs;
const mostRepeats = 7;
/** Features N02: 30, 7, 1 and 0 days before. */
export const reminderDays = [30, 7, 1, 0] as const;

export const newConnectionLife = (nowWallMs: number): ConnectionLife => ({
  state: 'NOT_CONNECTED',
  sinceWallMs: nowWallMs,
});

/** One step of a connection's life. The caller stores the life before it does what the actions say. */
export function stepConnection(life: ConnectionLife, input: ConnectionInput, now: number): LifeStep {
  switch (input.is) {
    case 'signed-in':
      return move(life, 'signedIn', now);
    case 'proof-wanted': {
      if (provenStates.has(life.state)) return stay({ ...life, proofUntilWallMs: now + proofMs });
      return move(life, 'proofWanted', now, { proofUntilWallMs: now + proofMs });
    }
    case 'consent-failed':
      return move(life, 'consentFailed', now, { reason: input.trouble });
    case 'roles': {
      // A token is not an answer of Graph: who was refused there, or heard nothing, must be answered there.
      if (input.missing.length === 0 && life.state === 'INTERRUPTED' && endsByAnswer.has(life.reason))
        return stay(withoutMissing(life));
      const heard = workingStates.has(life.state) ? life : heardFrom(life, now);
      if (input.missing.length === 0) return move(heard, 'rolesComplete', now);
      const missing = [...input.missing];
      if (life.state === 'INTERRUPTED' && life.reason === 'silent')
        return stay({ ...heard, missing, reason: 'permission-missing' });
      return move({ ...heard, missing }, 'rolesMissing', now, { reason: 'permission-missing', missing });
    }
    case 'refused': {
      if (life.state === 'INTERRUPTED' && life.reason !== input.trouble && input.trouble !== 'silent')
        return stay({ ...life, reason: input.trouble });
      if (input.trouble === 'credential-expired' && workingStates.has(life.state))
        return move(life, 'credentialEnded', now, { reason: 'credential-expired' });
      return move(life, 'refused', now, { reason: input.trouble });
    }
    case 'answered': {
      const heard = heardFrom(life, now);
      // An answer ends silence and refusals by Graph: whoever lost permissions proves them by a fresh token.
      if (life.state === 'INTERRUPTED' && !endsByAnswer.has(life.reason)) return stay(heard);
      return move(heard, 'answered', now);
    }
    case 'denied': {
      const refusedInRow = (life.refusedInRow ?? 0) + 1;
      const counted = { ...life, refusedInRow };
      if (refusedInRow < deniedInRow) return stay(counted);
      return move(counted, 'lostAccess', now, { reason: 'access-denied' });
    }
    case 'tick':
      return tick(life, input.credentialEndsWallMs, now);
    case 'disconnected':
      return move(life, 'disconnected', now);
  }
}

function tick(life: ConnectionLife, endsWallMs: number | undefined, now: number): LifeStep {
  if (life.state === 'CONSENT_PENDING') {
    if ((life.proofUntilWallMs ?? 0) > now) return stay(life);
    return move(life, 'proofOver', now, { reason: life.reason ?? 'permission-missing' });
  }
  if (
    workingStates.has(life.state) &&
    now - Math.max(life.answeredWallMs ?? 0, life.sinceWallMs) >= silenceMs
  )
    return move(life, 'silent', now, { reason: 'silent' });
  const told = again(life, now);
  if (endsWallMs === undefined) {
    // The platform's own app: its certificate is the operator's matter, not the customer's.
    return told.life.state === 'EXPIRING' ? after(told, (step) => move(step, 'credentialFresh', now)) : told;
  }
  const left = endsWallMs - now;
  if (left <= 0) {
    const ended = after(told, (step) => move(step, 'credentialEnded', now, { reason: 'credential-expired' }));
    return after(ended, (step) => remind(step, 0));
  }
  const days = left / dayMs;
  if (days > reminderDays[0]) {
    const fresh = after(told, (step) => move(step, 'credentialFresh', now));
    const { reminded: _, ...forgotten } = fresh.life;
    return { ...fresh, life: forgotten };
  }
  const soon = after(told, (step) => move(step, 'credentialEndsSoon', now));
  return after(soon, (step) => remind(step, reminderDays.findLast((day) => days <= day) ?? 30));
}

/** Of several reminders that are due at once only the last one goes out. */
function remind(life: ConnectionLife, day: number): LifeStep {
  if (!provenStates.has(life.state)) return stay(life);
  if (life.reminded !== undefined && life.reminded <= day) return stay(life);
  return { life: { ...life, reminded: day }, actions: ['remind'] };
}

function again(life: ConnectionLife, now: number): LifeStep {
  if (life.state !== 'INTERRUPTED' && life.state !== 'EXPIRED') return stay(life);
  const { told = 0, toldWallMs } = life;
  if (told === 0 || told > mostRepeats || toldWallMs === undefined || now - toldWallMs < repeatMs)
    return stay(life);
  return { life: { ...life, told: told + 1, toldWallMs: now }, actions: ['tellAgain'] };
}

const stay = (life: ConnectionLife): LifeStep => ({ life, actions: [] });

function after(step: LifeStep, next: (life: ConnectionLife) => LifeStep): LifeStep {
  const more = next(step.life);
  return { life: more.life, actions: [...step.actions, ...more.actions] };
}

function withoutMissing(life: ConnectionLife): ConnectionLife {
  const { missing: _, ...rest } = life;
  return rest;
}

function heardFrom(life: ConnectionLife, now: number): ConnectionLife {
  const { refusedInRow: _, ...heard } = life;
  return { ...heard, answeredWallMs: now };
}

function move(
  life: ConnectionLife,
  event: Parameters<typeof stepConnectionState>[1],
  now: number,
  more: Partial<ConnectionLife> = {},
): LifeStep {
  const step = stepConnectionState(life.state, event);
  if (!step) return stay(life);
  const [state, ...actions] = step;
  if (state === life.state) {
    return { life: { ...life, ...more }, actions };
  }
  const tells = actions.includes('tellInterrupted') || actions.includes('tellExpired');
  const { answeredWallMs, reminded } = life;
  return {
    life: {
      state,
      sinceWallMs: now,
      ...(answeredWallMs !== undefined && { answeredWallMs }),
      ...(reminded !== undefined && provenStates.has(state) && { reminded }),
      ...more,
      ...(tells && { told: 1, toldWallMs: now }),
    },
    actions,
  };
}

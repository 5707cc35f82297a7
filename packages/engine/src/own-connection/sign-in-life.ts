import { type SignInAction, type SignInEvent, type SignInState, stepSignInState } from './sign-in.machine.ts';
import type { SignInTrouble } from './sign-in-trouble.ts';

/** What is remembered of a sign-in's course: plain data, stored as it is. Times are wall milliseconds. */
export interface SignInLife {
  readonly state: SignInState;
  readonly sinceWallMs: number;
  readonly reason?: SignInTrouble;
  /** 401 and 403 of Graph in a row. */
  readonly refusedInRow?: number;
  /** The sign-in service last gave a token. */
  readonly refreshedWallMs?: number;
}

export type SignInInput =
  | { readonly is: 'signed-in' }
  | { readonly is: 'refreshed' }
  | { readonly is: 'refused'; readonly trouble: SignInTrouble }
  /** Graph answered as it should, or refused with 401 or 403. Other answers say nothing. */
  | { readonly is: 'answered' }
  | { readonly is: 'denied' }
  | { readonly is: 'removed' };

export interface SignInStep {
  readonly life: SignInLife;
  readonly actions: readonly SignInAction[];
}

/** product-behaviour 2.10: two consecutive calls. */
const deniedInRow = 2;

/** One step. The caller stores the life before it does what the actions say. */
export function stepSignIn(life: SignInLife, input: SignInInput, now: number): SignInStep {
  switch (input.is) {
    case 'signed-in':
      return move({ ...life, refreshedWallMs: now }, 'signedIn', now);
    case 'refreshed':
      return move({ ...life, refreshedWallMs: now }, 'refreshed', now);
    case 'refused': {
      // Another reason than before is worth showing, but it was told already that it does not work.
      if (life.state === 'INTERRUPTED' && life.reason !== input.trouble)
        return { life: { ...life, reason: input.trouble }, actions: [] };
      return move(life, 'refused', now, input.trouble);
    }
    case 'answered': {
      if (life.refusedInRow === undefined) return { life, actions: [] };
      const { refusedInRow: _, ...heard } = life;
      return { life: heard, actions: [] };
    }
    case 'denied': {
      const counted = { ...life, refusedInRow: (life.refusedInRow ?? 0) + 1 };
      if (counted.refusedInRow < deniedInRow) return { life: counted, actions: [] };
      return move(counted, 'lostAccess', now, 'access-denied');
    }
    case 'removed':
      return move(life, 'removed', now);
  }
}

function move(life: SignInLife, event: SignInEvent, now: number, reason?: SignInTrouble): SignInStep {
  const step = stepSignInState(life.state, event);
  if (!step) return { life, actions: [] };
  const [state, ...actions] = step;
  const { refreshedWallMs, sinceWallMs } = life;
  return {
    life: {
      state,
      sinceWallMs: state === life.state ? sinceWallMs : now,
      ...(refreshedWallMs !== undefined && { refreshedWallMs }),
      ...(reason !== undefined && { reason }),
    },
    actions,
  };
}

import type { Clock } from '../ports/clock.ts';
import type { DeskCourse } from './desk-course.ts';
import type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';
import type { Desk } from './writer-desk.ts';

/** What "fix my presence" did at Microsoft. `left`: Teams shows a choice of the person's own, which stays. */
export interface FixedPresence {
  readonly session: 'cleared' | 'none' | 'failed' | 'unreachable';
  readonly preferred: 'cleared' | 'left' | 'hidden' | 'none' | 'failed' | 'unreachable';
}

/** A fix that is under way. */
export type PresenceFix = { -readonly [K in keyof FixedPresence]: FixedPresence[K] } & {
  /** The machine was told of it. */
  fed: boolean;
  readonly done: () => void;
};

export const fixPatienceMs = 15_000;

/** Takes back what is ours at Microsoft, known or not. Resolves within `fixPatienceMs`. */
export function fixPresence(desk: Desk, course: DeskCourse, clock: Clock): Promise<FixedPresence> {
  delete desk.manual;
  // A meeting is not told again either, unless it ends at another time.
  delete desk.eventEndsWallMs;
  desk.fix?.done();
  return new Promise((resolve) => {
    const cancel = clock.after(fixPatienceMs, () => fix.done());
    const fix: PresenceFix = {
      session: 'failed',
      preferred: 'none',
      fed: false,
      done() {
        cancel();
        if (desk.fix === fix) delete desk.fix;
        resolve({ session: fix.session, preferred: fix.preferred });
      },
    };
    desk.fix = fix;
    course.attach(desk);
    if (!desk.at) {
      fix.session = 'unreachable';
      fix.preferred = 'unreachable';
      return fix.done();
    }
    if (desk.state.preferred) fix.preferred = 'failed';
    fix.fed = true;
    course.feed(desk, { kind: 'fix' });
  });
}

export function noteFix(fix: PresenceFix, kind: PresenceWrite['kind'], is: PresenceWriteOutcome['is']): void {
  if (kind === 'clearPresence')
    fix.session = is === 'done' ? 'cleared' : is === 'notFound' ? 'none' : 'failed';
  if (kind === 'clearPreferred')
    fix.preferred =
      is === 'done' || is === 'notFound' ? 'cleared' : is === 'left' || is === 'hidden' ? is : 'failed';
}

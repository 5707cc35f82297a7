import type { Ready } from '../kit/spawn-instance.ts';

export interface RehearsalContext {
  /** A fresh instance of its own, ended afterwards. */
  readonly ready: Ready;
  /** Process id of its supervisor. */
  readonly supervisorPid: number;
  readonly portBase: number;
  /** Tells the audience what happens now. */
  readonly say: (line: string) => void;
  /** Tells the audience what was to be seen, and what was. The story goes on either way. */
  readonly see: (expected: string, ok: boolean, seen: string) => void;
}

/** One thing that was to be seen, and whether it was. */
export interface Sight {
  readonly expected: string;
  readonly seen: string;
  readonly ok: boolean;
}

/** `test/rehearsals/NAME.ts` exports this as `story`. */
export interface Story {
  /** One sentence with actors. */
  readonly title: string;
  /** Throws when something that the story needs never happens; what is judged goes to `see`. */
  readonly play: (context: RehearsalContext) => Promise<void>;
}

import type { FromChild } from './child-config.ts';

/** What a child says when it is ready. */
export type ReadyMessage = Extract<FromChild, { type: 'ready' }>;

/** One life of a child: from spawn to exit. A restart makes a new one. */
export interface RunningChild {
  /** Every listener is open. Never settles if the child ends first. */
  readonly ready: Promise<ReadyMessage>;
  /** Why it ended, in words. Never rejects. */
  readonly exited: Promise<string>;
  askToStop(): void;
  /** No more patience. */
  kill(): void;
}

export interface SpawnHooks {
  readonly onLine: (line: string) => void;
  readonly onPid: (pid: number) => void;
}

export type SpawnChild = (hooks: SpawnHooks) => RunningChild;

import {
  type ChildInput,
  type ChildState,
  recoveredAfterMs,
  restartDelayMs,
  stepChild,
} from './child.machine.ts';
import { noticeOf } from './child-notice.ts';
import { openLogFile } from './log-file.ts';
import { forgetChild, registerChild } from './orphans.ts';
import type { ReadyMessage, RunningChild, SpawnChild } from './running-child.ts';

export interface SupervisedChildOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly logPath: string;
  readonly spawn: SpawnChild;
  /** After this long without an exit the child is killed, in ms. */
  readonly stopPatienceMs: number;
  /** Something a person should know, one line. */
  readonly onNotice: (line: string) => void;
}

export interface SupervisedChild {
  readonly name: string;
  /** Resolves at the first ready; rejects, in words, if the child ends before that. */
  start(): Promise<ReadyMessage>;
  /** Resolves when the child is gone for good. May be called twice. */
  stop(): Promise<void>;
  state(): ChildState;
}

/** Long, because killing a child on an overloaded machine only adds to the load. */
const readyWithinMs = 180_000;
/** Lines of a child that a person sees on standard error, per ten seconds; the log file has them all. */
const noticesPerWindow = 10;

export const superviseChild = (options: SupervisedChildOptions): SupervisedChild => {
  const { name, dataDir, logPath, stopPatienceMs, onNotice } = options;
  const log = openLogFile(logPath);
  const first = Promise.withResolvers<ReadyMessage>();
  const gone = Promise.withResolvers<void>();
  first.promise.catch(() => {}); // a stop before anybody waits is no crash
  let state: ChildState = 'idle';
  let running: RunningChild | undefined;
  let readyMessage: ReadyMessage = { type: 'ready' };
  let lastExit = '';
  let restartsInARow = 0;
  let wasEverReady = false;
  let readySince = 0;
  let timer: NodeJS.Timeout | undefined;
  let windowStart = 0;
  let noticesInWindow = 0;

  /** What it said last, for the message when it does not start. */
  const lastLines: string[] = [];

  const onLine = (line: string): void => {
    log.write(line);
    if (line.trim() !== '' && lastLines.push(line.slice(0, 300)) > 8) lastLines.shift();
    const notice = noticeOf(line);
    if (notice === undefined) return;
    if (performance.now() - windowStart > 10_000) {
      windowStart = performance.now();
      noticesInWindow = 0;
    }
    if (++noticesInWindow <= noticesPerWindow) onNotice(`${name}: ${notice}`);
  };

  const actions = {
    spawn: () => {
      const life = options.spawn({ onLine, onPid: (pid) => registerChild(dataDir, name, pid) });
      running = life;
      timer = setTimeout(() => life.kill(), readyWithinMs);
      void life.ready.then((message) => {
        if (running !== life) return;
        readyMessage = message;
        feed('ready');
      });
      void life.exited.then((reason) => {
        lastExit = reason;
        forgetChild(dataDir, name);
        feed('exit');
      });
    },
    announce: () => {
      clearTimeout(timer);
      readySince = performance.now();
      if (wasEverReady) onNotice(`${name}: up again`);
      wasEverReady = true;
      first.resolve(readyMessage);
    },
    scheduleRestart: () => {
      clearTimeout(timer);
      if (!wasEverReady) {
        const said = lastLines.map((line) => `\n  ${line}`).join('');
        first.reject(new Error(`${name} does not start: ${lastExit}. Its log: ${logPath}${said}`));
        return; // the whole start fails; nobody wants a second try
      }
      if (readySince > 0 && performance.now() - readySince > recoveredAfterMs) restartsInARow = 0;
      readySince = 0;
      const waitMs = restartDelayMs(restartsInARow++);
      onNotice(`${name} ended (${lastExit}); starting it again in ${waitMs} ms. Its log: ${logPath}`);
      timer = setTimeout(() => feed('timer'), waitMs);
    },
    askToStop: () => {
      clearTimeout(timer);
      running?.askToStop();
      timer = setTimeout(() => running?.kill(), stopPatienceMs);
    },
    done: () => {
      clearTimeout(timer);
      first.reject(new Error(`${name} was stopped`));
      log.close();
      gone.resolve();
    },
  };

  const feed = (input: ChildInput): void => {
    const step = stepChild(state, input);
    state = step.state;
    for (const action of step.actions) actions[action]();
  };

  return {
    name,
    start: () => {
      feed('start');
      return first.promise;
    },
    stop: () => {
      feed('stop');
      return gone.promise;
    },
    state: () => state,
  };
};

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from './instance.ts';

export interface CallCounts {
  readonly up: number;
  readonly ended: number;
  readonly failed: number;
}

/** The carrier of the memory bench: sets up calls, holds them, ends them. */
export interface HoldingCaller {
  call(calls: number, perSecond: number): Promise<CallCounts>;
  end(): Promise<CallCounts>;
  stop(): Promise<void>;
}

export async function startHoldingCaller(
  localPort: number,
  targetPort: number,
  mediaPort: number,
): Promise<HoldingCaller> {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(repository, 'test/bench/memory/caller.ts'), ...[localPort, targetPort, mediaPort].map(String)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout! });
  const answer = async (): Promise<CallCounts> =>
    JSON.parse(String((await once(lines, 'line'))[0])) as CallCounts;
  const ask = async (line: string): Promise<CallCounts> => {
    const answered = answer();
    child.stdin!.write(`${line}\n`);
    return await answered;
  };
  await answer();
  return {
    call: (calls, perSecond) => ask(`call ${calls} ${perSecond}`),
    end: () => ask('end'),
    async stop() {
      const exited = once(child, 'exit');
      child.stdin!.end();
      await exited;
    },
  };
}

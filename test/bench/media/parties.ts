import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  DELAY_STEP_MS,
  type PartyAnswer,
  type PartyCommand,
  type PartyKeys,
  type PartyReport,
  type Target,
} from './party-messages.ts';

const file = fileURLToPath(new URL('./party.ts', import.meta.url));

/** A party process: everything that one side of the calls sends and hears. */
export class Party {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(file, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async open(address: string, calls: number, muxed: boolean): Promise<readonly Target[]> {
    const answer = await this.#ask({ kind: 'open', address, calls, muxed });
    return answer.kind === 'opened' ? answer.targets : [];
  }

  async talk(
    targets: readonly Target[],
    keys: readonly PartyKeys[] | undefined,
    phaseMs: number,
  ): Promise<void> {
    await this.#ask({ kind: 'talk', targets, phaseMs, ...(keys && { keys }) });
  }

  async reset(): Promise<void> {
    await this.#ask({ kind: 'reset' });
  }

  async count(): Promise<void> {
    await this.#ask({ kind: 'count' });
  }

  async uncount(): Promise<void> {
    await this.#ask({ kind: 'uncount' });
  }

  async report(): Promise<PartyReport> {
    const answer = await this.#ask({ kind: 'report' });
    if (answer.kind !== 'report') throw new Error('the party process does not report');
    return answer;
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  /** One command at a time, each answered once. */
  async #ask(command: PartyCommand): Promise<PartyAnswer> {
    const answered = once(this.#child, 'message');
    this.#child.send(command);
    return (await answered)[0] as PartyAnswer;
  }
}

/** The delay below which `share` of all packets of these reports stayed, ms. */
export function delayMs(reports: readonly PartyReport[], share: number): number {
  const total = reports.reduce((sum, { received }) => sum + received, 0);
  let below = 0;
  for (let step = 0; step < (reports[0]?.delays.length ?? 0); step += 1) {
    for (const { delays } of reports) below += delays[step] ?? 0;
    if (below >= total * share) return (step + 1) * DELAY_STEP_MS;
  }
  return Number.POSITIVE_INFINITY;
}

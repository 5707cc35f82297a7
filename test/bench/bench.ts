import type { Machine } from './machine.ts';

export interface BenchOptions {
  /** At most 45 s in all. */
  readonly quick: boolean;
  readonly seed: number;
  /** One line for a person, while it runs. */
  readonly note: (line: string) => void;
}

export type Figures = Readonly<Record<string, number>>;

/** What a bench found. The dispatcher adds name, machine and seed. */
export interface BenchOutcome {
  /** At or under "first landing". */
  readonly pass: boolean;
  readonly figures: Figures;
  /** Others doing the same work in the same run. */
  readonly peer?: Readonly<Record<string, Figures>>;
  /** Whatever else helps to read the figures: shares by process, versions, steps of a ladder. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** `test/bench/NAME.ts` exports this as `run`. */
export type Bench = (options: BenchOptions) => Promise<BenchOutcome>;

export interface BenchReport extends BenchOutcome {
  readonly bench: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly seed: number;
}

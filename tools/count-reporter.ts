/**
 * A reporter for Node's test runner that writes the totals of the run, the skipped tests and what took longest, as one
 * JSON line.
 */
interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly file?: string;
    readonly skip?: boolean | string;
    readonly todo?: boolean | string;
    readonly details?: { readonly type?: string; readonly duration_ms?: number };
    readonly counts?: Readonly<Record<string, number>>;
  };
}

/** How long one test took; `file` as an absolute path. */
export interface TimedTest {
  readonly name: string;
  readonly file: string;
  readonly seconds: number;
}

export interface RunTotals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  /** The longest first, ten at most. */
  readonly slowest: readonly TimedTest[];
}

export const longest = (tests: readonly TimedTest[]): readonly TimedTest[] =>
  [...tests].sort((one, other) => other.seconds - one.seconds).slice(0, 10);

export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: string[] = [];
  let slowest: readonly TimedTest[] = [];
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    const skip = data.skip;
    if (skip !== undefined && skip !== false) {
      skipped.push(`${data.name}${typeof skip === 'string' ? `: ${skip}` : ''}`);
      continue;
    }
    if (type === 'test:pass') passed++;
    else failed++;
    const { name = '', file = '', details } = data;
    slowest = longest([...slowest, { name, file, seconds: (details?.duration_ms ?? 0) / 1000 }]);
  }
  yield `${JSON.stringify({ passed, failed, skipped, slowest } satisfies RunTotals)}\n`;
}

/** A reporter for Node's test runner that writes the totals of the run, and the skipped tests, as one JSON line. */
interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly file?: string;
    readonly skip?: boolean | string;
    readonly todo?: boolean | string;
    readonly details?: { readonly type?: string };
    readonly counts?: Readonly<Record<string, number>>;
  };
}

export interface RunTotals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: string[] = [];
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    const skip = data.skip;
    if (skip !== undefined && skip !== false)
      skipped.push(`${data.name}${typeof skip === 'string' ? `: ${skip}` : ''}`);
    else if (type === 'test:pass') passed++;
    else failed++;
  }
  yield `${JSON.stringify({ passed, failed, skipped } satisfies RunTotals)}\n`;
}

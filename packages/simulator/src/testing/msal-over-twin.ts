import type { Configuration } from '@azure/msal-node';
import type { TestAnswer, TestGraph } from './test-graph.ts';

/** Microsoft's own library in the test's process, over our https: it only lacks the twin's authority. */
export const msalNetwork = (graph: TestGraph): NonNullable<Configuration['system']>['networkClient'] => ({
  sendGetRequestAsync: async (url, options) => read(await graph.send('GET', url, options?.headers)),
  sendPostRequestAsync: async (url, options) =>
    read(await graph.send('POST', url, options?.headers, options?.body)),
});

function read<T>({ status, headers, body }: TestAnswer): {
  status: number;
  headers: Record<string, string>;
  body: T;
} {
  const flat = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value].flat().join(',')] as const],
  );
  return { status, headers: Object.fromEntries(flat), body: body as T };
}

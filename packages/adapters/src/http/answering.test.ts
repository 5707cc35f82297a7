import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpServer } from './server.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { createMemoryServices } from './testing/memory-services.ts';

test('who waits for an answer is counted until it has one, and who gives up no longer', async () => {
  const memory = createMemoryServices(createManualClock());
  const asked: (() => void)[] = [];
  const server = await createHttpServer(
    {
      host: '127.0.0.1',
      port: 0,
      portal: { state: () => ({ kind: 'building', step: 'x', sinceWallMs: 0 }) },
      log: { error: () => undefined, warn: () => undefined },
    },
    {
      ...memory.services,
      dependencies: () => new Promise((answer) => asked.push(() => answer([]))),
    },
  );
  const { url } = await server.listen();
  assert.equal(server.answering, 0);
  const until = async (count: number): Promise<void> => {
    while (server.answering !== count) await new Promise((next) => setImmediate(next));
  };
  const first = fetch(`${url}/readyz`);
  const second = new AbortController();
  const lost = fetch(`${url}/readyz`, { signal: second.signal }).catch(() => 'given up');
  await until(2);
  second.abort();
  assert.equal(await lost, 'given up');
  await until(1);
  for (const answer of asked) answer();
  assert.equal((await first).status, 200);
  await until(0);
  await server.close();
});

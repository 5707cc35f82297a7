import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { watchOutgoing } from './outgoing-watch.ts';

describe('what this process connects to', () => {
  test('a request by http and one by fetch are both seen, whoever makes them, and nothing of their content', async () => {
    const server = createServer((_request, answer) => answer.end('ok'));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    let wall = 1_000;
    const watch = watchOutgoing(() => wall++);
    try {
      await new Promise<void>((over, failed) =>
        request({ host: '127.0.0.1', port, path: '/secret?token=1' }, (answer) =>
          answer.resume().on('end', over),
        )
          .on('error', failed)
          .end(),
      );
      await (await fetch(`http://127.0.0.1:${port}/secret?token=2`)).text();
      const mine = watch.contacts().filter((one) => one.port === port);
      assert.deepEqual(mine, [{ host: '127.0.0.1', port, protocol: 'http', count: 2, lastWallMs: 1_001 }]);
      assert.doesNotMatch(JSON.stringify(watch.contacts()), /secret/);
      watch.stop();
      await (await fetch(`http://127.0.0.1:${port}/`)).text();
      assert.equal(watch.contacts().find((one) => one.port === port)?.count, 2, 'nobody looks any more');
    } finally {
      watch.stop();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  });
});

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createHttpServer } from './server.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { createMemoryServices } from './testing/memory-services.ts';

const open = async () => {
  const server = await createHttpServer(
    {
      host: '127.0.0.1',
      port: 0,
      publicUrl: undefined,
      requestTimeoutMs: 300,
      portal: { state: () => ({ kind: 'building', step: 'x', sinceWallMs: 0 }) },
      log: { error: () => undefined, warn: () => undefined },
    },
    createMemoryServices(createManualClock()).services,
  );
  return { server, port: (await server.listen()).port };
};

test('a body that drips for ever is cut off: nobody holds connections by being slow (T17)', async () => {
  const { server, port } = await open();
  const socket = connect(port, '127.0.0.1', () =>
    socket.write(
      'POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n{',
    ),
  );
  const drip = setInterval(() => socket.write(' '), 20);
  let answer = '';
  socket.on('data', (part) => {
    answer += String(part);
  });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.on('close', resolve));
  clearInterval(drip);
  await server.close();
  assert.match(answer, /^HTTP\/1\.1 4(08|00) /);
});

test('an address that no route can be matched with is refused in our words', async () => {
  const { server } = await open();
  for (const path of ['/api/v1/people/%zz', `/api/v1/people/${'a'.repeat(3000)}`]) {
    const answer = await server.app.inject({ method: 'GET', url: path });
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8', answer.body);
    assert.doesNotMatch(answer.body, /FST_/);
  }
  await server.close();
});

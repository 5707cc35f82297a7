import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { test } from 'node:test';
import { RestingSockets } from './resting-sockets.ts';

const socket = {} as Socket;
const at = (port: number, uses = 1, address = '127.0.0.1') => ({ socket, address, port, uses });

test('a port that was just given back rests five seconds, so that late packets of the old call meet nobody (T08)', () => {
  let now = 0;
  const resting = new RestingSockets(10, () => now);
  assert.ok(resting.put(at(4000)));
  now = 4_999;
  assert.equal(resting.take('127.0.0.1', 0), undefined);
  now = 5_000;
  assert.equal(resting.take('127.0.0.1', 0)?.port, 4000);
  assert.equal(resting.size, 0);
});

test('which of the rested ports comes next is drawn, not known (T08)', () => {
  let now = 0;
  const resting = new RestingSockets(10, () => now);
  for (const port of [4000, 4002, 4004]) resting.put(at(port));
  now = 6_000;
  resting.put(at(4006));
  assert.equal(resting.take('127.0.0.1', 7)?.port, 4002);
  assert.equal(resting.take('127.0.0.1', 7)?.port, 4004);
});

test('a port used sixteen times is given up for another one, and not more rest than are allowed', () => {
  const resting = new RestingSockets(1, () => 0);
  assert.equal(resting.put(at(4000, 16)), false);
  assert.equal(resting.put(at(4002, 15)), true);
  assert.equal(resting.put(at(4004)), false);
});

test('when every port is taken even a tired one serves; one of another address never does', () => {
  const resting = new RestingSockets(4, () => 0);
  resting.put(at(4000));
  assert.equal(resting.take('::1', 0, true), undefined);
  assert.equal(resting.take('127.0.0.1', 0, true)?.port, 4000);
});

test('an idle relay gives its ports up: a neighbour may want them', () => {
  let now = 0;
  const resting = new RestingSockets(10, () => now);
  resting.put(at(4000));
  now = 10_000;
  resting.put(at(4002));
  now = 15_000;
  assert.deepEqual(
    resting.unwanted().map(({ port }) => port),
    [4000],
  );
  assert.equal(resting.size, 1);
});

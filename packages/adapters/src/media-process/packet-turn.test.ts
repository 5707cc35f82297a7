import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { test } from 'node:test';
import { BUSY_PER_MS, type PacketTaker, PacketTurn, TURN_MS } from './packet-turn.ts';

/** A loop without sockets: what was read, what was sent in which order, how long the thread rested. */
function rig(dueMs = Number.POSITIVE_INFINITY) {
  const log: string[] = [];
  const waiting: (() => void)[] = [];
  const rests: number[] = [];
  const clock = { ms: 1000 };
  const turn = new PacketTurn({
    now: () => clock.ms,
    soon: (run) => void waiting.push(run),
    rest: (ms) => {
      rests.push(ms);
      clock.ms += ms;
    },
    dueMs: () => dueMs,
  });
  const socket = {
    send: (packet: Buffer, from: number, length: number, port: number, address: string) =>
      log.push(`sent ${packet.toString('latin1', from, from + length)} to ${address}:${port}`),
  } as unknown as Socket;
  const party = (name: string, answer: (packet: Buffer) => void = () => undefined): PacketTaker => ({
    receive: (side, channel, packet, address, port, nowMs) => {
      log.push(`${name} ${side} ${channel} ${packet.toString()} from ${address}:${port} at ${nowMs}`);
      answer(packet);
    },
    unsent: (error) => log.push(`${name} could not send: ${(error as Error).message}`),
  });
  const run = (): void => {
    for (const next of waiting.splice(0)) next();
  };
  return { turn, log, rests, clock, socket, party, run, waiting };
}

/** `perMs` packets a millisecond for so many milliseconds, a turn each. */
function talk({ turn, party, run, clock }: ReturnType<typeof rig>, perMs: number, ms: number): void {
  const taker = party('x');
  for (let i = 0; i < ms; i += 1) {
    for (let n = 0; n < perMs; n += 1) turn.take(taker, 'a', 'rtp', Buffer.from('p'), 'h', 1);
    run();
    clock.ms += 1;
  }
}

test('two packets of one turn are both heard, in their order, before either answer leaves', () => {
  const { turn, log, socket, party, run, waiting } = rig();
  const answering = party('x', (packet) =>
    turn.send(socket, Buffer.from(`${packet}!..`), packet.length + 1, 9, 'there'),
  );
  turn.take(answering, 'a', 'rtp', Buffer.from('one'), 'here', 1);
  turn.take(answering, 'b', 'rtcp', Buffer.from('two'), 'here', 2);
  assert.equal(waiting.length, 1);
  assert.deepEqual(log, []);
  run();
  assert.deepEqual(log, [
    'x a rtp one from here:1 at 1000',
    'x b rtcp two from here:2 at 1000',
    'sent one! to there:9',
    'sent two! to there:9',
  ]);
});

test('what is sent without a packet to cause it (a prompt, a report) leaves at once', () => {
  const { turn, log, socket } = rig();
  turn.send(socket, Buffer.from('report'), 6, 9, 'there');
  assert.deepEqual(log, ['sent report to there:9']);
});

test('a burst of 200 packets leaves in groups, so that no buffer of the ring comes round before it is sent', () => {
  const { turn, log, socket, party, run } = rig();
  const answering = party('x', (packet) => turn.send(socket, packet, packet.length, 9, 'there'));
  for (let i = 0; i < 200; i += 1) turn.take(answering, 'a', 'rtp', Buffer.from(String(i)), 'here', 1);
  run();
  let open = 0;
  let most = 0;
  for (const line of log) {
    open += line.startsWith('sent') ? -1 : 1;
    most = Math.max(most, open);
  }
  assert.equal(open, 0);
  assert.ok(most > 1 && most <= 64, `${most} waited at once`);
});

test('a socket that is closed when its packet leaves costs this packet only, and its session hears of it', () => {
  const { turn, log, socket, party, run } = rig();
  const closed = {
    send: () => {
      throw new Error('Not running');
    },
  } as unknown as Socket;
  turn.take(
    party('x', (packet) => turn.send(closed, packet, 1, 9, 'there')),
    'a',
    'rtp',
    Buffer.from('1'),
    'h',
    1,
  );
  turn.take(
    party('y', (packet) => turn.send(socket, packet, 1, 9, 'there')),
    'a',
    'rtp',
    Buffer.from('2'),
    'h',
    1,
  );
  run();
  assert.deepEqual(log.slice(2), ['x could not send: Not running', 'sent 2 to there:9']);
});

test('with few calls nobody rests: each packet is relayed as it comes', () => {
  const loop = rig();
  talk(loop, BUSY_PER_MS - 1, 500);
  assert.deepEqual(loop.rests, []);
});

test('with many calls turns start evenly, and the rests end when the calls do', () => {
  const loop = rig();
  talk(loop, BUSY_PER_MS, 500);
  assert.ok(loop.rests.length > 50, `${loop.rests.length} rests`);
  assert.ok(loop.rests.every((ms) => ms > 0 && ms <= TURN_MS));
  const rested = loop.rests.length;
  loop.clock.ms += 1000;
  talk(loop, 1, 500);
  assert.equal(loop.rests.length, rested);
});

test('a turn that took longer than its time is not followed by a rest', () => {
  const loop = rig();
  const slow: PacketTaker = {
    receive: () => {
      loop.clock.ms += TURN_MS / 4;
    },
    unsent: () => undefined,
  };
  for (let i = 0; i < 200; i += 1) {
    for (let n = 0; n < 4 * TURN_MS * BUSY_PER_MS; n += 1)
      loop.turn.take(slow, 'a', 'rtp', Buffer.from('p'), 'h', 1);
    loop.run();
  }
  assert.deepEqual(loop.rests, []);
});

test('a prompt that is due sooner ends the rest', () => {
  const loop = rig();
  const due = rig(1000);
  for (const one of [loop, due]) talk(one, BUSY_PER_MS, 500);
  assert.ok(loop.rests.length > 0);
  assert.deepEqual(due.rests, []);
});

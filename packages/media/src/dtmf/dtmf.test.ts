import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DtmfReceiver } from './dtmf-receiver.ts';
import { DtmfSender } from './dtmf-sender.ts';
import { printTelephoneEvent } from './telephone-event.ts';

/** Sends digits frame by frame and lets `lose` drop packets by their number. */
function heard(digits: string, lose: (packet: number) => boolean): string {
  const sender = new DtmfSender();
  const receiver = new DtmfReceiver();
  sender.queue(digits);
  let found = '';
  let packets = 0;
  let nowMs = 0;
  for (let timestamp = 0; nowMs < 20_000; timestamp += 160, nowMs += 20) {
    const frame = sender.idle ? undefined : sender.nextFrame();
    if (frame !== undefined && !lose(packets++))
      for (const { digit } of receiver.receive(frame.payload, timestamp - frame.samplesSinceStart, nowMs))
        found += digit;
    for (const { digit } of receiver.sweep(nowMs)) found += digit;
  }
  return found;
}

const losses: readonly (readonly [title: string, lose: (packet: number) => boolean])[] = [
  ['nothing is lost', () => false],
  ['every third packet is lost', (packet) => packet % 3 === 0],
  ['all three end packets of each digit are lost', (packet) => packet % 10 >= 7],
  ['only the last end packet of each digit arrives', (packet) => packet % 10 !== 9],
];
for (const [title, lose] of losses)
  test(`sixteen digits, the same one twice in a row among them: each heard once when ${title}`, () => {
    assert.equal(heard('1223456789*0#ABCD', lose), '1223456789*0#ABCD');
  });

test('a packet of the previous digit that was overtaken is no new digit', () => {
  const receiver = new DtmfReceiver();
  const event = (digit: number, end: boolean) =>
    printTelephoneEvent({ event: digit, end, volume: 10, duration: 800 });
  assert.deepEqual(receiver.receive(event(1, false), 1000, 0), []);
  assert.deepEqual(receiver.receive(event(2, false), 5000, 20), [{ digit: '1', durationMs: 100 }]);
  assert.deepEqual(receiver.receive(event(1, true), 1000, 40), []);
  assert.deepEqual(receiver.receive(event(2, true), 5000, 60), [{ digit: '2', durationMs: 100 }]);
  assert.deepEqual(receiver.receive(event(2, true), 5000, 80), []);
});

test('what is not a digit is left out; the queue is bounded; short payloads are ignored', () => {
  const sender = new DtmfSender();
  assert.equal(sender.queue('1x 2'), 2);
  assert.equal(sender.queue('5'.repeat(100)), 62);
  assert.deepEqual(new DtmfReceiver().receive(Buffer.from([1, 2]), 0, 0), []);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BodyRole, roleOfBody, type SdpCarrier } from './carrier.ts';
import { noOfferYet, type OfferAnswer, type OfferInput, type OfferState, stepOfferAnswer } from './state.ts';

const inputs: OfferInput[] = ['sendOffer', 'receiveOffer', 'sendAnswer', 'receiveAnswer', 'withdraw'];

describe('offer and answer', () => {
  const at = (state: OfferState, agreed: boolean): OfferAnswer => ({ state, agreed });
  /** Per state: next state or status for each input, in the order of `inputs`. RFC 3264 §4, RFC 3261 §14.2, RFC 3311 §5.2. */
  const rows: [OfferAnswer, (string | number)[]][] = [
    [at('none', false), ['local-offer', 'remote-offer', 400, 400, 'none']],
    [at('local-offer', false), [400, 491, 400, 'stable', 'none']],
    [at('remote-offer', false), [400, 500, 'stable', 400, 'none']],
    [at('stable', true), ['local-offer', 'remote-offer', 400, 400, 'stable']],
    [at('local-offer', true), [400, 491, 400, 'stable', 'stable']],
    [at('remote-offer', true), [400, 500, 'stable', 400, 'stable']],
  ];
  for (const [now, wanted] of rows) {
    test(`${now.state}${now.agreed ? ' after an agreement' : ''}`, () => {
      const seen = inputs.map((input) => {
        const step = stepOfferAnswer(now, input);
        return step.ok ? step.next.state : step.status;
      });
      assert.deepEqual(seen, wanted);
    });
  }

  test('both sides offer at once: glare on either side', () => {
    const alice = stepOfferAnswer(noOfferYet, 'sendOffer');
    assert.ok(alice.ok);
    const crossed = stepOfferAnswer(alice.next, 'receiveOffer');
    assert.deepEqual(crossed, { ok: false, fault: 'glare', status: 491 });
  });
});

describe('what a body means (RFC 6337 table 1)', () => {
  type Row = [SdpCarrier, OfferState, 'mine' | 'theirs', BodyRole, string];
  const rows: Row[] = [
    ['INVITE', 'none', 'theirs', 'offer', 'pattern 1'],
    ['2xx-INVITE', 'remote-offer', 'mine', 'answer', 'pattern 1'],
    ['2xx-INVITE', 'none', 'theirs', 'offer', 'pattern 2: late offer'],
    ['ACK', 'remote-offer', 'mine', 'answer', 'pattern 2'],
    ['ACK', 'local-offer', 'theirs', 'answer', 'pattern 2, the other end'],
    ['reliable-1xx', 'local-offer', 'theirs', 'answer', 'pattern 3'],
    ['reliable-1xx', 'none', 'theirs', 'offer', 'pattern 4'],
    ['PRACK', 'remote-offer', 'mine', 'answer', 'pattern 4'],
    ['PRACK', 'stable', 'mine', 'offer', 'pattern 5'],
    ['2xx-PRACK', 'local-offer', 'theirs', 'answer', 'pattern 5'],
    ['UPDATE', 'stable', 'theirs', 'offer', 'pattern 6'],
    ['2xx-UPDATE', 'remote-offer', 'mine', 'answer', 'pattern 6'],
    ['1xx', 'local-offer', 'theirs', 'preview', 'unreliable 183: shows the answer, is none'],
    ['1xx', 'none', 'theirs', 'ignored', 'unreliable 183 to an offerless INVITE'],
    ['2xx-INVITE', 'stable', 'theirs', 'ignored', 'repeats the reliable 183'],
    ['2xx-INVITE', 'remote-offer', 'theirs', 'forbidden', 'offers again while its offer is open'],
    ['ACK', 'none', 'theirs', 'forbidden', 'an answer to nothing'],
    ['ACK', 'stable', 'theirs', 'ignored', 'repeats the offer'],
    ['2xx-UPDATE', 'stable', 'theirs', 'forbidden', 'an answer to nothing'],
  ];
  for (const [carrier, state, sender, role, why] of rows) {
    test(`${carrier} (${sender}) in ${state}: ${role} (${why})`, () => {
      assert.equal(roleOfBody(carrier, state, sender === 'mine'), role);
    });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers, type SipRequest } from '@tandem/sip';
import { callersOffer } from './callers-offer.ts';

const sdp = Buffer.from('v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n');

function invite(type: string | undefined, body: Buffer): SipRequest {
  const headers = Headers.of(type === undefined ? [] : [['Content-Type', type]]);
  return { kind: 'request', method: 'INVITE', uri: 'sip:1@example.com', headers, body } as SipRequest;
}

test('what an INVITE offers: SDP, nothing (only Teams must), or a body that is not for us', () => {
  const nothing = Buffer.alloc(0);
  for (const [what, request, fromTeams, expected] of [
    ['SDP of a carrier', invite('application/sdp', sdp), false, 'offer'],
    ['SDP of Teams', invite('application/sdp', sdp), true, 'offer'],
    ['a carrier leaves it to us', invite(undefined, nothing), false, 'offer'],
    ['Teams leaves it to us', invite(undefined, nothing), true, 'offer-missing'],
    ['text', invite('text/plain', Buffer.from('hello')), false, 'body-unsupported'],
  ] as const) {
    const offer = callersOffer(request, fromTeams);
    assert.equal(offer.kind === 'offer' ? offer.kind : offer.failure.kind, expected, what);
    if (offer.kind === 'offer') assert.deepEqual(offer.sdp, request.body.length > 0 ? sdp : undefined, what);
  }
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { portSlot } from '../kit/port-slot.ts';
import { type CallView, messages, seen } from '../support/scenario/api.ts';
import { callsLeaveOver } from '../support/scenario/carrier-route.ts';
import { lacking } from '../support/scenario/installed.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { silentUdpPeer } from '../support/scenario/raw.ts';
import { startSipp } from '../support/scenario/sipp.ts';
import { until } from '../support/scenario/until.ts';

/** People in Teams (the twin) call out; the carrier is SIPp on the Acme side and the twin's own on the Globex side. */

const outside = '+12025550111';
const alex = 'alex@acme.example';
const dana = 'dana@globex.example';

let platform: Platform;
let port = 0;

before(async () => {
  const { base, free } = await portSlot();
  port = free;
  platform = await startPlatform(base);
});
after(async () => platform?.stop());

const called = (story: string, at: string): ReturnType<typeof startSipp> =>
  startSipp({ story, local: at, limitSeconds: 60 });
const freshAddress = (): string => {
  port += 1;
  return `127.0.0.1:${port}`;
};

/** Alex dials; what the carrier does is the story. The record, once it is closed. */
const alexDials = async (to = outside): Promise<{ guid: string; record(): Promise<CallView> }> => {
  const call = await platform.twin.dial(alex, to);
  return { guid: call.guid, record: () => platform.api.finished(call.sipCallId) };
};

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const wireOf = (trace: string): string => /^Proxy-Authorization:.*$/m.exec(trace)?.[0] ?? '';

const outcome = (call: CallView): readonly unknown[] => [call.result, call.status, call.q850, call.code];
const normal = ['answered', 200, 16, 'normal'];

describe('a person in Teams calls out', { concurrency: true }, () => {
  describe('over a carrier that SIPp plays', { concurrency: 1, skip: lacking('sipp') }, () => {
    test('the carrier answers, Alex hangs up: the carrier gets BYE', async () => {
      const at = freshAddress();
      await callsLeaveOver(platform, 'acme', [at]);
      const sipp = await called('called-answers', at);
      const call = await alexDials();
      await platform.twin.inState(alex, 'connected');
      await platform.twin.act(alex, 'hangup');
      await sipp.done;
      const record = await call.record();
      assert.deepEqual(outcome(record), normal);
      assert.equal(record.endedBy, 'caller');
    });

    test('the called party hangs up: Alex is told', async () => {
      const at = freshAddress();
      await callsLeaveOver(platform, 'acme', [at]);
      const sipp = await called('called-hangs-up', at);
      const call = await alexDials();
      await sipp.done;
      const record = await call.record();
      assert.deepEqual(outcome(record), normal);
      assert.equal(record.endedBy, 'callee');
    });

    test('a 180 that was overtaken by the 200 arrives late: Teams hears nothing of it', async () => {
      const at = freshAddress();
      await callsLeaveOver(platform, 'acme', [at]);
      const sipp = await called('ringing-after-the-answer', at);
      const call = await alexDials();
      await platform.twin.inState(alex, 'connected');
      await platform.twin.act(alex, 'hangup');
      await sipp.done;
      const record = await call.record();
      assert.deepEqual(outcome(record), normal);
      const toTeams = seen(await platform.api.ladder(record.id), 'a', 'out');
      assert.ok(!toTeams.slice(toTeams.indexOf('200')).includes('180'), toTeams.join(' '));
    });

    test('the called party wants another codec in mid-call: Teams is not asked for a new key', async () => {
      const at = freshAddress();
      await callsLeaveOver(platform, 'acme', [at]);
      const sipp = await called('called-changes-the-codec', at);
      const call = await alexDials();
      await sipp.done;
      assert.deepEqual(outcome(await call.record()), normal);
    });

    test('the first address answers 503, the second takes the call', async () => {
      const [first, second] = [freshAddress(), freshAddress()];
      await callsLeaveOver(platform, 'acme', [first, second]);
      const overloaded = await called('called-refuses-with-503', first);
      const answering = await called('called-answers', second);
      const call = await alexDials();
      await overloaded.done;
      await platform.twin.inState(alex, 'connected');
      await platform.twin.act(alex, 'hangup');
      await answering.done;
      const record = await call.record();
      assert.deepEqual(outcome(record), normal);
      assert.equal(record.attempts.length, 2);
      assert.match(record.attempts[0]?.result ?? '', /503/);
    });

    test('the first address says nothing at all, the second takes the call within the budget', async () => {
      const [first, second] = [freshAddress(), freshAddress()];
      await callsLeaveOver(platform, 'acme', [first, second]);
      const silent = await silentUdpPeer(first);
      const answering = await called('called-answers', second);
      const call = await alexDials();
      await platform.twin.inState(alex, 'connected');
      await platform.twin.act(alex, 'hangup');
      await answering.done;
      await silent.close();
      const record = await call.record();
      assert.deepEqual(outcome(record), normal);
      assert.equal(record.attempts.length, 2);
      assert.ok(silent.heard.some((text) => text.startsWith('INVITE ')));
    });

    test('nobody listens at either address: Alex is refused in words, with the carrier to blame', async () => {
      await callsLeaveOver(platform, 'acme', [freshAddress(), freshAddress()]);
      const record = await (await alexDials()).record();
      assert.deepEqual([record.status, record.q850, record.code], [500, 38, 'carrier-unreachable']);
      assert.equal(record.attempts.length, 2);
      assert.match(record.sentence ?? '', /carrier/i);
    });

    for (const [wire, status, q850, code] of [
      [486, 486, 17, 'busy'],
      [480, 480, 20, 'unavailable'],
      [404, 404, 1, 'not-found'],
      [484, 484, 28, 'incomplete'],
      [603, 603, 21, 'declined'],
      [604, 404, 1, 'not-found'],
      [302, 480, 31, 'redirected'],
    ] as const) {
      test(`the carrier refuses with ${wire}: Teams gets ${status} with cause ${q850}, and no other address is bothered`, async () => {
        const [first, second] = [freshAddress(), freshAddress()];
        await callsLeaveOver(platform, 'acme', [first, second]);
        const spare = await silentUdpPeer(second);
        const sipp = await called(`called-refuses-with-${wire}`, first);
        const record = await (await alexDials()).record();
        await sipp.done;
        await spare.close();
        assert.deepEqual([record.status, record.q850, record.code], [status, q850, code]);
        assert.equal(record.attempts.length, 1);
        assert.deepEqual(spare.heard, []);
        const answer = messages(await platform.api.ladder(record.id), 'a', 'out', /^SIP\/2\.0 [3-6]/)[0];
        assert.match(answer ?? '', new RegExp(`Reason: *Q\\.850;cause=${q850}`, 'i'));
      });
    }

    test('Alex gives up while it rings: the carrier gets CANCEL', async () => {
      const at = freshAddress();
      await callsLeaveOver(platform, 'acme', [at]);
      const sipp = await called('called-rings-forever', at);
      const call = await alexDials();
      await until('it rings', () => /SIP\/2\.0 180/.test(sipp.trace()));
      await platform.twin.act(alex, 'hangup');
      await sipp.done;
      const record = await call.record();
      assert.deepEqual([record.result, record.code], ['cancelled', 'caller-cancelled']);
    });

    test('the carrier wants credentials: the second INVITE carries the right digest', async () => {
      const at = freshAddress();
      await callsLeaveOver(platform, 'acme', [at], {
        credentials: { username: 'tandem', password: 'rehearsal' },
      });
      const sipp = await called('carrier-wants-credentials', at);
      const call = await alexDials();
      await platform.twin.inState(alex, 'connected');
      await platform.twin.act(alex, 'hangup');
      await sipp.done;
      const record = await call.record();
      assert.deepEqual(outcome(record), normal);
      const wire =
        messages(await platform.api.ladder(record.id), 'b', 'out', /Proxy-Authorization/i)[0] ?? '';
      assert.doesNotMatch(wire, /response="[0-9a-f]{32}/, 'the ladder does not keep the digest');
      const [, nonce = '', uri = '', response = ''] =
        /nonce="([^"]+)".*uri="([^"]+)".*response="([0-9a-f]{32})"/.exec(wireOf(sipp.trace())) ?? [];
      assert.equal(
        response,
        md5(`${md5('tandem:carrier.example.net:rehearsal')}:${nonce}:${md5(`INVITE:${uri}`)}`),
      );
    });
  });

  describe('over the rehearsal carrier', { concurrency: 1 }, () => {
    /** Dana of Globex dials, `during` is the story, then Dana hangs up. */
    const danaCalls = async (
      to: string,
      during?: (sipCallId: string) => Promise<void>,
    ): Promise<CallView> => {
      const { sipCallId } = await platform.twin.dial(dana, to);
      await platform.twin.inState(dana, 'connected');
      await during?.(sipCallId);
      await platform.twin.act(dana, 'hangup');
      return await platform.api.finished(sipCallId);
    };
    /** What the carrier's party of the one call to `own` reports. */
    const carrierParty = async (own: string) =>
      (
        await platform.twin.ask<{
          calls: readonly {
            own: string;
            sipCallId: string;
            state: string;
            media?: { digits: string; heardHz?: number; packetsReceived: number };
          }[];
        }>('GET', '/carrier')
      ).calls.find((call) => call.own === own);

    test('the carrier speaks before it answers: Dana hears the announcement, and pays nothing yet', async () => {
      const { sipCallId } = await platform.twin.dial(dana, '+12025550197');
      await until('Dana hears the carrier before the answer', async () =>
        (await platform.twin.client(dana)).calls.some(
          ({ state, media }) => state !== 'connected' && Math.abs((media?.heardHz ?? 0) - 1000) < 15,
        ),
      );
      await platform.twin.inState(dana, 'connected');
      await platform.twin.act(dana, 'hangup');
      const record = await platform.api.finished(sipCallId);
      assert.deepEqual(outcome(record), normal);
    });

    test('Dana presses digits: the carrier hears them as telephone events', async () => {
      await danaCalls('+12025550199', async () => {
        await platform.twin.act(dana, 'digits', { digits: '42#' });
        await until('the carrier has the digits', async () => {
          const party = await carrierParty('+12025550199');
          return party?.media?.digits === '42#';
        });
      });
    });

    test('Dana holds the call and takes it back: the carrier is told, the call goes on', async () => {
      await danaCalls('+12025550198', async () => {
        await platform.twin.act(dana, 'hold');
        await until(
          'the carrier is held',
          async () => (await carrierParty('+12025550198'))?.state === 'held',
        );
        await platform.twin.act(dana, 'resume');
        await until(
          'the carrier talks again',
          async () => (await carrierParty('+12025550198'))?.state === 'connected',
        );
      });
    });

    test('Teams refreshes the session: the answer is ours, the carrier is not bothered', async () => {
      const record = await danaCalls('+12025550198', async () => {
        await platform.twin.act(dana, 'refresh');
      });
      const ladder = await platform.api.ladder(record.id);
      assert.ok(seen(ladder, 'a', 'in').filter((what) => what === 'INVITE').length >= 2, 'a refresh came');
      assert.equal(seen(ladder, 'b', 'out').filter((what) => what === 'INVITE').length, 1);
    });

    for (const [fault, what] of [
      ['drop-first-200', 'the 200 of the carrier is lost: its repetition connects the call'],
      ['duplicate-200', 'the carrier says 200 twice, because our ACK was lost: it is confirmed twice'],
      ['huge-sdp', 'the carrier answers with 20 kB of session description'],
    ] as const) {
      test(what, async () => {
        await platform.twin.breakIt({ at: 'carrier' }, fault);
        try {
          const record = await danaCalls('+12025550198');
          assert.deepEqual(outcome(record), normal);
          const acks = messages(await platform.api.ladder(record.id), 'b', 'out', /^ACK /).length;
          if (fault === 'duplicate-200') assert.ok(acks >= 2, `${acks} ACKs`);
        } finally {
          await platform.twin.mend();
        }
      });
    }

    test('the carrier never answers BYE: the call is over for Dana and for the record all the same', async () => {
      await platform.twin.breakIt({ at: 'carrier' }, 'never-bye');
      try {
        assert.deepEqual(outcome(await danaCalls('+12025550198')), normal);
      } finally {
        await platform.twin.mend();
      }
    });

    test('the carrier has no codec that Dana has: 488 and cause 88', async () => {
      await platform.twin.breakIt({ at: 'carrier' }, 'no-common-codec');
      try {
        const { sipCallId } = await platform.twin.dial(dana, '+12025550198');
        const record = await platform.api.finished(sipCallId);
        assert.deepEqual([record.status, record.q850], [488, 88]);
      } finally {
        await platform.twin.mend();
      }
    });

    test('the carrier wants credentials that nobody gave us: the call fails once, and the record says so', async () => {
      await platform.twin.breakIt({ at: 'carrier' }, 'digest');
      try {
        const { sipCallId } = await platform.twin.dial(dana, '+12025550198');
        const record = await platform.api.finished(sipCallId);
        assert.deepEqual([record.status, record.q850, record.code], [500, 57, 'peer-wants-credentials']);
      } finally {
        await platform.twin.mend();
      }
    });

    test('Dana holds two clients: both ring, one answers, the other is told that it was answered elsewhere', async () => {
      await platform.twin.habit(dana, { answers: { kind: 'ring' } });
      const placed = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
        from: '+12025550199',
        to: '+12025550162',
      });
      await platform.twin.inState(dana, 'ringing');
      await platform.api.live(placed.sipCallId, 'ringing');
      await platform.twin.act(dana, 'answer', { client: 'mobile' });
      await platform.api.live(placed.sipCallId, 'talking');
      await platform.twin.act(dana, 'hangup');
      const record = await platform.api.finished(placed.sipCallId);
      assert.deepEqual(outcome(record), normal);
      const ladder = await platform.api.ladder(record.id);
      const tags = new Set(
        messages(ladder, 'b', 'in', /^SIP\/2\.0 18/).map((text) => /^to:.*;tag=([^;\s]+)/im.exec(text)?.[1]),
      );
      assert.equal(tags.size, 2, 'two phones rang, each with a dialog of its own');
      const toCarrier = new Set(
        messages(ladder, 'a', 'out', /^SIP\/2\.0 (18|200)/).map(
          (text) => /^to:.*;tag=([^;\s]+)/im.exec(text)?.[1],
        ),
      );
      assert.equal(toCarrier.size, 1, 'the carrier sees one called party');
    });
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { portSlot } from '../kit/port-slot.ts';
import { type CallView, messages, seen } from '../support/scenario/api.ts';
import { lacking } from '../support/scenario/installed.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { type Sipp, startSipp } from '../support/scenario/sipp.ts';

/** A carrier (SIPp, UDP or TCP, from its known address) calls people in Teams, and something goes wrong in life. */

const alex = '+12025550143';
const robin = '+12025550155'; // lets it ring
const pat = '+12025550199';

let platform: Platform;
let port = 0;

before(async () => {
  const { base, free } = await portSlot();
  port = free;
  platform = await startPlatform(base);
});
after(async () => platform?.stop());

/** The carrier's side of one story, from a port of its own. */
const carrier = (
  story: string,
  more: { to?: string; from?: string; transport?: 'udp' | 'tcp'; limitSeconds?: number } = {},
): Promise<Sipp> => {
  port += 1;
  return startSipp({
    story,
    local: `127.0.0.1:${port}`,
    remote: platform.carrierSide,
    keys: { to: more.to ?? alex, from: more.from ?? pat },
    ...(more.transport ? { transport: more.transport } : {}),
    limitSeconds: more.limitSeconds ?? 60,
  });
};

/** Plays a story to its end, as told, and returns the call's record. */
const play = async (...args: Parameters<typeof carrier>): Promise<CallView> => {
  const sipp = await carrier(...args);
  await sipp.done;
  return await platform.api.finished(sipp.callId);
};

const isNormal = (call: CallView): void => {
  assert.deepEqual(
    { result: call.result, status: call.status, q850: call.q850, code: call.code, closedBy: call.closedBy },
    { result: 'answered', status: 200, q850: 16, code: 'normal', closedBy: 'normal' },
  );
};

describe('a carrier calls Teams', { concurrency: true, skip: lacking('sipp') }, () => {
  test('the carrier hangs up after a talk: the person in Teams is told, the record says who ended it', async () => {
    const call = await play('caller-talks-and-hangs-up');
    isNormal(call);
    assert.equal(call.endedBy, 'caller');
    const ladder = await platform.api.ladder(call.id);
    assert.ok(seen(ladder, 'b', 'out').includes('BYE'), 'Teams got BYE');
  });

  test('the person in Teams hangs up: the carrier gets BYE with the cause in Reason', async () => {
    const sipp = await carrier('caller-waits-for-the-other-to-hang-up', { to: '+12025550151' });
    await platform.api.live(sipp.callId, 'talking');
    await platform.twin.act('wren@acme.example', 'hangup');
    await sipp.done;
    const call = await platform.api.finished(sipp.callId);
    isNormal(call);
    assert.equal(call.endedBy, 'callee');
  });

  test('both hang up at once: each BYE is answered, and there is one record', async () => {
    const sipp = await carrier('both-hang-up-at-once', { to: '+12025550163' });
    await platform.api.live(sipp.callId, 'talking');
    await platform.twin.act('alex@globex.example', 'hangup');
    await sipp.done;
    isNormal(await platform.api.finished(sipp.callId));
    assert.equal((await platform.api.find(sipp.callId, 'finished')).length, 1);
    assert.equal((await platform.api.find(sipp.callId, 'live')).length, 0);
  });

  test('the network duplicates the INVITE: the person is rung once and there is one call', async () => {
    const call = await play('invite-arrives-twice');
    isNormal(call);
    assert.equal((await platform.api.find(call.legs[0]?.sipCallId ?? '', 'finished')).length, 1);
    const ladder = await platform.api.ladder(call.id);
    assert.deepEqual(
      seen(ladder, 'b', 'out').filter((what) => what === 'INVITE'),
      ['INVITE'],
      'one INVITE to Teams',
    );
  });

  test('the 200 is lost: Tandem says it again until the carrier has heard it', async () => {
    const call = await play('answer-lost-on-the-way');
    isNormal(call);
    const ladder = await platform.api.ladder(call.id);
    const answers = messages(ladder, 'a', 'out', /^SIP\/2\.0 200 [\s\S]*CSeq: 1 INVITE/i);
    assert.ok(answers.length >= 2, `200 was sent ${answers.length} times`);
  });

  test('the ACK is lost: the repeated 200 fetches another one', async () => {
    isNormal(await play('ack-lost-on-the-way'));
  });

  test('the carrier never confirms the answer: after 32 s both sides get BYE and the record says why', async () => {
    const call = await play('caller-never-acks', { limitSeconds: 90 });
    assert.deepEqual([call.code, call.q850, call.endedBy], ['no-ack', 102, 'platform']);
    const ladder = await platform.api.ladder(call.id);
    assert.ok(seen(ladder, 'b', 'out').includes('BYE'), 'Teams is released too');
  });

  test('the caller gives up while it rings: Teams gets CANCEL, the caller 487', async () => {
    const call = await play('caller-gives-up-while-it-rings', { to: robin });
    assert.deepEqual([call.result, call.status, call.code], ['cancelled', 487, 'caller-cancelled']);
    const ladder = await platform.api.ladder(call.id);
    assert.ok(seen(ladder, 'b', 'out').includes('CANCEL'));
    assert.ok(seen(ladder, 'b', 'out').includes('ACK'), 'the 487 of Teams is confirmed');
  });

  test('the caller gives up before anything rings: nobody is left ringing', async () => {
    const call = await play('caller-gives-up-at-once', { to: '+12025550162' });
    assert.equal(call.result, 'cancelled');
    const still = (await platform.twin.client('dana@globex.example')).calls.filter(
      ({ state }) => state === 'ringing',
    );
    assert.deepEqual(still, []);
  });

  test('CANCEL and the answer cross: the answer stands and the carrier ends the call with BYE', async () => {
    isNormal(await play('cancel-crosses-the-answer'));
  });

  test('the carrier holds the call (sendonly) and takes it back: Teams is told inactive, then sendrecv', async () => {
    const call = await play('caller-holds-and-resumes');
    isNormal(call);
    const ladder = await platform.api.ladder(call.id);
    const offers = messages(ladder, 'b', 'out', /^INVITE /).map(
      (text) => /a=(sendrecv|sendonly|recvonly|inactive)/.exec(text)?.[1],
    );
    // MICROSOFT: hold is written `inactive` or `sendonly`; the first offer and the resume are sendrecv.
    assert.equal(offers.length, 3, `offers to Teams: ${offers.join(', ')}`);
    assert.match(offers[1] ?? '', /inactive|sendonly/);
    assert.equal(offers[2], 'sendrecv');
  });

  test('an INVITE without an offer: Tandem offers in the 200 and takes the answer from the ACK', async () => {
    isNormal(await play('invite-without-an-offer'));
  });

  test('the carrier has G.723 only: 488, cause 88, and the record says that there is no common codec', async () => {
    const call = await play('nothing-in-common');
    assert.deepEqual([call.status, call.q850, call.code], [488, 88, 'no-common-codec']);
  });

  test('a session description of 18 kB over TCP: the call works', async () => {
    isNormal(await play('huge-session-description', { transport: 'tcp' }));
  });

  test('two hundred more header lines than anybody needs: 400, and the connection serves the next call', async () => {
    const sipp = await carrier('two-hundred-header-lines', { transport: 'tcp' });
    await sipp.done;
    isNormal(await play('caller-talks-and-hangs-up', { transport: 'tcp' }));
  });

  test('REFER, UPDATE, INFO, MESSAGE and SUBSCRIBE in a call get 405 with Allow, and the call goes on', async () => {
    isNormal(await play('methods-that-do-not-work-here'));
  });

  test('an INVITE that has no hops left: 483', async () => {
    await (await carrier('no-hops-left')).done;
  });

  test('an INVITE that requires an unknown extension: 420 names it', async () => {
    await (await carrier('extension-that-nobody-knows')).done;
  });

  test('OPTIONS from the carrier: 200 with Contact and Allow, and the health page knows', async () => {
    await (await carrier('options')).done;
    const { items } = await platform.api.peers();
    assert.ok(items.some(({ kind, theyAsk }) => kind === 'carrier' && theyAsk.lastAt !== undefined));
  });
});

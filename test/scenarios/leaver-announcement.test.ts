import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { printWav, ToneSource } from '@tandem/media';
import { portSlot } from '../kit/port-slot.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { until } from '../support/scenario/until.ts';

/** Blake left and nobody is rung for him: what Pat hears before the refusal, by its spectrum. */

const pat = '+12025550199';
const blake = { upn: 'blake@acme.example', number: '+12025550152' };
const recordingHz = 700;

let platform: Platform;
let accountId: string;
before(async () => {
  platform = await startPlatform((await portSlot()).base);
  const { items } = await platform.api.get<{
    items: readonly { id: string; upn: string; accountId: string }[];
  }>(`/people?limit=10&search=${encodeURIComponent(blake.upn)}`);
  const person = items.find(({ upn }) => upn === blake.upn) ?? assert.fail('no Blake');
  accountId = person.accountId;
  assert.equal(await operator('DELETE', `/people/${person.id}`), 204);
});
after(async () => {
  await platform?.stop();
});

async function operator(method: string, path: string, body?: unknown): Promise<number> {
  const answer = await fetch(`${platform.ready.api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${platform.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return answer.status;
}

interface CarrierCall {
  readonly sipCallId: string;
  readonly state: string;
  readonly media?: { readonly heardHz?: number };
}

/** What Pat hears as long as nobody has answered, and how the call ends. */
async function patCallsBlake() {
  const { sipCallId } = await platform.twin.ask<CarrierCall>('POST', '/carrier/call', {
    from: pat,
    to: blake.number,
  });
  const heard = new Set<number>();
  const states = new Set<string>();
  await until('the call is over', async () => {
    const { calls } = await platform.twin.ask<{ calls: readonly CarrierCall[] }>('GET', '/carrier');
    const call = calls.find((one) => one.sipCallId === sipCallId);
    if (!call || call.state === 'ended') return true;
    states.add(call.state);
    if (call.media?.heardHz !== undefined) heard.add(Math.round(call.media.heardHz));
    return undefined;
  });
  return { heard, states, record: await platform.api.finished(sipCallId) };
}

const near = (hz: number, wanted: number): boolean => Math.abs(hz - wanted) <= 8;

test('without a recording Pat hears the special information tone, then 404; the call was never answered', async () => {
  const { heard, states, record } = await patCallsBlake();
  assert.ok(heard.size > 0, 'something is heard');
  for (const hz of heard)
    assert.ok(
      [950, 1400, 1800].some((tone) => near(hz, tone)),
      `${hz} Hz is no part of it`,
    );
  assert.ok(!states.has('connected'));
  assert.deepEqual([record.result, record.code], ['refused', 'unknown-number']);
  assert.match(record.why.join(' '), /rests at Acme.* hears that the number is not in service: tones/);
});

test('the account’s recording is what Pat hears instead, and tones again once it is taken back', async () => {
  const wav = printWav({ rate: 8000, samples: new ToneSource(recordingHz).read(8000 * 4) });
  const path = `/accounts/${accountId}/leaver-announcement`;
  assert.equal(await operator('PUT', path, { wav: wav.toString('base64') }), 200);
  const recorded = await patCallsBlake();
  assert.ok(recorded.heard.size > 0, 'something is heard');
  for (const hz of recorded.heard) assert.ok(near(hz, recordingHz), `${hz} Hz`);
  assert.deepEqual([recorded.record.result, recorded.record.code], ['refused', 'unknown-number']);
  assert.equal(await operator('DELETE', path), 204);
  const again = await patCallsBlake();
  assert.ok(again.heard.size > 0 && [...again.heard].every((hz) => !near(hz, recordingHz)));
});

test('a file that is no such recording is refused in words', async () => {
  const wav = Buffer.from('no sound').toString('base64');
  assert.equal(await operator('PUT', `/accounts/${accountId}/leaver-announcement`, { wav }), 400);
});

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { rehearsalIds } from '../../apps/server/src/node/seed-rehearsal.ts';
import { portSlot } from '../kit/port-slot.ts';
import { type CallView, messages, seen } from '../support/scenario/api.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { until } from '../support/scenario/until.ts';

/** Who may call whom, and what happens when Microsoft's connection points have a bad day. */

const pat = '+12025550199';
const alexNumber = '+12025550143';

let platform: Platform;

before(async () => {
  platform = await startPlatform((await portSlot()).base);
});
after(async () => platform?.stop());

/** A party at the rehearsal carrier calls; the record, once the call is over. */
const carrierCalls = async (to: string): Promise<CallView> => {
  const { sipCallId } = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
    from: pat,
    to,
  });
  return await platform.api.finished(sipCallId);
};

/** A Teams user dials, is answered and hangs up; or is refused. */
const dials = async (upn: string, to: string): Promise<CallView> => {
  const { sipCallId, guid } = await platform.twin.dial(upn, to);
  const record = await until(`${upn} is through to ${to}, or refused`, async () => {
    const [done] = await platform.api.find(sipCallId, 'finished');
    if (done) return await platform.api.read(done.id);
    const mine = (await platform.twin.client(upn)).calls.find((call) => call.guid === guid);
    if (mine?.state === 'connected') await platform.twin.act(upn, 'hangup', { call: guid });
    return undefined;
  });
  return record;
};

const outcome = (call: CallView): readonly unknown[] => [call.status, call.q850, call.code];

describe('who may be called', { concurrency: true }, () => {
  for (const [who, number, status, q850, code] of [
    ['a number that nobody has', '+12025550188', 404, 1, 'unknown-number'],
    ['a number of another country that nobody has', '+4930123456', 404, 1, 'unknown-number'],
    ['Toni, who has switched calls in Teams off', '+12025550150', 480, 20, 'PRV-303'],
    ['Blake, who is in a conversation and wants busy on busy', '+12025550152', 486, 17, 'busy'],
    ['Drew, who declines', '+12025550153', 603, 21, 'declined'],
    ['Nico, who is signed in nowhere', '+12025550154', 480, 20, 'unavailable'],
  ] as const) {
    test(`the carrier calls ${who}: ${status}, cause ${q850}, ${code}`, async () => {
      const call = await carrierCalls(number);
      assert.deepEqual(outcome(call), [status, q850, code]);
      const answer = messages(await platform.api.ladder(call.id), 'a', 'out', /^SIP\/2\.0 [3-6]/)[0] ?? '';
      assert.match(answer, new RegExp(`Reason: *Q\\.850;cause=${q850}`));
      assert.ok((call.sentence ?? '').length > 10 && call.why.length > 0, 'the record says why in words');
    });
  }

  test('Bo has no licence at Microsoft: the carrier is refused without a word about the inside', async () => {
    const call = await carrierCalls('+12025550144');
    assert.equal(call.result === 'answered', false);
    assert.ok([403, 404, 480].includes(call.status ?? 0), `status ${call.status}`);
    const answer = messages(await platform.api.ladder(call.id), 'a', 'out', /^SIP\/2\.0 [3-6]/)[0] ?? '';
    assert.doesNotMatch(answer, /licen|pstnhub|microsoft\.com/i);
  });

  test('Alex of Acme and Alex of Globex dial 1001 at the same time: each reaches the own Dana', async () => {
    const [acme, globex] = await Promise.all([
      dials('alex@acme.example', '1001'),
      dials('alex@globex.example', '1001'),
    ]);
    for (const [call, customer, upn] of [
      [acme, 'acme', 'dana@acme.example'],
      [globex, 'globex', 'dana@globex.example'],
    ] as const) {
      assert.equal(call.direction, 'internal');
      assert.equal(call.result, 'answered');
      assert.equal(call.accountId, rehearsalIds.account(customer));
      const { history } = await platform.twin.client(upn);
      const toTeams = messages(await platform.api.ladder(call.id), 'b', 'out', /^INVITE /)[0] ?? '';
      assert.match(toTeams, new RegExp(customer === 'acme' ? '@sbc1\\.' : '@sbc2\\.'));
      assert.ok(history.some(({ result }) => result === 'answered'));
    }
  });

  test('an extension that nobody has: 404, cause 1', async () => {
    const call = await dials('wren@acme.example', '1777');
    assert.deepEqual(outcome(call), [404, 1, 'unknown-extension']);
  });

  test('a call by name and by number of both parties is heard at both ends', async () => {
    const call = await platform.twin.call(pat, '+12025550162', 1);
    assert.equal(call.connected && call.heardEachOther, true, JSON.stringify(call));
    const back = await platform.twin.call('dana@globex.example', pat, 1);
    assert.equal(back.connected && back.heardEachOther, true, JSON.stringify(back));
  });
});

/** The twin's client cannot dial while the number is not at Microsoft. */
const notPlaced = (error: Error): undefined => {
  if (!error.message.includes('not-placed')) throw error;
};

describe('who may call, and who always may', { concurrency: 1 }, () => {
  const kim = 'kim@globex.example';
  const changeKim = async (change: {
    active?: boolean;
    platformLicence?: boolean;
    teamsToggle?: boolean;
  }) => {
    const { people } = platform.stores;
    const accountId = rehearsalIds.account('globex');
    const person = await people.get(accountId, rehearsalIds.person(kim));
    const saved = await people.update(
      accountId,
      rehearsalIds.person(kim),
      person?.version ?? 0,
      change as Parameters<typeof people.update>[3],
    );
    assert.equal(saved.ok, true);
  };
  /** Routing follows the store by a notification: the first call after it shows. */
  const eventually = async (upn: string, to: string, status: number): Promise<CallView> =>
    await until(`${upn} gets ${status}`, async () => {
      const call = await dials(upn, to);
      return call.status === status ? call : undefined;
    });

  for (const [why, change, q850] of [
    ['is disabled on the platform', { active: false }, 21],
    ['has no licence of the platform', { platformLicence: false }, 63],
    ['has switched calls in Teams off', { teamsToggle: false }, 63],
  ] as const) {
    test(`Kim ${why}: an ordinary call is refused with 403, the emergency call goes`, async () => {
      // Told of it, Microsoft would take Kim's number and dial no more: here the platform's own answer is wanted.
      await platform.twin.ask('POST', '/faults', { at: 'graph', fault: '503', operation: '*' });
      await changeKim(change);
      const refused = await eventually(kim, pat, 403);
      assert.equal(refused.q850, q850);
      const emergency = await dials(kim, '911');
      assert.deepEqual([emergency.result, emergency.emergency], ['answered', true]);
      await changeKim({ active: true, platformLicence: true, teamsToggle: true });
      await platform.twin.mend();
      // What was begun at Microsoft ends there, and is done again.
      await until(
        'Kim is through to Pat again',
        async () => {
          const call = await dials(kim, pat).catch(notPlaced);
          return call?.status === 200 ? call : undefined;
        },
        90_000,
      );
    });
  }

  test('Globex is suspended: nobody calls in or out, but for 911', async () => {
    const { accounts } = platform.stores;
    const id = rehearsalIds.account('globex');
    const set = async (status: 'active' | 'suspended') => {
      const account = await accounts.get(id);
      assert.equal((await accounts.update(id, account?.version ?? 0, { status })).ok, true);
    };
    await set('suspended');
    const out = await eventually('alex@globex.example', pat, 403);
    assert.deepEqual(outcome(out), [403, 21, 'caller-account-suspended']);
    const into = await carrierCalls('+12025550163');
    assert.deepEqual(outcome(into), [480, 31, 'callee-account-suspended']);
    const emergency = await dials('alex@globex.example', '911');
    assert.deepEqual([emergency.result, emergency.emergency], ['answered', true]);
    await set('active');
    await eventually('alex@globex.example', pat, 200);
  });
});

describe('a hub has a bad day', { concurrency: 1 }, () => {
  afterEach(async () => {
    await platform.twin.mend();
  });

  /** The hub that the next call tries first, shown by a call: 1, 2 or 3. */
  const firstHub = async (): Promise<1 | 2 | 3> => {
    const call = await talk();
    const port = Number(/:([0-9]+)$/.exec(call.hub ?? '')?.[1]);
    return (port - platform.portBase - 110) as 1 | 2 | 3;
  };
  /** Alex answers and the carrier hangs up at once. */
  const talk = async (): Promise<CallView> => {
    const { sipCallId } = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
      from: pat,
      to: alexNumber,
    });
    return await until('the call is over', async () => {
      const [done] = await platform.api.find(sipCallId, 'finished');
      if (done) return await platform.api.read(done.id);
      const [live] = await platform.api.find(sipCallId, 'live');
      if (live?.phase === 'talking')
        await platform.twin.ask('POST', '/carrier/hangup', { call: sipCallId }).catch(() => undefined);
      return undefined;
    });
  };

  for (const [fault, what, atLeastMs] of [
    ['reset', 'resets its connections', 0],
    ['refuse', 'refuses connections', 0],
    ['503', 'is overloaded (503 with Retry-After)', 0],
    ['tls-alert', 'ends every handshake with an alert', 0],
    ['blackhole', 'accepts connections and never says a word', 2_900],
    ['silent', 'reads the INVITE and never answers', 2_900],
    ['100-only', 'says 100 and nothing more', 4_900],
  ] as const) {
    test(`the first hub ${what}: the next one takes the call, and the person answers`, async () => {
      const broken = await firstHub();
      await platform.twin.breakIt({ at: 'hub', hub: broken }, fault);
      const call = await talk();
      assert.deepEqual([call.result, call.status, call.code], ['answered', 200, 'normal']);
      const [first] = call.attempts;
      assert.match(first?.target ?? '', new RegExp(`:${platform.portBase + 110 + broken}$`));
      assert.ok(call.attempts.length >= 2, 'the record has both attempts');
      assert.doesNotMatch(call.hub ?? '', new RegExp(`:${platform.portBase + 110 + broken}$`));
      // An attempt is noted when its outcome is known.
      assert.ok((first?.atMs ?? 0) >= atLeastMs, `gave the first hub ${first?.atMs} ms`);
      const invites = seen(await platform.api.ladder(call.id), 'a', 'out');
      assert.equal(invites.filter((line) => line === '200').length >= 1, true);
    });
  }

  test('no hub can be reached: the carrier gets one clean refusal, and the record says it in words', async () => {
    for (const hub of [1, 2, 3] as const) await platform.twin.breakIt({ at: 'hub', hub }, 'refuse');
    const call = await carrierCalls(alexNumber);
    assert.deepEqual(outcome(call), [503, 38, 'teams-unreachable']);
    assert.equal(call.attempts.length, 3);
    assert.match(call.sentence ?? '', /Teams/);
    await platform.twin.mend();
    assert.equal((await talk()).result, 'answered', 'the next call works as soon as a hub is back');
  });
});

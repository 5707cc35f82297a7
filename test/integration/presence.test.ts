import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { portSlot } from '../kit/port-slot.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import type { AuditEntry } from '../support/scenario/twin.ts';
import { promised, until } from '../support/scenario/until.ts';

/** Dana's status on both sides: her calls show in Teams, and what Teams shows is seen here. */

const pat = '+12025550199';
const dana = { upn: 'dana@acme.example', phone: 'dana-desk', phoneNumber: '+12025550156' };
const bo = 'bo@acme.example';

interface Shown {
  readonly label: string;
  readonly source: string;
  readonly sentence: string;
  readonly stale: boolean;
  readonly written?: { readonly availability: string; readonly activity: string };
}

let platform: Platform;
let danaId = '';
let danaObject = '';

before(async () => {
  platform = await startPlatform((await portSlot()).base);
  const { items } = await platform.api.get<{ items: readonly { id: string; upn: string }[] }>(
    '/people?search=dana',
  );
  danaId = items.find(({ upn }) => upn === dana.upn)?.id ?? '';
  danaObject = (
    await platform.twin.ask<{ objectId: string }>('GET', `/users/${dana.upn}`)
  ).objectId.toLowerCase();
  await phone('PATCH', '', { registered: true, answers: { kind: 'answer', afterMs: 0 } });
  await danaIs('available');
});
after(async () => platform?.stop());

const phone = <T>(method: string, action: string, body?: unknown): Promise<T> =>
  platform.twin.ask<T>(method, `/phones/${dana.phone}${action}`, body);

const inTeams = async (upn = dana.upn): Promise<string> => {
  const { presence } = await platform.twin.ask<{ presence: { availability: string; activity: string } }>(
    'GET',
    `/users/${upn}`,
  );
  return `${presence.availability}/${presence.activity}`;
};

const ofDana = (): Promise<Shown> => platform.api.get(`/people/${danaId}/presence`);

const danaIs = (label: string, patienceMs?: number): Promise<Shown> =>
  until(
    `Dana is ${label}`,
    async () => {
      const shown = await ofDana();
      return shown.label === label ? shown : undefined;
    },
    patienceMs,
  );

const teamsShows = (pair: string, patienceMs?: number): Promise<true> =>
  until(`Teams shows Dana as ${pair}`, async () => (await inTeams()) === pair || undefined, patienceMs);

/** What was asked of Graph about Dana's own session since an entry. */
const written = async (since: number): Promise<readonly string[]> =>
  (await requests(since))
    .filter(({ summary }) => summary.toLowerCase().includes(danaObject))
    .flatMap(({ summary }) => /(setPresence|clearPresence)/.exec(summary)?.[1] ?? []);

const requests = async (since: number): Promise<readonly AuditEntry[]> =>
  (await platform.twin.audit({ kind: 'http', after: since, limit: 5000 })).filter(
    ({ where }) => where === 'graph',
  );

/** Presence is read so many times more. */
const readAgain = async (times: number): Promise<void> => {
  const since = await platform.twin.lastSeq();
  await until(
    'presence is read again',
    async () =>
      (await requests(since)).filter(
        ({ summary, text }) =>
          summary.includes('getPresencesByUserId') && (text ?? '').toLowerCase().includes(danaObject),
      ).length >= times,
  );
};

/** Pat calls Dana's desk phone, and they talk. */
const theyTalk = async (): Promise<{ readonly sipCallId: string; readonly id: string }> => {
  const { sipCallId } = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
    from: pat,
    to: dana.phoneNumber,
  });
  const { id } = await platform.api.live(sipCallId, 'talking');
  return { sipCallId, id };
};

const patHangsUp = (call: { readonly sipCallId: string }): Promise<unknown> =>
  platform.twin.ask('POST', '/carrier/hangup', { call: call.sipCallId });

test('Dana talks at her desk phone: Teams shows her in a call within 3 s, and as before within 3 s of the end; one write each', async () => {
  const since = await platform.twin.lastSeq();
  assert.equal(await inTeams(), 'Available/Available');
  const call = await theyTalk();
  await teamsShows('Busy/InACall', promised(3_000));
  const shown = await danaIs('on_call', promised(3_000));
  assert.equal(shown.source, 'platform-call');
  assert.deepEqual(
    { ...shown.written, leaseEndsAt: undefined },
    { availability: 'Busy', activity: 'InACall', leaseEndsAt: undefined },
  );
  // Long enough for our own state to come back from Graph: it is not taken for Teams' own.
  await readAgain(2);
  assert.equal((await ofDana()).source, 'platform-call');
  await patHangsUp(call);
  await teamsShows('Available/Available', promised(3_000));
  const free = await danaIs('available', promised(3_000));
  assert.equal(free.source, 'teams');
  await readAgain(1);
  assert.equal((await ofDana()).label, 'available', 'the echo did not stay');
  assert.deepEqual(await written(since), ['setPresence', 'clearPresence']);
});

test('Dana calls from her desk phone while she is away in Teams: in a call, and away again after it', async () => {
  const since = await platform.twin.lastSeq();
  await platform.twin.ask('PATCH', `/users/${dana.upn}`, {
    presence: { availability: 'Away', activity: 'Away' },
  });
  await danaIs('away', promised(10_000));
  await phone('POST', '/call', { to: pat });
  await teamsShows('Busy/InACall', promised(10_000));
  await until('the phone can hang up', () =>
    phone('POST', '/hangup', {})
      .then(() => true)
      .catch(() => undefined),
  );
  await teamsShows('Away/Away', promised(3_000));
  await danaIs('away', promised(3_000));
  await platform.twin.ask('PATCH', `/users/${dana.upn}`, { presence: null });
  await danaIs('available', promised(10_000));
  assert.deepEqual(await written(since), ['setPresence', 'clearPresence']);
});

test('Dana answers in Teams: nothing is written, Teams knows; the platform shows it at once', async () => {
  const since = await platform.twin.lastSeq();
  await phone('PATCH', '', { registered: false });
  await platform.twin.habit(dana.upn, { answers: { kind: 'answer', afterMs: 0 } });
  const { sipCallId } = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
    from: pat,
    to: '+12025550142',
  });
  await platform.api.live(sipCallId, 'talking');
  const shown = await danaIs('on_call', promised(3_000));
  assert.equal(shown.source, 'platform-call');
  await patHangsUp({ sipCallId });
  await danaIs('available', promised(12_000));
  assert.deepEqual(await written(since), []);
  await phone('PATCH', '', { registered: true });
});

test('Dana asks not to be disturbed: seen within 5 s by who looks at her; Bo, whom nobody looks at, within 15 s over the stream', async () => {
  const events = new AbortController();
  const stream = await fetch(`${platform.ready.api}/events`, {
    headers: { authorization: `Bearer ${platform.token}` },
    signal: events.signal,
  });
  const heard: string[] = [];
  const reading = (async () => {
    const text = new TextDecoder();
    for await (const part of stream.body ?? []) heard.push(text.decode(part, { stream: true }));
  })().catch(() => undefined);
  const quiet = { preferredPresence: { availability: 'DoNotDisturb', activity: 'DoNotDisturb' } };
  await platform.twin.ask('PATCH', `/users/${dana.upn}`, quiet);
  const began = performance.now();
  await platform.twin.ask('PATCH', `/users/${bo}`, quiet);
  await danaIs('dnd', promised(6_000));
  await until(
    'the stream tells of two people',
    () =>
      heard
        .join('')
        .split('event: person')
        .filter((event) => event.includes('"label":"dnd"')).length >= 2,
    promised(15_000) - (performance.now() - began),
  );
  events.abort();
  await reading;
  for (const upn of [dana.upn, bo])
    await platform.twin.ask('PATCH', `/users/${upn}`, { preferredPresence: null });
  await danaIs('available', promised(10_000));
});

test('Graph limits presence: nothing is asked inside Retry-After, the call goes on and shows here; afterwards in Teams too', async () => {
  interface Counts {
    readonly throttled: number;
    readonly insideRetryAfter: number;
  }
  const counted = async (): Promise<Counts> =>
    (await platform.twin.ask<{ counts: Counts }>('GET', '/graph')).counts;
  // A third of the window is what the twin then asks to wait.
  await platform.twin.ask('PATCH', '/graph', {
    resetCounts: true,
    quotas: { presence: { limit: 1, windowMs: 12_000 } },
  });
  await until('presence is limited', async () => (await counted()).throttled > 0);
  const call = await theyTalk();
  assert.equal((await danaIs('on_call', promised(3_000))).source, 'platform-call');
  const before = (await counted()).throttled;
  await until('presence is limited again', async () => (await counted()).throttled > before);
  assert.equal((await counted()).insideRetryAfter, 0);
  await platform.twin.ask('PATCH', '/graph', { quotas: { presence: { limit: 1_500, windowMs: 30_000 } } });
  await teamsShows('Busy/InACall', promised(20_000));
  await patHangsUp(call);
  await teamsShows('Available/Available', promised(10_000));
});

test('Graph is away: calls go on as ever, presence grows old and says so, and everything is right when it is back', async () => {
  await platform.twin.ask('POST', '/faults', { at: 'graph', operation: '*', fault: 'reset' });
  const call = await theyTalk();
  await danaIs('on_call', promised(3_000));
  await patHangsUp(call);
  await platform.api.finished(call.sipCallId);
  const old = await danaIs('unknown', 40_000);
  assert.ok(old.stale);
  await platform.twin.mend();
  await danaIs('available', 90_000);
  await teamsShows('Available/Available', promised(10_000));
});

test('the signalling process is killed in mid-call: Teams shows Dana as before once it runs again', async () => {
  const since = await platform.twin.lastSeq();
  await theyTalk();
  await teamsShows('Busy/InACall', promised(3_000));
  const was = platform.pidOf('node');
  process.kill(was, 'SIGKILL');
  await teamsShows('Available/Available', 30_000);
  await danaIs('available', 60_000);
  assert.deepEqual(await written(since), ['setPresence', 'clearPresence']);
});

test('the signalling process hangs in mid-call: the state at Microsoft ends with its lease', async () => {
  await phone('PATCH', '', { registered: true });
  const call = await theyTalk();
  await teamsShows('Busy/InACall', promised(3_000));
  const pid = platform.pidOf('node');
  process.kill(pid, 'SIGSTOP');
  try {
    await platform.twin.ask('PATCH', '/clock', { advanceMs: 299_000 - 30_000 });
    assert.equal(await inTeams(), 'Busy/InACall');
    await platform.twin.ask('PATCH', '/clock', { advanceMs: 31_000 });
    assert.equal(await inTeams(), 'Available/Available');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await patHangsUp(call).catch(() => undefined);
  await danaIs('available', 60_000);
});

interface Vector extends Shown {
  readonly because: string;
  readonly manual?: { readonly state: string };
}

/** One's own presence, asked as the operator. */
const own = async <T>(method: string, part: string, body?: unknown): Promise<T> => {
  const answer = await fetch(`${platform.ready.api}/people/${danaId}/presence/${part}`, {
    method,
    headers: {
      authorization: `Bearer ${platform.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${part}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
};

test('Dana asks for quiet by hand: Teams shows it, her phone does not ring but for Pat, a crash forgets nothing, and the fix takes it all back', async () => {
  await phone('PATCH', '', { registered: true, answers: { kind: 'answer', afterMs: 0 } });
  await danaIs('available');
  const set = await own<Vector>('PUT', 'manual', { state: 'dnd', minutes: 60 });
  assert.deepEqual([set.label, set.source, set.manual?.state], ['dnd', 'manual', 'dnd']);
  await teamsShows('DoNotDisturb/DoNotDisturb', promised(5_000));

  const shut = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
    from: pat,
    to: dana.phoneNumber,
  });
  const [record] = await until('the call is over', async () => {
    const found = await platform.api.find(shut.sipCallId, 'finished');
    return found.length > 0 ? found : undefined;
  });
  assert.equal(record?.status, 480);

  await own('PATCH', 'exceptions', { important: [{ kind: 'number', number: pat }] });
  await patHangsUp(await theyTalk());
  await own('PATCH', 'exceptions', { important: [] });

  process.kill(platform.pidOf('node'), 'SIGKILL');
  const back = await until(
    'the node is back and Dana still wants quiet',
    async () => {
      const shown = await own<Vector>('GET', 'vector').catch(() => undefined);
      return shown?.manual?.state === 'dnd' ? shown : undefined;
    },
    60_000,
  );
  assert.match(back.because, /^You show Do not disturb because it was set here by hand/);
  assert.equal(await inTeams(), 'DoNotDisturb/DoNotDisturb');

  const fixed = await until(
    'presence is fixed',
    () =>
      own<{ before: Vector; after: Vector; steps: readonly { what: string; done: boolean }[] }>(
        'POST',
        'fix',
      ).then((fix) => (fix.steps.every(({ done }) => done) ? fix : undefined)),
    60_000,
  );
  assert.equal(fixed.after.manual, undefined);
  await teamsShows('Available/Available', promised(10_000));
  await danaIs('available', promised(10_000));
  const { items } = await own<{ items: readonly { cause: string; to: string; at: string }[] }>(
    'GET',
    'journal',
  );
  const causes = items.map(({ cause }) => cause).reverse();
  const [setAt, fixedAt] = [causes.lastIndexOf('manual-set'), causes.lastIndexOf('fixed')];
  assert.ok(setAt >= 0 && fixedAt > setAt, causes.join(' '));
  const times = items.map(({ at }) => at);
  assert.deepEqual(times, [...times].sort().reverse(), 'newest first');
});

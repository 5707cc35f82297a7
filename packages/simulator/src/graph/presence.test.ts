import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { acmeId, listOf, TestGraph } from '../testing/test-graph.ts';
import { TestSbc } from '../testing/test-sbc.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId } from '../world/rehearsal-world.ts';

describe('presence in Graph', () => {
  let twin: Twin;
  let graph: TestGraph;
  let token: string;
  let close: () => Promise<void>;
  const minutes = 60_000;
  before(async () => {
    ({ twin, close } = await startTestTwin(24_400));
    graph = await TestGraph.open(twin);
    token = await graph.token();
  });
  after(async () => {
    graph.close();
    await close();
  });
  afterEach(async () => {
    await post('clearPresence', { sessionId: graphAppClientId });
    await post('clearUserPreferredPresence');
    await control({ presence: null, outOfOffice: false });
    token = await graph.token();
  });

  const dana = () => {
    const found = twin.directory.user('dana@acme.example');
    assert.ok(found);
    return found.user;
  };
  const post = (action: string, body?: unknown, upn = dana().objectId) =>
    graph.call(token, 'POST', `/users/${upn}/presence/${action}`, body);
  const set = (availability: string, activity: string, expirationDuration?: string) =>
    post('setPresence', {
      sessionId: graphAppClientId,
      availability,
      activity,
      ...(expirationDuration ? { expirationDuration } : {}),
    });
  const read = async (upn = dana().objectId) => {
    const answer = await graph.call(token, 'GET', `/users/${upn}/presence`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const { availability, activity } = answer.body as { availability: string; activity: string };
    return `${availability}/${activity}`;
  };
  const control = (body: unknown) =>
    fetch(`${twin.ready.control}/users/dana@acme.example`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const later = async (ms: number) => {
    twin.microsoft365.advance(ms);
    token = await graph.token();
  };

  it('who is signed in is Available, who is signed in nowhere is Offline', async () => {
    assert.equal(await read(), 'Available/Available');
    assert.equal(await read('nico@acme.example'), 'Offline/Offline');
    const sign = (action: string) =>
      fetch(`${twin.ready.control}/clients/nico@acme.example/${action}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"client":"desktop"}',
      });
    await sign('sign-in');
    assert.equal(await read('nico@acme.example'), 'Available/Available');
    await sign('sign-out');
    assert.equal(await read('nico@acme.example'), 'Offline/Offline');
  });

  it('P1: presences of up to 650 ids; the unknown are left out or unknown', async () => {
    const ask = (ids: unknown) => graph.call(token, 'POST', '/communications/getPresencesByUserId', { ids });
    const everybody = [...(twin.directory.tenant(acmeId)?.users.values() ?? [])].map(
      ({ objectId }) => objectId,
    );
    const stranger = twin.directory.user('kim@globex.example')?.user.objectId;
    assert.equal(listOf(await ask(everybody)).length, everybody.length);
    const answers = [await ask([stranger, dana().objectId]), await ask([stranger, dana().objectId])];
    assert.deepEqual(answers.map((answer) => listOf(answer).length).toSorted(), [1, 2]);
    assert.equal((await ask([])).status, 400);
    assert.equal((await ask(['dana@acme.example'])).status, 400);
    const many = Array.from(
      { length: 651 },
      (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    );
    assert.equal((await ask(many)).status, 400);
    assert.equal((await ask(many.slice(1))).status, 200);
    assert.ok(twin.audit.find({ check: 'P1', failed: true }).length >= 3);
  });

  const allowed = [
    'Available/Available',
    'Busy/InACall',
    'Busy/InAConferenceCall',
    'Away/Away',
    'DoNotDisturb/Presenting',
  ];
  for (const pair of allowed) {
    it(`P2: an app may set ${pair}`, async () => {
      const [availability = '', activity = ''] = pair.split('/');
      assert.equal((await set(availability, activity)).status, 200);
    });
  }
  for (const [availability, activity, duration] of [
    ['Busy', 'Busy', 'PT5M'],
    ['Busy', 'InAMeeting', 'PT5M'],
    ['Offline', 'OffWork', 'PT5M'],
    ['Busy', 'InACall', 'PT4M'],
    ['Busy', 'InACall', 'PT4H1M'],
    ['Busy', 'InACall', 'PT'],
  ] as const) {
    it(`P2: an app may not set ${availability}/${activity} for ${duration}`, async () => {
      assert.equal((await set(availability, activity, duration)).status, 400);
      assert.equal(await read(), 'Available/Available');
    });
  }
  it('P2: the session is the app, nobody else; of a stranger it is 404', async () => {
    const body = { availability: 'Busy', activity: 'InACall' };
    assert.equal((await post('setPresence', { ...body, sessionId: acmeId })).status, 400);
    assert.equal((await post('setPresence', body)).status, 400);
    const stranger = twin.directory.user('kim@globex.example')?.user.objectId;
    assert.equal((await post('setPresence', { ...body, sessionId: graphAppClientId }, stranger)).status, 404);
  });

  it('P3: Busy beats Available until the lease ends; Do not disturb beats Busy', async () => {
    await set('Busy', 'InACall', 'PT10M');
    assert.equal(await read(), 'Busy/InACall');
    await later(9 * minutes);
    assert.equal(await read(), 'Busy/InACall');
    await later(1 * minutes);
    assert.equal(await read(), 'Available/Available');
    await control({ presence: { availability: 'Busy', activity: 'InAMeeting' } });
    await set('DoNotDisturb', 'Presenting');
    assert.equal(await read(), 'DoNotDisturb/Presenting');
    await set('Away', 'Away');
    assert.equal(await read(), 'Busy/InAMeeting');
  });

  it('P3: a default lease is five minutes', async () => {
    await set('Busy', 'InACall');
    await later(5 * minutes - 1_000);
    assert.equal(await read(), 'Busy/InACall');
    await later(1_000);
    assert.equal(await read(), 'Available/Available');
  });

  it('P3: Available decays after five and ten minutes whatever was promised', async () => {
    const nico = twin.directory.user('nico@acme.example')?.user.objectId ?? '';
    const body = { sessionId: graphAppClientId, availability: 'Available', activity: 'Available' };
    await post('setPresence', { ...body, expirationDuration: 'PT4H' }, nico);
    assert.equal(await read(nico), 'Available/Available');
    await later(5 * minutes);
    assert.equal(await read(nico), 'Available/AvailableInactive');
    await later(5 * minutes);
    assert.equal(await read(nico), 'Away/Away');
    await later(230 * minutes);
    assert.equal(await read(nico), 'Offline/Offline');
  });

  it('G2: the presence of nobody, or of somebody in another tenant, is 404', async () => {
    const theirs = twin.directory.user('dana@globex.example')?.user.objectId ?? '';
    for (const id of ['00000000-0000-4000-8000-00000000dead', theirs]) {
      assert.equal((await graph.call(token, 'GET', `/users/${id}/presence`)).status, 404);
      assert.equal((await graph.call(token, 'GET', `/communications/presences/${id}`)).status, 404);
    }
  });

  it('P4: clearing what is not there is 404; clearing the only session leaves Offline', async () => {
    const nico = twin.directory.user('nico@acme.example')?.user.objectId ?? '';
    const session = { sessionId: graphAppClientId };
    assert.equal((await post('clearPresence', session, nico)).status, 404);
    await post('setPresence', { ...session, availability: 'Busy', activity: 'InACall' }, nico);
    assert.equal(await read(nico), 'Busy/InACall');
    assert.equal((await post('clearPresence', session, nico)).status, 200);
    assert.equal(await read(nico), 'Offline/Offline');
  });

  it('P3, P5: what a user prefers beats every session, while there is one', async () => {
    const prefer = (availability: string, activity: string, upn?: string, more = {}) =>
      post('setUserPreferredPresence', { availability, activity, ...more }, upn);
    await set('Busy', 'InACall', 'PT1H');
    assert.equal((await prefer('BeRightBack', 'BeRightBack')).status, 200);
    assert.equal(await read(), 'BeRightBack/BeRightBack');
    assert.equal((await post('clearUserPreferredPresence')).status, 200);
    assert.equal(await read(), 'Busy/InACall');
    assert.equal((await prefer('Busy', 'InACall')).status, 400);
    assert.equal((await prefer('Away', 'Away', undefined, { expirationDuration: 'soon' })).status, 400);
    const nico = twin.directory.user('nico@acme.example')?.user.objectId ?? '';
    await prefer('Available', 'Available', nico);
    assert.equal(await read(nico), 'Offline/Offline');
  });

  it('P5: a preferred Busy ends after a day, a preferred Away after seven', async () => {
    const prefer = (availability: string, activity: string) =>
      post('setUserPreferredPresence', { availability, activity });
    await prefer('Busy', 'Busy');
    await later(1440 * minutes - 1_000);
    assert.equal(await read(), 'Busy/Busy');
    await later(1_000);
    assert.equal(await read(), 'Available/Available');
    await prefer('Away', 'Away');
    await later(6 * 1440 * minutes);
    assert.equal(await read(), 'Away/Away');
    await later(1440 * minutes);
    assert.equal(await read(), 'Available/Available');
  });

  it('P7, P10: out of office comes from the calendar; sequenceNumber grows with every change and only then', async () => {
    const entity = async () =>
      (await graph.call(token, 'GET', `/communications/presences/${dana().objectId}`)).body as {
        sequenceNumber: string;
        outOfOfficeSettings: { isOutOfOffice: boolean };
      };
    const first = await entity();
    assert.equal((await entity()).sequenceNumber, first.sequenceNumber);
    await control({ outOfOffice: true });
    const second = await entity();
    assert.equal(second.outOfOfficeSettings.isOutOfOffice, true);
    assert.ok(second.sequenceNumber > first.sequenceNumber);
  });

  it('Teams knows its own calls: Dana is Busy/InACall while SBC talks to her, before and after she is Available', {
    timeout: 10_000,
  }, async (t) => {
    const sbc = new TestSbc(twin);
    t.after(() => sbc.close());
    await sbc.listen();
    const clients = twin.clients.get('dana@acme.example');
    assert.ok(clients);
    clients.answers = { kind: 'answer', afterMs: 0 };
    assert.equal(await read(), 'Available/Available');
    const outcome = await sbc.call({}).outcome;
    assert.ok('dialog' in outcome, JSON.stringify(outcome));
    const until = async (wanted: string) => {
      while ((await read()) !== wanted) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until('Busy/InACall');
    for (const call of clients.calls.values()) call.hangUp();
    await until('Available/Available');
  });

  it('a script sets what Teams shows and sees every session of a user', async () => {
    await set('Busy', 'InACall');
    await control({ presence: { availability: 'Away', activity: 'Away' }, preferredPresence: null });
    const view = (await (await fetch(`${twin.ready.control}/users/dana@acme.example`)).json()) as {
      presence: { availability: string; sessions: { session: string; availability: string }[] };
    };
    assert.equal(view.presence.availability, 'Busy');
    assert.deepEqual(
      view.presence.sessions.map(({ session, availability }) => [session, availability]),
      [
        [graphAppClientId, 'Busy'],
        ['teams', 'Away'],
      ],
    );
  });
});

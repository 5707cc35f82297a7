import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listOf, TestGraph } from '../testing/test-graph.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';

describe('calendars in Graph', () => {
  let twin: Twin;
  let graph: TestGraph;
  let token: string;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(24_440));
    graph = await TestGraph.open(twin);
    token = await graph.tokenWith(['Calendars.Read', 'Presence.Read.All']);
  });
  after(async () => {
    graph.close();
    await close();
  });

  const dana = () => {
    const found = twin.directory.user('dana@acme.example');
    assert.ok(found);
    return found.user.objectId;
  };
  const control = (method: string, body?: unknown) =>
    fetch(`${twin.ready.control}/users/dana@acme.example/events`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
  const iso = (inMs: number) => new Date(twin.microsoft365.clock.wall() + inMs).toISOString();
  const view = (query: string) => graph.call(token, 'GET', `/users/${dana()}/calendarView${query}`);
  const window = (from: number, until: number) => `?startDateTime=${iso(from)}&endDateTime=${iso(until)}`;
  const shown = async () => {
    const { body } = await graph.call(token, 'GET', `/users/${dana()}/presence`);
    const { availability, activity } = body as { availability: string; activity: string };
    return `${availability}/${activity}`;
  };

  it('an event that says busy shows in the view and makes Teams show a meeting while it lasts; a free one does not', async () => {
    assert.equal((await control('POST', { minutes: 30, showAs: 'free' })).status, 201);
    assert.equal(await shown(), 'Available/Available');
    assert.equal((await control('POST', { minutes: 30 })).status, 201);
    assert.equal(await shown(), 'Busy/InAMeeting');
    const found = listOf(await view(`${window(0, 3_600_000)}&$select=start,end,showAs`));
    assert.deepEqual(
      found.map(({ showAs }) => showAs),
      ['free', 'busy'],
    );
    assert.ok(found.every((one) => !('subject' in one)));
    assert.equal((await control('DELETE')).status, 204);
    assert.equal(await shown(), 'Available/Available');
  });

  it('a meeting in a mailbox that Teams does not look into stands in the view, and Teams shows nobody', async () => {
    assert.equal((await control('POST', { minutes: 30, teamsShows: false })).status, 201);
    assert.equal(await shown(), 'Available/Available');
    assert.equal(listOf(await view(window(0, 3_600_000))).length, 1);
    assert.equal((await control('DELETE')).status, 204);
  });

  it('K1: without both times, or with the second before the first, the view is refused', async () => {
    for (const query of ['', `?startDateTime=${iso(0)}`, `?endDateTime=${iso(0)}`, window(1_000, 0)])
      assert.equal((await view(query)).status, 400, query);
    assert.equal((await view(window(0, 1_000))).status, 200);
    const failed = twin.audit.find({ check: 'K1', failed: true });
    assert.equal(failed.length, 4);
  });
});

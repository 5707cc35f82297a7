import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { tenantCalendars } from './calendars.ts';
import { type FakeAnswer, FakeGraph } from './testing/fake-graph.ts';

const dana = 'dadadada-0000-4000-8000-000000000142';
const bo = 'bbbbbbbb-0000-4000-8000-000000000001';
const from = Date.UTC(2026, 5, 1, 10);

let fake: FakeGraph;
before(async () => {
  fake = await FakeGraph.start();
});
after(() => fake.close());

const event = (start: string, end: string, change: Record<string, unknown> = {}) => ({
  start: { dateTime: start, timeZone: 'UTC' },
  end: { dateTime: end, timeZone: 'UTC' },
  showAs: 'busy',
  isAllDay: false,
  isCancelled: false,
  ...change,
});
const meeting = event('2026-06-01T10:00:00.0000000', '2026-06-01T10:30:00.0000000');
const batchOf = (...inner: readonly { readonly status: number; readonly body: unknown }[]): FakeAnswer => ({
  status: 200,
  body: { responses: inner.map((one, id) => ({ id: String(id), headers: {}, ...one })) },
});

test('two calendars in one request; only a meeting that is busy, timed and not called off counts', async () => {
  fake.answer = () =>
    batchOf(
      {
        status: 200,
        body: {
          value: [
            meeting,
            event('2026-06-01T10:00:00', '2026-06-01T10:30:00', { showAs: 'free' }),
            event('2026-06-01T00:00:00', '2026-06-02T00:00:00', { isAllDay: true }),
            event('2026-06-01T10:00:00', '2026-06-01T10:30:00', { isCancelled: true }),
            event('whenever', 'never'),
            null,
          ],
        },
      },
      { status: 404, body: { error: { code: 'MailboxNotEnabledForRESTAPI', message: 'x' } } },
    );
  const read = await tenantCalendars(fake.client()).read([dana, bo], from, from + 1_800_000);
  assert.equal(read.is, 'read');
  if (read.is !== 'read') return;
  assert.deepEqual(read.found.get(dana), [{ startsAtWallMs: from, endsAtWallMs: from + 1_800_000 }]);
  assert.deepEqual(read.found.get(bo), [], 'no mailbox, no meetings');
});

const refused = { status: 403, body: { error: { code: 'ErrorAccessDenied', message: 'x' } } };
const failures: readonly (readonly [string, FakeAnswer, string])[] = [
  ['403 for everybody', batchOf(refused, refused), 'refused'],
  ['403 for the batch', { status: 403, body: {} }, 'refused'],
  ['an answer without sense', { status: 200, body: {} }, 'failed'],
];
for (const [what, answer, is] of failures)
  test(`calendars meet ${what}: ${is}`, async () => {
    fake.answer = () => answer;
    assert.equal((await tenantCalendars(fake.client()).read([dana, bo], from, from + 1)).is, is);
  });

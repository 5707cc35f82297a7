import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { WriteOutcome } from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { operationIdOf, pollNumberOperations, readNumber, writeNumbers } from './numbers.ts';

const assignNumber = async (
  graph: GraphClient,
  number: string,
  objectId: string,
): Promise<WriteOutcome | undefined> =>
  (await writeNumbers(graph, [{ kind: 'assign', number, objectId }]))[0];
const pollNumberOperation = async (graph: GraphClient, id: string): Promise<WriteOutcome | undefined> =>
  (await pollNumberOperations(graph, [id]))[0];

import { readPresences, writePresence } from './presences.ts';
import { readGroupMembers, readUserConfigurations, readUsers } from './read-directory.ts';
import { type FakeAnswer, FakeGraph, type SeenRequest } from './testing/fake-graph.ts';

const dana = 'dadadada-0000-4000-8000-000000000142';
const bo = 'bbbbbbbb-0000-4000-8000-000000000001';
const error = (status: number, code: string, headers: Record<string, string> = {}): FakeAnswer => ({
  status,
  headers,
  body: { error: { code, message: 'no', innerError: {} } },
});
const tokenWith = (...roles: string[]): string =>
  `x.${Buffer.from(JSON.stringify({ roles })).toString('base64url')}.x`;

describe('the Graph client against an https server of its own', () => {
  let fake: FakeGraph;
  before(async () => {
    fake = await FakeGraph.start();
  });
  after(() => fake.close());
  beforeEach(() => {
    fake.seen.length = 0;
    fake.faults.length = 0;
  });
  /** Answers one after the other; the last one stays. */
  const say = (...answers: (FakeAnswer | ((request: SeenRequest) => FakeAnswer))[]): void => {
    let at = 0;
    fake.answer = (request) => {
      const answer = answers[Math.min(at++, answers.length - 1)] ?? { status: 404 };
      return typeof answer === 'function' ? answer(request) : answer;
    };
  };
  const presence = { id: dana, availability: 'Busy', activity: 'InACall', sequenceNumber: 'A1' };
  const failed = async (run: Promise<unknown>): Promise<GraphError> => {
    const caught = await run.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(caught instanceof GraphError);
    return caught;
  };

  test('group members come page by page, people only, and the exact queries are sent', async () => {
    const type = '@odata.type';
    say(
      {
        status: 200,
        body: {
          value: [
            { [type]: '#microsoft.graph.user', id: dana },
            { [type]: '#microsoft.graph.group', id: 'g' },
          ],
          '@odata.nextLink': `${fake.origin}/v1.0/groups/g1/transitiveMembers?$skiptoken=abc`,
        },
      },
      { status: 200, body: { value: [{ [type]: '#microsoft.graph.user', id: bo }] } },
    );
    assert.deepEqual([...(await readGroupMembers(fake.client(), 'g1'))], [dana, bo]);
    assert.deepEqual(
      fake.seen.map((request) => request.url),
      [
        '/v1.0/groups/g1/transitiveMembers?$select=id&$top=999',
        '/v1.0/groups/g1/transitiveMembers?$skiptoken=abc',
      ],
    );
    assert.deepEqual(fake.faults, []);
  });

  test('a link to another host gets no token of ours', async () => {
    say({ status: 200, body: { value: [], '@odata.nextLink': 'https://evil.example/v1.0/groups' } });
    assert.equal((await failed(readGroupMembers(fake.client(), 'g1'))).code, 'graph-unexpected-answer');
    assert.equal(fake.seen.length, 1);
  });

  test('429 with Retry-After: the whole bucket waits that long, then the answer comes', async () => {
    say(error(429, 'TooManyRequests', { 'retry-after': '7' }), { status: 200, body: { value: [] } });
    const client = fake.client();
    await readGroupMembers(client, 'g1');
    assert.deepEqual(client.slept, [7000]);
  });

  test('presence is read without patience: 429 comes back at once with its cure, and nothing is sent in the wait', async () => {
    say(error(429, 'TooManyRequests', { 'retry-after': '10' }));
    const client = fake.client();
    assert.equal((await failed(readPresences(client, [dana]))).retryAfterMs, 10_000);
    const again = await failed(readPresences(client, [dana]));
    assert.equal(again.code, 'graph-throttled');
    assert.equal(fake.seen.length, 1);
  });

  test('a connection that breaks and a 503 are tried again for reads, never for a number write', async () => {
    say({ status: 0, hangUp: true }, error(503, ''), { status: 200, body: { value: [] } });
    await readGroupMembers(fake.client(), 'g1');
    assert.equal(fake.seen.length, 3);
    fake.seen.length = 0;
    say({ status: 0, hangUp: true });
    // N21: what nobody answered is named by our own id of it.
    assert.deepEqual(await assignNumber(fake.client(), '+12025550142', dana), {
      kind: 'later',
      request: { clientRequestId: fake.seen[0]?.headers['client-request-id'] },
    });
    assert.equal(fake.seen.length, 1);
  });

  test('401 renews the token once, with the claims of the challenge, and no more', async () => {
    const claims = Buffer.from('{"access_token":{}}').toString('base64');
    say(error(401, 'InvalidAuthenticationToken', { 'www-authenticate': `Bearer claims="${claims}"` }));
    const asked: unknown[] = [];
    const tokens = {
      token: (_tenant: string, options?: { refresh?: boolean; claims?: string }) => {
        asked.push([options?.refresh, options?.claims]);
        return Promise.resolve('t');
      },
    };
    assert.equal((await failed(readGroupMembers(fake.client({ tokens }), 'g'))).code, 'graph-unauthorized');
    assert.deepEqual(asked, [
      [false, undefined],
      [true, '{"access_token":{}}'],
    ]);
  });

  test('the token lacks the permission: nothing is sent, and the error names the scope', async () => {
    const tokens = { token: () => Promise.resolve(tokenWith('User.Read.All')) };
    const refused = await failed(readPresences(fake.client({ tokens }), [dana]));
    assert.equal(refused.code, 'graph-missing-scope');
    assert.equal(refused.missingScope, 'Presence.Read.All');
    assert.equal(fake.seen.length, 0);
  });

  test('users come 20 to a batch in any order; the missing one is null, the failed one says why, a wrong one is refused', async () => {
    const ids = Array.from(
      { length: 21 },
      (_, i) => `${String(i).padStart(8, '0')}-0000-4000-8000-000000000000`,
    );
    say((request) => {
      const { requests } = request.body as { requests: { id: string; url: string }[] };
      const responses = requests.toReversed().map(({ id, url }) => {
        const user = decodeURIComponent(url.split('/')[2]?.split('?')[0] ?? '');
        if (user === ids[1])
          return { id, status: 404, body: { error: { code: 'Request_ResourceNotFound' } } };
        if (user === ids[2])
          return { id, status: 403, body: { error: { code: 'Authorization_RequestDenied' } } };
        if (user === ids[3]) return { id, status: 200, body: { id: ids[4] } };
        return { id, status: 200, body: { id: user, accountEnabled: true } };
      });
      return { status: 200, body: { responses } };
    });
    const found = await readUsers(fake.client(), ids);
    assert.equal(fake.seen.length, 2);
    assert.equal(found.get(ids[1] ?? ''), null);
    const code = (i: number): string | undefined => {
      const one = found.get(ids[i] ?? '');
      return one instanceof GraphError ? one.code : undefined;
    };
    assert.deepEqual(
      [code(0), code(2), code(3)],
      [undefined, 'graph-missing-scope', 'graph-unexpected-answer'],
    );
    assert.deepEqual(fake.faults, []);
  });

  test('inside a batch one is throttled: it alone is asked again, after its wait', async () => {
    const one = (status: number, headers = {}) => ({ id: '0', status, headers, body: { id: dana } });
    say(
      { status: 200, body: { responses: [one(429, { 'Retry-After': '3' })] } },
      { status: 200, body: { responses: [one(200)] } },
    );
    const client = fake.client();
    const found = await readUserConfigurations(client, [dana]);
    assert.ok(!(found.get(dana) instanceof GraphError));
    assert.deepEqual(client.slept, [3000]);
  });

  test('N21: of a batch each step has its own id where Microsoft gives one, else the whole one’s; a refusal has it too', async () => {
    const location = `${fake.origin}/v1.0/admin/teams/telephoneNumberManagement/operations('QXNz')`;
    const refused = { error: { code: 'BadRequest', message: 'no', innerError: {} } };
    say({
      status: 200,
      headers: { 'request-id': 'whole' },
      body: {
        responses: [
          { id: '0', status: 202, headers: { Location: location, 'Request-Id': 'own' } },
          { id: '1', status: 400, headers: {}, body: refused },
        ],
      },
    });
    const outcomes = await writeNumbers(fake.client(), [
      { kind: 'assign', number: '+12025550142', objectId: dana },
      { kind: 'unassign', number: '+12025550143' },
    ]);
    const clientRequestId = fake.seen[0]?.headers['client-request-id'];
    assert.deepEqual(
      outcomes.map(({ kind, request }) => [kind, request]),
      [
        ['accepted', { requestId: 'own', clientRequestId }],
        ['refused', { requestId: 'whole', clientRequestId }],
      ],
    );
  });

  test('a number is assigned, polled in both shapes of the answer, and read back', async () => {
    const location = `${fake.origin}/v1.0/admin/teams/telephoneNumberManagement/operations('QXNz')`;
    say({ status: 202, headers: { location, 'request-id': 'theirs-1' } });
    const client = fake.client();
    const ours = () => fake.seen.at(-1)?.headers['client-request-id'];
    assert.deepEqual(await assignNumber(client, '+12025550142', dana), {
      kind: 'accepted',
      write: 'assign',
      operationId: 'QXNz',
      request: { requestId: 'theirs-1', clientRequestId: ours() },
    });
    assert.deepEqual(fake.seen[0]?.body, {
      telephoneNumber: '+12025550142',
      assignmentTargetId: dana,
      numberType: 'directRouting',
      assignmentCategory: 'primary',
    });
    const done = { id: 'QXNz', createdDateTime: '2026-05-04T10:11:12Z', status: 'succeeded', numbers: [] };
    say({ status: 200, body: done });
    assert.deepEqual(await pollNumberOperation(client, 'QXNz'), {
      kind: 'succeeded',
      request: { clientRequestId: ours() },
    });
    assert.deepEqual(fake.faults, []);
    say({ status: 200, body: { value: { ...done, status: 'running' } } });
    assert.equal((await pollNumberOperation(client, 'QXNz'))?.kind, 'running');
    fake.faults.length = 0;
    say(error(404, 'itemNotFound'));
    assert.equal((await pollNumberOperation(client, 'QXNz'))?.kind, 'forgotten');

    const assignment = {
      id: 'x',
      telephoneNumber: '+12025550142',
      operatorId: 'o',
      numberType: 'directRouting',
      activationState: 'activated',
      capabilities: [],
      supportedCustomerActions: [],
      reverseNumberLookupOptions: [],
      assignmentTargetId: dana,
    };
    say({ status: 200, body: { value: [{ ...assignment, telephoneNumber: '+1202555014' }, assignment] } });
    assert.equal((await readNumber(client, '+12025550142'))?.assignmentTargetId, dana);
    assert.match(fake.seen.at(-1)?.url ?? '', /%2B12025550142/);
    assert.deepEqual(fake.faults, []);
  });

  test('Graph refuses an assignment at once: the engine gets a final no with the words', async () => {
    say(error(400, 'BadRequest'));
    const outcome = await assignNumber(fake.client(), '+12025550142', dana);
    assert.equal(outcome?.kind, 'refused');
  });

  test('presences: strangers are dropped, missing ones stay missing', async () => {
    say({
      status: 200,
      body: { value: [presence, { id: 'stranger', availability: 'Away', activity: 'Away' }] },
    });
    const { found, request } = await readPresences(fake.client(), [dana.toUpperCase(), bo]);
    assert.equal(request?.clientRequestId, fake.seen[0]?.headers['client-request-id']);
    assert.deepEqual([...found.keys()], [dana.toUpperCase()]);
    assert.equal(found.get(dana.toUpperCase())?.availability, 'Busy');
    assert.deepEqual(fake.faults, []);
  });

  test('busy is set with our client id as the session, cleared with the same, and no session to clear is fine', async () => {
    say({ status: 200 });
    const client = fake.client();
    const set = {
      kind: 'setPresence',
      sequence: 1,
      availability: 'Busy',
      activity: 'InACall',
      expirationDuration: 'PT5M',
    } as const;
    assert.deepEqual(await writePresence(client, 'app', dana, set), { is: 'done' });
    assert.deepEqual(fake.seen[0]?.body, {
      sessionId: 'app',
      availability: 'Busy',
      activity: 'InACall',
      expirationDuration: 'PT5M',
    });
    assert.deepEqual(fake.faults, []);
    say(error(404, 'NotFound'));
    assert.deepEqual(await writePresence(client, 'app', dana, { kind: 'clearPresence', sequence: 2 }), {
      is: 'notFound',
    });
  });

  test('who was just started sends one request of a kind, and the others follow its answer', async () => {
    const waits: { leftMs: number; kept: [string, number][] } = { leftMs: 0, kept: [] };
    let open = 0;
    let most = 0;
    const counting = {
      close: () => undefined,
      async exchange(request: Parameters<typeof fake.https.exchange>[0]) {
        most = Math.max(most, ++open);
        try {
          return await fake.https.exchange(request);
        } finally {
          open--;
        }
      },
    };
    const graph = fake.client({
      https: counting,
      waits: { leftMs: () => waits.leftMs, keep: (bucket, ms) => void waits.kept.push([bucket, ms]) },
    });
    say(error(429, 'TooManyRequests', { 'retry-after': '4' }), { status: 200, body: { value: [] } });
    const read = () => readPresences(graph, [dana]).catch((refused: unknown) => refused);
    const all = await Promise.all([read(), read(), read()]);
    assert.equal(fake.seen.length, 1, 'the refusal of the first held the others back');
    assert.ok(all.every((one) => one instanceof GraphError && one.code === 'graph-throttled'));
    assert.deepEqual(waits.kept, [['presence', 4000]]);
    assert.equal(most, 1);
  });

  test('Microsoft says nothing: who waited behind the first is told when their patience is over, not one timeout after the other', async () => {
    let now = 0;
    let sent = 0;
    const graph = fake.client({
      clock: { wall: () => now, sleep: () => Promise.reject(new Error('nobody sleeps here')) },
      https: {
        close: () => undefined,
        exchange() {
          sent += 1;
          now += 30_000;
          return Promise.reject(new Error('timeout after 30000 ms'));
        },
      },
    });
    const all = await Promise.all([1, 2, 3, 4].map(() => failed(readPresences(graph, [dana]))));
    assert.equal(sent, 1);
    assert.deepEqual(new Set(all.map(({ code }) => code)), new Set(['graph-unavailable']));
    // Who comes later asks anew.
    await failed(readPresences(graph, [dana]));
    assert.equal(sent, 2);
  });

  test('a start keeps the wait that its predecessor was told', async () => {
    const asked: number[] = [];
    const graph = fake.client({
      waits: { leftMs: (bucket) => (bucket === 'identity' ? 7000 : 0), keep: () => undefined },
    });
    say({ status: 200, body: { value: [] } });
    await graph.call('users');
    asked.push(...graph.slept);
    assert.deepEqual(asked, [7000]);
    assert.equal(fake.seen.length, 1);
  });

  test('a batch whose inner requests were refused holds back who waits for it, and counts as one refusal', async () => {
    const graph = fake.client();
    const inner = (status: number) => ({
      status: 200,
      body: {
        responses: ['0', '1', '2'].map((id) => ({
          id,
          status,
          headers: {},
          body: status === 429 ? { error: { code: 'TooManyRequests', message: 'no' } } : { value: [] },
        })),
      },
    });
    say(inner(429), inner(200));
    await graph.batch([1, 2, 3].map(() => ({ operation: 'users' as const })));
    assert.equal(graph.slept[0], 10_000, 'not doubled for each');
  });
});

test('an operation is named in either way in Location', () => {
  assert.equal(operationIdOf("https://x/v1.0/a/operations('QXNz')"), 'QXNz');
  assert.equal(operationIdOf('https://x/v1.0/a/operations/QXNz'), 'QXNz');
  assert.equal(operationIdOf(undefined), undefined);
});

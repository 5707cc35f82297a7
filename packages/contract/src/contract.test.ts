import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ApiError,
  addressOf,
  createClient,
  newNumberRange,
  openapi,
  permissions,
  problemPage,
  problems,
  type Role,
  type RouteSpec,
  roleMay,
  routes,
  usualProblems,
  withoutConsent,
} from './index.ts';

const all = Object.entries(routes) as [string, RouteSpec][];

test('every route that names a thing by id says whose account it must be', () => {
  for (const [id, route] of all) {
    if (route.path.includes('{')) assert.equal(route.account, 'resource', id);
  }
});

test('no two routes share method and path', () => {
  const seen = all.map(([, route]) => `${route.method} ${route.path}`);
  assert.equal(new Set(seen).size, seen.length);
});

test('only health, metrics, the description, signing in, the way of the approval link and the report of the script are open to strangers', () => {
  const open = all.filter(([, route]) => route.permission === 'public').map(([id]) => id);
  assert.deepEqual(open.sort(), [
    'connections.approve',
    'healthz',
    'metrics',
    'openapi',
    'readyz',
    'routingDomains.report',
    'session.create',
    'session.microsoft',
    'session.microsoftReturn',
  ]);
});

test('OpenAPI 3.1 names every route, its roles and every refusal that it may give', () => {
  const document = openapi('1.2.3') as {
    openapi: string;
    paths: Record<
      string,
      Record<string, { operationId: string; responses: Record<string, unknown>; 'x-roles': unknown }>
    >;
  };
  assert.equal(document.openapi, '3.1.0');
  for (const [id, route] of all) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()];
    assert.equal(operation?.operationId, id);
    assert.deepEqual(operation?.['x-roles'], permissions[route.permission]);
    for (const code of [...route.problems, ...usualProblems(route)]) {
      assert.ok(operation?.responses[String(problems[code].status)], `${id} lacks ${code}`);
    }
  }
  assert.doesNotThrow(() => JSON.stringify(document));
});

test('the page of error codes has a row for each code', () => {
  const page = problemPage();
  for (const code of Object.keys(problems)) assert.ok(page.includes(`\`${code}\``), code);
});

test('a number whose plus was not encoded is still read as a number', () => {
  const query = routes['calls.list'].query.parse({ number: ' 12025550142' });
  assert.equal(query.number, '+12025550142');
});

test('a number may be written as people write it, also with its area code in brackets', () => {
  const contact = routes['contacts.add'].body;
  const exceptions = routes['presence.changeExceptions'].body;
  const taken = (number: string): readonly boolean[] => [
    contact.safeParse({ displayName: 'Pat', numbers: [number] }).success,
    exceptions.safeParse({ important: [{ kind: 'number', number }] }).success,
  ];
  for (const number of ['(202) 555-0142', '202-555-0142', '+1 (202) 555-0142', '1002'])
    assert.deepEqual(taken(number), [true, true], number);
  for (const number of ['((202) 555-0142', ')202', 'call me', ''])
    assert.deepEqual(taken(number), [false, false], number);
});

test('somebody of one’s own has a mail address or none, not any words', () => {
  const contact = routes['contacts.add'].body;
  const taken = (mail: string) => contact.safeParse({ displayName: 'Pat', numbers: ['1002'], mail }).success;
  assert.deepEqual(['pat@example.org', 'Europe/Nowhere', 'a@b c'].map(taken), [true, false, false]);
});

test('addresses encode what they carry and leave out what is unset', () => {
  assert.equal(addressOf(routes['calls.read'], { params: { id: 'a/../b' } }), '/api/v1/calls/a%2F..%2Fb');
  assert.equal(
    addressOf(routes['calls.list'], { query: { number: '+1', result: undefined, account: '' } }),
    '/api/v1/calls?number=%2B1',
  );
});

test('the client turns a problem into an error with its code, and a dead line into one with status 0', async () => {
  const { title, next } = problems['number-taken'];
  const client = createClient({
    baseUrl: '',
    csrfToken: () => 'token',
    fetch: async (_url, init) => {
      assert.equal(new Headers(init.headers).get('x-csrf-token'), 'token');
      return Response.json({ type: '/x', title, status: 409, code: 'number-taken', next }, { status: 409 });
    },
  });
  await assert.rejects(
    client.call('people.change', { params: { id: 'p1' }, body: { number: null } }),
    (error: unknown) =>
      error instanceof ApiError && error.problem?.code === 'number-taken' && error.status === 409,
  );
  const dead = createClient({
    baseUrl: '',
    fetch: async () => {
      throw new TypeError('refused');
    },
  });
  await assert.rejects(
    dead.call('session.read', {}),
    (error: unknown) => error instanceof ApiError && error.status === 0,
  );
});

test('a search that holds a NUL character is the caller’s mistake, not a fault of ours', () => {
  const { query } = routes['people.list'];
  assert.equal(query.safeParse({ search: 'dana' }).success, true);
  assert.equal(query.safeParse({ search: 'da\0na' }).success, false);
  const numbers = routes['numbers.list'].query;
  assert.equal(numbers.safeParse({ search: '+1202\0' }).success, false);
});

test('the service desk looks again and tries again; what decides about a link is an administrator’s (product-behaviour 8)', () => {
  const may = (role: Role, id: keyof typeof routes): boolean => {
    const { permission }: RouteSpec = routes[id];
    return permission !== 'public' && roleMay(role, permission);
  };
  for (const id of ['provisioning.recheck', 'provisioning.retry', 'presence.fix'] as const)
    assert.ok(may('desk', id), id);
  // Pushing repairs what somebody else changed at Microsoft, as deciding about the drift does.
  for (const id of [
    'provisioning.push',
    'provisioning.drift',
    'provisioning.undo',
    'provisioning.takeOver',
  ] as const) {
    assert.ok(!may('desk', id), id);
    assert.ok(may('admin', id), id);
    assert.equal(withoutConsent(id, routes[id]), 'proposal', id);
  }
});

test('N31: the sync operator starts runs and sees what they came to; nothing else is written or read', () => {
  const granted = Object.entries<RouteSpec>(routes)
    .filter(([, { permission }]) => permission !== 'public' && permission !== 'session')
    .filter(([, { permission }]) => roleMay('sync', permission));
  const writes = granted.filter(([, { method }]) => method !== 'GET').map(([id]) => id);
  assert.deepEqual(writes.sort(), ['directory.refresh', 'presenceSync.startRun']);
  for (const [id, { permission }] of granted)
    assert.ok(['sync:read', 'sync:run', 'presence-sync:run'].includes(permission), id);
});

test('N45: for whom a range is may be said by city, department or both; null is everybody, as in a file', () => {
  const asked = (when: unknown) =>
    newNumberRange.safeParse({
      account: '01930000-0000-7000-8000-00000000ac3e',
      name: 'London',
      first: '+442079460100',
      last: '+442079460109',
      when,
    }).success;
  for (const when of [{ city: 'London' }, { department: 'Sales' }, { city: 'London', department: 'Sales' }])
    assert.ok(asked(when), JSON.stringify(when));
  assert.ok(asked(undefined) && asked(null));
  for (const when of [{}, { city: '' }, { town: 'London' }, 'London'])
    assert.ok(!asked(when), JSON.stringify(when));
});

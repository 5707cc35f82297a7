import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, test } from 'node:test';
import { promisify } from 'node:util';
import { liveEvent, type Person, type Readiness } from '@tandem/contract';
import { portSlot } from '../kit/port-slot.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import type { WatchedCall } from '../support/scenario/twin.ts';
import { until } from '../support/scenario/until.ts';

/** Who calls from Teams is decided by group, licence, number and toggle; what is missing is said, and refuses calls. */

const pat = '+12025550199';
const dana = 'dana@acme.example';
const danaNumber = '+12025550142';
const alex = 'alex@acme.example';
const alexNumber = '+12025550143';

let platform: Platform;
const people = new Map<string, Person>();

before(async () => {
  platform = await startPlatform((await portSlot()).base);
  for (const person of await everybody()) people.set(person.upn, person);
  await until('Microsoft was read', async () =>
    (await everybody()).every(({ readiness }) => readiness.verdict !== 'unverified'),
  );
});
after(async () => platform?.stop());
afterEach(async () => {
  await platform.twin.mend();
  await platform.twin.ask('PATCH', '/graph', {
    directoryLagMs: 0,
    configurationLagMs: 700,
    operationMs: 300,
  });
});

const everybody = async (): Promise<readonly Person[]> =>
  (await platform.api.get<{ items: readonly Person[] }>('/people?limit=100')).items;

const idOf = (upn: string): string => people.get(upn)?.id ?? upn;
const readinessOf = (upn: string): Promise<Readiness> => platform.api.get(`/people/${idOf(upn)}/readiness`);

/** Once the API shows it: the same moment from which calls must follow. */
const shown = (
  upn: string,
  what: string,
  is: (readiness: Readiness) => boolean,
  patienceMs = 60_000,
): Promise<Readiness> =>
  until(
    `${upn} ${what}`,
    async () => {
      const readiness = await readinessOf(upn);
      return is(readiness) ? readiness : undefined;
    },
    patienceMs,
  );
const blockedBy = (upn: string, code: string): Promise<Readiness> =>
  shown(upn, `is blocked by ${code}`, (one) => one.verdict === 'blocked' && one.code === code);
const callsAgain = (upn: string): Promise<Readiness> =>
  shown(upn, 'may call', ({ verdict }) => verdict === 'ready' || verdict === 'attention');

async function change(upn: string, body: Record<string, unknown>): Promise<Person> {
  const answer = await fetch(`${platform.ready.api}/people/${idOf(upn)}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Person;
}
const atMicrosoft = (upn: string, body: Record<string, unknown>): Promise<unknown> =>
  platform.twin.ask('PATCH', `/users/${encodeURIComponent(upn)}`, body);

async function refusedWith(call: WatchedCall, status: number, q850: number, code: string): Promise<void> {
  assert.ok(!call.connected, 'the call went through');
  const record = await platform.api.finished(call.sipCallId ?? '');
  assert.deepEqual([call.status, record.q850], [status, q850], call.reason);
  assert.equal(record.code, code, record.sentence);
  assert.ok(
    record.why.some((reason) => reason.includes(record.sentence ?? '-')),
    'its sentence stands in why',
  );
}
async function goesThrough(from: string, to: string): Promise<void> {
  const call = await platform.twin.call(from, to);
  assert.ok(call.connected, call.connected ? '' : call.reason);
}

test('each person of the rehearsal world is in the state that the story tells, with code, owner and fix', async () => {
  const expected: Readonly<Record<string, readonly [string, string, string]>> = {
    'dana@acme.example': ['ready', 'READY', ''],
    'alex@acme.example': ['ready', 'READY', ''],
    'bo@acme.example': ['blocked', 'BLOCKED', 'PRV-401'],
    'casey@acme.example': ['blocked', 'BLOCKED', 'PRV-301'],
    'devin@acme.example': ['blocked', 'OUT', 'PRV-205'],
    'sam@acme.example': ['blocked', 'BLOCKED', 'PRV-111'],
    'sam.stone@acme.example': ['blocked', 'BLOCKED', 'PRV-111'],
    'gale_partner.example#ext#@acme.example': ['blocked', 'BLOCKED', 'PRV-203'],
    'dylan@acme.example': ['blocked', 'BLOCKED', 'PRV-202'],
    'toni@acme.example': ['blocked', 'BLOCKED', 'PRV-303'],
    'wren@acme.example': ['attention', 'AWAITING_RELAUNCH', 'PRV-601'],
    'blake@acme.example': ['ready', 'READY', ''],
    'drew@acme.example': ['ready', 'READY', ''],
    'nico@acme.example': ['ready', 'READY', ''],
    'robin@acme.example': ['ready', 'READY', ''],
    'dana@globex.example': ['ready', 'READY', ''],
  };
  const seen = new Map((await everybody()).map(({ upn, readiness }) => [upn, readiness]));
  for (const [upn, [verdict, state, code]] of Object.entries(expected)) {
    const summary = seen.get(upn);
    assert.deepEqual([summary?.verdict, summary?.state, summary?.code ?? ''], [verdict, state, code], upn);
    const { checks, headline } = await readinessOf(upn);
    assert.equal(checks.length, 13);
    const first =
      checks.find((check) => check.status === 'red') ?? checks.find(({ status }) => status !== 'green');
    assert.equal(first?.code ?? '', code, upn);
    if (!first) continue;
    assert.equal(first.sentence, headline);
    assert.notEqual(first.owner, 'nobody');
    assert.ok(first.fix, `${upn} is told no next step`);
  }
  const blocked = await platform.api.get<{ items: readonly Person[] }>('/people?readiness=blocked&limit=100');
  assert.equal(blocked.items.length, 8);
});

test('a carrier that calls somebody who is not ready gets 480 and cause 20, and the code of what is missing', async () => {
  for (const [number, code] of [
    ['+12025550144', 'PRV-401'],
    ['+12025550145', 'PRV-205'],
    ['+12025550146', 'PRV-111'],
    ['+12025550148', 'PRV-203'],
    ['+12025550149', 'PRV-202'],
    ['+12025550150', 'PRV-303'],
  ] as const)
    await refusedWith(await platform.twin.call(pat, number), 480, 20, code);
});

test('Toni and Sam call from their Teams clients: 403 and cause 63, but never for an emergency', async () => {
  await refusedWith(await platform.twin.call('toni@acme.example', pat), 403, 63, 'PRV-303');
  await refusedWith(await platform.twin.call('sam@acme.example', pat), 403, 63, 'PRV-111');
  await goesThrough('toni@acme.example', '911');
});

test('the toggle: off refuses at once and takes the number back, on makes Dana call again; watchers hear of it', async () => {
  const watching = new AbortController();
  const stream = await fetch(`${platform.ready.api}/events`, {
    headers: { authorization: `Bearer ${platform.token}` },
    signal: watching.signal,
  });
  const heard: string[] = [];
  const listening = (async () => {
    for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? [])
      for (const line of chunk.split('\n').filter((one) => one.startsWith('data: '))) {
        const event = liveEvent.parse(JSON.parse(line.slice(6)));
        if (event.kind === 'person' && event.personId === idOf(dana) && event.readiness)
          heard.push(event.readiness.code ?? event.readiness.verdict);
      }
  })().catch(() => undefined);

  const changed = await change(dana, { teamsToggle: false });
  assert.equal(changed.readiness.code, 'PRV-303', 'the answer to the change says it already');
  await refusedWith(await platform.twin.call(pat, danaNumber), 480, 20, 'PRV-303');
  const { state } = await shown(dana, 'is out', (one) => one.state === 'BLOCKED');
  assert.equal(state, 'BLOCKED');
  const user = await platform.twin.ask<{ number: string | null }>('GET', `/users/${dana}`);
  assert.equal(user.number ?? null, null, 'the number is still at Microsoft');
  await change(dana, { teamsToggle: true });
  const back = await callsAgain(dana);
  assert.ok(back.state === 'PROPAGATING' || back.state === 'AWAITING_RELAUNCH', back.state);
  await goesThrough(pat, danaNumber);
  await shown(dana, 'is ready again', ({ verdict }) => verdict === 'ready');
  await until('the watcher heard of both', () => heard.includes('PRV-303') && heard.includes('ready'));
  watching.abort();
  await listening;
});

test('the group: who leaves it is refused, who joins again calls; with the delay of Microsoft’s directory too', async () => {
  await platform.twin.ask('PATCH', '/graph', { directoryLagMs: 3_000, configurationLagMs: 3_000 });
  await atMicrosoft(dana, { groupMember: false });
  await blockedBy(dana, 'PRV-205');
  await refusedWith(await platform.twin.call(pat, danaNumber), 480, 20, 'PRV-205');
  await atMicrosoft(dana, { groupMember: true });
  await callsAgain(dana);
  await goesThrough(dana, pat);
});

test('the licences: without Microsoft’s or the platform’s Dana is refused, each with its code', async () => {
  await atMicrosoft(dana, { licences: ['teams'] });
  await blockedBy(dana, 'PRV-401');
  await refusedWith(await platform.twin.call(pat, danaNumber), 480, 20, 'PRV-401');
  await atMicrosoft(dana, { licences: ['teams', 'teams-phone'] });
  await callsAgain(dana);
  await change(dana, { platformLicence: false });
  await blockedBy(dana, 'PRV-402');
  await refusedWith(await platform.twin.call(pat, danaNumber), 480, 20, 'PRV-402');
  await change(dana, { platformLicence: true });
  await callsAgain(dana);
  await goesThrough(pat, danaNumber);
});

test('the number: a new one is assigned instead of the old one, none at all is PRV-301', async () => {
  const fresh = '+12025550170';
  await change(dana, { number: fresh });
  await until('Microsoft has given Dana the new number', async () => {
    const { number } = await platform.twin.ask<{ number?: string | null }>('GET', `/users/${dana}`);
    return number === fresh;
  });
  await callsAgain(dana);
  await goesThrough(pat, fresh);
  await change(dana, { number: null });
  await blockedBy(dana, 'PRV-301');
  await until('Microsoft has no number of Dana', async () => {
    const { number } = await platform.twin.ask<{ number?: string | null }>('GET', `/users/${dana}`);
    return number === null || number === undefined;
  });
  await change(dana, { number: danaNumber });
  await callsAgain(dana);
  await goesThrough(pat, danaNumber);
});

test('Alex has no mail at Microsoft: the sign-in name is enough', async () => {
  await atMicrosoft(alex, { mail: null });
  const before = (await readinessOf(alex)).checkedAt;
  const later = await shown(alex, 'was read again', ({ checkedAt }) => checkedAt > before);
  assert.equal(later.verdict, 'ready');
});

for (const [title, fault, says] of [
  ['slows us down (429 with Retry-After)', '429', /Microsoft asked us to slow down|does not answer/],
  ['answers 503', '503', /slow down|does not answer/],
  ['says that our token is wrong', '401', /Permission .* is missing/],
  ['is too slow to answer', 'slow', /does not answer/],
] as const) {
  test(`Graph ${title}: calls go on, nobody is removed, and it is said; then all is well again`, async () => {
    await platform.twin.ask('POST', '/faults', { at: 'graph', fault, operation: '*', delayMs: 60_000 });
    await atMicrosoft(alex, { groupMember: false });
    const { headline } = await shown(alex, 'is not verified', (one) => one.verdict !== 'ready', 90_000);
    assert.match(headline, says);
    const { state } = await readinessOf(alex);
    assert.equal(state, 'READY');
    await goesThrough(pat, alexNumber);
    await goesThrough(alex, pat);
    await atMicrosoft(alex, { groupMember: true });
    await platform.twin.mend();
    await shown(alex, 'is ready again', (one) => one.verdict === 'ready', 90_000);
  });
}

test('Microsoft forgets all tokens: a fresh one is asked for, and nobody notices', async () => {
  await platform.twin.ask('PATCH', '/graph', { rotateKeys: 'and-forget' });
  const before = (await readinessOf(alex)).checkedAt;
  const later = await shown(alex, 'was read with a new token', ({ checkedAt }) => checkedAt > before);
  assert.equal(later.verdict, 'ready');
});

test('an administrator takes the consent back: PRV-002 or PRV-001 for everybody, and calls go on', async () => {
  const { entraTenantId } = (
    await platform.api.get<{ items: readonly { name: string; entraTenantId?: string }[] }>('/accounts')
  ).items.find(({ name }) => name === 'Acme') ?? { entraTenantId: '' };
  const { app } = await platform.twin.ask<{ app: { tenants: readonly { id: string; roles: string[] }[] } }>(
    'GET',
    '/graph',
  );
  const roles = app.tenants.find(({ id }) => id === entraTenantId)?.roles;
  assert.ok(roles);
  await platform.twin.ask('PATCH', `/tenants/${entraTenantId}`, { graphRoles: [] });
  await platform.twin.ask('PATCH', '/graph', { rotateKeys: 'and-forget' });
  await shown(alex, 'is told of the consent', ({ code }) => code === 'PRV-002' || code === 'PRV-001');
  await goesThrough(pat, alexNumber);
  await platform.twin.ask('PATCH', `/tenants/${entraTenantId}`, { graphRoles: roles });
  await platform.twin.ask('PATCH', '/graph', { rotateKeys: 'and-forget' });
  await shown(alex, 'is ready again', ({ verdict }) => verdict === 'ready');
});

test('the node is killed while Microsoft assigns: its successor sees it through without a second request', async () => {
  await change(alex, { teamsToggle: false });
  await shown(alex, 'is out', ({ state }) => state === 'BLOCKED');
  await platform.twin.ask('PATCH', '/graph', { operationMs: 8_000 });
  const since = await platform.twin.lastSeq();
  const assignments = async (): Promise<number> =>
    (await platform.twin.audit({ after: since, kind: 'http', limit: 5_000 })).filter(({ summary }) =>
      /\/assignNumber/.test(summary),
    ).length;
  await change(alex, { teamsToggle: true });
  await until('Microsoft was asked', async () => (await assignments()) > 0);
  const pid = platform.pidOf('node');
  process.kill(pid, 'SIGKILL');
  await until('another node runs', () => {
    try {
      return platform.pidOf('node') !== pid;
    } catch {
      return false; // its file is written when it has started
    }
  });
  await until(
    'Alex calls again',
    async () => {
      const readiness = await readinessOf(alex).catch(() => undefined);
      return readiness?.verdict === 'attention' || readiness?.verdict === 'ready';
    },
    150_000,
  );
  assert.equal(await assignments(), 1);
});

test('the doctor tells it on the command line, with an exit code for scripts', async () => {
  const doctor = async (...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const args = ['apps/server/src/main.ts', 'doctor', ...words, '--port-base', String(platform.portBase)];
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, args)) };
    } catch (error) {
      const failed = error as { code: number; stdout: string; stderr: string };
      return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr };
    }
  };
  const ready = await doctor(dana);
  assert.equal(ready.code, 0, ready.stderr);
  assert.match(ready.stdout, /Dana Doe, dana@acme\.example/);
  const bo = await doctor('bo@acme.example', '--json');
  assert.equal(bo.code, 1);
  const { readiness } = JSON.parse(bo.stdout) as { readiness: Readiness };
  assert.equal(readiness.code, 'PRV-401');
  const sams = await doctor('sam stone');
  assert.equal(sams.code, 2);
  assert.match(sams.stderr, /sam\.stone@acme\.example/);
  assert.equal((await doctor('nobody@acme.example')).code, 2);
});

test('how links and requests to Microsoft stand is in the metrics', async () => {
  const text = await (await fetch(platform.ready.metrics)).text();
  assert.match(text, /provisioning_links\{state="READY"\} \d+/);
  assert.match(text, /graph_requests_total\{operation="usersDelta",code="200"\} \d+/);
  assert.match(text, /graph_requests_total\{operation="numberAssignments",code="200"\} \d+/);
  assert.match(text, /graph_request_seconds_count\{operation="usersDelta"\} \d+/);
});

const atPlatform = async <T>(method: string, path: string, body: unknown): Promise<T> => {
  const answer = await fetch(`${platform.ready.api}${path}`, {
    method,
    headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return (await answer.json()) as T;
};
interface ConnectionView {
  readonly id: string;
  readonly accountId: string;
  readonly tenant: { readonly id: string };
}
const acmeConnection = async (): Promise<ConnectionView> => {
  const { items } = await platform.api.get<{ items: readonly ConnectionView[] }>('/connections');
  const found = items.find(({ accountId }) => accountId === people.get(dana)?.accountId);
  assert.ok(found);
  return found;
};
const enableGroupOf = async (tenantId: string): Promise<{ id: string; displayName: string }> => {
  const { groups } = await platform.twin.ask<{
    groups: readonly { id: string; displayName: string; nested: readonly string[] }[];
  }>('GET', `/tenants/${tenantId}/directory`);
  const found = groups.find(({ nested }) => nested.length > 0);
  assert.ok(found);
  return found;
};
const numberAtMicrosoft = async (upn: string): Promise<string | undefined> =>
  (await platform.twin.ask<{ number?: string | null }>('GET', `/users/${upn}`)).number ?? undefined;

test('the licence went first: the number is stranded (PRV-405); the licence back saves the number, or lets it be taken back', async () => {
  await platform.twin.ask('PATCH', '/graph', { strandedAfterMs: 0 });
  await atMicrosoft(dana, { licences: ['teams'] });
  const stranded = await blockedBy(dana, 'PRV-405');
  assert.equal(stranded.state, 'REMOVE_FAILED');
  const [check] = stranded.checks.filter(({ code }) => code === 'PRV-405');
  assert.deepEqual(
    [check?.owner, check?.fix],
    ['entra-admin', 'Add the licence again, release the number, then remove the licence.'],
  );
  assert.equal(await numberAtMicrosoft(dana), danaNumber);
  await atMicrosoft(dana, { licences: ['teams', 'teams-phone'] });
  await callsAgain(dana);
  // Again, and this time she is to leave Teams: with the licence back the number comes back to us.
  await atMicrosoft(dana, { licences: ['teams'] });
  await blockedBy(dana, 'PRV-405');
  await change(dana, { teamsToggle: false });
  await shown(dana, 'cannot be taken out yet', ({ state }) => state === 'REMOVE_FAILED');
  await atMicrosoft(dana, { licences: ['teams', 'teams-phone'] });
  await until('Microsoft gave the number back', async () => (await numberAtMicrosoft(dana)) === undefined);
  await platform.twin.ask('PATCH', '/graph', { strandedAfterMs: 86_400_000 });
  await change(dana, { teamsToggle: true });
  await callsAgain(dana);
});

test('somebody deletes the enable group: nobody is taken out while an admin is asked, and restored it is as before', async () => {
  const { id, tenant } = await acmeConnection();
  const path = `/connections/${id}/provisioning`;
  interface View {
    readonly settings: { readonly guard: object };
    readonly status: { readonly held: readonly { readonly source: string; readonly people: number }[] };
  }
  const held = async () => (await platform.api.get<View>(path)).status.held;
  const before = await platform.api.get<View>(path);
  await atPlatform('PATCH', path, { guard: { least: 2, most: 3, percent: 20 } });
  const group = await enableGroupOf(tenant.id);
  await platform.twin.ask('DELETE', `/tenants/${tenant.id}/groups/${group.id}`);
  const [one] = await until('an admin is asked', async () =>
    (await held()).length > 0 ? held() : undefined,
  );
  assert.equal(one?.source, 'directory');
  assert.ok((one?.people ?? 0) > 3);
  await goesThrough(pat, danaNumber);
  assert.equal((await readinessOf(dana)).verdict, 'ready');
  assert.equal(await numberAtMicrosoft(dana), danaNumber);
  await platform.twin.ask('POST', `/tenants/${tenant.id}/groups/${group.id}/restore`, {});
  await until('nobody is held any more', async () => (await held()).length === 0);
  await callsAgain(dana);
  assert.equal(await numberAtMicrosoft(dana), danaNumber);
  await atPlatform('PATCH', path, { guard: before.settings.guard });
});

test('two accounts on one Microsoft tenant claim one user: both are told (PRV-206), calls go on, and it ends with the claim', async () => {
  const { tenant } = await acmeConnection();
  const before = await callsAgain(alex);
  const labs = await atPlatform<{ id: string }>('POST', '/accounts', {
    name: 'Acme Labs',
    mailDomains: [],
    country: 'US',
    timeZone: 'America/New_York',
  });
  const app = await platform.twin.ask<{ clientId: string }>('POST', '/apps', {
    tenant: tenant.id,
    displayName: 'Labs voice',
    grant: true,
    application: [
      'User.Read.All',
      'GroupMember.Read.All',
      'Organization.Read.All',
      'LicenseAssignment.Read.All',
      'TeamsTelephoneNumber.ReadWrite.All',
      'TeamsPolicyUserAssign.ReadWrite.All',
      'TeamsUserConfiguration.Read.All',
      'Domain.Read.All',
    ],
  });
  const secret = await platform.twin.ask<{ value: string }>('POST', `/apps/${app.clientId}/secrets`, {
    displayName: 'Labs',
    days: 90,
  });
  const connection = await atPlatform<ConnectionView>('POST', '/connections/registration', {
    account: labs.id,
    tenantId: tenant.id,
    clientId: app.clientId,
    credential: {
      kind: 'secret',
      secret: secret.value,
      endsAt: new Date(Date.now() + 90 * 86_400_000).toISOString(),
    },
    shareTenant: true,
  });
  const { id, displayName } = await enableGroupOf(tenant.id);
  const path = `/connections/${connection.id}/provisioning`;
  await atPlatform('PATCH', path, { enableGroups: [{ id, name: displayName }], routingByHand: true });
  const job = await atPlatform<{ id: string; preview: string }>('POST', '/jobs', {
    kind: 'import-people',
    account: labs.id,
    csv: `upn,displayName,number,teams,licence,active\n${alex},Alex of Labs,+12025550190,yes,yes,yes`,
  });
  await atPlatform('POST', `/jobs/${job.id}/start`, { preview: job.preview });
  const ofLabs = await until('the person of Labs is there', async () =>
    (await everybody()).find(({ accountId }) => accountId === labs.id),
  );
  await until('Labs is told', async () => {
    const { code, headline } = await platform.api.get<Readiness>(`/people/${ofLabs.id}/readiness`);
    return code === 'PRV-206' && headline === 'Also claimed by account Acme.';
  });
  const both = await blockedBy(alex, 'PRV-206');
  assert.deepEqual([both.state, both.headline], [before.state, 'Also claimed by account Acme Labs.']);
  assert.equal(await numberAtMicrosoft(alex), alexNumber, 'nothing was written');
  await goesThrough(pat, alexNumber);
  await atPlatform('PATCH', path, { enableGroups: [] });
  await callsAgain(alex);
});

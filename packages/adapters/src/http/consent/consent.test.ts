import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ApiError,
  actsWithoutConsent,
  createClient,
  type RouteId,
  type RouteSpec,
  roleMay,
  routes,
  withoutConsent,
} from '@tandem/contract';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { createHarness, type Visitor } from '../testing/harness.ts';
import { lockedOutId } from '../testing/memory-access-board.ts';
import { sampleProposalIds } from '../testing/sample-proposals.ts';
import * as world from '../testing/sample-world.ts';
import { hasFinder, placeOf } from './account-of.ts';
import { secretNames, shownRequest } from './shown-request.ts';

const acmeConsent = `/api/v1/accounts/${world.acmeId}/provider-consent`;
const dana = `/api/v1/people/${world.danaId}`;
const day = 24 * 3_600_000;

describe('the provider in an account that took its consent back', () => {
  let harness: Awaited<ReturnType<typeof createHarness>>;
  let operator: Visitor;
  let admin: Visitor;
  let stranger: Visitor;
  before(async () => {
    harness = await createHarness();
    operator = await harness.visitor('operator');
    admin = await harness.visitor('admin@acme.example');
    stranger = await harness.visitor('admin@globex.example');
  });
  after(() => harness.server.close());

  const consent = async (given: boolean): Promise<void> => {
    const answer = await admin.ask(acmeConsent, { method: 'PUT', body: { given, reason: 'by the test' } });
    assert.equal(answer.status, 200, answer.text);
  };
  const propose = async (path: string, method: 'PUT' | 'PATCH' | 'POST' | 'DELETE', body?: unknown) => {
    const answer = await operator.ask(path, { method, ...(body !== undefined && { body }) });
    assert.equal(answer.status, 202, answer.text);
    const kept = answer.json();
    assert.equal(answer.headers['tandem-proposal'], kept.proposal);
    assert.equal(kept.code, 'kept-as-proposal');
    return String(kept.proposal);
  };
  const tagsOf = async (): Promise<unknown> => (await admin.ask(`${dana}/tags`)).json().tags;
  const decide = (who: Visitor, id: string, how: string, body?: unknown) =>
    who.ask(`/api/v1/proposals/${id}/${how}`, {
      method: 'POST',
      ...(body !== undefined && { body }),
    });

  test('consent is given until an administrator takes it back; the operator cannot give it', async () => {
    assert.deepEqual((await operator.ask(acmeConsent)).json(), { accountId: world.acmeId, given: true });
    const tags = await operator.ask(`${dana}/tags`, { method: 'PUT', body: { tags: ['Direct'] } });
    assert.equal(tags.status, 200);
    await consent(false);
    const read = (await operator.ask(acmeConsent)).json();
    assert.equal(read.given, false);
    assert.equal(read.changedBy, 'admin@acme.example');
    const given = await operator.ask(acmeConsent, { method: 'PUT', body: { given: true } });
    assert.equal(given.status, 403);
    const foreign = await stranger.ask(acmeConsent, { method: 'PUT', body: { given: true } });
    assert.equal(foreign.status, 404);
  });

  test('a change of the operator waits; approved, it is made and the audit names both', async () => {
    await consent(false);
    const was = await tagsOf();
    const id = await propose(`${dana}/tags`, 'PUT', { tags: ['Sales'] });
    assert.deepEqual(await tagsOf(), was);
    const read = (await admin.ask(`/api/v1/proposals/${id}`)).json();
    assert.deepEqual(read.changes, [{ field: 'tags', now: was, wanted: ['Sales'] }]);
    assert.match(String(read.sentence), /^Dana .*: set tags to \["Sales"\]\.$/);
    const approved = await decide(admin, id, 'approve');
    assert.equal(approved.status, 200, approved.text);
    assert.equal((approved.json().proposal as { state: string }).state, 'carried-out');
    assert.deepEqual(await tagsOf(), ['Sales']);
    const again = await decide(admin, id, 'approve');
    assert.equal(again.status, 409);
    const { items } = (await admin.ask('/api/v1/audit?action=proposal.')).json() as {
      items: { action: string; actor: { name: string }; after: { proposedBy: string } }[];
    };
    const [entry] = items.filter(({ action }) => action === 'proposal.approve');
    assert.equal(entry?.actor.name, 'admin@acme.example');
    assert.equal(entry?.after.proposedBy, 'operator');
  });

  test('what is carried out stands in the audit as the proposer’s, with who approved it', async () => {
    await consent(false);
    const id = await propose(dana, 'PATCH', { platformLicence: false });
    assert.equal((await decide(admin, id, 'approve')).status, 200);
    const { items } = (await admin.ask('/api/v1/audit?action=person.change')).json() as {
      items: { actor: Record<string, unknown> }[];
    };
    assert.equal(items[0]?.actor.name, 'operator');
    assert.equal(items[0]?.actor.approvedBy, 'admin@acme.example');
    await decide(admin, await propose(dana, 'PATCH', { platformLicence: true }), 'approve');
  });

  test('another customer neither sees nor approves it, and lower roles and the operator do not approve', async () => {
    await consent(false);
    const id = await propose(`${dana}/tags`, 'PUT', { tags: ['Secret plan'] });
    assert.equal((await stranger.ask(`/api/v1/proposals/${id}`)).status, 404);
    assert.equal((await decide(stranger, id, 'approve')).status, 404);
    assert.equal((await decide(stranger, id, 'reject', { reason: 'no' })).status, 404);
    assert.doesNotMatch((await stranger.ask('/api/v1/proposals')).text, /Secret plan/);
    assert.equal((await stranger.ask(`/api/v1/proposals?account=${world.acmeId}`)).status, 404);
    for (const who of [operator, await harness.visitor('desk@acme.example')])
      assert.equal((await decide(who, id, 'approve')).status, 403);
    assert.equal((await decide(admin, id, 'withdraw', {})).status, 403);
  });

  test('rejected with a reason or withdrawn: the operator reads which, and nothing is made; a proposal lives for thirty days', async () => {
    await consent(false);
    const was = await tagsOf();
    const rejected = await propose(`${dana}/tags`, 'PUT', { tags: ['A'] });
    await decide(admin, rejected, 'reject', { reason: 'not this quarter' });
    const outcome = (await operator.ask(`/api/v1/proposals/${rejected}`)).json();
    assert.deepEqual([outcome.state, outcome.reason], ['rejected', 'not this quarter']);
    const withdrawn = await propose(`${dana}/tags`, 'PUT', { tags: ['B'] });
    assert.equal((await decide(operator, withdrawn, 'withdraw', {})).json().state, 'withdrawn');
    assert.equal((await decide(admin, withdrawn, 'approve')).status, 409);
    const [proposal] = await harness.services.consents.list(world.acmeId, { limit: 1 });
    assert.ok(proposal);
    assert.equal(proposal.expiresWallMs - proposal.proposedWallMs, 30 * day);
    assert.deepEqual(await tagsOf(), was);
  });

  test('what cannot be done any more ends the proposal with the reason; what passes by itself leaves it open', async () => {
    await consent(false);
    const gone = await propose(dana, 'PATCH', { number: '+12025550143' });
    const failed = (await decide(admin, gone, 'approve')).json().proposal as Record<string, unknown>;
    assert.equal(failed.state, 'failed');
    assert.equal((failed.problem as { code: string }).code, 'number-taken');
    const { routingDomains } = harness.services;
    const [domain] = routingDomains.list({ kind: 'account', accountId: world.acmeId });
    assert.ok(domain);
    const later = await propose(`/api/v1/routing-domains/${domain.id}/steps`, 'POST', { step: 'by-hand' });
    const { step } = routingDomains;
    const away = { kind: 'microsoft-unavailable', say: 'Microsoft says 503.' } as const;
    Object.assign(routingDomains, { step: async () => away });
    const open = (await decide(admin, later, 'approve')).json().proposal as Record<string, unknown>;
    Object.assign(routingDomains, { step });
    assert.equal(open.state, 'open');
    assert.equal((open.problem as { detail: string }).detail, 'Microsoft says 503.');
    const done = (await decide(admin, later, 'approve')).json().proposal as Record<string, unknown>;
    assert.deepEqual([done.state, done.problem], ['carried-out', undefined]);
  });

  test('a proposal whose thing moved to another account is not carried out there', async () => {
    await consent(false);
    const id = await propose(`${dana}/tags`, 'PUT', { tags: ['Moved'] });
    const person = harness.directory.data.people.findIndex((one) => one.id === world.danaId);
    const before = harness.directory.data.people[person];
    assert.ok(before);
    harness.directory.data.people[person] = { ...before, accountId: world.globexId };
    const failed = (await decide(admin, id, 'approve')).json().proposal as Record<string, unknown>;
    harness.directory.data.people[person] = before;
    assert.equal(failed.state, 'failed');
    assert.notDeepEqual(await tagsOf(), ['Moved']);
  });

  test('secrets are kept for the approval and shown to nobody', async () => {
    await consent(false);
    const id = await propose('/api/v1/connections/registration', 'POST', {
      account: world.acmeId,
      tenantId: '1217ec40-0000-4000-8000-000000000003',
      clientId: 'c11e0000-0000-4000-8000-000000000001',
      credential: { kind: 'secret', secret: 'a-secret-of-microsoft', endsAt: '2027-01-01T00:00:00Z' },
    });
    for (const who of [admin, operator])
      for (const path of [`/api/v1/proposals/${id}`, '/api/v1/proposals', '/api/v1/audit'])
        assert.doesNotMatch((await who.ask(path)).text, /a-secret-of-microsoft/);
    const found = await harness.services.consents.findProposal(world.acmeId, id);
    assert.ok(found);
    assert.match(JSON.stringify(await harness.services.consents.requestOf(found)), /a-secret-of-microsoft/);
  });

  test('reading, looking again, suspending and ending the service go on; what counts at once is refused', async () => {
    await consent(false);
    assert.equal((await operator.ask(dana)).status, 200);
    const suspended = await operator.ask(`/api/v1/accounts/${world.acmeId}`, {
      method: 'PATCH',
      body: { status: 'suspended' },
    });
    assert.equal(suspended.status, 200, suspended.text);
    await operator.ask(`/api/v1/accounts/${world.acmeId}`, { method: 'PATCH', body: { status: 'active' } });
    await propose(`/api/v1/accounts/${world.acmeId}`, 'PATCH', { status: 'active', noAnswerSeconds: 30 });
    const refresh = await operator.ask(`/api/v1/accounts/${world.acmeId}/directory/refresh`, {
      method: 'POST',
    });
    assert.equal(refresh.status, 200, refresh.text);
    const begun = await operator.ask('/api/v1/connections/sign-in', {
      method: 'POST',
      body: { account: world.acmeId, returnTo: 'http://localhost/connect/callback' },
    });
    assert.equal(begun.json().code, 'consent-missing');
  });

  test('a sign-in at Microsoft that the operator began with the consent does not end after it was taken back', async () => {
    const returnTo = 'http://localhost/connect/callback';
    for (const given of [false, true]) {
      await consent(true);
      const begun = await operator.ask('/api/v1/connections/sign-in', {
        method: 'POST',
        body: { account: world.acmeId, returnTo },
      });
      assert.equal(begun.status, 200, begun.text);
      const state = new URL(String(begun.json().url)).searchParams.get('state');
      await consent(given);
      const ended = await operator.ask('/api/v1/connections/complete', {
        method: 'POST',
        body: { state, code: 'a-code' },
      });
      if (given) assert.equal(ended.status, 200, ended.text);
      else assert.equal(ended.json().code, 'sign-in-over');
    }
  });

  test('a new password of an administrator who is locked out may be given after three days, which the audit says; nobody but the operator may, and nothing else', async () => {
    await consent(false);
    const fresh = await propose(`/api/v1/sign-ins/${lockedOutId}/password`, 'POST');
    const early = await decide(operator, fresh, 'rescue');
    assert.equal(early.status, 409);
    assert.match(String(early.json().detail), /^Its administrators may decide until \d{4}-/);
    const { read, rescue } = sampleProposalIds;
    const other = await decide(operator, read, 'rescue');
    assert.match(String(other.json().detail), /^Only a new password of an administrator/);
    assert.equal((await decide(admin, rescue, 'rescue')).status, 403);
    const { access } = harness.services;
    const made = access.newPassword;
    let actor: AuditActor | undefined;
    access.newPassword = (scope, id, by) => {
      actor = by;
      return made(scope, id, by);
    };
    const done = await decide(operator, rescue, 'rescue');
    access.newPassword = made;
    assert.deepEqual([actor?.name, actor?.approvedBy], ['operator', undefined], 'nobody approved it');
    assert.equal(done.status, 200, done.text);
    assert.deepEqual(done.json().answer, { password: 'shown-once' });
    assert.equal((done.json().proposal as { decidedBy: string }).decidedBy, 'operator');
    assert.equal((await decide(operator, rescue, 'rescue')).status, 409);
    const { items } = (await admin.ask('/api/v1/audit?action=proposal.rescue')).json() as {
      items: { actor: { name: string }; object: { id: string } }[];
    };
    assert.deepEqual(
      items.map(({ actor, object }) => [actor.name, object.id]),
      [['operator', rescue]],
    );
  });

  test('bulk jobs and the file of an account are no way around it', async () => {
    await consent(false);
    const job = await operator.ask('/api/v1/jobs', {
      method: 'POST',
      body: { kind: 'give-numbers', account: world.acmeId },
    });
    assert.equal(job.status, 201, job.text);
    await propose(`/api/v1/jobs/${job.json().id}/start`, 'POST', { preview: String(job.json().preview) });
    await propose('/api/v1/tenant-file/apply', 'POST', {
      account: world.acmeId,
      file: 'version: 1',
      preview: 'a-preview',
    });
    const plan = await operator.ask('/api/v1/tenant-file/plan', {
      method: 'POST',
      body: { account: world.acmeId, file: 'version: 1' },
    });
    assert.equal(plan.status, 200, plan.text);
  });

  test('the account’s own people and another customer’s account notice nothing; with the consent back all is as before', async () => {
    await consent(false);
    const own = await admin.ask(`${dana}/tags`, { method: 'PUT', body: { tags: ['Own'] } });
    assert.equal(own.status, 200);
    const greta = await operator.ask(`/api/v1/people/${world.gretaId}/tags`, {
      method: 'PUT',
      body: { tags: ['Board'] },
    });
    assert.equal(greta.status, 200, greta.text);
    await consent(true);
    const direct = await operator.ask(`${dana}/tags`, { method: 'PUT', body: { tags: ['Back'] } });
    assert.equal(direct.status, 200);
    assert.deepEqual(await tagsOf(), ['Back']);
  });

  test('a client never takes a kept proposal for the thing that was to be changed', async () => {
    await consent(false);
    const client = createClient({
      baseUrl: '',
      fetch: async (url, init) => {
        const answer = await operator.ask(url, { method: 'PUT', body: JSON.parse(String(init.body)) });
        return new Response(answer.text, {
          status: answer.status,
          headers: { 'tandem-proposal': String(answer.headers['tandem-proposal']) },
        });
      },
    });
    await assert.rejects(
      client.call('tags.set', { params: { id: world.danaId }, body: { tags: ['Client'] } }),
      (error: unknown) => error instanceof ApiError && error.problem?.code === 'kept-as-proposal',
    );
  });
});

/** Every write that an operator may ask for and that waits without consent. */
const waiting = (Object.entries(routes) as [RouteId, RouteSpec][]).filter(
  ([id, route]) =>
    route.method !== 'GET' &&
    roleMay('operator', route.permission) &&
    withoutConsent(id, route, { other: 1 }) !== 'acts' &&
    id !== 'proposals.withdraw',
);

test('of every write that waits for the customer it is known whose account it is about', () => {
  for (const [id, route] of waiting) {
    const place = placeOf(route);
    if (place !== undefined) assert.ok(hasFinder(place), `${id}: nothing finds the account of ${place}`);
    else assert.ok(route.body?.safeParse({}).success === false, `${id} names no account`);
  }
});

test('each exception is an operation of today, and none lets through what is undone by nobody', () => {
  for (const { operation, why } of actsWithoutConsent) {
    assert.ok(Object.hasOwn(routes, operation), operation);
    assert.ok(why.length > 5);
  }
  for (const id of [
    'people.change',
    'people.delete',
    'jobs.start',
    'tenantFile.apply',
    'signIns.newPassword',
  ])
    assert.equal(withoutConsent(id, routes[id as RouteId], {}), 'proposal', id);
  assert.equal(withoutConsent('accounts.change', routes['accounts.change'], {}), 'proposal');
});

test('every field under which the API takes a secret is known as one', () => {
  const credential = { kind: 'certificate', certificate: 'pem', privateKey: 'key' };
  const shown = shownRequest({
    params: {},
    query: {},
    body: { username: 'acme', password: 'p', credential, deep: [{ secret: 's', kept: 1 }] },
  });
  assert.deepEqual(shown.body, {
    username: 'acme',
    password: '(not shown)',
    credential: '(not shown)',
    deep: [{ secret: '(not shown)', kept: 1 }],
  });
  for (const [id, { body }] of waiting) {
    if (!body) continue;
    for (const name of namesIn(body.toJSONSchema({ io: 'input', unrepresentable: 'any' })))
      if (/pass|secret|private|credential/i.test(name)) assert.match(name, secretNames, id);
  }
});

function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : [];
  return [...own, ...Object.values(schema).flatMap(namesIn)];
}

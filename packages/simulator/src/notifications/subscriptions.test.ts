import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { makeSelfSigned } from '../entra/self-signed.ts';
import { acmeId, errorOf, globexId, listOf, TestGraph } from '../testing/test-graph.ts';
import { TestReceiver } from '../testing/test-receiver.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId } from '../world/rehearsal-world.ts';
import { defaultNotificationSettings } from './settings.ts';

/** Subscriptions in Graph: every row of graph 9.3 S1 to S9, each broken on its own. */

describe('subscriptions', () => {
  let twin: Twin;
  let graph: TestGraph;
  let token: string;
  let receiver: TestReceiver;
  let certificate: string;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_400, { plainNotificationUrls: true }));
    graph = await TestGraph.open(twin);
    token = await graph.token();
    receiver = await TestReceiver.open();
    const { cert } = await makeSelfSigned('subscriber', Date.now(), 10);
    certificate = cert.replace(/-----[A-Z ]+-----|\s/g, '');
  });
  after(async () => {
    graph.close();
    await receiver.close();
    await close();
  });
  afterEach(async () => {
    for (const one of office().all()) office().remove(one);
    Object.assign(office().settings, defaultNotificationSettings());
    receiver.validation = undefined;
    receiver.forget();
    twin.microsoft365.throttle.reset();
    token = await graph.token();
  });

  const office = () => twin.microsoft365.subscriptions;
  const minutes = 60_000;
  const inMinutes = (count: number) =>
    new Date(twin.microsoft365.clock.wall() + count * minutes).toISOString();
  const dana = () => twin.directory.user('dana@acme.example')?.user.objectId ?? '';
  const right = () => ({
    changeType: 'updated,deleted',
    notificationUrl: receiver.url(),
    lifecycleNotificationUrl: receiver.url('/lifecycle'),
    resource: 'groups',
    expirationDateTime: inMinutes(1_000),
    clientState: 'secret',
    latestSupportedTlsVersion: 'v1_2',
  });
  /** A right request with something changed; `undefined` takes a member away. */
  const create = (change: Record<string, unknown> = {}, bearer = token) =>
    graph.call(bearer, 'POST', '/subscriptions', { ...right(), ...change });
  const personToken = (scp = 'Presence.Read.All', oid = dana(), seconds = 3_600) => {
    const now = Math.floor(twin.microsoft365.clock.wall() / 1000);
    return twin.microsoft365.keys.sign({
      aud: 'https://graph.microsoft.com',
      iss: `https://sts.windows.net/${acmeId}/`,
      tid: acmeId,
      appid: graphAppClientId,
      idtyp: 'user',
      scp,
      oid,
      nbf: now,
      exp: now + seconds,
    });
  };
  const presence = (ids: readonly string[], change: Record<string, unknown> = {}) => ({
    changeType: 'updated',
    resource: `communications/presences?$filter=id in (${ids.map((id) => `'${id}'`).join(',')})`,
    expirationDateTime: inMinutes(60),
    includeResourceData: true,
    encryptionCertificate: certificate,
    encryptionCertificateId: 'key-1',
    ...change,
  });
  const id = (answer: { body: unknown }) => (answer.body as { id: string }).id;
  const refused = (answer: Awaited<ReturnType<typeof create>>, status: number, check: string) => {
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.ok(twin.audit.find({ check, failed: true }).at(-1), `check ${check}`);
  };

  it('S1: both URLs are called with the token, their own query kept, before the 201; the certificate is not shown', async () => {
    const made = await create();
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.deepEqual(
      receiver.validations.map(({ url }) => url.pathname),
      ['/hook', '/lifecycle'],
    );
    const [first, second] = receiver.validations;
    assert.equal(first?.url.searchParams.get('v'), '1');
    assert.notEqual(
      first?.url.searchParams.get('validationToken'),
      second?.url.searchParams.get('validationToken'),
    );
    assert.match(String(first?.headers['content-type']), /^text\/plain/);
    assert.match(String(first?.url.searchParams.get('validationToken')), /[+%]/);
    const body = made.body as Record<string, unknown>;
    assert.deepEqual(
      [body.applicationId, body.clientState, body.changeType],
      [graphAppClientId, 'secret', 'deleted,updated'],
    );
    assert.equal(body.creatorId, twin.microsoft365.app.servicePrincipals.get(acmeId)?.objectId.toLowerCase());
  });

  const wrongAnswers: readonly (readonly [string, TestReceiver['validation']])[] = [
    ['another token', (given) => ({ body: `${given} ` })],
    ['a token decoded twice', (given) => ({ body: decodeURIComponent(given.replace(/%&/g, '')) })],
    ['HTML', () => ({ type: 'text/html' })],
    ['201', () => ({ status: 201 })],
    ['401', () => ({ status: 401 })],
    ['nothing in time', () => 'hang'],
  ];
  for (const [what, validation] of wrongAnswers) {
    it(`S1: a receiver that answers ${what} gets no subscription`, async () => {
      office().settings.validationAnswerMs = 200;
      receiver.validation = validation;
      refused(await create(), 400, 'S1');
      assert.deepEqual(office().all(), []);
    });
  }

  it('S1: a receiver whose lifecycle URL does not validate gets no subscription', async () => {
    const deaf = await TestReceiver.open();
    const url = deaf.url('/lifecycle');
    await deaf.close();
    refused(await create({ lifecycleNotificationUrl: url }), 400, 'S1');
  });

  for (const url of ['http://hooks.example.net/x', 'ftp://127.0.0.1/x', 'https://hooks.example.net/x', 'x'])
    it(`S1: ${url} is no address that the twin calls`, async () => {
      refused(await create({ notificationUrl: url }), 400, 'S1');
      assert.equal(receiver.validations.length, 0);
    });

  it('S1: without its switch the twin takes https only, as Microsoft does, and checks the certificate', async () => {
    const strict = await startTestTwin(26_450);
    const secure = await TestReceiver.open(strict.twin.sbc);
    const strictGraph = await TestGraph.open(strict.twin);
    const ask = (notificationUrl: string) =>
      strictGraph.token().then((bearer) =>
        strictGraph.call(bearer, 'POST', '/subscriptions', {
          changeType: 'updated',
          resource: 'users',
          expirationDateTime: inMinutes(100),
          notificationUrl,
        }),
      );
    try {
      assert.equal((await ask(receiver.url())).status, 400);
      // The SBC's certificate is for other names than 127.0.0.1.
      const named = await ask(secure.url());
      assert.match(errorOf(named).message, /did not answer/);
      assert.equal(secure.validations.length, 0);
    } finally {
      strictGraph.close();
      await secure.close();
      await strict.close();
    }
  });

  for (const member of ['changeType', 'notificationUrl', 'resource', 'expirationDateTime'])
    it(`G6: without ${member} there is no subscription`, async () => {
      assert.equal((await create({ [member]: undefined })).status, 400);
    });

  it('G3: users need User.Read.All, groups Group.Read.All; GroupMember.Read.All is not enough', async () => {
    const members = await graph.tokenWith(['GroupMember.Read.All', 'User.Read.All']);
    refused(await create({}, members), 403, 'G3');
    assert.equal((await create({ resource: 'users' }, members)).status, 201);
    assert.equal((await create({}, await graph.tokenWith(['Group.Read.All']))).status, 201);
  });

  it('S2: an application cannot subscribe to presences', async () => {
    refused(await create(presence([dana()])), 403, 'S2');
  });

  it('S3: a person can, once, for distinct people, for `updated` alone, with a certificate', async () => {
    const bearer = personToken();
    const wrong: readonly Record<string, unknown>[] = [
      presence([dana()], { changeType: 'created,updated' }),
      presence([dana(), dana()]),
      presence(
        Array.from(
          { length: 651 },
          (_one, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
        ),
      ),
      presence(['dana@acme.example']),
      presence([dana()], { encryptionCertificate: undefined }),
      presence([dana()], { encryptionCertificateId: undefined }),
      presence([dana()], { encryptionCertificate: 'bm90aGluZw==' }),
      presence([dana()], { resource: 'communications/presences' }),
    ];
    for (const change of wrong) refused(await create(change, bearer), 400, 'S3');
    const many = Array.from(
      { length: 650 },
      (_one, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    );
    const made = await create(presence(many), bearer);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal((made.body as Record<string, unknown>).encryptionCertificate, null);
    refused(await create(presence([dana()]), bearer), 403, 'S3');
    const other = personToken('Presence.Read.All', '7818921f-0000-4000-8000-000000000002');
    assert.equal((await create(presence([dana()]), other)).status, 201);
    assert.equal((await create(presence([dana()]), personToken('Presence.Read'))).status, 403);
  });

  it('S3: content is not offered for users and groups', async () => {
    refused(
      await create({
        includeResourceData: true,
        encryptionCertificate: certificate,
        encryptionCertificateId: '1',
      }),
      400,
      'S3',
    );
  });

  it('S4: less than 45 minutes becomes 45; more than the maximum is refused, or clipped', async () => {
    const short = await create({ expirationDateTime: inMinutes(5) });
    const end = Date.parse((short.body as { expirationDateTime: string }).expirationDateTime);
    assert.ok(Math.abs(end - twin.microsoft365.clock.wall() - 45 * minutes) < minutes);
    refused(await create({ resource: 'users', expirationDateTime: inMinutes(41_770) }), 400, 'S4');
    refused(await create({ resource: 'users', expirationDateTime: inMinutes(-1) }), 400, 'S4');
    refused(await create({ resource: 'users', expirationDateTime: 'tomorrow' }), 400, 'S4');
    refused(
      await create(presence([dana()], { expirationDateTime: inMinutes(65) }), personToken()),
      400,
      'S4',
    );
    office().settings.aboveMaximum = 'clip';
    const clipped = await create({ resource: 'users', expirationDateTime: inMinutes(50_000) });
    const last = Date.parse((clipped.body as { expirationDateTime: string }).expirationDateTime);
    assert.ok(Math.abs(last - twin.microsoft365.clock.wall() - 41_760 * minutes) < minutes);
  });

  it('S5: a Teams resource over an hour needs a lifecycle URL; a directory resource does not', async () => {
    const chat = {
      resource: 'chats/19:x@thread.v2/messages',
      changeType: 'created',
      lifecycleNotificationUrl: undefined,
    };
    const bearer = await graph.tokenWith(['Chat.Read.All', 'User.Read.All']);
    refused(await create({ ...chat, expirationDateTime: inMinutes(120) }, bearer), 400, 'S5');
    assert.equal((await create({ ...chat, expirationDateTime: inMinutes(59) }, bearer)).status, 201);
    assert.equal(
      (await create({ resource: 'users', lifecycleNotificationUrl: undefined }, bearer)).status,
      201,
    );
  });

  it('S6: the same resource and changeType twice is 409 and names the first; another changeType is another', async () => {
    const first = await create();
    const second = await create({ changeType: 'deleted,updated' });
    refused(second, 409, 'S6');
    assert.match(errorOf(second).message, new RegExp(id(first)));
    assert.equal((await create({ changeType: 'updated' })).status, 201);
    assert.equal((await create({}, await graph.token(globexId))).status, 201);
  });

  const quotas = ['quotaPerAppAndTenant', 'quotaPerTenant', 'quotaPerApp'] as const;
  for (const quota of quotas)
    it(`S7: ${quota} is kept, and the refusal names it`, async () => {
      office().settings[quota] = 2;
      for (const resource of ['users', 'groups']) assert.equal((await create({ resource })).status, 201);
      const third = await create({ resource: `users/${dana()}` });
      refused(third, 403, 'S7');
      assert.match(errorOf(third).message, /limit of 2/);
    });

  it('S8: users and groups tell of no creation', async () => {
    for (const resource of ['users', 'groups', `groups/${acmeId}/members`])
      refused(await create({ resource, changeType: 'created' }), 400, 'S8');
  });

  it('S9: PATCH prolongs, moves and validates; it cannot add a lifecycle URL or another resource', async () => {
    const made = id(await create());
    const patch = (body: unknown) => graph.call(token, 'PATCH', `/subscriptions/${made}`, body);
    const longer = await patch({ expirationDateTime: inMinutes(2_000) });
    assert.equal(longer.status, 200, JSON.stringify(longer.body));
    assert.equal(
      Date.parse((longer.body as { expirationDateTime: string }).expirationDateTime) >
        twin.microsoft365.clock.wall() + 1_990 * minutes,
      true,
    );
    refused(await patch({ lifecycleNotificationUrl: receiver.url('/x') }), 400, 'S9');
    refused(await patch({ resource: 'users' }), 400, 'S9');
    receiver.forget();
    receiver.validation = () => ({ body: 'no' });
    refused(await patch({ notificationUrl: receiver.url('/moved') }), 400, 'S1');
    receiver.validation = undefined;
    assert.equal((await patch({ notificationUrl: receiver.url('/moved') })).status, 200);
    assert.equal(receiver.validations.length, 2);
    assert.equal((await patch({ expirationDateTime: inMinutes(60_000) })).status, 400);
  });

  it('S9: reauthorize keeps the expiry and has no body; list, one, delete; nobody else sees it', async () => {
    const made = id(await create());
    const before = office().all()[0]?.expiresAt;
    const again = await graph.call(token, 'POST', `/subscriptions/${made}/reauthorize`);
    assert.deepEqual([again.status, again.body, office().all()[0]?.expiresAt], [200, '', before]);
    assert.deepEqual(
      listOf(await graph.call(token, 'GET', '/subscriptions')).map((one) => one.id),
      [made],
    );
    const stranger = await graph.token(globexId);
    assert.deepEqual(listOf(await graph.call(stranger, 'GET', '/subscriptions')), []);
    const asks = [
      ['GET', '', undefined],
      ['PATCH', '', { expirationDateTime: inMinutes(100) }],
      ['DELETE', '', undefined],
      ['POST', '/reauthorize', undefined],
    ] as const;
    for (const [method, path, body] of asks) {
      const answer = await graph.call(stranger, method, `/subscriptions/${made}${path}`, body);
      assert.equal(answer.status, 404, method);
    }
    assert.equal((await graph.call(token, 'GET', `/subscriptions/${made}`)).status, 200);
    assert.equal((await graph.call(token, 'DELETE', `/subscriptions/${made}`)).status, 204);
    assert.equal((await graph.call(token, 'GET', `/subscriptions/${made}`)).status, 404);
    assert.equal((await graph.call(token, 'DELETE', `/subscriptions/${made}`)).status, 404);
  });

  it('S11: a subscription ends at its time and is nowhere any more', async () => {
    await create({ expirationDateTime: inMinutes(50) });
    twin.microsoft365.advance(51 * minutes);
    assert.deepEqual(listOf(await graph.call(await graph.token(), 'GET', '/subscriptions')), []);
  });
});

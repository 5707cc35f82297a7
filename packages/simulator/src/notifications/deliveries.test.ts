import assert from 'node:assert/strict';
import {
  constants,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  privateDecrypt,
  timingSafeEqual,
  X509Certificate,
} from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { isSignedBy, readJwt } from '../entra/jwt.ts';
import { makeSelfSigned, type SelfSigned } from '../entra/self-signed.ts';
import { judgeNotifications } from '../graph/subset.ts';
import { acmeId, globexId, TestGraph } from '../testing/test-graph.ts';
import { TestReceiver } from '../testing/test-receiver.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId } from '../world/rehearsal-world.ts';
import { changeTrackingAppId, tokenFaults } from './rich-content.ts';
import { defaultNotificationSettings } from './settings.ts';

/** Deliveries: graph 9.3 S9 to S13. Microsoft's clock is moved, nothing sleeps. */

interface Item {
  readonly id?: string;
  readonly subscriptionId: string;
  readonly clientState?: string;
  readonly changeType?: string;
  readonly resource?: string;
  readonly tenantId: string;
  readonly lifecycleEvent?: string;
  readonly organizationId?: string;
  readonly resourceData?: Record<string, unknown>;
  readonly encryptedContent?: Record<string, string>;
}

describe('notifications', () => {
  let twin: Twin;
  let graph: TestGraph;
  let receiver: TestReceiver;
  let subscriber: SelfSigned;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_500, { plainNotificationUrls: true }));
    graph = await TestGraph.open(twin);
    receiver = await TestReceiver.open();
    subscriber = await makeSelfSigned('subscriber', Date.now(), 10);
    quick();
  });
  after(async () => {
    graph.close();
    await receiver.close();
    await close();
  });
  afterEach(async () => {
    for (const one of office().all()) office().remove(one);
    quick();
    receiver.answer = 202;
    while (!office().courier.idle) await new Promise((resolve) => setTimeout(resolve, 2));
    receiver.validation = undefined;
    receiver.forget();
    twin.microsoft365.throttle.reset();
    office().courier.records.length = 0;
    // The judgement of an endpoint ends with its window.
    advance(3 * 600_000);
  });

  const office = () => twin.microsoft365.subscriptions;
  const quick = () => Object.assign(office().settings, defaultNotificationSettings(), { delayMs: 0 });
  const advance = (ms: number) => twin.microsoft365.advance(ms);
  const minutes = 60_000;
  const at = (ms: number) => new Date(twin.microsoft365.clock.wall() + ms).toISOString();
  const person = (upn: string) => {
    const found = twin.directory.user(upn);
    assert.ok(found, upn);
    return found.user;
  };
  const subscribe = async (change: Record<string, unknown> = {}, bearer?: string): Promise<string> => {
    const made = await graph.call(bearer ?? (await graph.token()), 'POST', '/subscriptions', {
      changeType: 'updated',
      notificationUrl: receiver.url(),
      lifecycleNotificationUrl: receiver.url('/lifecycle'),
      resource: 'users',
      expirationDateTime: at(5_000 * minutes),
      clientState: 'secret',
      ...change,
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return (made.body as { id: string }).id;
  };
  const items = () => receiver.items as unknown as Item[];
  const got = async (count: number): Promise<Item[]> => {
    await receiver.until(() => receiver.items.length >= count);
    return items();
  };
  let counter = 0;
  const rename = (upn = 'dana@acme.example') =>
    twin.directory.change(person(upn), { displayName: `Dana ${counter++}` });
  const records = () => office().courier.records;
  const recorded = async (wanted: RegExp, count = 1) => {
    while (records().filter(({ outcome }) => wanted.test(outcome)).length < count)
      await new Promise((resolve) => setTimeout(resolve, 2));
  };

  it('S12: a change of a user arrives with clientState, tenant and the own query of the URL', async () => {
    const id = await subscribe();
    rename();
    const [item] = await got(1);
    assert.deepEqual(
      [item?.subscriptionId, item?.clientState, item?.changeType, item?.tenantId],
      [id, 'secret', 'updated', acmeId],
    );
    assert.equal(item?.resource, `Users/${person('dana@acme.example').objectId}`);
    const [post] = receiver.posts;
    assert.equal(post?.url.searchParams.get('v'), '1');
    assert.match(String(post?.headers['content-type']), /^application\/json/);
    assert.equal(judgeNotifications(post?.body), undefined);
  });

  it('members that come and go are told to `groups`, `groups/{id}` and its members; nobody else hears of them', async () => {
    const group = twin.directory.tenant(acmeId)?.enableGroupId ?? '';
    const devin = person('devin@acme.example');
    const wanted = [
      await subscribe({ resource: 'groups' }),
      await subscribe({ resource: `groups/${group}` }),
      await subscribe({ resource: `groups/${group}/members` }),
    ];
    const others = [
      await subscribe({ resource: 'users' }),
      await subscribe({ resource: `groups/${globexId}/members` }),
      await subscribe({ resource: 'groups', changeType: 'deleted' }),
    ];
    twin.directory.change(devin, { groups: [group] });
    const [first] = await got(3);
    assert.deepEqual(new Set(items().map((item) => item.subscriptionId)), new Set(wanted));
    assert.deepEqual(first?.resourceData?.['members@delta'], [{ id: devin.objectId }]);
    twin.directory.change(devin, { groups: [] });
    await got(6);
    assert.deepEqual(items()[3]?.resourceData?.['members@delta'], [
      { id: devin.objectId, '@removed': 'deleted' },
    ]);
    assert.ok(items().every((item) => !others.includes(item.subscriptionId)));
  });

  it('a number that is assigned is no change of the directory', async () => {
    await subscribe();
    twin.directory.change(person('casey@acme.example'), { number: '+12025550130', enterpriseVoice: true });
    twin.directory.change(person('casey@acme.example'), { number: undefined, enterpriseVoice: false });
    rename();
    assert.equal((await got(1))[0]?.resource, `Users/${person('dana@acme.example').objectId}`);
  });

  it('a call that is over gets its record late, and the subscriber is told of it then', async () => {
    const record = await subscribe(
      {
        resource: 'communications/callRecords',
        changeType: 'created',
        expirationDateTime: at(4_000 * minutes),
      },
      await graph.tokenWith(['CallRecords.Read.All']),
    );
    // The app keeps the permission while the subscription lives.
    const principal = twin.microsoft365.app.servicePrincipals.get(acmeId);
    assert.ok(principal);
    const { roles } = principal;
    principal.roles = [...roles, 'CallRecords.Read.All'];
    const now = twin.microsoft365.clock.wall();
    const correlationId = twin.random.uuid();
    twin.microsoft365.calls.add({
      id: twin.random.uuid(),
      tenantId: acmeId,
      correlationId,
      user: person('dana@acme.example'),
      direction: 'in',
      number: '+12025550199',
      trunk: 'sbc1.customers.example.net',
      region: 'eu',
      invitedAt: now - 9_000,
      connectedAt: now - 8_000,
      endedAt: now,
      end: { connected: true },
    });
    assert.equal(receiver.posts.length, 0);
    advance(twin.microsoft365.settings.callLogLagMs + 1);
    const [item] = await got(1);
    assert.deepEqual(
      [item?.subscriptionId, item?.changeType, item?.resourceData?.id],
      [record, 'created', correlationId],
    );
    principal.roles = roles;
  });

  it('S10: nothing is delivered before its delay; what is due for one URL goes in one POST, tenants mixed', async () => {
    office().settings.delayMs = 60_000;
    await subscribe();
    await subscribe({}, await graph.token(globexId));
    rename();
    rename('dana@globex.example');
    assert.deepEqual([office().courier.waiting, receiver.posts.length], [2, 0]);
    advance(61_000);
    await got(2);
    assert.equal(receiver.posts.length, 1);
    assert.deepEqual(new Set(items().map(({ tenantId }) => tenantId)), new Set([acmeId, globexId]));
  });

  it('S10: 3 s, then again and again with 10 s each and longer pauses, for four hours', async () => {
    const { settings } = office();
    assert.deepEqual(
      [settings.firstAnswerMs, settings.retryAnswerMs, settings.retryForMs],
      [3_000, 10_000, 4 * 3_600_000],
    );
    await subscribe();
    receiver.answer = 503;
    rename();
    await recorded(/^503$/);
    const pauses: number[] = [];
    let tries = 1;
    for (let waited = 0; !records().some(({ outcome }) => outcome.startsWith('given up')); ) {
      assert.ok(waited < 5 * 3_600_000, 'it never gives up');
      advance(5_000);
      waited += 5_000;
      if (office().courier.waiting > 0) continue;
      pauses.push(waited);
      tries++;
      await recorded(/^503$/, tries);
      waited = 0;
    }
    assert.ok(tries > 8, `${tries} attempts`);
    assert.deepEqual(pauses.slice(0, 4), [10_000, 20_000, 40_000, 80_000]);
    assert.equal(new Set(items().map(({ id }) => id)).size, 1);
  });

  it('S10: silence is no answer: the first attempt ends, the second is right', async () => {
    Object.assign(office().settings, { firstAnswerMs: 50, retryAnswerMs: 500 });
    await subscribe();
    receiver.answer = 'hang';
    rename();
    await recorded(/no answer in 50 ms/);
    office().settings.retryAnswerMs = 10_000;
    receiver.answer = 202;
    advance(11_000);
    await recorded(/^202$/);
    assert.equal(items().length, 2);
  });

  it('S10: a slow endpoint gets what is new ten minutes later', async () => {
    Object.assign(office().settings, { firstAnswerMs: 20, judgedFrom: 1 });
    await subscribe();
    receiver.answer = 'hang';
    rename();
    await recorded(/no answer/);
    assert.deepEqual(office().courier.endpoints()[0]?.state, 'slow');
    Object.assign(office().settings, { firstAnswerMs: 5_000, retryAnswerMs: 10_000 });
    receiver.answer = 202;
    receiver.forget();
    rename('alex@acme.example');
    const alex = person('alex@acme.example').objectId;
    advance(9 * minutes);
    await recorded(/^202$/);
    assert.ok(items().every(({ resource }) => !resource?.includes(alex)));
    advance(2 * minutes);
    await receiver.until(() => items().some(({ resource }) => resource?.includes(alex)));
  });

  it('S10: a dead endpoint loses everything for ten minutes, then one delivery tries it', async () => {
    Object.assign(office().settings, { firstAnswerMs: 20, retryAnswerMs: 20, judgedFrom: 1 });
    await subscribe();
    receiver.answer = 'hang';
    rename();
    await recorded(/no answer/);
    advance(11_000);
    await recorded(/no answer/, 2);
    assert.deepEqual(office().courier.endpoints()[0]?.state, 'drop');
    rename();
    await recorded(/^dropped/);
    Object.assign(office().settings, { firstAnswerMs: 5_000, retryAnswerMs: 5_000 });
    receiver.answer = 202;
    receiver.forget();
    advance(11 * minutes);
    rename();
    await receiver.until(() => receiver.posts.length > 0);
    await recorded(/^202$/);
    assert.deepEqual(office().courier.endpoints()[0]?.state, 'good');
  });

  it('S10: lost, doubled, late and overtaken, as often as told', async () => {
    await subscribe();
    office().settings.losePercent = 100;
    rename();
    await recorded(/^lost/);
    assert.equal(receiver.posts.length, 0);
    quick();
    office().settings.doublePercent = 100;
    rename();
    advance(10);
    await got(2);
    assert.equal(items()[0]?.id, items()[1]?.id);
    quick();
    Object.assign(office().settings, { latePercent: 100, lateMs: 10 * minutes });
    receiver.forget();
    rename();
    office().settings.latePercent = 0;
    rename('alex@acme.example');
    await got(1);
    assert.match(items()[0]?.resource ?? '', new RegExp(person('alex@acme.example').objectId));
    advance(11 * minutes);
    await got(2);
    quick();
    Object.assign(office().settings, { reorderPercent: 100, delayMs: 0 });
    receiver.forget();
    rename();
    office().settings.reorderPercent = 0;
    rename('alex@acme.example');
    await got(1);
    advance(10_000);
    await got(2);
    assert.match(items()[1]?.resource ?? '', new RegExp(person('dana@acme.example').objectId));
  });

  it('S11: an ended or deleted subscription is told nothing, and nobody is warned', async () => {
    const [ended, deleted] = [
      await subscribe({ expirationDateTime: at(46 * minutes), lifecycleNotificationUrl: undefined }),
      await subscribe({ resource: 'groups' }),
    ];
    office().settings.delayMs = 60 * minutes;
    rename();
    await graph.call(await graph.token(), 'DELETE', `/subscriptions/${deleted}`);
    advance(61 * minutes);
    assert.deepEqual([office().courier.waiting, receiver.posts.length], [0, 0]);
    assert.ok(
      !office()
        .all()
        .some(({ id }) => id === ended),
    );
  });

  it('S11: a challenge comes before the end, to the lifecycle URL, and again; `missed` never', async () => {
    const id = await subscribe({ expirationDateTime: at(10 * 60 * minutes) });
    advance(7 * 60 * minutes);
    assert.equal(receiver.posts.length, 0);
    advance(31 * minutes);
    await got(1);
    const [post] = receiver.posts;
    assert.equal(post?.url.pathname, '/lifecycle');
    assert.deepEqual(Object.keys(items()[0] ?? {}).sort(), [
      'clientState',
      'lifecycleEvent',
      'subscriptionExpirationDateTime',
      'subscriptionId',
      'tenantId',
    ]);
    for (let passed = 0; passed < 9; passed++) advance(15 * minutes);
    await got(4);
    assert.ok(items().every((item) => item.lifecycleEvent === 'reauthorizationRequired'));
    assert.ok(items().every((item) => item.subscriptionId === id));
  });

  it('S11: some subscriptions never get a challenge', async () => {
    office().settings.challenges = false;
    await subscribe({ expirationDateTime: at(60 * minutes) });
    for (let passed = 0; passed < 3; passed++) advance(19 * minutes);
    assert.deepEqual([office().courier.waiting, receiver.posts.length], [0, 0]);
  });

  it('S11: a permission that was taken back: a challenge, a pause, and what waited comes when it is back', async () => {
    await subscribe();
    const principal = twin.microsoft365.app.servicePrincipals.get(acmeId);
    assert.ok(principal);
    const { roles } = principal;
    principal.roles = [];
    rename();
    await receiver.until(() => items().some((item) => item.lifecycleEvent !== undefined));
    assert.equal(items().filter((item) => item.changeType !== undefined).length, 0);
    principal.roles = roles;
    advance(11_000);
    await receiver.until(() => items().some((item) => item.changeType === 'updated'));
  });

  it('S9: PATCH and reauthorize within ten minutes: deliveries are dropped, when Microsoft feels like it', async () => {
    const id = await subscribe();
    const bearer = await graph.token();
    const both = async () => {
      await graph.call(bearer, 'PATCH', `/subscriptions/${id}`, { expirationDateTime: at(6_000 * minutes) });
      await graph.call(bearer, 'POST', `/subscriptions/${id}/reauthorize`);
    };
    await both();
    rename();
    await got(1);
    office().settings.dropAfterBoth = true;
    await both();
    rename();
    await recorded(/^lost/);
    assert.equal(items().length, 1);
    advance(11 * minutes);
    rename();
    await got(2);
  });

  it('S12: beside the real one comes a forged one, with another clientState or of a subscription that nobody made', async () => {
    const id = await subscribe();
    office().settings.forgePercent = 100;
    for (let round = 0; round < 12; round++) {
      rename();
      await recorded(/^202$/, (round + 1) * 2);
    }
    const forged = items().filter((item) => item.clientState !== 'secret' || item.subscriptionId !== id);
    assert.equal(forged.length, 12);
    assert.ok(forged.some((item) => item.clientState !== 'secret' && item.subscriptionId === id));
    assert.ok(forged.some((item) => item.subscriptionId !== id));
    assert.equal(records().filter((one) => one.forged).length, 12);
  });

  describe('with content (S13)', () => {
    const bearer = (seconds = 5_000) => {
      const now = Math.floor(twin.microsoft365.clock.wall() / 1000);
      return twin.microsoft365.keys.sign({
        aud: 'https://graph.microsoft.com',
        iss: `https://sts.windows.net/${acmeId}/`,
        tid: acmeId,
        appid: graphAppClientId,
        idtyp: 'user',
        scp: 'Presence.Read.All',
        oid: person('alex@acme.example').objectId,
        nbf: now,
        exp: now + seconds,
      });
    };
    const watch = async (token = bearer()) => {
      const id = await subscribe(
        {
          resource: `communications/presences?$filter=id in ('${person('dana@acme.example').objectId}')`,
          expirationDateTime: at(60 * minutes),
          includeResourceData: true,
          encryptionCertificate: subscriber.cert.replace(/-----[A-Z ]+-----|\s/g, ''),
          encryptionCertificateId: 'key-7',
        },
        token,
      );
      // What is shown now is where it starts from.
      advance(1_500);
      return id;
    };
    let busy = false;
    const flip = () => {
      busy = !busy;
      twin.microsoft365.presence.setClient(
        person('dana@acme.example'),
        busy ? { availability: 'Busy', activity: 'InAMeeting' } : null,
      );
      advance(1_500);
    };
    /** As a subscriber does it (graph 3.6). */
    const decrypt = (content: Record<string, string>): Record<string, unknown> => {
      const bytes = (name: string) => Buffer.from(content[name] ?? '', 'base64');
      const key = privateDecrypt(
        { key: subscriber.key, padding: constants.RSA_PKCS1_OAEP_PADDING },
        bytes('dataKey'),
      );
      const mac = createHmac('sha256', key).update(bytes('data')).digest();
      assert.ok(timingSafeEqual(mac, bytes('dataSignature')));
      const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16));
      return JSON.parse(Buffer.concat([decipher.update(bytes('data')), decipher.final()]).toString('utf8'));
    };
    /** What a right receiver says of the tokens of a POST. */
    const judge = (tokens: readonly string[] | null | undefined): string => {
      if (tokens?.length !== 1) return 'none';
      const jwt = readJwt(tokens[0] ?? '');
      const key = twin.microsoft365.keys.jwks('').keys.find(({ kid }) => kid === jwt?.header.kid) as
        | { x5c: string[] }
        | undefined;
      if (!jwt || !key) return 'unreadable';
      const certificate = new X509Certificate(Buffer.from(key.x5c[0] ?? '', 'base64'));
      if (!isSignedBy(jwt, createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' }))))
        return 'signature';
      const { ver, iss, appid, azp, aud, tid, exp } = jwt.claims;
      if ((ver === '1.0' ? appid : azp) !== changeTrackingAppId) return 'caller';
      if (aud !== graphAppClientId) return 'audience';
      if (tid !== acmeId) return 'tenant';
      if (Number(exp) * 1000 < twin.microsoft365.clock.wall()) return 'expired';
      const issuer =
        ver === '1.0' ? `https://sts.windows.net/${acmeId}/` : `${twin.microsoft365.loginUrl}/${acmeId}/v2.0`;
      return iss === issuer ? String(ver) : 'issuer';
    };

    it('S13: a presence is told encrypted, with tokens of v1 and v2 by turns', async () => {
      const id = await watch();
      flip();
      const [item] = await got(1);
      assert.deepEqual(
        [item?.subscriptionId, item?.organizationId, item?.encryptedContent?.encryptionCertificateId],
        [id, acmeId, 'key-7'],
      );
      const raw = new X509Certificate(subscriber.cert).raw;
      assert.equal(
        item?.encryptedContent?.encryptionCertificateThumbprint,
        createHash('sha1').update(raw).digest('hex').toUpperCase(),
      );
      const content = decrypt(item?.encryptedContent ?? {});
      assert.deepEqual(
        [content.id, content.availability, content.activity],
        [person('dana@acme.example').objectId, 'Busy', 'InAMeeting'],
      );
      flip();
      await got(2);
      assert.notEqual(items()[0]?.encryptedContent?.dataKey, items()[1]?.encryptedContent?.dataKey);
      assert.deepEqual(receiver.posts.map(({ body }) => judge(body?.validationTokens)).sort(), [
        '1.0',
        '2.0',
      ]);
      for (const { body } of receiver.posts) assert.equal(judgeNotifications(body), undefined);
    });

    it('S13: without content only the id is told, and no token', async () => {
      await subscribe(
        {
          resource: `communications/presences/${person('dana@acme.example').objectId}`,
          expirationDateTime: at(60 * minutes),
        },
        bearer(),
      );
      advance(1_500);
      flip();
      const [item] = await got(1);
      assert.equal(item?.encryptedContent, undefined);
      assert.equal(item?.resourceData?.id, person('dana@acme.example').objectId);
      assert.equal('validationTokens' in (receiver.posts[0]?.body ?? {}), false);
    });

    it('S13: a tenant that asks for an assignment gets `null` for tokens', async () => {
      await watch();
      office().settings.assignmentRequired = [acmeId];
      flip();
      await got(1);
      assert.equal(receiver.posts[0]?.body?.validationTokens, null);
    });

    for (const fault of tokenFaults)
      it(`S13: a forged POST has a token whose ${fault} is wrong; a receiver can tell`, async () => {
        const id = await watch();
        const subscription = office()
          .all()
          .find((one) => one.id === id);
        assert.ok(subscription);
        assert.equal(await office().courier.forge(subscription, fault), '202');
        assert.equal(judge(receiver.posts[0]?.body?.validationTokens), fault);
      });

    it('S13: now and then a token is forged, and what was real comes again with a right one', async () => {
      await watch();
      office().settings.forgeTokenPercent = 100;
      flip();
      await got(1);
      assert.match(judge(receiver.posts[0]?.body?.validationTokens), /^[a-z]/);
      office().settings.forgeTokenPercent = 0;
      advance(1_000);
      await got(2);
      assert.match(judge(receiver.posts[1]?.body?.validationTokens), /^[12]\.0$/);
    });

    it('S11: when the token of the person ends, nothing comes; with a new one it does', async () => {
      const id = await watch(bearer(20 * 60));
      advance(16 * minutes);
      await receiver.until(() => items().some((item) => item.lifecycleEvent === 'reauthorizationRequired'));
      receiver.forget();
      advance(5 * minutes);
      flip();
      await recorded(/^202$/);
      assert.equal(items().filter((item) => item.changeType === 'updated').length, 0);
      const again = await graph.call(bearer(), 'POST', `/subscriptions/${id}/reauthorize`);
      assert.equal(again.status, 200);
      advance(31 * minutes);
      await receiver.until(() => items().some((item) => item.changeType === 'updated'));
    });
  });
});

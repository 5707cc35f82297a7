import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { httpsExchange } from '@tandem/adapters/graph/https-exchange.ts';
import { PresenceSubscription } from '@tandem/adapters/graph/presence-subscription.ts';
import { createPresenceInbox } from '@tandem/adapters/graph-notifications/presence-inbox.ts';
import { graphReceiver, type Hint, hooksPath } from '@tandem/adapters/graph-notifications/receiver.ts';
import { openContent } from '@tandem/adapters/graph-notifications/rich-content.ts';
import { SubscriptionBook } from '@tandem/adapters/graph-notifications/subscription-book.ts';
import { makeSelfSigned, type SelfSigned } from '@tandem/simulator/entra/self-signed.ts';
import {
  encryptContent,
  tokenFaults,
  validationToken,
} from '@tandem/simulator/notifications/rich-content.ts';
import { defaultNotificationSettings } from '@tandem/simulator/notifications/settings.ts';
import { seededRandom } from '@tandem/simulator/random.ts';
import { acmeId } from '@tandem/simulator/testing/test-graph.ts';
import { startTestTwin } from '@tandem/simulator/testing/test-twin.ts';
import type { Twin } from '@tandem/simulator/twin.ts';
import { graphAppClientId } from '@tandem/simulator/world/rehearsal-world.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';

const connectionId = '0190f000-0000-7000-8000-00000000ac3e';

describe('presences that Microsoft tells of by itself', () => {
  let twin: Twin;
  let close: () => Promise<void>;
  let app: FastifyInstance;
  let certificate: SelfSigned;
  let subscription: PresenceSubscription;
  let inbox: ReturnType<typeof createPresenceInbox>;
  const https: ReturnType<typeof httpsExchange>[] = [];
  const told: string[] = [];
  const results: string[] = [];
  const hints: Hint[] = [];
  const book = new SubscriptionBook();

  const person = (upn: string) => {
    const found = twin.directory.user(upn);
    assert.ok(found, upn);
    return found.user;
  };
  const office = () => twin.microsoft365.subscriptions;
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  before(async () => {
    ({ twin, close } = await startTestTwin(26_800, { plainNotificationUrls: true }));
    Object.assign(office().settings, defaultNotificationSettings(), { delayMs: 0 });
    certificate = await makeSelfSigned('subscriber', Date.now(), 10);
    const { clock, keys, loginUrl } = twin.microsoft365;
    const privateKey = createPrivateKey(certificate.key);
    inbox = createPresenceInbox({
      keys: createLocalJWKSet(keys.jwks('') as unknown as JSONWebKeySet),
      clientId: graphAppClientId,
      login: loginUrl,
      wall: () => clock.wall(),
      contentKeys: (id) => (id === 'key-1' ? privateKey : undefined),
      onPresence: (_tenant, id, { availability, activity }) => told.push(`${id} ${availability}/${activity}`),
      onHint: (tenant, id) => told.push(`${tenant} ${id}`),
      onResult: (result) => results.push(result),
    });
    app = Fastify({ logger: false, forceCloseConnections: true });
    await graphReceiver({
      book,
      journal: { append: async () => undefined },
      wall: () => clock.wall(),
      onHint: (_id, hint) => hints.push(hint),
      onContent: (_id, post) => void inbox(post),
      onResult: () => undefined,
    })(app);
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const now = Math.floor(clock.wall() / 1000);
    const token = keys.sign({
      aud: 'https://graph.microsoft.com',
      iss: `https://sts.windows.net/${acmeId}/`,
      tid: acmeId,
      appid: graphAppClientId,
      idtyp: 'user',
      scp: 'Presence.Read.All',
      oid: person('alex@acme.example').objectId,
      nbf: now,
      exp: now + 5_000,
    });
    const exchange = httpsExchange({ ca: readFileSync(twin.ready.ca, 'utf8') });
    https.push(exchange);
    subscription = new PresenceSubscription({
      graph: new GraphClient({
        graph: twin.ready.graph,
        entraTenantId: acmeId,
        tokens: { token: async () => token },
        https: exchange,
        clock: { wall: () => clock.wall(), sleep: (ms) => new Promise((r) => setTimeout(r, ms)) },
        random: () => 0.5,
      }),
      connectionId,
      notificationUrl: `${address}${hooksPath}/${connectionId}`,
      book,
      clock: {
        now: () => clock.now(),
        wall: () => clock.wall(),
        after(ms, fire) {
          const timer = setTimeout(fire, ms);
          return () => clearTimeout(timer);
        },
      },
      newSecret: () => randomBytes(32).toString('base64url'),
      certificate: { base64: certificate.cert.replace(/-----[A-Z ]+-----|\s/g, ''), id: 'key-1' },
    });
    subscription.watch([person('dana@acme.example').objectId]);
    subscription.start();
    await until(() => subscription.state !== 'starting');
    assert.equal(subscription.state, 'active', subscription.trouble);
    twin.microsoft365.advance(1_500);
  });
  after(async () => {
    await subscription?.end();
    for (const one of https) one.close();
    await app?.close();
    await close();
  });
  afterEach(() => {
    told.length = 0;
    results.length = 0;
    hints.length = 0;
  });

  it('Dana goes into a meeting: told, proved and decrypted; no search of the directory begins', async () => {
    twin.microsoft365.presence.setClient(person('dana@acme.example'), {
      availability: 'Busy',
      activity: 'InAMeeting',
    });
    twin.microsoft365.advance(1_500);
    await until(() => results.length > 0);
    assert.deepEqual(results, ['hint']);
    assert.deepEqual(told, [`${acmeId} ${person('dana@acme.example').objectId}`]);
    assert.deepEqual(hints, []);
  });

  for (const fault of tokenFaults)
    it(`a forged POST whose ${fault} is wrong: answered like any other, and nothing of it believed`, async () => {
      const [known] = office().all();
      assert.ok(known);
      assert.equal(await office().courier.forge(known, fault), '202');
      await until(() => results.length > 0);
      assert.deepEqual([...new Set(results)], ['not-proved']);
      assert.deepEqual(told, []);
    });

  it('a state with its number is taken once, however often it comes; without proof, or changed on the way, not at all', async () => {
    const random = seededRandom(7);
    const raw = new X509Certificate(certificate.cert);
    const id = person('dana@acme.example').objectId;
    const encryptedContent = encryptContent(
      { id, availability: 'Away', activity: 'Away', sequenceNumber: 'A0000000000000000009' },
      raw,
      'key-1',
      random,
    );
    const { keys, clock, loginUrl } = twin.microsoft365;
    const maker = {
      keys,
      now: () => clock.wall(),
      random,
      issuer: (tenant: string) => `${loginUrl}/${tenant}/v2.0`,
    };
    const items = [{ subscriptionId: 's', entraTenantId: acmeId, encryptedContent }];
    const proof = [validationToken(maker, graphAppClientId, acmeId, 2)];
    for (let i = 0; i < 3; i++) await inbox({ items, validationTokens: proof });
    assert.deepEqual(results, ['taken', 'doubled', 'doubled']);
    assert.deepEqual(told, [`${id} Away/Away`]);
    for (const validationTokens of [undefined, null, [], ['x'], Array(99).fill(proof[0])])
      await inbox({ items, validationTokens });
    const other = [{ ...items[0], entraTenantId: 'bbbbbbbb-0000-4000-8000-000000000001' }] as typeof items;
    await inbox({ items: other, validationTokens: proof });
    assert.deepEqual(results.slice(3), Array(6).fill('not-proved'));
    const key = createPrivateKey(certificate.key);
    const changed = { ...encryptedContent, data: Buffer.from('0123456789abcdef').toString('base64') };
    assert.equal(
      openContent(changed, () => key),
      undefined,
    );
    for (const content of [undefined, null, 7, {}, { ...encryptedContent, dataKey: 'AAAA' }])
      assert.equal(
        openContent(content, () => key),
        undefined,
      );
  });
});

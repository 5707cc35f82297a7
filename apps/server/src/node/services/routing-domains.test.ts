import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { httpDnsDriver } from '@tandem/adapters/dns-driver/dns-driver.ts';
import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import { type Account, asAccountId, asConnectionId } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import type { RoutingDomain } from '@tandem/engine/routing-domain/routing-domain.ts';
import type { MicrosoftConnection } from './microsoft-connections.ts';
import { openRoutingDomains } from './routing-domains.ts';

const accountId = asAccountId('01900000-0000-7000-8000-0000000000a1');
const connectionId = asConnectionId('01900000-0000-7000-8000-0000000000c1');
const host = 'initech.customers.example.net';
const account = { id: accountId, name: 'Initech', country: 'US', sbcHosts: [host] } as unknown as Account;
const by = { kind: 'user', name: 'alex' } as const;
const platform = { kind: 'platform' } as const;

/** A tenant by its few calls; DNS is a set of texts. */
function tenant(zone: ReadonlySet<string>) {
  const state = { added: false, verified: false, licensed: [] as string[], users: 0, away: false, free: 3 };
  const call = async (name: string, { body }: { body?: unknown } = {}): Promise<unknown> => {
    if (state.away) throw new GraphError('graph-unavailable', 'Graph does not answer');
    const answer = (of: unknown) => ({ status: 200, headers: {}, body: of });
    const missing = () => new GraphError('graph-not-found', 'not there');
    switch (name) {
      case 'domain':
        if (!state.added) throw missing();
        return answer({ id: host, isVerified: state.verified });
      case 'domainVerificationRecords':
        return answer({ value: [{ recordType: 'Mx' }, { recordType: 'Txt', text: 'MS=ms4711' }] });
      case 'addDomain':
        state.added = true;
        return answer({});
      case 'verifyDomain':
        if (!zone.has('MS=ms4711')) throw new GraphError('graph-refused', 'the record is not there');
        state.verified = true;
        return answer({});
      case 'subscribedSkus':
        return answer({
          value: [
            {
              skuId: 'e5',
              appliesTo: 'User',
              capabilityStatus: 'Enabled',
              consumedUnits: 0,
              prepaidUnits: { enabled: state.free },
              servicePlans: [{ servicePlanId: '57ff2da0-773e-42df-b2af-ffb7a2317929' }],
            },
          ],
        });
      case 'user':
        if (state.users === 0) throw missing();
        return answer({ id: 'u1', assignedLicenses: state.licensed.map((skuId) => ({ skuId })) });
      case 'createUser':
        state.users += 1;
        return answer({ id: 'u1' });
      case 'assignLicense': {
        const { addLicenses, removeLicenses } = body as {
          addLicenses: { skuId: string }[];
          removeLicenses: string[];
        };
        state.licensed = [...state.licensed, ...addLicenses.map(({ skuId }) => skuId)].filter(
          (one) => !removeLicenses.includes(one),
        );
        return answer({});
      }
      default:
        throw new Error(name);
    }
  };
  return { state, graph: { call } as unknown as GraphClient };
}

async function rig(options: { setup?: boolean; known?: RoutingDomain } = {}) {
  const zone = new Set<string>();
  const dnsServer = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      for (const { value } of JSON.parse(text).records as { value: string }[]) zone.add(value);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => dnsServer.listen(0, '127.0.0.1', resolve));
  const { state, graph } = tenant(zone);
  const saved = new Map<string, RoutingDomain>(options.known ? [[options.known.id, options.known]] : []);
  const tokens = new Map<string, string>();
  const audited: AuditEntry[] = [];
  const database = { away: false };
  let now = 1_700_000_000_000;
  let rounds: (() => void)[] = [];
  let refreshed = 0;
  const connection = {
    connectionId,
    accountId,
    tenantId: '1217ec40-0000-4000-8000-000000000003',
    clientId: 'app',
    domains: [] as readonly string[],
    graph,
  } satisfies MicrosoftConnection;
  const service = await openRoutingDomains({
    stores: {
      routingDomains: {
        listAllForPlatform: async () => [...saved.values()],
        async create(domain) {
          if ([...saved.values()].some((one) => one.host === domain.host))
            return { ok: false, refusal: { kind: 'taken', what: 'sbc-host' } };
          saved.set(domain.id, domain);
          return { ok: true, value: domain };
        },
        async save(domain) {
          if (database.away) throw new Error('the database is away');
          saved.set(domain.id, domain);
        },
        remove: async (_account, id) => saved.delete(id),
        setReportToken: async (_account, id, hash) => void tokens.set(hash.toString('hex'), id),
        findIdByReportTokenForPlatform: async (hash) => tokens.get(hash.toString('hex')),
      },
    },
    connections: { all: (of) => (of === accountId ? [connection] : []) },
    accountOf: (of) => (of === accountId ? account : undefined),
    setupOf: () => options.setup ?? true,
    dns: httpDnsDriver({ url: `http://127.0.0.1:${(dnsServer.address() as AddressInfo).port}/records` }),
    edgeAddress: '198.51.100.20',
    baseDomain: 'customers.example.net',
    voicemailOf: () => 'platform',
    publicUrl: () => 'https://portal.example.net',
    audit: { note: async (entry) => void audited.push(entry) },
    refresh: async () => {
      refreshed += 1;
    },
    clock: {
      wall: () => now,
      after: (_ms, fire) => {
        rounds.push(fire);
        return () => {
          rounds = rounds.filter((one) => one !== fire);
        };
      },
    },
    newId: () => `01900000-0000-7000-8000-${String(saved.size + 1).padStart(12, '0')}`,
    onProblem: (what) => assert.fail(what),
  });
  const { board } = service;
  return {
    service,
    board,
    connection,
    state,
    zone,
    saved,
    audited,
    database,
    /** What the clock does every minute. */
    round() {
      for (const fire of rounds.splice(0)) fire();
    },
    refreshed: () => refreshed,
    move: (ms: number) => {
      now += ms;
    },
    async press(id: string, step: Parameters<typeof board.step>[2]) {
      const preview = board.preview(platform, id, step);
      assert.equal(preview.kind, 'preview', JSON.stringify(preview));
      const outcome = await board.step(
        platform,
        id,
        step,
        preview.kind === 'preview' ? preview.preview : undefined,
        by,
      );
      assert.equal(outcome.kind, 'done', JSON.stringify(outcome));
      return outcome.kind === 'done' ? outcome.domain : assert.fail();
    },
    async close() {
      await service.stop();
      dnsServer.closeAllConnections();
      dnsServer.close();
    },
  };
}

async function created(board: Awaited<ReturnType<typeof rig>>['board']) {
  const outcome = await board.create({ accountId, connectionId }, by);
  return outcome.kind === 'done' ? outcome.domain : assert.fail(JSON.stringify(outcome));
}

const report = (names: { route: string; usage: string; policy: string }, gateway = host) => ({
  usages: [names.usage],
  routes: [{ identity: names.route, pattern: '.*', gateways: [gateway], usages: [names.usage] }],
  policies: [{ identity: `Tag:${names.policy}`, usages: [names.usage] }],
});

test('a name goes from wanted to working by its steps, and each write is what was previewed', async () => {
  const { board, state, zone, press, close, service, audited, refreshed } = await rig();
  let domain = await created(board);
  assert.deepEqual([domain.host, domain.state, domain.turn], [host, 'WANTED', 'account-admin']);
  assert.equal(refreshed(), 1, 'calls follow the new host');
  domain = await press(domain.id, 'add');
  assert.equal(domain.state, 'UNVERIFIED');
  assert.deepEqual(
    domain.records.map(({ type, value }) => `${type} ${value}`),
    ['TXT MS=ms4711', 'A 198.51.100.20'],
  );
  domain = await press(domain.id, 'publish');
  assert.ok(zone.has('MS=ms4711'));
  assert.equal(domain.state, 'VERIFIED', 'Microsoft was asked to look at once');
  domain = await press(domain.id, 'activate');
  assert.deepEqual([state.users, state.licensed], [1, ['e5']]);
  assert.equal(domain.turn, 'microsoft');
  assert.match(domain.sentence, /not activated .* Do not repeat/);

  const made = await board.script(platform, domain.id, by);
  assert.equal(made.kind, 'script');
  const token = /token = '([\w-]{43})'/.exec(made.kind === 'script' ? made.script : '')?.[1];
  assert.ok(token);
  assert.equal(await board.report({ ...report(domain.routing), token: 'another' }), undefined);
  assert.match((await board.report({ ...report(domain.routing), token })) ?? '', /voice routing stands/);
  const [read] = board.list(platform);
  assert.deepEqual([read?.state, read?.can], ['ACTIVE', ['clean-up', 'by-hand']]);
  assert.deepEqual(service.facts.of(connectionId), { domain: { is: 'active' }, routing: { is: 'present' } });
  await press(domain.id, 'clean-up');
  assert.deepEqual(state.licensed, []);
  assert.deepEqual(
    audited.map(({ action }) => action.replace('routing-domain.', '')),
    ['create', 'add', 'publish', 'activate', 'script', 'read-back', 'clean-up'],
  );
  assert.ok(!JSON.stringify(audited).includes(token));
  await close();
});

test('without the right to write, the page says what the admin must do and goes on when it is done', async () => {
  const { board, state, press, close, zone, move } = await rig({ setup: false });
  let domain = await created(board);
  assert.deepEqual([domain.turn, domain.can], ['entra-admin', ['by-hand']]);
  state.added = true;
  move(5_000);
  domain = (await board.read(platform, domain.id)) ?? assert.fail();
  assert.deepEqual([domain.state, domain.can], ['UNVERIFIED', ['publish', 'by-hand']]);
  domain = await press(domain.id, 'publish');
  assert.deepEqual([domain.state, domain.turn], ['UNVERIFIED', 'entra-admin']);
  assert.ok(zone.has('MS=ms4711'));
  state.verified = true;
  move(5_000);
  assert.equal((await board.read(platform, domain.id))?.state, 'VERIFIED');
  await close();
});

test('a preview that is not the one of now writes nothing', async () => {
  const { board, state, close } = await rig();
  const { id } = await created(board);
  assert.deepEqual(await board.step(platform, id, 'add', 'old', by), { kind: 'preview-outdated' });
  assert.deepEqual(await board.step(platform, id, 'add', undefined, by), { kind: 'preview-outdated' });
  assert.equal(state.added, false);
  assert.equal((await board.step(platform, id, 'clean-up', undefined, by)).kind, 'wrong-state');
  await close();
});

test('no free licence, a silent Graph: said, nothing half done, and later it goes on', async () => {
  const { board, state, press, close, move } = await rig();
  const { id } = await created(board);
  await press(id, 'add');
  await press(id, 'publish');
  state.free = 0;
  const preview = board.preview(platform, id, 'activate');
  const token = preview.kind === 'preview' ? preview.preview : undefined;
  const refused = await board.step(platform, id, 'activate', token, by);
  assert.match(refused.kind === 'microsoft-refused' ? refused.say : '', /no free licence/);
  assert.equal(state.users, 0);
  state.away = true;
  move(5_000);
  const seen = await board.read(platform, id);
  assert.deepEqual([seen?.state, seen?.problem], ['VERIFIED', 'Graph does not answer']);
  state.away = false;
  state.free = 1;
  await press(id, 'activate');
  assert.equal(state.users, 1);
  await close();
});

test('N24: who takes messages and who plays music is in the script where the account wants it, and is read back', async () => {
  const { board, close } = await rig();
  const { id, routing } = await created(board);
  const calling = async () => {
    const domain = await board.read(platform, id);
    return domain?.objects.find(({ kind }) => kind === 'calling-policy');
  };
  assert.equal(await calling(), undefined);
  const plain = await board.script(platform, id, by);
  // Nothing is written; which policies keep people from calling is read all the same.
  assert.doesNotMatch(plain.kind === 'script' ? plain.script : '', /(New|Set)-CsTeamsCallingPolicy/);
  assert.equal((await board.chooseCalling(platform, id, 'none', by)).kind, 'done');
  assert.equal((await calling())?.state, 'unread');
  const made = await board.script(platform, id, by);
  assert.match(
    made.kind === 'script' ? made.script : '',
    /\$calling = 'CP-Tandem-Initech'\n\$voicemail = 'AlwaysDisabled'\n\$music = 'Disabled'/,
  );
  const told = async (music: string) => {
    const callingPolicies = [{ identity: 'Tag:CP-Tandem-Initech', voicemail: 'AlwaysDisabled', music }];
    await board.paste(platform, id, JSON.stringify({ ...report(routing), callingPolicies }), by);
    return await calling();
  };
  assert.equal((await told('Disabled'))?.state, 'present');
  const other = await told('Enabled');
  assert.deepEqual(
    [other?.state, other?.words],
    ['different', 'has MusicOnHoldEnabledType Enabled, wanted Disabled: run the script again'],
  );
  await board.chooseCalling(platform, id, undefined, by);
  assert.equal(await calling(), undefined, 'left as it is from now on');
  await close();
});

test('what is missing in the pasted report is named; a text that is none is refused', async () => {
  const { board, close } = await rig();
  const { id, routing } = await created(board);
  const pasted = await board.paste(
    platform,
    id,
    `PS> .\\voice.ps1\n${JSON.stringify({ ...report(routing), policies: null })}\nPS>`,
    by,
  );
  assert.match(
    pasted.kind === 'done' ? pasted.domain.sentence : '',
    /active\. voice routing policy VRP-Tandem-Initech was not found/,
  );
  for (const text of ['nothing', '{"usages": 1', '{"usages": {"a": 1}}', '{}', '{"a":1}'])
    assert.equal((await board.paste(platform, id, text, by)).kind, 'invalid', text);
  await close();
});

test('PRV-012: a name that is stuck is replaced by a new one, and the old one is no longer ours', async () => {
  const { board, press, close, move, saved } = await rig();
  const { id } = await created(board);
  await press(id, 'add');
  await press(id, 'publish');
  move(86_400_001);
  assert.equal((await board.read(platform, id))?.code, 'PRV-012');
  assert.equal((await board.startOver(platform, id, host, by)).kind, 'invalid');
  assert.equal((await board.startOver(platform, id, 'initech.elsewhere.example', by)).kind, 'invalid');
  const next = await board.startOver(platform, id, 'initech2.customers.example.net', by);
  assert.equal(next.kind, 'done');
  assert.deepEqual(
    [...saved.values()].map((one) => one.host),
    ['initech2.customers.example.net'],
  );
  await close();
});

test('N28: starting over gives the licence back that the old name held, so that the tenant’s only seat serves the new one', async () => {
  const { board, press, close, move, saved, state } = await rig();
  state.free = 1;
  const { id } = await created(board);
  await press(id, 'add');
  await press(id, 'publish');
  await press(id, 'activate');
  assert.deepEqual(state.licensed, ['e5']);
  move(86_400_001);
  assert.equal((await board.read(platform, id))?.state, 'STUCK');

  const next = 'initech2.customers.example.net';
  assert.equal((await board.startOver(platform, id, 'initech.elsewhere.example', by)).kind, 'invalid');
  assert.deepEqual(state.licensed, ['e5'], 'a wrong name changes nothing');
  state.away = true;
  assert.equal((await board.startOver(platform, id, next, by)).kind, 'microsoft-unavailable');
  assert.deepEqual([...saved.keys()], [id], 'nothing is forgotten that is still to be taken back');
  state.away = false;
  assert.equal((await board.startOver(platform, id, next, by)).kind, 'done');
  assert.deepEqual([state.licensed, [...saved.values()].map(({ host: one }) => one)], [[], [next]]);
  await close();
});

test('N38: what stands in the tenant is listed with the way back, also what a new start left there', async () => {
  const { service, board, press, close, move, connection } = await rig();
  const { id, routing } = await created(board);
  const written = () =>
    service.written({ connectionId, accountId }).map(({ what, value, undoBy }) => [what, value, undoBy]);
  const app = ['app', 'app', 'admin-centre'];
  assert.deepEqual(written(), [app], 'a wanted name is not there yet');
  await press(id, 'add');
  await press(id, 'publish');
  await press(id, 'activate');
  const user = ['activation-account', `activate@${host}`];
  assert.deepEqual(written(), [app, ['domain', host, 'admin-centre'], [...user, 'admin-centre']]);
  await board.paste(platform, id, JSON.stringify({ ...report(routing), policies: [] }), by);
  assert.deepEqual(written().slice(3), [
    ['usage', routing.usage, 'powershell'],
    ['route', routing.route, 'powershell'],
  ]);
  assert.equal(
    service.written({ connectionId, accountId }).at(-1)?.command,
    `Remove-CsOnlineVoiceRoute -Identity '${routing.route}'`,
  );
  // The route was accepted, so the name is active, and the seat may go back: here, by one press.
  assert.deepEqual(written()[2], [...user, 'tandem']);
  await press(id, 'clean-up');
  assert.deepEqual(written()[2], [...user, 'admin-centre']);
  move(1);
  await board.startOver(platform, id, 'initech2.customers.example.net', by);
  connection.domains = ['initech.example', host, 'initech2.customers.example.net'];
  assert.deepEqual(
    service
      .written({ connectionId, accountId })
      .filter(({ value }) => value === host)
      .map(({ what, routingDomainId }) => [what, routingDomainId]),
    [['domain', undefined]],
    'the old name is still in the tenant',
  );
  connection.domains = ['left.customers.example.net', host];
  const undoOf = (name: string) =>
    service.written({ connectionId, accountId }).find(({ value }) => value === name)?.undo ?? '';
  assert.match(undoOf('left.customers.example.net'), /No call comes under it any more/);
  assert.match(undoOf(host), /Calls of this account come under it/, 'it is one of its host names');
  await close();
});

test('T21: a name of another account is not there', async () => {
  const { board, close } = await rig();
  const { id } = await created(board);
  const foreign = {
    kind: 'account',
    accountId: asAccountId('01900000-0000-7000-8000-0000000000a2'),
  } as const;
  assert.deepEqual(board.list(foreign), []);
  assert.equal(await board.read(foreign, id), undefined);
  assert.deepEqual(await board.script(foreign, id, by), { kind: 'unknown' });
  assert.equal(await board.remove(foreign, id, by), false);
  await close();
});

test('the database goes away while Microsoft makes the user: a restart finds the user and its licence all the same', async () => {
  const { board, state, press, close, saved, database, round } = await rig();
  const { id } = await created(board);
  await press(id, 'add');
  await press(id, 'publish');
  database.away = true;
  await assert.rejects(press(id, 'activate'), /away/);
  assert.deepEqual(state.licensed, ['e5']);
  assert.equal(saved.get(id)?.activation, undefined);
  database.away = false;
  round();
  while (!saved.get(id)?.activation) await new Promise((go) => setImmediate(go));
  assert.equal(saved.get(id)?.activation?.licensed, true);
  await close();
});

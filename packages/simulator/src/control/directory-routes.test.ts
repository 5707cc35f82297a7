import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { acmeId } from '../testing/test-graph.ts';
import { sbcRequest, TestSbc } from '../testing/test-sbc.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { rehearsalWorld } from '../world/rehearsal-world.ts';
import { conflictKinds } from './directory-schemas.ts';

const newcomer = rehearsalWorld.knownToMicrosoftOnly[0];
const initechId = newcomer?.entraTenantId ?? '';
const host = newcomer?.sbcHost ?? '';

interface DirectoryView {
  readonly domains: readonly { readonly name: string; readonly activated: boolean }[];
  readonly pendingDomains: readonly { readonly name: string; readonly txt: string }[];
  readonly bin: readonly { readonly objectId: string; readonly upn: string }[];
  readonly seats: Readonly<Record<string, { readonly enabled: number; readonly consumed: number }>>;
  readonly voice: { readonly usages: readonly string[]; readonly refusesVoicePolicies: boolean };
}

describe('the control API as the admin centres of a customer', () => {
  let twin: Twin;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_220));
  });
  after(() => close());

  const ask = async <T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> => {
    const answer = await fetch(`${twin.ready.control}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  const acme = () => {
    const tenant = twin.directory.tenant(acmeId);
    assert.ok(tenant);
    return tenant;
  };
  const groupPath = (group = acme().enableGroupId) => `/tenants/${acmeId}/groups/${group}`;

  it('names every route in /openapi.json, with what it takes', async () => {
    const { body } = await ask<{ paths: Record<string, Record<string, { requestBody?: object }>> }>(
      'GET',
      '/openapi.json',
    );
    for (const [path, method] of [
      ['/tenants/{id}/directory', 'get'],
      ['/tenants/{id}/powershell', 'post'],
      ['/tenants/{id}/groups/{group}/members', 'post'],
      ['/tenants/{id}/bin/{object}/restore', 'post'],
      ['/users/{upn}/rename', 'post'],
      ['/users/{upn}', 'delete'],
      ['/dns/{name}', 'put'],
      ['/tenants/{id}/number-conflicts', 'post'],
    ] as const) {
      const operation = body.paths[path]?.[method];
      assert.ok(operation, `${method} ${path}`);
      if (['post', 'put'].includes(method) && !path.includes('/bin/')) assert.ok(operation.requestBody, path);
    }
  });

  it('two hundred people join the group in one go and leave it again; somebody unknown spoils it', async () => {
    await ask('POST', '/users', { tenant: acmeId, count: 200, groupMember: false, signedIn: false });
    const everybody = Array.from({ length: 200 }, (_, index) => `person${index + 1}@acme.example`);
    const events: string[] = [];
    const stop = twin.directory.onChange(({ kind, id }) => events.push(`${kind} ${id}`));
    const joined = await ask('POST', `${groupPath()}/members`, { add: everybody });
    assert.deepEqual(joined.body, { added: 200, removed: 0 });
    assert.deepEqual(new Set(events), new Set([`group ${acme().enableGroupId}`]));
    stop();
    const again = await ask('POST', `${groupPath()}/members`, {
      add: everybody.slice(0, 5),
      remove: everybody,
    });
    assert.deepEqual(again.body, { added: 0, removed: 200 });
    const spoilt = await ask('POST', `${groupPath()}/members`, {
      add: ['person1@acme.example', 'nobody@x.example'],
    });
    assert.equal(spoilt.status, 404);
    assert.deepEqual(twin.directory.user('person1@acme.example')?.user.groups, []);
    assert.equal((await ask('POST', `${groupPath('nothing')}/members`, {})).status, 404);
  });

  it('a crowd has numbers in a row, seats, a department that a dynamic group follows', async () => {
    const before = (await ask<DirectoryView>('GET', `/tenants/${acmeId}/directory`)).body.seats[
      'teams-phone'
    ];
    const { body: group } = await ask<{ id: string }>('POST', `/tenants/${acmeId}/groups`, {
      displayName: 'Sales',
      rule: 'user.department -eq "Sales"',
    });
    const crowd = {
      tenant: acmeId,
      count: 30,
      prefix: 'seller',
      numbersFrom: '+12025559000',
      department: 'Sales',
    };
    assert.equal((await ask('POST', '/users', crowd)).body.added, 30);
    assert.equal(twin.directory.user('seller30@acme.example')?.user.number, '+12025559029');
    const after = (await ask<DirectoryView>('GET', `/tenants/${acmeId}/directory`)).body.seats['teams-phone'];
    assert.deepEqual(
      [(after?.enabled ?? 0) - (before?.enabled ?? 0), (after?.consumed ?? 0) - (before?.consumed ?? 0)],
      [30, 30],
    );
    const { body: seen } = await ask<{ members: string[] }>('GET', groupPath(group.id));
    assert.equal(seen.members.length, 30);
    const byHand = await ask('POST', `${groupPath(group.id)}/members`, { add: ['dana@acme.example'] });
    assert.equal(byHand.status, 409);
    await ask('PATCH', '/users/dana@acme.example/facts', { department: 'Sales' });
    assert.ok(twin.directory.user('dana@acme.example')?.user.groups.includes(group.id));
    await ask('PATCH', '/users/dana@acme.example/facts', { department: null });
    assert.equal((await ask('DELETE', groupPath(group.id))).body.life, 'deleted');
    await ask('PATCH', '/users/seller1@acme.example/facts', { department: null });
    assert.equal((await ask('POST', `${groupPath(group.id)}/restore`)).body.life, 'live');
    assert.ok(
      !twin.directory.user('seller1@acme.example')?.user.groups.includes(group.id),
      'its rule counts',
    );
    assert.ok(twin.directory.user('seller2@acme.example')?.user.groups.includes(group.id));
    await ask('PATCH', '/directory', { deletedSecurityGroups: 'gone' });
    assert.equal((await ask('DELETE', groupPath(group.id))).body.life, 'purged');
    assert.equal((await ask('POST', `${groupPath(group.id)}/restore`)).status, 404);
    await ask('PATCH', '/directory', { deletedSecurityGroups: 'bin' });
    assert.ok(!twin.directory.user('seller2@acme.example')?.user.groups.includes(group.id));
    const bad = await ask('POST', `/tenants/${acmeId}/groups`, { displayName: 'x', rule: 'user.shoe -gt 4' });
    assert.equal(bad.status, 422);
  });

  it('a new name keeps id, clients and group; the bin gives back and takes away', async () => {
    const kim = '/users/person7@acme.example';
    const { body: before } = await ask<{ objectId: string }>('GET', kim);
    const clients = twin.clients.get('person7@acme.example');
    const renamed = await ask<{ upn: string; mail: string }>('POST', `${kim}/rename`, {
      upn: 'seven@acme.example',
      mail: 'seven@acme.example',
    });
    assert.equal(renamed.body.mail, 'seven@acme.example');
    assert.equal((await ask('GET', kim)).status, 404);
    assert.equal(twin.clients.get('seven@acme.example'), clients);
    assert.equal(
      (await ask('POST', '/users/seven@acme.example/rename', { upn: 'dana@acme.example' })).status,
      409,
    );

    await ask('DELETE', '/users/seven@acme.example');
    const bin = (await ask<DirectoryView>('GET', `/tenants/${acmeId}/directory`)).body.bin;
    assert.deepEqual(
      bin.map(({ objectId }) => objectId),
      [before.objectId],
    );
    const thing = `/tenants/${acmeId}/bin/${before.objectId}`;
    assert.equal((await ask('POST', `${thing}/restore`)).body.life, 'live');
    await ask('DELETE', '/users/seven@acme.example');
    assert.equal((await ask('POST', `${thing}/purge`)).body.life, 'purged');
    assert.equal((await ask('POST', `${thing}/restore`)).status, 404);
  });

  it('U08: eight ways in which a number is somebody else’s, and each keeps it from who is to get it', async () => {
    const target = twin.directory.user('person20@acme.example')?.user;
    assert.ok(target);
    for (const [index, kind] of conflictKinds.entries()) {
      const number = `+1202555800${index}`;
      const planted = await ask<{ holder: string }>('POST', `/tenants/${acmeId}/number-conflicts`, {
        number,
        kind,
      });
      assert.equal(planted.status, 200, kind);
      const why = twin.microsoft365.numbers.whyNot(acme(), number, target, 'directRouting');
      assert.match(why ?? '', kind === 'other-type' ? /another type/ : /already assigned/, kind);
      const twice = await ask('POST', `/tenants/${acmeId}/number-conflicts`, { number, kind: 'active-user' });
      assert.equal(twice.status, kind === 'other-type' ? 200 : 409, kind);
    }
    const of = (kind: string) =>
      [...twin.directory.ledger(acme()).byId.values()].find(({ upn }) => upn.startsWith(`holder-${kind}`));
    assert.deepEqual(
      ['unlicensed-user', 'disabled-user', 'deleted-user', 'on-premises', 'resource-account'].map((kind) => [
        of(kind)?.licences.includes('teams-phone') ?? false,
        of(kind)?.accountEnabled,
        of(kind)?.life,
        of(kind)?.onPremises,
      ]),
      [
        [false, true, 'live', false],
        [true, false, 'live', false],
        [true, true, 'deleted', false],
        [true, true, 'live', true],
        [false, false, 'live', false],
      ],
    );
  });

  it('the DNS says what was written, by name or as a driver posts it, and forgets what is taken away', async () => {
    const resolver = new Resolver({ timeout: 1_000, tries: 2 });
    resolver.setServers([twin.ready.dns]);
    const name = 'sbc7.customers.example.net';
    await ask('PUT', `/dns/${name}`, { a: '127.0.0.1', txt: ['MS=ms12345678'] });
    assert.deepEqual(await resolver.resolveTxt(name), [['MS=ms12345678']]);
    assert.deepEqual(await resolver.resolve4(name), ['127.0.0.1']);
    const record = { type: 'TXT', name, value: 'second', ttlSeconds: 300 };
    await ask('POST', '/dns', { records: [record, record] });
    assert.deepEqual((await resolver.resolveTxt(name)).flat().toSorted(), ['MS=ms12345678', 'second']);
    await ask('PUT', `/dns/${name}`, {});
    await assert.rejects(resolver.resolveTxt(name), { code: 'ENOTFOUND' });
    assert.deepEqual((await ask('GET', '/dns')).body, {});
  });

  it('seats, delays, clouds, grants of groups and tenants that refuse voice policies are set', async () => {
    const seats = await ask<DirectoryView['seats']>('PATCH', `/tenants/${acmeId}/seats`, {
      'o365-e5': { enabled: 3 },
    });
    assert.deepEqual(seats.body['o365-e5'], {
      enabled: 3,
      warning: 0,
      suspended: 0,
      lockedOut: 0,
      consumed: 0,
    });
    assert.equal((await ask('PATCH', '/directory', { activationMs: 5 })).body.activationMs, 5);
    assert.equal(
      (await ask('PATCH', `/tenants/${acmeId}/cloud`, { cloud: 'us-government' })).body.cloud,
      'us-government',
    );
    await ask('PATCH', `/tenants/${acmeId}/cloud`, { cloud: 'global' });
    const epoch = acme().deltaEpoch;
    assert.equal((await ask('POST', `/tenants/${acmeId}/delta/reset`)).body.deltaEpoch, epoch + 1);
    const voice = await ask<DirectoryView['voice']>('PATCH', `/tenants/${acmeId}/voice`, {
      refusesVoicePolicies: true,
      groupGrants: [],
    });
    assert.equal(voice.body.refusesVoicePolicies, true);
    const cleared = await ask<DirectoryView['voice']>('PATCH', `/tenants/${acmeId}/voice`, {
      clear: true,
    });
    assert.deepEqual([cleared.body.usages, cleared.body.refusesVoicePolicies], [[], false]);
    assert.deepEqual(twin.directory.user('dana@acme.example')?.user.policies, {});
    assert.equal((await ask('PATCH', '/tenants/nothing/voice', {})).status, 404);
    assert.equal((await ask('PATCH', `/tenants/${acmeId}/domains/x.example`, { stuck: true })).status, 404);
  });

  it('Initech from nothing: domain, account, script, policy, number; then the hubs take its calls', async () => {
    const sbc = new TestSbc(twin);
    const options = () => sbc.raw(sbcRequest('OPTIONS', { contactHost: host }));
    const status = async () => ((await options()) as { status?: number }).status;
    assert.notEqual(await status(), 200, 'nobody knows the name');
    const tenant = twin.directory.tenant(initechId);
    assert.ok(tenant);
    await ask('PATCH', '/directory', { activationMs: 60_000 });
    const domain = { name: host, activated: false };
    tenant.domains.set(host, domain);
    const script = (lines: string) =>
      ask<{
        ok: boolean;
        transcript: { text: string }[];
        changes: { object: string }[];
        fault?: { line: number };
      }>('POST', `/tenants/${initechId}/powershell`, {
        as: 'isla@initech.example',
        script: `Connect-MicrosoftTeams | Out-Null\n${lines}`,
      });
    const route = `New-CsOnlineVoiceRoute R-Provider -NumberPattern '.*' -OnlinePstnGatewayList ${host} -OnlinePstnUsages U-Provider | Out-Null`;
    assert.equal((await script(`Set-CsOnlinePstnUsage -Usage @{Add='U-Provider'}\n${route}`)).body.ok, false);
    await ask('POST', `/tenants/${initechId}/people`, {
      upn: `activate@${host}`,
      displayName: 'Activation',
      licences: ['resource-account'],
      accountType: 'resource-account',
    });
    const unknown = await ask('PATCH', `/tenants/${initechId}/domains/${host}`, { stuck: true });
    assert.equal(unknown.status, 200);
    twin.microsoft365.advance(60_001);
    const seen = async () =>
      (await ask<DirectoryView>('GET', `/tenants/${initechId}/directory`)).body.domains.find(
        ({ name }) => name === host,
      );
    assert.equal((await seen())?.activated, false, 'stuck');
    await ask('PATCH', `/tenants/${initechId}/domains/${host}`, { stuck: false });
    assert.equal((await seen())?.activated, true);

    const reports: string[] = [];
    const platform = createServer((request, response) => {
      request.on('data', (part: Buffer) => reports.push(part.toString()));
      request.on('end', () => response.end('{"accepted":true}'));
    });
    await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve));
    const { port } = platform.address() as AddressInfo;
    const done = await script(`${route}
New-CsOnlineVoiceRoutingPolicy VRP-Initech -OnlinePstnUsages U-Provider | Out-Null
Grant-CsOnlineVoiceRoutingPolicy -Group '${tenant.enableGroupId}' -PolicyName VRP-Initech -Rank 1
$report = @{ routes = @((Get-CsOnlineVoiceRoute).Identity) } | ConvertTo-Json -Compress
$answer = Invoke-RestMethod -Method Post -Uri 'http://127.0.0.1:${port}/report' -Body $report -ContentType 'application/json'
Write-Host "accepted: $($answer.accepted)"`);
    platform.close();
    assert.equal(done.body.ok, true, JSON.stringify(done.body));
    assert.deepEqual(reports, ['{"routes":["R-Provider"]}']);
    assert.equal(done.body.transcript.at(-1)?.text, 'accepted: True');

    assert.equal(await status(), 200, 'the hubs know the name');
    const ines = await ask('PATCH', '/users/ines@initech.example', {
      number: '+12025550171',
      enterpriseVoice: true,
    });
    assert.equal(ines.status, 200);
    const placed = await twin.proxy.place({ upn: 'ines@initech.example', to: '+12025550199' });
    assert.ok(placed.ok, JSON.stringify(placed));
    assert.equal(placed.call.facts.trunk, host);
    placed.call.hangUp();
    const strange = await twin.proxy.place({ upn: 'iris@initech.example', to: '+12025550199' });
    assert.ok(!strange.ok, 'no number, no voice');
    assert.equal((await script('New-CsOnlineVoiceRoute')).body.ok, false);
    const fault = await script('Get-Everything');
    assert.deepEqual(fault.body.fault?.line, 2);
    await sbc.close();
  });
});

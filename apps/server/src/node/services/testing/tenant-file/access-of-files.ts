import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asCarrierId } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { createAccessBoard } from '../../access.ts';
import { acme, apply, exported, globex, newId, stores, told } from './files-rig.ts';

/** Carriers and sign-ins. */
export function accessOfFiles(): void {
  const access = `version: 1
account: {carriers: [Own trunk]}
carriers:
  - name: Own trunk
    targets: [{host: sip.carrier.example}, {host: sip2.carrier.example, priority: 2}]
    sources: [{address: 192.0.2.77}]
    maxCalls: 30
people: [{upn: uma@acme.example, displayName: Uma}]
signIns:
  - {name: Admin@acme.example, role: admin}
  - {name: uma@acme.example, role: user, person: uma@acme.example}
  - {name: old@acme.example, role: desk, active: false}
`;

  test('carriers and sign-ins of a file: made with the people of the same file, each password shown once, the second time nothing', async () => {
    const { applied } = await apply(access);
    assert.deepEqual(
      applied.map(({ kind, action }) => `${action} ${kind}`),
      [
        'create carrier',
        'change account',
        'create person',
        'create sign-in',
        'create sign-in',
        'create sign-in',
      ],
    );
    const [own] = (await stores.carriers.list(acme.id)).filter(({ owner }) => owner === acme.id);
    assert.deepEqual(
      [own?.name, own?.maxCalls, own?.targets.map(({ host, port, priority }) => [host, port, priority])],
      [
        'Own trunk',
        30,
        [
          ['sip.carrier.example', 5060, 1],
          ['sip2.carrier.example', 5060, 2],
        ],
      ],
    );
    assert.deepEqual((await stores.accounts.get(acme.id))?.carriers, [own?.id]);
    for (const [name, role] of [
      ['admin@acme.example', 'admin'],
      ['uma@acme.example', 'user'],
    ]) {
      const words = applied.find(({ kind, what }) => kind === 'sign-in' && what === name)?.words ?? '';
      const password = /password (\S+);/.exec(words)?.[1] ?? '';
      const user = await stores.users.signInForPlatform(name ?? '', password);
      assert.deepEqual([user?.role, user?.accountId], [role, acme.id]);
      assert.equal(user?.personId !== undefined, role === 'user');
    }
    assert.equal(await stores.users.signInForPlatform('old@acme.example', 'made-for-you'), undefined);
    assert.deepEqual((await apply(access)).applied, []);
    const file = await exported();
    assert.deepEqual((await apply(file, true)).applied, []);
    assert.doesNotMatch(file, /made-for-you|password|\$scrypt/i);
  });

  test('a role that changes ends the sessions of that sign-in, and what is taken away is gone: both stand in the audit', async () => {
    const user = await stores.users.signInForPlatform('admin@acme.example', 'made-for-you');
    const { text } = await stores.sessions.openForPlatform(user ?? assert.fail('nobody'));
    told.length = 0;
    await apply(
      'version: 1\nsignIns: [{name: admin@acme.example, role: desk}, {name: next@acme.example, role: admin}]',
    );
    assert.equal(await stores.sessions.readForPlatform(text), undefined);
    await apply(
      'version: 1\naccount: {carriers: []}\ncarriers: []\nsignIns: [{name: next@acme.example}, {name: uma@acme.example}]',
      true,
    );
    assert.deepEqual(
      (await stores.users.list(acme.id)).map(({ name }) => name),
      ['next@acme.example', 'uma@acme.example'],
    );
    assert.deepEqual(told, [
      'sign-in.change',
      'sign-in.create',
      'account.change',
      'carrier.remove',
      'sign-in.remove',
      'sign-in.remove',
    ]);
  });

  test('a name with which somebody of another customer signs in takes the whole file back', async () => {
    const password = 'a-password-of-globex';
    await stores.users.create(globex.id, {
      id: newId(),
      name: 'greta@globex.example',
      role: 'admin',
      accountId: globex.id,
      password,
    });
    const before = await exported();
    const { applied } = await apply(`version: 1
people: [{upn: vic@acme.example, displayName: Vic}]
signIns: [{name: Greta@globex.example, role: admin}]`);
    assert.match(applied[0]?.words ?? '', /signs in as greta@globex\.example already/);
    assert.equal(await exported(), before);
    assert.equal(
      (await stores.users.signInForPlatform('greta@globex.example', password))?.accountId,
      globex.id,
    );
  });

  test('a carrier that sends from where another customer’s sends is refused: a call is whose by where it comes from', async () => {
    await stores.carriers.save(globex.id, {
      id: asCarrierId(newId()),
      name: 'Theirs',
      targets: [],
      sources: [{ address: '192.0.2.88' }],
      probeWithOptions: false,
      numberFormat: 'e164',
      emergency: false,
    });
    const { applied } = await apply(`version: 1
carriers: [{name: Mine, targets: [{host: sip.example}], sources: [{address: 192.0.2.88}]}]`);
    assert.deepEqual([applied[0]?.action, applied[0]?.field], ['refused', 'sources']);
    assert.doesNotMatch(applied[0]?.words ?? '', /Theirs|Globex/);
  });

  test('a forgotten password is made anew and a carrier gets what it wants to be shown, by whose they are; the audit holds neither', async () => {
    await apply(
      'version: 1\ncarriers: [{name: Own trunk, targets: [{host: sip.example}]}]\nsignIns: [{name: hal@acme.example, role: desk}]',
    );
    const notes: AuditEntry[] = [];
    const access = createAccessBoard({
      stores,
      newPassword: () => 'made-anew',
      audit: { note: async (entry) => void notes.push(entry) },
      refresh: async () => undefined,
    });
    const own = { kind: 'account', accountId: acme.id } as const;
    const other = { kind: 'account', accountId: globex.id } as const;
    const by = { kind: 'user', name: 'operator' } as const;
    const hal = (await access.signIns(own, acme.id)).find(({ name }) => name === 'hal@acme.example');
    const carrier = (await stores.carriers.list(acme.id)).find(({ owner }) => owner === acme.id);
    assert.ok(hal && carrier);
    assert.equal(await access.newPassword(other, hal.id, by), undefined);
    assert.equal(await access.setCredentials(other, carrier.id, null, by), false);
    assert.equal(await access.newPassword(own, hal.id, by), 'made-anew');
    assert.equal(await stores.users.signInForPlatform('hal@acme.example', 'made-for-you'), undefined);
    assert.equal((await stores.users.signInForPlatform('hal@acme.example', 'made-anew'))?.id, hal.id);
    const secret = { username: 'acme-1', password: 'of-the-carrier' };
    assert.equal(await access.setCredentials({ kind: 'platform' }, carrier.id, secret, by), true);
    // A file that changes the carrier leaves them as they are.
    await apply('version: 1\ncarriers: [{name: Own trunk, maxCalls: 7}]');
    assert.equal((await stores.carriers.get(acme.id, carrier.id))?.username, 'acme-1');
    assert.deepEqual(
      notes.map(({ action }) => action),
      ['sign-in.password', 'carrier.credentials'],
    );
    assert.doesNotMatch(JSON.stringify(notes), /made-anew|of-the-carrier/);
    await apply('version: 1\ncarriers: []\nsignIns: []', true);
  });
}

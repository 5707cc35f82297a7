import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { refused } from '@tandem/adapters/postgres/outcome.ts';
import type { NewUser, PlatformUser } from '@tandem/adapters/postgres/user-store.ts';
import {
  type Account,
  type AccountId,
  asAccountId,
  asPersonId,
  type Person,
  type RoutingSnapshot,
} from '@tandem/domain';
import type { DirectoryUser } from '@tandem/engine';
import { createPortalSignIn } from './portal-sign-in.ts';

const acmeTenant = 'acacacac-0000-4000-8000-000000000001';
const otherTenant = '61061061-0000-4000-8000-000000000002';
const oid = 'da4a0000-0000-4000-8000-000000000001';
const [acme, globex, partner] = ['acme', 'globex', 'partner'].map(asAccountId) as [
  AccountId,
  AccountId,
  AccountId,
];
const personOf = (id: string, accountId: AccountId, more: Partial<Person> = {}): Person =>
  ({
    id: asPersonId(id),
    accountId,
    displayName: 'Dana Doe',
    upn: 'dana@acme.example',
    mail: 'dana@acme.example',
    active: true,
    ...more,
  }) as Person;

function room(options: { readonly people: readonly Person[]; readonly taken?: readonly string[] }) {
  const world = {
    tenants: new Map([
      [acme, acmeTenant],
      [globex, otherTenant],
    ]),
    links: new Map<string, string>(options.people.map(({ id }) => [id, oid])),
    user: undefined as DirectoryUser | null | 'unread' | undefined,
    made: [] as NewUser[],
    audited: [] as { action: string; after?: unknown }[],
  };
  const connectionOf = (accountId: AccountId) => {
    const tenantId = world.tenants.get(accountId);
    return tenantId === undefined ? undefined : { connectionId: `c-${accountId}`, tenantId };
  };
  const portal = createPortalSignIn({
    users: {
      ofPerson: async () => [],
      async create(_accountId, user) {
        if (options.taken?.includes(user.name)) return refused({ kind: 'taken', what: 'name' });
        world.made.push(user);
        const { password: _, ...rest } = user;
        return { ok: true, value: { ...rest, disabled: false, version: 1 } };
      },
      noteSignIn: async () => undefined,
    },
    snapshot: () =>
      ({
        accounts: new Map([acme, globex, partner].map((id) => [id, { id, name: id } as unknown as Account])),
        people: new Map(options.people.map((one) => [one.id, one])),
      }) as unknown as RoutingSnapshot,
    connections: {
      all: (accountId) => [connectionOf(accountId)].flatMap((one) => one ?? []),
      ofPerson: ({ accountId }) => connectionOf(accountId),
    },
    objectIdOf: (personId) => world.links.get(personId),
    userOf: () => world.user,
    audit: {
      async note(entry) {
        world.audited.push(entry);
      },
    },
    newId: () => 'new-id',
  });
  return { portal, world };
}
const dana = personOf('dana', acme);
const signInOfDana = {
  id: 'u',
  name: 'd',
  role: 'admin',
  personId: dana.id,
  disabled: false,
} as PlatformUser;

describe('who a Microsoft user is: by tenant and object alone', () => {
  test('the linked person of the account with that tenant', () => {
    const { portal } = room({ people: [dana, personOf('bo', globex)] });
    assert.deepEqual(
      portal.peopleOf(acmeTenant, oid)?.map(({ personId }) => personId),
      [dana.id],
    );
  });
  test('the same mail and name, and another object: nobody', () => {
    const { portal } = room({ people: [dana] });
    assert.deepEqual(portal.peopleOf(acmeTenant, 'eeee0000-0000-4000-8000-000000000009'), []);
  });
  test('nobody has linked the person yet: nobody, whatever the address says', () => {
    const { portal, world } = room({ people: [dana] });
    world.links.clear();
    assert.deepEqual(portal.peopleOf(acmeTenant, oid), []);
  });
  test('the right object of another customer’s tenant: not this person; of a tenant of no customer: unknown', () => {
    const { portal } = room({ people: [dana] });
    assert.deepEqual(portal.peopleOf(otherTenant, oid), []);
    assert.equal(portal.peopleOf('99999999-0000-4000-8000-000000000009', oid), undefined);
  });
  test('two accounts share a tenant: both are told', () => {
    const { portal, world } = room({ people: [dana, personOf('d2', partner)] });
    world.tenants.set(partner, acmeTenant);
    assert.deepEqual(
      portal.peopleOf(acmeTenant, oid)?.map(({ accountId }) => accountId),
      [acme, partner],
    );
  });
});

describe('what the directory says of them', () => {
  const at = (more: Partial<DirectoryUser>) => ({ objectId: oid, enabled: true, ...more }) as DirectoryUser;
  const cases: readonly (readonly [
    string,
    DirectoryUser | null | 'unread' | undefined,
    string | undefined,
  ])[] = [
    ['enabled', at({}), undefined],
    ['disabled', at({ enabled: false }), 'disabled'],
    ['in the bin', at({ deletedOn: '2026-11-01T00:00:00Z' }), 'deleted'],
    ['gone for good', null, 'deleted'],
    ['not read', 'unread', undefined],
    ['read, but not whether they are enabled', at({ enabled: 'unread' }), undefined],
    ['no directory', undefined, undefined],
  ];
  for (const [title, seen, blocked] of cases)
    test(`${title}: ${blocked ?? 'may sign in, and stays'}`, () => {
      const { portal, world } = room({ people: [dana] });
      world.user = seen;
      assert.equal(portal.peopleOf(acmeTenant, oid)?.[0]?.blocked, blocked);
      assert.equal(portal.mayStay(signInOfDana), blocked === undefined);
      assert.ok(portal.mayStay({ ...signInOfDana, personId: undefined } as never), 'a sign-in of no person');
    });
});

test('a sign-in that is made sees one person only, has a password that nobody knows, and a name that is free', async () => {
  const { portal, world } = room({ people: [dana], taken: ['dana@acme.example'] });
  const [known] = portal.peopleOf(acmeTenant, oid) ?? [];
  assert.ok(known);
  const made = await portal.makeSignIn(known);
  assert.equal(made?.name, 'dana@acme.example dana');
  const [user] = world.made;
  assert.deepEqual([user?.role, user?.personId, user?.accountId], ['user', dana.id, acme]);
  assert.ok((user?.password.length ?? 0) >= 64);
  await portal.signedIn(made, { entraTenantId: acmeTenant, objectId: oid, name: 'Dana' }, '192.0.2.1');
  assert.deepEqual(
    world.audited.map(({ action }) => action),
    ['sign-in.make', 'sign-in.microsoft'],
  );
  assert.doesNotMatch(JSON.stringify(world.audited), new RegExp(user?.password ?? 'x'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Person } from '@tandem/domain';
import fc from 'fast-check';
import { DirectoryMirror } from '../directory-sync/directory-mirror.ts';
import { type AskedPerson, type Identity, identifyPeople } from './identity.ts';
import { microsoftUser, mirrorOf, personId, platformPerson, userId } from './test-presence-world.ts';

const asked = (person: Person, more: Partial<AskedPerson> = {}): AskedPerson => ({
  personId: person.id,
  displayName: person.displayName,
  upn: person.upn,
  ...(person.mail !== undefined && { mail: person.mail }),
  ...more,
});
const how = { proposals: true, breath: () => Promise.resolve() };
const identify = async (
  people: readonly AskedPerson[],
  mirror: DirectoryMirror,
  holders: ReadonlyMap<string, string> = new Map(),
): Promise<ReadonlyMap<string, Identity>> => {
  const found = await identifyPeople(people, mirror, (objectId) => holders.get(objectId), how);
  assert.ok(found !== 'unread');
  return found;
};
const one = async (
  person: AskedPerson,
  mirror: DirectoryMirror,
  holders?: ReadonlyMap<string, string>,
): Promise<string> => {
  const identity = (await identify([person], mirror, holders)).get(person.personId);
  assert.ok(identity);
  return identity.is === 'found'
    ? `${identity.by} ${Number(identity.user.objectId.slice(-12))}`
    : `${identity.code} ${identity.detail.who?.join(' + ') ?? ''}`.trim();
};

const at = (upn: string, mail?: string): AskedPerson =>
  asked(platformPerson(1, { upn, ...(mail !== undefined && { mail }) }), mail === undefined ? {} : { mail });
const byMail = (mail: string): AskedPerson => at('elsewhere@other.example', mail);

test('each step of the order finds its person, whatever the case, the spaces and the writing of the domain', async () => {
  const mirror = mirrorOf([
    microsoftUser(1, { upn: 'Dana@Acme.example', mail: 'd@acme.example' }),
    microsoftUser(2, { upn: 'b.x@acme.example', mail: 'Bo@acme.example' }),
    microsoftUser(3, {
      upn: 'c.x@acme.example',
      mail: 'c.y@acme.example',
      proxyAddresses: ['SMTP:c.y@acme.example', 'smtp:chidi@acme.example', 'X500:/o=Acme/cn=eve'],
    }),
    microsoftUser(4, { upn: 'ella@bücher.example', mail: 'ella@bücher.example' }),
  ]);
  const rows: readonly (readonly [mail: string, wanted: string])[] = [
    ['dana@acme.example', 'upn 1'],
    ['  DANA@ACME.EXAMPLE ', 'upn 1'],
    ['bo@acme.example', 'mail 2'],
    ['chidi@acme.example', 'proxy 3'],
    ['ella@xn--bcher-kva.example', 'upn 4'],
    // Fullwidth letters are the same letters (NFKC).
    ['ｄａｎａ@acme.example', 'upn 1'],
    ['/o=Acme/cn=eve', 'PRS-103'],
  ];
  for (const [mail, wanted] of rows) assert.equal(await one(byMail(mail), mirror), wanted, mail);
});

test('what only looks alike is somebody else: homographs, plus-tags, dots', async () => {
  const mirror = mirrorOf([
    microsoftUser(1, { upn: 'dana.doe@acme.example', mail: 'dana.doe@acme.example' }),
  ]);
  for (const mail of [
    'dаna.doe@acme.example', // a Cyrillic а
    'dana.doe@аcme.example',
    'dana.doe+phone@acme.example',
    'danadoe@acme.example',
    'dana.doe@acme.example.evil.example',
  ])
    assert.equal(await one(byMail(mail), mirror), 'PRS-103', mail);
});

test('guests, resource accounts, disabled and deleted users are nobody’s match, and it is said which', async () => {
  const rows: readonly (readonly [Parameters<typeof microsoftUser>[1], string])[] = [
    [{ guest: true }, 'PRS-106 p1@acme.example'],
    [{ resource: true }, 'PRS-106 p1@acme.example'],
    [{ enabled: false }, 'PRS-105 p1@acme.example'],
  ];
  for (const [change, wanted] of rows)
    assert.equal(await one(asked(platformPerson(1)), mirrorOf([microsoftUser(1, change)])), wanted);
  const mirror = mirrorOf([microsoftUser(1)]);
  mirror.commitUsers({
    full: false,
    changes: [{ objectId: userId(1), gone: 'recycled' }],
    beganAtWallMs: 2,
  });
  assert.equal(await one(asked(platformPerson(1)), mirror), 'PRS-103');
  // A candidate wins over somebody who is none, also in a later step.
  const mixed = mirrorOf([
    microsoftUser(1, { enabled: false }),
    microsoftUser(2, { mail: 'p1@acme.example' }),
  ]);
  assert.equal(await one(asked(platformPerson(1)), mixed), 'mail 2');
});

test('an address that fits two at Microsoft is refused with both names', async () => {
  const mirror = mirrorOf([
    microsoftUser(1, { upn: 'sam@acme.example', mail: 'shared@acme.example' }),
    microsoftUser(2, { upn: 'sam.stone@acme.example', mail: 'shared@acme.example' }),
  ]);
  const found = await one(byMail('shared@acme.example'), mirror);
  assert.match(found, /^PRS-112 /);
  for (const name of ['sam@acme.example', 'sam.stone@acme.example']) assert.ok(found.includes(name), found);
});

test('two people here with one address are both refused, each told of the other', async () => {
  const mirror = mirrorOf([microsoftUser(1)]);
  const [dana, bo] = [
    platformPerson(1, { displayName: 'Dana' }),
    platformPerson(2, { displayName: 'Bo', upn: 'bo@acme.example', mail: 'P1@acme.example' }),
  ];
  const found = await identify([asked(dana), asked(bo)], mirror);
  for (const { id } of [dana, bo]) {
    const identity = found.get(id);
    assert.ok(identity?.is === 'failed' && identity.code === 'PRS-112');
    assert.deepEqual([...(identity.detail.who ?? [])].sort(), ['Bo', 'Dana']);
  }
});

test('two Sams with one mail address are both refused and told apart, though each has a sign-in name of their own at Microsoft; once one has a link, the other is found by theirs', async () => {
  const mirror = mirrorOf([
    microsoftUser(1, { upn: 'sam@acme.example', mail: 'sam@acme.example' }),
    microsoftUser(2, { upn: 'sam.stone@acme.example', mail: 'sam.stone@acme.example' }),
  ]);
  const person = (n: number, upn: string) =>
    asked(platformPerson(n, { displayName: 'Sam Stone', upn, mail: 'sam@acme.example' }));
  const sam = person(1, 'sam@acme.example');
  const stone = person(2, 'sam.stone@acme.example');
  const found = await identify([sam, stone], mirror);
  for (const { personId } of [sam, stone]) {
    const identity = found.get(personId);
    assert.ok(identity?.is === 'failed' && identity.code === 'PRS-112');
    assert.deepEqual([...(identity.detail.who ?? [])].sort(), [
      'Sam Stone (sam.stone@acme.example)',
      'Sam Stone (sam@acme.example)',
    ]);
  }
  const linked = { ...sam, link: { objectId: userId(1), by: 'explicit' as const } };
  assert.equal((await identify([linked, stone], mirror)).get(sam.personId)?.is, 'found');
});

test('a user whom somebody holds by a stored link is nobody else’s (PRS-113)', async () => {
  const mirror = mirrorOf([microsoftUser(1)]);
  const holders = new Map([[userId(1), 'Bo']]);
  assert.equal(await one(asked(platformPerson(1)), mirror, holders), 'PRS-113 Bo');
  assert.equal(await one(asked(platformPerson(1), { known: userId(1) }), mirror, holders), 'PRS-113 Bo');
  const bo = asked(platformPerson(2, { displayName: 'Bo' }), {
    link: { objectId: userId(1), by: 'explicit' },
  });
  const found = await identify([asked(platformPerson(1)), bo], mirror);
  assert.equal(found.get(personId(2))?.is, 'found');
  const other = found.get(personId(1));
  assert.ok(other?.is === 'failed' && other.code === 'PRS-113' && other.detail.who?.[0] === 'Bo');
});

test('a stored link survives every renaming, and what the addresses say by now is proposed only', async () => {
  const mirror = mirrorOf([
    microsoftUser(1, { upn: 'married@acme.example', mail: 'married@acme.example' }),
    microsoftUser(2, { upn: 'p1@acme.example' }),
  ]);
  const identity = (
    await identify([asked(platformPerson(1), { link: { objectId: userId(1), by: 'upn' } })], mirror)
  ).get(personId(1));
  assert.ok(identity?.is === 'found');
  assert.deepEqual([identity.user.objectId, identity.by], [userId(1), 'upn']);
  assert.equal(identity.proposal?.objectId, userId(2));
});

test('the linked user is gone: it is said, the one who would fit now is proposed, nothing moves', async () => {
  const mirror = mirrorOf([microsoftUser(2, { upn: 'p1@acme.example' })]);
  const identity = (
    await identify([asked(platformPerson(1), { link: { objectId: userId(1), by: 'upn' } })], mirror)
  ).get(personId(1));
  assert.ok(identity?.is === 'failed' && identity.code === 'PRS-103');
  assert.equal(identity.proposal?.objectId, userId(2));
});

test('without an address there is nobody to look for (PRS-110); before the first reading nobody is said to be missing', async () => {
  const nobody = asked(platformPerson(1, { upn: ' ' }));
  const { mail: _, ...bare } = nobody;
  assert.equal(await one(bare, mirrorOf([microsoftUser(1)])), 'PRS-110');
  const unread = new DirectoryMirror('acacacac-0000-4000-8000-000000000001');
  assert.equal(await identifyPeople([asked(platformPerson(1))], unread, () => undefined, how), 'unread');
});

test('whatever addresses collide: nobody gets a user whom somebody else has, and never one who is no candidate', async () => {
  const address = fc.constantFrom(
    'a@x.example',
    'b@x.example',
    'A@x.example',
    'c@x.example',
    'a+1@x.example',
  );
  const user = fc.record({
    upn: address,
    mail: address,
    guest: fc.boolean(),
    resource: fc.boolean(),
    enabled: fc.boolean(),
  });
  const person = fc.record({
    upn: address,
    mail: fc.option(address, { nil: undefined }),
    link: fc.option(fc.nat(5), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(user, { maxLength: 6 }),
      fc.array(person, { maxLength: 6 }),
      fc.nat(1000),
      async (users, people, seed) => {
        const mirror = mirrorOf(users.map((one, n) => microsoftUser(n, one)));
        const linked = new Set<number>();
        const everybody = people.map(({ upn, mail, link }, n): AskedPerson => {
          // The store keeps links apart: two stored links to one user do not exist.
          const own = link !== undefined && !linked.has(link) ? link : undefined;
          if (own !== undefined) linked.add(own);
          return {
            personId: personId(n),
            displayName: `Person ${n}`,
            upn,
            ...(mail !== undefined && { mail }),
            ...(own !== undefined && { link: { objectId: userId(own), by: 'explicit' as const } }),
          };
        });
        const holders = new Map(
          everybody.flatMap(({ link, displayName, personId: id }) =>
            link ? [[link.objectId, { displayName, id }] as const] : [],
          ),
        );
        const inOrder = async (list: readonly AskedPerson[]) => {
          const found = await identifyPeople(
            list,
            mirror,
            (objectId, asking) => {
              const holder = holders.get(objectId);
              return holder && holder.id !== asking ? holder.displayName : undefined;
            },
            how,
          );
          assert.ok(found !== 'unread');
          return found;
        };
        const found = await inOrder(everybody);
        const taken = new Set<string>();
        for (const identity of found.values()) {
          if (identity.is === 'failed') continue;
          const { objectId, guest, resource, enabled } = identity.user;
          assert.ok(!taken.has(objectId), `${objectId} was given twice`);
          taken.add(objectId);
          assert.ok(!guest && !resource && enabled === true);
        }
        // The order in which people come decides nothing.
        const turned = await inOrder([...everybody].sort((a, b) => (hash(a, seed) < hash(b, seed) ? -1 : 1)));
        for (const [id, identity] of found) {
          const other = turned.get(id);
          assert.equal(other?.is, identity.is);
          if (identity.is === 'found' && other?.is === 'found')
            assert.equal(other.user.objectId, identity.user.objectId);
          if (identity.is === 'failed' && other?.is === 'failed') assert.equal(other.code, identity.code);
        }
      },
    ),
    { numRuns: 400 },
  );
});

const hash = ({ personId: id }: AskedPerson, seed: number): number =>
  (Number(id.slice(-3)) * 7919 + seed * 31) % 101;

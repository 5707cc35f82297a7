import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { E164 } from '@tandem/domain';
import type { AskedIdentity, MatchedIdentity } from '../ports/directory-view.ts';
import type { UserChange } from './directory-changes.ts';
import { DirectoryMirror } from './directory-mirror.ts';
import { tenantId, userId } from './test-directory.ts';
import { searchUsers } from './user-index.ts';

const dana: UserChange = {
  objectId: userId(1),
  upn: 'dana@acme.example',
  displayName: 'Dana Fields',
  enabled: true,
};

function mirrorOf(...changes: readonly UserChange[]): DirectoryMirror {
  const mirror = new DirectoryMirror(tenantId);
  mirror.commitUsers({ full: true, changes, beganAtWallMs: 1 });
  return mirror;
}

function matched(mirror: DirectoryMirror, ...people: AskedIdentity[]): ReadonlyMap<string, MatchedIdentity> {
  const found = mirror.match(people);
  if (found === 'unread') throw new Error('not read');
  return found;
}

describe('B06: which Entra user somebody is (product-behaviour 2.1)', () => {
  const mail: UserChange = { ...dana, upn: 'd.fields@acme.onmicrosoft.example', mail: 'dana@acme.example' };
  const proxies = ['SMTP:d@acme.example', 'smtp:Dana@Acme.Example', 'X500:/o=acme'];
  const proxy: UserChange = { ...dana, upn: 'x@acme.example', proxyAddresses: proxies };
  const rows: readonly (readonly [string, UserChange, string, string | undefined])[] = [
    ['the sign-in name', dana, 'dana@acme.example', 'upn'],
    ['another case, blanks around', dana, ' DANA@Acme.example ', 'upn'],
    ['the mail', mail, 'dana@acme.example', 'mail'],
    ['any proxy address', proxy, 'dana@acme.example', 'proxy'],
    [
      'an IDN domain in either form',
      { ...dana, upn: 'dana@xn--bcher-kva.example' },
      'dana@bücher.example',
      'upn',
    ],
    ['an X500 address: no mail, no match', proxy, '/o=acme', undefined],
    ['a plus-tag is another address', dana, 'dana+x@acme.example', undefined],
    ['a Cyrillic a is no a', dana, 'd\u0430na@acme.example', undefined],
  ];
  for (const [title, user, address, by] of rows)
    test(title, () => {
      const match = matched(mirrorOf(user), { id: 'p', mail: address }).get('p');
      assert.equal(match?.by, by);
      assert.equal(match?.user?.objectId, by && userId(1));
    });

  test('PRV-112: two that match: the first with the other named; a sign-in name goes before a proxy address', () => {
    const two = mirrorOf(
      { ...dana, objectId: userId(2), upn: 'a@acme.example', mail: 'dana@acme.example' },
      { ...dana, objectId: userId(3), upn: 'b@acme.example', mail: 'dana@acme.example' },
    );
    assert.deepEqual(matched(two, { id: 'p', mail: 'dana@acme.example' }).get('p')?.alsoMatches, [
      'b@acme.example',
    ]);
    const other = mirrorOf({ ...proxy, objectId: userId(2) }, dana);
    const match = matched(other, { id: 'p', mail: 'dana@acme.example' }).get('p');
    assert.equal(match?.user?.objectId, userId(1));
    assert.deepEqual(match?.alsoMatches, []);
  });

  test('PRV-111: two of ours who mean one user are both told', () => {
    const found = matched(
      mirrorOf({ ...dana, mail: 'df@acme.example' }),
      { id: 'a', upn: 'dana@acme.example' },
      { id: 'b', mail: 'df@acme.example' },
    );
    assert.deepEqual(found.get('a')?.sharedWith, ['b']);
    assert.deepEqual(found.get('b')?.sharedWith, ['a']);
  });

  test('a guest, a disabled and a resource account are shown when nobody else matches, and never before somebody', () => {
    for (const wrong of [{ guest: true }, { enabled: false }, { resource: true }]) {
      const alone = mirrorOf({ ...dana, ...wrong });
      assert.equal(matched(alone, { id: 'p', upn: 'dana@acme.example' }).get('p')?.user?.objectId, userId(1));
      const beside = mirrorOf(
        { ...dana, ...wrong },
        { ...dana, objectId: userId(2), upn: 'x@acme.example', proxyAddresses: ['smtp:dana@acme.example'] },
      );
      assert.equal(
        matched(beside, { id: 'p', upn: 'dana@acme.example' }).get('p')?.user?.objectId,
        userId(2),
      );
    }
  });

  test('the stored link alone counts, even against an address; one that leads nowhere matches nobody', () => {
    const mirror = mirrorOf(dana, { ...dana, objectId: userId(2), upn: 'new@acme.example' });
    const found = matched(
      mirror,
      { id: 'a', upn: 'dana@acme.example', objectId: userId(2).toUpperCase() },
      { id: 'b', upn: 'new@acme.example', objectId: userId(9) },
    );
    assert.equal(found.get('a')?.user?.objectId, userId(2));
    assert.equal(found.get('a')?.by, 'link');
    assert.equal(found.get('b')?.user, null);
  });

  test('nobody matches: the nearest by name and by the first part of the address', () => {
    const mirror = mirrorOf(
      { ...dana, upn: 'dana@other.example', displayName: 'D. F.' },
      { ...dana, objectId: userId(2), upn: 'q@acme.example', displayName: 'Dána Fields' },
      { ...dana, objectId: userId(3), upn: 'bo@acme.example', displayName: 'Bo' },
    );
    const match = matched(mirror, { id: 'p', upn: 'dana@acme.example', displayName: 'Dana Fields' }).get('p');
    assert.deepEqual(match?.nearest, ['dana@other.example', 'q@acme.example']);
  });
});

describe('what changes of a user leave behind', () => {
  test('only what a change names changes; null clears; addresses follow', () => {
    const mirror = mirrorOf({
      ...dana,
      mail: 'df@acme.example',
      department: 'Sales',
      businessPhones: ['+1 202 555 0142'],
      mobilePhone: '+1 202 555 0143',
    });
    const change: UserChange = { objectId: userId(1), mail: null, mobilePhone: null, enabled: false };
    mirror.commitUsers({ full: false, changes: [change], beganAtWallMs: 2 });
    const user = mirror.user(userId(1));
    assert.ok(user !== 'unread' && user);
    assert.equal(user.mail, undefined);
    assert.equal(user.department, 'Sales');
    assert.deepEqual(user.phones, ['+1 202 555 0142']);
    assert.equal(user.enabled, false);
    assert.equal(matched(mirror, { id: 'p', mail: 'df@acme.example' }).get('p')?.user, null);
  });

  test('the best state of a plan counts, whatever history stands beside it; what was not read is unread', () => {
    const plans = [
      { servicePlanId: 'p', capabilityStatus: 'Deleted' },
      { servicePlanId: 'p', capabilityStatus: 'Enabled' },
      { servicePlanId: 'p', capabilityStatus: 'Suspended' },
    ];
    const mirror = mirrorOf({ ...dana, plans }, { objectId: userId(2) });
    const [first, second] = [mirror.user(userId(1)), mirror.user(userId(2))];
    assert.ok(first !== 'unread' && first && second !== 'unread' && second);
    assert.deepEqual(first.plans, [{ servicePlanId: 'p', capabilityStatus: 'Enabled' }]);
    assert.equal(second.plans, 'unread');
    assert.equal(second.enabled, 'unread');
  });

  test('after 30 days in the recycle bin a user is gone', () => {
    const mirror = mirrorOf(dana);
    mirror.commitUsers({
      full: false,
      changes: [{ objectId: userId(1), gone: 'recycled' }],
      beganAtWallMs: 10,
    });
    mirror.commitUsers({ full: false, changes: [], beganAtWallMs: 30 * 86_400_000 });
    assert.notEqual(mirror.user(userId(1)), null);
    mirror.commitUsers({ full: false, changes: [], beganAtWallMs: 30 * 86_400_000 + 10 });
    assert.equal(mirror.user(userId(1)), null);
  });
});

describe('G28, G29: looking for people', () => {
  const mirror = mirrorOf(
    { ...dana, businessPhones: ['(202) 555-0142'], country: 'US' },
    {
      objectId: userId(2),
      upn: 'bjork@acme.example',
      displayName: 'Björk Ånes',
      mobilePhone: '+44 20 7946 0142',
    },
    {
      objectId: userId(3),
      upn: 'c@acme.example',
      displayName: 'Chidi',
      businessPhones: ['020 7946 0142'],
      country: 'GB',
    },
  );
  const names = (search: string): readonly string[] =>
    searchUsers(mirror.users(), search, 10).found.map(({ displayName }) => displayName);

  test('by parts of the name in any order, without accents, by address, by number as it is typed', () => {
    assert.deepEqual(names('fie da'), ['Dana Fields']);
    assert.deepEqual(names('bjork anes'), ['Björk Ånes']);
    assert.deepEqual(names('C@ACME'), ['Chidi']);
    assert.deepEqual(names('555 01'), ['Dana Fields']);
    assert.deepEqual(names('nobody'), []);
    assert.equal(searchUsers(mirror.users(), '', 2).more, true);
  });

  test('the same number however it is written, and only in its country', () => {
    const holders = (number: string) =>
      mirror
        .phones()
        .holders(number as E164, 'US')
        .map(({ displayName }) => displayName);
    assert.deepEqual(holders('+12025550142'), ['Dana Fields']);
    assert.deepEqual(holders('+442079460142'), ['Björk Ånes', 'Chidi']);
    assert.deepEqual(holders('+12025550143'), []);
  });
});

describe('G07: whose number calls', () => {
  const pat = (n: number, more: Partial<UserChange> = {}): UserChange =>
    ({
      objectId: userId(n),
      upn: `pat${n}@acme.example`,
      displayName: `Pat ${n}`,
      enabled: true,
      ...more,
    }) as UserChange;
  const called = (mirror: DirectoryMirror, number: string): string | undefined =>
    mirror.phones().person(number as E164, 'US', '202')?.displayName;

  test('a mobile, a desk number however it is written, and a local one', () => {
    const mirror = mirrorOf(
      pat(1, { mobilePhone: '+44 7700 900142' }),
      pat(2, { businessPhones: ['(202) 555-0143'] }),
      pat(3, { businessPhones: ['555-0144'] }),
      pat(4, { businessPhones: ['946 0145'], country: 'MX' }),
    );
    // The account's area code is none of Mexico's.
    assert.equal(called(mirror, '+522029460145'), undefined);
    assert.equal(called(mirror, '+447700900142'), 'Pat 1');
    assert.equal(called(mirror, '+12025550143'), 'Pat 2');
    assert.equal(called(mirror, '+12025550144'), 'Pat 3');
    assert.equal(called(mirror, '+13035550143'), undefined);
  });

  test('a number that several people have names nobody, at once, also if it is a whole office’s', () => {
    const office = Array.from({ length: 3_000 }, (_, at) => pat(at, { businessPhones: ['+12025550100'] }));
    const mirror = mirrorOf(...office);
    const began = performance.now();
    for (let calls = 0; calls < 1_000; calls++) assert.equal(called(mirror, '+12025550100'), undefined);
    assert.ok(performance.now() - began < 1_000, 'two readings a call, not three thousand');
  });

  test('who left, may not sign in, is a guest or no person names nobody, and makes nobody’s number doubtful', () => {
    const mobilePhone = '+12025550145';
    const mirror = mirrorOf(
      pat(1, { mobilePhone }),
      pat(2, { mobilePhone, enabled: false }),
      pat(3, { mobilePhone, guest: true }),
      pat(4, { mobilePhone, resource: true }),
      pat(5, { mobilePhone }),
    );
    assert.equal(called(mirror, mobilePhone), undefined);
    const gone = { full: false, changes: [{ objectId: userId(5), gone: 'recycled' as const }] };
    mirror.commitUsers({ ...gone, beganAtWallMs: 20 });
    assert.equal(called(mirror, mobilePhone), 'Pat 1');
  });

  test('a change of the number or the name is known with the change, by steps and in place', () => {
    const mirror = mirrorOf(pat(1, { mobilePhone: '+12025550146' }), pat(2));
    const change = (one: UserChange) =>
      mirror.commitUsers({ full: false, changes: [one], beganAtWallMs: 20 });
    change({ objectId: userId(1), displayName: 'Patricia' });
    assert.equal(called(mirror, '+12025550146'), 'Patricia');
    const again = new DirectoryMirror(tenantId);
    again.restore(mirror.dump());
    assert.equal(called(again, '+12025550146'), 'Patricia', 'after a restart, before anything is read');
    change({ objectId: userId(1), mobilePhone: null });
    assert.equal(called(mirror, '+12025550146'), undefined);
    const stage = mirror.stageUsers(false, 30);
    stage.add([{ objectId: userId(2), mobilePhone: '+12025550146' }]);
    assert.equal(called(mirror, '+12025550146'), undefined);
    stage.commit();
    assert.equal(called(mirror, '+12025550146'), 'Pat 2');
    mirror.commitUsers({ full: true, changes: [pat(1), pat(2)], beganAtWallMs: 40 });
    assert.equal(called(mirror, '+12025550146'), undefined);
  });
});

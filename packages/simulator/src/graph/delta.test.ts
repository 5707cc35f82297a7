import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { MovableClock } from '../directory/movable-clock.ts';
import { rehearsalDirectory } from '../directory/rehearsal-directory.ts';
import { type Group, makeUser, type TeamsUser, type Tenant } from '../directory/tenant.ts';
import { DirectoryCalls, testClock } from '../testing/directory-call.ts';
import { makeCrowd } from '../world/crowd.ts';
import { rehearsalWorld } from '../world/rehearsal-world.ts';
import { groupsDelta, usersDelta } from './delta.ts';
import type { GraphAnswer } from './graph-world.ts';

const acmeId = rehearsalWorld.customers[0]?.entraTenantId ?? '';
const day = 86_400_000;

interface Item {
  readonly id: string;
  readonly displayName?: string;
  readonly '@removed'?: { readonly reason: string };
  readonly 'members@delta'?: readonly (Item & { readonly '@odata.type': string })[];
}
interface Page {
  readonly value: readonly Item[];
  readonly '@odata.nextLink'?: string;
  readonly '@odata.deltaLink'?: string;
}

describe('delta queries', () => {
  let clock: MovableClock;
  let calls: DirectoryCalls;
  let acme: Tenant;
  let directory: ReturnType<typeof rehearsalDirectory>['directory'];
  beforeEach(() => {
    clock = testClock();
    directory = rehearsalDirectory(5061, () => clock.wall()).directory;
    acme = directory.tenant(acmeId) as Tenant;
    calls = new DirectoryCalls(directory, acme, clock);
  });

  const person = (upn: string): TeamsUser => {
    const user = acme.users.get(upn);
    assert.ok(user, upn);
    return user;
  };
  const ask = (path: string, headers = {}): GraphAnswer =>
    calls.get(path.includes('/users/') ? usersDelta : groupsDelta, path, headers);
  const pageOf = (answer: GraphAnswer): Page => {
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body as Page;
  };
  /** All pages up to the delta link. */
  const round = (path: string, headers = {}) => {
    const pages: Page[] = [];
    for (let link = path; ; ) {
      const page = pageOf(ask(link, headers));
      pages.push(page);
      assert.ok(pages.length < 5_000, 'the round has no end');
      assert.equal(Object.keys(page).filter((name) => /Link$/.test(name)).length, 1);
      if (page['@odata.deltaLink'])
        return { pages, link: page['@odata.deltaLink'], value: pages.flatMap(({ value }) => value) };
      link = page['@odata.nextLink'] ?? '';
    }
  };
  const reasons = (items: readonly Item[]) => items.map((item) => [item.id, item['@removed']?.reason]);

  describe('D1: what comes', () => {
    it('a deleted user is "changed" while the bin holds it, "deleted" once it is gone, whole when it is back', () => {
      const { link } = round('/users/delta?$select=displayName');
      const nico = person('nico@acme.example');
      directory.softDelete(acme, nico);
      const deleted = round(link);
      assert.deepEqual(deleted.value, [{ id: nico.objectId, '@removed': { reason: 'changed' } }]);
      directory.restore(acme, nico);
      assert.deepEqual(round(deleted.link).value, [{ id: nico.objectId, displayName: nico.displayName }]);
      const back = round(deleted.link);
      directory.softDelete(acme, nico);
      directory.purge(acme, nico);
      assert.deepEqual(reasons(round(back.link).value), [[nico.objectId, 'deleted']]);
      assert.deepEqual(reasons(round(deleted.link).value), [[nico.objectId, 'deleted']]);
      assert.ok(!round('/users/delta').value.some(({ id }) => id === nico.objectId));
    });

    it('the bin is emptied after 30 days', () => {
      directory.softDelete(acme, person('nico@acme.example'));
      const { link } = round('/users/delta?$deltatoken=latest');
      clock.advance(5 * day);
      const later = round(link);
      assert.deepEqual(later.value, []);
      clock.advance(5 * day);
      const again = round(later.link);
      for (let weeks = 0, next = again.link; weeks < 4; weeks++) {
        clock.advance(6 * day);
        const seen = round(next);
        next = seen.link;
        if (seen.value.length > 0) {
          assert.equal(seen.value[0]?.['@removed']?.reason, 'deleted');
          return;
        }
      }
      assert.fail('nobody was purged');
    });

    it('somebody who came and went for good in between was never there', () => {
      const { link } = round('/users/delta');
      const user = makeUser({
        upn: 'x@acme.example',
        objectId: 'x',
        tenantId: acme.id,
        displayName: 'X',
      });
      directory.add(acme, user);
      directory.purge(acme, user);
      assert.deepEqual(round(link).value, []);
    });

    it('a change of what was not selected is no change; the number is none of the directory', () => {
      const { link } = round('/users/delta?$select=displayName');
      directory.change(person('dana@acme.example'), { accountEnabled: false });
      directory.change(person('alex@acme.example'), { number: '+12025550111' });
      assert.deepEqual(round(link).value, []);
    });

    it('a new name comes with the same id', () => {
      const { link } = round('/users/delta?$select=userPrincipalName,mail');
      const dana = person('dana@acme.example');
      assert.ok(directory.rename(acme, dana, 'Dana.Dole@acme.example'));
      assert.deepEqual(round(link).value, [
        { id: dana.objectId, userPrincipalName: 'Dana.Dole@acme.example', mail: 'dana@acme.example' },
      ]);
      assert.equal(directory.rename(acme, person('alex@acme.example'), 'dana.dole@ACME.example'), false);
    });

    it('a licence change shows in assignedLicenses', () => {
      const { link } = round('/users/delta?$select=assignedLicenses');
      directory.change(person('bo@acme.example'), { licences: ['teams', 'teams-phone'] });
      const [bo] = round(link).value as unknown as { assignedLicenses: { skuId: string }[] }[];
      assert.deepEqual(
        bo?.assignedLicenses.map(({ skuId }) => skuId),
        ['05e9a617-0261-4cee-bb44-138d3ef5d965', 'e43b5b99-8dfb-405f-9987-dc307f34bcbd'],
      );
    });

    it('Prefer: return=minimal gives what changed and nothing else', () => {
      const path = '/users/delta?$select=displayName,accountEnabled,department';
      const { link } = round(path);
      const dana = person('dana@acme.example');
      directory.change(dana, { department: 'Sales' });
      const minimal = ask(link, { prefer: 'return=minimal' });
      assert.deepEqual(pageOf(minimal).value, [{ id: dana.objectId, department: 'Sales' }]);
      assert.equal(minimal.headers?.['preference-applied'], 'return=minimal');
      assert.deepEqual(Object.keys(pageOf(ask(link)).value[0] ?? {}).toSorted(), [
        'accountEnabled',
        'department',
        'displayName',
        'id',
      ]);
    });

    it('pages are small when they are told to be, some are empty, and changes come again', () => {
      Object.assign(calls.world.settings, { deltaPageSize: 4, deltaEmptyPages: 2, deltaReplays: 1 });
      const first = round('/users/delta?$select=id');
      const ids = first.value.map(({ id }) => id);
      assert.deepEqual(new Set(ids), new Set([...acme.users.values()].map(({ objectId }) => objectId)));
      assert.equal(ids.length, 2 * acme.users.size, 'everybody twice');
      assert.deepEqual(
        [first.pages[0], first.pages[1], first.pages.at(-1), first.pages.at(-2)].map((page) => page?.value),
        [[], [], [], []],
      );
      assert.ok(first.pages.every(({ value }) => value.length <= 4));
      const preferred = pageOf(ask('/users/delta', { prefer: 'odata.maxpagesize=2' }));
      assert.equal(preferred.value.length, 0, 'an empty page is an empty page');
      calls.world.settings.deltaEmptyPages = 0;
      assert.equal(pageOf(ask('/users/delta', { prefer: 'odata.maxpagesize=2' })).value.length, 2);
    });

    it('latest gives a link and no data, and what happens after it is seen', () => {
      const { value, link } = round('/groups/delta?$deltatoken=latest');
      assert.deepEqual(value, []);
      const dana = person('dana@acme.example');
      directory.change(dana, { groups: [] });
      assert.deepEqual(reasons(round(link).value[0]?.['members@delta'] ?? []), [[dana.objectId, 'deleted']]);
    });

    it('members of a large group come over several pages, each naming the group', () => {
      calls.world.settings.deltaMemberPageSize = 5;
      const id = acme.enableGroupId;
      const { value, pages } = round(
        `/groups/delta?$select=displayName,members&$filter=${encodeURIComponent(`id eq '${id}'`)}`,
      );
      assert.ok(pages.length > 2);
      const users = value.flatMap((item) => item['members@delta'] ?? []);
      assert.deepEqual(
        users
          .filter((one) => one['@odata.type'] === '#microsoft.graph.user')
          .map((one) => one.id)
          .toSorted(),
        [...acme.users.values()]
          .filter(({ groups }) => groups.includes(id))
          .map(({ objectId }) => objectId)
          .toSorted(),
      );
      assert.ok(value.every((item) => item.id === id && item.displayName === 'Teams calling'));
    });

    it('who joined and left in between is no news, and a group of which nothing is left to say does not come', () => {
      const { link } = round('/groups/delta');
      const devin = person('devin@acme.example');
      directory.change(devin, { groups: [acme.enableGroupId] });
      directory.change(devin, { groups: [] });
      assert.deepEqual(round(link).value, []);
    });

    it('D1: groups come, change their name and go: softly, or for good where security groups go for good', () => {
      const { link } = round('/groups/delta?$select=displayName');
      const [soft, hard] = (['unified', 'security'] as const).map((kind) =>
        directory.addGroup(acme, { id: `0000-${kind}`, displayName: kind, kind }),
      );
      assert.ok(soft && hard);
      const made = round(link);
      assert.deepEqual(made.value.map(({ displayName }) => displayName).toSorted(), ['security', 'unified']);
      directory.changeGroup(acme, hard, { displayName: 'other' });
      assert.deepEqual(round(made.link).value, [{ id: hard.id, displayName: 'other' }]);
      directory.habits.deletedSecurityGroups = 'gone';
      directory.deleteGroup(acme, soft);
      directory.deleteGroup(acme, hard);
      assert.deepEqual(reasons(round(made.link).value).toSorted(), [
        [hard.id, 'deleted'],
        [soft.id, 'changed'],
      ]);
      const gone = round(made.link);
      directory.restoreGroup(acme, soft);
      assert.deepEqual(round(gone.link).value, [{ id: soft.id, displayName: 'unified' }]);
      directory.habits.deletedSecurityGroups = 'bin';
    });

    it('D1: a security group in the bin is nobody’s, keeps its members, comes back with them, and is purged after 30 days', () => {
      const { link } = round('/groups/delta?$select=displayName,members');
      const group = acme.groups.get(acme.enableGroupId) as Group;
      const members = (): number =>
        [...acme.users.values()].filter(({ groups }) => groups.includes(group.id)).length;
      const before = members();
      directory.deleteGroup(acme, group);
      const deleted = round(link);
      assert.deepEqual(deleted.value, [{ id: group.id, '@removed': { reason: 'changed' } }]);
      assert.ok(
        !directory.isInEnableGroup(acme, person('dana@acme.example')),
        'nothing counts while it is there',
      );
      assert.equal(members(), before, 'who is a member is remembered');
      assert.deepEqual(
        round('/groups/delta').value.filter(({ id }) => id === group.id),
        [],
        'and not listed',
      );
      directory.restoreGroup(acme, group);
      const restored = round(deleted.link);
      assert.deepEqual(
        restored.value.map(({ id }) => id),
        [group.id],
      );
      assert.ok(directory.isInEnableGroup(acme, person('dana@acme.example')));
      const anew = round('/groups/delta?$select=members').value.filter(({ id }) => id === group.id);
      const told = anew.flatMap((one) => (one['members@delta'] ?? []) as readonly unknown[]);
      assert.ok(told.length >= before, 'read anew, it has everybody');
      const doomed = directory.addGroup(acme, { id: '0000-doomed', displayName: 'doomed', kind: 'security' });
      directory.deleteGroup(acme, doomed);
      clock.advance(30 * day);
      directory.settle(acme);
      assert.equal(doomed.life, 'purged');
    });
  });

  describe('D2: tokens end', () => {
    it('after seven days, and when the tenant is reset: 410 and where to begin again, with what was selected', () => {
      const path = `/groups/delta?$select=displayName&$filter=${encodeURIComponent(`id eq '${acme.enableGroupId}'`)}`;
      const { link } = round(path);
      acme.deltaEpoch++;
      const reset = ask(link);
      assert.deepEqual(
        [reset.status, (reset.body as { error: { code: string } }).error.code, reset.check],
        [410, 'resyncRequired', 'D2'],
      );
      const fresh = round(reset.headers?.location ?? '');
      assert.deepEqual(fresh.value, [{ id: acme.enableGroupId, displayName: 'Teams calling' }]);
      clock.advance(7 * day + 1);
      const late = ask(fresh.link);
      assert.deepEqual(
        [late.status, (late.body as { error: { code: string } }).error.code],
        [410, 'syncStateNotFound'],
      );
    });

    it('a page link ends after an hour; a link that was touched, of another kind or of another tenant is none', () => {
      calls.world.settings.deltaPageSize = 3;
      const next = pageOf(ask('/users/delta'))['@odata.nextLink'] ?? '';
      assert.equal(ask(next).status, 200);
      assert.equal(ask(next.replace('/users/', '/groups/')).status, 400);
      assert.equal(ask(`${next}A`).status, 400);
      assert.equal(ask(next.replace('$skiptoken', '$deltatoken')).status, 400);
      const globexTenant = directory.tenant(rehearsalWorld.customers[1]?.entraTenantId ?? '') as Tenant;
      assert.equal(new DirectoryCalls(directory, globexTenant, clock).get(usersDelta, next).status, 400);
      clock.advance(3_600_001);
      const late = ask(next);
      assert.deepEqual([late.status, late.check], [400, 'G11']);
    });
  });

  describe('D3: what a delta query does not take', () => {
    const ids = (count: number): string =>
      encodeURIComponent(Array.from({ length: count }, (_, index) => `id eq 'g${index}'`).join(' or '));
    for (const [query, wanted] of [
      ['$top=5', 400],
      ['$orderby=displayName', 400],
      ['$expand=manager', 400],
      [`$filter=${encodeURIComponent("displayName eq 'x'")}`, 400],
      [`$filter=${ids(51)}`, 400],
      [`$filter=${ids(50)}`, 200],
      ['$select=shoeSize', 400],
    ] as const)
      it(`${query.slice(0, 40)}: ${wanted}`, () =>
        assert.equal(ask(`/groups/delta?${query}`).status, wanted));
  });

  it('D4: who is in the bin is a member until the bin is emptied', () => {
    const { link } = round('/groups/delta');
    const dana = person('dana@acme.example');
    directory.softDelete(acme, dana);
    assert.deepEqual(round(link).value, []);
    const members = round('/groups/delta').value.flatMap((item) => item['members@delta'] ?? []);
    assert.ok(members.some(({ id }) => id === dana.objectId));
    directory.purge(acme, dana);
    assert.deepEqual(reasons(round(link).value[0]?.['members@delta'] ?? []), [[dana.objectId, 'deleted']]);
  });

  it('D5: a group that is nested is one member; a dynamic group takes and gives up members by its rule', () => {
    const sales = directory.addGroup(acme, {
      id: '0000-sales',
      displayName: 'Sales',
      rule: '(user.department -eq "Sales") and -not (user.accountEnabled -eq false)',
    });
    directory.changeGroup(acme, acme.groups.get(acme.enableGroupId) ?? sales, { nested: [sales.id] });
    const { link } = round('/groups/delta?$deltatoken=latest');
    const dana = person('dana@acme.example');
    directory.change(dana, { department: 'sales' });
    const joined = round(link);
    assert.deepEqual(
      joined.value.map(({ id }) => id),
      [sales.id],
    );
    assert.deepEqual(joined.value[0]?.['members@delta'], [
      { '@odata.type': '#microsoft.graph.user', id: dana.objectId },
    ]);
    directory.change(dana, { accountEnabled: false });
    assert.deepEqual(reasons(round(joined.link).value[0]?.['members@delta'] ?? []), [
      [dana.objectId, 'deleted'],
    ]);
    assert.ok(!directory.isInEnableGroup(acme, dana) || dana.groups.includes(acme.enableGroupId));
    directory.changeGroup(acme, acme.groups.get(acme.enableGroupId) ?? sales, { nested: [] });
    const left = round(joined.link).value.find(({ id }) => id === acme.enableGroupId);
    assert.deepEqual(left?.['members@delta'], [
      { '@odata.type': '#microsoft.graph.group', id: sales.id, '@removed': { reason: 'deleted' } },
    ]);
  });

  it('G17: what the directory does not show yet is in the round in which it shows it', () => {
    calls.world.settings.directoryLagMs = 30_000;
    const { link } = round('/users/delta?$select=displayName');
    directory.change(person('dana@acme.example'), { displayName: 'Dana D.' });
    const early = round(link);
    assert.deepEqual(early.value, []);
    clock.advance(30_001);
    assert.deepEqual(
      round(early.link).value.map(({ displayName }) => displayName),
      ['Dana D.'],
    );
  });

  it('whatever happens, who follows the links knows what is there', () => {
    const step = fc.tuple(
      fc.constantFrom(
        'join',
        'leave',
        'rename',
        'delete',
        'restore',
        'purge',
        'come',
        'look',
        'nest',
        'tick',
      ),
      fc.nat(30),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.record({
          deltaPageSize: fc.integer({ min: 1, max: 7 }),
          deltaMemberPageSize: fc.integer({ min: 1, max: 7 }),
          deltaEmptyPages: fc.nat(2),
          deltaReplays: fc.nat(1),
        }),
        (steps, settings) => {
          clock = testClock();
          directory = rehearsalDirectory(5061, () => clock.wall()).directory;
          acme = directory.tenant(acmeId) as Tenant;
          calls = new DirectoryCalls(directory, acme, clock);
          Object.assign(calls.world.settings, settings);
          const users = new Map<string, string>();
          const members = new Map<string, Set<string>>();
          const links = { users: '/users/delta?$select=displayName', groups: '/groups/delta' };
          const look = (): void => {
            const people = round(links.users);
            for (const item of people.value)
              if (item['@removed']) users.delete(item.id);
              else users.set(item.id, item.displayName ?? users.get(item.id) ?? '');
            const groups = round(links.groups);
            for (const item of groups.value) {
              const held = members.get(item.id) ?? new Set();
              members.set(item.id, held);
              for (const one of item['members@delta'] ?? [])
                if (one['@removed']) held.delete(one.id);
                else held.add(one.id);
            }
            Object.assign(links, { users: people.link, groups: groups.link });
          };
          for (const [what, index] of steps) {
            const live = [...acme.users.values()];
            const user = live[index % live.length];
            const binned = directory.deletedUsers(acme);
            const other = binned[index % binned.length];
            if (what === 'look') look();
            else if (what === 'tick') clock.advance(1_000);
            else if (what === 'come')
              directory.add(
                acme,
                makeUser({
                  upn: `n${index}-${directory.ledger(acme).users.length}@acme.example`,
                  objectId: `new-${index}-${directory.ledger(acme).users.length}`,
                  tenantId: acme.id,
                  displayName: 'New',
                  groups: index % 2 ? [acme.enableGroupId] : [],
                }),
              );
            else if (what === 'nest') {
              const group = acme.groups.get(acme.enableGroupId);
              const nested = [...acme.groups.keys()].filter((id) => id !== acme.enableGroupId);
              if (group) directory.changeGroup(acme, group, { nested: index % 2 ? nested : [] });
            } else if (what === 'restore' && other) directory.restore(acme, other);
            else if (what === 'purge' && other) directory.purge(acme, other);
            else if (user && what === 'delete') directory.softDelete(acme, user);
            else if (user && what === 'join')
              directory.change(user, { groups: [...new Set([...user.groups, acme.enableGroupId])] });
            else if (user && what === 'leave') directory.change(user, { groups: [] });
            else if (user && what === 'rename') directory.change(user, { displayName: `Name ${index}` });
          }
          look();
          assert.deepEqual(
            new Map([...users].toSorted()),
            new Map(
              [...acme.users.values()]
                .map(({ objectId, displayName }): [string, string] => [objectId, displayName])
                .toSorted(),
            ),
          );
          for (const group of acme.groups.values())
            assert.deepEqual(
              [...(members.get(group.id) ?? [])].toSorted(),
              [
                ...group.nested,
                ...directory
                  .ledger(acme)
                  .users.filter(({ groups }) => groups.includes(group.id))
                  .map(({ objectId }) => objectId),
              ].toSorted(),
            );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('25,000 people: a round costs a few looks for each, a change a few looks in all', () => {
    makeCrowd(directory, acme, () => `c${directory.ledger(acme).users.length}`, {
      count: 25_000,
      groups: [acme.enableGroupId],
    });
    calls.world.settings.deltaPageSize = 999;
    /** How often the directory is asked what somebody looked like then. */
    let looks = 0;
    const at = directory.at.bind(directory);
    directory.at = ((thing: TeamsUser, stamp: number) => {
      looks++;
      return at(thing, stamp);
    }) as typeof directory.at;
    const users = round('/users/delta?$select=displayName');
    const groups = round('/groups/delta');
    assert.equal(users.value.length, acme.users.size);
    const perPerson = looks / acme.users.size;
    // Each page of users shows its own; a page of members passes over each person once, for each of the two groups.
    assert.ok(perPerson < 8, `${perPerson} looks for each person over all pages`);
    looks = 0;
    directory.change(person('person17@acme.example'), { displayName: 'One of many' });
    assert.equal(round(users.link).value.length, 1);
    assert.deepEqual(round(groups.link).value, []);
    assert.ok(looks < 50, `${looks} looks for one change`);
  });
});

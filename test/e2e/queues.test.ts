import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { acmeQueueId } from '@tandem/adapters/http/testing/memory-queues.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import { type QueueLive, queue } from '@tandem/contract';
import type { Locator, Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser } from './browser.ts';
import { openPortal } from './portal-under-test.ts';

const admin = 'admin@acme.example';
const salesPath = `/queues/${acmeQueueId}`;

describe('queues in the portal', { skip: noBrowser }, () => {
  let portal: Awaited<ReturnType<typeof openPortal>>;
  /** What a queue's engine says, which the API's own double leaves still. */
  const told = new Map<string, QueueLive>();
  before(async () => {
    portal = await openPortal();
    const { queues } = portal.server.services;
    const still = queues.live.bind(queues);
    queues.live = async (scope, id) => {
      const answer = await still(scope, id);
      return answer && (told.get(id) ?? answer);
    };
  });
  after(() => portal?.close());
  afterEach(() => portal?.closePages());

  const memberRow = (page: Page, name: string): Locator =>
    page
      .getByRole('list', { name: 'Members in their order' })
      .getByRole('listitem')
      .filter({ hasText: name });
  const names = async (page: Page): Promise<string[]> =>
    await page.getByRole('list', { name: 'Members in their order' }).getByRole('link').allInnerTexts();
  const saved = async (page: Page, id = acmeQueueId) =>
    queue.parse(await (await page.request.get(`/api/v1/queues/${id}`)).json());
  const say = (live: QueueLive): void => {
    told.set(live.queueId, live);
    portal.server.events.publish({ kind: 'queue', accountId: world.acmeId, live });
  };

  test('an administrator makes a queue, gives it members in their order, changes it, and deletes it', async () => {
    const page = await portal.as(admin, '/queues');
    await page.getByRole('table', { name: 'Queues' }).getByText('2 of 2 logged in').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: 'New queue' }).click();
    const dialog = page.getByRole('dialog', { name: 'Make a queue' });
    await dialog.getByLabel('Name').fill('Sales');
    await dialog.getByLabel('Extension').fill('1600');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await dialog.getByRole('alert').getByText('Another queue of the account is called Sales.').waitFor();
    await dialog.getByLabel('Name').fill('Support');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('heading', { name: 'Support' }).waitFor();
    const id = decodeURIComponent(new URL(page.url()).pathname.split('/')[2] ?? '');
    assert.equal((await saved(page, id)).extension, '1600');
    await page.getByText('Nobody takes calls yet').waitFor();

    await page.getByRole('button', { name: 'Add members' }).click();
    const people = page.getByRole('dialog', { name: 'Who takes calls of this queue' });
    for (const name of ['Dana Fields', 'Bo Larsen']) {
      await people.getByRole('button', { name: `Add ${name}` }).click();
      await people.getByRole('button', { name: `Add ${name}` }).waitFor({ state: 'detached' });
    }
    await people.getByRole('button', { name: 'Done' }).click();
    await people.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Move Bo Larsen up' }).click();
    await page.getByText('Not saved yet: the old members and their order count.').waitFor();
    assert.deepEqual(await names(page), ['Bo Larsen', 'Dana Fields']);
    assert.deepEqual((await saved(page, id)).members, []);
    await page.getByRole('button', { name: 'Save members' }).click();
    await page.getByText('Not saved yet: the old').waitFor({ state: 'detached' });
    assert.deepEqual(
      (await saved(page, id)).members.map(({ displayName }) => displayName),
      ['Bo Larsen', 'Dana Fields'],
    );

    const settings = page.getByRole('region', { name: 'Settings' });
    await settings.getByLabel('Ring one member for').fill('20');
    await settings.getByLabel('Who cannot wait is').selectOption('forward');
    assert.equal(await settings.getByRole('button', { name: 'Save settings' }).isDisabled(), true);
    await settings.getByLabel('Sent to').fill('1004');
    await settings.getByRole('button', { name: 'Save settings' }).click();
    await settings.getByText('Not saved yet.').waitFor({ state: 'detached' });
    const now = await saved(page, id);
    assert.deepEqual([now.offerSeconds, now.overflow], [20, { kind: 'forward', to: '1004' }]);
    assert.deepEqual(await accessibilityFaults(page), []);

    await page.getByRole('button', { name: 'Delete queue' }).click();
    await page
      .getByRole('dialog', { name: 'Delete the queue Support?' })
      .getByRole('button', { name: 'Delete it' })
      .click();
    const queues = page.getByRole('table', { name: 'Queues' });
    await queues.getByText('Sales').waitFor();
    assert.equal(await queues.getByText('Support').count(), 0, 'a deleted queue is never shown again');
  });

  test('who waits and why a member is skipped are on the page the moment they change', async () => {
    const page = await portal.as(admin, salesPath);
    await page.getByText('Nobody waits', { exact: true }).waitFor();
    await memberRow(page, 'Dana Fields').getByText('Free', { exact: true }).waitFor();
    const [dana, bo] = (await saved(page)).members;
    assert.ok(dana && bo);
    say({
      queueId: acmeQueueId,
      waiting: [
        {
          callId: 'call-waiting',
          from: '+12025550199',
          since: new Date(Date.now() - 12_000).toISOString(),
          position: 1,
          offeredTo: bo.personId,
        },
      ],
      members: [
        {
          personId: dana.personId,
          displayName: dana.displayName,
          state: 'skipped',
          sentence: 'Skipped because In a meeting: no queue calls.',
        },
        {
          personId: bo.personId,
          displayName: bo.displayName,
          state: 'offered',
          sentence: 'Is rung for +12025550199.',
        },
      ],
    });
    const waits = page.getByRole('table', { name: 'Who waits' });
    await waits.getByText('+1 202 555 0199').waitFor();
    await waits.getByText(bo.displayName).waitFor();
    await memberRow(page, 'Dana Fields').getByText('Skipped because In a meeting: no queue calls.').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    told.clear();
    say({ queueId: acmeQueueId, waiting: [], members: [] });
    await page.getByText('Nobody waits', { exact: true }).waitFor();
    told.clear();
  });

  test('an administrator logs somebody out and in; the service desk sees it and can change nothing', async () => {
    const page = await portal.as(admin, salesPath);
    const out = memberRow(page, 'Bo Larsen').getByRole('switch', { name: 'Logged in: Bo Larsen' });
    await out.click();
    await memberRow(page, 'Bo Larsen').getByText('Logged out of this queue.').waitFor();
    const desk = await portal.as('desk@acme.example', salesPath);
    await memberRow(desk, 'Bo Larsen').getByText('Logged out of this queue.').waitFor();
    for (const button of [/^Save/, /^Delete/, /^Add/, /^Move/, /^Take/])
      assert.equal(await desk.getByRole('button', { name: button }).count(), 0, String(button));
    for (const one of await desk.getByRole('switch').all()) assert.equal(await one.isDisabled(), true);
    for (const one of await desk.getByRole('textbox').all()) assert.equal(await one.isDisabled(), true);
    assert.deepEqual(await accessibilityFaults(desk), []);
    await out.click();
    await memberRow(page, 'Bo Larsen').getByText('Free', { exact: true }).waitFor();
  });

  test('two administrators: the second is told, and what was typed is not lost', async () => {
    const page = await portal.as(admin, salesPath);
    const settings = page.getByRole('region', { name: 'Settings' });
    await settings.getByLabel('Longest wait').fill('600');
    await settings.getByText('Not saved yet.').waitFor();
    const queues = portal.server.services.queues;
    const actor = { kind: 'user', name: 'operator' } as const;
    const other = await queues.change({ kind: 'platform' }, acmeQueueId, { wrapUpSeconds: 30 }, actor);
    assert.equal(other.ok, true);
    await settings.getByRole('button', { name: 'Save settings' }).click();
    await settings.getByRole('alert').getByText('Somebody changed it meanwhile').waitFor();
    assert.equal(await settings.getByLabel('Longest wait').inputValue(), '600');
    await settings.getByRole('button', { name: 'Save settings' }).click();
    await settings.getByText('Not saved yet.').waitFor({ state: 'detached' });
    const { wrapUpSeconds, maxWaitSeconds } = await saved(page);
    assert.deepEqual([wrapUpSeconds, maxWaitSeconds], [30, 600]);
  });

  test('a user logs out of a queue and in again, by keyboard, and sees who waits', async () => {
    const page = await portal.as('dana@acme.example', '/me');
    await page.getByRole('link', { name: 'My queues' }).click();
    const sales = page.getByRole('region', { name: 'Sales' });
    await sales.getByText('Nobody waits.').waitFor();
    await sales.getByText('Free', { exact: true }).waitFor();
    const mine = sales.getByRole('switch', { name: 'I take calls of this queue' });
    await mine.focus();
    await page.keyboard.press('Space');
    await sales.getByText('Logged out', { exact: true }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    const stands = await saved(page);
    const me = stands.members.find(({ displayName }) => displayName === 'Dana Fields');
    assert.equal(me?.loggedIn, false);
    await mine.focus();
    await page.keyboard.press('Space');
    await sales.getByText('Free', { exact: true }).waitFor();
    say({
      queueId: acmeQueueId,
      waiting: [
        {
          callId: 'call-two',
          from: '+12025550188',
          since: new Date().toISOString(),
          position: 1,
          offeredTo: me?.personId,
        },
      ],
      members: stands.members.map(({ personId, displayName }) => ({
        personId,
        displayName,
        state: 'free',
        sentence: 'Free.',
      })),
    });
    await sales.getByText(/\+1 202 555 0188, for .* - rings at you now/).waitFor();
    told.clear();
  });

  test('dark colours and a narrow window: nothing sticks out, and the same checks pass', async () => {
    for (const [name, path, see] of [
      [admin, '/queues', 'Sales'],
      [admin, salesPath, 'Bo Larsen'],
      ['dana@acme.example', '/queues', 'I take calls of this queue'],
    ] as const) {
      const page = await portal.as(name, path, { dark: true, width: 360 });
      await page.getByRole('main').getByText(see).filter({ visible: true }).first().waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'), 0, path);
      assert.deepEqual(await accessibilityFaults(page), [], path);
    }
  });

  test('nothing complained', () => {
    assert.deepEqual(portal.complaints(), []);
  });
});

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import { presenceRules, presenceSync } from '@tandem/contract';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import type { Locator, Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser } from './browser.ts';
import { openPortal } from './portal-under-test.ts';

const admin = 'admin@acme.example';
const setupPath = `/api/v1/accounts/${world.acmeId}/presence-sync`;

describe('an administrator sets up presence with Teams', { skip: noBrowser }, () => {
  let portal: Awaited<ReturnType<typeof openPortal>>;
  before(async () => {
    portal = await openPortal();
  });
  after(() => portal?.close());
  afterEach(() => portal?.closePages());

  /** What counts, as the API tells whoever is signed in on the page. */
  const setup = async (page: Page) => presenceSync.parse(await (await page.request.get(setupPath)).json());
  const card = (page: Page, title: string): Locator => page.getByRole('region', { name: title, exact: true });
  const userRow = (page: Page, name: string): Locator =>
    page.getByRole('table', { name: 'Users and their presence' }).getByRole('row').filter({ hasText: name });
  const who = (page: Page): Locator => card(page, 'Step 2: Whose presence is synced');
  const rules = (page: Page): Locator => card(page, 'Step 3: Customize call presence');

  async function saveMode(page: Page, mode: RegExp): Promise<string> {
    await who(page).getByRole('radio', { name: mode }).check();
    await who(page).getByText('Not saved yet.').waitFor();
    await who(page).getByRole('button', { name: 'Save' }).click();
    const dialog = page.getByRole('dialog', { name: 'What would change' });
    await dialog.getByText('Something in the way').waitFor();
    const words = await dialog.innerText();
    await dialog.getByRole('button', { name: 'Save it' }).click();
    await dialog.waitFor({ state: 'detached' });
    return words;
  }

  test('step 1 says what presence lacks, and the way there; the page has no barriers', async () => {
    const page = await portal.as(admin, '/presence');
    const step = card(page, 'Step 1: Sign in and authorise');
    await step.getByText('Not for everything that presence needs').waitFor();
    await step.getByText('“Presence, both ways” is switched off under Connection.').waitFor();
    await userRow(page, 'Bo Larsen').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await step.getByRole('button', { name: 'Authorise again' }).click();
    await page.getByRole('tab', { name: 'Connection' }).waitFor();
    assert.match(page.url(), /\/microsoft\/connection-acme/);
  });

  test('a mode is shown before it is saved, counts when it is, and the run tells its result on the page', async () => {
    const page = await portal.as(admin, '/presence');
    const preview = await saveMode(page, /^Selected users/);
    assert.match(preview, /End\s+4/, preview);
    await userRow(page, 'Bo Larsen').getByText('Not selected').waitFor();
    assert.equal((await setup(page)).settings.mode, 'selected');
    await userRow(page, 'Bo Larsen').getByRole('button', { name: 'Select Bo Larsen' }).click();
    await userRow(page, 'Bo Larsen').getByText('Synced', { exact: true }).waitFor();
    await saveMode(page, /^All users/);
    await who(page)
      .getByRole('status', { name: 'Last run' })
      .getByText(/4 synced, 4 failed, in \d+ s\./)
      .waitFor();
    const runs = page.getByRole('table', { name: 'Runs of presence' });
    await runs.getByText('The mode was changed').first().waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a run that goes on shows how far it is; its users can be listed, failed ones first', async () => {
    const page = await portal.as(admin, '/people');
    const stands = await setup(page);
    assert.ok(stands.run);
    const going = {
      ...stands,
      run: {
        ...stands.run,
        state: 'running',
        sentence: 'Presence sync goes on: 3 of 8 people.',
        counts: { ...stands.run.counts, judged: 3, inScope: 8 },
      },
    };
    // A run over eight people in memory is over before a page can look.
    await page.route(`**${setupPath}`, (route) => route.fulfill({ json: going }));
    await page.getByRole('link', { name: 'Presence', exact: true }).click();
    const bar = who(page).getByRole('progressbar', { name: 'Progress of the run' });
    await bar.waitFor();
    assert.equal(await bar.getAttribute('aria-valuenow'), '3');
    assert.equal(await card(page, 'Runs').getByRole('button', { name: 'Sync now' }).isDisabled(), true);
    await page.unroute(`**${setupPath}`);
    await bar.waitFor({ state: 'detached' });
    const first = page.getByRole('button', { name: /users of the run/ }).first();
    await first.click();
    const users = page.getByRole('table', { name: 'Users of the run' });
    await users.getByText('Failed').first().waitFor();
    assert.match(await users.getByRole('row').nth(1).innerText(), /Failed/);
    await first.click();
    await users.waitFor({ state: 'detached' });
  });

  test('a rule that is edited does not count before it is saved', async () => {
    const page = await portal.as(admin, '/presence');
    await rules(page).getByRole('switch', { name: 'Let the state in Teams decide' }).click();
    await rules(page).getByText('Off: the usual mapping counts.').waitFor({ state: 'detached' });
    const save = rules(page).getByRole('button', { name: 'Save rules' });
    await rules(page).getByRole('button', { name: 'Edit In a meeting' }).click();
    assert.equal(await save.isDisabled(), true, 'nothing is different yet');
    await rules(page).getByLabel('While Teams shows In a meeting').selectOption('no-calls');
    await rules(page).getByText('Not saved yet: the old rules count.').waitFor();
    assert.equal((await setup(page)).settings.rules['in-a-meeting'], 'no-queue-calls');
    await rules(page).getByRole('button', { name: 'Leave as it was' }).click();
    await rules(page).getByText('Not saved yet').waitFor({ state: 'detached' });
    await rules(page).getByRole('button', { name: 'Edit In a meeting' }).click();
    await rules(page).getByLabel('While Teams shows In a meeting').selectOption('no-calls');
    await save.click();
    await rules(page).getByText('Do not accept any calls').waitFor();
    const saved = await setup(page);
    assert.equal(saved.settings.customizeCalls, true);
    assert.deepEqual(saved.settings.rules, { ...saved.defaultRules, 'in-a-meeting': 'no-calls' });
  });

  test('somebody else’s change in between is told, nothing is overwritten and nothing typed is lost', async () => {
    const mine = await portal.as(admin, '/presence');
    await rules(mine).getByRole('button', { name: 'Edit Busy' }).waitFor();
    // What this page read stays as it was until it writes.
    const old = await setup(mine);
    let wrote = false;
    await mine.route(`**${setupPath}`, async (route) => {
      if (route.request().method() === 'PUT') wrote = true;
      else if (!wrote) return await route.fulfill({ json: old });
      await route.continue();
    });
    const theirs = await portal.as('operator', `/presence?account=${world.acmeId}`);
    await rules(theirs).getByRole('button', { name: 'Edit Offline' }).click();
    await rules(theirs).getByLabel('While Teams shows Offline').selectOption('no-queue-calls');
    await rules(theirs).getByRole('button', { name: 'Save rules' }).click();
    await rules(theirs).getByLabel('While Teams shows Offline').waitFor({ state: 'detached' });

    await rules(mine).getByRole('button', { name: 'Edit Busy' }).click();
    const busy = rules(mine).getByLabel('While Teams shows Busy');
    await busy.selectOption('no-calls');
    await rules(mine).getByRole('button', { name: 'Save rules' }).click();
    await mine.getByRole('alert').getByText('Somebody changed it meanwhile').waitFor();
    assert.equal(await busy.inputValue(), 'no-calls', 'what was chosen is still there');
    assert.equal((await setup(mine)).settings.rules.busy, 'accept-all');
    const offline = rules(mine).getByRole('listitem').filter({ hasText: 'Offline' });
    await offline.getByText('Do not accept queue calls').waitFor();
    await rules(mine).getByRole('button', { name: 'Save rules' }).click();
    await busy.waitFor({ state: 'detached' });
    const both = (await setup(mine)).settings.rules;
    assert.deepEqual([both.busy, both.offline], ['no-calls', 'no-queue-calls']);
  });

  test('all five rules go back to their defaults, after a question that names what changes', async () => {
    const page = await portal.as(admin, '/presence');
    await rules(page).getByRole('button', { name: 'Reset to default' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reset all five rules to their defaults?' });
    await dialog.getByText('Busy: Do not accept any calls becomes Accept all calls').waitFor();
    await dialog.getByRole('button', { name: 'Not now' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await setup(page)).settings.rules.busy, 'no-calls');
    await rules(page).getByRole('button', { name: 'Reset to default' }).click();
    await dialog.getByRole('button', { name: 'Reset', exact: true }).click();
    // The first of none: both rows that said so are gone.
    await rules(page).getByText('Do not accept any calls').first().waitFor({ state: 'detached' });
    const { settings, defaultRules } = await setup(page);
    assert.deepEqual(settings.rules, presenceRules.parse(defaultRules));
  });

  test('one person is unsynced and resynced, several at once, and everything says so', async () => {
    const page = await portal.as(admin, '/presence');
    const dana = userRow(page, 'Dana Fields');
    await dana.getByRole('button', { name: 'Unsync Dana Fields' }).click();
    await dana.getByText('Unsynced', { exact: true }).waitFor();
    await dana.getByRole('button', { name: 'Resync Dana Fields' }).click();
    await dana.getByText('Synced', { exact: true }).waitFor();
    for (const name of ['Bo Larsen', 'Ivo Petrov'])
      await page.getByRole('checkbox', { name: `Choose ${name}` }).check();
    await page.getByText('2 chosen').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: 'Unsync the chosen' }).click();
    await userRow(page, 'Ivo Petrov').getByText('Unsynced', { exact: true }).waitFor();
    await card(page, 'Users').getByLabel('State').selectOption('unsynced');
    await page.getByText('2 of 2 shown').waitFor();
    assert.match(page.url(), /state=unsynced/, 'what is filtered can be sent to somebody');
    for (const name of ['Bo Larsen', 'Ivo Petrov'])
      await page.getByRole('checkbox', { name: `Choose ${name}` }).check();
    await page.getByRole('button', { name: 'Resync the chosen' }).click();
    await userRow(page, 'Bo Larsen').waitFor({ state: 'detached' });
    assert.equal((await setup(page)).counts.unsynced, 0);
  });

  test('who is two people at Microsoft is matched when somebody says which', async () => {
    const page = await portal.as(admin, '/presence');
    const misfits = page.getByRole('list', { name: 'Does not fit', exact: true });
    await misfits.getByText('Hana Sato', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Use this match: h2.hana@acme.example for Hana Sato' }).click();
    await misfits.getByText('Hana Sato', { exact: true }).waitFor({ state: 'detached' });
    await userRow(page, 'Hana Sato').getByText('chosen by hand').waitFor();
  });

  test('a connection that is lost is told at the top with whose turn it is, and what was chosen stays', async () => {
    const connection = portal.server.services.connections
      .list()
      .find(({ accountId }) => accountId === world.acmeId);
    assert.ok(connection);
    const lost: Partial<StoredConnection> = {
      life: { state: 'INTERRUPTED', sinceWallMs: Date.now(), reason: 'app-removed' },
    };
    const before = { life: connection.life };
    Object.assign(connection, lost);
    try {
      const page = await portal.as(admin, '/presence');
      const banner = page.getByRole('status').filter({ hasText: 'Whose turn' }).first();
      await banner.getByText('Next step').waitFor();
      assert.equal((await setup(page)).settings.mode, 'all');
      assert.deepEqual(await accessibilityFaults(page), []);
      Object.assign(connection, before);
      await banner.waitFor({ state: 'detached' });
    } finally {
      Object.assign(connection, before);
    }
  });

  test('the service desk sees everything and can change nothing', async () => {
    const page = await portal.as('desk@acme.example', '/presence');
    await userRow(page, 'Hana Sato').waitFor();
    await page.getByRole('list', { name: 'Rules', exact: true }).getByText('In a meeting').waitFor();
    await page.getByRole('table', { name: 'Runs of presence' }).waitFor();
    for (const button of [/^Save/, /^Edit/, /^Reset/, /^Unsync/, /^Resync/, /^Use this/, 'Sync now'])
      assert.equal(await page.getByRole('button', { name: button }).count(), 0, String(button));
    for (const role of ['radio', 'switch', 'checkbox'] as const)
      for (const one of await page.getByRole(role).all()) assert.equal(await one.isDisabled(), true);
    assert.deepEqual(await accessibilityFaults(page), []);
    await userRow(page, 'Hana Sato').getByRole('link', { name: 'Why' }).click();
    await page.getByRole('heading', { name: 'Hana Sato' }).waitFor();
  });

  test('a sync operator begins a run, sees how it went, and no people', async () => {
    const page = await portal.as('sync@acme.example', '/presence');
    const runs = page.getByRole('table', { name: 'Runs of presence' });
    await runs.waitFor();
    await page.getByRole('button', { name: 'Sync now' }).click();
    await runs.getByText('sync@acme.example').first().waitFor();
    // N21: its steps, in words.
    await runs.getByText('3 steps').first().click();
    await runs
      .getByText(/^Matched people \(\d+\) · \d+ ms$/)
      .first()
      .waitFor();
    assert.equal(await page.getByText('Bo Larsen').count(), 0);
    assert.equal(await page.getByRole('button', { name: /users of the run/ }).count(), 0);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('by keyboard alone: the mode, its preview, and saving', async () => {
    const page = await portal.as(admin, '/presence');
    const to = async (target: Locator): Promise<void> => {
      await target.waitFor();
      for (let at = 0; at < 120; at += 1) {
        if ((await target.and(page.locator(':focus')).count()) > 0) return;
        await page.keyboard.press('Tab');
      }
      assert.fail('the keyboard does not reach it');
    };
    await to(who(page).getByRole('radio', { name: /^All users/ }));
    await page.keyboard.press('ArrowDown');
    await who(page).getByText('Not saved yet.').waitFor();
    await to(who(page).getByRole('button', { name: 'Save' }));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'What would change' });
    await dialog.getByText('Something in the way').waitFor();
    await to(dialog.getByRole('button', { name: 'Save it' }));
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await userRow(page, 'Dana Fields').getByText('Not selected').waitFor();
    assert.equal((await setup(page)).settings.mode, 'selected');
  });

  test('dark colours and a narrow window: nothing sticks out, and the same checks pass', async () => {
    for (const [name, path, see] of [
      [admin, '/presence', 'Hana Sato'],
      ['dana@acme.example', '/me/presence', 'Important callers'],
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

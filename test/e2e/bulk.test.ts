import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import { asPersonId, type E164 } from '@tandem/domain';
import type { Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser } from './browser.ts';
import { openPortal } from './portal-under-test.ts';
import { restingNumber } from './sample-people.ts';

describe('many people, numbers and jobs', { skip: noBrowser }, () => {
  let portal: Awaited<ReturnType<typeof openPortal>>;
  before(async () => {
    portal = await openPortal();
  });
  after(async () => await portal?.close());
  afterEach(async () => await portal.closePages());

  const person = (name: string) =>
    portal.server.directory.data.people.find(({ displayName }) => displayName === name);
  const tick = async (page: Page, ...names: string[]): Promise<void> => {
    for (const name of names) await page.getByRole('checkbox', { name: `Choose ${name}` }).click();
  };
  async function saved(page: Page, button: string): Promise<string> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByText(button, { exact: true }).click(),
    ]);
    return await readFile(await download.path(), 'utf8');
  }

  test('each check has a mark of its own with its name and state for those who listen', async () => {
    const page = await portal.as('desk@acme.example', '/people');
    const marks = page.getByRole('list', { name: 'Checks of Ivo Petrov' });
    await marks.waitFor();
    assert.equal(await marks.getByRole('img').count(), 13);
    await marks
      .getByRole('img', { name: 'Teams and Teams Phone licence at Microsoft: Not met (PRV-403)' })
      .waitFor();
    await marks.getByRole('img', { name: 'The account may use Teams: In order' }).waitFor();
    assert.equal(await page.getByRole('checkbox').count(), 0, 'the desk begins no jobs');
    assert.equal(await page.getByRole('button', { name: 'New person' }).count(), 0);
  });

  test('people are found by code and by state at Microsoft, both stand in the address', async () => {
    const page = await portal.as('admin@acme.example', '/people');
    const table = page.getByRole('table', { name: 'People' });
    await table.getByRole('link', { name: 'Bo Larsen' }).waitFor();
    await page.getByLabel('Code', { exact: true }).fill('303');
    await table.getByRole('link', { name: 'Bo Larsen' }).waitFor({ state: 'detached' });
    assert.match(page.url(), /code=PRV-303/);
    await table.getByRole('link', { name: 'Chidi Okafor' }).waitFor();
    await page.getByLabel('Code', { exact: true }).fill('');
    await page.getByLabel('State at Microsoft').selectOption('AWAITING_RELAUNCH');
    await table.getByRole('link', { name: 'Chidi Okafor' }).waitFor({ state: 'detached' });
    await table.getByRole('link', { name: 'Bo Larsen' }).waitFor();
    assert.match(page.url(), /state=AWAITING_RELAUNCH/);
  });

  test('chosen people are previewed as a job, started, and put back by its undo', async () => {
    const page = await portal.as('admin@acme.example', '/people');
    await page.getByRole('link', { name: 'Bo Larsen' }).waitFor();
    const box = page.getByRole('checkbox', { name: 'Choose Bo Larsen' });
    await box.focus();
    await page.keyboard.press('Space');
    assert.equal(
      await box.evaluate((input) => input === input.ownerDocument.activeElement),
      true,
      'ticking keeps the focus',
    );
    await tick(page, 'Chidi Okafor', 'Dana Fields');
    const bar = page.getByRole('region', { name: 'The chosen people' });
    await bar.getByText('3 chosen').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await bar.getByRole('button', { name: 'Teams off' }).click();
    await page.waitForURL(/\/jobs\//);
    await page.getByText('Nothing has been changed yet.').waitFor();
    const items = page.getByRole('table', { name: 'Items' });
    await items.getByRole('link', { name: 'Bo Larsen' }).waitFor();
    assert.match(
      await items.innerText(),
      /Bo Larsen\s+To be done[\s\S]*Chidi Okafor\s+Is so already[\s\S]*Dana Fields\s+To be done/,
    );
    assert.equal(person('Bo Larsen')?.teamsToggle, true, 'a preview changes nothing');
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('3 of 3 handled').waitFor();
    assert.equal(person('Bo Larsen')?.teamsToggle, false);
    await page.getByRole('button', { name: 'Preview the undo' }).click();
    await page.getByRole('heading', { name: /^Undo: / }).waitFor();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('2 of 2 handled').waitFor();
    assert.equal(person('Bo Larsen')?.teamsToggle, true);
    await page.getByRole('link', { name: 'the job before' }).click();
    await page.getByRole('link', { name: 'this job' }).waitFor();
  });

  test('a job runs on the page by itself with the time left, is paused, goes on, and ends', async () => {
    const { people } = portal.server;
    people.pace.slow = true;
    people.pace.done = 0;
    const page = await portal.as('admin@acme.example', '/people');
    await page.getByRole('checkbox', { name: 'Choose everybody on this page' }).click();
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await page.waitForURL(/\/jobs\//);
    const id = page.url().split('/').at(-1) ?? '';
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('0 of 8 handled, about 40 s left').waitFor();
    people.pace.done = 3;
    await page.getByText('3 of 8 handled, about 40 s left').waitFor();
    await page.getByRole('progressbar', { name: 'Progress of the job' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Running', { exact: true }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    people.pace.slow = false;
    await people.finish(id);
    await page.getByText('8 of 8 handled').waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Jobs' }).click();
    await page.getByRole('table', { name: 'Jobs' }).getByText('retry-provisioning (8)').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a preview that is not wanted is discarded, and nothing was changed', async () => {
    const page = await portal.as('admin@acme.example', '/people?search=dana');
    await page.getByRole('link', { name: 'Dana Fields' }).waitFor();
    await page.getByRole('button', { name: 'Choose everybody that this filter finds' }).click();
    await page.getByText('Everybody that this filter finds is chosen').waitFor();
    await page.getByRole('button', { name: 'Teams off' }).click();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    assert.equal(person('Dana Fields')?.teamsToggle, true);
  });

  test('a CSV file is previewed with its bad rows first, and the errors are kept as a file', async () => {
    const page = await portal.as('admin@acme.example', '/people');
    await page.getByRole('button', { name: 'Import CSV' }).click();
    const dialog = page.getByRole('dialog');
    assert.equal(await dialog.getByRole('button', { name: 'Preview' }).isDisabled(), true);
    await dialog.getByLabel('CSV file, up to 25,000 rows').setInputFiles({
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        'upn,displayName,teams\nnew@acme.example,New Person,on\n,Nobody,on\nbad,Bad Address,perhaps\n',
      ),
    });
    assert.deepEqual(await accessibilityFaults(page), []);
    await dialog.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: 'Refused: 2' }).waitFor();
    const refused = page.getByRole('table', { name: 'Refused items' });
    await refused.getByText('line 3').first().waitFor();
    assert.match(await refused.innerText(), /line 3[\s\S]*PRV-801[\s\S]*line 4[\s\S]*PRV-801/);
    const csv = await saved(page, 'Errors as CSV');
    assert.equal(csv.trim().split('\n').length, 3, csv);
    assert.match(csv, /^\uFEFF?position,who/);
    await page.getByLabel('Outcome').selectOption('waiting');
    await page.getByRole('table', { name: 'Items' }).getByText('Is created.').waitFor();
    assert.match(page.url(), /state=waiting/);
  });

  test('a file that is no CSV of people is refused in words, and the form stays', async () => {
    const page = await portal.as('admin@acme.example', '/people');
    await page.getByRole('button', { name: 'Import CSV' }).click();
    const dialog = page.getByRole('dialog');
    await dialog
      .getByLabel('CSV file, up to 25,000 rows')
      .setInputFiles({ name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n"open') });
    await dialog.getByRole('button', { name: 'Preview' }).click();
    await dialog.getByRole('alert').waitFor();
    assert.match(await dialog.getByRole('alert').innerText(), /cannot be read as CSV/);
  });

  test('everybody is exported as CSV', async () => {
    const page = await portal.as('admin@acme.example', '/people');
    const csv = await saved(page, 'Export CSV');
    assert.match(csv, /^\uFEFF?upn,/);
    assert.match(csv, /dana@acme\.example,Dana Fields/);
    assert.doesNotMatch(csv, /globex/);
  });

  test('a member of the group whom nobody is here is created with one press and a look', async () => {
    const page = await portal.as('admin@acme.example', '/people');
    await page.getByRole('button', { name: 'Create user Ellen Brandt' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/Number \+1 202 555 1100 of Main office/).waitFor();
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('heading', { name: 'Ellen Brandt', level: 1 }).waitFor();
    assert.deepEqual(person('Ellen Brandt')?.numbers, ['+12025551100']);
  });

  test('a person is created with the next free number; an address that is taken is told and nothing typed is lost', async () => {
    const page = await portal.as('admin@acme.example', '/people');
    await page.getByRole('button', { name: 'New person' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Display name').fill('Nora Lind');
    await dialog.getByLabel('Address at Microsoft (UPN)').fill('dana@acme.example');
    assert.deepEqual(await accessibilityFaults(page), []);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('dana@acme.example is somebody of the account already.').waitFor();
    assert.equal(await dialog.getByLabel('Display name').inputValue(), 'Nora Lind');
    await dialog.getByLabel('Address at Microsoft (UPN)').fill('nora@acme.example');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'Nora Lind', level: 1 }).waitFor();
    assert.deepEqual(person('Nora Lind')?.numbers, ['+12025550180']);
  });

  test('the stock shows whose each number is; one is reserved, freed, and a quarantine ends with a reason', async () => {
    const page = await portal.as('admin@acme.example', '/numbers');
    const table = page.getByRole('table', { name: 'Numbers' });
    await table.getByRole('link', { name: 'Dana Fields' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByLabel('A number as somebody dials it').fill('(202) 555-0142');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('becomes +1 202 555 0142, a number of the account. It rings Dana Fields').waitFor();
    await page.getByText('national number of US: +1 is put before it').waitFor();
    await page.getByRole('button', { name: 'Reserve +12025550182' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address of who is to come').fill('kim@acme.example');
    await dialog.getByRole('button', { name: 'Reserve' }).click();
    await table.getByText('kim@acme.example').waitFor();
    await page.getByRole('button', { name: 'Free again +12025550182' }).click();
    await dialog.getByRole('button', { name: 'Free again' }).click();
    await table.getByText('kim@acme.example').waitFor({ state: 'detached' });
    await page.getByLabel('State', { exact: true }).selectOption('quarantine');
    await table.getByRole('link', { name: 'Dana Fields' }).waitFor({ state: 'detached' });
    await table.getByText('was Lena Voss’s').waitFor();
    assert.match(await table.innerText(), /In quarantine[\s\S]*was Lena Voss’s, left the company, until/);
    await page.getByRole('button', { name: `End quarantine ${restingNumber}` }).click();
    assert.equal(await dialog.getByRole('button', { name: 'End quarantine' }).isDisabled(), true);
    await dialog.getByLabel('Reason').fill('Wanted by sales.');
    await dialog.getByRole('button', { name: 'End quarantine' }).click();
    await page.getByText('No number fits this filter').waitFor();
  });

  test('a number is added, marked as ported, taken back and removed; a range shows what is free in it', async () => {
    const page = await portal.as('admin@acme.example', '/numbers?search=0195');
    await page.getByText('97 of 100 free').waitFor();
    await page.getByRole('button', { name: 'Add numbers' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Numbers, one a line').fill('+1 202 555 0195\n');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('button', { name: 'Ported away +12025550195' }).click();
    await dialog.getByRole('button', { name: 'Ported away' }).click();
    await page.getByRole('button', { name: 'Is back +12025550195' }).click();
    await dialog.getByRole('button', { name: 'Is back' }).click();
    await page.getByRole('button', { name: 'Remove +12025550195' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No number fits this filter').waitFor();
    await page.getByRole('button', { name: 'New range' }).click();
    await dialog.getByLabel('Name of the range').fill('Second floor');
    await dialog.getByLabel('First number').fill('+1 202 555 3100');
    await dialog.getByLabel('Last number').fill('+1 202 555 3199');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('list', { name: 'Ranges' }).getByRole('link', { name: 'Second floor' }).waitFor();
  });

  test('who has a number is asked by keyboard and stands in the address', async () => {
    const page = await portal.as('desk@acme.example', '/numbers');
    await page.getByLabel('A number to look for everywhere').focus();
    await page.keyboard.type('+12025550142');
    await page.keyboard.press('Enter');
    const who = page.getByRole('list', { name: 'Who has +12025550142' });
    await who.getByText('Conflict').waitFor();
    assert.match(page.url(), /who=%2B12025550142/);
    assert.equal(await page.getByRole('button', { name: 'Add numbers' }).count(), 0, 'the desk may look');
  });

  test('25,000 people are paged, searched and filtered without waiting for all of them', async () => {
    const { data } = portal.server.directory;
    const [first] = world.people().filter(({ accountId }) => accountId === world.globexId);
    assert.ok(first);
    const before = data.people;
    data.people = [
      ...before,
      ...Array.from({ length: 25_000 }, (_, n) => ({
        ...first,
        id: asPersonId(`01900000-0000-7000-8000-1${String(n).padStart(11, '0')}`),
        displayName: `Person ${String(n).padStart(5, '0')}`,
        upn: `p${n}@globex.example`,
        extension: String(20_000 + n),
        numbers: [`+1303${String(5_550_000 + n)}` as E164],
      })),
    ];
    try {
      const page = await portal.as('admin@globex.example', '/people');
      const table = page.getByRole('table', { name: 'People' });
      await page.getByText(/^25 of 25,?00\d shown$/).waitFor();
      await page.getByRole('button', { name: 'Next page' }).click();
      await page.waitForURL(/cursor=/);
      await page.getByRole('button', { name: 'First page' }).click();
      await page.getByLabel('Search name, address or number').fill('Person 24999');
      await table.getByRole('link', { name: 'Person 24999' }).waitFor();
      assert.equal(await table.getByRole('row').count(), 2);
    } finally {
      data.people = before;
    }
  });

  test('a job of another account does not exist for somebody else’s admin', async () => {
    const admin = await portal.as('admin@acme.example', '/jobs');
    const address = await admin
      .getByRole('table', { name: 'Jobs' })
      .getByRole('link')
      .first()
      .getAttribute('href');
    const page = await portal.as('admin@globex.example', address ?? '');
    await page.getByRole('alert').first().waitFor();
    assert.match(await page.locator('main').innerText(), /There is no such thing, or it is not yours/);
  });

  test('lists pass in dark colours and do not stick out of a narrow window', async () => {
    for (const path of ['/people', '/numbers?who=%2B12025550142', '/jobs']) {
      const page = await portal.as('operator', path, { dark: true, width: 360 });
      await page.getByRole('table').first().waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'), 0, path);
      assert.deepEqual(await accessibilityFaults(page), [], path);
      await portal.closePages();
    }
  });

  test('no page threw, and none broke the content security policy', () => {
    assert.deepEqual(portal.complaints(), []);
  });
});

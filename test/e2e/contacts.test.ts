import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { sampleGreeting } from '@tandem/adapters/http/testing/memory-voicemail.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import type { Presence } from '@tandem/contract';
import type { Locator, Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser } from './browser.ts';
import { openPortal } from './portal-under-test.ts';

/** As much of the browser's own player as the test touches. */
interface Audio {
  muted: boolean;
  readonly isConnected: boolean;
  play(): Promise<void>;
}

const quiet: Presence = {
  label: 'dnd',
  sentence: 'Teams shows: do not disturb.',
  source: 'teams',
  stale: false,
  since: '2026-11-22T10:00:00.000Z',
  accepts: { direct: 'no', queue: false },
};
const free: Presence = {
  label: 'available',
  sentence: 'Teams shows: available.',
  source: 'teams',
  stale: false,
  accepts: { direct: 'yes', queue: true },
};

describe('a user looks whom to call, and how they are', { skip: noBrowser }, () => {
  let portal: Awaited<ReturnType<typeof openPortal>>;
  before(async () => {
    portal = await openPortal();
  });
  after(() => portal?.close());
  afterEach(() => portal?.closePages());

  const rowOf = (page: Page, list: string, name: string): Locator =>
    page.getByRole('list', { name: list }).getByRole('listitem').filter({ hasText: name });
  const say = (presence: Presence): void =>
    portal.server.events.publish({ kind: 'person', accountId: world.acmeId, personId: world.boId, presence });

  test('one box finds colleagues and people of the directory, one card each, and one press dials', async () => {
    const page = await portal.as('dana@acme.example', '/contacts');
    await page.getByLabel('Search name, address or number').fill('brandt');
    await rowOf(page, 'Found', 'Ella Brandt').waitFor();
    await rowOf(page, 'Found', 'Ellen Brandt').getByText('No number').waitFor();
    const call = rowOf(page, 'Found', 'Ella Brandt').getByRole('link', { name: /^Call Ella Brandt at 1004/ });
    assert.match(String(await call.getAttribute('href')), /1004/);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a star puts somebody on the list, a place on the speed dials, and a taken place is refused in words', async () => {
    const page = await portal.as('dana@acme.example', '/contacts?search=ella');
    const found = rowOf(page, 'Found', 'Ella Brandt');
    await found.getByRole('button', { name: 'Favourite: Ella Brandt' }).click();
    await found.locator('[aria-pressed=true]').waitFor();
    await found.getByRole('button', { name: 'Speed dial for Ella Brandt' }).click();
    await page.getByLabel(/^Place, 1 to 99/).fill('1');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByText('That place on the speed dials is taken').waitFor();
    await page.getByLabel(/^Place, 1 to 99/).fill('2');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Speed dial 2 for Ella Brandt' }).waitFor();
    await page.getByRole('link', { name: 'Speed dial' }).click();
    const keys = page.getByRole('list', { name: 'Speed dials' }).getByRole('listitem');
    await keys.nth(1).getByText('Ella Brandt').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a change of a colleague reaches the open list by itself; who takes no calls is asked about first', async () => {
    const page = await portal.as('dana@acme.example', '/contacts');
    const bo = rowOf(page, 'My contacts', 'Bo Larsen');
    await bo.waitFor();
    say(quiet);
    await bo.getByText('Do not disturb').waitFor();
    await bo.getByRole('button', { name: /^Call Bo Larsen at 1002/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Call Bo Larsen all the same?' });
    await dialog.getByText(/shows Do not disturb since .* and takes no calls now/).waitFor();
    assert.match(String(await dialog.getByRole('link', { name: 'Call' }).getAttribute('href')), /1002/);
    await dialog.getByRole('button', { name: 'Not now' }).click();
    say(free);
    await bo.getByRole('link', { name: /^Call Bo Larsen at 1002/ }).waitFor();
  });

  test('the history shows missed calls and calls back; the lines show the call that goes on', async () => {
    const page = await portal.as('dana@acme.example', '/history');
    await page.getByRole('table', { name: 'Call history' }).waitFor();
    await page.getByLabel('Which calls').selectOption('missed');
    await page.getByRole('cell', { name: 'In', exact: true }).waitFor({ state: 'detached' });
    await page
      .getByRole('link', { name: /^Call \+1 202 555 0199/ })
      .first()
      .waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('link', { name: 'Lines' }).click();
    await page.getByRole('table', { name: 'My lines' }).getByText('In a call').first().waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('messages show who left them and how they are within moments; heard, deleted and called back from there', async () => {
    const page = await portal.as('dana@acme.example', '/voicemail');
    await page.getByText('3 messages, 2 not heard yet').waitFor();
    const ofBo = page.getByRole('row').filter({ hasText: 'Bo Larsen' });
    say(quiet);
    await ofBo.getByText('Do not disturb').waitFor({ timeout: 5_000 });
    say(free);
    await ofBo.getByText('Available').waitFor({ timeout: 5_000 });
    await ofBo.getByRole('link', { name: /^Call Bo Larsen at 1002/ }).waitFor();
    // The browser plays what it gets: a wrong type or policy would leave it without a length.
    const player = ofBo.locator('audio');
    await player.evaluate((audio: Audio) => {
      audio.muted = true;
      return audio.play();
    });
    await page.getByText('3 messages, 1 not heard yet').waitFor();
    assert.equal(await player.evaluate((audio: Audio) => audio.isConnected), true, 'plays on');
    await ofBo.getByRole('button', { name: /^Mark as not heard/ }).click();
    await page.getByText('3 messages, 2 not heard yet').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: 'Delete the message of Pat Example' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('2 messages, 1 not heard yet').waitFor();
    const mailbox = page.getByRole('region', { name: 'My mailbox' });
    await mailbox.getByRole('button', { name: 'Upload a greeting' }).click();
    const file = { name: 'hello.wav', mimeType: 'audio/wav', buffer: Buffer.from('hello') };
    await page.getByLabel(/^WAV file/).setInputFiles(file);
    await page.getByRole('dialog').getByRole('button', { name: 'Upload' }).click();
    await page.getByText(/not a RIFF\/WAVE file/).waitFor();
    const buffer = Buffer.from(sampleGreeting, 'base64');
    await page.getByLabel(/^WAV file/).setInputFiles({ ...file, buffer });
    await page.getByRole('dialog').getByRole('button', { name: 'Upload' }).click();
    await mailbox.getByText('Callers hear a greeting of 0:01.').waitFor();
    await mailbox.getByLabel('Who takes my messages').selectOption('teams');
    await mailbox.getByText('Microsoft Teams takes your messages.', { exact: false }).waitFor();
  });

  test('who administers sees how many messages there are and chooses who takes them, and nothing more', async () => {
    const page = await portal.as('admin@acme.example', '/voicemail');
    await page.getByText(/messages?, [0-9]+ not heard yet/).waitFor();
    await page.getByLabel('Longest message, seconds').fill('5');
    await page.getByText('From 10 to 600').waitFor();
    await page.getByLabel('Longest message, seconds').fill('60');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText('Not saved yet.').waitFor({ state: 'detached' });
    assert.equal(await page.locator('audio').count(), 0);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a user sets a state by hand, sees it pinned, releases it, and finds why in the journal', async () => {
    const page = await portal.as('dana@acme.example', '/me/presence');
    await page.getByLabel('Show as').selectOption('dnd');
    await page.getByLabel('For').first().selectOption('60');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText(/Pinned by .*: Do not disturb/).waitFor();
    await page.getByRole('button', { name: 'Release it now' }).click();
    await page.getByText(/Pinned by/).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Fix my presence' }).click();
    await page.getByRole('region', { name: 'After' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('link', { name: 'How it works, by examples' }).click();
    await page.getByRole('heading', { name: 'You call out from a desk phone' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('important callers, quiet times and the answer of calls that may not ring are the user’s own', async () => {
    const page = await portal.as('dana@acme.example', '/me/presence');
    const callers = page.getByRole('region', { name: 'Important callers' });
    await callers.getByLabel('Number').fill('+1 202 555 0199');
    await callers.getByLabel('Name, if you like').fill('Mother');
    await callers.getByRole('button', { name: 'Add caller' }).click();
    await callers.getByText('Mother, +1 202 555 0199').waitFor();
    const times = page.getByRole('region', { name: 'Times without calls' });
    await times.getByRole('button', { name: 'Add time' }).click();
    await times.getByText('Mon, Tue, Wed, Thu, Fri, 18:00 to 08:00').waitFor();
    const answer = page.getByRole('region', { name: 'Calls that may not ring' });
    await answer.getByLabel('Answer').selectOption('486');
    await answer.getByRole('button', { name: 'Save' }).click();
    await page.reload();
    await page.getByRole('region', { name: 'Important callers' }).getByText('Mother').waitFor();
    assert.equal(await answer.getByLabel('Answer').inputValue(), '486');
    await callers.getByRole('button', { name: /^Take Mother/ }).click();
    await callers.getByText('Nobody yet.').waitFor();
  });

  test('nothing complained', () => {
    // A refused place on the speed dials is a 409, a greeting that is none a 400: a browser writes them down.
    assert.deepEqual(
      portal.complaints().filter((one) => !/40[09]/.test(one)),
      [],
    );
  });
});

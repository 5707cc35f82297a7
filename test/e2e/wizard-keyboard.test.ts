import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { samplePassword } from '@tandem/adapters/http/testing/memory-services.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import type { Browser, Locator, Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser, openBrowser, signIn, visit } from './browser.ts';
import { playLoginPage } from './login-page.ts';
import { startMemoryServer } from './memory-server.ts';
import { goodReport } from './sample-microsoft.ts';

/** More stops than any page has: whoever needs more does not get there. */
const mostStops = 200;

describe('connecting Microsoft Teams without a mouse', { skip: noBrowser, timeout: 600_000 }, () => {
  let server: Awaited<ReturnType<typeof startMemoryServer>>;
  let browser: Browser;
  before(async () => {
    server = await startMemoryServer();
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Tab after Tab, as somebody does who sees where they are. */
  async function reach(page: Page, target: Locator): Promise<void> {
    await target.waitFor();
    const there = target.and(page.locator(':focus'));
    for (let stops = 0; stops < mostStops; stops += 1) {
      if ((await there.count()) > 0) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`the keyboard does not reach ${String(target)}`);
  }
  async function press(page: Page, target: Locator): Promise<void> {
    await reach(page, target);
    await page.keyboard.press('Enter');
  }
  const button = (page: Page | Locator, name: string | RegExp): Locator =>
    page.getByRole('button', { name, exact: typeof name === 'string' }).first();
  /** A preview takes the keyboard with it, and gives it back. */
  async function confirm(page: Page, name: string, yes = name): Promise<void> {
    await press(page, button(page, name));
    const dialog = page.getByRole('dialog');
    await dialog.locator('button:last-of-type[disabled]').first().waitFor({ state: 'detached' });
    await press(page, button(dialog, yes));
    await dialog.waitFor({ state: 'detached' });
  }

  test('an admin goes through every step of the wizard, to the job that puts everybody live', async () => {
    // Somebody is left to be switched on.
    const { data } = server.directory;
    data.people = data.people.map((one) => (one.id === world.gretaId ? { ...one, teamsToggle: false } : one));
    const { page, context, complaints } = await visit(browser, server.url);
    await playLoginPage(context, server.url);
    await page.goto('/microsoft');
    await signIn(page, 'admin@globex.example', samplePassword);
    await press(page, button(page, 'Connect Microsoft Teams'));
    await page.getByText('Presence, both ways').waitFor();
    await press(page, button(page, 'Sign in at Microsoft'));
    await press(page, page.getByRole('link', { name: 'Sign in as Alex' }));
    await press(page, button(page, 'Approve at Microsoft'));
    await press(page, page.getByRole('link', { name: 'Accept' }));

    await press(page, button(page, 'Go on: Routing domain'));
    await press(page, button(page, 'Choose this name'));
    await confirm(page, 'Add');
    await page.getByText('MS=ms99887766').waitFor();
    server.microsoft.microsoft.seesTxt = true;
    await page.getByText('is verified. Microsoft activates it').waitFor();
    await confirm(page, 'Activate');
    await press(page, page.getByRole('link', { name: '4. Voice routing' }));
    await press(page, button(page, 'Get the script'));
    await page.getByRole('region', { name: 'Script' }).getByText('New-CsOnlinePSTNGateway').waitFor();
    await press(page, button(page, 'Paste its report'));
    await reach(page, page.getByLabel('Report of the script'));
    await page.keyboard.insertText(goodReport);
    await press(page, button(page, 'Read the report'));
    await page.getByText('is active and its voice routing stands.').waitFor();

    await press(page, page.getByRole('link', { name: '5. Who calls' }));
    await reach(page, page.getByLabel('Search groups in Entra'));
    await page.keyboard.type('voice p');
    await press(page, button(page, 'Choose Voice Pilots'));
    await confirm(page, 'Preview and save', 'Save');
    await page.getByText('Nothing is changed.').waitFor();

    await press(page, page.getByRole('link', { name: '8. Go live' }));
    const live = page.getByRole('region', { name: '8. Go live' });
    await press(page, button(live, 'Preview: calls in Teams on for everybody'));
    await page.waitForURL(/\/jobs\/[^/]+$/);
    const job = new URL(page.url()).pathname;
    await press(page, button(page, 'Start'));
    await page.getByText('Done', { exact: true }).first().waitFor();
    await page.goBack();
    const latest = live.getByRole('list', { name: 'Latest jobs' }).getByRole('listitem').first();
    await latest.getByText('Done', { exact: true }).waitFor();
    assert.equal(await latest.getByRole('link').getAttribute('href'), job);
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { portSlot } from '../kit/port-slot.ts';
import { type Ready, type SpawnedInstance, spawnInstance } from '../kit/spawn-instance.ts';
import { TwinControl } from '../support/twin/twin-control.ts';
import { noBrowser, openBrowser, signIn, visit } from './browser.ts';

interface Instance {
  readonly controlToken: string;
  readonly signIns: readonly { readonly name: string; readonly password: string }[];
}
interface Tenant {
  readonly id: string;
  readonly name: string;
}
const minute = 60_000;
const platformApp = 'a1a1a1a1-0000-4000-8000-00000000a001';

describe('presence with Teams, on a whole instance', { skip: noBrowser, timeout: 900_000 }, () => {
  let spawned: SpawnedInstance;
  let ready: Ready;
  let instance: Instance;
  let twin: TwinControl;
  let browser: Browser;

  before(async () => {
    spawned = spawnInstance(['--fresh', '--port-base', String((await portSlot()).base)]);
    ready = await spawned.ready;
    instance = JSON.parse(readFileSync(ready.instance ?? '', 'utf8')) as Instance;
    twin = new TwinControl({ control: ready.twin?.control ?? '', token: instance.controlToken });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    spawned?.process.kill('SIGTERM');
    await spawned?.exited;
  });

  async function as(name: string, path: string): Promise<Page> {
    const { page } = await visit(browser, ready.portal, { ignoreHttpsErrors: true });
    await page.goto(path);
    // The first start builds the portal; until then a page says so and looks again by itself.
    await page.locator('input[type=password]').waitFor({ timeout: 5 * minute });
    await signIn(page, name, instance.signIns.find((one) => one.name === name)?.password ?? '');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    return page;
  }
  const row = (page: Page, name: string): Locator =>
    page.getByRole('table', { name: 'Users and their presence' }).getByRole('row').filter({ hasText: name });
  const who = (page: Page): Locator =>
    page.getByRole('region', { name: 'Step 2: Whose presence is synced', exact: true });
  const rules = (page: Page): Locator =>
    page.getByRole('region', { name: 'Step 3: Customize call presence', exact: true });
  /** To Microsoft by this button, and through whatever is asked there: who it is, the consent; until our page is back. */
  async function microsoft(page: Page, button: Locator, as = 'admin@acme.example'): Promise<void> {
    const home = new URL(ready.portal).origin;
    const asked = page.getByRole('button', { name: new RegExp(`^(Accept|Approve|Sign in)$|${as}`) });
    const back = page.getByRole('navigation', { name: 'Main' });
    await button.click();
    await page.waitForURL(({ origin, pathname }) => origin !== home || pathname.startsWith('/connect/'));
    for (;;) {
      await asked.or(back).first().waitFor({ timeout: minute });
      const address = page.url();
      if (new URL(address).origin === home) return;
      await asked.first().click();
      await page.waitForURL(({ href }) => href !== address, { timeout: 5_000 }).catch(() => undefined);
    }
  }

  test('chosen people, a rule for meetings, unsync and resync; a revoked consent is told, and signing in again goes on with what was chosen', async () => {
    const page = await as('admin@acme.example', '/presence');
    await row(page, 'Dana Doe').getByText('Synced', { exact: true }).waitFor();
    await who(page)
      .getByRole('radio', { name: /^Selected users/ })
      .check();
    await who(page).getByRole('button', { name: 'Save' }).click();
    const dialog = page.getByRole('dialog', { name: 'What would change' });
    await dialog.getByText('Something in the way').waitFor();
    await dialog.getByRole('button', { name: 'Save it' }).click();
    await dialog.waitFor({ state: 'detached' });
    await row(page, 'Dana Doe').getByText('Not selected').waitFor();
    await row(page, 'Dana Doe').getByRole('button', { name: 'Select Dana Doe' }).click();
    await row(page, 'Dana Doe').getByText('Synced', { exact: true }).waitFor();

    await rules(page).getByRole('switch', { name: 'Let the state in Teams decide' }).click();
    await rules(page).getByText('Off: the usual mapping counts.').waitFor({ state: 'detached' });
    await rules(page).getByRole('button', { name: 'Edit In a meeting' }).click();
    await rules(page).getByLabel('While Teams shows In a meeting').selectOption('no-calls');
    await rules(page).getByRole('button', { name: 'Save rules' }).click();
    await rules(page).getByText('Do not accept any calls').waitFor();

    // Dana's own page stays open all the time; nobody loads it again.
    const hers = await as('dana@acme.example', '/me/presence');
    const shows = hers.getByRole('region', { name: 'How you show' });
    await twin.ask('PATCH', '/users/dana@acme.example', {
      presence: { availability: 'Busy', activity: 'InAMeeting' },
    });
    await shows.getByText('Do not disturb').first().waitFor();

    // Her queue passes her over, and says why.
    const queues = await as('desk@acme.example', '/queues');
    await queues.getByRole('link', { name: 'Sales' }).click();
    const member = queues
      .getByRole('listitem')
      .filter({ has: queues.getByRole('link', { name: 'Dana Doe' }) });
    await member.getByText('Skipped', { exact: true }).waitFor();
    await member
      .getByText(/[Mm]eeting/)
      .first()
      .waitFor();

    await row(page, 'Dana Doe').getByRole('button', { name: 'Unsync Dana Doe' }).click();
    await row(page, 'Dana Doe').getByText('Unsynced', { exact: true }).waitFor();
    await shows.getByText('Do not disturb').first().waitFor({ state: 'detached' });
    await row(page, 'Dana Doe').getByRole('button', { name: 'Resync Dana Doe' }).click();
    await row(page, 'Dana Doe').getByText('Not selected').waitFor();
    await row(page, 'Dana Doe').getByRole('button', { name: 'Select Dana Doe' }).click();
    await row(page, 'Dana Doe').getByText('Synced', { exact: true }).waitFor();
    await shows.getByText('Do not disturb').first().waitFor();

    // Acme's administrator deletes the enterprise application.
    const acme = (await twin.ask<readonly Tenant[]>('GET', '/tenants')).find(({ name }) => name === 'Acme');
    await twin.ask('DELETE', `/tenants/${acme?.id}/enterprise-apps/${platformApp}`);
    const banner = page.getByRole('status').filter({ hasText: 'Whose turn' }).first();
    await banner.getByText('Next step').waitFor({ timeout: 3 * minute });
    await page.getByRole('button', { name: 'Authorise again' }).click();
    await microsoft(page, page.getByRole('button', { name: 'Sign in again' }));
    await microsoft(page, page.getByRole('button', { name: /^Approve (at Microsoft|again)$/ }).first());

    await page.goto('/presence');
    await row(page, 'Dana Doe').getByText('Synced', { exact: true }).waitFor();
    await page.getByText('Whose turn').waitFor({ state: 'detached' });
    assert.equal(
      await who(page)
        .getByRole('radio', { name: /^Selected users/ })
        .isChecked(),
      true,
    );
    await row(page, 'Alex Amber').getByText('Not selected').waitFor();
    await rules(page).getByText('Do not accept any calls').waitFor();
    await page
      .getByRole('table', { name: 'Runs of presence' })
      .getByText('Signed in and authorised again')
      .first()
      .waitFor({ timeout: 2 * minute });
    // Teams is read again: the end of the meeting reaches her open page.
    await twin.ask('PATCH', '/users/dana@acme.example', { presence: null });
    await shows.getByText('Do not disturb').first().waitFor({ state: 'detached' });
  });

  test('Dana connects her own Microsoft account, another one is refused by name; the administrator speeds presence up; she disconnects', async () => {
    const hers = await as('dana@acme.example', '/me/presence');
    const card = hers.getByRole('region', { name: 'Your Microsoft account' });
    await card.getByText('Not connected', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'Connect' }).click();
    // Microsoft offers the account that is expected; she takes another.
    await hers.getByRole('button', { name: 'Use another account' }).click();
    await hers.getByRole('button', { name: /alex@acme\.example/ }).click();
    const refused = hers.getByText(/but Dana Doe is linked with/);
    const accept = hers.getByRole('button', { name: 'Accept' });
    await accept.or(refused).first().waitFor();
    if (await accept.isVisible()) await accept.click();
    await refused.waitFor();
    await hers.getByRole('link', { name: 'Go to presence' }).click();
    await card.getByText('Not connected', { exact: true }).waitFor();
    await microsoft(hers, card.getByRole('button', { name: 'Connect' }), 'dana@acme\\.example');
    await card.getByText('Connected', { exact: true }).first().waitFor();
    await card.getByText('Dana Doe').waitFor();

    const page = await as('admin@acme.example', '/presence');
    const speed = page.getByRole('region', { name: 'Speed up, and own connections' });
    await speed.getByRole('switch', { name: 'Let Microsoft tell of changes at once' }).click();
    await speed.getByText('Needs a sign-in').waitFor();
    await microsoft(page, speed.getByRole('button', { name: 'Speed up: sign in at Microsoft' }));
    await speed.getByText('Active', { exact: true }).waitFor({ timeout: minute });
    await speed.getByText(/Microsoft tells of changes of (all )?\d+/).waitFor();
    await speed.getByRole('switch', { name: 'Let Microsoft tell of changes at once' }).click();
    await speed.getByText(/^Off\. Presence is read as before/).waitFor();

    await card.getByRole('button', { name: 'Disconnect' }).click();
    await card.getByText('Not connected', { exact: true }).waitFor();
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { portSlot } from '../kit/port-slot.ts';
import { type Ready, type SpawnedInstance, spawnInstance } from '../kit/spawn-instance.ts';
import { TwinControl } from '../support/twin/twin-control.ts';
import { noBrowser, openBrowser, signIn, visit } from './browser.ts';

interface Instance {
  readonly controlToken: string;
  readonly signIns: readonly { readonly name: string; readonly password: string }[];
}
const initech = '1217ec40-0000-4000-8000-000000000003';
const line = '+12025550170';
const outside = '+12025550199';
const minute = 60_000;
const main = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url));

describe('from zero to the first call of a new customer', { skip: noBrowser, timeout: 900_000 }, () => {
  let spawned: SpawnedInstance;
  let ready: Ready;
  let instance: Instance;
  let twin: TwinControl;
  let browser: Browser;
  let portBase = '';

  before(async () => {
    portBase = String((await portSlot()).base);
    spawned = spawnInstance(['--fresh', '--port-base', portBase]);
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

  const press = (page: Page | Locator, name: string | RegExp) =>
    page
      .getByRole('button', { name, exact: typeof name === 'string' })
      .first()
      .click();
  /** Reads the preview, then says yes. */
  async function write(page: Page, button: string, confirm = button): Promise<string> {
    await press(page, button);
    const dialog = page.getByRole('dialog');
    const yes = dialog.getByRole('button', { name: confirm, exact: true });
    await page.locator('[role=dialog] button:not([disabled])', { hasText: confirm }).waitFor();
    const words = await dialog.innerText();
    await yes.click();
    await dialog.waitFor({ state: 'detached', timeout: minute });
    return words;
  }
  /** Whatever Microsoft asks on the way: who it is, the second factor, the consent; until our page is back. */
  async function microsoft(page: Page, back: Locator): Promise<void> {
    const asked = page.getByRole('button', {
      name: /^(Accept|Approve|Sign in|Ada Inman ada@initech\.example.*)$/,
    });
    for (;;) {
      await asked.or(back).first().waitFor({ timeout: minute });
      if (await back.isVisible()) return;
      const address = page.url();
      await asked.first().click();
      await page.waitForURL((url) => url.href !== address, { timeout: 5_000 }).catch(() => undefined);
    }
  }
  /** `npm run call`: ends with 0 only if each heard the other's tone. */
  const call = (from: string, to: string): Promise<{ readonly exit: number; readonly said: string }> =>
    new Promise((resolve) => {
      const words = ['call', '--from', from, '--to', to, '--seconds', '2', '--json', '--port-base', portBase];
      execFile(process.execPath, [main, ...words], { timeout: minute }, (error, stdout, stderr) =>
        resolve({ exit: error ? 1 : 0, said: stdout + stderr }),
      );
    });

  test('the operator creates Initech; its admin signs in and approves; domain, script, group, number, person; both hear each other', async () => {
    const { page } = await visit(browser, ready.portal, { ignoreHttpsErrors: true });
    await page.goto('/accounts/new');
    await page.locator('input[type=password]').waitFor({ timeout: 5 * minute });
    await signIn(page, 'operator', instance.signIns.find(({ name }) => name === 'operator')?.password ?? '');

    await page.getByLabel('Name of the customer').fill('Initech');
    await page.getByLabel('Mail domains').fill('initech.example');
    await page.getByLabel('Country').fill('US');
    await page.getByLabel('Area code').fill('202');
    await page.getByLabel('Time zone').fill('America/Chicago');
    await press(page, 'Create and connect Microsoft Teams');

    // Grant 1 and grant 2, at Microsoft's own pages.
    await press(page, 'Sign in at Microsoft');
    await microsoft(page, page.getByText('Nothing was approved yet'));
    await press(page, 'Approve at Microsoft');
    await microsoft(page, page.getByRole('region', { name: '2. Check the tenant' }));

    const tenant = page.getByRole('region', { name: '2. Check the tenant' });
    await tenant.getByText('Who could call from Teams').waitFor({ timeout: minute });
    await press(page, 'Go on: Routing domain');
    await page.getByLabel('Host name').fill('sbc3.customers.example.net');
    await press(page, 'Choose this name');
    const routing = page.getByRole('region', { name: '3. Routing domain' });
    await routing.getByRole('button', { name: 'Add', exact: true }).waitFor();
    assert.match(await write(page, 'Add'), /the domain sbc3\.customers\.example\.net, without services/);
    await routing.getByText(/MS=ms/).first().waitFor({ timeout: minute });
    if (await routing.getByRole('button', { name: 'Publish' }).isVisible()) await write(page, 'Publish');
    else {
      // The zone's keeper puts in what the page shows.
      const value = (
        await routing
          .getByText(/^MS=ms/)
          .first()
          .innerText()
      ).trim();
      await twin.ask('POST', '/dns', {
        records: [{ type: 'TXT', name: 'sbc3.customers.example.net', value, ttlSeconds: 60 }],
      });
    }
    await routing
      .getByRole('button', { name: 'Activate', exact: true })
      .or(routing.getByRole('button', { name: 'Verify', exact: true }))
      .first()
      .waitFor({ timeout: 2 * minute });
    if (await routing.getByRole('button', { name: 'Verify', exact: true }).isVisible())
      await write(page, 'Verify').catch(() => undefined);
    await routing.getByRole('button', { name: 'Activate', exact: true }).waitFor({ timeout: 2 * minute });
    await write(page, 'Activate');

    // The one step that is not a click: a Teams administrator runs the script, again until Microsoft has activated.
    await page.getByRole('link', { name: '4. Voice routing' }).click();
    const voice = page.getByRole('region', { name: '4. Voice routing' });
    await press(voice, 'Get the script');
    const script = await voice.getByRole('region', { name: 'Script' }).innerText();
    const stands = voice.getByText('is active and its voice routing stands.');
    for (let tries = 0; tries < 20 && !(await stands.isVisible()); tries += 1) {
      await twin.ask('POST', `/tenants/${initech}/powershell`, {
        script,
        as: 'isla@initech.example',
      });
      await stands.waitFor({ timeout: 6_000 }).catch(() => undefined);
    }
    await stands.waitFor();

    await page.getByRole('link', { name: '5. Who calls' }).click();
    const group = page.getByRole('region', { name: '5. Who calls' });
    await press(group, /^Choose (?!.*Front)/);
    await write(page, 'Preview and save', 'Save');
    await group.getByText('Nothing is changed.').waitFor();

    await page.getByRole('link', { name: '6. Numbers' }).click();
    await page.getByLabel('Name of the range').fill('Head office');
    await page.getByLabel('First number').fill(line);
    await page.getByLabel('Last number').fill('+12025550179');
    assert.match(
      await write(page, 'Add the range', 'Add'),
      /10 numbers, \+1 202 555 0170 to \+1 202 555 0179/,
    );
    await page.getByText('Next free number: +1 202 555 0170').waitFor();

    await page.getByRole('link', { name: '7. Pilot' }).click();
    const pilot = page.getByRole('region', { name: '7. Pilot' });
    await pilot.getByRole('button', { name: 'Add Ines Iver' }).waitFor({ timeout: 2 * minute });
    assert.match(await write(page, 'Add Ines Iver', 'Add'), /Number \+1 202 555 0170 of Head office/);
    const ines = pilot.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'Ines Iver' }) });
    // Microsoft shows the number after its own time; what is left then is the person's: to open Teams anew.
    await ines
      .getByText(/PRV-60\d|Ready/)
      .first()
      .waitFor({ timeout: 4 * minute });
    await twin.ask('POST', '/clients/ines%40initech.example/relaunch', {}).catch(() => undefined);

    const until = performance.now() + 3 * minute;
    let inbound = await call(outside, line);
    while (inbound.exit !== 0 && performance.now() < until) inbound = await call(outside, line);
    assert.equal(inbound.exit, 0, inbound.said);
    const outbound = await call('ines@initech.example', outside);
    assert.equal(outbound.exit, 0, outbound.said);
    await ines.getByText('Ready').waitFor({ timeout: 2 * minute });
    await page.goto('/calls');
    await page.getByText('+1 202 555 0170').first().waitFor();
    // Looking for what is not there yet is no mistake; what was heard is judged by the calls.
    const failed = (await twin.failedChecks()).filter(({ kind, status }) =>
      kind === 'http' ? status !== 404 : kind !== 'media',
    );
    assert.deepEqual(failed, []);
  });
});

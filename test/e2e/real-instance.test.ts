import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { portSlot } from '../kit/port-slot.ts';
import { type Ready, type SpawnedInstance, spawnInstance } from '../kit/spawn-instance.ts';
import { TwinControl } from '../support/twin/twin-control.ts';
import { noBrowser, openBrowser, signIn, visit } from './browser.ts';

interface Instance {
  readonly controlToken: string;
  readonly signIns: readonly { readonly name: string; readonly password: string }[];
}
interface Heard {
  readonly heardHz: number | null;
  readonly expectedHz: number;
}

describe('a whole instance, seen through the browser', { skip: noBrowser, timeout: 480_000 }, () => {
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

  async function as(name: string, path = '/'): Promise<Page> {
    const { page } = await visit(browser, ready.portal);
    await page.goto(path);
    // The first start builds the portal; until then a page says so and looks again by itself.
    await page.locator('input[type=password]').waitFor({ timeout: 300_000 });
    await signIn(page, name, instance.signIns.find((one) => one.name === name)?.password ?? '');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    return page;
  }

  test('the operator watches a real call live, then finds it finished with its reasons and its ladder', async () => {
    const page = await as('operator', '/live');
    const call = twin.ask<{ connected: boolean; caller: Heard; callee: Heard }>('POST', '/calls', {
      from: '+12025550199',
      to: '+12025550142',
      seconds: 8,
    });
    const live = page.getByRole('main');
    await live.getByText('+1 202 555 0142').first().waitFor();
    await live.getByText('Talking').first().waitFor();
    const { connected, caller, callee } = await call;
    assert.ok(connected);
    assert.ok(Math.abs((caller.heardHz ?? 0) - caller.expectedHz) < 15);
    assert.ok(Math.abs((callee.heardHz ?? 0) - callee.expectedHz) < 15);

    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: 'Calls', exact: true })
      .click();
    await page.getByRole('main').getByRole('table').getByRole('link').first().click();
    await page.getByText('Dana Doe is ready for Teams').waitFor();
    const text = await page.getByRole('main').innerText();
    assert.match(text, /The call came from the carrier Rehearsal Carrier/);
    assert.match(text, /AES_CM_128_HMAC_SHA1_80/);
    assert.doesNotMatch(text, /inline:[A-Za-z0-9+/]{30}/);
    await page.getByText('100 Trying').first().waitFor();
  });

  test('the operator sees the hubs answer OPTIONS both ways', async () => {
    const page = await as('operator');
    await page.getByText(/All 3 hubs up/).waitFor({ timeout: 120_000 });
    await page
      .getByText(/OPTIONS from it/)
      .first()
      .waitFor();
  });

  test('a person who loses the licence at Microsoft turns blocked on the open page by itself, and ready again when it is back', async () => {
    const page = await as('admin@acme.example', '/people?search=robin');
    const robin = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'Robin Reed' }) });
    // Microsoft is read once a minute at the latest; the page is not loaded again.
    const timeout = 90_000;
    await robin.getByText('Ready').waitFor({ timeout });
    await twin.ask('PATCH', '/users/robin@acme.example', { licences: ['teams'] });
    await robin.getByText('PRV-401').waitFor({ timeout });
    assert.match(await robin.innerText(), /Blocked\s+Needs Teams Phone/);
    await robin.getByRole('link', { name: 'Robin Reed' }).click();
    const check = page.locator('#microsoft-licence');
    await check.getByText('PRV-401').waitFor();
    assert.match(await check.innerText(), /Whose turn\s+Your Entra admin\s+Next step\s+Assign a licence/);
    await twin.ask('PATCH', '/users/robin@acme.example', { licences: ['teams', 'teams-phone'] });
    await check.getByText('In order').waitFor({ timeout });
  });

  test('while Alex talks the open page shows it, and the former state when the call is over', async () => {
    const page = await as('desk@acme.example', '/people?search=alex');
    const alex = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'Alex Amber' }) });
    await alex.getByText('Available').waitFor();
    const call = twin.ask('POST', '/calls', { from: '+12025550199', to: '+12025550143', seconds: 6 });
    await alex.getByText('On a call').waitFor();
    await call;
    await alex.getByText('Available').waitFor();
  });

  test('an admin switches a colleague off: the next call is refused with the reason, for Acme to see and not for Globex', async () => {
    const page = await as('admin@acme.example', '/people?search=alex');
    const off = page.getByRole('switch').first();
    await off.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
    await page.locator('[role=switch]:not(:checked)').first().waitFor();
    let refused: { connected: boolean; status?: number };
    do {
      // The change reaches routing within two seconds; calls before that are still right to connect.
      refused = await twin.ask('POST', '/calls', { from: '+12025550199', to: '+12025550143', seconds: 1 });
    } while (refused.connected);
    assert.equal(refused.status, 480);
    await page.goto('/calls');
    await page
      .getByText(/switched off for Alex Amber/)
      .first()
      .waitFor();

    const other = await as('admin@globex.example', '/calls');
    await other.getByRole('heading', { name: 'Calls', level: 1 }).waitFor();
    assert.doesNotMatch(await other.getByRole('main').innerText(), /Alex Amber|\+1 202 555 0143/);
  });

  test('Dana signs in with her own sign-in and sees her own line', async () => {
    const page = await as('dana@acme.example');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByText('Dana Doe').first().waitFor();
    assert.doesNotMatch(await page.getByRole('main').innerText(), /not tied to a person/);
  });

  test('Robin, who has no password here, signs in with Microsoft and sees her own line; disabled in Entra she is out', async () => {
    const { page } = await visit(browser, ready.portal, { ignoreHttpsErrors: true });
    await page.goto('/me');
    await page.getByRole('button', { name: 'Sign in with Microsoft' }).click();
    await page.getByRole('button', { name: /robin@acme\.example/ }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByRole('main').getByText('Robin Reed').first().waitFor();
    await twin.ask('PATCH', '/users/robin@acme.example', { accountEnabled: false });
    await page.getByRole('button', { name: 'Sign in with Microsoft' }).waitFor({ timeout: 120_000 });
    await twin.ask('PATCH', '/users/robin@acme.example', { accountEnabled: true });
  });
});

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { samplePassword } from '@tandem/adapters/http/testing/memory-services.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser, openBrowser, signIn, type Visit, visit } from './browser.ts';
import { startMemoryServer } from './memory-server.ts';

describe('the portal in a browser', { skip: noBrowser }, () => {
  let server: Awaited<ReturnType<typeof startMemoryServer>>;
  let browser: Browser;
  const visits: Visit[] = [];

  before(async () => {
    server = await startMemoryServer();
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  // A page left open goes on drawing and listening, and makes every later test slower.
  afterEach(async () => {
    for (const { context } of visits) await context.close();
  });

  async function as(name: string, path = '/', options: Parameters<typeof visit>[2] = {}): Promise<Page> {
    const opened = await visit(browser, server.url, options);
    visits.push(opened);
    await opened.page.goto(path);
    await signIn(opened.page, name, samplePassword);
    await opened.page.getByRole('navigation', { name: 'Main' }).waitFor();
    return opened.page;
  }
  const places = (page: Page): Promise<string[]> =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link').allInnerTexts();

  test('a wrong password is told in words with the next step, and the page stays usable', async () => {
    const opened = await visit(browser, server.url);
    visits.push(opened);
    const { page } = opened;
    await page.goto('/people');
    await page.waitForURL(/\/sign-in\?next=%2Fpeople$/);
    assert.deepEqual(await accessibilityFaults(page), []);
    await signIn(page, 'admin@acme.example', 'wrong');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /Name or password is wrong/);
    await signIn(page, 'admin@acme.example', samplePassword);
    await page.getByRole('heading', { name: 'People', level: 1 }).waitFor();
  });

  test('the operator sees hubs and carriers in words with OPTIONS both ways, calls now and the last failures', async () => {
    await server.atOneInstant(async (at) => {
      const page = await as('operator', '/', { at });
      await page.getByRole('heading', { name: 'sip3.pstnhub.microsoft.com' }).waitFor();
      await page.getByText('None of the three Microsoft hubs answered').first().waitFor();
      await page.getByTestId('live-count').filter({ hasText: '2' }).waitFor();
      const text = await page.locator('main').innerText();
      assert.match(text, /2 of 3 hubs up/);
      assert.match(text, /OPTIONS to it\s+22 s ago, 200 in 2 ms/);
      assert.match(text, /OPTIONS from it\s+48 s ago/);
      assert.match(text, /no answer in 3 s/);
      assert.match(text, /None of the three Microsoft hubs answered/);
      assert.equal(await page.getByTestId('live-count').innerText(), '2');
      assert.deepEqual(await accessibilityFaults(page), []);
    });
  });

  test('an admin searches people, the search is in the address, and going back takes it away', async () => {
    const page = await as('admin@acme.example', '/people');
    const table = page.getByRole('table', { name: 'People' });
    await table.getByRole('link', { name: 'Bo Larsen' }).waitFor();
    await page.getByLabel('Readiness').selectOption('blocked');
    await table.getByRole('link', { name: 'Bo Larsen' }).waitFor({ state: 'detached' });
    assert.match(page.url(), /readiness=blocked/);
    await table.getByText('Turn on Teams calling. PRV-303').waitFor();
    assert.match(await table.innerText(), /Chidi Okafor[\s\S]*Blocked[\s\S]*Turn on Teams calling\. PRV-303/);
    await page.goBack();
    await table.getByRole('link', { name: 'Bo Larsen' }).waitFor();
    await page.getByLabel('Search name, address or number').fill('0148');
    await page.waitForURL(/search=0148/);
    await table.getByRole('link', { name: 'Bo Larsen' }).waitFor({ state: 'detached' });
    await table.getByRole('link', { name: 'Hana Sato' }).waitFor();
    assert.equal(await table.getByRole('row').count(), 2);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('switching calls in Teams off asks first, takes effect, and can be undone', async () => {
    const page = await as('admin@acme.example', '/people?search=hana');
    const toggle = page.getByRole('switch', { name: 'Calls in Teams for Hana Sato' });
    await toggle.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Leave on' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await toggle.isChecked(), true);
    await toggle.click();
    await dialog.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('Calls in Teams are off for Hana Sato.', { exact: true }).waitFor();
    await page.getByRole('table').getByText('Turn on Teams calling. PRV-303').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Calls in Teams are on for Hana Sato.', { exact: true }).waitFor();
    assert.equal(
      server.directory.data.people.find((one) => one.displayName === 'Hana Sato')?.teamsToggle,
      true,
    );
  });

  test('the page of a person says why Ella cannot call and whose turn it is; a taken number is told at the field', async () => {
    const ella = world.people()[3]?.id;
    const page = await as('admin@acme.example', `/people/${ella}`);
    await page.getByRole('heading', { name: 'Ella Brandt' }).waitFor();
    await page.getByText('You, as the administrator here').waitFor();
    const text = await page.locator('main').innerText();
    assert.match(text, /Assign a number\. PRV-301/);
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByLabel('New main number').fill('+1 202 555 0143');
    await page.getByRole('button', { name: 'Change number' }).click();
    await page.getByText('+12025550143 is taken.').waitFor();
    await page.getByLabel('New main number').fill('hello');
    await page.getByRole('button', { name: 'Change number' }).click();
    await page.getByText(/Write a number in E.164 form/).waitFor();
  });

  test('the desk looks at a call: the reasons, each try, the ladder as a diagram whose messages open', async () => {
    const page = await as('desk@acme.example', '/calls?result=failed');
    await page.getByRole('table', { name: 'Finished calls' }).getByRole('link').first().click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    const text = await page.locator('main').innerText();
    assert.match(text, /None of the three Microsoft hubs answered/);
    assert.match(text, /connect refused/);
    const invite = page.getByRole('button', { name: /leg A, from UDP 127.0.0.1:24080: INVITE/ });
    await invite.waitFor();
    assert.equal(await invite.getAttribute('aria-expanded'), 'false');
    await invite.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Max-Forwards: 70').first().waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a ladder is copied as the text that an engineer can paste', async () => {
    const page = await as('desk@acme.example', '/calls');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('table', { name: 'Finished calls' }).getByRole('link').first().click();
    await page.getByRole('button', { name: 'Copy as text' }).click();
    await page.getByText('Copied').waitFor();
    const copied = (await page.evaluate('navigator.clipboard.readText()')) as string;
    assert.match(copied, /\|-- INVITE/);
  });

  test('a call to a person with a desk phone says so in the list and names the phone as the other side', async () => {
    const [carrierLeg, teamsLeg] = world.record(61, 0, {}).legs;
    assert.ok(carrierLeg && teamsLeg);
    server.finished.push(
      world.record(61, Date.now() - 6_000_000, {
        direction: 'to-person',
        to: '+12025550146',
        callerName: { text: 'Pat Stranger', source: 'network' },
        legs: [carrierLeg, { ...teamsLeg, role: 'phone', peer: 'UDP 127.0.0.1:24990' }],
      }),
    );
    const page = await as('desk@acme.example', '/calls?direction=to-person');
    const table = page.getByRole('table', { name: 'Finished calls' });
    await table.getByText('To Teams and a desk phone').waitFor();
    await table.getByText('Pat Stranger, says the network').waitFor();
    assert.equal(await table.getByRole('row').count(), 2);
    await table.getByRole('link').first().click();
    const called = page.getByRole('region', { name: 'Leg B, the called side' });
    await called.getByText('Registered phone').waitFor();
    assert.match(
      await page.getByRole('region', { name: 'What happened' }).innerText(),
      /To Teams and a desk phone[\s\S]*Pat Stranger[\s\S]*As the network sent it: it proves nothing/,
    );
  });

  test('a live call appears and goes by itself; the operator ends one, after being asked', async () => {
    const page = await as('operator', '/live');
    const table = page.getByRole('table', { name: 'Live calls' });
    await table.getByText('+1 202 555 0142').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    const { endedAt, result, ...running } = world.record(77, Date.now(), {
      from: '+12025550155',
      callerName: { text: 'Ann Example', source: 'directory' },
    });
    const call = { record: running, phase: 'ringing' as const };
    server.liveCalls.push(call);
    server.events.publish({ kind: 'call', ...call });
    await table.getByText('+1 202 555 0155').waitFor();
    await table.getByText('Ann Example').waitFor();
    await page.getByRole('button', { name: 'End the call from +1 202 555 0155' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End the call' }).click();
    await table.getByText('+1 202 555 0155').waitFor({ state: 'detached' });
    assert.equal(server.liveCalls.includes(call), false);
  });

  test('each role finds its own places in the menu and no others', async () => {
    assert.deepEqual(await places(await as('operator')), [
      'Overview',
      'People',
      'Numbers',
      'Queues',
      'Voicemail',
      'Jobs',
      'Live calls',
      'Calls',
      'Microsoft 365',
      'Presence',
      'To do',
      'Webhooks',
      'Consent',
      'Carriers',
      'Sign-ins',
      'Audit',
      'Accounts',
    ]);
    const desk = await as('desk@acme.example', '/people');
    assert.deepEqual(await places(desk), [
      'Overview',
      'People',
      'Numbers',
      'Queues',
      'Voicemail',
      'Jobs',
      'Live calls',
      'Calls',
      'Microsoft 365',
      'Presence',
      'To do',
      'Carriers',
      'Accounts',
    ]);
    const toggle = desk.getByRole('switch', { name: 'Calls in Teams for Bo Larsen' });
    assert.equal(await toggle.isDisabled(), true, 'the desk may look, not change');
    const dana = await as('dana@acme.example');
    assert.deepEqual(await places(dana), [
      'My calling',
      'My presence',
      'Contacts',
      'Speed dial',
      'Call history',
      'Voicemail',
      'Lines',
      'My queues',
      'Live calls',
    ]);
    const sync = await as('sync@acme.example');
    assert.deepEqual(await places(sync), ['Presence']);
    await sync.getByRole('heading', { name: 'Presence with Teams' }).waitFor();
    await dana.getByText('Can you call with Teams?').waitFor();
    await dana.getByRole('region', { name: 'Presence' }).getByText('On a call', { exact: true }).waitFor();
    assert.deepEqual(await accessibilityFaults(dana), []);
  });

  test('a user who types the address of the people page is told that the role does not allow it', async () => {
    const page = await as('dana@acme.example', '/people');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /Your role does not allow this/);
  });

  test("Globex's admin who has the address of Acme's person, call or list finds nothing there", async () => {
    const acmeCall = server.finished.find((call) => call.accountId === world.acmeId)?.callId;
    const page = await as('admin@globex.example');
    for (const path of [`/people/${world.danaId}`, `/calls/${acmeCall}`, `/people?account=${world.acmeId}`]) {
      await page.goto(path);
      const alert = page.getByRole('alert').first();
      await alert.waitFor();
      assert.match(await alert.innerText(), /There is no such thing, or it is not yours/);
      assert.doesNotMatch(await page.locator('body').innerText(), /Acme|0142/);
    }
  });

  test('while the database is away health and live calls are shown and the lists say why they are empty', async () => {
    const page = await as('desk@acme.example');
    await page.getByRole('heading', { name: 'sip3.pstnhub.microsoft.com' }).waitFor();
    server.switches.databaseAway = true;
    try {
      await page.goto('/live');
      await page.getByRole('table', { name: 'Live calls' }).waitFor();
      await page.goto('/calls');
      await page.getByText('The database is away').waitFor();
    } finally {
      server.switches.databaseAway = false;
    }
  });

  test('without the live connection the page says since when it is stale, and recovers by itself', async () => {
    const opened = await visit(browser, server.url);
    visits.push(opened);
    const { page } = opened;
    await page.route('**/api/v1/events', (route) => route.abort());
    await page.goto('/live');
    await signIn(page, 'desk@acme.example', samplePassword);
    await page.getByText(/What you see is as of .* live connection is lost/).waitFor();
    await page.unroute('**/api/v1/events');
    await page.getByText(/live connection is lost/).waitFor({ state: 'detached' });
  });

  test('signing out leads to the sign-in, and back does not lead in again', async () => {
    const page = await as('desk@acme.example', '/accounts');
    await page.getByRole('heading', { name: 'Acme' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  });

  test('dark colours and a narrow window pass the same checks', async () => {
    for (const options of [{ dark: true }, { width: 420 }, { dark: true, width: 420 }]) {
      const page = await as('operator', '/overview', options);
      await page.getByRole('heading', { name: 'sip3.pstnhub.microsoft.com' }).waitFor();
      assert.deepEqual(await accessibilityFaults(page), [], JSON.stringify(options));
      const wider = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
      assert.equal(wider, false, 'nothing sticks out to the side');
    }
  });

  test('no page threw, and none broke the content security policy', () => {
    assert.deepEqual(
      visits.flatMap((one) => one.complaints),
      [],
    );
  });
});

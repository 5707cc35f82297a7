import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { samplePassword } from '@tandem/adapters/http/testing/memory-services.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import type { Presence, ReadinessSummary } from '@tandem/contract';
import type { Browser, Locator, Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser, openBrowser, signIn, type Visit, visit } from './browser.ts';
import { startMemoryServer } from './memory-server.ts';
import { ellaId, hanaId, ivoId, judgedBut } from './sample-boards.ts';

const onHold: Presence = {
  label: 'on_hold',
  sentence: 'A call on hold on this platform.',
  source: 'platform-call',
  stale: false,
};

describe('people in the browser: readiness and presence', { skip: noBrowser }, () => {
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
  afterEach(async () => {
    for (const { context } of visits) await context.close();
  });

  async function as(name: string, path: string, options: Parameters<typeof visit>[2] = {}): Promise<Page> {
    const opened = await visit(browser, server.url, options);
    visits.push(opened);
    await opened.page.goto(path);
    await signIn(opened.page, name, samplePassword);
    await opened.page.getByRole('navigation', { name: 'Main' }).waitFor();
    return opened.page;
  }
  const row = (page: Page, name: string): Locator =>
    page
      .getByRole('table', { name: 'People' })
      .getByRole('row')
      .filter({ has: page.getByRole('link', { name }) });
  const publish = (
    personId: typeof world.danaId,
    change: { readiness?: ReadinessSummary; presence?: Presence },
  ): void => server.events.publish({ kind: 'person', accountId: world.acmeId, personId, ...change });
  test('the list says in a word and a sentence with its code who is ready, and what everybody is doing', async () => {
    const page = await as('admin@acme.example', '/people');
    await row(page, 'Dana Fields').waitFor();
    const words: readonly (readonly [string, RegExp])[] = [
      ['Dana Fields', /\+1 202 555 0142\s+ext\. 1001\s+Ready\s+On a call/],
      ['Bo Larsen', /Attention\s+Quit Teams fully and open it again\. PRV-602\s+Away/],
      ['Chidi Okafor', /Blocked\s+Turn on Teams calling\. PRV-303\s+Unknown/],
      ['Ella Brandt', /Blocked\s+Assign a number\. PRV-301\s+Available\s+Out of office/],
      ['Hana Sato', /Unverified\s+Microsoft has not been read yet\.\s+Unknown\s+was available, now stale/],
      ['Ivo Petrov', /Blocked\s+Microsoft is still enabling the licence .*PRV-403/],
    ];
    for (const [name, expected] of words) assert.match(await row(page, name).innerText(), expected);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('what is stale or unknown is never drawn in the green of available', async () => {
    const page = await as('admin@acme.example', '/people');
    const colour = async (name: string): Promise<string> =>
      await row(page, name)
        .locator('.fui-PresenceBadge')
        .evaluate((badge) => {
          const drawn = badge.ownerDocument.defaultView?.getComputedStyle(badge);
          return `${drawn?.color} on ${drawn?.backgroundColor}`;
        });
    await row(page, 'Hana Sato').waitFor();
    const green = await colour('Ella Brandt');
    for (const name of ['Hana Sato', 'Chidi Okafor']) assert.notEqual(await colour(name), green);
    assert.equal(await colour('Hana Sato'), await colour('Chidi Okafor'));
  });

  test('a change of a person reaches the open list by itself: the same row, with the focus kept, nothing asked again', async () => {
    const page = await as('admin@acme.example', '/people');
    const dana = row(page, 'Dana Fields');
    await dana.waitFor();
    // From here on the list cannot be read again: what shows can only have come by the event.
    await page.route('**/api/v1/people?**', () => undefined);
    await dana.getByRole('switch').focus();
    await dana.evaluate((element) => element.setAttribute('data-seen', 'before'));
    publish(world.danaId, { presence: onHold });
    await dana.getByText('Call on hold').waitFor();
    publish(world.danaId, {
      readiness: {
        verdict: 'attention',
        headline: 'Somebody changed the number.',
        code: 'PRV-506',
        state: 'DRIFTED',
      },
    });
    await dana.getByText('Somebody changed the number. PRV-506').waitFor();
    assert.match(await dana.innerText(), /Attention[\s\S]*Call on hold/);
    assert.equal(await dana.getAttribute('data-seen'), 'before', 'the row is the same element');
    assert.equal(
      await dana.getByRole('switch').evaluate((input) => input === input.ownerDocument.activeElement),
      true,
    );
  });

  test('under a filter a person who no longer fits goes by herself, and comes back when she fits again', async () => {
    const page = await as('admin@acme.example', '/people?readiness=blocked');
    await row(page, 'Ivo Petrov').waitFor();
    const before = server.boards.judged.get(ivoId);
    assert.ok(before);
    server.boards.judged.set(ivoId, server.boards.dana);
    publish(ivoId, { readiness: { verdict: 'ready', headline: 'Ready: calls in Teams work.' } });
    await row(page, 'Ivo Petrov').waitFor({ state: 'detached' });
    server.boards.judged.set(ivoId, before);
    publish(ivoId, { readiness: { verdict: 'blocked', headline: 'Licence pending.', code: 'PRV-403' } });
    await row(page, 'Ivo Petrov').waitFor();
    await page.getByLabel('Readiness').selectOption('attention');
    await row(page, 'Bo Larsen').waitFor();
    assert.equal(await page.getByRole('row').count(), 2);
    assert.match(page.url(), /readiness=attention/);
  });

  test('what changed while nobody listened is read when the live connection is back', async () => {
    const opened = await visit(browser, server.url);
    visits.push(opened);
    const { page } = opened;
    await page.route('**/api/v1/events', (route) => route.abort());
    await page.goto('/people');
    await signIn(page, 'admin@acme.example', samplePassword);
    await row(page, 'Ella Brandt').getByText('Available').waitFor();
    const before = server.boards.presences.get(ellaId);
    assert.ok(before);
    server.boards.presences.set(ellaId, onHold);
    await page.unroute('**/api/v1/events');
    await row(page, 'Ella Brandt').getByText('Call on hold').waitFor();
    server.boards.presences.set(ellaId, before);
  });

  test('the keyboard alone searches, filters, and opens a person', async () => {
    const page = await as('admin@acme.example', '/people');
    await row(page, 'Dana Fields').waitFor();
    await page.getByLabel('Search name, address or number').focus();
    await page.keyboard.type('dana');
    await row(page, 'Bo Larsen').waitFor({ state: 'detached' });
    const here = (): Promise<string> =>
      page.evaluate('document.activeElement.innerText || document.activeElement.tagName');
    for (let tabs = 0; tabs < 8 && (await here()) !== 'Dana Fields'; tabs += 1)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dana Fields', level: 1 }).waitFor();
  });

  test('a narrow window shows every list as cards with the same words, and no page sticks out to the side', async () => {
    const call = server.finished[0]?.callId;
    const page = await as('operator', '/people', { width: 360 });
    await row(page, 'Bo Larsen').waitFor();
    assert.match(await row(page, 'Bo Larsen').innerText(), /Readiness\s+Attention[\s\S]*Presence\s+Away/);
    for (const [path, heading] of [
      ['/people', 'People'],
      [`/people/${ivoId}`, 'Ivo Petrov'],
      ['/calls', 'Calls'],
      [`/calls/${call}`, 'What happened'],
      ['/live', 'Live calls'],
      ['/accounts', 'Accounts'],
      ['/overview', 'Overview'],
    ] as const) {
      await page.goto(path);
      await page.getByRole('heading', { name: heading, exact: true }).first().waitFor();
      await page.locator('main section').first().waitFor();
      const out = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      assert.equal(out, 0, path);
    }
    await page.goto('/people');
    await row(page, 'Bo Larsen').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('the page of a person shows all thirteen checks in order, with code, whose turn, next step and times', async () => {
    await server.atOneInstant(async (at) => {
      const page = await as('desk@acme.example', `/people/${ivoId}`, { at });
      const checks = page
        .getByRole('region', { name: 'Can this person call with Teams?' })
        .getByRole('listitem');
      await checks.first().waitFor();
      assert.equal(await checks.count(), 13);
      const licence = await checks.nth(8).innerText();
      assert.match(licence, /^Not met\s+Teams and Teams Phone licence at Microsoft\s*PRV-403/);
      assert.match(licence, /Whose turn\s+Microsoft\s+Next step\s+Wait\./);
      assert.match(licence, /Since .* \(20 min ago\) · Microsoft’s time: usually 1\sh, at worst 24\sh/);
      assert.match(await checks.nth(0).innerText(), /^In order\s+The account may use Teams/);
      const head = await page.locator('main').innerText();
      assert.match(head, /12 of 13 in order\. Checked just now/);
      assert.match(head, /At Microsoft: Waiting for what is missing\./);
      assert.deepEqual(await accessibilityFaults(page), []);
    });
  });

  test('what was not read says so, and since when where that is known', async () => {
    const judged = judgedBut(server.boards.dana, hanaId, 'enable-group', {
      status: 'unknown',
      sentence: 'The group could not be read.',
      owner: 'entra-admin',
      fix: 'Look at the connection.',
      sinceWallMs: Date.now() - 3 * 3_600_000,
    });
    server.boards.judged.set(hanaId, judged);
    const page = await as('desk@acme.example', `/people/${hanaId}`);
    const check = page.locator('#enable-group');
    await check.waitFor();
    assert.match(await check.innerText(), /^Not verified[\s\S]*Your Entra admin: Look at the connection\./);
    assert.match(await check.innerText(), /Not verified since .* \(3 h ago\)/);
    assert.match(await page.locator('main').innerText(), /1 not verified\. Judged .* by what is known/);
    server.boards.judged.delete(hanaId);
  });

  test('the page of a person says where presence comes from and what was written to Teams until when, and moves live', async () => {
    const page = await as('desk@acme.example', `/people/${world.danaId}`);
    const presence = page.getByRole('region', { name: 'Presence' });
    await presence.getByText('On a call', { exact: true }).waitFor();
    const text = await presence.innerText();
    assert.match(text, /Comes from\s+A call on this platform, known at once/);
    assert.match(text, /Teams said\s+Busy, in a call/);
    assert.match(text, /We asked Teams to show\s+Busy, in a call/);
    assert.match(text, /Asked until, unless renewed\s+\w+ \d+, .* \((?:in \d+ (?:min|s)|over)\)/);
    publish(world.danaId, { presence: onHold });
    await presence.getByText('A call on hold on this platform.').waitFor();
    server.boards.judged.set(
      world.danaId,
      judgedBut(server.boards.dana, world.danaId, 'teams-client', {
        status: 'amber',
        code: 'PRV-602',
        sentence: 'Quit Teams fully and open it again.',
        owner: 'user',
        fix: 'Quit Teams fully and open it again.',
      }),
    );
    publish(world.danaId, { readiness: { verdict: 'attention', headline: 'Relaunch.', code: 'PRV-602' } });
    await page.locator('#teams-client').getByText('PRV-602').waitFor();
    assert.match(await page.locator('#teams-client').innerText(), /Whose turn\s+Dana Fields/);
    server.boards.judged.delete(world.danaId);
  });

  test('the link to a person, even to one check, can be sent to somebody and survives the sign-in', async () => {
    const page = await as('desk@acme.example', `/people/${ivoId}#microsoft-licence`);
    await page.locator('#microsoft-licence:target, #microsoft-licence').first().waitFor();
    assert.match(page.url(), /#microsoft-licence$/);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('Link copied').waitFor();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), `${server.url}/people/${ivoId}`);
  });

  test('dark colours pass the same checks on the list and on the page of a person', async () => {
    const page = await as('desk@acme.example', '/people', { dark: true });
    await row(page, 'Dana Fields').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.goto(`/people/${ivoId}`);
    await page.locator('#teams-client').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('no page threw, and none broke the content security policy', () => {
    assert.deepEqual(
      visits.flatMap((one) => one.complaints),
      [],
    );
  });
});

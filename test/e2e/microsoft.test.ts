import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { samplePassword } from '@tandem/adapters/http/testing/memory-services.ts';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser, openBrowser, signIn, type Visit, visit } from './browser.ts';
import { playLoginPage } from './login-page.ts';
import { startMemoryServer } from './memory-server.ts';
import { goodReport } from './sample-microsoft.ts';

describe('connecting Microsoft Teams in the browser', { skip: noBrowser, timeout: 600_000 }, () => {
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
    const complaints = visits.flatMap((one) => one.complaints);
    for (const { context } of visits.splice(0)) await context.close();
    assert.deepEqual(complaints, []);
  });

  /** A browser of its own: nothing of a former visit is in it. */
  async function as(name: string | undefined, path: string, width = 1320): Promise<Page> {
    const opened = await visit(browser, server.url, { width });
    visits.push(opened);
    await playLoginPage(opened.context, server.url);
    await opened.page.goto(path);
    if (name === undefined) return opened.page;
    await signIn(opened.page, name, samplePassword);
    await opened.page.getByRole('navigation', { name: 'Main' }).waitFor();
    return opened.page;
  }
  const step = (page: Page, title: string) => page.getByRole('region', { name: title });
  const press = (page: Page, name: string | RegExp) =>
    page.getByRole('button', { name, exact: typeof name === 'string' }).click();
  /** What a dialog shows before anything is written; then yes. */
  async function preview(page: Page, button: string, confirm = button): Promise<string> {
    await press(page, button);
    const dialog = page.getByRole('dialog');
    const yes = dialog.getByRole('button', { name: confirm, exact: true });
    // The page's policy lets nobody evaluate a text, a waiting test neither.
    await dialog.locator('button:last-of-type[disabled]').first().waitFor({ state: 'detached' });
    const words = await dialog.innerText();
    await yes.click();
    await dialog.waitFor({ state: 'detached' });
    return words;
  }
  const admin = 'admin@globex.example';

  test('an admin connects a tenant, leaves at every step, and somebody else goes on where it was', async () => {
    let page = await as(admin, '/microsoft');
    await press(page, 'Connect Microsoft Teams');
    await page.getByText('Presence, both ways').waitFor();
    await page.getByText('Asks Microsoft for 8 permissions').click();
    await page.getByText('TeamsTelephoneNumber.ReadWrite.All').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await press(page, 'Sign in at Microsoft');
    await page.getByRole('link', { name: 'Sign in as Alex' }).click();
    await page.getByText('Alex of Initech of Initech signed in. Nothing was approved yet.').waitFor();
    assert.match(page.url(), /\/microsoft\/connection-[\w-]+\/connect$/, 'the code is not in the address');
    const wizard = new URL(page.url()).pathname;
    assert.match(
      await step(page, '1. Connect').innerText(),
      /Asked for, for the whole tenant[\s\S]*User\.Read\.All/,
    );

    // Another browser, by the list: the way in is the same for whoever comes.
    page = await as(admin, '/microsoft');
    const card = page.getByRole('region', { name: 'Initech', exact: true });
    await card.getByText('Signed in, not approved').waitFor();
    await card.getByRole('link', { name: 'Go on with the set-up' }).click();
    await press(page, 'Approve at Microsoft');
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page
      .getByText('Approval incomplete')
      .or(page.getByText(/declined/))
      .first()
      .waitFor();
    assert.match(await step(page, '1. Connect').innerText(), /Whose turn/);
    assert.deepEqual(await accessibilityFaults(page), []);

    await press(page, 'Approve at Microsoft');
    await page.getByRole('link', { name: 'Accept' }).click();
    await step(page, '2. Check the tenant').getByText('Users in the directory').waitFor();
    assert.match(
      await step(page, '2. Check the tenant').innerText(),
      /Allowed to sign in \(1 left out\)\s+13/,
    );
    assert.deepEqual(await accessibilityFaults(page), []);

    await press(page, 'Go on: Routing domain');
    await press(page, 'Choose this name');
    await page
      .getByText('globex.customers.example.net is not a domain of the Microsoft 365 tenant')
      .waitFor();
    assert.match(
      await preview(page, 'Add'),
      /What is written\s+Microsoft 365: the domain globex\.customers\.example\.net/,
    );

    // Left in the middle of the name: the next visitor sees the records, whose turn it is and since when.
    page = await as(admin, wizard);
    const routing = step(page, '3. Routing domain');
    await routing.getByText('MS=ms99887766').waitFor();
    assert.match(
      await routing.innerText(),
      /Whose turn\s+The operator of this platform\s+Next step\s+Put the/,
    );
    await routing.getByRole('button', { name: 'Copy value of the TXT record' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    server.microsoft.microsoft.seesTxt = true;
    // Nobody presses anything: the page sees it.
    await routing.getByText('is verified. Microsoft activates it').waitFor();
    assert.match(await routing.innerText(), /Microsoft’s time: usually 1\sh, at worst 24\sh/);
    await preview(page, 'Activate');

    page = await as(admin, wizard);
    const voice = step(page, '4. Voice routing');
    await voice.getByText('Do not repeat the step.').waitFor();
    await voice.getByRole('button', { name: 'Get the script' }).click();
    await voice.getByRole('region', { name: 'Script' }).getByText('New-CsOnlinePSTNGateway').waitFor();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      voice.getByRole('button', { name: 'Download voice-routing-globex.ps1' }).click(),
    ]);
    assert.equal(file.suggestedFilename(), 'voice-routing-globex.ps1');
    await press(page, 'Paste its report');
    await page.getByLabel('Report of the script').fill('WARNING: nothing here');
    await press(page, 'Read the report');
    await page
      .getByRole('alert')
      .getByText(/no report in it/)
      .waitFor();
    await page
      .getByLabel('Report of the script')
      .fill(goodReport.replace(/"routes":\[.*?\}\]/, '"routes":[]'));
    await press(page, 'Read the report');
    await page.getByText('Voice route R-Globex was not found.').waitFor();
    assert.match(await voice.innerText(), /Missing\s+Voice route R-Globex/);
    assert.deepEqual(await accessibilityFaults(page), []);

    page = await as(admin, wizard);
    await step(page, '4. Voice routing').getByText('R-Globex was not found').waitFor();
    await press(page, 'Paste its report');
    await page.getByLabel('Report of the script').fill(`VERBOSE: done\n${goodReport}`);
    await press(page, 'Read the report');
    // What comes next was done in this account before, by somebody else: the page goes on to what is left.
    await step(page, '8. Go live').waitFor();
    await page.getByRole('link', { name: '4. Voice routing' }).click();
    await step(page, '4. Voice routing').getByText('is active and its voice routing stands.').waitFor();

    page = await as(admin, `${wizard}?step=group`);
    const group = step(page, '5. Who calls');
    await group.getByLabel('Search groups in Entra').fill('voice p');
    await group.getByRole('button', { name: 'Choose Voice Pilots' }).click();
    assert.equal(await group.getByLabel('Name of the voice routing policy').inputValue(), 'VRP-Acme');
    assert.match(
      await preview(page, 'Preview and save', 'Save'),
      /Greta Weiss: gets her number at Microsoft/,
    );
    await group.getByText('Nothing is changed.').waitFor();
    assert.match(await group.innerText(), /Voice Pilots/);
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('link', { name: '7. Pilot' }).click();
    const pilot = step(page, '7. Pilot');
    await pilot.getByRole('link', { name: 'Greta Weiss' }).waitFor();
    await pilot.getByRole('button', { name: 'Add Ellen Brandt' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('link', { name: '8. Go live' }).click();
    await step(page, '8. Go live').getByText('Number written at Microsoft').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a return that nobody began, or that is loaded a second time, changes nothing and says where to go', async () => {
    const page = await as(admin, '/connect/callback?code=stolen&state=nobodys&client_info=x');
    await page.getByRole('alert').getByText('This sign-in at Microsoft is not open').waitFor();
    assert.equal(new URL(page.url()).search, '', 'the code does not stay in the address');
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('link', { name: 'Go to Microsoft 365' }).click();
    await page.getByRole('heading', { name: 'Microsoft 365', level: 1 }).waitFor();
  });

  test('somebody without a sign-in here approves by the link; a refusal there is said', async () => {
    let page = await as(undefined, '/connect/approve?link=sample');
    await page.getByText('asks you to connect Acme').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await press(page, 'Sign in at Microsoft');
    await page.getByRole('link', { name: 'Accept' }).click();
    await page.getByText('Thank you: Acme is connected.').waitFor();
    await page.goto('/connect/approve?link=sample');
    await press(page, 'Sign in at Microsoft');
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByRole('alert').getByText('You did not approve.').waitFor();
    page = await as(undefined, '/connect/approve?link=old');
    await page.getByRole('alert').getByText('This sign-in at Microsoft is not open').waitFor();
  });

  test('a connection is left with its preview, and says what stopped', async () => {
    const page = await as('admin@acme.example', '/microsoft/connection-acme');
    await page.getByRole('heading', { name: 'Acme', level: 1 }).waitFor();
    const permissions = page.getByRole('region', { name: 'Permissions' });
    assert.match(await permissions.innerText(), /Presence, read\s+Works\s+Presence\.Read\.All granted/);
    await press(page, 'Check again');
    await page.getByText('Looked at with a fresh token.').waitFor();
    await page.getByLabel('Microsoft’s call records').or(page.getByLabel("Microsoft's call records")).check();
    await press(page, 'Save features');
    await permissions.getByText('CallRecords.Read.All is missing', { exact: false }).waitFor();
    assert.match(await page.locator('main').innerText(), /Permission missing/);
    assert.deepEqual(await accessibilityFaults(page), []);
    const words = await preview(page, 'Disconnect');
    assert.match(words, /This stops\s+Nobody new gets a number\.\s+This goes on\s+Calls\./);
    await page.getByText('Disconnected from Acme.', { exact: false }).first().waitFor();
    await page.getByRole('tab', { name: 'Mails' }).click();
    await page.getByText('No mail server is configured.').waitFor();
    assert.match(page.url(), /tab=mails/);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('an app registration of one’s own is connected by its secret, which no page shows again', async () => {
    const page = await as('admin@globex.example', '/microsoft/connect');
    await page.getByLabel('An app registration of your own').check();
    await page.getByLabel('Directory (tenant) ID').fill('9999ec40-0000-4000-8000-000000000009');
    await page.getByLabel('Application (client) ID').fill('not-a-guid');
    await page.getByLabel('A client secret').check();
    await page.getByLabel('Client secret', { exact: false }).last().fill('very~secret~value');
    await page.getByLabel('End date').fill('2027-05-04');
    assert.deepEqual(await accessibilityFaults(page), []);
    await press(page, 'Connect');
    await page
      .getByText(/a GUID, for example/)
      .first()
      .waitFor();
    await page.getByLabel('Application (client) ID').fill('b2b2b2b2-0000-4000-8000-00000000b002');
    await press(page, 'Connect');
    await step(page, '2. Check the tenant').waitFor();
    assert.doesNotMatch(await page.content(), /very~secret~value/);
  });

  test('a removal of many waits with names, and is decided about with a preview', async () => {
    server.microsoft.held.push({
      since: new Date().toISOString(),
      source: 'microsoft',
      people: 12,
      linked: 40,
      names: ['Dana Fields', 'Bo Larsen'],
    });
    const page = await as('admin@globex.example', '/microsoft/connection-globex?tab=people');
    const waits = page.getByRole('region', { name: 'Waits for your decision' });
    await waits.getByText('12 of 40 people would lose their calls').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    const words = await preview(page, 'Let it through');
    assert.match(words, /Dana Fields\s+Bo Larsen\s+and 10 more/);
    await waits.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Preview and save' }).waitFor();
    await page.getByLabel('Calls go on for (hours)').fill('12');
    await preview(page, 'Preview and save', 'Save');
    await page.getByText('Nothing is changed.').waitFor();
    assert.equal(await page.getByLabel('Calls go on for (hours)').inputValue(), '12');
  });

  test('whom callers of a leaver reach is named in the settings, and counts after the preview', async () => {
    const page = await as('admin@globex.example', '/microsoft/connection-globex?tab=people');
    const save = page.getByRole('button', { name: 'Preview and save' });
    await page.getByLabel('Callers of a leaver').selectOption('person');
    await page.getByText('Say whom callers of a leaver reach.').waitFor();
    assert.equal(await save.isDisabled(), true);
    await page.getByRole('button', { name: 'Choose Greta Weiss' }).click();
    await page.getByText('Rings: Greta Weiss').waitFor();
    const standby = page.getByRole('switch', { name: 'Keep everybody in reserve' });
    assert.equal(await standby.isChecked(), false);
    await standby.click();
    await save.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('Rings: Greta Weiss').waitFor();
    assert.equal(await standby.isChecked(), true, 'in reserve, after a reload too');
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('N38: what was written in the tenant is listed, each thing with its undo', async () => {
    const page = await as('admin@globex.example', '/microsoft/connection-globex?tab=written');
    const table = page.getByRole('table', { name: 'Written in the tenant' });
    await table.getByRole('link', { name: 'Greta Weiss' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await table.getByRole('button', { name: /^Undo Number .* of Greta Weiss/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
    await page.getByText('Nothing of Tandem’s is in this tenant').waitFor();
  });

  test('the operator creates an account that may use Teams, and the wizard begins', async () => {
    const page = await as('operator', '/accounts');
    await press(page, 'New account');
    await page.getByLabel('Name of the customer').fill('Hooli');
    await page.getByLabel('Mail domains').fill('hooli');
    await page.getByLabel('Country').fill('us');
    await page.getByLabel('Time zone').fill('America/Chicago');
    assert.deepEqual(await accessibilityFaults(page), []);
    await press(page, 'Create and connect Microsoft Teams');
    await page
      .getByText(/a domain name, for example/)
      .first()
      .waitFor();
    await page.getByLabel('Mail domains').fill('hooli.example');
    await press(page, 'Create and connect Microsoft Teams');
    await page.getByRole('heading', { name: 'Connect Microsoft Teams' }).waitFor();
    await page.getByText('What is wanted').waitFor();
    await page.goto('/accounts');
    const hooli = page.getByRole('region', { name: 'Hooli' });
    await hooli.getByRole('button', { name: 'End the Teams service' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End the Teams service' }).click();
    await hooli.getByText('not enabled').waitFor();
  });

  test('things to do are handed to their owner; the audit shows before and after and is checked', async () => {
    const page = await as('admin@acme.example', '/action-items');
    const item = page.getByRole('region', { name: 'Microsoft phone licence missing' });
    await item.getByText('Assign a licence that contains Teams Phone').waitFor();
    assert.match(await item.innerText(), /PRV-401[\s\S]*Whose turn: Your Entra admin/);
    await item.getByRole('button', { name: 'Copy for the owner PRV-401' }).click();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByLabel('Whose turn').selectOption('microsoft');
    await page.getByText('Nothing to do').waitFor();

    await page.goto('/people?search=bo');
    await page.getByRole('switch').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('Calls in Teams are off for Bo Larsen.').first().waitFor();
    await page.goto('/audit?action=person.');
    const row = page.getByRole('table', { name: 'Audit' }).getByRole('row').nth(1);
    await row.getByText('person.change').waitFor();
    assert.match(await row.innerText(), /admin@acme\.example[\s\S]*teamsToggle\s+true\s+false/);
    await press(page, 'Check the chain');
    await page.getByText('Sound').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a webhook shows its secret once, sends a test and lists its deliveries', async () => {
    const page = await as('admin@acme.example', '/webhooks');
    await press(page, 'New webhook');
    await page.getByLabel('Name').fill('Ticket system');
    await page.getByLabel('Address').fill('https://tickets.acme.example/tandem');
    await page.getByLabel('Events').fill('person., number.');
    assert.deepEqual(await accessibilityFaults(page), []);
    await press(page, 'Create');
    const secret = await page.getByRole('region', { name: 'Secret', exact: true }).innerText();
    assert.match(secret, /^whsec_/);
    await press(page, 'I have kept it');
    const card = page.getByRole('region', { name: 'Ticket system', exact: true });
    await card.getByRole('button', { name: 'Send a test' }).click();
    await card
      .getByText(/webhook\.test|Nothing delivered yet/)
      .first()
      .waitFor();
    await page.reload();
    await card.waitFor();
    assert.doesNotMatch(await page.content(), /whsec_/);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('the service desk looks at everything here and changes nothing', async () => {
    const page = await as('desk@globex.example', '/microsoft');
    await page.getByRole('region', { name: 'Globex', exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Connect Microsoft Teams' }).count(), 0);
    await page.goto('/microsoft/connection-globex');
    await page.getByRole('button', { name: 'Check again' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Disconnect' }).count(), 0);
    await page.getByRole('tab', { name: 'Who calls' }).click();
    await page.getByRole('region', { name: 'Settings' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Preview and save' }).count(), 0);
    await page.getByRole('tab', { name: 'What was written' }).click();
    await page.getByRole('region', { name: 'What Tandem wrote in this tenant' }).waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'To do' }).waitFor();
    assert.equal(
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Audit' }).count(),
      0,
    );
  });

  test('in a narrow window no page sticks out to the side', async () => {
    const page = await as('admin@globex.example', '/microsoft', 360);
    for (const [path, words] of [
      ['/microsoft', 'Open'],
      ['/microsoft/connect', 'What is wanted'],
      ['/microsoft/connection-globex', 'Permissions'],
      ['/microsoft/connection-globex?tab=people', 'Who decides'],
      ['/microsoft/connection-globex?tab=routing', 'Routing domain'],
      ['/microsoft/connection-globex?tab=written', 'What Tandem wrote in this tenant'],
      ['/microsoft/connection-globex/connect?step=tenant', 'Users in the directory'],
      ['/microsoft/connection-globex/connect?step=numbers', 'Add a range'],
      ['/action-items', 'Microsoft phone licence missing'],
      ['/webhooks', 'Webhooks'],
      ['/audit', 'account.open'],
    ] as const) {
      await page.goto(path);
      await page.locator('main').getByText(words).first().waitFor();
      const out = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      assert.equal(out, 0, path);
    }
    assert.deepEqual(await accessibilityFaults(page), []);
  });
});

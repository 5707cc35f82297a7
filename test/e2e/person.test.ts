import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import { fixOf, type ReadinessCheck, type ReadinessCode, readinessCodes, sentenceOf } from '@tandem/domain';
import { fixLinkOf } from '@tandem/engine/provisioning/fix-links.ts';
import type { Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser } from './browser.ts';
import { openPortal } from './portal-under-test.ts';
import { hanaId, judgedBut } from './sample-boards.ts';

/** Codes as the service desk meets them: where each shows, and whether there is something to try again. */
const reasons: readonly (readonly [ReadinessCode, ReadinessCheck['name'], 'Re-check' | 'Retry'])[] = [
  ['PRV-001', 'tenant-ready', 'Re-check'],
  ['PRV-013', 'tenant-ready', 'Re-check'],
  ['PRV-102', 'platform-user', 'Re-check'],
  ['PRV-202', 'microsoft-user', 'Re-check'],
  ['PRV-203', 'microsoft-user', 'Re-check'],
  ['PRV-205', 'enable-group', 'Re-check'],
  ['PRV-301', 'number', 'Re-check'],
  ['PRV-303', 'teams-toggle', 'Re-check'],
  ['PRV-304', 'microsoft-number', 'Retry'],
  ['PRV-401', 'microsoft-licence', 'Re-check'],
  ['PRV-402', 'platform-licence', 'Re-check'],
  ['PRV-404', 'microsoft-licence', 'Re-check'],
  ['PRV-501', 'microsoft-number', 'Retry'],
  ['PRV-502', 'voice-routing-policy', 'Retry'],
];
const ownerSaid: Partial<Record<ReadinessCheck['owner'], string>> = {
  'entra-admin': 'Your Entra admin',
  'teams-admin': 'Your Teams admin',
  'platform-admin': 'Your Tandem administrator',
  vendor: 'The operator of this platform',
  microsoft: 'Microsoft',
};

describe('the page of a person', { skip: noBrowser }, () => {
  let portal: Awaited<ReturnType<typeof openPortal>>;
  before(async () => {
    portal = await openPortal();
  });
  after(async () => await portal?.close());
  afterEach(async () => await portal.closePages());

  const place = {
    personId: hanaId as string,
    objectId: 'dadadada-0000-4000-8000-000000000148',
    groupId: '96096096-0000-4000-8000-000000000010',
  };
  const copied = async (page: Page): Promise<string> =>
    (await page.evaluate('navigator.clipboard.readText()')) as string;

  for (const [code, name, button] of reasons) {
    test(`the service desk finds ${code}, ${button === 'Retry' ? 'tries again' : 're-checks'}, and hands the owner the link to the fix`, async () => {
      const { server } = portal;
      const [owner] = readinessCodes[code].owners;
      const link = fixLinkOf(code, place);
      server.boards.judged.set(
        hanaId,
        judgedBut(server.boards.dana, hanaId, name, {
          status: 'red',
          code,
          sentence: sentenceOf(code),
          owner,
          fix: fixOf(code),
          ...(link !== undefined && { link }),
        }),
      );
      if (button === 'Retry')
        server.people.shown.set(hanaId, {
          state: 'FAILED',
          code,
          may: { retry: true, approve: false, confirmWorks: false, undo: false },
        });
      try {
        const page = await portal.as('desk@acme.example', '/people');
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
        await page.getByLabel('Code', { exact: true }).fill(code.slice(4));
        await page.waitForURL(new RegExp(`code=${code}`));
        await page.getByRole('table', { name: 'People' }).getByRole('link', { name: 'Hana Sato' }).click();
        const check = page.locator(`#${name}`);
        await check.getByText(code, { exact: true }).waitFor();
        const text = await check.innerText();
        assert.match(text, /^Not met/);
        assert.ok(text.includes(ownerSaid[owner] ?? 'Hana Sato'), text);
        const before = server.people.asked.length;
        await page.getByRole('button', { name: button, exact: true }).click();
        await page.getByText(/The page follows by itself/).waitFor();
        assert.deepEqual(server.people.asked.slice(before), [
          {
            person: 'Hana Sato',
            action: { kind: button === 'Retry' ? 'retry' : 'recheck' },
            by: 'desk@acme.example',
          },
        ]);
        await check.getByRole('button', { name: `Copy the link to the fix ${code}` }).click();
        await check.getByText('Copied').waitFor();
        const handed = await copied(page);
        const here = `${server.url}/people/${hanaId}#${name}`;
        const fix =
          link === undefined || link === `/people/${hanaId}`
            ? here
            : link.startsWith('/')
              ? server.url + link
              : link;
        assert.ok(handed.split('\n').includes(fix), handed);
        assert.match(handed, new RegExp(`^Hana Sato: .*\\(${code}\\)`));
        assert.match(handed, /Next step: \S/);
        for (const forbidden of ['Push again', 'Delete person', 'Change number'])
          assert.equal(await page.getByRole('button', { name: forbidden }).count(), 0, forbidden);
      } finally {
        server.boards.judged.delete(hanaId);
        server.people.shown.delete(hanaId);
      }
    });
  }

  test('both numbers stand side by side with whether they are equal, and the way into the group with its age', async () => {
    await portal.server.atOneInstant(async (at) => {
      const page = await portal.as('desk@acme.example', `/people/${world.boId}`, { at });
      const both = page.getByRole('region', { name: 'Both sides' });
      await both.getByText('Different').waitFor();
      await both.getByText(/^read /).waitFor();
      const text = await both.innerText();
      assert.match(text, /Number here\s+\+1 202 555 0143\s+Number in Teams\s+\+1 202 555 0199/);
      assert.match(text, /In the enable group\s+direct, in Voice Users\s+read 12 s ago/);
    });
  });

  test('an admin sees who threw the switch and when, also in the audit of the person', async () => {
    const page = await portal.as('admin@acme.example', `/people/${hanaId}`);
    await page.getByText('never changed since the audit began').waitFor();
    await page.getByRole('switch', { name: 'Calls in Teams for Hana Sato' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('Calls in Teams are off for Hana Sato.', { exact: true }).waitFor();
    await page.reload();
    await page
      .getByRole('region', { name: 'Both sides' })
      .getByText(/by admin@acme.example, \w+ \d+/)
      .waitFor();
    await page.getByRole('tab', { name: 'Audit' }).click();
    await page.waitForURL(/tab=audit/);
    const audit = page.getByRole('table', { name: 'Audit of this person' });
    await audit.getByText('teamsToggle').waitFor();
    assert.match(await audit.innerText(), /admin@acme.example[\s\S]*person\.change[\s\S]*true\s+false/);
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('tab', { name: 'Readiness' }).click();
    await page.getByRole('switch', { name: 'Calls in Teams for Hana Sato' }).click();
    await page.getByText('Calls in Teams are on for Hana Sato.', { exact: true }).waitFor();
  });

  test('what somebody changed at Microsoft is shown as both values; accepting is asked first and can be undone', async () => {
    const page = await portal.as('admin@acme.example', `/people/${world.boId}?tab=provisioning`);
    const drift = page.getByRole('region', { name: 'Changed outside Tandem' });
    await drift.getByRole('button', { name: 'Accept' }).waitFor();
    assert.match(
      await drift.innerText(),
      /Number\s+Set up here\s+\+12025550143\s+At Microsoft now\s+\+12025550199/,
    );
    assert.deepEqual(await accessibilityFaults(page), []);
    await drift.getByRole('button', { name: 'Accept' }).click();
    await page
      .getByRole('dialog')
      .getByText(/\+12025550199 becomes what is wanted here too/)
      .waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
    await drift.getByText(/Number: accepted by admin@acme.example/).waitFor();
    await drift.getByRole('button', { name: 'Undo the decision' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Undo the decision' }).click();
    await drift.getByRole('button', { name: 'Repair' }).waitFor();
    const asked = portal.server.people.asked
      .map(({ action }) => action)
      .filter(({ kind }) => kind === 'drift');
    assert.deepEqual(asked, [
      { kind: 'drift', field: 'number', decision: 'accept' },
      { kind: 'drift', field: 'number', decision: 'undo' },
    ]);
    portal.server.people.shown.delete(world.boId);
  });

  test('steps name who, which states, Microsoft’s operation and how long it took', async () => {
    const page = await portal.as('desk@acme.example', `/people/${world.boId}?tab=provisioning`);
    const steps = page.getByRole('table', { name: 'Steps' });
    await steps.getByText('op-0190f2a4').waitFor();
    assert.match(
      await steps.innerText(),
      /by desk@acme.example[\s\S]*Being written → Not shown by Microsoft yet[\s\S]*took 4\.2 s op-0190f2a4[\s\S]*by itself/,
    );
    assert.equal(await page.getByRole('button', { name: 'Repair' }).count(), 0, 'the desk does not decide');
    assert.equal(await page.getByRole('tab', { name: 'Audit' }).count(), 0);
  });

  test('saying that Teams works needs a reason; an approval is asked first', async () => {
    const { server } = portal;
    server.people.shown.set(world.boId, {
      approved: false,
      may: { retry: false, approve: true, confirmWorks: true, undo: false },
    });
    const page = await portal.as('admin@acme.example', `/people/${world.boId}?tab=provisioning`);
    await page.getByRole('button', { name: 'Say that Teams works' }).click();
    const dialog = page.getByRole('dialog');
    assert.equal(await dialog.getByRole('button', { name: 'It works' }).isDisabled(), true);
    await dialog.getByLabel('Reason').fill('Heard it myself.');
    await dialog.getByRole('button', { name: 'It works' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(server.people.asked.at(-1)?.action, { kind: 'override', reason: 'Heard it myself.' });
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(server.people.asked.at(-1)?.action, { kind: 'approve', approved: true });
    server.people.shown.delete(world.boId);
  });

  test('a number that another Microsoft user has is taken over after it was shown from whom', async () => {
    const { server } = portal;
    server.people.shown.set(world.boId, {
      state: 'FAILED',
      code: 'PRV-304',
      may: { retry: true, approve: false, confirmWorks: false, undo: false, takeOver: true },
    });
    const page = await portal.as('admin@acme.example', `/people/${world.boId}?tab=provisioning`);
    await page.getByRole('button', { name: 'Take the number over' }).click();
    const dialog = page.getByRole('dialog', { name: /^Take .* over for Bo Larsen\?$/ });
    await dialog.getByText('kim@acme.example, whose sign-in is blocked, loses the number.').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.notEqual(server.people.asked.at(-1)?.action.kind, 'take-over', 'nothing before the yes');
    await dialog.getByRole('button', { name: 'Take over', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(server.people.asked.at(-1), {
      person: 'Bo Larsen',
      action: { kind: 'take-over', preview: 'of-kim' },
      by: 'admin@acme.example',
    });
    const desk = await portal.as('desk@acme.example', `/people/${world.boId}?tab=provisioning`);
    await desk.getByText('PRV-304').first().waitFor();
    assert.equal(await desk.getByRole('button', { name: 'Take the number over' }).count(), 0);

    // Two Microsoft users match: who of them it is is chosen by name, and by an administrator only.
    const candidate = (n: number, upn: string) => ({
      entraObjectId: `b0b00000-0000-4000-8000-00000000000${n}`,
      upn,
      displayName: 'Bo Larsen',
    });
    server.people.shown.set(world.boId, {
      state: 'BLOCKED',
      code: 'PRV-112',
      candidates: [candidate(1, 'bo@acme.example'), candidate(2, 'bo.larsen@acme.example')],
      may: { retry: false, approve: false, confirmWorks: false, undo: false, choose: true },
    });
    await Promise.all([page.reload(), desk.reload()]);
    await page.getByRole('button', { name: 'Choose bo.larsen@acme.example' }).click();
    const choice = page.getByRole('dialog', {
      name: 'Is Bo Larsen the Microsoft user bo.larsen@acme.example?',
    });
    await choice.getByText('The other users who match stay as they are.').waitFor();
    await choice.getByRole('button', { name: 'Choose', exact: true }).click();
    await choice.waitFor({ state: 'detached' });
    assert.deepEqual(server.people.asked.at(-1), {
      person: 'Bo Larsen',
      action: { kind: 'choose', objectId: 'b0b00000-0000-4000-8000-000000000002' },
      by: 'admin@acme.example',
    });
    await desk.getByText('PRV-112').first().waitFor();
    assert.equal(await desk.getByRole('button', { name: /^Choose / }).count(), 0);
    server.people.shown.delete(world.boId);
  });

  test('tags are put on a person, lead to everybody who has them, and are taken off', async () => {
    const page = await portal.as('admin@acme.example', `/people/${world.danaId}`);
    const tags = page.getByRole('region', { name: 'Tags', exact: true });
    await tags.getByText('None.').waitFor();
    await tags.getByLabel('Tags, with commas between').fill('Berlin, Sales,Berlin');
    await tags.getByRole('button', { name: 'Save tags' }).click();
    assert.deepEqual(await accessibilityFaults(page), []);
    await tags.getByRole('link', { name: 'Sales' }).click();
    // The ordinary list, with readiness, and with the other parts of the filter beside.
    const people = page.getByRole('table', { name: 'People' });
    await people.getByRole('link', { name: 'Dana Fields' }).waitFor();
    await people.getByRole('link', { name: 'Bo Larsen' }).waitFor({ state: 'detached' });
    await people.getByRole('list', { name: 'Checks of Dana Fields' }).waitFor();
    assert.match(page.url(), /tag=Sales/, 'can be sent to somebody');
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByLabel('Tag', { exact: true }).selectOption('');
    await people.getByRole('link', { name: 'Bo Larsen' }).waitFor();
    await page.getByLabel('Tag', { exact: true }).selectOption('Berlin');
    await people.getByRole('link', { name: 'Bo Larsen' }).waitFor({ state: 'detached' });
    await people.getByRole('link', { name: 'Dana Fields' }).click();
    await tags.getByLabel('Tags, with commas between').fill('');
    await tags.getByRole('button', { name: 'Save tags' }).click();
    await tags.getByText('None.').waitFor();
  });

  test('the numbers of a person name every holder, the conflict first, and what could not be looked at', async () => {
    const page = await portal.as('admin@acme.example', `/people/${world.danaId}?tab=numbers`);
    const who = page.getByRole('list', { name: 'Who has +12025550142' });
    await who.waitFor();
    assert.match(
      await who.innerText(),
      /^old\.dana@acme\.example\s+Conflict[\s\S]*A disabled user · Direct Routing[\s\S]*Next step: Take the number[\s\S]*Dana Fields has[\s\S]*Not looked at: Tenant of Globex/,
    );
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('recent calls stand one step from their reasons; the tabs answer to the arrow keys', async () => {
    const page = await portal.as('desk@acme.example', `/people/${world.danaId}`);
    await page.getByRole('tab', { name: 'Readiness' }).focus();
    for (let n = 0; n < 4; n += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/tab=calls/);
    const calls = page.getByRole('table', { name: 'Recent calls' });
    await calls.getByRole('link').first().waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await calls.getByRole('link').first().click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
  });

  test('a user whose Teams was not seen yet says that it works', async () => {
    const { server } = portal;
    server.boards.judged.set(
      world.danaId,
      judgedBut(server.boards.dana, world.danaId, 'teams-client', {
        status: 'amber',
        code: 'PRV-602',
        sentence: sentenceOf('PRV-602'),
        owner: 'user',
        fix: fixOf('PRV-602'),
      }),
    );
    const page = await portal.as('dana@acme.example', '/me');
    const button = page.getByRole('button', { name: 'Calling works in my Teams' });
    await button.waitFor();
    assert.equal(await page.getByRole('button', { name: /Copy the link to the fix/ }).count(), 0);
    const asked = (client: string) => ({
      person: 'Dana Fields',
      action: { kind: 'works', client },
      by: 'dana@acme.example',
    });
    // In a browser it does: said as such (PRV-601), which is no proof of the desktop client.
    const web = page.getByRole('button', { name: 'It works only in the web client' });
    assert.deepEqual(await accessibilityFaults(page), []);
    server.boards.judged.set(
      world.danaId,
      judgedBut(server.boards.dana, world.danaId, 'teams-client', {
        status: 'amber',
        code: 'PRV-601',
        sentence: sentenceOf('PRV-601'),
        owner: 'user',
        fix: fixOf('PRV-601'),
      }),
    );
    await web.click();
    await web.waitFor({ state: 'detached' });
    await page.locator('#teams-client').getByText('PRV-601').waitFor();
    assert.deepEqual(server.people.asked.at(-1), asked('web'));
    server.boards.judged.delete(world.danaId);
    await button.click();
    await button.waitFor({ state: 'detached' });
    assert.deepEqual(server.people.asked.at(-1), asked('desktop'));
  });

  test('callers of one person get a rule of their own for when they leave: a person, a number, a queue, or the account’s', async () => {
    const { server } = portal;
    const leaver = () => server.directory.data.people.find(({ id }) => id === world.boId)?.leaver;
    const page = await portal.as('admin@acme.example', `/people/${world.boId}?tab=numbers`);
    const card = page.getByRole('region', { name: /^When .* leaves$/ });
    const callers = card.getByLabel('Callers');
    const save = card.getByRole('button', { name: 'Save the rule' });
    assert.equal(await save.isDisabled(), true, 'nothing is changed');
    await callers.selectOption('person');
    // The manager whom Microsoft names is proposed; anybody else can be chosen, and the manager again.
    await card.getByText('At Microsoft the manager of Bo Larsen is Dana Doe.').waitFor();
    await card.getByText('Rings: Dana Fields').waitFor();
    assert.equal(await card.getByRole('button', { name: 'Choose Bo Larsen' }).count(), 0, 'not for himself');
    await card.getByRole('button', { name: 'Choose Hana Sato' }).click();
    await card.getByText('Rings: Hana Sato').waitFor();
    await card.getByRole('button', { name: 'Choose the manager' }).click();
    await card.getByText('Rings: Dana Fields').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await save.click();
    await save.and(page.locator(':disabled')).waitFor();
    assert.deepEqual(leaver(), { kind: 'person', personId: world.danaId });
    // A number that nobody of the account has is refused in words, and what was typed stays.
    await callers.selectOption('number');
    await card.getByLabel('Number of the account').fill('+1 202 555 0999');
    await save.click();
    await card.getByText(/nobody of this account has this number/).waitFor();
    assert.equal(await card.getByLabel('Number of the account').inputValue(), '+1 202 555 0999');
    await callers.selectOption('queue');
    await card.getByLabel('Queue').selectOption({ index: 1 });
    await save.click();
    await save.and(page.locator(':disabled')).waitFor();
    assert.equal(leaver()?.kind, 'queue');
    await callers.selectOption('account');
    await save.click();
    await save.and(page.locator(':disabled')).waitFor();
    assert.equal(leaver(), undefined);
  });

  test('somebody is deleted after it was said what becomes of the numbers', async () => {
    const { server } = portal;
    const page = await portal.as('admin@acme.example', `/people/${hanaId}`);
    await page.getByRole('button', { name: 'Delete person' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('+1 202 555 0148 rests for 30 days').waitFor();
    await dialog.getByLabel('Callers meanwhile').selectOption('announcement');
    assert.deepEqual(await accessibilityFaults(page), []);
    await dialog.getByLabel('Reason, kept in the audit').fill('Left the company.');
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.waitForURL(/\/people$/);
    await page.getByRole('table', { name: 'People' }).getByRole('link', { name: 'Ivo Petrov' }).waitFor();
    assert.equal(
      server.directory.data.people.some(({ id }) => id === hanaId),
      false,
    );
  });

  test('every part of a person passes in dark colours and does not stick out of a narrow window', async () => {
    for (const tab of ['readiness', 'provisioning', 'numbers', 'calls', 'audit']) {
      const page = await portal.as('admin@acme.example', `/people/${world.boId}?tab=${tab}`, {
        dark: true,
        width: 360,
      });
      await page.locator('main section').first().waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'), 0, tab);
      assert.deepEqual(await accessibilityFaults(page), [], tab);
      await portal.closePages();
    }
  });

  test('no page threw, and none broke the content security policy', () => {
    assert.deepEqual(portal.complaints(), []);
  });
});

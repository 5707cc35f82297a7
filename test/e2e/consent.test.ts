import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser } from './browser.ts';
import { openPortal } from './portal-under-test.ts';

const admin = 'admin@acme.example';

describe('the consent to the provider in the portal', { skip: noBrowser }, () => {
  let portal: Awaited<ReturnType<typeof openPortal>>;
  before(async () => {
    portal = await openPortal();
  });
  after(() => portal?.close());
  afterEach(() => portal?.closePages());

  test('an administrator takes the consent back; what the operator then changes waits, is looked at and approved', async () => {
    const page = await portal.as(admin, '/consent');
    const card = page.getByRole('region', { name: 'Consent to the provider' });
    await card.getByText('Given', { exact: true }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await card.getByRole('button', { name: 'Take the consent back' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take the consent back' }).click();
    await card.getByText('Not given', { exact: true }).waitFor();
    await card.getByText(/^Decided by admin@acme.example/).waitFor();

    const operator = await portal.as('operator', '/people?search=hana');
    await operator.getByRole('switch', { name: 'Calls in Teams for Hana Sato' }).click();
    await operator.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
    await operator.getByText('Not done yet: kept as a proposal').first().waitFor();
    const hana = portal.server.directory.data.people.find((one) => one.displayName === 'Hana Sato');
    assert.equal(hana?.teamsToggle, true);

    await page.reload();
    // The menu says how many wait, to those who may decide.
    const waiting = page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('img', { name: /wait for your decision$/ });
    await waiting.waitFor();
    const count = Number(await waiting.innerText());
    assert.ok(count > 1);
    assert.equal(await operator.getByRole('img', { name: /wait for your decision$/ }).count(), 0);
    const proposal = page.getByRole('region', { name: /^Hana Sato/ });
    await proposal.getByText('Set teamsToggle to false.').waitFor();
    await proposal.getByRole('button', { name: 'Approve' }).click();
    const dialog = page.getByRole('dialog', { name: 'Carry this out?' });
    await dialog.getByText('teamsToggle', { exact: true }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await dialog.getByRole('button', { name: 'Approve and carry out' }).click();
    await page.getByRole('status').getByText('Carried out: Hana Sato').waitFor();
    await proposal.waitFor({ state: 'detached' });
    await waiting.getByText(String(count - 1), { exact: true }).waitFor();
    const now = portal.server.directory.data.people.find((one) => one.displayName === 'Hana Sato');
    assert.equal(now?.teamsToggle, false);
  });

  test('what an operation tells only once is told to who approves it', async () => {
    const operator = portal.server.services.consents;
    const page = await portal.as(admin, '/consent');
    const request = {
      params: {},
      query: {},
      body: { account: world.acmeId, name: 'CRM', url: 'https://example.com/hooks', events: ['*'] },
    };
    await operator.propose(
      { accountId: world.acmeId, operation: 'webhooks.create', sentence: 'Acme: a webhook.', shown: request },
      request,
      { kind: 'user', name: 'operator', role: 'operator' },
    );
    await page.reload();
    await page
      .getByRole('region', { name: 'Acme', exact: true })
      .getByRole('button', { name: 'Approve' })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve and carry out' }).click();
    await page.getByText(/"secret"/).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a rejection needs a reason, which the operator reads; the operator withdraws another one', async () => {
    const page = await portal.as(admin, '/consent');
    const support = page.getByRole('region', { name: /^Dana Fields/ }).filter({ hasText: 'Support' });
    await support.getByRole('button', { name: 'Reject' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reject this proposal?' });
    assert.equal(await dialog.getByRole('button', { name: 'Reject' }).isDisabled(), true);
    await dialog.getByLabel('Reason, for the provider').fill('We have no such team.');
    await dialog.getByRole('button', { name: 'Reject' }).click();
    await support.waitFor({ state: 'detached' });

    const operator = await portal.as('operator', `/consent?account=${world.acmeId}&state=rejected`);
    await operator.getByText('We have no such team.').waitFor();
    assert.equal(await operator.getByRole('button', { name: 'Give the consent' }).count(), 0);
    await operator.goto(`/consent?account=${world.acmeId}`);
    const berlin = operator.getByRole('region', { name: /^Dana Fields/ }).filter({ hasText: 'Berlin' });
    assert.equal(await berlin.getByRole('button', { name: 'Approve' }).count(), 0);
    await berlin.getByRole('button', { name: 'Withdraw' }).click();
    await operator.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
    await berlin.waitFor({ state: 'detached' });
  });
});

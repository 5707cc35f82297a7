import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import { asCarrierId } from '@tandem/domain';
import { accessibilityFaults } from './accessibility.ts';
import { noBrowser } from './browser.ts';
import { openPortal } from './portal-under-test.ts';

describe('carriers and sign-ins in the portal', { skip: noBrowser }, () => {
  let portal: Awaited<ReturnType<typeof openPortal>>;
  before(async () => {
    portal = await openPortal();
  });
  after(() => portal?.close());
  afterEach(() => portal?.closePages());

  test('the operator makes a carrier, is told what does not fit, changes it, and removes it once nothing goes over it', async () => {
    const page = await portal.as('operator', `/carriers?account=${world.acmeId}`);
    const table = page.getByRole('table', { name: 'Carriers' });
    await page.getByRole('button', { name: 'New carrier' }).click();
    const dialog = page.getByRole('dialog', { name: /^New carrier of/ });
    await dialog.getByLabel('Name').fill('Fresh trunk');
    await dialog.getByLabel('Calls are sent to').fill('sip.fresh.example');
    await dialog.getByLabel('Its packets come from').fill('somewhere');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await dialog.getByText('wanted an IP address').first().waitFor();
    await dialog.getByLabel('Its packets come from').fill('203.0.113.77, 203.0.113.78 port 5062');
    await dialog.getByLabel('Its packets come from').press('Enter');
    const row = table.getByRole('row').filter({ hasText: 'Fresh trunk' });
    await row.getByText('203.0.113.77, 203.0.113.78:5062').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);

    await row.getByRole('button', { name: 'Remove Fresh trunk' }).click();
    const removal = page.getByRole('dialog', { name: 'Remove Fresh trunk?' });
    await removal
      .getByText(/Calls of .* go out over it/)
      .first()
      .waitFor();
    assert.equal(await removal.getByRole('button', { name: 'Remove it' }).isDisabled(), true);
    await removal.getByRole('button', { name: 'Not now' }).click();

    await row.getByRole('button', { name: 'Change Fresh trunk' }).click();
    const change = page.getByRole('dialog', { name: 'Change Fresh trunk' });
    await change.getByRole('switch', { name: 'Calls of the account go out over it' }).click();
    await change.getByRole('button', { name: 'Save' }).click();
    await change.waitFor({ state: 'detached' });
    await row.getByText('none').first().waitFor();
    // Somebody else makes a carrier that this page does not know of: it must not go with the one that is meant.
    const { carriers } = portal.server.directory.data;
    const fresh =
      carriers.find(({ name }) => name === 'Fresh trunk') ?? assert.fail('there is no Fresh trunk');
    carriers.push({
      ...fresh,
      id: asCarrierId('01930000-0000-7000-8000-00000000ca99'),
      name: 'Second trunk',
    });
    await row.getByRole('button', { name: 'Remove Fresh trunk' }).click();
    await removal.getByText('Second trunk would go as well').waitFor();
    assert.equal(await removal.getByRole('button', { name: 'Remove it' }).isDisabled(), true);
    await removal.getByRole('button', { name: 'Not now' }).click();
    await page.reload();
    await table.getByText('Second trunk').waitFor();
    await row.getByRole('button', { name: 'Remove Fresh trunk' }).click();
    await removal.getByText('Fresh trunk goes for good').waitFor();
    await removal.getByRole('button', { name: 'Remove it' }).click();
    await row.waitFor({ state: 'detached' });
    await table.getByText('Second trunk').waitFor();
  });

  test('an administrator makes a sign-in whose password is shown once, and the last administrator stays', async () => {
    const page = await portal.as('admin@acme.example', '/sign-ins');
    const table = page.getByRole('table', { name: 'Sign-ins' });
    await table.getByText('desk@acme.example').waitFor();
    await page.getByRole('button', { name: 'New sign-in' }).click();
    const dialog = page.getByRole('dialog', { name: /^Who may sign in/ });
    await dialog.getByLabel('Name').fill('second@acme.example');
    await dialog.getByLabel('As').selectOption('user');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await dialog.getByText('A user sees only what is theirs').first().waitFor();
    await dialog.getByLabel('As').selectOption('admin');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    const row = table.getByRole('row').filter({ hasText: 'second@acme.example' });
    await row.waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);

    await row.getByRole('button', { name: 'New password second@acme.example' }).click();
    const password = page.getByRole('dialog', { name: 'A new password for second@acme.example?' });
    await password.getByRole('button', { name: 'Make one' }).click();
    await page.getByRole('button', { name: 'I have passed it on' }).click();

    await row.getByRole('button', { name: 'Remove second@acme.example' }).click();
    const second = page.getByRole('dialog', { name: 'Remove second@acme.example?' });
    await second.getByText('cannot sign in any more').waitFor();
    await second.getByRole('button', { name: 'Remove it' }).click();
    await row.waitFor({ state: 'detached' });
    await table.getByRole('button', { name: 'Remove it@acme.example' }).click();
    const removal = page.getByRole('dialog', { name: 'Remove it@acme.example?' });
    await removal.getByText('Nobody would be left who administers this account').waitFor();
    assert.equal(await removal.getByRole('button', { name: 'Remove it' }).isDisabled(), true);
    await removal.getByRole('button', { name: 'Not now' }).click();

    await table.getByRole('button', { name: 'Remove desk@acme.example' }).click();
    const other = page.getByRole('dialog', { name: 'Remove desk@acme.example?' });
    await other.getByText('cannot sign in any more').waitFor();
    await other.getByRole('button', { name: 'Remove it' }).click();
    await table.getByText('desk@acme.example').waitFor({ state: 'detached' });
  });
});

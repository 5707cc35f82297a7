/**
 * Takes the README's pictures of the portal from the sample world: `node test/e2e/take-screenshots.ts [DIR]`. With
 * `--all` also in dark colours and in a narrow window, for whoever changes a page to look at; `--only people,call` for
 * some of them.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { acmeQueueId } from '@tandem/adapters/http/testing/memory-queues.ts';
import { samplePassword } from '@tandem/adapters/http/testing/memory-services.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import { openBrowser, signIn, visit } from './browser.ts';
import { startMemoryServer } from './memory-server.ts';
import { ivoId } from './sample-boards.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean' }, only: { type: 'string' } },
});
const folder = positionals[0] ?? join(import.meta.dirname, '../../docs/images');

const server = await startMemoryServer();
const browser = await openBrowser();

const shown = [
  { name: 'overview', who: 'operator', path: '/overview', see: 'Microsoft hubs' },
  { name: 'people', who: 'admin@acme.example', path: '/people', see: 'Ivo Petrov' },
];
const more = [
  { name: 'person', who: 'admin@acme.example', path: `/people/${ivoId}`, see: 'Next step' },
  { name: 'person-ready', who: 'desk@acme.example', path: `/people/${world.danaId}`, see: 'In order' },
  { name: 'me', who: 'dana@acme.example', path: '/me', see: 'In order' },
  { name: 'calls', who: 'desk@acme.example', path: '/calls', see: 'Emergency' },
  {
    name: 'call',
    who: 'desk@acme.example',
    path: `/calls/${server.finished[0]?.callId}`,
    see: 'What happened',
  },
  { name: 'live', who: 'operator', path: '/live', see: 'Talking' },
  { name: 'accounts', who: 'operator', path: '/accounts', see: 'Acme' },
  { name: 'carriers', who: 'operator', path: `/carriers?account=${world.acmeId}`, see: 'Sends to' },
  { name: 'sign-ins', who: 'admin@acme.example', path: '/sign-ins', see: 'desk@acme.example' },
  { name: 'consent', who: 'admin@acme.example', path: '/consent', see: 'Dana Fields' },
  { name: 'microsoft', who: 'admin@acme.example', path: '/microsoft', see: 'Connected with Acme' },
  { name: 'connect', who: 'admin@acme.example', path: '/microsoft/connect', see: 'Presence, both ways' },
  {
    name: 'tenant-check',
    who: 'admin@acme.example',
    path: '/microsoft/connection-acme/connect?step=tenant',
    see: 'Users in the directory',
  },
  {
    name: 'connection',
    who: 'admin@acme.example',
    path: '/microsoft/connection-acme',
    see: 'Permissions',
  },
  {
    name: 'who-calls',
    who: 'admin@acme.example',
    path: '/microsoft/connection-acme?tab=people',
    see: 'Who decides',
  },
  { name: 'presence', who: 'admin@acme.example', path: '/presence', see: 'Step 3' },
  { name: 'presence-operator', who: 'operator', path: `/presence?account=${world.globexId}`, see: 'Step 3' },
  { name: 'queues', who: 'operator', path: '/queues', see: 'Sales' },
  { name: 'queue', who: 'admin@acme.example', path: `/queues/${acmeQueueId}`, see: 'Bo Larsen' },
  { name: 'my-queues', who: 'dana@acme.example', path: '/queues', see: 'I take calls' },
  { name: 'my-presence', who: 'dana@acme.example', path: '/me/presence', see: 'Important callers' },
  { name: 'contacts', who: 'dana@acme.example', path: '/contacts', see: 'Bo Larsen' },
  { name: 'voicemail', who: 'dana@acme.example', path: '/voicemail', see: 'Pat Example' },
  { name: 'voicemail-account', who: 'admin@acme.example', path: '/voicemail', see: 'Longest message' },
  { name: 'numbers', who: 'admin@acme.example', path: '/numbers', see: 'Dana Fields' },
  { name: 'action-items', who: 'operator', path: '/action-items', see: 'PRV-401' },
  { name: 'webhooks', who: 'admin@acme.example', path: '/webhooks', see: 'Webhooks' },
  { name: 'audit', who: 'admin@acme.example', path: '/audit', see: 'account.open' },
  { name: 'new-account', who: 'operator', path: '/accounts/new', see: 'Time zone' },
];
const looks = [
  { name: '', options: {} },
  { name: '-dark', options: { dark: true } },
  { name: '-narrow', options: { width: 360 } },
];

const only = values.only?.split(',');
const wanted = [...shown, ...more].filter(({ name }) => only?.includes(name) ?? true);

try {
  for (const { name, who, path, see } of values.all ? wanted : shown) {
    for (const look of values.all ? looks : looks.slice(0, 1)) {
      const { page, context } = await visit(browser, server.url, look.options);
      await page.goto(path);
      await signIn(page, who, samplePassword);
      await page
        .locator('main')
        .getByText(see)
        .filter({ visible: true })
        .first()
        .waitFor({ timeout: 60_000 });
      await page.mouse.move(0, 0);
      await page.screenshot({
        path: join(folder, `portal-${name}${look.name}.png`),
        fullPage: values.all === true,
      });
      await context.close();
    }
  }
} finally {
  await browser.close();
  await server.close();
}

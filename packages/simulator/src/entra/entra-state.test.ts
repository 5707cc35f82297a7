import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../random.ts';
import { AppCatalogue } from './app-catalogue.ts';
import { Consents } from './consents.ts';
import { entraState } from './entra-state.ts';
import { registerPlatformApp } from './platform-app.ts';
import { makeSelfSigned } from './self-signed.ts';

test('a twin that is started again knows registrations, credentials and consents of before', async () => {
  const random = seededRandom(3);
  const catalogue = new AppCatalogue(random);
  const consents = new Consents(() => 0, random);
  const app = catalogue.register({
    displayName: 'Acme voice',
    homeTenantId: 'acme',
    multiTenant: true,
    redirectUris: [{ uri: 'https://portal.example.net/connect/callback', kind: 'web' }],
    permissions: { application: ['User.Read.All'], delegated: ['User.Read'] },
  });
  const secret = catalogue.addSecret(app, 'first', 1_000);
  const certificate = catalogue.addCertificate(app, (await makeSelfSigned('x', Date.now(), 1)).cert);
  consents.grant(app, 'globex', app.permissions);
  consents.grantTo(app, 'acme', 'somebody', ['User.Read']);
  consents.userConsent.set('acme', 'administrators-only');

  const written = JSON.stringify(entraState(catalogue, consents).save());
  const next = new AppCatalogue(random);
  const nextConsents = new Consents(() => 0, random);
  entraState(next, nextConsents).restore(JSON.parse(written));
  const found = next.find(app.clientId);
  assert.deepEqual(found?.secrets, [secret]);
  assert.equal(found?.certificates[0]?.thumbprintSha256, certificate.thumbprintSha256);
  assert.deepEqual(found?.servicePrincipals, app.servicePrincipals);
  assert.deepEqual(found?.redirectUris, app.redirectUris);
  assert.equal(nextConsents.policy('acme'), 'administrators-only');
});

test("the platform's registration keeps what was done to it, and gets what a newer version asks for", async () => {
  const random = seededRandom(4);
  const [old, renewed] = await Promise.all([1, 2].map(() => makeSelfSigned('x', Date.now(), 1)));
  const catalogue = new AppCatalogue(random);
  const own = { clientId: 'the-platform', certificate: old?.cert ?? '', now: 0 };
  const first = registerPlatformApp(catalogue, own);
  const customers = [...first.servicePrincipals.keys()];
  first.servicePrincipals.clear();
  first.redirectUris = [{ uri: 'https://added.example/', kind: 'web' }];
  first.permissions = { application: ['Domain.ReadWrite.All'], delegated: [] };
  const again = registerPlatformApp(catalogue, { ...own, certificate: renewed?.cert ?? '' });
  assert.equal(again, first);
  assert.ok(customers.length > 1 && again.servicePrincipals.size === 0, 'nobody consents by a restart');
  assert.equal(again.certificates.length, 2);
  assert.deepEqual(
    [again.redirectUris[0]?.uri, again.redirectUris.length, again.permissions.application[0]],
    ['https://added.example/', 4, 'Domain.ReadWrite.All'],
  );
  assert.ok(again.permissions.application.includes('User.Read.All'));
});

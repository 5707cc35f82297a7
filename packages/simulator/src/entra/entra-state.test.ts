import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../random.ts';
import { AppCatalogue } from './app-catalogue.ts';
import { Consents } from './consents.ts';
import { entraState } from './entra-state.ts';
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

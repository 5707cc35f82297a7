import type { FastifyReply } from 'fastify';
import {
  type AppCertificate,
  type AppRegistration,
  type AppSecret,
  judgeRedirectUri,
  type RedirectUri,
} from '../entra/app-registration.ts';
import { makeSelfSigned } from '../entra/self-signed.ts';
import * as schemas from './entra-schemas.ts';
import { noTenant, noUser, problem } from './problem.ts';
import { defined, type Route, type RouteContext, route } from './route.ts';

/** What administrators do in the Entra admin centre: registrations, credentials, enterprise applications, consent, roles. */

const day = 86_400_000;

const noApp = (reply: FastifyReply, clientId: string | undefined) =>
  problem(reply, 404, 'unknown-app', `no app registration ${clientId}: see GET /apps`);
const notInstalled = (reply: FastifyReply, tenant: string | undefined, clientId: string | undefined) =>
  problem(reply, 404, 'unknown-enterprise-app', `tenant ${tenant} has no enterprise application ${clientId}`);

const appOf = ({ twin }: RouteContext, clientId: string | undefined): AppRegistration | undefined =>
  twin.microsoft365.apps.find(clientId ?? '');

const secretView = ({ id, name, expiresAt }: AppSecret) => ({
  id,
  displayName: name,
  expiresAt: new Date(expiresAt).toISOString(),
});
const certificateView = ({ thumbprintSha256, notAfter }: AppCertificate) => ({
  thumbprintSha256,
  notAfter: new Date(notAfter).toISOString(),
});

/** Without the values of secrets: those are shown when they are made, and nowhere else. */
const appView = ({ certificates, secrets, servicePrincipals, permissions, ...app }: AppRegistration) => ({
  ...app,
  ...permissions,
  secrets: secrets.map(secretView),
  certificates: certificates.map(certificateView),
  tenants: [...servicePrincipals.keys()],
});

function principalView(app: AppRegistration, tenantId: string): Record<string, unknown> | undefined {
  const principal = app.servicePrincipals.get(tenantId);
  return (
    principal && {
      clientId: app.clientId,
      displayName: app.displayName,
      objectId: principal.objectId,
      enabled: principal.enabled,
      application: principal.roles,
      delegated: principal.scopes,
      users: Object.fromEntries(principal.userScopes),
    }
  );
}

function wrongUri(reply: FastifyReply, uris: readonly RedirectUri[]): FastifyReply | undefined {
  for (const { uri } of uris) {
    const why = judgeRedirectUri(uri);
    if (why !== undefined) return problem(reply, 422, 'bad-redirect-uri', `${uri}: ${why}`);
  }
  return undefined;
}

const appRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/apps',
    summary: 'App registrations of all tenants',
    run: ({ twin }) => twin.microsoft365.apps.all().map(appView),
  }),
  route({
    method: 'POST',
    path: '/apps',
    summary: 'Somebody registers an app in a tenant, as in the admin centre',
    body: schemas.newApp,
    run: ({ twin }, { body }, reply) => {
      const { tenant, application, delegated, grant, ...rest } = body;
      if (!twin.directory.tenant(tenant)) return noTenant(reply, tenant);
      const wrong = wrongUri(reply, body.redirectUris);
      if (wrong) return wrong;
      const { apps, consents } = twin.microsoft365;
      const permissions = { application, delegated };
      const app = apps.register({ ...rest, homeTenantId: tenant, permissions });
      if (grant) consents.grant(app, tenant, permissions);
      return appView(app);
    },
  }),
  route({
    method: 'GET',
    path: '/apps/:clientId',
    summary: 'One app registration',
    run: (context, { params }, reply) => {
      const app = appOf(context, params.clientId);
      return app ? appView(app) : noApp(reply, params.clientId);
    },
  }),
  route({
    method: 'PATCH',
    path: '/apps/:clientId',
    summary: 'Redirect URIs, and what the registration asks for; tenants keep what they agreed to',
    body: schemas.appChange,
    run: (context, { params, body }, reply) => {
      const app = appOf(context, params.clientId);
      if (!app) return noApp(reply, params.clientId);
      const { redirectUris, addRedirectUri, removeRedirectUri } = body;
      const kept = (redirectUris ?? app.redirectUris).filter(
        ({ uri }) => uri !== removeRedirectUri && uri !== addRedirectUri?.uri,
      );
      const uris = addRedirectUri ? [...kept, addRedirectUri] : kept;
      const wrong = wrongUri(reply, uris);
      if (wrong) return wrong;
      app.redirectUris = uris;
      app.displayName = body.displayName ?? app.displayName;
      app.rolesInIdToken = body.rolesInIdToken ?? app.rolesInIdToken;
      app.permissions = {
        application: body.application ?? app.permissions.application,
        delegated: body.delegated ?? app.permissions.delegated,
      };
      context.twin.microsoft365.apps.onChange();
      return appView(app);
    },
  }),
  route({
    method: 'DELETE',
    path: '/apps/:clientId',
    summary: 'The registration is deleted, and with it the app in every tenant',
    run: ({ twin }, { params }, reply) => {
      const { apps, app } = twin.microsoft365;
      if (params.clientId?.toLowerCase() === app.clientId)
        return problem(reply, 409, 'platform-app', "the platform's own registration stays");
      return apps.remove(params.clientId ?? '') ? { deleted: true } : noApp(reply, params.clientId);
    },
  }),
];

const credentialRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/apps/:clientId/secrets',
    summary: 'A new client secret; its value is in this answer and nowhere else',
    body: schemas.newSecret,
    run: (context, { params, body }, reply) => {
      const app = appOf(context, params.clientId);
      if (!app) return noApp(reply, params.clientId);
      const { apps, clock } = context.twin.microsoft365;
      const secret = apps.addSecret(app, body.displayName, clock.wall() + body.days * day);
      return { ...secretView(secret), value: secret.value };
    },
  }),
  route({
    method: 'PATCH',
    path: '/apps/:clientId/secrets/:secretId',
    summary: 'When a secret ends, for rehearsals of the end',
    body: schemas.secretChange,
    run: (context, { params, body }, reply) => {
      const app = appOf(context, params.clientId);
      const secret = app?.secrets.find(({ id }) => id === params.secretId);
      if (!secret) return problem(reply, 404, 'unknown-secret', `no secret ${params.secretId}`);
      const { apps, clock } = context.twin.microsoft365;
      secret.expiresAt = clock.wall() + body.days * day;
      apps.onChange();
      return secretView(secret);
    },
  }),
  route({
    method: 'DELETE',
    path: '/apps/:clientId/secrets/:secretId',
    summary: 'A secret is removed',
    run: (context, { params }, reply) => {
      const app = appOf(context, params.clientId);
      return app && context.twin.microsoft365.apps.removeSecret(app, params.secretId ?? '')
        ? { deleted: true }
        : problem(reply, 404, 'unknown-secret', `no secret ${params.secretId}`);
    },
  }),
  route({
    method: 'POST',
    path: '/apps/:clientId/certificates',
    summary: 'A certificate is uploaded, or made here together with its key',
    body: schemas.newCertificate,
    run: async (context, { params, body }, reply) => {
      const app = appOf(context, params.clientId);
      if (!app) return noApp(reply, params.clientId);
      const { apps } = context.twin.microsoft365;
      if ('pem' in body) {
        try {
          return certificateView(apps.addCertificate(app, body.pem));
        } catch {
          return problem(reply, 422, 'bad-certificate', 'pem: it is no X.509 certificate');
        }
      }
      const made = await makeSelfSigned(app.displayName, context.clock.wall(), body.days);
      return {
        ...certificateView(apps.addCertificate(app, made.cert)),
        certificate: made.cert,
        privateKey: made.key,
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/apps/:clientId/certificates/:thumbprint',
    summary: 'A certificate is removed, by its SHA-256',
    run: (context, { params }, reply) => {
      const app = appOf(context, params.clientId);
      return app && context.twin.microsoft365.apps.removeCertificate(app, params.thumbprint ?? '')
        ? { deleted: true }
        : problem(reply, 404, 'unknown-certificate', `no certificate ${params.thumbprint}`);
    },
  }),
];

const tenantRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/tenants/:id/enterprise-apps',
    summary: 'Enterprise applications of a tenant: what it agreed to',
    run: ({ twin }, { params }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      const { apps, consents } = twin.microsoft365;
      consents.settle();
      return apps.all().flatMap((app) => principalView(app, tenant.id) ?? []);
    },
  }),
  route({
    method: 'POST',
    path: '/tenants/:id/consents',
    summary: 'An administrator grants for the tenant, or somebody for themselves; shows after the delays',
    body: schemas.grant,
    run: (context, { params, body }, reply) => {
      const tenant = context.twin.directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      const app = appOf(context, body.clientId);
      if (!app) return noApp(reply, body.clientId);
      if (!app.multiTenant && app.homeTenantId !== tenant.id)
        return problem(reply, 409, 'single-tenant', `${app.displayName} belongs to another tenant alone`);
      const { consents, people } = context.twin.microsoft365;
      const delegated = body.delegated ?? app.permissions.delegated;
      if (body.user === undefined) {
        const application = body.application ?? app.permissions.application;
        consents.grant(app, tenant.id, { application, delegated });
      } else {
        const person = people.byUpn(body.user);
        if (person?.tenantId !== tenant.id) return noUser(reply, body.user);
        consents.grantTo(app, tenant.id, person.objectId, delegated);
      }
      return principalView(app, tenant.id) ?? { clientId: app.clientId, pending: true };
    },
  }),
  route({
    method: 'PATCH',
    path: '/tenants/:id/enterprise-apps/:clientId',
    summary: 'Disable or enable the app in a tenant, remove single permissions',
    body: schemas.enterpriseAppChange,
    run: (context, { params, body }, reply) => {
      const app = appOf(context, params.clientId);
      if (!app) return noApp(reply, params.clientId);
      const { consents, people } = context.twin.microsoft365;
      const tenantId = context.twin.directory.tenant(params.id ?? '')?.id ?? '';
      if (!consents.principal(app, tenantId)) return notInstalled(reply, params.id, params.clientId);
      if (body.enabled !== undefined) consents.setEnabled(app, tenantId, body.enabled);
      consents.withdraw(app, tenantId, {
        application: body.removeApplication ?? [],
        delegated: body.removeDelegated ?? [],
        users: (body.removeUsers ?? []).flatMap((upn) => people.byUpn(upn)?.objectId ?? []),
      });
      return principalView(app, tenantId);
    },
  }),
  route({
    method: 'DELETE',
    path: '/tenants/:id/enterprise-apps/:clientId',
    summary: 'The enterprise application is deleted; its next token is refused with AADSTS700016',
    run: (context, { params }, reply) => {
      const app = appOf(context, params.clientId);
      const tenantId = context.twin.directory.tenant(params.id ?? '')?.id ?? '';
      return app && context.twin.microsoft365.consents.forget(app, tenantId)
        ? { deleted: true }
        : notInstalled(reply, params.id, params.clientId);
    },
  }),
  route({
    method: 'PATCH',
    path: '/tenants/:id/sign-in',
    summary: 'May people consent for themselves; second factor, block by Conditional Access, another cloud',
    body: schemas.tenantSignIn,
    run: ({ twin }, { params, body }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      const { consents, secondFactor, elsewhere, signIns } = twin.microsoft365;
      if (body.userConsent) {
        consents.userConsent.set(tenant.id, body.userConsent);
        consents.onChange();
      }
      for (const [set, wish] of [
        [secondFactor, body.secondFactor],
        [signIns.blockedTenants, body.blocked],
        [elsewhere, body.otherCloud],
      ] as const) {
        if (wish === true) set.add(tenant.id);
        else if (wish === false) set.delete(tenant.id);
      }
      return {
        userConsent: consents.policy(tenant.id),
        secondFactor: secondFactor.has(tenant.id),
        blocked: signIns.blockedTenants.has(tenant.id),
        otherCloud: elsewhere.has(tenant.id),
      };
    },
  }),
];

const personRoutes: readonly Route[] = [
  ...(
    [
      ['reset-password', 'The password is reset: refresh tokens of before are worthless (AADSTS50173)'],
      ['revoke-sessions', 'An administrator revokes all sessions; like a password reset'],
    ] as const
  ).map(([action, summary]) =>
    route({
      method: 'POST',
      path: `/users/:upn/${action}`,
      summary,
      run: ({ twin }, { params }, reply) => {
        const person = twin.microsoft365.people.byUpn(params.upn ?? '');
        if (!person) return noUser(reply, params.upn);
        twin.microsoft365.signIns.revoke(person.objectId);
        return { upn: person.upn, revoked: true };
      },
    }),
  ),
  route({
    method: 'PATCH',
    path: '/users/:upn/directory-roles',
    summary: 'Which directory roles a person has',
    body: schemas.rolesChange,
    run: ({ twin }, { params, body }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      if (!found) return noUser(reply, params.upn);
      twin.directory.change(found.user, { directoryRoles: body.directoryRoles });
      return { upn: found.user.upn, directoryRoles: found.user.directoryRoles };
    },
  }),
];

const settingRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/entra',
    summary: 'Delays of consent, the word for a declined one, what is wrong with id_tokens',
    run: ({ twin }) => twin.microsoft365.consents.settings,
  }),
  route({
    method: 'PATCH',
    path: '/entra',
    summary: 'Change how long consent takes to show, spoil id_tokens',
    body: schemas.entraChange,
    run: ({ twin }, { body }) => Object.assign(twin.microsoft365.consents.settings, defined(body)),
  }),
];

export const entraRoutes: readonly Route[] = [
  ...appRoutes,
  ...credentialRoutes,
  ...tenantRoutes,
  ...personRoutes,
  ...settingRoutes,
];

import { randomUUID } from 'node:crypto';
import {
  type Account,
  type AccountId,
  asAccountId,
  asCarrierId,
  asConnectionId,
  type E164,
} from '@tandem/domain';
import {
  type ConnectionInput,
  chosenFeatures,
  connectionFeatures,
  consentRoles,
  type FeatureRow,
  featureTable,
  newConnectionLife,
  rolesToAsk,
  stepConnection,
} from '@tandem/engine';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import type { AccountDesk, Asker, BoardOutcome, ConnectionBoard } from '../connection-board.ts';
import type { ApiClock } from '../services.ts';
import { instant } from '../views/shape.ts';
import * as world from './sample-world.ts';

const clientId = 'a1a1a1a1-0000-4000-8000-00000000a001';
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const refuse = (code: 'sign-in-over' | 'other-session' | 'wrong-state' | 'preview-outdated') =>
  ({ ok: false, code }) as const;

/**
 * Connections in memory: Microsoft signs in whoever comes as Alex of the tenant Initech and approves at once, unless the
 * return carries an error. For tests of the API and for the portal's own development.
 */
export function memoryConnections(clock: Pick<ApiClock, 'wall'>, gate: () => void): ConnectionBoard {
  const connected = (accountId: AccountId, tenant: string, name: string): StoredConnection => ({
    id: asConnectionId(`connection-${name.toLowerCase()}`),
    accountId,
    entraTenantId: tenant,
    tenantName: name,
    domains: [`${name.toLowerCase()}.example`],
    kind: 'platform-app',
    clientId,
    features: chosenFeatures(['presence']),
    roles: rolesToAsk(['presence']).map(({ role }) => role),
    rolesReadWallMs: clock.wall() - minuteMs,
    roleUses: { 'User.Read.All': clock.wall() - minuteMs },
    life: {
      state: 'CONNECTED',
      sinceWallMs: clock.wall() - 30 * dayMs,
      answeredWallMs: clock.wall() - 5_000,
    },
    signedIn: {
      objectId: 'a1ec0000-0000-4000-8000-000000000007',
      name: `Alex of ${name}`,
      roles: ['Global Administrator'],
      mayConsent: true,
    },
    connectedBy: `admin@${name.toLowerCase()}.example`,
    connectedWallMs: clock.wall() - 30 * dayMs,
    createdWallMs: clock.wall() - 30 * dayMs,
    version: 1,
  });
  const kept = new Map(
    [
      connected(world.acmeId, 'acacacac-0000-4000-8000-000000000001', 'Acme'),
      connected(world.globexId, '61061061-0000-4000-8000-000000000002', 'Globex'),
    ].map((one) => [one.id, one]),
  );
  const open = new Map<string, { accountId: AccountId; session: string; connection?: StoredConnection }>();
  const put = (connection: StoredConnection): StoredConnection => {
    kept.set(connection.id, connection);
    return connection;
  };
  const stepped = (connection: StoredConnection, input: ConnectionInput): StoredConnection =>
    put({ ...connection, life: stepConnection(connection.life, input, clock.wall()).life });
  const known = (id: string): StoredConnection => kept.get(asConnectionId(id)) as StoredConnection;
  const go = (accountId: AccountId, by: Asker, connection?: StoredConnection) => {
    const state = randomUUID();
    open.set(state, { accountId, session: by.session, ...(connection && { connection }) });
    const url = `https://login.example/authorize?state=${state}`;
    return { ok: true, value: { url, endsAt: instant(clock.wall() + 10 * minuteMs) } } as const;
  };
  const ok = <T>(value: T): BoardOutcome<T> => ({ ok: true, value });

  return {
    list: () => [...kept.values()],
    find: (id) => kept.get(asConnectionId(id)),
    features: () => ({
      items: connectionFeatures.map((feature) => {
        const row: FeatureRow = featureTable[feature];
        return {
          feature,
          title: row.title,
          purpose: row.purpose,
          alwaysOn: row.alwaysOn === true,
          permissions: row.permissions.map(({ role, appRoleId, why, orAnyOf = [] }) => ({
            role,
            appRoleId,
            why,
            orAnyOf: [...orAnyOf],
          })),
        };
      }),
      platformApp: { clientId },
      redirectUris: ['http://localhost/connect/callback'],
      consentRoles: [...consentRoles],
    }),
    async signIn({ accountId }, by) {
      gate();
      return go(accountId, by);
    },
    async consent(id, _returnTo, by) {
      gate();
      return go(known(id).accountId, by, known(id));
    },
    async complete(back, by, sees) {
      gate();
      const attempt = open.get(back.state);
      open.delete(back.state);
      if (!attempt || !sees(attempt.accountId)) return refuse('sign-in-over');
      if (attempt.session !== by.session) return refuse('other-session');
      if (!attempt.connection) {
        const fresh: StoredConnection = {
          ...connected(attempt.accountId, '1217ec40-0000-4000-8000-000000000003', 'Initech'),
          id: asConnectionId(`connection-${randomUUID()}`),
          roles: [],
          life: newConnectionLife(clock.wall()),
        };
        const connection = stepped(put(fresh), { is: 'signed-in' });
        return ok({ connection, step: 'consent' as const, sentence: 'Go on with the approval.' });
      }
      const current = known(attempt.connection.id);
      if (back.error !== undefined) {
        const connection = stepped(current, { is: 'consent-failed', trouble: 'declined' });
        return ok({ connection, step: 'again' as const, sentence: 'The approval was declined.' });
      }
      const roles = rolesToAsk(current.features).map(({ role }) => role);
      stepped({ ...current, roles }, { is: 'proof-wanted' });
      const connection = stepped(known(current.id), { is: 'roles', missing: [] });
      return ok({ connection, step: 'done' as const, sentence: 'Connected.' });
    },
    async approvalLink() {
      return ok({
        url: 'https://portal.example/connect/approve?link=sample',
        endsAt: instant(clock.wall() + 7 * dayMs),
        text: 'Please approve.',
      });
    },
    approve: async () => refuse('sign-in-over'),
    async register({ accountId, tenantId, clientId: app, credential, features = [] }) {
      gate();
      const connection: StoredConnection = {
        id: asConnectionId(`connection-${randomUUID()}`),
        accountId,
        entraTenantId: tenantId,
        domains: [],
        kind: 'own-app',
        clientId: app,
        credential: {
          kind: credential.kind === 'secret' ? 'secret' : 'certificate',
          endsWallMs: clock.wall() + 180 * dayMs,
        },
        features: chosenFeatures(features),
        roles: rolesToAsk(features).map(({ role }) => role),
        roleUses: {},
        life: newConnectionLife(clock.wall()),
        createdWallMs: clock.wall(),
        version: 1,
      };
      put(connection);
      return ok(stepped(connection, { is: 'roles', missing: [] }));
    },
    async replaceRegistration(id, { clientId: app, credential }) {
      gate();
      const current = known(id);
      return ok(
        put({
          ...current,
          kind: 'own-app',
          clientId: app ?? current.clientId,
          credential: {
            kind: credential.kind === 'secret' ? 'secret' : 'certificate',
            endsWallMs: clock.wall() + 180 * dayMs,
          },
        }),
      );
    },
    async setPresenceRegistration(id, { clientId: app, credential }) {
      gate();
      const kind = credential.kind === 'secret' ? 'secret' : 'certificate';
      return ok(
        put({
          ...known(id),
          presence: { clientId: app, roles: [], sinceWallMs: clock.wall(), credential: { kind } },
        }),
      );
    },
    async dropPresenceRegistration(id) {
      gate();
      const { presence: _, ...rest } = known(id);
      return ok(put(rest));
    },
    async changeFeatures(id, features) {
      gate();
      return ok(put({ ...known(id), features: chosenFeatures(features) }));
    },
    recheck: async (id) => ok(stepped({ ...known(id), rolesReadWallMs: clock.wall() }, { is: 'answered' })),
    stops: async (id) =>
      ok({
        preview: `preview-${known(id).life.state}`,
        people: 2,
        stops: ['Nobody new gets a number.'],
        goesOn: ['Calls.'],
      }),
    async disconnect(id, { preview }) {
      gate();
      if (preview !== `preview-${known(id).life.state}`) return refuse('preview-outdated');
      return ok(stepped(known(id), { is: 'disconnected' }));
    },
    async tenant(id) {
      const { tenantName, domains } = known(id);
      return ok({
        readAt: instant(clock.wall()),
        tenant: {
          ...(tenantName !== undefined && { name: tenantName }),
          domains: [...domains],
          country: 'US',
        },
        skus: [
          {
            sku: 'MCOTEAMS_ESSENTIALS',
            bought: 25,
            used: 12,
            free: 13,
            teams: true,
            teamsPhone: true,
            callingPlan: false,
          },
        ],
        funnel: [
          { step: 'users' as const, words: 'Users in the directory', count: 14, lost: 0 },
          { step: 'enabled' as const, words: 'Allowed to sign in', count: 13, lost: 1 },
        ],
        unread: [],
      });
    },
    async mails(accountId) {
      gate();
      return {
        items: [world.acmeId, world.globexId]
          .filter((id) => accountId === undefined || id === accountId)
          .map((id) => ({
            id: `mail-${id}`,
            accountId: id,
            subject: 'Microsoft 365 needs attention',
            text: 'The connection is interrupted.',
            state: 'not-sent' as const,
            words: 'No mail server is configured.',
            to: ['admin@example'],
            createdAt: instant(clock.wall() - dayMs),
          })),
      };
    },
  };
}

/** Accounts of the sample world, which its directory shows. */
export function memoryAccountDesk(accounts: Account[], gate: () => void): AccountDesk {
  return {
    async create(body) {
      gate();
      if (accounts.some(({ name }) => name === body.name)) return { ok: false, code: 'name-taken' };
      const { teamsEnabled, carriers = [], mainNumber, areaCode, ...rest } = body;
      const account: Account = {
        ...rest,
        ...(areaCode !== undefined && { areaCode }),
        id: asAccountId(randomUUID()),
        status: 'active',
        carriers: carriers.map(asCarrierId),
        teams: { enabled: teamsEnabled },
        ...(mainNumber !== undefined && { mainNumber: mainNumber as E164 }),
      };
      accounts.push(account);
      return { ok: true, value: account };
    },
    async change(accountId, change) {
      gate();
      const at = accounts.findIndex(({ id }) => id === accountId);
      const account = accounts[at];
      if (!account) return { ok: false, code: 'not-found' };
      const changed: Account = { ...account, ...change };
      accounts[at] = changed;
      return { ok: true, value: changed };
    },
  };
}

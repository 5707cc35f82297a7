import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClockWitness, witnessClock } from '@tandem/adapters/graph/clock-witness.ts';
import {
  proofOfRefusal,
  proveBy,
  readTenantName,
  roleUsed,
} from '@tandem/adapters/graph/connection-probe.ts';
import { globalCloud, type MicrosoftEndpoints } from '@tandem/adapters/graph/endpoints.ts';
import { GraphClient, type GraphTry } from '@tandem/adapters/graph/graph-client.ts';
import { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import { type HttpsExchange, httpsExchange } from '@tandem/adapters/graph/https-exchange.ts';
import { permitsRegistration } from '@tandem/adapters/graph/operation-features.ts';
import { rolesOf, type TokenProvider } from '@tandem/adapters/graph/token-provider.ts';
import type {
  ConnectionFeature,
  ConnectionProbe,
  ConnectionStore,
  CredentialPlace,
  CredentialSecret,
  Proof,
  Registration,
  StoredConnection,
} from '@tandem/engine';
import type { NodeConfig } from '../../supervisor/child-config.ts';
import type { GraphWaits } from './graph-waits.ts';

export type AppConfig = Pick<
  NodeConfig,
  'certificateDir' | 'twin' | 'graphClientId' | 'graphPresenceClientId'
>;

export interface AppEars {
  /** A request of this app in this tenant got this status; `role` let it through. */
  heard(app: AppOf, status: number, role: string | undefined, decisive: boolean): void;
  /** A token that was new, or one that was refused. */
  proof(app: AppOf, proof: Proof): void;
  tried(seen: GraphTry): void;
  /** What the connections of this app in this tenant have switched on together. */
  features(app: AppOf): readonly ConnectionFeature[];
}

/** Who signs in where: what quotas, tokens and permissions are counted by (T20). */
export interface AppOf {
  readonly entraTenantId: string;
  readonly clientId: string;
}

export interface PlatformApp {
  readonly clientId: string;
  credential(): Promise<CredentialSecret>;
}

/** Apps of Microsoft, ours and customers', with their tokens and clients, made when first asked for. */
export interface MicrosoftApps {
  readonly endpoints: MicrosoftEndpoints;
  readonly https: HttpsExchange;
  readonly clock: Pick<ClockWitness, 'aheadMs'>;
  /** The platform's own. Undefined: none is configured. */
  readonly platformApp: PlatformApp | undefined;
  /** The platform's own for presence alone. Undefined: the first one does that too. */
  readonly presenceApp: PlatformApp | undefined;
  /** `presence`: by the connection's registration for presence, where it has one. */
  graphOf(connection: StoredConnection, registration?: Registration): GraphClient;
  readonly probe: ConnectionProbe;
  close(): void;
}

/** An answer that takes longer is not worth waiting for: the next round asks again. */
const timeoutMs = 10_000;

export function createMicrosoftApps(parts: {
  readonly config: AppConfig;
  readonly secretOf: ConnectionStore['secretOf'];
  readonly wall: () => number;
  readonly random: () => number;
  readonly ears: AppEars;
  readonly waits?: GraphWaits;
  /** Our clock and Microsoft's differ by more than is allowed, or agree again. */
  readonly onClock?: (words: string) => void;
}): MicrosoftApps {
  const { config, ears } = parts;
  const { twin, graphClientId, graphPresenceClientId } = config;
  const endpoints: MicrosoftEndpoints = twin ? { login: twin.loginUrl, graph: twin.graphUrl } : globalCloud;
  // The twin's authority is there before the node starts; real Microsoft's roots are the runtime's.
  const clock = witnessClock({
    https: lazyExchange(async () => (twin ? { ca: await readFile(twin.caFile, 'utf8') } : {})),
    wall: parts.wall,
    now: () => performance.now(),
    ...(parts.onClock && { onChange: parts.onClock }),
  });
  const { https } = clock;
  const graphs = new Map<string, GraphClient>();
  const providers = new Map<string, TokenProvider>();

  const platformCredential = async (registration: Registration): Promise<CredentialSecret> => {
    const name = registration === 'main' ? 'graph-app' : 'graph-presence-app';
    const [certificate = '', privateKey = ''] = await Promise.all(
      ['cert', 'key'].map((part) => readFile(join(config.certificateDir, `${name}.${part}.pem`), 'utf8')),
    );
    return { kind: 'certificate', certificate, privateKey };
  };

  /** MSAL's cache is per tenant and app; an own registration has one for itself, because its credential is its own. */
  const keyOf = (connection: StoredConnection, place: CredentialPlace): string =>
    isOwn(connection, place) ? `${connection.id} ${place}` : `platform ${clientIdOf(connection, place)}`;

  function providerOf(connection: StoredConnection, place: CredentialPlace): TokenProvider {
    const key = keyOf(connection, place);
    const known = providers.get(key);
    if (known) return known;
    const own = isOwn(connection, place);
    const clientId = clientIdOf(connection, place);
    const provider = lazyTokens(async () => {
      const { msalTokenProvider } = await import('@tandem/adapters/graph/msal-token-provider.ts');
      const credential = own
        ? await parts.secretOf(connection.accountId, connection.id, place)
        : await platformCredential(place === 'presence' ? 'presence' : 'main');
      if (!credential) throw new Error('the credential is not there, or was sealed under another key');
      return msalTokenProvider({ endpoints, twinMode: twin !== undefined, clientId, credential, https });
    });
    providers.set(key, provider);
    return provider;
  }

  /** Every token that is new, and every refusal, is heard: roles may have shrunk (microsoft-graph 1.3). */
  function listening(app: AppOf, provider: TokenProvider): TokenProvider {
    let last: string | undefined;
    return {
      async token(entraTenantId, options) {
        try {
          const token = await provider.token(entraTenantId, options);
          if (token !== last) {
            last = token;
            const roles = rolesOf(token);
            if (roles) ears.proof(app, { is: 'roles', roles });
          }
          return token;
        } catch (error) {
          ears.proof(app, proofOfRefusal(error));
          throw error;
        }
      },
    };
  }

  function graphOf(connection: StoredConnection, wanted: Registration = 'main'): GraphClient {
    const registration = connection.presence ? wanted : 'main';
    const place = registration === 'presence' ? 'presence' : 'present';
    const { entraTenantId } = connection;
    const clientId = clientIdOf(connection, place);
    const key = `${keyOf(connection, place)} ${entraTenantId}`;
    const known = graphs.get(key);
    if (known) return known;
    const app: AppOf = { entraTenantId, clientId };
    const tokens = listening(app, providerOf(connection, place));
    let roles: readonly string[] = [];
    const graph = new GraphClient({
      graph: endpoints.graph,
      entraTenantId,
      tokens: {
        async token(tenantId, options) {
          const token = await tokens.token(tenantId, options);
          roles = rolesOf(token) ?? [];
          return token;
        },
      },
      https,
      clock: {
        wall: parts.wall,
        now: () => performance.now(),
        sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref()),
      },
      random: parts.random,
      timeoutMs,
      ...(parts.waits && { waits: parts.waits.of(app) }),
      permits: (operation) => permitsRegistration(registration, operation, ears.features(app)),
      onTry(seen) {
        ears.tried(seen);
        // The read that every connection may make: refused there is refused everywhere.
        const decisive = seen.operation === 'organization';
        ears.heard(app, seen.status, roleUsed(seen.operation, roles), decisive);
      },
    });
    graphs.set(key, graph);
    return graph;
  }

  return {
    endpoints,
    https,
    clock,
    platformApp:
      graphClientId === undefined
        ? undefined
        : { clientId: graphClientId, credential: () => platformCredential('main') },
    presenceApp:
      // The same id twice is one registration: its token would carry both.
      graphPresenceClientId === undefined || graphPresenceClientId === graphClientId
        ? undefined
        : { clientId: graphPresenceClientId, credential: () => platformCredential('presence') },
    graphOf,
    probe: {
      prove: (connection, place) => proveBy(providerOf(connection, place), connection.entraTenantId),
      async proveSecret({ clientId, entraTenantId }, credential) {
        const { msalTokenProvider } = await import('@tandem/adapters/graph/msal-token-provider.ts');
        const options = { endpoints, twinMode: twin !== undefined, clientId, credential, https };
        try {
          return await proveBy(msalTokenProvider(options), entraTenantId);
        } catch {
          // A text that is no key is found out before anybody is asked.
          return { is: 'refused', trouble: 'credential-refused' };
        }
      },
      readTenant: (connection) => readTenantName(graphOf(connection)),
      forget(connection) {
        for (const place of ['present', 'next', 'presence'] as const) {
          const key = keyOf(connection, place);
          if (key.startsWith('platform ')) continue;
          providers.delete(key);
          graphs.delete(`${key} ${connection.entraTenantId}`);
        }
      },
    },
    close: () => https.close(),
  };
}

const clientIdOf = (connection: StoredConnection, place: CredentialPlace): string =>
  ({
    present: connection.clientId,
    next: connection.nextCredential?.clientId ?? '',
    presence: connection.presence?.clientId ?? '',
  })[place];

/** Whether the credential is the customer's, and lies sealed with the connection. */
function isOwn({ kind, presence }: StoredConnection, place: CredentialPlace): boolean {
  if (place === 'presence') return presence?.credential !== undefined;
  return kind === 'own-app' || place === 'next';
}

/** Tried again when it fails: somebody may put the certificate there. */
function lazyTokens(make: () => Promise<TokenProvider>): TokenProvider {
  let made: Promise<TokenProvider> | undefined;
  return {
    async token(tenantId, options) {
      made ??= make();
      const provider = await made.catch((cause: unknown) => {
        made = undefined;
        const away = (cause as { code?: unknown }).code === 'database-unavailable';
        throw new GraphError(
          away ? 'sign-in-unavailable' : 'sign-in-credential-refused',
          away ? 'the credential of the app cannot be read now' : 'the certificate of our app cannot be read',
          { cause },
        );
      });
      try {
        return await provider.token(tenantId, options);
      } catch (error) {
        // A renewed certificate may lie there by now: the next try reads it.
        if (error instanceof GraphError && error.code === 'sign-in-credential-refused') made = undefined;
        throw error;
      }
    },
  };
}

function lazyExchange(options: () => Promise<{ readonly ca?: string }>): HttpsExchange {
  let made: Promise<HttpsExchange> | undefined;
  return {
    async exchange(request) {
      made ??= options().then(httpsExchange);
      const exchange = await made.catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return await exchange.exchange(request);
    },
    close: () => void made?.then((exchange) => exchange.close()).catch(() => undefined),
  };
}

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
import { permits } from '@tandem/adapters/graph/operation-features.ts';
import { rolesOf, type TokenProvider } from '@tandem/adapters/graph/token-provider.ts';
import type {
  ConnectionFeature,
  ConnectionProbe,
  ConnectionStore,
  CredentialPlace,
  CredentialSecret,
  Proof,
  StoredConnection,
} from '@tandem/engine';
import type { NodeConfig } from '../../supervisor/child-config.ts';
import type { GraphWaits } from './graph-waits.ts';

export type AppConfig = Pick<NodeConfig, 'certificateDir' | 'twin' | 'graphClientId'>;

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

/** Apps of Microsoft, ours and customers', with their tokens and clients, made when first asked for. */
export interface MicrosoftApps {
  readonly endpoints: MicrosoftEndpoints;
  readonly https: HttpsExchange;
  readonly clock: Pick<ClockWitness, 'aheadMs'>;
  /** The platform's own. Undefined: none is configured. */
  readonly platformApp: { readonly clientId: string; credential(): Promise<CredentialSecret> } | undefined;
  graphOf(connection: StoredConnection): GraphClient;
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
  const { twin, graphClientId } = config;
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

  const platformCredential = async (): Promise<CredentialSecret> => {
    const [certificate = '', privateKey = ''] = await Promise.all(
      ['graph-app.cert.pem', 'graph-app.key.pem'].map((name) =>
        readFile(join(config.certificateDir, name), 'utf8'),
      ),
    );
    return { kind: 'certificate', certificate, privateKey };
  };

  /** MSAL's cache is per tenant and app; an own registration has one for itself, because its credential is its own. */
  const keyOf = (connection: StoredConnection, place: CredentialPlace): string =>
    connection.kind === 'platform-app' && place === 'present'
      ? `platform ${connection.clientId}`
      : `${connection.id} ${place}`;

  function providerOf(connection: StoredConnection, place: CredentialPlace): TokenProvider {
    const key = keyOf(connection, place);
    const known = providers.get(key);
    if (known) return known;
    const own = connection.kind === 'own-app' || place === 'next';
    const clientId = place === 'next' ? (connection.nextCredential?.clientId ?? '') : connection.clientId;
    const provider = lazyTokens(async () => {
      const { msalTokenProvider } = await import('@tandem/adapters/graph/msal-token-provider.ts');
      const credential = own
        ? await parts.secretOf(connection.accountId, connection.id, place)
        : await platformCredential();
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

  function graphOf(connection: StoredConnection): GraphClient {
    const { entraTenantId, clientId } = connection;
    const key = `${keyOf(connection, 'present')} ${entraTenantId}`;
    const known = graphs.get(key);
    if (known) return known;
    const app: AppOf = { entraTenantId, clientId };
    const tokens = listening(app, providerOf(connection, 'present'));
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
      permits: (operation) => permits(operation, ears.features(app)),
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
      graphClientId === undefined ? undefined : { clientId: graphClientId, credential: platformCredential },
    graphOf,
    probe: {
      prove: (connection, place) => proveBy(providerOf(connection, place), connection.entraTenantId),
      readTenant: (connection) => readTenantName(graphOf(connection)),
      forget(connection) {
        for (const place of ['present', 'next'] as const) {
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
